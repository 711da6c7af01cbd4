"""What the fault suite shares with others."""

from tests.cli.conftest import trainerspec
from tests.templates.conftest import _elsewhere, assembled, pipeline

__all__ = ["_elsewhere", "assembled", "pipeline", "trainerspec"]

"""run, as far as it goes without training."""

import pytest

from tests.cli.conftest import change
from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.running import run as stages


@pytest.fixture
def failing(monkeypatch):
    """Let every run end with a stage's failure."""

    def run(*args, **kwargs):
        raise Stopped((Diagnostic(code="TS821", message="stage `prepare`: there is no `notes`", hint="restore it"),))

    monkeypatch.setattr(stages, "run", run)


def test_a_project_that_is_not_built_is_told(project, trainerspec):
    status, _, errors = trainerspec("run")
    assert (status, "TS803" in errors) == (1, True)


def test_a_failure_is_told_with_its_hint(project, trainerspec, failing):
    trainerspec("build")
    status, _, errors = trainerspec("run")
    assert status == 1
    assert errors == "TS821 stage `prepare`: there is no `notes`\n  restore it\n"


def test_a_spec_that_was_changed_after_the_build_is_warned_of(project, trainerspec, failing):
    trainerspec("build")
    change(project, "epochs: 3", "epochs: 4")
    assert "TS810 warning" in trainerspec("run")[2]


def test_an_unknown_stage_is_told(project, trainerspec):
    trainerspec("build")
    status, _, errors = trainerspec("run", "--until", "trian")
    assert (status, "TS804" in errors) == (1, True)

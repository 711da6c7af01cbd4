"""The Task agent: any request becomes a draft with evidence for every field, or a reasoned refusal."""

from trainerspec.agents.task.answer import answer
from trainerspec.agents.task.draft import draft

__all__ = ["answer", "draft"]

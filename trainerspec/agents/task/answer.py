"""Answers to open questions become fields of the draft."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from trainerspec.agents.task.draft import draft
from trainerspec.catalog.model import Task
from trainerspec.ir.draft import Draft, Evidence, Question, Request

ANSWERED = "answered in the terminal"


def answer(made: Draft, question: Question, text: str, tasks: Mapping[str, Task], folder: Path | None = None) -> Draft:
    """Put the answer to one question into the draft; an empty answer leaves it open.

    A path of data is looked at below `folder`, so that what the data shows is filled in as well.
    """
    text = text.strip()
    if not text or made.spec is None:
        return made
    spec: dict[str, Any] = {**made.spec}
    if question.path == "/data/source":
        spec["data"] = {**spec["data"], "source": _source(text)}
        seen = draft(Request(text=str(spec["request"]), data=text), tasks, folder=folder) if _is_path(text) else None
        if seen is not None and seen.spec is not None and seen.task == made.task:
            spec["task"] = {**seen.spec["task"], **spec["task"]}  # type: ignore[dict-item]
            made = replace(
                made, questions=tuple(one for one in made.questions if one.path in {q.path for q in seen.questions})
            )
    elif question.path == "/task/labels":
        spec["task"] = {**spec["task"], "labels": [one for one in re.split(r"\s*[,;]\s*", text) if one]}
    elif match := re.fullmatch(r"/task/(inputs|outputs)/(\w+)", question.path):
        kind, role = match.groups()
        spec["task"] = {**spec["task"], kind: {**spec["task"].get(kind, {}), role: text}}
    elif question.path == "/model/base":
        spec["model"] = {**spec.get("model", {}), "base": text}
    else:
        return made
    left = tuple(one for one in made.questions if one.path != question.path)
    spec["questions"] = [one.question for one in left]
    if not left:
        del spec["questions"]
    told = tuple(one for one in made.evidence if one.path != question.path)
    new = Evidence(path=question.path, status="inferred", quote="", why=ANSWERED)
    return replace(made, spec=spec, questions=left, evidence=(*told, new))


def _is_path(text: str) -> bool:
    return "://" not in text and not text.lower().startswith(("select ", "hub:"))


def _source(text: str) -> dict[str, str]:
    if text.lower().startswith("select "):
        return {"sql": text}
    if text.startswith("hub:"):
        return {"hub": text.removeprefix("hub:")}
    return {"uri": text} if "://" in text else {"path": text}

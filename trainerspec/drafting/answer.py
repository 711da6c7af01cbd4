"""Answers to open questions become fields of the draft."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from trainerspec.catalog.model import Task
from trainerspec.drafting.data.places import source
from trainerspec.drafting.draft import draft
from trainerspec.ir.draft import Draft, Evidence, Question, Request
from trainerspec.ir.json import Json

ANSWERED = "answered in the terminal"


def answer(made: Draft, question: Question, text: str, tasks: Mapping[str, Task], folder: Path | None = None) -> Draft:
    """Put the answer to one question into the draft; an empty answer leaves it open.

    A path of data is looked at below `folder`, so that what the data shows is filled in and asked as well.
    """
    text = text.strip()
    if not text or made.spec is None:
        return made
    spec: dict[str, Any] = {**made.spec}
    if question.path == "/data/source":
        if not _is_query(text) and "://" not in text:
            made = _looked_at(made, text, tasks, folder)
            assert made.spec is not None
            if any(one.path == question.path for one in made.questions):  # it cannot be seen, and is asked again
                return made
            spec = {**made.spec}
        spec["data"] = {**spec["data"], "source": source(text)}
    elif question.path == "/data/source/connection":
        spec["data"] = {**spec["data"], "source": {**spec["data"].get("source", {}), "connection": text}}
    elif question.path == "/task/labels":
        spec["task"] = {**spec["task"], "labels": [one for one in re.split(r"\s*[,;]\s*", text) if one]}
    elif match := re.fullmatch(r"/task/(inputs|outputs)/(\w+)", question.path):
        kind, role = match.groups()
        spec["task"] = {**spec["task"], kind: {**spec["task"].get(kind, {}), role: text}}
    elif question.path == "/model/base":
        spec["model"] = {**spec.get("model", {}), "base": text}
    elif match := re.fullmatch(r"/objectives/(\d+)", question.path):
        spec["objectives"] = [text if at == int(match[1]) else one for at, one in enumerate(spec["objectives"])]
    else:
        return made
    left = tuple(one for one in made.questions if one.path != question.path)
    told = tuple(one for one in made.evidence if one.path != question.path)
    new = Evidence(path=question.path, status="inferred", quote="", why=ANSWERED)
    return _with_questions(replace(made, spec=spec, questions=left, evidence=(*told, new)))


def judge(made: Draft, question: Question, by: str, because: str) -> Draft:
    """Write a person's answer to what holds the draft; it stays held until all is answered with name and reason."""
    if not (by and because) or made.spec is None:
        return made
    entries = cast(list[dict[str, str]], made.spec["held"])
    new = [
        {**one, "by": by, "because": because} if one["question"] == question.question else dict(one) for one in entries
    ]
    left = tuple(one for one in made.held if one != question)
    return replace(made, spec={**made.spec, "held": cast(Json, new)}, held=left, outcome="held" if left else "draft")


def _looked_at(made: Draft, place: str, tasks: Mapping[str, Task], folder: Path | None) -> Draft:
    """Draft again with the data in sight; what was answered before stays."""
    assert made.spec is not None
    request = Request(text=str(made.spec["request"]), data=place)
    seen = draft(request, tasks, folder=folder, task=str(made.task))
    if seen.spec is None:
        return replace(made, questions=tuple(one for one in made.questions if one.path != "/data/source"))
    answered = {one.path: one for one in made.evidence if one.why == ANSWERED}
    spec: dict[str, Any] = {key: value for key, value in seen.spec.items() if key != "held"}
    if "held" in made.spec:
        spec["held"] = made.spec["held"]
    for path in answered:
        section, _, field = path.strip("/").partition("/")
        if section == "task" and field.partition("/")[0] in made.spec["task"]:  # type: ignore[operator]
            key = field.partition("/")[0]
            spec["task"] = {**spec["task"], key: made.spec["task"][key]}  # type: ignore[index,call-overload]
        elif section in made.spec and section != "data":
            spec[section] = made.spec[section]
    evidence = (*(one for one in seen.evidence if one.path not in answered), *answered.values())
    questions = tuple(one for one in seen.questions if one.path not in answered)
    return _with_questions(replace(made, spec=spec, evidence=evidence, questions=questions))


def _with_questions(made: Draft) -> Draft:
    """Write the open questions into the spec."""
    assert made.spec is not None
    spec = {key: value for key, value in made.spec.items() if key != "questions"}
    if made.questions:
        spec["questions"] = [one.question for one in made.questions]
    return replace(made, spec=spec)


def _is_query(text: str) -> bool:
    return text.lower().startswith(("select ", "with ", "hub:"))

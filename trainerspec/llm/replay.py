"""Twins of a language model: one that follows a script, and a transcript that replays offline."""

import hashlib
import json
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from trainerspec.ir.json import JsonObject
from trainerspec.llm.model import Call, Model, Reply, Unavailable, Usage


class Scripted:
    """Gives the answers of a list, one after the other; an exception in the list is raised."""

    def __init__(self, answers: Iterable[str | JsonObject | Unavailable], name: str = "scripted") -> None:
        self._answers = deque(answers)
        self._name = name
        self.calls: list[Call] = []
        """What was asked, in order."""

    @property
    def name(self) -> str:
        """Name the script."""
        return self._name

    def reply(self, call: Call, seconds: float) -> Reply:
        """Return the next answer. Raises Unavailable when none is left."""
        self.calls.append(call)
        if not self._answers:
            raise Unavailable("the script has no more answers")
        answer = self._answers.popleft()
        if isinstance(answer, Unavailable):
            raise answer
        text = answer if isinstance(answer, str) else json.dumps(answer)
        words = sum(len(message.content.split()) for message in call.messages)
        return Reply(text=text, usage=Usage(prompt_tokens=words, completion_tokens=len(text.split())))


class Recording:
    """Passes calls on, and appends each with its answer, or why there was none, to a JSON Lines file."""

    def __init__(self, model: Model, path: Path) -> None:
        self._model = model
        self._path = path
        self._started = False

    @property
    def name(self) -> str:
        """Name the model that is recorded."""
        return self._model.name

    def reply(self, call: Call, seconds: float) -> Reply:
        """Answer, and write it down before anything else happens. Raises Unavailable."""
        try:
            reply = self._model.reply(call, seconds)
        except Unavailable as error:
            self._write(call, {"error": str(error)})
            raise
        self._write(call, {"reply": asdict(reply)})
        return reply

    def _write(self, call: Call, outcome: dict[str, object]) -> None:
        lines: list[dict[str, object]] = [] if self._started else [{"session": self.name}]
        lines.append({"key": key(self.name, call), **_plain(call), **outcome})
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n" for line in lines)
        self._started = True


class Recorded:
    """Replays a transcript: each call gets the answer that the same call got then."""

    def __init__(self, path: Path) -> None:
        """Read the last session of a transcript. Raises Unavailable when it is none, OSError when it is not there."""
        self._name = "recorded"
        self._replies: dict[str, deque[Reply | Unavailable]] = defaultdict(deque)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                self._add(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise Unavailable(
                    f"line {number} of the transcript `{path.name}` is not one of a transcript"
                ) from error

    def _add(self, line: dict[str, Any]) -> None:
        if "session" in line:
            self._replies.clear()
            self._name = str(line["session"])
        else:
            self._replies[line["key"]].append(_outcome(line))

    @property
    def name(self) -> str:
        """Name the model that was recorded."""
        return self._name

    def reply(self, call: Call, seconds: float) -> Reply:
        """Return what was answered then. Raises Unavailable when this was not asked then."""
        replies = self._replies[key(self._name, call)]
        if not replies:
            raise Unavailable("the transcript does not hold this question")
        reply = replies.popleft()
        if isinstance(reply, Unavailable):
            raise reply
        return reply


def _outcome(line: dict[str, Any]) -> Reply | Unavailable:
    if "error" in line:
        return Unavailable(line["error"])
    return Reply(text=line["reply"]["text"], usage=Usage(**line["reply"]["usage"]))


def key(name: str, call: Call) -> str:
    """Digest a question."""
    text = json.dumps({"model": name, **_plain(call)}, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(call: Call) -> dict[str, object]:
    messages = [{"role": one.role, "content": one.content} for one in call.messages]
    return {"messages": messages, "schema": call.schema, "title": call.title}

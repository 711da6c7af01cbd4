"""Ask until the answer is right: what is wrong with it goes back to the model, a few times."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from jsonschema.exceptions import ValidationError, best_match

from trainerspec.ir.json import JsonObject
from trainerspec.ir.record import record
from trainerspec.language.validator import Validator
from trainerspec.llm.model import Call, Message, Model, Unavailable, Usage

FENCE = re.compile(r"\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*", re.DOTALL)


@record(frozen=True, kw_only=True)
class Attempt:
    """An answer that was not right."""

    text: str
    problems: tuple[str, ...]


@record(frozen=True, kw_only=True)
class Answer:
    """What came of asking: a value that was found right, or why there is none."""

    value: JsonObject | None
    attempts: tuple[Attempt, ...]
    """The answers before it that were not right."""
    usage: Usage
    trouble: str = ""
    """Why asking ended without a value, in a few words."""


def ask(
    model: Model, call: Call, check: Callable[[JsonObject], Sequence[str]], *, tries: int = 3, seconds: float = 60.0
) -> Answer:
    """Ask up to `tries` times; `check` tells what is wrong with an answer that follows the schema.

    Never raises for what a model or an endpoint does.
    """
    attempts: list[Attempt] = []
    usage = Usage()
    for _ in range(tries):
        try:
            reply = model.reply(call, seconds)
        except Unavailable as error:
            return Answer(value=None, attempts=tuple(attempts), usage=usage, trouble=str(error))
        usage += reply.usage
        value, problems = read(reply.text, call.schema)
        if value is not None:
            problems = tuple(check(value))
            if not problems:
                return Answer(value=value, attempts=tuple(attempts), usage=usage)
        attempts.append(Attempt(text=reply.text, problems=problems))
        call = replace(call, messages=(*call.messages, *_back(reply.text, problems)))
    last = "; ".join(attempts[-1].problems) if attempts else "it was not asked"
    trouble = f"no right answer in {len(attempts)} tries, at last: {last}"
    return Answer(value=None, attempts=tuple(attempts), usage=usage, trouble=trouble)


def read(text: str, schema: JsonObject) -> tuple[JsonObject | None, tuple[str, ...]]:
    """Read an answer as JSON and hold it against the schema.

    >>> read('{"value": 1}', {"type": "object", "required": ["value"]})
    ({'value': 1}, ())
    >>> read("yes", {})
    (None, ('the answer is not JSON: Expecting value in line 1, column 1',))
    """
    fenced = FENCE.fullmatch(text)
    try:
        value = json.loads(fenced[1] if fenced else text)
    except json.JSONDecodeError as error:
        return None, (f"the answer is not JSON: {error.msg} in line {error.lineno}, column {error.colno}",)
    if not isinstance(value, dict):
        return None, ("the answer is not a JSON object",)
    problems = tuple(_problem(error) for error in Validator(schema).iter_errors(value))
    return (None if problems else value), problems


def _problem(error: ValidationError) -> str:
    """Write what is wrong; of several alternatives, what is wrong with the one that is meant."""
    meant = best_match([error]) or error
    place = "/".join(str(part) for part in meant.absolute_path)
    return f"`{place or 'the answer'}`: {meant.message}"


def _back(text: str, problems: Sequence[str]) -> tuple[Message, Message]:
    told = "\n".join(f"- {problem}" for problem in problems)
    return (
        Message(role="assistant", content=text),
        Message(role="user", content=f"This answer cannot be taken:\n{told}\nAnswer again, as one JSON object."),
    )

"""labels/answers.jsonl: what an endpoint answered, each answer under a digest of its question, never asked again."""

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPException, HTTPMessage, HTTPResponse, IncompleteRead
from typing import IO

from pipeline.base.failure import Failure
from pipeline.base.params import Value
from pipeline.base.progress import Progress
from pipeline.labelling.review import FOLDER

FILE = FOLDER / "answers.jsonl"
AT_ONCE = 4
"""Requests that are under way at the same time."""
TRIES, PAUSE, SECONDS = 5, 2.0, 120.0
"""Tries of a request, seconds before the second one (then twice as long each time), and seconds for an answer."""
LARGEST, PIECE = 1 << 20, 1 << 16
"""Bytes of an answer that are read, and of what is read at once."""
LATER = frozenset({408, 409, 429, 500, 502, 503, 504})
"""Answers of a server that may be another one soon."""
TOKENS = 64
"""Most tokens of one answer."""
BYTES = 4
"""Bytes of a token, about: what a question costs where the endpoint does not say."""


@dataclass(frozen=True, kw_only=True)
class Question:
    row: str
    """The key of the row."""
    vote: int
    messages: Sequence[Mapping[str, str]]

    def key(self, model: str, labels: Sequence[str]) -> str:
        """Name the question by what is asked of whom."""
        told = json.dumps([model, self.vote, list(labels), [*self.messages]], ensure_ascii=False, sort_keys=True)
        return sha256(told.encode("utf-8", "replace")).hexdigest()


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Refuses to be sent elsewhere: the key is for the address that was named."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """Follow nothing: the server's answer stands as an error."""


def gather(
    questions: Sequence[Question], labels: Sequence[str], about: Mapping[str, Value], say: Progress
) -> list[str | None]:
    """Return the answer to each question, None where it was of no use or the caps do not allow to ask.

    Raises Failure TS854 when the endpoint does not answer; what it answered before is kept.
    """
    model, known = str(about["model"]), read()
    keys = [question.key(model, labels) for question in questions]
    missing = [(key, one) for key, one in zip(keys, questions, strict=True) if key not in known]
    if missing:
        missing = within(missing, about, known, say)
        address, done = where(about), len(keys) - len(missing)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for start in range(0, len(missing), AT_ONCE):
                if spent(known) >= limit(about, "tokens"):
                    say.say(f"{len(missing) - start} questions are not asked: the cap on tokens is reached")
                    break
                some = missing[start : start + AT_ONCE]
                calls = [(address, body(one, model, labels), labels) for _, one in some]
                answered = list(pool.map(lambda call: tried(*call), calls))
                for (key, one), got in zip(some, answered, strict=True):
                    if not isinstance(got, Failure):
                        told: dict[str, object] = {
                            "key": key,
                            "model": model,
                            "row": one.row,
                            "label": got[0],
                            "tokens": got[1],
                        }
                        known[key] = told
                        append(told)
                for got in answered:
                    if isinstance(got, Failure):
                        raise got
                say(done + start + len(some), len(keys), "answers")
    found = [known.get(key, {}).get("label") for key in keys]
    return [str(one) if one is not None else None for one in found]


def within(
    missing: Sequence[tuple[str, Question]], about: Mapping[str, Value], known: Mapping[str, object], say: Progress
) -> list[tuple[str, Question]]:
    """Cut the questions to what the cap on requests leaves."""
    most = limit(about, "requests")
    left = max(0, most - len(known))
    if left < len(missing):
        say.say(f"{len(missing) - left} questions are not asked: the cap of {most} requests is reached")
    return list(missing[:left])


def limit(about: Mapping[str, Value], name: str) -> int:
    """Return a cap."""
    value = about[name]
    assert isinstance(value, int)
    return value


def spent(known: Mapping[str, Mapping[str, object]]) -> int:
    """Count the tokens of all answers."""
    return sum(count(one.get("tokens")) for one in known.values())


def count(told: object) -> int:
    """Return a number of tokens; 0 for what is none."""
    return told if isinstance(told, int) and not isinstance(told, bool) and told > 0 else 0


def read() -> dict[str, dict[str, object]]:
    """Read the answers; a line that a kill cut off is none, nor is one that cannot be read."""
    found: dict[str, dict[str, object]] = {}
    for line in FILE.read_bytes().split(b"\n") if FILE.exists() else ():
        try:
            one = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(one, dict) and isinstance(one.get("key"), str):
            found[one["key"]] = one
    return found


def append(answer: Mapping[str, object]) -> None:
    """Write an answer down before the next question is asked."""
    with FILE.open("ab+") as file:
        if file.tell() and (file.seek(-1, os.SEEK_END), file.read(1))[1] != b"\n":
            file.write(b"\n")
        file.write((json.dumps(answer, ensure_ascii=False, sort_keys=True) + "\n").encode())
        file.flush()
        os.fsync(file.fileno())


def where(about: Mapping[str, Value]) -> str:
    """Return the address; raises Failure TS854 when none is named."""
    base = str(about.get("base_url") or os.environ.get("OPENAI_BASE_URL") or "").rstrip("/")
    if not base.startswith(("http://", "https://")):
        hint = "write `base_url` under `data.label.endpoint`, or set OPENAI_BASE_URL; or take `endpoint` out of `by`"
        raise Failure("TS854", "rows are to be labelled by an endpoint, and no address is named", hint=hint)
    return f"{base}/chat/completions"


def body(question: Question, model: str, labels: Sequence[str]) -> bytes:
    """Return the request of a question: the first vote is the likeliest answer, others are drawn."""
    schema = {
        "type": "object",
        "properties": {"label": {"type": "string", "enum": list(labels)}},
        "required": ["label"],
        "additionalProperties": False,
    }
    return json.dumps(
        {
            "model": model,
            "messages": [*question.messages],
            "temperature": 0.0 if question.vote == 0 else 0.7,
            "seed": question.vote,
            "max_tokens": TOKENS,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "label", "schema": schema, "strict": True},
            },
        }
    ).encode()


def tried(address: str, content: bytes, labels: Sequence[str]) -> tuple[str | None, int] | Failure:
    """Ask, and return a failure as a value: the answers to the other questions are kept first."""
    try:
        return ask(address, content, labels)
    except Failure as failure:
        return failure


def ask(address: str, content: bytes, labels: Sequence[str]) -> tuple[str | None, int]:
    """Return the answer, None where it is no label, and the tokens that it cost. Raises Failure TS854."""
    headers = {"Content-Type": "application/json"}
    if key := os.environ.get("OPENAI_API_KEY"):
        headers["Authorization"] = f"Bearer {key}"
    opener, pause = urllib.request.build_opener(NoRedirect), PAUSE
    for turn in range(1, TRIES + 1):
        try:
            end = time.monotonic() + SECONDS
            with opener.open(urllib.request.Request(address, content, headers), timeout=SECONDS) as answer:
                told = received(answer, end)
            label, tokens = meant(told, labels)
            return label, tokens or -(-(len(content) + len(told)) // BYTES)
        except urllib.error.HTTPError as error:
            if error.code not in LATER or turn == TRIES:
                raise failed(address, f"it answers {error.code}: {reason(error, end)}") from error
            wait = error.headers.get("Retry-After", "")
            pause = min(60.0, float(wait)) if wait.isdigit() else pause
        except (OSError, HTTPException) as error:
            if turn == TRIES:
                raise failed(address, str(getattr(error, "reason", error))) from error
        time.sleep(pause)
        pause *= 2
    raise AssertionError("the last try returns or raises")


def received(answer: HTTPResponse | urllib.error.HTTPError, end: float) -> bytes:
    """Read what an endpoint sends, at most LARGEST bytes. Raises OSError or HTTPException when it is not whole in time.

    `end` is a time of `time.monotonic`: each byte may come in time while all of them never do.
    """
    found = bytearray()
    while len(found) <= LARGEST and (piece := answer.read1(PIECE)):
        found += piece
        if time.monotonic() > end:
            raise TimeoutError(f"no whole answer within {SECONDS:g} s")
    if getattr(answer, "length", None) and len(found) <= LARGEST:
        raise IncompleteRead(bytes(found))
    return bytes(found[:LARGEST])


def reason(error: urllib.error.HTTPError, end: float) -> str:
    """Return what an endpoint says of a refusal, in one line; nothing where that does not arrive."""
    try:
        return " ".join(received(error, end).decode(errors="replace").split())[:200]
    except (OSError, HTTPException):
        return ""


def meant(content: bytes, labels: Sequence[str]) -> tuple[str | None, int]:
    """Read an answer: its label, None where that is none, and its tokens, 0 where it does not tell them.

    >>> said = {"message": {"content": json.dumps({"label": "a"})}}
    >>> meant(json.dumps({"choices": [said], "usage": {"total_tokens": 9}}).encode(), ["a"])
    ('a', 9)
    >>> meant(b"<html>", ["a"])
    (None, 0)
    """
    try:
        told = json.loads(content)
        tokens = count((told.get("usage") or {}).get("total_tokens"))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None, 0
    try:
        label = json.loads(told["choices"][0]["message"]["content"])["label"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None, tokens
    return (label if label in labels else None), tokens


def failed(address: str, reason: str) -> Failure:
    """Say that the endpoint does not answer."""
    hint = "correct what it names, then run again: the answers so far are kept; or take `endpoint` out of `by`"
    return Failure("TS854", f"the endpoint {address} does not label: {reason}", hint=hint)

"""Counts of what was served: from the server's metrics, or from logged requests, which are answered again."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from http.client import HTTPException
from pathlib import Path
from typing import TypeAlias

from prometheus_client.parser import text_string_to_metric_families

from pipeline.base import contract
from pipeline.base.contract import BadRequest, Raw
from pipeline.base.failure import Failure
from pipeline.predicting import gathering, requests, source
from pipeline.predicting.answering import Inputs, batching
from pipeline.protocol import wire
from pipeline.server.bundle import Bundle
from pipeline.server.golden import Answer
from pipeline.watching.counting import Counting
from pipeline.watching.reference import Profile

Counts: TypeAlias = dict[str, list[int]]
SECONDS, LARGEST, MOST_ROWS = 30, 64 * 2**20, 2**20
"""Of a scrape: how long it may take, and its bytes; rows of one logged request."""
METRIC = "serve_watched_rows_total"


def of_metrics(places: Sequence[str], profile: Profile, model: str) -> Counts:
    """Add up the counts in one or more scrapes (addresses or files), one of each pod.

    Raises Failure TS855 when one cannot be read or has no counts of this package.
    """
    total = {one.name: [0] * len(one.counts) for one in profile.signals}
    for place in places:
        found = 0
        for name, number, count in samples(place, model):
            if name not in total or not 0 <= number < len(total[name]):
                raise unlike(place, f"it counts `{name}` in bins that the package's {model} does not have")
            total[name][number] += count
            found += 1
        if not found:
            raise unlike(place, f"it has no `{METRIC}` of the model `{model}`")
    return total


def samples(place: str, model: str) -> Iterator[tuple[str, int, int]]:
    """Read signal, bin and count of a scrape."""
    try:
        for family in text_string_to_metric_families(scraped(place)):
            for sample in family.samples:
                if sample.name == METRIC and sample.labels.get("model") == model:
                    count = int(sample.value)
                    if count < 0 or count != sample.value:
                        raise ValueError(sample.value)
                    yield sample.labels["signal"], int(sample.labels["bin"]), count
    except (LookupError, OverflowError, TypeError, ValueError) as error:
        raise unlike(place, "it does not hold Prometheus metrics") from error


def scraped(place: str) -> str:
    """Return the text of a scrape. Raises Failure TS855."""
    try:
        if place.startswith(("http://", "https://")):
            with urllib.request.urlopen(place, timeout=SECONDS) as answer:
                content: bytes = answer.read(LARGEST)
        else:
            content = Path(place).read_bytes()[:LARGEST]
        return content.decode()
    except (OSError, HTTPException, UnicodeDecodeError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        why = getattr(reason, "strerror", None) or str(reason)
        raise unlike(place, f"it cannot be read: {str(why).lower()}") from error


def unlike(place: str, why: str) -> Failure:
    """Say that a scrape tells nothing of this package."""
    hint = "give /metrics of a server that serves this package, as an address or a saved file"
    return Failure("TS855", f"`{place}`: {why}", hint=hint)


def of_requests(rows: Path, bundle: Bundle, profile: Profile) -> tuple[Counts, int]:
    """Count logged requests and the answers to them; beside it, how many rows could not be answered.

    They are a JSON Lines file of requests as the server takes them, or any table or folder that `predict` takes. Raises
    Failure TS821 to TS825 where there are none.
    """
    if not rows.exists():
        raise Failure("TS821", f"`{rows}` does not exist", hint="give the file or the folder that has the requests")
    counting, bad = Counting(profile, bundle.contract), 0
    found = logged(rows, bundle) if of_protocol(rows) else tabular(rows, bundle)
    for inputs, unread in found:
        bad += unread
        for raw, answer in answered(bundle, inputs):
            if answer is None:
                bad += 1
            else:
                counting.see(raw, answer)
    return counting.total, bad


def of_protocol(rows: Path) -> bool:
    """Tell whether a file's first line is a request of the Open Inference Protocol."""
    if not rows.is_file() or rows.suffix not in (".json", ".jsonl", ".ndjson"):
        return False
    with rows.open("rb") as file:
        first = next((line for line in file if line.strip()), b"")
    try:
        line = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(line, Mapping) and isinstance(line.get("inputs"), list)


def logged(rows: Path, bundle: Bundle) -> Iterator[tuple[Inputs, int]]:
    """Read requests, one a line."""
    with rows.open("rb") as file:
        for line in file:
            if not line.strip():
                continue
            try:
                arrays = wire.decode(line.strip(), None, bundle.contract, MOST_ROWS).arrays
                yield contract.to_raw(bundle.contract.raw, arrays, MOST_ROWS), 0
            except BadRequest:
                yield {}, 1


def tabular(rows: Path, bundle: Bundle) -> Iterator[tuple[Inputs, int]]:
    """Read requests from rows, as `predict` does."""
    asked = requests.wanted(bundle.contract, bundle.settings)
    root = rows if rows.is_dir() else rows.parent
    for part in source.parts(rows, bundle.contract.raw, whole=gathering.WHOLE):
        found = gathering.gathered(source.read(part, rows, asked.loose), asked, bundle)
        inputs, problems = requests.requests(requests.chosen(found, asked, str(rows)), asked, root)
        yield inputs, problems.len() - problems.null_count()


def answered(bundle: Bundle, inputs: Inputs) -> Iterator[tuple[Raw, Answer | None]]:
    """Answer rows in batches; where one cannot be encoded, each by itself."""
    count = len(next(iter(inputs.values()), ()))
    step = batching(bundle.contract).rows
    for start in range(0, count, step):
        some = {name: values[start : start + step] for name, values in inputs.items()}
        try:
            yield some, bundle.answer(some)
        except ValueError:
            for row in range(start, min(count, start + step)):
                yield alone(bundle, {name: values[row : row + 1] for name, values in inputs.items()})


def alone(bundle: Bundle, one: Raw) -> tuple[Raw, Answer | None]:
    """Answer one row; None where it has no answer."""
    try:
        return one, bundle.answer(one)
    except ValueError:
        return one, None

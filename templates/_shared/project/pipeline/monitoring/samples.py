"""Counts of what was served: from the server's metrics, or from logged requests, which are answered again."""

import json
import math
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from threading import Thread
from typing import IO, BinaryIO, TypeAlias

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
"""Of a scrape: how long it may take, and its bytes, as of a logged request, of which this many are its rows at most."""
METRIC = "serve_watched_rows_total"
UNREADABLE = (OSError, HTTPException, OverflowError, ValueError)
"""What an address or a file raises that is none, or that does not answer."""


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
        own = [line for line in scraped(place).splitlines() if METRIC.removesuffix("_total") in line]
        if not own:
            why = f"it does not hold Prometheus metrics of a package's server: it has no `{METRIC}`"
            raise unlike(place, why)
        for family in text_string_to_metric_families("\n".join(own)):
            for sample in family.samples:
                if sample.name == METRIC and sample.labels.get("model") == model:
                    yield sample.labels["signal"], int(sample.labels["bin"]), rows_of(sample.value)
    except (LookupError, OverflowError, TypeError, ValueError) as error:
        raise unlike(place, "it does not hold Prometheus metrics") from error


def rows_of(value: float) -> int:
    """Return a counter as a number of rows. Raises ValueError where it is no whole one from 0 to 2^53.

    >>> rows_of(45.0)
    45
    """
    if not math.isfinite(value) or not 0 <= value <= 2**53 or value != int(value):
        raise ValueError(f"{value} is no count")
    return int(value)


def scraped(place: str) -> str:
    """Return the text of a scrape. Raises Failure TS855, also where it does not end in SECONDS or LARGEST bytes.

    A thread reads: the time that a connection is given counts from each byte to the next, and a pipe has none.
    """
    found: Future[bytes] = Future()
    Thread(target=fetch, args=(place, found), daemon=True).start()
    try:
        content = found.result(SECONDS)
        if len(content) > LARGEST:
            raise unlike(place, f"it has more than {LARGEST / 2**20:.0f} MiB")
        return content.decode()
    except TimeoutError as error:
        raise unlike(place, f"it cannot be read in {SECONDS} seconds") from error
    except UNREADABLE as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        why = getattr(reason, "strerror", None) or str(reason)
        raise unlike(place, f"it cannot be read: {str(why).lower()}") from error


def fetch(place: str, found: Future[bytes]) -> None:
    """Read a scrape, one byte more than the largest at most."""
    try:
        with opened(place) as file:
            found.set_result(file.read(LARGEST + 1))
    except UNREADABLE as error:
        found.set_exception(error)


def opened(place: str) -> BinaryIO:
    """Open an address or a file. Raises what is UNREADABLE."""
    if not place.startswith(("http://", "https://")):
        return Path(place).open("rb")
    answer: BinaryIO = urllib.request.build_opener(Redirects).open(place, timeout=SECONDS)
    return answer


class Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to http and https, and to nothing else."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        if not newurl.lower().startswith(("http://", "https://")):
            raise urllib.error.URLError("it leads to an address that is not http or https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


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
        first = next((line for line in iter(lambda: file.readline(LARGEST + 1), b"") if line.strip()), b"")
    try:
        line = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(line, Mapping) and isinstance(line.get("inputs"), list)


def logged(rows: Path, bundle: Bundle) -> Iterator[tuple[Inputs, int]]:
    """Read requests, one a line. Raises Failure TS855 where one is larger than any server takes."""
    with rows.open("rb") as file:
        while line := file.readline(LARGEST + 1):
            if len(line) > LARGEST:
                hint = "give the requests as JSON Lines, one a line"
                raise Failure("TS855", f"`{rows}` has a line of more than {LARGEST / 2**20:.0f} MiB", hint=hint)
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

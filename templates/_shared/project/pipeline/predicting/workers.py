"""Processes that answer pieces of the source, each with the model in it; they end with the process that began them."""

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

import polars as pl

from pipeline.base.contract import Port
from pipeline.base.failure import Failure
from pipeline.predicting import answering, explained, gathering, requests, source
from pipeline.predicting.output import Output
from pipeline.predicting.source import PLACE, PROBLEM, Part
from pipeline.server.bundle import Bundle, open_bundle

SHOWN = 20
"""Rows without an answer that are named on the screen; the file names them all."""
ENDINGS = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"RIFF": ".webp"}
"""The endings of answers that are files, by how these begin."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """What every worker does."""

    package: Path
    revision: str
    """Which package it was when the work began: every worker opens the same one."""
    source: Path
    output: Output
    keep: tuple[str, ...] = ()
    """Columns of the source that go into the answers; `*` for all."""
    explain: bool = False


@dataclass(frozen=True, kw_only=True)
class Done:
    """What came of a piece."""

    number: int
    rows: int
    size: int
    bad: int
    problems: tuple[tuple[str, str], ...] = ()
    """Place and reason of the first rows without an answer."""
    failure: tuple[str, str, str] | None = field(default=None)
    """Code, message and hint where the piece could not be read."""


class Worker:
    """The model in this process."""

    def __init__(self, task: Task) -> None:
        """Open the package. Raises Failure."""
        self.task = task
        self.bundle: Bundle = open_bundle(task.package)
        if self.bundle.revision != task.revision:
            hint = "the same command answers anew, with the package that is there now"
            raise Failure("TS861", f"the package in {task.package} was replaced meanwhile", hint=hint)
        self.asked = requests.wanted(self.bundle.contract, self.bundle.settings)
        self.explainer = explained.explainer() if task.explain else None

    def answer(self, part: Part) -> Done:
        """Answer a piece and write its part of the answers, or say why it cannot be read."""
        try:
            frame = self.answered(part)
        except Failure as failure:
            reason = (failure.code, failure.message, failure.hint)
            return Done(number=part.number, rows=0, size=part.size, bad=0, failure=reason)
        self.task.output.write(part.number, frame)
        return told(part, frame)

    def answered(self, part: Part) -> pl.DataFrame:
        """Return where each row of a piece is from, what is kept of it, its answer, or why there is none."""
        task = self.task
        found = gathering.gathered(source.read(part, task.source, self.asked.loose), self.asked, self.bundle)
        rows = requests.chosen(found, self.asked, str(task.source))
        root = task.source if task.source.is_dir() else task.source.parent
        inputs, problems = requests.requests(rows, self.asked, root)
        why = problems.to_list()
        places = [row for row, one in enumerate(why) if one is None]
        answers, more = answering.answer(self.bundle, inputs) if places else ({}, [])
        for place, reason in zip(places, more, strict=True):
            why[place] = reason
        made = answering.frame(self.bundle, answers, why, self.saver(part, found[PLACE].to_list()))
        if self.explainer is not None:
            made = made.hstack(explained.frame(self.explainer, inputs, places, len(why)))
        own = [name for name in found.columns if not name.startswith("__")]
        wish = own if "*" in task.keep else [*dict.fromkeys(task.keep)]
        kept = requests.kept(found, wish, {"row", "problem", *made.columns}, str(task.source))
        named = {PLACE: "row", PROBLEM: "problem"}
        ends = pl.DataFrame({"problem": pl.Series(why, dtype=pl.String)})
        whole = pl.concat([found.select(PLACE).rename(named, strict=False), kept, made, ends], how="horizontal")
        return gathering.spread(whole)

    def saver(self, part: Part, places: list[str]) -> answering.Save:
        """Return what writes an answer that is a file."""
        folder = self.task.output.files

        def save(port: Port, row: int, content: bytes) -> str:
            folder.mkdir(exist_ok=True)
            ending = next((end for head, end in ENDINGS.items() if content.startswith(head)), ".bin")
            name = places[row].rpartition(":")[2] if part.cut else f"{part.number * source.FILES + row + 1}"
            stem = Path(part.file).stem if part.cut else "file"
            path = folder / f"{stem}-{name}-{port.name}{ending}"
            path.write_bytes(content)
            return str(path.relative_to(self.task.output.path.parent))

        return save


def told(part: Part, frame: pl.DataFrame) -> Done:
    """Say what came of a piece whose answers are there."""
    bad = frame.filter(pl.col("problem").is_not_null())
    first = tuple((str(place), str(why)) for place, why in bad.select("row", "problem").head(SHOWN).iter_rows())
    return Done(number=part.number, rows=frame.height, size=part.size, bad=bad.height, problems=first)


_worker: list[Worker] = []
"""The model of this process, in a pool."""


def begin(task: Task) -> None:
    """Open the model in a new process, which ends when its parent does."""

    def follow() -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
    _worker.append(Worker(task))


def work(part: Part) -> Done:
    """Answer a piece in a process of the pool."""
    return _worker[0].answer(part)


def answered(task: Task, parts: Iterable[Part], processes: int) -> Iterator[Done]:
    """Answer pieces on `processes` cores, in order; parts that are there already are taken as they are.

    Raises Failure: TS86x for a package that cannot be opened, TS834 when a process was killed.
    """
    pieces = iter(parts)
    first = list(islice(pieces, 2))
    if processes == 1 or len(first) < 2:
        worker = Worker(task)
        for part in chain(first, pieces):
            yield finished(task, part) or worker.answer(part)
        return
    Worker(task)  # what is wrong with the package is said here
    os.environ["POLARS_MAX_THREADS"] = "1"
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, spawning, initializer=begin, initargs=(task,)) as pool:
        waiting: deque[Done | Future[Done]] = deque()
        try:
            for part in chain(first, pieces):
                waiting.append(finished(task, part) or pool.submit(work, part))
                if len(waiting) > 2 * processes:
                    yield settled(waiting.popleft())
            while waiting:
                yield settled(waiting.popleft())
        except BrokenProcessPool as error:
            hint = "give it more memory, or fewer processes with --processes; the same command goes on from here"
            raise Failure("TS834", "a process that answers was killed", hint=hint) from error
        finally:
            pool.shutdown(cancel_futures=True)


def settled(one: "Done | Future[Done]") -> Done:
    """Wait for a piece."""
    return one if isinstance(one, Done) else one.result()


def finished(task: Task, part: Part) -> Done | None:
    """Say what came of a piece that was answered before a kill."""
    path = task.output.part(part.number)
    return told(part, pl.read_parquet(path, columns=["row", "problem"])) if path.is_file() else None

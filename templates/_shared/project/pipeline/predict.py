"""Answer the rows of a file without a server: `python -m pipeline.predict rows.csv -o answers.parquet`.

Any table that `prepare` reads (packed or not, a folder of them), or a folder of pictures or texts; what is predicted
need not be there. Each row of the source becomes a row of the answers, in order: where it is from (`row`), its answer,
and `problem` where there is none. Killed, it goes on where it was.
"""

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.base.contract import Port
from pipeline.base.failure import Failure, run, visible
from pipeline.predicting import gathering, output, source, workers
from pipeline.predicting.output import Output
from pipeline.predicting.workers import Done, Task
from pipeline.server.bundle import open_bundle

PACKAGE, UNRELEASED = Path("package"), Path("work/unreleased")
PERIOD = 2.0
"""Seconds between two lines about the progress."""


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.predict", description="Answer the rows of a file.", allow_abbrev=False
    )
    add = parser.add_argument
    add("source", type=Path, help="a table, a folder of tables, or of pictures or texts")
    add("-o", "--out", type=Path, required=True, help="where the answers go: .csv, .tsv, .parquet or .jsonl")
    add("--keep", action="append", default=[], metavar="COLUMN", help="copy this column of the source; `*` for all")
    add("--explain", action="store_true", help="what each column contributes to each row's answer (tables)")
    add("--package", type=Path, default=PACKAGE, help="the folder that the package stage made")
    add("--unreleased", action="store_true", help="use the model though the gate failed")
    add("--processes", type=int, default=cores(), metavar="N", help="processes that answer; default: all cores")
    return parser.parse_args()


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(kw_only=True)
class Account:
    """What was answered so far, told as it grows."""

    began: float = field(default_factory=time.monotonic)
    last: float = field(default_factory=time.monotonic)
    rows: int = 0
    bad: int = 0
    shown: int = 0
    size: int = 0

    def take(self, done: Done, total: int) -> None:
        """Add a piece, name its rows without an answer, and say how far it is."""
        self.rows, self.bad, self.size = self.rows + done.rows, self.bad + done.bad, self.size + done.size
        for place, why in done.problems:
            if self.shown < workers.SHOWN:
                print(visible(f"no answer: {place}: {why}"), file=sys.stderr, flush=True)
                self.shown += 1
        now = time.monotonic()
        if now - self.last >= PERIOD:
            self.last = now
            share = f" ({min(99, 100 * self.size // total)}%)" if total else ""
            rate = self.rows / (now - self.began)
            print(f"{self.rows:,} rows{share}, {rate:,.0f} rows/s", file=sys.stderr, flush=True)

    def end(self, path: Path) -> None:
        """Say what came of it."""
        seconds = time.monotonic() - self.began
        print(
            f"{self.rows:,} rows in {seconds:.1f} s, {self.rows / max(seconds, 1e-9):,.0f} rows/s: {path}", flush=True
        )
        if self.bad:
            rest = f"{self.bad:,} of them" if self.bad < self.rows else "all of them"
            print(f"{rest} have no answer: the column `problem` says why, `row` where they are", flush=True)


def main() -> None:
    asked = arguments()
    run("", lambda: predict(asked))


def predict(asked: argparse.Namespace) -> None:
    """Answer the rows. Raises Failure."""
    out: Path = asked.out
    rows: Path = asked.source
    if not rows.exists():
        raise Failure("TS821", f"`{rows}` does not exist", hint="give the file or the folder that has the rows")
    output.check(out, rows)
    package: Path = unreleased(asked.package) if asked.unreleased else asked.package
    bundle = open_bundle(package)
    key = {"package": bundle.revision, "source": identity(rows), "keep": asked.keep, "explain": asked.explain}
    files = [path for path in rows.rglob("*") if path.is_file()] if rows.is_dir() else [rows]
    total = sum(path.stat().st_size for path in files)
    with output.opened(out, key) as kept:
        task = Task(
            package=package,
            revision=bundle.revision,
            source=rows,
            output=kept,
            keep=tuple(asked.keep),
            explain=asked.explain,
        )
        answers(task, bundle.contract.raw, kept, total, max(1, asked.processes))


def answers(task: Task, ports: tuple[Port, ...], kept: Output, total: int, processes: int) -> None:
    """Answer all pieces and put the file together. Raises Failure."""
    account, count = Account(), 0
    if there := len(list(kept.parts.glob("*.parquet"))):
        print(f"it goes on: {there} {'piece is' if there == 1 else 'pieces are'} answered already", flush=True)
    try:
        for done in workers.answered(task, source.parts(task.source, ports, whole=gathering.WHOLE), processes):
            if done.failure is not None:
                code, message, hint = done.failure
                raise Failure(code, message, hint=hint)
            account.take(done, total)
            count += 1
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from here", file=sys.stderr, flush=True)
        sys.exit(130)
    kept.finish(count)
    account.end(kept.path)


def identity(path: Path) -> list[tuple[str, int, int]]:
    """Return what tells a source from what it was: its files with size and time."""
    files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    return [(str(one.resolve()), one.stat().st_size, one.stat().st_mtime_ns) for one in files]


def unreleased(package: Path) -> Path:
    """Return the package, or one made of the model that the gate refused. Raises Failure TS860 where there is none."""
    if (package / "package.json").is_file():
        return package
    made = subprocess.run([sys.executable, "-m", "pipeline.package", "--unreleased"], check=False)
    if made.returncode:
        raise Failure("TS860", "no package could be made of the model", hint="its message is above")
    return UNRELEASED


if __name__ == "__main__":
    main()

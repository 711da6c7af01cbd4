"""Tell a person what went wrong and what to do, without a traceback; and tell tools, in failure.json.

Each stage's last line is `run("stage", main)`. A Failure is a mistake in the data, the settings or the machine;
any other exception is a programming mistake and keeps its traceback.
"""

import errno
import json
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from pipeline.base.files import write_json
from pipeline.reading import disk

FILE = Path("failure.json")


MEMORY = {"out of memory": "device", "can't allocate memory": "host", "bad_alloc": "host", "bad allocation": "host"}
"""What PyTorch and ONNX Runtime say when memory runs out, and of what."""
DISK = {
    errno.ENOSPC: "make room on the disk, then run again",
    errno.EDQUOT: "make room within your quota, then run again",
    errno.EFBIG: "raise the limit on the size of files (`ulimit -f`), then run again",
    errno.EROFS: "the file system is read-only: work on a copy that can be written",
    errno.EACCES: "give yourself the permission, or another place",
    errno.EPERM: "give yourself the permission, or another place",
    errno.EIO: "the disk cannot be read or written: look at the machine's log",
}
"""What to do about errors of the disk."""


MADE = re.compile(r"\bbuild/[\w./-]+|\b(?:gate|metrics)\.json\b")
"""What a stage makes, in the message of an error."""
ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What makes a terminal do more than show text: control characters, and those that turn its direction."""


class Failure(Exception):
    """A mistake that a person can mend: a code (`trainerspec explain TS8xx`), a message, a hint and what was seen."""

    def __init__(self, code: str, message: str, *, hint: str, evidence: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.evidence = dict(evidence or {})


def run(stage: str, main: Callable[[], None]) -> None:
    """Run a stage; on a Failure write failure.json, print it and exit with status 1.

    A command that is no stage has no name, and leaves no failure.json: nothing of the project failed.
    """
    try:
        with disk.writing():
            forget(stage)
            main()
    except Failure as failure:
        fail(stage, failure)
    except MemoryError:
        fail(stage, out_of_memory("host"))
    except OSError as error:
        if stage and isinstance(error, FileNotFoundError) and (early := MADE.search(str(error))):
            fail(stage, too_early(early[0]))
        if error.errno not in DISK:
            raise
        place = f" (`{error.filename}`)" if error.filename else ""
        fail(stage, Failure("TS711", f"the disk refused: {error.strerror}{place}", hint=DISK[error.errno]))
    except RuntimeError as error:
        where = [where for words, where in MEMORY.items() if words in str(error)]
        if not where:
            raise
        fail(stage, out_of_memory(where[0]))


def forget(stage: str) -> None:
    """Remove what an earlier failure of this stage left, and a file that tells of none."""
    if not stage or not FILE.exists():
        return
    try:
        left = json.loads(FILE.read_text(encoding="utf-8"))["stage"]
    except (ValueError, LookupError, TypeError, RecursionError):
        left = stage
    if left == stage:
        FILE.unlink()


def too_early(name: str) -> Failure:
    """Say that a stage began before the one that makes what it reads."""
    hint = "`trainerspec run`, or `dvc repro`, runs the stages in their order"
    return Failure("TS813", f"there is no `{name}` yet: an earlier stage makes it", hint=hint)


def out_of_memory(where: str) -> Failure:
    """Say that memory ran out on the `host` or the `device`."""
    hint = "halve `model.train.batch_size` or lower the input's size; `trainerspec revise` proposes it"
    return Failure("TS834", f"out of memory on the {where}", hint=hint, evidence={"failure": "oom", "where": where})


def fail(stage: str, failure: Failure) -> None:
    """Write failure.json, print the message and its hint, and exit with status 1."""
    seen = {"stage": stage, "code": failure.code, "message": failure.message, "hint": failure.hint}
    if stage:
        with suppress(OSError):  # a disk that is full takes no reason either; it is told on the screen
            write_json(FILE, {**seen, "evidence": failure.evidence})
    print(f"{failure.code} {visible(failure.message)}\n  hint: {visible(failure.hint)}", file=sys.stderr, flush=True)
    raise SystemExit(1) from failure


def visible(text: str) -> str:
    """Return a text that is safe on a terminal: what the data hold moves no cursor and sets no title.

    >>> visible("a\\x1b[2Jb\\n\\tc")
    'a<U+001B>[2Jb\\n\\tc'
    """
    return ACTS.sub(lambda found: f"<U+{ord(found[0]):04X}>", text)

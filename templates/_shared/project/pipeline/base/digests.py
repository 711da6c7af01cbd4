"""Record what a stage made, file by file, and check it before another stage builds on it.

A cache can hold other bytes than it was given, of the same size and with the right name; DVC trusts its own record.
Training records what it was asked for too, so that nothing is said of a model under other settings than its own.
"""

from collections.abc import Mapping
from pathlib import Path

from pipeline.base.failure import Failure
from pipeline.base.files import LISTING, read_json, sha256, write_json
from pipeline.base.params import Params, Value

ASKED = ("labels", "monitor", "model.train", "compute")
"""The settings that every training reads."""
TRAINING = Path("build/training.json")


def seal(folder: Path) -> None:
    """List the sha256 of every file below a folder, there."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != LISTING)
    write_json(folder / LISTING, {path.relative_to(folder).as_posix(): sha256(path) for path in files})


def verify(folder: Path, stage: str) -> None:
    """Compare a folder with its listing; one without was made by a stage of your own, and is taken as it is.

    Raises Failure TS837 when a file is missing, or is not the one that `stage` made.
    """
    listing = folder / LISTING
    if not listing.exists():
        return
    hint = f"`dvc repro --force {stage}` makes it again; `dvc cache` may hold other damaged files: `dvc status --cloud`"
    try:
        listed = read_json(listing)
    except (ValueError, TypeError) as error:
        raise Failure("TS837", f"`{listing}` is not what {stage} wrote: {error}", hint=hint) from error
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {LISTING}
    for name in sorted(there ^ listed.keys()):
        what = "is missing" if name in listed else f"was not made by {stage}"
        raise Failure("TS837", f"`{folder / name}` {what}", hint=hint, evidence={"file": name})
    for name in sorted(there):
        if sha256(folder / name) != listed[name]:
            message = f"`{folder / name}` has other bytes than {stage} wrote"
            raise Failure("TS837", message, hint=hint, evidence={"file": name})


def asked(settings: Params) -> dict[str, Value]:
    """Return the settings that every training reads, by dotted name."""
    found: dict[str, Value] = {}
    for name in ASKED:
        flatten(name, settings.record(name), found)
    return found


def flatten(name: str, value: Value, into: dict[str, Value]) -> None:
    """Put the values below a name into a flat mapping."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            flatten(f"{name}.{key}", inner, into)
    else:
        into[name] = value


def check_asked(settings: Params) -> None:
    """Raise Failure TS838 when the model was trained with other settings than params.yaml has now."""
    recorded = read_json(TRAINING).get("asked")
    if not isinstance(recorded, Mapping):
        return
    now = asked(settings)
    differ = [name for name in sorted({*recorded, *now}) if not same(recorded.get(name), now.get(name))]
    if differ:
        told = [f"`{name}` was {recorded.get(name)!r}, params.yaml says {now.get(name)!r}" for name in differ[:3]]
        hint = "train again: `trainerspec run --force`, or `dvc repro --force train` and then `dvc repro`"
        message = f"the model was trained with other settings: {'; '.join(told)}"
        raise Failure("TS838", message, hint=hint, evidence={"settings": differ})


def same(one: object, other: object) -> bool:
    """Tell whether two values are equal; `dvc exp run -S` writes 0.00001 as a text.

    >>> same("1e-05", 0.00001), same([1, 2], (1, 2)), same("a", "b"), same(True, 1)
    (True, True, False, False)
    """
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if one == other:
        return True
    try:
        return float(str(one)) == float(str(other))
    except ValueError:
        return False

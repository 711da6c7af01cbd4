"""Fetch the data into collected/, unless it lies there as it was pinned: `python -m pipeline.collect`.

The digest of every file was recorded when `trainerspec collect` fetched it. So this asks the source only where the
files are missing, and fails when the source has something else by now.
"""

from collections.abc import Mapping
from pathlib import Path

from pipeline.base import params
from pipeline.base.failure import Failure, run
from pipeline.base.params import Params, Value
from pipeline.base.progress import Progress
from pipeline.collecting import collect, snapshot
from pipeline.collecting.wanted import Before, Trouble, Wanted


def main() -> None:
    settings = params.load()
    say = Progress("collect")
    pinned = settings.text("data.source.collected.fingerprint")
    try:
        collect.recover(Path())
        found = snapshot.taken(snapshot.FOLDER, pinned)
        say(1, 1, "sources", f"{found.about()} lie in {snapshot.FOLDER} as they were collected")
        return
    except Trouble as trouble:
        say.say(f"{trouble.message}: asking the source")
    try:
        result = collect.collect(wanted(settings), Path(), say.say, pinned=before(settings))
    except Trouble as trouble:
        raise Failure(trouble.code, trouble.message, hint=f"`dvc pull`, if DVC has it; or {trouble.hint}") from trouble
    if result.now.fingerprint != pinned:
        collect.undo(Path())
        message = f"the source gives other data than was built with: {result.now.about()}"
        hint = "run `trainerspec run --refresh`, which builds with what it gives now and tells what changed"
        seen = {"expected": pinned, "found": result.now.fingerprint}
        raise Failure("TS435", message, hint=hint, evidence=seen)
    collect.finish(Path())
    say(1, 1, "sources", f"{result.now.about()} collected")


def wanted(settings: Params) -> Wanted:
    """Read what is to be fetched."""
    source = settings.mapping("data.source")
    return Wanted(kind=str(source["kind"]), value=str(source["value"]), options=texts(source.get("options")))


def before(settings: Params) -> Before:
    """Read what names the same content again."""
    return Before(pinned=texts(settings.mapping("data.source.collected").get("pinned")))


def texts(value: Value) -> dict[str, str]:
    """Return a mapping's values as texts; nothing for what is no mapping."""
    return {key: str(one) for key, one in value.items()} if isinstance(value, Mapping) else {}


if __name__ == "__main__":
    run("collect", main)

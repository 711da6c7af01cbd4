"""Find a base model's weights: the first of its pinned sources that is here (a folder, an installed package, the hub).

Run `python -m pipeline.pretrained.weights` to see where they are.
"""

from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

from pipeline.base import params
from pipeline.base.failure import Failure, run
from pipeline.base.files import below, sha256
from pipeline.base.params import Value

PATTERNS = ("*.json", "*.safetensors", "*.txt", "*.model")
"""What is fetched from the hub: no pickles, no code."""


def locate(sources: Sequence[Mapping[str, Value]], patterns: Sequence[str] = PATTERNS) -> Path:
    """Return the folder with the weights; raises Failure TS830 that says why each source did not do.

    `patterns` says which files are fetched when the folder has to come from the hub.
    """
    reasons = []
    for source in sources:
        kind, name = str(source["kind"]), str(source["name"])
        revision, path = str(source.get("revision") or ""), str(source.get("path") or "")
        found = FINDERS[kind](name, revision, path, patterns)
        if isinstance(found, Path):
            found = checked(found, source)
        if isinstance(found, Path):
            return found
        reasons.append(f"{kind} `{name}`: {found}")
    hint = "install the package, allow the network, or give a folder as `model.base`"
    raise Failure("TS830", "the base model's weights were not found: " + "; ".join(reasons), hint=hint)


def checked(folder: Path, source: Mapping[str, Value]) -> Path | str:
    """Compare the files whose digests the source has; give the folder, or say which file is another one."""
    digests = source.get("sha256") or {}
    assert isinstance(digests, Mapping)
    for name, digest in digests.items():
        place = below(folder, name)
        if place is None or not place.is_file():
            return f"has no `{name}`"
        if sha256(place) != digest:
            return f"its `{name}` is not the one that was pinned (sha256)"
    return folder


def from_path(name: str, revision: str, path: str, patterns: Sequence[str]) -> Path | str:
    """Find a folder."""
    folder = Path(name, path)
    return folder if folder.is_dir() else "no such folder"


def from_package(name: str, revision: str, path: str, patterns: Sequence[str]) -> Path | str:
    """Find a folder inside an installed distribution of exactly the pinned version."""
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return "not installed"
    if revision and distribution.version != revision:
        return f"version {distribution.version} is installed, {revision} is pinned"
    folder = Path(str(distribution.locate_file(path)))
    return folder if folder.is_dir() else f"has no folder `{path}`"


def from_hub(name: str, revision: str, path: str, patterns: Sequence[str]) -> Path | str:
    """Fetch a pinned revision from the Hugging Face hub or its cache; `HF_HUB_OFFLINE=1` forbids fetching."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    if not revision:
        return "no revision is pinned"
    try:
        return Path(snapshot_download(name, revision=revision, allow_patterns=list(patterns)), path)
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        return (str(error).splitlines() or [type(error).__name__])[0]


FINDERS = {"path": from_path, "package": from_package, "hub": from_hub}


def main() -> None:
    print(locate(params.load().mappings("model.base.sources")))


if __name__ == "__main__":
    run("weights", main)

"""Check a package against what it says of itself, and read from which commit, locks and packages it was made."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.releasing.contents import LISTING, MOST, added, changed, faults, listed
from trainerspec.running.serve import Package
from trainerspec.workspace.inside import whole

PROVENANCE = "provenance.json"


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What provenance.json says; what it does not say is empty."""

    commit: str = ""
    remote: str = ""
    changed: tuple[str, ...] = ()
    """Files that differed from the commit; `differing` of them, of which the first ones are named."""
    differing: int = 0
    digests: Mapping[str, str]
    """What else it was made from, by name, with its digest: locks, data, weights."""
    compiler: str = ""
    python: str = ""
    packages: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Verified:
    """A package that is as the package stage made it."""

    release: str
    """sha256-<that of package.json>: the name of the release."""
    files: int
    bytes: int
    origin: Origin | None
    """None for a package that was made before there was a record."""


def verify(package: Package, expected: str = "") -> Verified:
    """Check every digest of a package, and that no file was added; `expected` is the release that it has to be.

    Raises Stopped TS871 with every fault.
    """
    folder = package.folder
    files = listed(folder)
    release = f"sha256-{hashlib.sha256((folder / LISTING).read_bytes()).hexdigest()}"
    wrong = [*faults(folder, files), *added(folder, files)]
    statement = None if wrong or PROVENANCE not in files else json_mapping(folder / PROVENANCE)
    if statement is not None:
        wrong += unlike(statement, files)
    if expected and release != expected.replace(":", "-"):
        wrong.append(f"it is the release `{release}`, not `{expected}`")
    if wrong:
        raise Stopped(tuple(told(folder, wrong)))
    size = sum((folder / path).stat().st_size for path in (*files, LISTING))
    return Verified(
        release=release, files=len(files) + 1, bytes=size, origin=None if statement is None else origin(statement)
    )


def told(folder: Path, wrong: Sequence[str]) -> Iterator[Diagnostic]:
    """Make a diagnostic of each fault, and one of those that are too many."""
    hint = "take the package again from where it was made or pushed; or `dvc repro --force package`"
    yield from (changed(folder, one, hint) for one in wrong[:MOST])
    if len(wrong) > MOST:
        yield changed(folder, f"and {len(wrong) - MOST} files more", hint)


def json_mapping(path: Path) -> Mapping[str, object]:
    """Read a JSON object; an empty one when it is none."""
    try:
        value = json.loads(whole(path))
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, Mapping) else {}


def unlike(statement: Mapping[str, object], files: Mapping[str, str]) -> list[str]:
    """Say where provenance.json speaks of other files than package.json."""
    subjects = {text(one, "name"): text(under(one, "digest"), "sha256") for one in items(statement, "subject")}
    rest = {path: digest for path, digest in files.items() if path != PROVENANCE}
    names = sorted(path for path in {*subjects, *rest} if subjects.get(path) != rest.get(path))
    return [f"`{PROVENANCE}` has another sha256 of `{path}` than `{LISTING}`" for path in names]


def origin(statement: Mapping[str, object]) -> Origin:
    """Read a statement, whatever it leaves out."""
    predicate = under(statement, "predicate")
    definition, builder = under(predicate, "buildDefinition"), under(under(predicate, "runDetails"), "builder")
    inside = under(definition, "internalParameters")
    needed = {text(one, "name"): one for one in items(definition, "resolvedDependencies")}
    git = needed.pop("git", {})
    about = under(git, "annotations")
    named = about.get("changed")
    differing = about.get("differing")
    return Origin(
        commit=text(under(git, "digest"), "gitCommit"),
        remote=text(git, "uri"),
        changed=tuple(map(str, named)) if isinstance(named, list) else (),
        differing=differing if isinstance(differing, int) else 0,
        digests={
            name: next((str(value) for value in under(one, "digest").values()), "") for name, one in needed.items()
        },
        compiler=text(under(builder, "version"), "trainerspec"),
        python=text(inside, "python"),
        packages={str(name): str(version) for name, version in under(inside, "packages").items()},
    )


def under(tree: Mapping[str, object], key: str) -> Mapping[str, object]:
    """Return the mapping at a key; an empty one when there is none."""
    value = tree.get(key)
    return value if isinstance(value, Mapping) else {}


def items(tree: Mapping[str, object], key: str) -> list[Mapping[str, object]]:
    """Return the mappings in the list at a key."""
    value = tree.get(key)
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def text(tree: Mapping[str, object], key: str) -> str:
    """Return the text at a key; empty when there is none."""
    value = tree.get(key)
    return value if isinstance(value, str) else ""

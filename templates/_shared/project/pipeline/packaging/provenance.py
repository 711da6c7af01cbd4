"""Say what a package was made from and by what: an in-toto statement, version 1, with SLSA's provenance, version 1.

https://in-toto.io/Statement/v1 and https://slsa.dev/provenance/v1. It has no time and no name of a machine or a person:
the same commit, lock, results and installed packages give the same bytes. Nothing signs it.
"""

import hashlib
import json
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.base.files import sha256
from pipeline.base.params import Params
from pipeline.base.revision import Revision, revision

NAME = "provenance.json"
STAGE = "package"
LOCKED = ("trainer.lock", "constraints.txt", "requirements-image.txt")
BUILD = "urn:trainerspec:dvc-repro:1"
BUILDER = "urn:trainerspec:pipeline"


def statement(files: Mapping[str, str], settings: Params, project: Path) -> dict[str, object]:
    """Return the statement about files, by path with their sha256, that a project made."""
    lock = document(project / "trainer.lock")
    compiler = lock.get("compiler")
    version = compiler.get("version") if isinstance(compiler, Mapping) else None
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": path, "digest": {"sha256": files[path]}} for path in sorted(files)],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD,
                "externalParameters": {
                    "name": settings.text("name"),
                    "version": settings.text("version"),
                    "task": settings.text("task"),
                },
                "internalParameters": {"python": platform.python_version(), "packages": installed(project)},
                "resolvedDependencies": dependencies(project, lock, settings),
            },
            "runDetails": {"builder": {"id": BUILDER, "version": {"trainerspec": str(version)} if version else {}}},
        },
    }


def dependencies(project: Path, lock: Mapping[str, object], settings: Params) -> list[Mapping[str, object]]:
    """Return what the package was made from: the commit, the locks, the data and the base's weights."""
    found: list[Mapping[str, object]] = []
    if (commit := revision(project)) is not None:
        found.append(in_git(commit))
    locked = [name for name in LOCKED if (project / name).is_file()]
    found += [{"name": name, "digest": {"sha256": sha256(project / name)}} for name in locked]
    if digest := stages_digest(project / "dvc.lock"):
        found.append({"name": "dvc.lock", "digest": {"sha256": digest}, "annotations": {"without": STAGE}})
    data = lock.get("data")
    if isinstance(data, Mapping) and data.get("fingerprint"):
        found.append({"name": "data", "digest": {"fingerprint": str(data["fingerprint"])}})
    for source in settings.mappings("model.base.sources"):
        digests = source.get("sha256")
        for path, pinned in sorted(digests.items()) if isinstance(digests, Mapping) else ():
            name = f"{source['kind']}:{source['name']}/{path}"
            found.append({"name": name, "digest": {"sha256": str(pinned)}})
    return found


def in_git(commit: Revision) -> Mapping[str, object]:
    """Return a commit as SLSA has it; `changed` names what differed from it."""
    told: dict[str, object] = {"name": "git", "digest": {"gitCommit": commit.commit}}
    if commit.remote:
        told["uri"] = commit.remote
    about = {"folder": commit.folder, "changed": list(commit.changed), "differing": commit.differing}
    return {**told, "annotations": about}


def stages_digest(path: Path) -> str:
    """Return the sha256 of what DVC recorded of the stages before this one, as sorted JSON; empty without a record."""
    kept = document(path).get("stages")
    if not isinstance(kept, Mapping):
        return ""
    before = {name: stage for name, stage in kept.items() if name != STAGE}
    return hashlib.sha256(json.dumps(before, sort_keys=True, default=str).encode()).hexdigest()


def installed(project: Path) -> dict[str, str]:
    """Return which versions of the packages in constraints.txt are installed here."""
    path, found = project / "constraints.txt", {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        name, pinned, _ = line.partition("==")
        if pinned:
            try:
                found[name.strip()] = metadata.version(name.strip())
            except metadata.PackageNotFoundError:
                continue
    return found


def document(path: Path) -> Mapping[str, object]:
    """Read a YAML mapping; an empty one where there is none."""
    try:
        tree = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, YAMLError):
        return {}
    return tree if isinstance(tree, Mapping) else {}

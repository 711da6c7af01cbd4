"""Whether the user's code below custom/ is what the last build took."""

from collections.abc import Collection, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import cast

from trainerspec.language import yaml
from trainerspec.passes.module import read_module
from trainerspec.workspace.inside import whole
from trainerspec.workspace.lock import Lock
from trainerspec.workspace.write import OWN, custom


def unbuilt(folder: Path, locked: Lock, hooks: Collection[str]) -> tuple[str, ...]:
    """List the files below custom/ with which the project has to be built again before it runs.

    Those are the files that replace one of the project's, when they are new, changed or gone, and helpers that import
    what the stages of dvc.yaml do not know of. `hooks` are the names that the task's hooks have.
    """
    own = custom(folder)
    replacing = {path for path in own if path in locked.files or path.removesuffix(".py") in hooks}
    digests = {path: sha256(own[path]).hexdigest() for path in replacing if path in own}
    changed = {path for path in {*digests, *locked.custom} if digests.get(path) != locked.custom.get(path)}
    return tuple(f"{OWN}/{path}" for path in sorted({*changed, *_growing(folder, own)}))


def _growing(folder: Path, own: Mapping[str, bytes]) -> Iterator[str]:
    """Find the helpers that import a file of the project on which a stage that reads them does not depend."""
    read = cast(Mapping[str, Mapping[str, Mapping[str, object]]], yaml.load(whole(folder / "dvc.yaml")))
    for stage in read["stages"].values():
        deps = {str(dep) for dep in cast(Collection[object], stage.get("deps", ()))}
        for path, content in own.items():
            name = f"{OWN}/{path}"
            if name in deps and any(
                (folder / one).is_file() for one in read_module(content, name).needed if one not in deps
            ):
                yield path

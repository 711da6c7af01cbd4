"""Open the pictures that the rows of the data name, each once: where it lies, its size, whether it can be read."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.base.failure import Failure
from pipeline.base.files import below
from pipeline.pictures.squares import square, upright_size
from pipeline.reading import folders

SIDE = 64
"""Pictures are decoded at about this size to see whether they can be."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One picture file; `size` is as it is shown."""

    path: str | None = None
    digest: str = ""
    size: tuple[int, int] = (0, 0)
    problem: str | None = None


def look(root: Path, names: Sequence[str | None]) -> dict[str, Picture]:
    """Open every picture once, by its name in the data; raises Failure TS825 when none can be read."""
    there = [name for name in folders.names(root) if Path(name).suffix.lower() in folders.PICTURES]
    located = folders.locate([name for name in dict.fromkeys(names) if name is not None], there)
    found: dict[str, Picture] = {}
    for name in dict.fromkeys(names):
        if name is None:
            continue
        path = below(root, located[name] or name)
        if path is None or not path.is_file():
            found[name] = Picture(problem=f"there is no picture `{name}` below `{root}`")
            continue
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()[:32]
        try:
            size = upright_size(content, "the picture")
            square(content, "the picture", SIDE)
        except ValueError as error:
            found[name] = Picture(path=path.as_posix(), digest=digest, problem=f"`{path.name}`: {error}")
            continue
        found[name] = Picture(path=path.as_posix(), digest=digest, size=size)
    problems = [picture.problem for picture in found.values() if picture.problem]
    if len(problems) == len(found):
        hint = "picture names count from the folder of the table" + (f"; {problems[0]}" if problems else "")
        message = f"no picture that the data in `{root}` names can be read"
        raise Failure("TS825", message, hint=hint, evidence={"problems": problems[:100]})
    return found

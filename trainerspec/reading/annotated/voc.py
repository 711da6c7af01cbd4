"""Pascal VOC: an .xml a picture, with an `object` (name, bndbox: xmin, ymin, xmax, ymax in pixels) for each."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

from ..folders import PARTS
from ..notes import Note
from .marked import Marked, Row, beside, pictures

HEAD = 4096
"""Bytes of a file in which its root is looked for."""
CORNERS = ("xmin", "ymin", "xmax", "ymax")
SETS = "ImageSets/Main/"
"""Where a .txt of names of pictures stands for each part of a split."""


def files(root: Path, listed: Sequence[str]) -> list[str]:
    """Return the files of annotations."""
    return [name for name in listed if name.lower().endswith(".xml") and _sniff(root / name)]


def _sniff(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return b"<annotation" in file.read(HEAD)
    except OSError:
        return False


def read(root: Path, listed: Sequence[str]) -> Marked:
    """Read a row for each object, and for each picture without one; files that are damaged are told."""
    there, parts = pictures(listed), _parts(root, listed)
    trees: dict[str, ElementTree.Element] = {}
    damaged: list[str] = []
    for name in files(root, listed):
        try:
            trees[name] = ElementTree.fromstring((root / name).read_bytes())
        except (ElementTree.ParseError, LookupError, ValueError):  # the last two: an encoding that is not known
            damaged.append(name)
    named = {name: _picture(tree, name) for name, tree in trees.items()}
    places = beside(named.items(), there)
    lost = {name: PurePosixPath(name).stem for name in trees if places[name, named[name]] not in set(there)}
    own = beside(lost.items(), there)
    rows: list[Row] = []
    for name, tree in trees.items():
        image, in_part = places[name, named[name]], parts.get(PurePosixPath(name).stem)
        if name in lost and own[name, lost[name]] in there:  # a picture that was renamed together with its .xml
            image = own[name, lost[name]]
        objects = list(tree.iter("object"))
        for number, one in enumerate(objects, 1):
            label = (one.findtext("name") or "").strip() or None
            rows.append(Row(image=image, label=label, box=_corners(one), place=f"{name}:object {number}", part=in_part))
        if not objects:
            rows.append(Row(image=image, place=name, part=in_part))
    message = f"{len(damaged)} files of annotations are damaged and left out, such as `{(damaged or [''])[0]}`"
    notes = [Note(kind="files", message=message, rows=len(damaged))] if damaged else []
    return Marked(rows=tuple(rows), notes=tuple(notes))


def _picture(tree: ElementTree.Element, name: str) -> str:
    """Return the picture that a file is about: as it says, else the one that is called like it."""
    return (tree.findtext("filename") or "").strip() or PurePosixPath(name).stem


def _corners(one: ElementTree.Element) -> list[float]:
    try:
        return [float(one.findtext(f"bndbox/{side}") or "") for side in CORNERS]
    except ValueError:
        return []


def _parts(root: Path, listed: Sequence[str]) -> dict[str, str]:
    """Return the part of a split of each picture's name, where files of names tell it."""
    found: dict[str, str] = {}
    for name in listed:
        part = PARTS.get(PurePosixPath(name).stem.lower())
        if SETS in f"/{name}" and name.endswith(".txt") and part:
            lines = (root / name).read_text(encoding="utf-8", errors="replace").split()
            found |= dict.fromkeys(lines, part)
    return found

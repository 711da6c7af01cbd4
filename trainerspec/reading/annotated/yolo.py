"""YOLO: a .txt a picture, a line an object: class, then centre, width and height in shares of the picture.

A line of more numbers is the outline of an object; its box is the one around it. Names of classes stand in data.yaml,
classes.txt or *.names. A picture without a file has no objects, as the tools that write the layout mean it.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ..content import load
from ..notes import Note, Unreadable
from .marked import Marked, Row, called, pictures

CLASSES = ("classes.txt", "obj.names", "classes.names")
YAMLS = (".yaml", ".yml")
LOOKED = 20
"""Label files whose first line is looked at to tell the layout."""


def files(root: Path, listed: Sequence[str]) -> dict[str, str]:
    """Return the file of labels of each picture that has one; nothing where none of them holds boxes."""
    texts = {name for name in listed if name.lower().endswith(".txt") and PurePosixPath(name).name not in CLASSES}
    found = {}
    for picture in pictures(listed):
        near = PurePosixPath(picture).with_suffix(".txt").as_posix()
        apart = "/".join("labels" if part == "images" else part for part in near.split("/"))
        name = next((one for one in (apart, near) if one in texts), None)
        if name is not None:
            found[picture] = name
    some = (_objects(root / name) for name in list(dict.fromkeys(found.values()))[:LOOKED])
    lines = [line for one in some for line in one]
    return found if lines and all(box for _, _, box in lines) else {}


def read(root: Path, listed: Sequence[str]) -> Marked:
    """Read a row for each line, and for each picture without one. Raises Unreadable (`format`)."""
    labels, known = files(root, listed), classes(root, listed)
    rows: list[Row] = []
    nameless: set[str] = set()
    without = 0
    for picture in pictures(listed):
        name = labels.get(picture)
        without += name is None
        marked = list(_objects(root / name)) if name else []
        for number, kind, box in marked:
            label = known.get(kind)
            if label is None:
                nameless.add(kind)
            rows.append(Row(image=picture, label=label or kind, box=box, place=f"{name}:{number}"))
        if not marked:
            rows.append(Row(image=picture, place=name or picture))
    notes = []
    if without:
        message = f"{without} pictures have no file of labels: they count as pictures without objects"
        notes.append(Note(kind="files", message=message, severity="info"))
    if nameless:
        some = ", ".join(sorted(nameless)[:5])
        hint = "write `names` in data.yaml, or a name a line in classes.txt"
        notes.append(
            Note(kind="names", message=f"nothing names the classes {some}: they keep their numbers", hint=hint)
        )
    return Marked(rows=tuple(rows), notes=tuple(notes))


def _objects(path: Path) -> Iterator[tuple[int, str, list[float]]]:
    """Return line, class and corners of each object; what is no box as a list that is none."""
    try:
        content = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for number, line in enumerate(content.splitlines(), 1):
        words = line.split()
        if words:
            yield number, words[0].removesuffix(".0"), corners(words[1:])


def corners(words: Sequence[str]) -> list[float]:
    """Return the two corners of centre, width and height (a score may follow), or of the points of an outline.

    >>> corners(["0.5", "0.5", "0.5", "1"]), corners(["0", "0", "1", "0", "1", "1"]), corners(["x"])
    ([0.25, 0.0, 0.75, 1.0], [0.0, 0.0, 1.0, 1.0], [])
    """
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        return []
    if len(numbers) in (4, 5):
        x, y, width, height = numbers[:4]
        return [x - width / 2, y - height / 2, x + width / 2, y + height / 2]
    if len(numbers) < 6 or len(numbers) % 2:
        return []
    return [min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])]


def classes(root: Path, listed: Sequence[str]) -> dict[str, str]:
    """Return the name of each class by its number, as a text. Raises Unreadable (`format`) for a damaged file."""
    for name in sorted(listed, key=lambda one: (one.count("/"), one)):
        if PurePosixPath(name).suffix.lower() in YAMLS and (found := _of_yaml(root / name, name)):
            return found
    for name in sorted(listed, key=lambda one: (one.count("/"), one)):
        if PurePosixPath(name).name in CLASSES or name.endswith(".names"):
            lines = load(root / name).decode().splitlines()
            return {str(number): line.strip() for number, line in enumerate(lines) if line.strip()}
    return {}


def _of_yaml(path: Path, name: str) -> dict[str, str]:
    try:
        tree = YAML(typ="safe", pure=True).load(load(path).decode())
    except (RecursionError, ValueError, YAMLError) as error:
        raise Unreadable(Note(kind="format", message=f"`{name}` is not YAML", file=name)) from error
    found = tree.get("names") if isinstance(tree, Mapping) else None
    listed = dict(enumerate(found)) if isinstance(found, list) else found
    if not isinstance(listed, Mapping):
        return {}
    return {str(number): label for number, value in listed.items() if (label := called(value)) is not None}

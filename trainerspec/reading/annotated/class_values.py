"""Which class each value or colour of a mask is: from a file beside the masks, else from the values themselves."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from ..content import load
from ..notes import Note, Unreadable
from . import yolo
from .marked import called

Colour = tuple[int, int, int]
Value = int | Colour
"""What a pixel of a mask holds: a number, or red, green and blue."""
BACKGROUND, FOREGROUND = "background", "foreground"
IGNORE = 255
"""The value that tools write where a pixel counts for nothing."""
VOID = frozenset({"void", "ignore", "ignored", "unlabeled", "unlabelled"})
"""What files call the class of pixels that count for nothing."""
MOST = 256
"""More values than this are no classes."""
FILES = re.compile(r"(?:_?classes|class_?dict|class_?map|labels?|label_?map|label_?colou?rs|colou?rs|palette)\.\w+")
NAMES = ("name", "class", "label", "class_name", "category")
NUMBERS = ("value", "id", "index", "pixel value", "pixel_value", "pixel", "label_id", "class_id", "trainid")
RED_GREEN_BLUE = (("r", "g", "b"), ("red", "green", "blue"))


def named(root: Path, listed: Sequence[str]) -> dict[Value, str]:
    """Return the class of each value that a file beside the masks names. Raises Unreadable (`format`)."""
    by_depth = sorted(listed, key=lambda one: (one.count("/"), one))
    for name in by_depth:
        path = PurePosixPath(name)
        if not FILES.fullmatch(path.name.lower()) or path.suffix.lower() not in READERS:
            continue
        try:
            found = dict(READERS[path.suffix.lower()](load(root / name).decode("utf-8-sig")))
        except (RecursionError, ValueError) as error:
            message = f"`{name}` names no classes that can be read"
            hint = "write a line `name,r,g,b` or `name,value` for each class below such a header, or a name a line"
            raise Unreadable(Note(kind="format", message=message, file=name, hint=hint)) from error
        if found:
            return found
    return {int(number): name for number, name in yolo.classes(root, listed).items() if number.isdecimal()}


def _of_csv(text: str) -> Iterator[tuple[Value, str]]:
    """Read a row a class: its name, and its value or its colour; without a value its place counts."""
    rows = list(csv.DictReader(text.splitlines(), skipinitialspace=True))
    for place, row in enumerate(rows):
        about = {(key or "").strip().lower(): (value or "").strip() for key, value in row.items() if key}
        name = next((about[one] for one in NAMES if about.get(one)), None)
        if name is None:
            raise ValueError("no column of names")
        colour = next((keys for keys in RED_GREEN_BLUE if all(key in about for key in keys)), None)
        if colour is not None:
            yield _colour([about[key] for key in colour]), name
        else:
            yield int(next((about[one] for one in NUMBERS if about.get(one)), place)), name


def _of_lines(text: str) -> Iterator[tuple[Value, str]]:
    """Read a line a class: its name, or `name:r,g,b` as CVAT writes it, or `r g b name` as CamVid does.

    >>> list(_of_lines("# label:color\\nroad:128,64,128::")), list(_of_lines("sky\\nroad"))
    ([((128, 64, 128), 'road')], [(0, 'sky'), (1, 'road')])
    """
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    for place, line in enumerate(lines):
        if found := re.fullmatch(r"([^:]+):\s*(\d+)[, ]+(\d+)[, ]+(\d+)(?::.*)?", line):
            yield _colour(found.groups()[1:]), found[1].strip()
        elif found := re.fullmatch(r"(\d+)\s+(\d+)\s+(\d+)\s+(\D.*)", line):
            yield _colour(found.groups()[:3]), found[4].strip()
        elif found := re.fullmatch(r"(\d+)\s*[:,=\s]\s*(\D.*)", line):
            yield int(found[1]), found[2].strip()
        else:
            yield place, line


def _of_json(text: str) -> Iterator[tuple[Value, str]]:
    """Read `{"0": "sky"}`, `{"sky": 0}`, `{"sky": [r, g, b]}`, `["sky", ...]`, or records of names and values."""
    tree = json.loads(text)
    if isinstance(tree, Mapping):
        tree = next((tree[key] for key in ("classes", "labels", "names", "items") if key in tree), tree)
    pairs = tree.items() if isinstance(tree, Mapping) else enumerate(tree) if isinstance(tree, list) else ()
    for key, one in pairs:
        if isinstance(one, Mapping):
            name = next((called(one[at]) for at in NAMES if at in one), None)
            colour = next((one[at] for at in ("color", "colour", "rgb") if isinstance(one.get(at), list)), None)
            number = next((one[at] for at in NUMBERS if at in one), key)
            if name is not None:
                yield _colour(colour) if colour is not None else int(str(number)), name
        elif isinstance(one, list):
            yield _colour(one), str(key)
        elif isinstance(one, int):
            yield one, str(key)
        else:
            yield int(str(key)), str(one)


READERS = {".csv": _of_csv, ".txt": _of_lines, ".json": _of_json}


def _colour(parts: Iterable[object]) -> Colour:
    """Return a colour. Raises ValueError for what is none.

    >>> _colour(["0", "128", "7"])
    (0, 128, 7)
    """
    red, green, blue = (int(str(one)) for one in parts)
    if not all(0 <= one <= IGNORE for one in (red, green, blue)):
        raise ValueError("no colour")
    return red, green, blue


def of_values(values: Iterable[Value]) -> dict[Value, str]:
    """Name the classes of masks that no file speaks of, by their values; 255 beside others than 0 counts for nothing.

    >>> of_values([0, 255]), of_values([0, 1, 2, 255])
    ({0: 'background', 255: 'foreground'}, {0: '0', 1: '1', 2: '2'})
    >>> of_values([(0, 0, 0), (255, 0, 0), (0, 0, 255)])
    {(0, 0, 0): 'background', (0, 0, 255): '#0000ff', (255, 0, 0): '#ff0000'}
    """
    every: list[Value] = sorted(set(values), key=str) if any(isinstance(one, tuple) for one in values) else []
    every = every or sorted(set(values))
    ground = [one for one in every if one in (0, (0, 0, 0))]
    if len(every) - len(ground) <= 1 and ground:
        return {one: BACKGROUND if one in ground else FOREGROUND for one in every}
    return {
        one: f"#{bytes(one).hex()}"
        if isinstance(one, tuple) and any(one)
        else BACKGROUND
        if isinstance(one, tuple)
        else str(one)
        for one in every
        if one != IGNORE
    }

"""Outlines: COCO's annotations as regions of a picture, of polygons or run lengths; what none covers is background."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..notes import Note
from ..table import part_of
from . import coco
from .class_values import BACKGROUND
from .marked import beside, called, pictures

Record = Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Shape:
    label: str
    outline: object
    """A list of polygons (x0, y0, x1, y1, ... in pixels), or `{size, counts}`: run lengths, column by column."""
    area: float


@dataclass(frozen=True, kw_only=True)
class Outlined:
    """A picture and the shapes in it."""

    image: str
    place: str
    shapes: tuple[Shape, ...]
    part: str | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the classes of the shapes, and the background."""
        return tuple(dict.fromkeys([BACKGROUND, *(one.label for one in self.shapes)]))


def read(root: Path, listed: Sequence[str]) -> tuple[list[Outlined], list[Note]]:
    """Read the shapes of every picture. Raises Unreadable (`format`)."""
    there = pictures(listed)
    found: list[Outlined] = []
    without = strange = 0
    for name in coco.files(root, listed):
        tree = coco.tree(root / name, name)
        images, kinds, marks = (coco.records(tree, key, name) for key in ("images", "categories", "annotations"))
        labels, named = coco.by_id(kinds, "name"), coco.by_id(images, "file_name")
        places = beside(((name, file) for file in named.values()), there)
        in_part = part_of(name)
        shapes: dict[str, list[Shape]] = {image: [] for image in named}
        for one in marks:
            image, label = called(one.get("image_id")), labels.get(called(one.get("category_id")) or "")
            strange += image not in named or label is None
            if image is None or image not in named or label is None:
                continue
            outline = one.get("segmentation")
            without += not drawn(outline)
            if drawn(outline):
                shapes[image].append(Shape(label=label, outline=outline, area=area(one)))
        found += [
            Outlined(image=places[name, file], place=f"{name}:images[{at}]", shapes=tuple(shapes[image]), part=in_part)
            for at, (image, file) in enumerate(named.items())
        ]
    told = [(without, "annotations have a box and no outline, and are left out")]
    told += [(strange, "annotations name no picture of `images`, or no category, and are left out")]
    return found, [Note(kind="files", message=f"{count} {text}", rows=count) for count, text in told if count]


def drawn(outline: object) -> bool:
    """Tell whether an annotation has an outline.

    >>> drawn([[0, 0, 4, 0, 4, 4]]), drawn({"size": [2, 2], "counts": [1, 3]}), drawn([]), drawn([[1, 2]])
    (True, True, False, False)
    """
    if isinstance(outline, Mapping):
        return isinstance(outline.get("size"), list) and isinstance(outline.get("counts"), list | str)
    if not isinstance(outline, list) or not outline:
        return False
    polygons = outline if isinstance(outline[0], list) else [outline]
    return any(polygon(one) for one in polygons)


def polygon(points: object) -> list[float]:
    """Return the coordinates of a polygon; nothing where there are fewer than three points."""
    if not isinstance(points, list) or len(points) < 6 or len(points) % 2:
        return []
    return [float(one) for one in points] if all(isinstance(one, int | float) for one in points) else []


def area(one: Record) -> float:
    """Return the area that an annotation tells, else that of its box."""
    told = one.get("area")
    if isinstance(told, int | float):
        return float(told)
    box = one.get("bbox")
    numbers = box if isinstance(box, list) and len(box) == 4 else [0, 0, 0, 0]
    return float(numbers[2] * numbers[3]) if all(isinstance(size, int | float) for size in numbers) else 0.0


def runs(outline: Mapping[str, object]) -> tuple[int, int, list[int]]:
    """Return height, width and run lengths (of nothing and of the region, in turn), also of COCO's packed text.

    >>> runs({"size": [1, 3], "counts": "12"}), runs({"size": [2, 2], "counts": [1, 3]})
    ((1, 3, [1, 2]), (2, 2, [1, 3]))
    """
    size, counts = outline["size"], outline["counts"]
    assert isinstance(size, list)
    if isinstance(counts, list):
        return int(size[0]), int(size[1]), [int(one) for one in counts]
    found: list[int] = []
    value = shift = 0
    for letter in str(counts).encode():
        bits = letter - 48
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits & 0x20:
            continue
        if bits & 0x10:
            value -= 1 << shift
        found.append(value + (found[-2] if len(found) > 2 else 0))
        value = shift = 0
    return int(size[0]), int(size[1]), found

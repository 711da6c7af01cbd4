"""Masks: beside each picture another of the same name, whose values or colours say the class of each pixel.

Pictures and masks lie in two folders (images/ and masks/, train/images and train/masks, JPEGImages and
SegmentationClass), or in one, where the masks' names end in `_mask` or the like.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from PIL import Image, UnidentifiedImageError

from ..notes import Note, Unreadable
from . import class_values
from .class_values import MOST, VOID, Value
from .folder_names import ENDED, ENDINGS, FOLDERS, SHOWN
from .marked import pictures

FEW = 64
"""Values above which masks of numbers that nothing names have soft edges, as resizing or JPEG leaves them."""
ENDS, MOSTLY = 16, 0.9
"""How far from 0 and 255 values of such a mask lie, and the share of pixels that do: then it has two classes."""
HALF = 128
SIDEWAYS = range(5, 9)
ORIENTATION = 0x0112
SOME = 3
"""Names in a note."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A picture and its mask, as paths below the folder."""

    image: str
    mask: str
    values: Mapping[Value, int]
    """The pixels of each value; empty where the mask cannot be used."""
    problem: str | None = None


@dataclass(frozen=True, kw_only=True)
class Masks:
    pairs: tuple[Pair, ...]
    names: Mapping[Value, str]
    """The class of each value; pixels of other values count for nothing."""
    notes: tuple[Note, ...]
    unread: Mapping[str, str]
    """The mask of each picture whose mask was not opened, for there are many."""
    soft: bool = False
    """Whether values from HALF on count as 255 and others as 0."""

    def labels(self, pair: Pair) -> tuple[str, ...]:
        """Return the classes of a mask, in the order of the values."""
        return tuple(dict.fromkeys(name for value, name in self.names.items() if value in pair.values))


def pairs(listed: Sequence[str]) -> tuple[dict[str, str], list[str], list[str]]:
    """Return the mask of each picture, the pictures without one, and the masks without a picture.

    >>> pairs(["images/a.jpg", "images/b.jpg", "masks/a.png"])
    ({'images/a.jpg': 'masks/a.png'}, ['images/b.jpg'], [])
    >>> pairs(["a.jpg", "a_mask.png", "b.jpg", "b_mask.png"])[0]
    {'a.jpg': 'a_mask.png', 'b.jpg': 'b_mask.png'}
    >>> pairs(["cat/1.jpg", "dog/1.jpg"])[0]
    {}
    """
    every = pictures(listed)
    stems = {_key(name)[1] for name in every}
    marked = [name for name in every if _of_masks(name, stems)]
    shown = sorted(set(every) - set(marked))
    by_key: dict[tuple[tuple[str, ...], str], list[str]] = {}
    by_stem: dict[str, list[str]] = {}
    for name in marked:
        by_key.setdefault(_key(name), []).append(name)
        by_stem.setdefault(_key(name)[1], []).append(name)
    found = {}
    for name in shown:
        fits = by_key.get(_key(name), []) or by_stem.get(_key(name)[1], [])
        if len(fits) == 1:
            found[name] = fits[0]
    if 2 * len(found) < min(len(marked), len(shown)):
        return {}, [], []
    taken = set(found.values())
    return found, [one for one in shown if one not in found], [one for one in marked if one not in taken]


def _of_masks(name: str, stems: set[str]) -> bool:
    path = PurePosixPath(name)
    if FOLDERS & {part.lower() for part in path.parts[:-1]}:
        return True
    stem = path.stem.lower()
    return any(stem.endswith((f"_{end}", f"-{end}")) and stem[: -len(end) - 1] in stems for end in ENDINGS)


def _key(name: str) -> tuple[tuple[str, ...], str]:
    """Return what a mask and its picture share: the other folders, and the name without its ending.

    >>> _key("train/images/a_image.jpg") == _key("Train/masks/a_mask.png")
    True
    """
    path = PurePosixPath(name)
    folders = tuple(part.lower() for part in path.parts[:-1] if part.lower() not in FOLDERS | SHOWN)
    stem = path.stem.lower()
    for end in (*ENDINGS, *ENDED):
        if stem.endswith((f"_{end}", f"-{end}")):
            return folders, stem[: -len(end) - 1]
    return folders, stem


def read(root: Path, listed: Sequence[str], *, most: int | None = None) -> Masks:
    """Open the masks, `most` of them at most, and name their classes. Raises Unreadable (`format`)."""
    found, without, alone = pairs(listed)
    chosen = sorted(found, key=lambda name: hashlib.sha256(name.encode()).digest())[:most]
    given = class_values.named(root, listed)
    coloured = any(isinstance(value, tuple) for value in given)
    opened = [_opened(root, name, found[name], coloured=coloured) for name in sorted(chosen)]
    if not coloured:
        opened = _of_one_kind(opened)
    soft = _soft(opened, given)
    if soft:
        opened = [replace(one, values=_halves(one.values)) for one in opened]
    elif not given:
        opened = [_of_few(one) for one in opened]
    seen = {value for one in opened for value in one.values}
    if len(seen) > MOST:
        hint = "write classes.csv beside the folders: `name,value` or `name,r,g,b`, and a line for each class"
        message = f"the masks of `{root.name}` hold {len(seen)} values, more than the {MOST} classes that there may be"
        raise Unreadable(Note(kind="format", message=message, hint=hint))
    names = given or class_values.of_values(seen)
    names = {value: name for value, name in names.items() if name.lower() not in VOID}
    opened = [_marking(one, names) for one in opened]
    notes = [
        *_alone(without, alone),
        *_outside(opened, given),
        *_nameless(given, names),
        *_bare(opened, names),
    ]
    unread = {image: mask for image, mask in found.items() if image not in {one.image for one in opened}}
    if soft:
        notes.append(Note(kind="files", message=f"masks of soft edges have two classes: values from {HALF} on are one"))
    return Masks(pairs=tuple(opened), names=names, notes=tuple(notes), unread=unread, soft=soft)


def _soft(opened: Sequence[Pair], given: Mapping[Value, str]) -> bool:
    """Tell whether masks of numbers are black and white with soft edges."""
    counts: Counter[Value] = Counter()
    for one in opened:
        counts.update(one.values)
    if given.keys() - {0, 255} or not all(isinstance(value, int) and 0 <= value <= 255 for value in counts):
        return False
    ends = sum(count for value, count in counts.items() if not ENDS <= int(str(value)) <= 255 - ENDS)
    return len(counts) > ENDS and max(int(str(one)) for one in counts) > HALF and ends > MOSTLY * counts.total()


def _halves(values: Mapping[Value, int]) -> dict[Value, int]:
    """Count the pixels of the two halves of the values.

    >>> _halves({3: 5, 128: 2, 255: 9})
    {0: 5, 255: 11}
    """
    found: Counter[Value] = Counter()
    for value, count in values.items():
        found[255 if int(str(value)) >= HALF else 0] += count
    return dict(sorted(found.items()))


def _of_few(one: Pair) -> Pair:
    """Refuse a mask of more values than classes have that nothing names."""
    if len(one.values) <= FEW:
        return one
    return replace(one, values={}, problem=f"its mask has {len(one.values)} values, as soft edges or photographs have")


def _opened(root: Path, image: str, mask: str, *, coloured: bool) -> Pair:
    """Open a mask and the head of its picture."""
    try:
        with Image.open(root / image) as picture:
            size, turned = picture.size, picture.getexif().get(ORIENTATION, 1) in SIDEWAYS
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return Pair(image=image, mask=mask, values={}, problem="the picture cannot be read")
    try:
        with Image.open(root / mask) as opened:
            counts = colours(opened, coloured=coloured).getcolors(1 << 12)
            own = opened.size
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return Pair(image=image, mask=mask, values={}, problem="its mask cannot be read")
    if own != size and not (turned and own == size[::-1]):
        told = f"its mask has {own[0]} x {own[1]} pixels, the picture {size[0]} x {size[1]}"
        return Pair(image=image, mask=mask, values={}, problem=told)
    if counts is None:
        return Pair(image=image, mask=mask, values={}, problem="its mask has thousands of colours, as photographs have")
    return Pair(image=image, mask=mask, values={_value(value): count for count, value in counts})


def _value(found: float | tuple[int, ...]) -> Value:
    return (found[0], found[1], found[2]) if isinstance(found, tuple) else int(found)


def colours(mask: Image.Image, *, coloured: bool) -> Image.Image:
    """Return a mask as numbers (P, L or I), or as RGB where it is in colour, or where `coloured` asks for colours.

    A palette's numbers count, unless classes are named by colours; a picture in grey is one of numbers.
    """
    if mask.mode.startswith("I"):
        return mask if mask.mode == "I" else mask.convert("I")
    if mask.mode in ("P", "PA") and not coloured:
        return mask if mask.mode == "P" else mask.convert("P")
    if mask.mode in ("1", "L", "LA") and not coloured:
        return mask.convert("L")
    return mask.convert("RGB")


def _of_one_kind(opened: Sequence[Pair]) -> list[Pair]:
    """Read colours that are all grey as numbers, where every mask is so."""
    every = {value for one in opened for value in one.values}
    if not all(isinstance(value, int) or len(set(value)) == 1 for value in every):
        return list(opened)
    numbers: list[dict[Value, int]] = [
        {value if isinstance(value, int) else value[0]: count for value, count in one.values.items()} for one in opened
    ]
    return [replace(one, values=values) for one, values in zip(opened, numbers, strict=True)]


def _marking(one: Pair, names: Mapping[Value, str]) -> Pair:
    """Refuse a mask that marks no pixel."""
    if one.problem or names.keys() & one.values.keys():
        return one
    return replace(one, problem="its mask is empty: it holds no value of a class")


def _alone(without: Sequence[str], alone: Sequence[str]) -> Iterable[Note]:
    for names, what in ((without, "pictures have no mask"), (alone, "masks have no picture")):
        if names:
            message = f"{len(names)} {what} and are left out: {some(names)}"
            yield Note(kind="files", message=message, rows=len(names), hint="a mask is called as its picture is")


def _outside(opened: Sequence[Pair], given: Mapping[Value, str]) -> Iterable[Note]:
    """Tell values that a file of classes does not name."""
    pixels: Counter[Value] = Counter()
    masks: Counter[Value] = Counter()
    for one in opened:
        odd = {value: count for value, count in one.values.items() if value not in given}
        pixels.update(odd)
        masks.update(odd.keys())
    unknown = [value for value in pixels if value != class_values.IGNORE] if given else []
    if unknown:
        listed = ", ".join(
            f"{value} ({pixels[value]} pixels of {masks[value]} masks)" for value in sorted(unknown, key=str)[:SOME]
        )
        more = f" and {len(unknown) - SOME} more" if len(unknown) > SOME else ""
        message = f"the masks hold {len(unknown)} values outside the classes, which count for nothing: {listed}{more}"
        yield Note(kind="names", message=message, hint="name them in the file of classes")


def _nameless(given: Mapping[Value, str], names: Mapping[Value, str]) -> Iterable[Note]:
    """Tell that classes are called by their values."""
    plain = [name for value, name in names.items() if name.startswith("#") or name == str(value)]
    if not given and plain:
        hint = "write classes.csv beside the folders: `name,value` or `name,r,g,b`, and a line for each class"
        message = f"nothing names the classes {', '.join(plain[:5])}: they keep their values as names"
        yield Note(kind="names", message=message, hint=hint)


def _bare(opened: Sequence[Pair], names: Mapping[Value, str]) -> Iterable[Note]:
    """Tell masks of nothing but background."""
    ground = {value for value, name in names.items() if name == class_values.BACKGROUND}
    bare = [one.image for one in opened if not one.problem and names.keys() & one.values.keys() <= ground]
    if ground and bare:
        message = f"{len(bare)} masks hold nothing but background, such as that of {some(bare[:1])}: they are kept"
        yield Note(kind="files", message=message, severity="info")


def some(names: Sequence[str]) -> str:
    """Name some files."""
    more = f" and {len(names) - SOME} more" if len(names) > SOME else ""
    return ", ".join(f"`{name}`" for name in names[:SOME]) + more

"""Pictures that are nearly the same: another format, size or compression, a little brighter."""

from collections.abc import Iterator, Sequence

from ..findings import Finding
from ..pictures.picture import FLAT, Picture
from ..pictures.pictures import looked
from ..subject import Subject
from .groups import told, united

BITS, BANDS = 64, 4
APART = BANDS - 1
"""Bits of the difference hash that may differ: two such hashes share one of BANDS bands."""
NEAR = 8.0
"""Root mean square difference of grey squares, of 255; strong compression and another size cost up to 7."""
MOST = 200
"""Pictures of one band that are compared with each other, the first ones: flat shapes share bands."""


def near_pictures(subject: Subject) -> Iterator[Finding]:
    """Say which pictures are the same or nearly so, and in which parts of the split they stand."""
    name = subject.roles.image
    if name not in subject.schema or subject.roles.box or subject.roles.mask:
        return
    seen = looked(subject)
    values = subject.frame[name].to_list()
    rows = [row for row, value in enumerate(values) if (one := seen.get(value)) and one.spread >= FLAT]
    pictures = [seen[values[row]] for row in rows]
    pairs = ((rows[one], rows[other]) for one, other in alike(pictures))
    yield from told("near-duplicate-pictures", united(pairs), name, "pictures that are nearly the same", subject)


def alike(pictures: Sequence[Picture]) -> Iterator[tuple[int, int]]:
    """Return the pairs that are nearly the same, in their order."""
    bands: dict[tuple[int, int], list[int]] = {}
    width = BITS // BANDS
    for row, one in enumerate(pictures):
        found: set[int] = set()
        for band in range(BANDS):
            own = bands.setdefault((band, one.hash >> (band * width) & ((1 << width) - 1)), [])
            found.update(own[:MOST])
            own.append(row)
        for other in sorted(found):
            if (pictures[other].hash ^ one.hash).bit_count() <= APART and distance(pictures[other], one) <= NEAR:
                yield other, row


def distance(one: Picture, other: Picture) -> float:
    """Return the root mean square difference of two pictures' small grey squares."""
    total = sum((a - b) ** 2 for a, b in zip(one.small, other.small, strict=True))
    return float((total / len(one.small)) ** 0.5)

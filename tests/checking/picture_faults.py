"""Faults of pictures, tags, spans and boxes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from tests.checking import made
from tests.checking.planted import PLANTED, Fault, plants


def shapes(code: str, name: str, change: Callable[[Path], object], rows: Any) -> None:
    """Plant a change into the class folders of pictures."""

    def plant(folder: Path) -> Fault:
        change(made.pictures(folder))
        return "picture", "shapes", "", rows

    PLANTED[name] = (code, plant)


ROUND = "round/007.png"


def cut(path: Path) -> None:
    content = (path / ROUND).read_bytes()
    (path / ROUND).write_bytes(content[: len(content) // 2])


def turned(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.open(path / ROUND).save(path / "round" / "007.jpg", exif=exif, quality=95)
    (path / ROUND).unlink()


shapes("unreadable-picture", "a cut-off picture", cut, [ROUND])
shapes("unreadable-picture", "a page saved as a picture", lambda path: (path / ROUND).write_text("<html>"), [ROUND])
shapes("unreadable-picture", "an empty file", lambda path: (path / ROUND).write_bytes(b""), [ROUND])
shapes(
    "blank-picture", "a grey picture", lambda path: Image.new("RGB", (48, 48), (90, 90, 90)).save(path / ROUND), [ROUND]
)
shapes("tiny-picture", "a thumbnail", lambda path: Image.open(path / ROUND).resize((6, 6)).save(path / ROUND), [ROUND])
shapes(
    "several-labels",
    "a picture under two classes",
    lambda path: (path / "square" / "900.png").write_bytes((path / ROUND).read_bytes()),
    ["round/007.png", "square/900.png"],
)
shapes(
    "odd-shape-picture", "a banner", lambda path: Image.open(path / ROUND).resize((480, 40)).save(path / ROUND), [ROUND]
)
shapes("turned-picture", "a picture on its side", turned, ["round/007.jpg"])
shapes(
    "near-duplicate-pictures",
    "the same picture, smaller and as JPEG",
    lambda path: Image.open(path / ROUND).resize((40, 40)).save(path / "round" / "900.jpg", quality=80),
    ["round/007.png", "round/900.jpg"],
)
shapes(
    "picture-form-leak",
    "one class in another size",
    lambda path: [Image.open(one).resize((60, 60)).save(one) for one in (path / "square").iterdir()],
    60,
)
shapes(
    "rare-class",
    "a class of three pictures",
    lambda path: [
        ((path / "star").mkdir(exist_ok=True), Image.open(path / ROUND).rotate(90 * n).save(path / "star" / f"{n}.png"))
        for n in (1, 2, 3)
    ],
    3,
)


@plants("missing-picture", "a picture that a table names")
def missing(folder: Path) -> Fault:
    made.pictures(folder)
    names = [f"{name}/{number:03}.png" for name in ("round", "square") for number in range(30)]
    made.write(
        folder / "shapes",
        "labels.csv",
        {"image": [*names, "round/999.png"], "y": [*["round"] * 30, *["square"] * 30, "round"]},
    )
    return "picture", "shapes", "", [62]


def sentences(code: str, name: str, change: Callable[[list[list[tuple[str, str]]]], object], rows: Any) -> None:
    """Plant a change into tagged sentences."""

    def plant(folder: Path) -> Fault:
        found = made.tags()
        change(found)
        return "tags", made.write_tags(folder, found), "", rows

    PLANTED[name] = (code, plant)


sentences("tag-without-begin", "I- after O", lambda s: s[0].__setitem__(0, ("Ada", "I-ORG")), [1])
sentences(
    "tag-without-begin",
    "I- of another type",
    lambda s: s.__setitem__(0, [("Ada", "B-PER"), ("Rome", "I-LOC"), ("is", "O")]),
    [1],
)
sentences("unknown-tag", "a tag without a type", lambda s: s[0].__setitem__(0, ("Ada", "PER?")), [1])


@plants("tags-do-not-fit")
def unequal(folder: Path) -> Fault:
    rows = [([word for word, _ in one], [tag for _, tag in one]) for one in made.tags()]
    rows[57][1].append("O")
    source = made.write(folder, "t.jsonl", {"tokens": [a for a, _ in rows], "tags": [b for _, b in rows]})
    return "tags", source, "", [58]


def spans(folder: Path, odd: list[dict[str, Any]]) -> Fault:
    texts = [f"{' '.join(made.WORDS[n % 40 : n % 40 + 5])} {n}" for n in range(60)]
    found = [[{"start": 0, "end": len(text.split()[0]), "label": "THING"}] for text in texts]
    found[7] = odd
    return "spans", made.write(folder, "s.jsonl", {"text": texts, "spans": found}), "", [8]


@plants("span-does-not-fit", "a span outside its text")
def outside(folder: Path) -> Fault:
    return spans(folder, [{"start": 5, "end": 500, "label": "THING"}])


@plants("span-does-not-fit", "a span in reverse order")
def reverse(folder: Path) -> Fault:
    return spans(folder, [{"start": 9, "end": 3, "label": "THING"}])


def frames(code: str, name: str, box: list[float]) -> None:
    """Plant a box."""

    def plant(folder: Path) -> Fault:
        rows = made.boxes(folder)
        rows[7]["box"] = box
        return "box", made.write_boxes(folder, rows), "", [8]

    PLANTED[name] = (code, plant)


frames("box-outside", "a box beside its picture", [200, 200, 240, 240])
frames("box-outside", "a box far over the edge", [60, 60, 140, 90])
frames("box-reversed", "corners in reverse order", [50, 50, 20, 20])
frames("box-empty", "a box without width", [20, 20, 20, 60])

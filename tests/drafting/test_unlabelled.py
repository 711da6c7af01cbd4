"""A draft over data of which a part is labelled has the rest labelled, with the counts, or asks."""

from pathlib import Path

import pytest

from trainerspec.catalog.load import tasks
from trainerspec.drafting import draft
from trainerspec.ir.draft import Draft, Request

WISH = "Sort our articles into sport and tech, 90% accurate"
ROWS = [(f"an article on matter {n} and{' what' * (n % 5)} people said", ("sport", "tech")[n % 2]) for n in range(60)]


def drafted(path: Path) -> Draft:
    return draft(Request(text=WISH, data=path.name), tasks(), folder=path.parent)


def blank_cells(folder: Path, given: int) -> Path:
    lines = [f"{text},{label if index < given else ''}" for index, (text, label) in enumerate(ROWS)]
    (folder / "articles.csv").write_text("\n".join(["text,topic", *lines]))
    return folder / "articles.csv"


def two_files(folder: Path, given: int) -> Path:
    for name, head, rows in (("labelled", "text,topic", ROWS[:given]), ("unlabelled", "text", ROWS[given:])):
        lines = [f"{text},{label}" if name == "labelled" else text for text, label in rows]
        (folder / f"{name}.csv").write_text("\n".join([head, *lines]))
    return folder


def two_folders(folder: Path, given: int, labelled: str = "labelled/") -> Path:
    for index, (text, label) in enumerate(ROWS):
        place = folder / "articles" / (f"{labelled}{label}" if index < given else "unlabelled")
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{index}.txt").write_text(text)
    return folder / "articles"


def beside_classes(folder: Path, given: int) -> Path:
    return two_folders(folder, given, "")


@pytest.mark.parametrize("shape", [blank_cells, two_files, two_folders, beside_classes])
def test_the_rest_is_labelled(tmp_path: Path, shape: type) -> None:
    made = drafted(shape(tmp_path, 20))
    assert made.spec is not None
    assert made.spec["data"]["label"] == {"by": ["prototypes"]}  # type: ignore[index, call-overload]
    assert made.spec["task"]["labels"] == ["sport", "tech"]  # type: ignore[index, call-overload]
    (why,) = [one.why for one in made.evidence if one.path == "/data/label"]
    assert "40 of 60 rows (67%) have no label; 20 labelled ones of 2 classes" in why
    assert not made.questions


def test_too_few_are_asked_about(tmp_path: Path) -> None:
    made = drafted(blank_cells(tmp_path, 4))
    assert made.spec is not None
    assert "label" not in made.spec["data"]  # type: ignore[operator]
    (asked,) = [one for one in made.questions if one.path == "/data/label"]
    assert asked.question.startswith("56 of 60 rows of articles.csv have no `topic`. Label 3 rows of each class")


def test_a_table_with_all_labels_says_nothing_of_it(tmp_path: Path) -> None:
    made = drafted(blank_cells(tmp_path, 60))
    assert made.spec is not None
    assert "label" not in made.spec["data"]  # type: ignore[operator]

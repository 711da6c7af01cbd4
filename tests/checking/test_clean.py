"""Data without faults raises no alarm, whatever its form; nor do the penguins."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import needs
from tests.checking import made
from tests.checking.look import check


def shapes(folder: Path) -> str:
    return made.pictures(folder).name


CLEAN: dict[str, tuple[str, Callable[[Path], str]]] = {
    "a table with classes": ("table", lambda folder: made.write(folder, "t.csv", made.table())),
    "a table with a number": ("number", lambda folder: made.write(folder, "t.parquet", made.numbers())),
    "texts of a table": ("text", lambda folder: made.write(folder, "t.jsonl", made.texts())),
    "texts in class folders": ("text", lambda folder: made.write_texts(folder, made.texts())),
    "tags": ("tags", lambda folder: made.write_tags(folder, made.tags())),
    "pictures in class folders": ("picture", shapes),
    "boxes": ("box", lambda folder: made.write_boxes(folder, made.boxes(folder))),
}


@pytest.mark.parametrize("name", CLEAN)
def test_clean_data_raises_no_alarm(name: str, tmp_path: Path) -> None:
    kind, write = CLEAN[name]
    report = check(kind, tmp_path, write(tmp_path), deep=True)
    assert [(one.code, one.message) for one in report.findings if one.severity != "note"] == []


def test_labels_that_are_written_in_one_way_are_no_rare_classes(tmp_path: Path) -> None:
    table = made.table()
    table["y"] = [one.upper() if row in (3, 50, 99) else one for row, one in enumerate(table["y"])]
    source = made.write(tmp_path, "t.csv", table)
    assert {one.code for one in check("table", tmp_path, source).findings} == {"label-spellings", "rare-class"}
    assert check("table", tmp_path, source, "clean: [normalise_labels]").findings == ()


def test_the_penguins_raise_no_alarm(tmp_path: Path) -> None:
    shutil.copy(str(needs.wheel("palmerpenguins").locate_file("palmerpenguins/data/penguins.csv")), tmp_path / "t.csv")
    text = (tmp_path / "t.csv").read_text("utf-8").replace("species", "y", 1)
    (tmp_path / "t.csv").write_text(text, "utf-8")
    assert check("table", tmp_path, "t.csv", deep=True).findings == ()


def test_the_one_column_that_there_is_may_tell_the_answer(tmp_path: Path) -> None:
    rows = {"n": [row % 10 for row in range(200)], "y": ["high" if row % 10 > 4 else "low" for row in range(200)]}
    assert check("table", tmp_path, made.write(tmp_path, "t.csv", rows)).stops == ()


def test_rows_of_few_values_are_no_copies(tmp_path: Path) -> None:
    rows = made.table()
    few = {"age": [one // 10 for one in rows["age"]], "visits": rows["visits"], "city": rows["city"], "y": rows["y"]}
    few["size"] = [round(one) for one in rows["height"]]
    found = check("table", tmp_path, made.write(tmp_path, "t.csv", few)).findings
    assert [one.code for one in found] == []


def test_numbers_that_reach_down_to_nothing_are_of_one_unit(tmp_path: Path) -> None:
    low = [0.13, 0.06, 0.05, 0.09, 0.11]
    rows = {
        "a": [*low, *(0.3 + 0.075 * row for row in range(115))],
        "y": ["up" if row % 3 else "down" for row in range(120)],
    }
    found = check("table", tmp_path, made.write(tmp_path, "t.csv", rows)).findings
    assert "mixed-units" not in [one.code for one in found]

"""Each mistake in the data: a message with code and hint, failure.json, status 1, no traceback, nothing written."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.templates import assemble

Values = dict[str, Any]


def no_data(folder: Path, values: Values) -> None:
    shutil.rmtree(folder / "data")


def empty_folder(folder: Path, values: Values) -> None:
    shutil.rmtree(folder / "data")
    (folder / "data/texts").mkdir(parents=True)


def one_class(folder: Path, values: Values) -> None:
    for label in ("gardening", "sailing"):
        shutil.rmtree(folder / "data/texts" / label)


def one_example(folder: Path, values: Values) -> None:
    for path in sorted((folder / "data/texts/sailing").iterdir())[1:]:
        path.unlink()


def not_utf8(folder: Path, values: Values) -> None:
    (folder / "data/texts/sailing/bad.txt").write_bytes(b"first line\ncaf\xe9\n")


def strange_label(folder: Path, values: Values) -> None:
    (folder / "data/texts/knitting").mkdir()
    (folder / "data/texts/knitting/one.txt").write_text("two plain, two purl")


def broken_parquet(folder: Path, values: Values) -> None:
    table(folder, values, "texts.parquet", b"this is no parquet file")


def missing_column(folder: Path, values: Values) -> None:
    table(folder, values, "texts.csv", b"text,topics\na boat,sailing\n")


def wrong_filter(folder: Path, values: Values) -> None:
    values["data"]["clean"] = [{"where": "size(nothing) > 3"}]


def filter_drops_all(folder: Path, values: Values) -> None:
    values["data"]["clean"] = [{"where": "length(text) > 100000"}]


def no_group_column(folder: Path, values: Values) -> None:
    values["data"]["split"]["by"] = "group:author"


def missing_value(folder: Path, values: Values) -> None:
    del values["data"]["split"]


def table(folder: Path, values: Values, name: str, content: bytes) -> None:
    (folder / "data" / name).write_bytes(content)
    values["data"]["source"]["value"] = f"data/{name}"
    values["data"]["layout"] = "table"


CASES: list[tuple[Callable[[Path, Values], None], str, str]] = [
    (no_data, "TS821", "data/texts"),
    (empty_folder, "TS822", "data/texts"),
    (one_class, "TS826", "cooking"),
    (one_example, "TS827", "sailing"),
    (not_utf8, "TS824", "bad.txt"),
    (strange_label, "TS825", "knitting"),
    (broken_parquet, "TS823", "texts.parquet"),
    (missing_column, "TS825", "did you mean `topics`"),
    (wrong_filter, "TS828", "size(nothing)"),
    (filter_drops_all, "TS822", "data.clean"),
    (no_group_column, "TS829", "author"),
    (missing_value, "TS820", "data.split"),
]


@pytest.mark.parametrize(("spoil", "code", "named"), CASES, ids=[case[0].__name__ for case in CASES])
def test_mistake_is_told_not_thrown(
    project: Path, spoil: Callable[[Path, Values], None], code: str, named: str
) -> None:
    values = assemble.parameters("from-scratch")
    spoil(project, values)
    assemble.write(project, values)
    done = assemble.run(project, "prepare")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith(code)
    assert named in done.stderr
    assert "hint: " in done.stderr
    told = json.loads((project / "failure.json").read_text())
    assert (told["stage"], told["code"]) == ("prepare", code)
    assert told["message"] in done.stderr
    assert not (project / "build").exists()


@pytest.mark.parametrize(("stage", "missing"), [("gate", "build/training.json"), ("package", "gate.json")])
def test_a_stage_before_its_turn_is_told(project: Path, stage: str, missing: str) -> None:
    assemble.write(project, assemble.parameters("from-scratch"))
    done = assemble.run(project, stage)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert done.stderr.startswith(f"TS813 there is no `{missing}` yet: an earlier stage makes it")


def test_failure_file_goes_when_the_stage_succeeds(project: Path) -> None:
    values = assemble.parameters("from-scratch")
    no_filter = values["data"]["clean"]
    values["data"]["clean"] = [{"where": "length(text) > 100000"}]
    assemble.write(project, values)
    assemble.run(project, "prepare")
    assert (project / "failure.json").exists()
    values["data"]["clean"] = no_filter
    assemble.write(project, values)
    assert assemble.run(project, "prepare").returncode == 0
    assert not (project / "failure.json").exists()


def test_unreadable_file_is_named(pipeline: None, tmp_path: Path) -> None:
    from pipeline.base.failure import Failure
    from pipeline.dataset.table_files import read_text

    (tmp_path / "folder.txt").mkdir()
    with pytest.raises(Failure, match=r"cannot read `.*folder\.txt`"):
        read_text(tmp_path / "folder.txt")


def test_a_text_outside_the_class_folders_is_left_out_and_named(project: Path) -> None:
    (project / "data/texts/loose.txt").write_text("in no folder")
    done = assemble.run(project, "prepare")
    assert done.returncode == 0, done.stderr
    assert "1 file in no class folder left out: `loose.txt`" in done.stdout
    report = json.loads((project / "build/data/report.json").read_text())
    (told,) = [one for one in report["dropped"] if "loose.txt" in one["step"]]
    assert told["rows"] == 1
    rows = report["rows"]
    assert rows["read"] == rows["kept"] + sum(one["rows"] for one in report["dropped"])

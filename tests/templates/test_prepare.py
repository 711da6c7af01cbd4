"""What `prepare` writes: every layout gives the same rows, cleaning is counted, splits keep duplicates together."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from tests.templates import assemble

PARTS = ("train", "validation", "test")


def splits(project: Path) -> dict[str, pl.DataFrame]:
    done = assemble.run(project, "prepare")
    assert done.returncode == 0, done.stderr
    return {part: pl.read_parquet(project / f"build/data/{part}.parquet") for part in PARTS}


def texts(parts: dict[str, pl.DataFrame]) -> dict[str, set[tuple[str, str]]]:
    return {part: set(frame.select("text", "label").iter_rows()) for part, frame in parts.items()}


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "parquet"])
def test_every_layout_gives_the_same_splits(project: Path, kind: str) -> None:
    wanted = texts(splits(project))
    table = pl.read_csv(assemble.sample().write(project / "tables", "csv"))
    path = project / f"data/texts.{kind}"
    if kind == "parquet":
        table.write_parquet(path)
    elif kind == "jsonl":
        table.write_ndjson(path)
    else:
        table.write_csv(path, separator="\t" if kind == "tsv" else ",")
    values = assemble.parameters("from-scratch")
    values["data"] |= {"layout": "table", "source": {"kind": "path", "value": str(path.relative_to(project))}}
    assemble.write(project, values)
    assert texts(splits(project)) == wanted


def test_columns_that_are_for_auditing_only_stay_beside_the_examples(project: Path) -> None:
    table = pl.read_csv(assemble.sample().write(project / "tables", "csv"))
    region = pl.Series("region", [("north", "south")[row % 2] for row in range(table.height)])
    table.with_columns(region).write_csv(project / "data/texts.csv")
    values = assemble.parameters("from-scratch")
    source = {"kind": "path", "value": "data/texts.csv"}
    values["data"] |= {"layout": "table", "source": source, "audit": ["region"]}
    assemble.write(project, values)
    train = splits(project)["train"]
    assert train["audit.region"].unique().sort().to_list() == ["north", "south"]
    values["data"]["audit"] = ["regoin"]
    assemble.write(project, values)
    done = assemble.run(project, "prepare")
    assert done.stderr.startswith("TS825")
    assert "did you mean `region`?" in done.stderr


def test_report_counts_what_was_dropped_and_shapes_add_up(project: Path) -> None:
    folder = project / "data/texts/cooking"
    first = min(folder.iterdir())
    (folder / "twin.txt").write_text(first.read_text().upper())
    (folder / "empty.txt").write_text("  \n")
    (folder / "short.txt").write_text("soup")
    parts = splits(project)
    report = json.loads((project / "build/data/report.json").read_text())
    dropped = {step["step"]: step["rows"] for step in report["dropped"]}
    assert (dropped["missing"], dropped["duplicates"], dropped["length(text) >= 5"]) == (1, 1, 1)
    assert report["rows"]["read"] == 243
    assert report["rows"]["kept"] == 240 == sum(frame.height for frame in parts.values())
    assert {name: sum(counts.values()) for name, counts in report["labels"].items()} == {
        part: frame.height for part, frame in parts.items()
    }


def test_same_bytes_whatever_the_order_of_rows(project: Path) -> None:
    table = pl.read_csv(assemble.sample().write(project / "data", "csv"))
    values = assemble.parameters("from-scratch")
    values["data"] |= {"layout": "table", "source": {"kind": "path", "value": "data/texts.csv"}}
    assemble.write(project, values)
    wanted = texts(splits(project))
    table.reverse().write_csv(project / "data/texts.csv")
    assert texts(splits(project)) == wanted


def test_soft_fact_warns_and_does_not_fail(project: Path) -> None:
    values = assemble.parameters("from-scratch")
    values["data"]["contract"]["soft"] = {"text.chars.p50": 2000}
    assemble.write(project, values)
    done = assemble.run(project, "prepare")
    assert done.returncode == 0
    assert "warning: text.chars.p50" in done.stdout


def test_custom_cleaning_is_used(project: Path) -> None:
    shutil.copy(project / "pipeline/task/cleaning.py", project / "own.py")
    code = "def clean(frame):\n    return frame.gather_every(2)\n"
    (project / "pipeline/task/cleaning.py").write_text(code)
    assert sum(frame.height for frame in splits(project).values()) == 120

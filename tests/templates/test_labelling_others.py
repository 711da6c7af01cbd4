"""Pictures and rows of tables are labelled too: built by the compiler, labelled and prepared."""

import json
import shutil
from pathlib import Path

import polars as pl

from tests.templates import folders
from tests.templates.processes import call


def built(folder: Path, task: str, edits: dict[str, str]) -> Path:
    """Build the task's example with `data.label`, on sample data of which most rows lost their label."""
    project = folder / "project"
    project.mkdir()
    text = (folders.TEMPLATES / task / "example.yaml").read_text(encoding="utf-8")
    for old, new in edits.items():
        assert old in text
        text = text.replace(old, new)
    (project / "trainer.yaml").write_text(text, encoding="utf-8")
    folders.sample(task).write(project / "data")
    return project


def finished(project: Path) -> pl.DataFrame:
    """Build, label and prepare; return all rows with their part."""
    done = call(project, "trainerspec", "build")
    assert done.returncode == 0, done.stdout + done.stderr
    folders.stages(project, "label", "prepare")
    parts = ("train", "validation", "test")
    kept = [pl.read_parquet(project / f"build/data/{part}.parquet") for part in parts]
    return pl.concat([frame.with_columns(part=pl.lit(part)) for part, frame in zip(parts, kept, strict=True)])


def test_pictures_of_a_folder_without_classes(tmp_path: Path) -> None:
    project = built(tmp_path, "image-classification", {"  layout: folders\n": "  layout: folders\n  label: auto\n"})
    shapes = project / "data/shapes"
    (shapes / "unlabelled").mkdir()
    for path in sorted(shapes.glob("*/*.png")):
        if int(path.stem) >= 72:
            shutil.move(
                path, shapes / "unlabelled" / f"{['circle', 'cross', 'square'][int(path.stem) % 3]}-{path.name}"
            )
    found = finished(project)
    made = found.filter(pl.col("source") == "prototypes")
    right = made["image"].str.extract(r"(circle|cross|square)-") == made["label"]
    assert made.height > 80
    assert right.mean() > 0.5, "shapes at random places in random colours; chance is a third"
    assert set(found.filter(pl.col("part") != "train")["source"]) == {"person"}
    judged = json.loads((project / "build/labels/report.json").read_text())["judged"]
    assert judged["low"] <= right.mean() <= judged["high"], "the interval holds for the labels that nobody knows"


def test_rows_of_a_table_by_rules_and_prototypes(tmp_path: Path) -> None:
    label = """  label:
    by: [rules, prototypes]
    rules:
      - {label: "no", where: "months > 40 and calls < 2"}
      - {label: "yes", where: "calls >= 4"}
"""
    project = built(tmp_path, "tabular-classification", {"  layout: table\n": f"  layout: table\n{label}"})
    path = project / "data/subscribers.csv"
    frame = pl.read_csv(path)
    truth = dict(frame.select("customer", "churned").iter_rows())
    numbers = frame.with_row_index("n")
    blank = pl.when(pl.col("n") < 120).then(pl.col("churned"))
    numbers.with_columns(blank.alias("churned")).drop("n").write_csv(path)
    found = finished(project)
    lines = {f"subscribers.csv:{line}": name for line, name in enumerate(frame["customer"].to_list(), start=2)}
    made = found.filter(pl.col("source") != "person")
    right = [truth[lines[place]] == label for place, label in made.select("id", "label").iter_rows()]
    assert set(made["source"]) == {"rules", "prototypes"}
    assert sum(right) > 0.75 * len(right)
    assert set(found.filter(pl.col("part") != "train")["source"]) == {"person"}

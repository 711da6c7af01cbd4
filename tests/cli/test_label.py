"""`label` labels the rows of a built project, and says what to do where a project labels none."""

import csv
import shutil
from pathlib import Path
from typing import Any

from tests.cli.conftest import change


def test_a_project_that_labels_no_rows_says_so(project: Path, trainerspec: Any) -> None:
    assert trainerspec("build")[0] == 0
    status, _, errors = trainerspec("label")
    assert status == 1
    assert "TS428" in errors
    assert "`label: auto`" in errors


def test_rows_are_labelled_and_answers_are_taken(project: Path, trainerspec: Any) -> None:
    waiting = project / "notes" / "unlabelled"
    waiting.mkdir()
    for path in sorted(project.glob("notes/*/*.txt")):
        if int(path.stem) >= 6:
            shutil.move(path, waiting / f"{path.parent.name}-{path.name}")
    change(project, "data:\n", "data:\n  label: auto\n")
    assert trainerspec("build")[0] == 0
    assert (project / "labels/README.md").is_file()
    status, out, errors = trainerspec("label", "--no-scm")
    assert status == 0, out + errors
    assert "labels:" in out
    assert "review:   labels/review.csv" in out
    rows = list(csv.DictReader((project / "labels/review.csv").open(encoding="utf-8")))
    assert rows
    with (project / "labels/review.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(row | {"answer": row["proposal"] if row is rows[0] else ""} for row in rows)
    before = out
    status, out, errors = trainerspec("label", "--no-scm")
    assert status == 0, out + errors
    people = [int(text.partition("labels:")[2].split()[0]) for text in (before, out)]
    assert people[1] == people[0] + 1

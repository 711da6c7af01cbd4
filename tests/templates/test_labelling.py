"""The stage `label`: people's labels stay and judge, methods label the others, and answers win for good."""

import csv
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.templates import assemble

SETTINGS = {"by": ["prototypes"], "confidence": "auto", "ask": 9, "descriptions": {}, "rules": [], "endpoint": {}}
PARTS = ("train", "validation", "test")


def written(folder: Path, given: int, rows: int = 150, **about: Any) -> Path:
    """Make the project of a table of which the first `given` rows are labelled; `about` changes the settings."""
    project = assemble.project(folder / "project")
    variant = assemble.TASK / "variants/embedding_letters.py"
    (project / "pipeline/task/embedding.py").write_bytes(variant.read_bytes())
    pairs = assemble.sample().examples(rows, 0)
    (project / "data").mkdir()
    table = [(text, label if index < given else "") for index, (text, label) in enumerate(pairs)]
    pl.DataFrame(table, schema=["text", "topic"], orient="row").write_csv(project / "data/texts.csv")
    (project / "labels").mkdir()
    values = assemble.parameters("from-scratch")
    values["data"] |= {"layout": "table", "source": {"kind": "path", "value": "data/texts.csv"}}
    values["data"]["contract"] = {"hard": {"layout": "table", "columns": {"text": "text", "topic": "text"}}, "soft": {}}
    values["data"]["label"] = SETTINGS | about
    assemble.write(project, values)
    return project


def labelled(project: Path) -> dict[str, tuple[str, str, str]]:
    """Run the stage and return label, source and part of each text that has a label."""
    done = assemble.run(project, "label")
    assert done.returncode == 0, done.stdout + done.stderr
    frames = []
    done = assemble.run(project, "prepare")
    assert done.returncode == 0, done.stdout + done.stderr
    for part in PARTS:
        frame = pl.read_parquet(project / f"build/data/{part}.parquet")
        frames.append(frame.select("text", "label", "source", pl.lit(part).alias("part")))
    return {text: (label, source, part) for text, label, source, part in pl.concat(frames).iter_rows()}


def review(project: Path) -> list[dict[str, str]]:
    with (project / "labels/review.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def answer(project: Path, answers: dict[str, str]) -> None:
    rows = review(project)
    with (project / "labels/review.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(row | {"answer": answers.get(row["key"], row["answer"])} for row in rows)


def report(project: Path) -> Any:
    return json.loads((project / "build/labels/report.json").read_text())


def test_the_rest_is_labelled_and_people_judge(tmp_path: Path) -> None:
    project = written(tmp_path, 60)
    truth = dict(assemble.sample().examples(150, 0))
    found = labelled(project)
    people = {text: label for index, (text, label) in enumerate(truth.items()) if index < 60}
    assert {text: found[text][0] for text in people} == people
    made = {text: one for text, one in found.items() if one[1] == "prototypes"}
    assert len(made) > 80
    assert sum(label == truth[text] for text, (label, _, _) in made.items()) >= 0.95 * len(made)
    assert {one[2] for one in made.values()} == {"train"}, "validation and test hold people's labels alone"
    assert {one[1] for one in found.values() if one[2] != "train"} == {"person"}
    told = report(project)
    assert told["alone"] is True
    assert told["judged"]["rows"] == 15 + 15
    assert told["judged"]["low"] < told["judged"]["right"] / told["judged"]["labelled"] <= told["judged"]["high"]
    prepared = json.loads((project / "build/data/report.json").read_text())
    assert prepared["labelled"]["splits"]["test"] == {"person": 15}
    assert prepared["rows"]["kept"] + sum(one["rows"] for one in prepared["dropped"]) == 150


def test_answers_win_and_stay(tmp_path: Path) -> None:
    project = written(tmp_path, 60)
    labelled(project)
    asked = review(project)
    assert [row["why"] for row in asked[:3]] == ["doubt", "doubt", "check"]
    assert len({row["proposal"] for row in asked[:3]}) > 1, "classes take turns"
    other = next(one for one in ("cooking", "sailing") if one != asked[0]["proposal"])
    answer(project, {asked[0]["key"]: f" {other.upper()} ", asked[1]["key"]: "-"})
    found = labelled(project)
    assert found[asked[0]["text"]] == (other, "person", "train"), "what was picked for doubt is no fair sample"
    assert asked[1]["text"] not in found
    dropped = json.loads((project / "build/data/report.json").read_text())["dropped"]
    assert {"step": "a person left them out", "rows": 1} in [{k: one[k] for k in ("step", "rows")} for one in dropped]
    now = review(project)
    assert len([row for row in now if not row["answer"]]) == 9, "others are asked about"
    before = (project / "labels/review.csv").read_bytes()
    labelled(project)
    assert (project / "labels/review.csv").read_bytes() == before, "the same again"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"answer,text,key\nsprot,x,1\n", "labels/review.csv:2: `sprot` is no class of this project"),
        (b"text,key\nx,1\n", "`labels/review.csv` has no column `answer`"),
        (b"", "labels/review.csv"),
    ],
)
def test_an_answer_that_cannot_be_taken_stops_and_stays(tmp_path: Path, content: bytes, words: str) -> None:
    project = written(tmp_path, 60)
    (project / "labels/review.csv").write_bytes(content)
    done = assemble.run(project, "label")
    assert done.returncode == 1
    assert "TS853" in done.stderr
    assert words in done.stderr
    assert (project / "labels/review.csv").read_bytes() == content


def test_few_labels_of_people_are_said(tmp_path: Path) -> None:
    project = written(tmp_path, 9)
    found = labelled(project)
    assert {one[1] for one in found.values() if one[2] == "test"} >= {"prototypes"}
    told = report(project)
    assert told["alone"] is False
    assert "validation and test hold labels that no person gave" in told["warnings"][0]
    assert told["judged"]["how"] == "the examples, by cross-validation"


def test_rules_vote_and_abstain(tmp_path: Path) -> None:
    rules = [
        {"label": "sailing", "words": ["crew"], "pattern": r"(?i)(?:^|[^\pL\pN_])(?:crew)(?:$|[^\pL\pN_])"},
        {"label": "cooking", "where": "regexp_like(\"text\", 'cook')"},
        {"label": "cooking", "where": "regexp_like(\"text\", '(?i)soup|rice')"},
        {"label": "gardening", "where": "regexp_like(\"text\", '(?i)gardener|rice')"},
    ]
    project = written(tmp_path, 60, by=["rules"], rules=rules, confidence=0.0)
    found = labelled(project)
    made = {text.lower(): label for text, (label, source, _) in found.items() if source == "rules"}
    assert made
    assert {label for text, label in made.items() if "crew" in text and "rice" not in text} == {"sailing"}
    assert all(any(word in text for word in ("crew", "cook", "soup", "rice", "gardener")) for text in made)
    dropped = json.loads((project / "build/data/report.json").read_text())["dropped"]
    assert any(one["step"] == "no method is sure enough of their label" and one["rows"] > 20 for one in dropped)


def test_without_any_label_of_people_names_begin_and_all_is_said(tmp_path: Path) -> None:
    project = written(tmp_path, 0, descriptions={"cooking": "soup, rice, cake", "sailing": "sail, rope, jib"})
    found = labelled(project)
    truth = dict(assemble.sample().examples(150, 0))
    assert {source for _, source, _ in found.values()} == {"prototypes"}
    assert sum(truth[text] == label for text, (label, _, _) in found.items()) > 0.6 * len(found)
    told = report(project)
    assert told["judged"]["rows"] == 0
    assert "0 rows labelled by people are too few" in told["warnings"][0]


def test_a_group_of_the_test_is_not_trained_on(tmp_path: Path) -> None:
    project = written(tmp_path, 90)
    frame = pl.read_csv(project / "data/texts.csv").with_row_index("n")
    frame.with_columns((pl.col("n") // 3 % 30).alias("author")).drop("n").write_csv(project / "data/texts.csv")
    values = assemble.read(project / "params.yaml")
    values["data"]["split"]["by"] = "group:author"
    assemble.write(project, values)
    found = labelled(project)
    authors = dict(pl.read_csv(project / "data/texts.csv").select("text", "author").iter_rows())
    sides = {part: {authors[text] for text, one in found.items() if one[2] == part} for part in PARTS}
    assert not sides["train"] & (sides["validation"] | sides["test"])


def test_cells_are_no_formulas(tmp_path: Path) -> None:
    project = written(tmp_path, 60, ask=90)
    frame = pl.read_csv(project / "data/texts.csv")
    evil = pl.DataFrame({"text": ["=HYPERLINK(1) the skipper furled a torn jib"], "topic": [""]})
    pl.concat([frame[:149], evil]).write_csv(project / "data/texts.csv")
    labelled(project)
    row = next(row for row in review(project) if "HYPERLINK" in row["text"])
    assert row["text"].startswith("'=")
    answer(project, {row["key"]: "sailing"})
    assert labelled(project)["=HYPERLINK(1) the skipper furled a torn jib"][:2] == ("sailing", "person")

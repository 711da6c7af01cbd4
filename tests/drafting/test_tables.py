"""What the drafter fills in from a table: the columns that are read, and which task its target fits."""

import json
from pathlib import Path

import pytest
from PIL import Image

from trainerspec.catalog.load import tasks
from trainerspec.drafting import draft
from trainerspec.ir.draft import Draft, Request

ROWS = 80


def table(folder: Path) -> None:
    """Write customers: an identifier, two columns that tell, one that gives the answer away, one without a choice."""
    lines = ["customer,months,plan,cancelled_on,currency,churned"]
    for n in range(ROWS):
        churned = n % 3 == 0
        plan, left = ("basic", "pro", "family")[n * 7 % 11 % 3], "spring" if churned else "never"
        lines.append(f"C{n:03},{n * 7 % 60},{plan},{left},EUR,{'yes' if churned else 'no'}")
    (folder / "customers.csv").write_text("\n".join(lines), "utf-8")


def test_columns_that_tell_something_are_listed(tmp_path: Path) -> None:
    table(tmp_path)
    text = "Predict churn (column churned) from customers.csv, AUC at least 0.85"
    made = draft(Request(text=text), tasks(), folder=tmp_path)
    assert made.task == "tabular-classification"
    assert made.spec is not None
    assert made.spec["data"] == {"source": {"path": "customers.csv"}, "columns": ["months", "plan"]}
    (told,) = [one for one in made.evidence if one.path == "/data/columns"]
    assert told.status == "inferred"
    assert told.why == (
        "2 of 5 columns of customers.csv; left out: customer (80 different texts in 80 rows name the rows), "
        "currency (every row has the same value), "
        "cancelled_on (gives `churned` away: each of its 2 values has one answer)"
    )


def test_an_accuracy_of_a_kind_is_no_regression() -> None:
    text = "Predict the species of a penguin from its measurements: penguins.csv, column species. At least 95% accurate"
    made = draft(Request(text=text), tasks())
    assert made.task == "tabular-classification"
    assert made.questions == ()


def drafted(folder: Path, text: str, data: str) -> Draft:
    """Draft from a request and a file, and take for granted that there is a spec."""
    made = draft(Request(text=text, data=data), tasks(), folder=folder)
    assert made.spec is not None, made.reasons
    return made


@pytest.mark.parametrize(
    ("request_", "by"),
    [
        ("Predict the number of rides from rides.csv, split by time: test on the latest days (column day)", "time:day"),
        ("Predict rides; the test part should be the most recent rows", "time:day"),
        ("Estimate the column `rides`, split by date", "time:day"),
        ("Predict the number of rides, train on the past and test on the last weeks, column day", "time:day"),
    ],
)
def test_the_column_that_a_split_goes_by_is_not_predicted(tmp_path: Path, request_: str, by: str) -> None:
    rows = [f"{n % 28 + 1:02}.{n // 28 + 1:02}.2023,{n % 17},{n * 7 % 90}" for n in range(300)]
    (tmp_path / "rides.csv").write_text("\n".join(["day,temp,rides", *rows]), "utf-8")
    made = drafted(tmp_path, request_, "rides.csv")
    assert made.task == "tabular-regression"
    assert made.spec["task"]["outputs"] == {"value": "rides"}
    assert made.spec["data"]["split"] == {"by": by}


@pytest.mark.parametrize("words", ["Predict the column `y`", "Classify the rows by y", "Train a model that predicts y"])
@pytest.mark.parametrize(
    ("values", "task"),
    [
        ([f"{n * 1.37:.3f}" for n in range(200)], "tabular-regression"),
        ([f"{n * 1250},50" for n in range(200)], "tabular-regression"),
        (["hi" if n % 3 else "lo" for n in range(200)], "tabular-classification"),
        (["True" if n % 3 else "False" for n in range(200)], "tabular-classification"),
    ],
)
def test_what_the_target_holds_tells_the_task(tmp_path: Path, words: str, values: list[str], task: str) -> None:
    rows = [f"{n % 13};{n * 7 % 11};{value}" for n, value in enumerate(values)]
    (tmp_path / "data.csv").write_text("\n".join(["a;b;y", *rows]), "utf-8")
    made = drafted(tmp_path, words, "data.csv")
    assert made.task == task
    assert list(made.spec["task"]["outputs"].values()) == ["y"]
    if task == "tabular-classification":
        assert made.spec["task"]["labels"] == sorted(set(values))


def test_a_table_without_texts_is_classified_by_its_columns(tmp_path: Path) -> None:
    places = ["Café", "Cafe\u0301", "bar", "Bar "]
    rows = [f"{n % 50},{n * 3 % 40},{places[n % 4]}" for n in range(240)]
    (tmp_path / "visits.csv").write_text("\n".join(["spend,minutes,place", *rows]), "utf-8")
    made = drafted(tmp_path, "Classify the visits by place", "visits.csv")
    assert made.task == "tabular-classification"
    assert made.spec["data"]["columns"] == ["spend", "minutes"]
    assert "Cafe\u0301" not in made.spec["task"]["labels"]


def test_the_class_that_is_looked_for_tells_the_column(tmp_path: Path) -> None:
    rows = [f"{n * 3 % 90},{n % 24},{'de' if n % 2 else 'fr'},{'fraud' if n % 9 == 0 else 'legit'}" for n in range(200)]
    (tmp_path / "payments.csv").write_text("\n".join(["amount,hour,country,outcome", *rows]), "utf-8")
    made = drafted(tmp_path, "Detect fraud in payments.csv, with a recall of at least 90%", "payments.csv")
    assert made.spec["task"]["outputs"] == {"label": "outcome"}
    assert made.questions == ()


def test_numbers_for_tags_are_asked_about(tmp_path: Path) -> None:
    row = json.dumps({"tokens": ["Anna", "lives", "in", "Rome"], "ner_tags": [1, 0, 0, 5]})
    (tmp_path / "ner.jsonl").write_text(f"{row}\n" * 60, "utf-8")
    made = drafted(tmp_path, "Find persons and places in ner.jsonl", "ner.jsonl")
    assert made.spec["task"]["outputs"] == {"spans": "ner_tags"}
    assert made.spec["task"]["inputs"] == {"text": "tokens"}
    assert any("`ner_tags` of ner.jsonl holds numbers" in one.question for one in made.questions)


def test_a_short_name_is_no_word_of_the_request(tmp_path: Path) -> None:
    rows = [f"{n % 17}.5,{n % 13}.25,{'defective' if n % 7 == 0 else 'fine'}" for n in range(160)]
    (tmp_path / "parts.csv").write_text("\n".join(["w,h,verdict", *rows]), "utf-8")
    made = drafted(tmp_path, "Find defective parts in parts.csv with recall over 80%", "parts.csv")
    assert made.task == "tabular-classification"
    assert made.spec["task"]["outputs"] == {"label": "verdict"}


def test_a_table_about_what_pictures_often_show_stays_a_table(tmp_path: Path) -> None:
    rows = [f"{n % 50}.5,{n % 9},{('Rosa', 'rosa ', 'Tulipa')[n % 3]}" for n in range(150)]
    (tmp_path / "plants.csv").write_text("\n".join(["leaf,stem,species", *rows]), "utf-8")
    made = drafted(tmp_path, "Sort the plants by species", "plants.csv")
    assert made.task == "tabular-classification"
    assert made.spec["data"]["clean"] == ["normalise_labels"]
    assert made.spec["task"]["labels"] == ["Rosa", "Tulipa"]


def test_a_table_of_captions_names_its_pictures(tmp_path: Path) -> None:
    for n in range(20):
        Image.new("RGB", (16, 16), (n * 9, 0, 90)).save(tmp_path / f"p{n:03}.png")
    rows = [f"p{n:03}.png,a {('red', 'blue')[n % 2]} square with number {n}" for n in range(20)]
    (tmp_path / "captions.csv").write_text("\n".join(["file,caption", *rows]), "utf-8")
    made = drafted(tmp_path, "Draw pictures from captions like these", ".")
    assert made.task == "text-to-image"
    assert made.spec["task"]["outputs"] == {"image": "file"}
    assert made.spec["task"]["inputs"] == {"prompt": "caption"}


@pytest.mark.parametrize(
    ("request_", "asked"),
    [("Classify the scans in scans.csv by stage", 0), ("Classify the pictures of scans.csv by stage", 1)],
)
def test_a_table_that_names_no_pictures_stays_a_table(tmp_path: Path, request_: str, asked: int) -> None:
    rows = [f"{n % 50},{n % 9}.5,{n % 3 + 1}" for n in range(150)]
    (tmp_path / "scans.csv").write_text("\n".join(["age,marker,stage", *rows]), "utf-8")
    made = drafted(tmp_path, request_, "scans.csv")
    assert made.task == "tabular-classification"
    assert made.spec["task"]["labels"] == ["1", "2", "3"]
    assert len(made.questions) == asked


def test_a_code_that_reads_as_no_label_is_a_class(tmp_path: Path) -> None:
    rows = [f"{n % 50},{n % 9}.5,{('NA', 'ZA', 'BW')[n % 3]}" for n in range(120)]
    (tmp_path / "farms.csv").write_text("\n".join(["rain,herd,country", *rows]), "utf-8")
    made = drafted(tmp_path, "Predict the country of the farms in farms.csv", "farms.csv")
    assert made.spec["task"]["labels"] == ["BW", "NA", "ZA"]
    assert "label" not in made.spec["data"]


def test_what_is_wrong_with_a_table_is_asked_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "exams.csv").write_text("score,score,passed\n" + "1,2,yes\n3,4,no\n" * 20, "utf-8")
    made = drafted(tmp_path, "Predict `passed` from exams.csv", "exams.csv")
    assert [one.question for one in made.questions] == [
        "columns of `exams.csv` share a name: `score` (2 times). "
        "Give each column a name of its own; or which data is meant?"
    ]


def test_of_two_tables_the_one_with_the_column_that_is_asked_for_is_meant(tmp_path: Path) -> None:
    folder = tmp_path / "clinic"
    folder.mkdir()
    (folder / "patients.csv").write_text("patient_id,born\n" + "".join(f"{n},{1950 + n}\n" for n in range(40)), "utf-8")
    rows = [f"{n * 7 % 40},{n % 50 + 40},{('home', 'ward')[n % 2]}" for n in range(120)]
    (folder / "visits.csv").write_text("\n".join(["patient_id,pulse,outcome", *rows]), "utf-8")
    made = drafted(tmp_path, "Predict the outcome of the visits in clinic", "clinic")
    assert made.spec["task"]["labels"] == ["home", "ward"]
    assert made.questions == ()


def test_whole_numbers_written_in_two_ways_are_one_class(tmp_path: Path) -> None:
    rows = [f"{n % 50},{n % 9}.5,{n % 3 + 1}{'.0' if n > 40 else ''}" for n in range(120)]
    (tmp_path / "plates.csv").write_text("\n".join(["age,marker,stage", *rows]), "utf-8")
    made = drafted(tmp_path, "Classify the rows of plates.csv by stage", "plates.csv")
    assert made.spec["task"]["labels"] == ["1", "2", "3"]
    assert made.spec["data"]["clean"] == ["normalise_labels"]


def test_a_forecast_needs_times_or_words_that_look_ahead(tmp_path: Path) -> None:
    folder = tmp_path / "sales"
    folder.mkdir()
    for month in (1, 2, 3):
        rows = [f"{n % 9 + 0.9},{n % 4},{n * 3 % 47 + 0.5}" for n in range(50)]
        (folder / f"2024-0{month}.csv").write_text("\n".join(["price,rain,units", *rows]), "utf-8")
    made = drafted(tmp_path, "Predict units from the monthly files in sales", "sales")
    assert (made.task, made.spec["task"]["outputs"]) == ("tabular-regression", {"value": "units"})
    assert drafted(tmp_path, "Forecast units for the next month from sales", "sales").task == "time-series-forecasting"


def test_pictures_of_a_table_classified_by_pattern(tmp_path: Path) -> None:
    for n in range(12):
        Image.new("RGB", (16, 16), (n * 9, 0, 90)).save(tmp_path / f"p{n:03}.webp")
    rows = [f"p{n:03},{('waves', 'dots')[n % 2]}" for n in range(12)]
    (tmp_path / "labels.csv").write_text("\n".join(["id,pattern", *rows]), "utf-8")
    made = drafted(tmp_path, "Classify the pictures of the rugs by pattern", ".")
    assert (made.task, made.spec["task"]["outputs"]) == ("image-classification", {"label": "pattern"})


def test_a_part_of_an_object_is_found_by_its_last_name(tmp_path: Path) -> None:
    rows = [
        json.dumps({"doc": {"text": f"the note number {n} is here"}, "about": {"queue": "ab"[n % 2]}})
        for n in range(60)
    ]
    (tmp_path / "notes.jsonl").write_text("\n".join(rows), "utf-8")
    made = drafted(tmp_path, "Classify the notes in notes.jsonl by queue", "notes.jsonl")
    assert made.spec["task"]["outputs"] == {"label": "about.queue"}
    assert made.questions == ()


def test_a_table_of_boxes_is_for_finding_things(tmp_path: Path) -> None:
    for n in range(12):
        Image.new("RGB", (64, 64), (n * 9, 0, 90)).save(tmp_path / f"{n:03}.png")
    rows = [
        f"{n % 12:03}.png,64,64,{('cup', 'bowl')[n % 2]},{n % 9},{n % 7},{n % 9 + 20},{n % 7 + 9}" for n in range(36)
    ]
    (tmp_path / "boxes.csv").write_text("\n".join(["filename,width,height,class,xmin,ymin,xmax,ymax", *rows]), "utf-8")
    made = drafted(tmp_path, "Detect cups and bowls in the pictures of the bench", ".")
    assert made.task == "object-detection"
    assert made.spec["task"]["labels"] == ["bowl", "cup"]
    assert made.questions == ()


def test_amounts_in_two_currencies_are_asked_about(tmp_path: Path) -> None:
    rows = [f"{n % 40},{'ab'[n % 2]},{'$' if n % 3 else '€'}{n * 7 % 31 + 5}.{n % 90 + 10}" for n in range(ROWS)]
    (tmp_path / "contracts.csv").write_text("\n".join(["hours,level,fee", *rows]) + "\n")
    made = draft(Request(text="Predict fee in contracts.csv"), tasks(), folder=tmp_path)
    assert made.task == "tabular-regression"
    assert [one.question for one in made.questions] == [
        "The amounts of `fee` in contracts.csv are in $, €. Which one is meant? Convert the others to it."
    ]


def test_questions_that_are_to_be_sorted_are_not_to_be_answered(tmp_path: Path) -> None:
    topics = ("hardware", "network", "accounts")
    rows = [f"why does the {topics[n % 3]} thing {n} not work today,{topics[n % 3]}" for n in range(ROWS)]
    (tmp_path / "questions.csv").write_text("\n".join(["question,topic", *rows]) + "\n")
    made = draft(Request(text="Classify the questions in questions.csv by topic"), tasks(), folder=tmp_path)
    assert (made.outcome, made.task) == ("draft", "text-classification")


def test_a_column_of_parts_is_the_split_and_no_text(tmp_path: Path) -> None:
    topics = ("hardware", "network", "accounts")
    rows = [
        f"why does the {topics[n % 3]} thing {n} not work today,{topics[n % 3]},{('train', 'dev', 'test')[n // 3 % 3]}"
        for n in range(ROWS)
    ]
    (tmp_path / "posts.csv").write_text("\n".join(["post,topic,split", *rows]) + "\n")
    text = "Classify the posts in posts.csv by topic; the column split says train, dev or test"
    made = draft(Request(text=text), tasks(), folder=tmp_path)
    assert (made.outcome, made.questions) == ("draft", ())
    assert made.spec is not None
    assert made.spec["task"] == {
        "type": "text-classification",
        "inputs": {"text": "post"},
        "outputs": {"label": "topic"},
        "labels": sorted(topics),
    }
    assert made.spec["data"]["split"] == {"by": "given:split"}  # type: ignore[index, call-overload]


def test_a_column_of_parts_is_no_input_of_a_table(tmp_path: Path) -> None:
    rows = [f"{n % 37},{n * 7 % 41},{'ab'[n % 2]},{('train', 'test')[n % 5 == 4]}" for n in range(ROWS)]
    (tmp_path / "t.csv").write_text("\n".join(["size,weight,kind,Split", *rows]) + "\n")
    made = draft(Request(text="Predict kind from t.csv"), tasks(), folder=tmp_path)
    assert made.spec is not None
    assert made.spec["data"] == {
        "source": {"path": "t.csv"},
        "split": {"by": "given:Split"},
        "columns": ["size", "weight"],
    }

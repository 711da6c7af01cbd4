"""Requests for several labels an example, and data that shows them."""

import json
from pathlib import Path

import pytest

from trainerspec.catalog.load import tasks
from trainerspec.drafting.draft import draft
from trainerspec.ir.draft import Draft, Request

TASK = "multi-label-text-classification"
CELLS = [["bill", "refund"], ["bill"], [], ["refund", "parcel"], ["parcel"]] * 8
TEXTS = [f"a mail number {number} that tells of many things at once" for number in range(len(CELLS))]


def drafted(text: str, folder: Path | None = None, task: str = "") -> Draft:
    return draft(Request(text=text), tasks(), folder=folder, task=task)


@pytest.mark.parametrize(
    "text",
    [
        "Tag our support tickets with one or more of billing, delivery and refund",
        "Multi-label classification of movie plots into genres",
        "Label customer reviews with any of: price, quality, service; at least 80% recall on price",
        "Assign each news article all topics that apply, micro F1 at least 80%",
        "Ordne jede Beschwerde einem oder mehreren Themen zu",
        "Etiqueta los tickets con una o varias categorías",
    ],
)
def test_several_labels_are_asked_for(text: str) -> None:
    assert drafted(text).task == TASK


@pytest.mark.parametrize(
    "text", ["Classify emails as exactly one of billing, sales and support", "Sort our news articles into five topics"]
)
def test_one_class_stays_one_class(text: str) -> None:
    assert drafted(text).task == "text-classification"


def write(folder: Path, sign: str) -> None:
    rows = [f'"{text}","{sign.join(cell)}"' for text, cell in zip(TEXTS, CELLS, strict=True)]
    (folder / "mails.csv").write_text("\n".join(["text,tags", *rows, ""]))


def test_the_data_shows_lists(tmp_path: Path) -> None:
    write(tmp_path, ", ")
    found = drafted("Classify the mails in mails.csv, macro F1 at least 70%", tmp_path)
    assert found.spec is not None
    asked = {"labels": "tags"}, {"separator": ","}, ["bill", "parcel", "refund"]
    assert (found.task, found.questions) == (TASK, ())
    assert tuple(found.spec["task"][key] for key in ("outputs", "options", "labels")) == asked
    assert found.spec["objectives"] == ["macro_f1 >= 70%"]


def test_lists_of_json_lines_are_no_class(tmp_path: Path) -> None:
    lines = [json.dumps({"text": text, "tags": cell}) for text, cell in zip(TEXTS, CELLS, strict=True)]
    (tmp_path / "mails.jsonl").write_text("\n".join(lines))
    assert drafted("Classify the mails in mails.jsonl", tmp_path).task == TASK
    given = drafted("Classify the mails in mails.jsonl", tmp_path, "text-classification")
    assert "/task/outputs/label" in {one.path for one in given.questions}


def test_columns_of_0_and_1_are_labels(tmp_path: Path) -> None:
    labels = ("bill", "parcel", "refund")
    rows = [
        f"{text},{','.join(str(int(label in cell)) for label in labels)}"
        for text, cell in zip(TEXTS, CELLS, strict=True)
    ]
    (tmp_path / "mails.csv").write_text("\n".join([f"text,{','.join(labels)}", *rows, ""]))
    found = drafted("Tag the mails in mails.csv", tmp_path)
    assert found.spec is not None
    assert (found.task, found.spec["task"]["options"]) == (TASK, {"columns": list(labels)})


def test_an_unknown_separator_is_asked(tmp_path: Path) -> None:
    write(tmp_path, " / ")
    found = drafted("Classify mails of mails.csv into one or more tags", tmp_path)
    assert found.task == TASK
    assert [one.path for one in found.questions] == ["/task/options/separator"]


@pytest.mark.parametrize(
    ("said", "bounds", "asked"),
    [
        ("recall of bill at least 80%", ["recall.bill >= 80%"], False),
        ("F1 of at least 0.8 for refunds", ["f1.refund >= 0.8"], False),
        ("recall of at least 80%, precision for bill over 90%", ["recall >= 80%", "precision.bill >= 90%"], False),
        ("Recall für parcel mindestens 80%", ["recall.parcel >= 80%"], False),
        ("recall de refund de al menos 80%", ["recall.refund >= 80%"], False),
        ("recall of the model at least 80%", ["recall >= 80%"], False),
        ("recall of sailing at least 80%", ["recall >= 80%"], True),
    ],
)
def test_a_bound_is_of_the_class_that_it_names(tmp_path: Path, said: str, bounds: list[str], asked: bool) -> None:
    write(tmp_path, ", ")
    found = drafted(f"Tag the mails of mails.csv with all labels that apply, {said}", tmp_path)
    assert found.spec is not None
    assert [str(one) for one in found.spec["objectives"]] == bounds
    assert [one.path for one in found.questions] == (["/objectives/0"] if asked else [])
    told = [one.path for one in found.evidence if one.path.startswith("/objectives")]
    assert told == [f"/objectives/{at}" for at in range(len(bounds))]

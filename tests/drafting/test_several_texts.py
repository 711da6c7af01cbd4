"""A text in several columns: which of them a draft keeps, and what it says of them."""

from pathlib import Path

import polars as pl
import pytest

from trainerspec.catalog.load import tasks
from trainerspec.drafting import draft
from trainerspec.ir.draft import Draft, Request

THINGS = ("phone", "bicycle", "garden hose", "coffee machine")


def mails(folder: Path) -> str:
    """Write mails with two columns of prose beside a sender's address, a link and a code."""
    rows = [
        {
            "sender": f"person{n}@example.org",
            "link": f"https://example.org/mails/of/the/customer/{n}",
            "subject": f"Question {n} about my {THINGS[n % 4]}",
            "body": f"Good day, I bought a {THINGS[n % 4]} and have question {n} about it. Many thanks in advance.",
            "team": ("billing", "repair", "sales")[n % 3],
        }
        for n in range(60)
    ]
    pl.DataFrame(rows).write_csv(folder / "mails.csv")
    return "mails.csv"


def drafted(text: str, folder: Path | None = None) -> Draft:
    data = mails(folder) if folder else None
    made = draft(Request(text=text, data=data), tasks(), folder=folder)
    assert made.spec is not None, made.reasons
    assert made.task == "text-classification"
    return made


@pytest.mark.parametrize(
    ("request_", "columns"),
    [
        ("Classify our mails by team", ["subject", "body"]),
        ("Classify the mails by subject and body into teams", ["subject", "body"]),
        ("Sort mails using the columns subject and body; the team is in column team", ["subject", "body"]),
        ("Predict the team from the body of a mail", "body"),
        ("Predict the team from the subject line of a mail only", "subject"),
    ],
)
def test_a_draft_keeps_the_texts_that_are_named_or_hold_prose(
    request_: str, columns: str | list[str], tmp_path: Path
) -> None:
    made = drafted(request_, tmp_path)
    assert made.spec is not None
    assert made.spec["task"]["inputs"] == {"text": columns}
    assert made.spec["task"]["outputs"] == {"label": "team"}
    (told,) = [one for one in made.evidence if one.path == "/task/inputs/text"]
    assert told.quote == "subject and body" or "subject" in told.why


@pytest.mark.parametrize(
    ("request_", "columns"),
    [
        ("Classify support mails by subject and body into billing and other", ["subject", "body"]),
        ("Teile Mails anhand von Betreff und Nachricht in Rechnung und Sonstiges ein", ["Betreff", "Nachricht"]),
        ("Sort tickets, by their title and the description, into bug and wish", ["title", "description"]),
    ],
)
def test_a_request_alone_names_several_columns(request_: str, columns: list[str]) -> None:
    made = drafted(request_)
    assert made.spec is not None
    assert made.spec["task"]["inputs"] == {"text": columns}
    (told,) = [one for one in made.evidence if one.path == "/task/inputs/text"]
    assert told.status == "stated"


def test_numbers_beside_a_text_are_told(tmp_path: Path) -> None:
    rows = [{"note": f"The {THINGS[n % 4]} of day {n} works well", "age": n, "left": "yn"[n % 2]} for n in range(60)]
    pl.DataFrame(rows).write_csv(tmp_path / "notes.csv")
    made = draft(Request(text="Classify the notes by left", data="notes.csv"), tasks(), folder=tmp_path)
    told = {one.path: one.why for one in made.evidence}
    assert told["/task/inputs/text"].startswith("not read beside it: `age`; notes.csv has the columns")

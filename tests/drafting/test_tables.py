"""What the drafter fills in from a table: the columns that are read, and which task its target fits."""

from pathlib import Path

from trainerspec.catalog.load import tasks
from trainerspec.drafting import draft
from trainerspec.ir.draft import Request

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

"""Say in words who labelled the rows and how good their labels are: for the report, the model card and the gate."""

from collections.abc import Mapping

PERSON = "person"
FEW = 30
"""Rows of a test below which its figures are rough."""


def told(report: Mapping[str, object]) -> dict[str, str]:
    """Return what build/data/report.json says of labels; nothing where no row was labelled by a method.

    >>> judged = {"how": "rows held back", "rows": 9, "labelled": 8, "right": 7, "low": 0.53, "high": 0.98}
    >>> rows = {"people": 40, "labelled": 90, "left_out": 10}
    >>> splits = {"train": {"person": 20, "rules": 90}, "test": {"person": 20}}
    >>> about = {"rows": rows, "sources": {"person": 40}, "threshold": 0.8, "judged": judged, "splits": splits}
    >>> told({"labelled": about})["Right labels"]
    '7 of 8 (53% to 98%), of 9 rows held back'
    """
    about = report.get("labelled")
    if not isinstance(about, Mapping) or not about:
        return {}
    names = {PERSON: "people"}
    found = {f"Labelled by {names.get(name, name)}": f"{count:,}" for name, count in about["sources"].items()}
    found["Left out, no label being sure"] = f"{about['rows']['left_out']:,}"
    found["Least confidence of a label"] = f"{about['threshold']:.2f}"
    judged = about["judged"]
    interval = f"{judged['low']:.0%} to {judged['high']:.0%}"
    right = f"{judged['right']} of {judged['labelled']} ({interval})" if judged["labelled"] else "not known"
    found["Right labels"] = f"{right}, of {judged['rows']} {judged['how']}"
    for part, sources in about["splits"].items():
        listed = ", ".join(f"{count:,} by {names.get(name, name)}" for name, count in sources.items())
        found[f"Labels of {part}"] = listed
    return found


def doubtful(report: Mapping[str, object]) -> str:
    """Say that the test split holds labels of methods, or few of people; empty where neither is so.

    >>> doubtful({"labelled": {"splits": {"test": {"person": 4, "prototypes": 36}}}})
    '36 of 40 labels of the test split were given by no person'
    >>> doubtful({"labelled": {"splits": {"test": {"person": 10}}}})
    'the test split has only 10 rows, those that people labelled: answer more of labels/review.csv'
    """
    about = report.get("labelled")
    test = about["splits"]["test"] if isinstance(about, Mapping) and about else {}
    others = sum(count for name, count in test.items() if name != PERSON)
    if others:
        return f"{others} of {sum(test.values())} labels of the test split were given by no person"
    rows = sum(test.values())
    few = f"the test split has only {rows} rows, those that people labelled: answer more of labels/review.csv"
    return few if test and rows < FEW else ""

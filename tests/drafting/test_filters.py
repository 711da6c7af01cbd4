"""Row filters that a request states become `where` steps; what is unclear is asked."""

from pathlib import Path

import pytest

from trainerspec.catalog.load import tasks
from trainerspec.drafting import draft
from trainerspec.ir.draft import Request


@pytest.mark.parametrize(
    ("said", "wanted", "left"),
    [
        ("only the rows where size > 2.5", "size > 2.5", 60),
        ("only rows whose area is North", 'area == "North"', 40),
        ("without the rows whose area is South", 'not known(area) or area != "South"', 80),
        ("leaving out records with size at most 1", "not known(size) or size > 1", 100),
        ("only rows where the area is not missing", "known(area)", 80),
        ("ignoring rows where area is empty", "known(area)", 80),
        ("just those with an area equal to `South`", 'area == "South"', 40),
    ],
)
def test_a_filter_is_taken_over(tmp_path: Path, said: str, wanted: str, left: int) -> None:
    rows = [f"{n % 6 + 0.5},{('North', 'South', '')[n % 3]},{n * 7 % 11},{'ab'[n // 3 % 2]}" for n in range(120)]
    (tmp_path / "lakes.csv").write_text("\n".join(["size,area,depth,kind", *rows]), "utf-8")
    made = draft(Request(text=f"Predict `kind` from lakes.csv, {said}"), tasks(), folder=tmp_path)
    assert made.spec["data"]["clean"][-1] == {"where": wanted}
    assert made.spec["task"]["outputs"] == {"label": "kind"}
    assert any(one.why == f"{left} of 120 rows of lakes.csv are kept" for one in made.evidence)


def test_an_unclear_filter_is_asked_about(tmp_path: Path) -> None:
    (tmp_path / "lakes.csv").write_text("size,kind\n" + "1,a\n2,b\n" * 30, "utf-8")
    made = draft(
        Request(text="Predict `kind` from lakes.csv, only the rows where the colour is odd"), tasks(), folder=tmp_path
    )
    assert "clean" not in made.spec["data"]
    assert any("Which rows are meant by `" in one.question for one in made.questions)

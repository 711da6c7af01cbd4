"""A draft without a question is a spec that `check` and `plan` take: over tables and requests of many kinds."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from trainerspec.catalog.load import tasks
from trainerspec.cli.place import workplace
from trainerspec.compiler import compile_plan
from trainerspec.diagnostics.model import Stopped
from trainerspec.drafting import draft
from trainerspec.ir.draft import Request
from trainerspec.ir.source import Source
from trainerspec.language.printer import print_spec

ROWS = 90
DAYS = [date(2023, 1, 30) + timedelta(days=5 * (n * 37 % ROWS)) for n in range(ROWS)]
CELLS: dict[str, Callable[[int], str]] = {
    "whole": lambda n: str(n * 7 % 40),
    "decimal": lambda n: f"{n * 7 % 40 + 0.25 * (n % 3)}",
    "comma": lambda n: f"{n * 7 % 40},{n % 10}",
    "money": lambda n: f"€{n % 9 + 1}.{n * 211 % 1000:03}",
    "class": lambda n: ("red", "blue", "green")[n % 3],
    "spelled": lambda n: ("Red", "red ", "blue", "BLUE")[n % 4],
    "rare": lambda n: ("a", "b")[n % 2] if n > 1 else f"only{n}",
    "truth": lambda n: ("True", "False")[n % 2],
    "code": lambda n: ("01", "02", "10")[n % 3],
    "gaps": lambda n: "NA" if n % 5 == 0 else ("up", "down")[n % 2],
    "text": lambda n: f"the {('engine', 'invoice', 'brake')[n % 3]} of order {n} needs another look",
    "day": lambda n: f"{DAYS[n]:%d.%m.%Y}",
    "either": lambda n: f"{DAYS[n].day % 12 + 1:02}/{DAYS[n].month:02}/2023",
    "same": lambda n: "x",
    "number": lambda n: str(n + 1),
}
REQUESTS = (
    "Predict the column `y`",
    "Classify the rows by y",
    "Train a model that estimates y",
    "Sort them by y, split by time",
)
INPUTS = (("whole", "class"), ("text",), ("day", "comma", "number"), ("either", "money", "same"))


@pytest.mark.parametrize(
    "target", ["decimal", "comma", "money", "class", "spelled", "rare", "truth", "code", "gaps", "same"]
)
def test_a_draft_without_a_question_is_taken(tmp_path: Path, target: str) -> None:
    known = tasks()
    turn = list(CELLS).index(target) % len(REQUESTS)
    for at, (inputs, request) in enumerate(zip(INPUTS, REQUESTS[turn:] + REQUESTS[:turn], strict=True)):
        folder = tmp_path / str(at)
        folder.mkdir()
        rows = [";".join(CELLS[name](n) for name in (*inputs, target)) for n in range(ROWS)]
        (folder / "t.csv").write_text("\n".join([";".join((*inputs, "y")), *rows]) + "\n", "utf-8")
        made = draft(Request(text=request, data="t.csv"), known, folder=folder)
        if made.spec is None or made.questions or made.held:
            continue
        source = Source(name="trainer.yaml", text=print_spec(made.spec))
        try:
            with workplace(source, folder) as place:
                compile_plan(source, place)
        except Stopped as stopped:
            told = [one for one in stopped.diagnostics if one.severity == "error"]
            raise AssertionError(f"{request} of {inputs} and {target}: {told}\n{source.text}") from stopped

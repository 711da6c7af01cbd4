"""A port that stands for each column of a table: what is observed, decided and written into the contract."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from tests.passes.data import spec, text_task
from trainerspec.backends.params import columns, ports
from trainerspec.catalog.model import Port, Slot, Task
from trainerspec.diagnostics.model import Outcome
from trainerspec.ir.decision import Base, Decided, Pinned
from trainerspec.ir.facts import Observed
from trainerspec.ir.json import Json
from trainerspec.passes.observe import observe
from trainerspec.workspace.prober import DataProber

EACH = Port(name="", kind="column", datatype="", shape=(-1,), each="data.columns", optional=True)
ROWS = 40


@pytest.fixture
def task() -> Task:
    base = text_task()
    slot = Slot(path="data.columns", title="Columns read", schema={"type": "array"})
    contract = replace(base.contract, raw=(EACH,))
    return replace(base, inputs={}, contract=contract, slots={**base.slots, "data.columns": slot})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = {
        "row": range(ROWS),
        "name": [f"passenger {i}" for i in range(ROWS)],
        "ship": ["Titanic"] * ROWS,
        "age": [None if i % 5 == 0 else 20.5 + i for i in range(ROWS)],
        "siblings": [i % 3 for i in range(ROWS)],
        "key": ["" if i == 7 else "ab"[i % 2] for i in range(ROWS)],
        "adult": [i % 4 > 0 for i in range(ROWS)],
        "survived": ["yes" if i % 2 else "no" for i in range(ROWS)],
    }
    pl.DataFrame(rows).write_csv(tmp_path / "data.csv")
    return tmp_path


def run(folder: Path, task: Task, **slots: Json) -> Outcome[Observed]:
    given = replace(spec(slots=slots, path="data.csv"), inputs={}, outputs={"label": "survived"}, clean=())
    return observe(given, task, DataProber(folder=folder))


def test_what_tells_nothing_is_left_out_with_its_reason(folder: Path, task: Task) -> None:
    seen = run(folder, task).value
    assert seen is not None
    facts = {name: fact.value for name, fact in seen.profile.facts.items()}
    assert facts["columns.usable"] == ["age", "siblings", "key", "adult"]
    assert facts["columns.left_out"] == {
        "row": "it numbers the rows",
        "name": "40 different texts in 40 rows name the rows",
        "ship": "every row has the same value",
    }
    assert seen.profile.contract.hard["optional"] == ["age", "siblings", "key", "adult"]
    assert facts["kept"] == ROWS, "a missing value is no reason to drop a row"


def test_a_port_a_column(folder: Path, task: Task) -> None:
    seen = run(folder, task).value
    assert seen is not None
    usable = seen.profile.facts["columns.usable"].value
    pinned = Pinned(
        decided=Decided(observed=seen, decisions={}),
        labels=("no", "yes"),
        base=Base(id="x", sources=(), licence="MIT", card={}),
        values={"data.columns": usable},
    )
    made = list(ports(EACH, pinned, task))
    assert [(one["name"], one["datatype"], one.get("optional", False)) for one in made] == [
        ("age", "FP64", True),
        ("siblings", "INT64", False),
        ("key", "BYTES", True),
        ("adult", "BYTES", True),
    ]
    assert (made[0]["typical"], made[1]["typical"], made[2]["values"]) == (41.5, 1, ["a", "b"])
    assert columns(pinned, task)["key"] == "column.key", "the prepared table has a `key` of its own"


def test_what_people_wrote_is_a_text_and_neither_a_category_nor_a_name(folder: Path, task: Task) -> None:
    said = ["the parcel came late", "it came broken", "quick and kind", "call me back"]
    notes = [f"{said[i % 4]}, {said[i // 4 % 4]} ({i})" for i in range(ROWS)]
    table = pl.read_csv(folder / "data.csv").with_columns(note=pl.Series(notes))
    table.with_columns(long=pl.Series(said * 10)).write_csv(folder / "data.csv")
    seen = run(folder, task).value
    assert seen is not None
    facts = {name: fact.value for name, fact in seen.profile.facts.items()}
    assert facts["columns.texts"] == ["note"], "four different texts are categories, however long"
    usable = facts["columns.usable"]
    assert usable == ["age", "siblings", "key", "adult", "note", "long"]
    pinned = Pinned(
        decided=Decided(observed=seen, decisions={}),
        labels=("no", "yes"),
        base=Base(id="x", sources=(), licence="MIT", card={}),
        values={"data.columns": ["note", "key"], "data.texts": ["note"]},
    )
    assert [one.get("media_type") for one in ports(EACH, pinned, task)] == ["text/plain", None]


@pytest.mark.parametrize(
    ("named", "told"),
    [("nmae", "did you mean `name`?"), ("age", "it holds numbers"), ("key", "`data.columns` does not read it")],
)
def test_texts_that_the_author_names(folder: Path, task: Task, named: str, told: str) -> None:
    outcome = run(folder, task, **{"data.columns": ["age", "name"], "data.texts": [named]})
    (one,) = outcome.diagnostics
    assert one.code == "TS405"
    assert told in one.message + one.hint
    assert run(folder, task, **{"data.columns": ["age", "name"], "data.texts": ["name"]}).value is not None


@pytest.mark.parametrize(
    ("named", "code"), [(["aeg"], "TS405"), (["survived"], "TS213"), (["age", "key"], "")], ids=str
)
def test_columns_that_the_author_names(folder: Path, task: Task, named: list[Json], code: str) -> None:
    outcome = run(folder, task, **{"data.columns": named})
    assert [one.code for one in outcome.diagnostics] == ([code] if code else [])
    assert "did you mean `age`?" in "".join(one.hint for one in outcome.diagnostics) or named != ["aeg"]


def test_columns_that_the_author_excludes(folder: Path, task: Task) -> None:
    def excluding(*names: str) -> Outcome[Observed]:
        given = replace(spec(slots={}, path="data.csv"), inputs={}, outputs={"label": "survived"}, clean=())
        return observe(replace(given, exclude=names), task, DataProber(folder=folder))

    seen = excluding("age", "adult").value
    assert seen is not None
    facts = {name: fact.value for name, fact in seen.profile.facts.items()}
    assert facts["columns.usable"] == ["siblings", "key"]
    left_out = facts["columns.left_out"]
    assert isinstance(left_out, dict)
    assert left_out["age"] == "`data.exclude` names it"
    (one,) = excluding("aeg").diagnostics
    assert (one.code, one.hint) == ("TS405", "did you mean `age`?")


def test_columns_that_are_for_auditing_only(folder: Path, task: Task) -> None:
    def auditing(name: str) -> Outcome[Observed]:
        given = replace(spec(slots={}, path="data.csv"), inputs={}, outputs={"label": "survived"}, clean=())
        return observe(replace(given, audit=(name,)), task, DataProber(folder=folder))

    seen = auditing("age").value
    assert seen is not None
    assert seen.profile.facts["columns.usable"].value == ["siblings", "key", "adult"]
    left_out = seen.profile.facts["columns.left_out"].value
    assert isinstance(left_out, dict)
    assert left_out["age"] == "`data.audit` names it"
    (one,) = auditing("aeg").diagnostics
    assert (one.code, one.hint) == ("TS405", "did you mean `age`?")


def test_numbers_and_times_that_are_written_as_texts_are_told(folder: Path, task: Task) -> None:
    rows = pl.read_csv(folder / "data.csv").with_columns(
        pl.Series("age", ["?" if i % 5 == 0 else f" {20.5 + i}" for i in range(ROWS)]),
        pl.Series("sailed", [f"1912-04-{1 + i % 28:02}T08:{i:02}:00" if i % 9 else "n/a" for i in range(ROWS)]),
    )
    rows.write_csv(folder / "data.csv")
    seen = run(folder, task).value
    assert seen is not None
    types = seen.profile.contract.hard["columns"]
    assert isinstance(types, dict)
    assert {name: types[name] for name in ("age", "sailed", "key")} == {
        "age": "number",
        "sailed": "time",
        "key": "text",
    }


def test_a_column_that_gives_the_answer_away_is_an_error_unless_it_is_acknowledged(folder: Path, task: Task) -> None:
    rows = pl.concat([pl.read_csv(folder / "data.csv")] * 3).with_columns(row=pl.int_range(3 * ROWS) % 50)
    rows.with_columns(alive=pl.col("survived").replace({"yes": "alive", "no": "dead"})).write_csv(folder / "data.csv")
    found = run(folder, task)
    assert [one.code for one in found.diagnostics] == ["TS418", "TS418"]
    assert found.value is None
    assert [one.message for one in found.diagnostics] == [
        f"`{name}` gives `survived` away: each of its 2 values has one answer" for name in ("alive", "key")
    ]
    listed = run(folder, task, **{"data.columns": ["age", "alive"]})
    assert [(one.code, one.severity) for one in listed.diagnostics] == [("TS418", "error")]


def test_a_predicted_number_is_one(folder: Path, task: Task) -> None:
    answer = (Port(name="value", kind="number", datatype="FP32", shape=(-1,), role="label"),)
    numbers = replace(task, labels="none", contract=replace(task.contract, answer=answer))
    found = run(folder, numbers)
    assert [one.code for one in found.diagnostics] == ["TS417"]

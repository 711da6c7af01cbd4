"""The stage `checks` finds in a project what the compiler finds in its data, and stops before anything is trained."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.checking import made
from tests.checking.look import SPECS
from tests.templates import folders
from trainerspec.backends.params import document
from trainerspec.checking.findings import document as plain
from trainerspec.cli.place import workplace
from trainerspec.compiler import compile_plan
from trainerspec.ir.source import Source
from trainerspec.language.yaml import dump

DEEP = ("near-", "label-error", "split-drift", "unseen-values")
"""Beginnings of the codes that the stage alone finds."""
TASKS = {
    "table": "tabular-classification", "text": "text-classification", "picture": "image-classification",
    "tags": "token-classification", "box": "visual-grounding",
}  # fmt: skip


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    known: dict[str, Path] = {}

    def of(kind: str) -> Path:
        if kind not in known:
            known[kind] = folders.modules(tmp_path_factory.mktemp(kind), TASKS[kind])
        return known[kind]

    return of


def table(folder: Path) -> str:
    rows = made.table()
    for row in (11, 57, 130):
        rows["age"][row] = -999
        rows["y"][row] = rows["y"][row].upper()
    return made.write(folder, "t.csv", rows)


def texts(folder: Path) -> str:
    rows = made.texts()
    rows["text"][57] = "Write to ada@post.fr, fÃ¼r alle."
    return made.write_texts(folder, rows)


def pictures(folder: Path) -> str:
    made.pictures(folder)
    (folder / "shapes" / "round" / "007.png").write_bytes(b"")
    return "shapes"


def tags(folder: Path) -> str:
    sentences = made.tags()
    sentences[7][0] = ("Ada", "I-PER")
    return made.write_tags(folder, sentences)


def boxes(folder: Path) -> str:
    rows = made.boxes(folder)
    rows[7]["box"] = [50, 50, 20, 20]
    return made.write_boxes(folder, rows)


DATA: dict[str, tuple[Callable[[Path], str], set[str]]] = {
    "table": (table, {"sentinel-value", "label-spellings", "rare-class"}),
    "text": (texts, {"personal-data", "broken-characters"}),
    "picture": (pictures, {"unreadable-picture"}),
    "tags": (tags, {"tag-without-begin"}),
    "box": (boxes, {"box-reversed"}),
}


@pytest.mark.parametrize("kind", DATA)
def test_the_stage_finds_what_the_compiler_finds(
    kind: str, tmp_path: Path, modules: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    write, codes = DATA[kind]
    planned = project(kind, write(tmp_path), tmp_path)
    monkeypatch.chdir(tmp_path)
    with folders.importable(modules(kind)):
        from pipeline import checks, prepare

        prepare.main()
        checks.main()
    stage = json.loads((tmp_path / "build" / "checks.json").read_text("utf-8"))
    assert stage["scope"] == "deep"
    assert found(stage) == found(planned)
    assert codes <= {code for code, _, _ in found(planned)}
    assert json.loads((tmp_path / "build" / "checked.json").read_text("utf-8")) == {"stopped": []}


def test_a_leak_that_came_after_the_build_stops_the_training(
    tmp_path: Path, modules: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = made.table()
    project("table", made.write(tmp_path, "t.csv", rows), tmp_path)
    rows["visits"] = [int(label == "stay") + row % 2 * 2 for row, label in enumerate(rows["y"])]
    made.write(tmp_path, "t.csv", rows)
    monkeypatch.chdir(tmp_path)
    with folders.importable(modules("table")):
        from pipeline import checks, prepare
        from pipeline.base.failure import Failure

        prepare.main()
        with pytest.raises(Failure) as stopped:
            checks.main()
    assert (stopped.value.code, "`visits` gives `y` away" in stopped.value.message) == ("TS849", True)
    assert not (tmp_path / "build" / "checked.json").exists()
    assert json.loads((tmp_path / "build" / "checks.json").read_text("utf-8"))["counts"]["error"] == 1


def test_what_is_accepted_stands_in_the_report_and_on_the_card(
    tmp_path: Path, modules: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = made.table()
    rows["visits"] = [int(label == "stay") + row % 2 * 2 for row, label in enumerate(rows["y"])]
    more = ", checks: {acknowledge: [{code: target-copy, columns: [visits], because: known | before}]}"
    project("table", made.write(tmp_path, "t.csv", rows), tmp_path, more)
    monkeypatch.chdir(tmp_path)
    with folders.importable(modules("table")):
        from pipeline import checks, prepare
        from pipeline.base import params
        from pipeline.packaging.card import accepted
        from pipeline.reporting.report import checked

        prepare.main()
        checks.main()
        page, card = checked(tmp_path / "build" / "checks.json"), accepted(params.load())
    assert "<td>target-copy</td>" in page
    assert "accepted: known | before" in page
    assert card.splitlines()[-1] == r"| `target-copy` | `visits` | known \| before |"


def project(kind: str, source: str, folder: Path, more: str = "") -> dict[str, Any]:
    """Write params.yaml as a build does, and return what the plan's checks found."""
    text = f"trainerspec: 1\nname: x\n{SPECS[kind]}\n".replace("SOURCE", source).replace("MORE", more)
    with workplace(Source(name="trainer.yaml", text=text), folder) as place:
        planned = compile_plan(Source(name="trainer.yaml", text=text), place)
    (folder / "params.yaml").write_bytes(dump(document(planned.plan, planned.task), heading=""))
    return plain(planned.pinned.decided.observed.profile.checks)


def found(checks: dict[str, Any]) -> list[tuple[str, str, list[tuple[str, int | None]]]]:
    """List the findings that both sides can have, each with its message and rows."""
    return [
        (one["code"], one["message"], [(row["file"], row.get("line")) for row in one["rows"]])
        for one in checks["findings"]
        if not one["code"].startswith(DEEP)
    ]

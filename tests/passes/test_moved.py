"""Files of custom/ that were written for an earlier layout are named with their new path."""

import pytest

from tests import handmade
from trainerspec import assets
from trainerspec.diagnostics.model import Diagnostic
from trainerspec.language.yaml import load
from trainerspec.passes.plan import plan

MODEL = (assets.folder("templates") / "text-classification/project/pipeline/task/model.py").read_bytes()


def told(custom: dict[str, bytes]) -> list[Diagnostic]:
    return list(plan(handmade.pinned(), handmade.task(), custom).diagnostics)


def test_every_module_that_moved_is_there_and_its_old_path_is_not() -> None:
    templates = assets.folder("templates")
    there = {path.as_posix().partition("/pipeline/")[2] for path in templates.glob("*/project/pipeline/**/*.*")}
    table = load((templates / "_shared" / "moved.yaml").read_bytes())
    assert {new for new in table.values() if new not in there} == set()
    assert {old for old in table if old in there} == set()


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        (
            "pipeline/classification.py",
            "is `pipeline/reporting/classification_metrics.py` now: move yours to `custom/p",
        ),
        ("pipeline/tables.py", "that file is `pipeline/dataset/table_files.py` now"),
        ("pipeline/page.html", "that file is `pipeline/server/page.html` now"),
        ("pipeline/task/modle.py", "did you mean `pipeline/task/model.py`?"),
        ("pipeline/zzzzzzzzzzzzzzzzz/qqqqqqqqqqqqqqq.json", "move it out of custom/pipeline/"),
    ],
)
def test_a_file_that_replaces_nothing_is_refused(path: str, hint: str) -> None:
    (one,) = told({path: b""})
    assert (one.code, one.file) == ("TS605", f"custom/{path}")
    assert hint in one.hint


@pytest.mark.parametrize(
    ("line", "module", "new"),
    [
        ("from pipeline.params import load", "pipeline.params", "pipeline.base.params"),
        ("from pipeline import params", "pipeline.params", "pipeline.base.params"),
        ("import pipeline.params as settings", "pipeline.params", "pipeline.base.params"),
        ("from pipeline.training import batches", "pipeline.training", "pipeline.training.recipe"),
    ],
)
def test_an_import_of_a_module_that_moved_is_refused(line: str, module: str, new: str) -> None:
    for custom in (
        {"model.py": f"{line}\n".encode() + MODEL},
        {"model.py": b"import custom.a\n", "a.py": line.encode()},
    ):
        (one,) = told(custom)
        assert (one.code, one.message) == ("TS606", f"line 1 imports `{module}`, which this project does not have")
        assert one.hint == f"it is `{new}` now"


def test_what_fits_is_taken() -> None:
    lines = [
        "from pipeline.training import loop",
        "from pipeline.training.recipe import Settings",
        "import custom.pipeline.x",
    ]
    own = MODEL + "\n".join(["", *lines, ""]).encode()
    files = {"pipeline/x.py": b"", "pipeline/__init__.py": b"", "unused.py": b"import pipeline.params"}
    assert told({"model.py": own, **files}) == []

"""The closure of imports: what a stage depends on, and what is emitted."""

import importlib.util
from pathlib import Path

import pytest

from tests import handmade
from trainerspec import assets
from trainerspec.passes.import_graph import closure, needed

SOURCES = {
    "pipeline/train.py": "def main():\n    from pipeline.base import lazy\n",
    "pipeline/base/lazy.py": "import importlib\n\nimportlib.import_module('pipeline.task.model')\n",
    "pipeline/task/model.py": "import custom.layers\nfrom . import head\nfrom ..base.files import read\n",
    "pipeline/task/head.py": "PAGE = 'page.html'\nOTHER = '../page.html'\n",
    "pipeline/task/page.html": "from pipeline import unused",
    "pipeline/base/files.py": "read = write = None",
    "pipeline/unused.py": "",
    "custom/layers.py": "from custom.deep import one",
    "custom/deep/__init__.py": "one = 1",
    "custom/notes.py": "",
}


def files(root: str) -> set[str]:
    return set(closure([root], SOURCES, lambda path: needed(SOURCES[path].encode(), path)))


def test_the_closure_follows_every_kind_of_import():
    left_out = {"pipeline/unused.py", "custom/notes.py"}
    assert files("pipeline/train.py") == set(SOURCES) - left_out


def test_packages_run_when_a_module_of_theirs_is_imported():
    assert {"pipeline/__init__.py", "pipeline/base/__init__.py"} <= set(needed(b"", "pipeline/base/files.py"))


def test_a_module_that_does_not_parse_needs_nothing_more():
    assert set(needed(b"from pipeline import (", "pipeline/x.py")) == {"pipeline/__init__.py"}


def test_circles_end():
    circle = {"pipeline/a.py": b"import pipeline.b", "pipeline/b.py": b"import pipeline.a"}
    assert closure(["pipeline/a.py"], circle, lambda path: needed(circle[path], path)) == frozenset(circle)


@pytest.fixture
def emitted_reader(tmp_path: Path):
    """Load the emitted reader, with the files of SOURCES as its project."""
    for path, text in SOURCES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    path = assets.folder("templates") / "_shared/project/pipeline/base/imports.py"
    spec = importlib.util.spec_from_file_location("emitted_imports", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.ROOT = tmp_path
    return module


def test_the_emitted_reader_finds_the_same(emitted_reader, tmp_path):
    for root in SOURCES:
        found = {path.relative_to(tmp_path).as_posix() for path in emitted_reader.reached(root)}
        assert found == files(root), root


def test_what_is_left_out_brings_nothing(emitted_reader, tmp_path):
    found = {path.name for path in emitted_reader.reached("pipeline/train.py", without=["custom/layers.py"])}
    assert "head.py" in found
    assert not {"layers.py", "deep"} & found


def test_a_wrong_metric_in_custom_reaches_both_scorings():
    """Each stage that imports an ejected module, directly or not, depends on it."""
    target = "pipeline/reporting/classification_metrics.py"
    planned = handmade.planned({target: b"def scores(): return {'accuracy': 1.0}"})
    reads = {stage.name for stage in planned.stages if target in stage.deps}
    assert {"evaluate", "test", "optimize", "train"} <= reads
    assert not {"prepare", "machine", "gate"} & reads

"""The closure of imports: what a stage depends on, and what is emitted."""

import importlib.util
from pathlib import Path

import pytest

from tests import handmade
from trainerspec import assets
from trainerspec.backends import pins
from trainerspec.passes.import_graph import closure, values_read
from trainerspec.passes.module import read_module

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
    return set(closure([root], SOURCES, lambda path: read_module(SOURCES[path].encode(), path)))


def test_the_closure_follows_every_kind_of_import():
    left_out = {"pipeline/unused.py", "custom/notes.py"}
    assert files("pipeline/train.py") == set(SOURCES) - left_out


def test_packages_run_when_a_module_of_theirs_is_imported():
    assert {"pipeline/__init__.py", "pipeline/base/__init__.py"} <= set(
        read_module(b"", "pipeline/base/files.py").needed
    )


def test_a_module_that_does_not_parse_needs_nothing_more():
    assert set(read_module(b"from pipeline import (", "pipeline/x.py").needed) == {"pipeline/__init__.py"}


def test_circles_end():
    circle = {"pipeline/a.py": b"import pipeline.b", "pipeline/b.py": b"import pipeline.a"}
    assert closure(["pipeline/a.py"], circle, lambda path: read_module(circle[path], path)) == frozenset(circle)


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


READING = {
    "pipeline/train.py": """
from pipeline.base import params
from pipeline.task import model
SLOT = "model.train."
def main():
    settings = params.load()
    model.build(settings)
    settings.integer(SLOT + "epochs"), settings.number(f"model.{'x'}.y"), settings.record("serve")
    return {part: settings.value(part) for part in ("labels", "monitor")}
def never(settings): return settings.text("name")
if __name__ == "__main__":
    main()
""",
    "pipeline/task/model.py": """
from pipeline.base.params import helper as helping
def build(settings): return Network(settings)
class Network:
    def __init__(self, settings): self.width = helping(settings) + settings.integer("data.max_length")
def served(settings): return settings.text("version")
if __name__ == "__main__":
    print(params.load().text("task"))
""",
    "pipeline/base/params.py": """
def load(): return 1
def helper(settings):
    slot = "data."
    for name in ("a", "b"):
        settings.text(slot + name)
    return settings.text(f"data.split.{anything()}")
""",
}


def test_values_are_those_of_the_code_that_a_stage_runs():
    def read(path):
        return read_module(READING[path].encode(), path)

    found = values_read(["pipeline/train.py"], READING, read)
    assert found == {
        *("model.train.epochs", "model.x.y", "labels", "monitor", "data.max_length"),
        *("data.a", "data.b", "data.split"),
    }


def test_a_module_that_reads_another_slot_makes_it_a_parameter_of_its_stages():
    """No list has to be kept: a read that is not covered cannot go stale."""
    before = {stage.name: set(stage.params) for stage in handmade.planned().stages}
    assert not any("serve.replicas" in names for names in before.values())
    source = (assets.folder("templates") / "text-classification/project/pipeline/task/data.py").read_bytes()
    code = b"def truth(frame, labels):\n    return load().integer('serve.replicas')\n"
    own = {"pipeline/task/data.py": source + b"\nfrom pipeline.base.params import load\n" + code}
    after = {stage.name: set(stage.params) for stage in handmade.planned(own).stages}
    assert {name for name in after if "serve.replicas" in after[name]} == {"train", "optimize", "evaluate", "test"}


def test_a_stage_depends_on_the_pins_that_it_uses_and_no_others(monkeypatch):
    planned = handmade.planned()
    uses = {stage.name: {one for one in stage.params if one.startswith("packages.")} for stage in planned.stages}
    assert {"packages.torch", "packages.lightning", "packages.tokenizers"} <= uses["train"]
    assert "packages.torch" not in uses["evaluate"]
    assert {"packages.onnxruntime", "packages.scikit-learn"} <= uses["evaluate"]
    assert uses["prepare"] >= {"packages.polars"}
    assert not any("constraints.txt" in stage.deps for stage in planned.stages)
    assert [stage.name for stage in planned.stages if "requirements-image.txt" in stage.deps] == ["package"]
    versions = {**pins.pins(), "matplotlib": "0.1"}
    monkeypatch.setattr(pins, "pins", lambda: versions)
    after = handmade.planned()
    changed = {name for name in after.packages if after.packages[name] != planned.packages[name]}
    rerun = {stage for stage, names in uses.items() if names & {f"packages.{name}" for name in changed}}
    assert "matplotlib" in changed
    assert {"evaluate", "test"} <= rerun
    assert not {"prepare", "export", "machine"} & rerun

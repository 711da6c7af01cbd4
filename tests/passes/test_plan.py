"""plan: files and stages, chosen from the pinned spec."""

from dataclasses import replace

import pytest

from tests import handmade
from trainerspec.backends.params import params
from trainerspec.catalog.model import Variant
from trainerspec.ir.declared import Stage, WeightSource
from trainerspec.passes.plan import plan, upstream


def codes(task, custom=None, **changes):
    return [one.code for one in plan(handmade.pinned(**changes), task, custom or {}).diagnostics]


def origin(plan, target):
    return next(choice.origin for choice in plan.copies if choice.target == target)


def test_the_source_is_a_dependency_of_the_stage_that_reads_it():
    prepare = handmade.planned().stages[0]
    assert prepare.name == "prepare"
    assert prepare.deps[0] == "data/articles"


def test_stages_follow_those_they_read_from():
    stages = handmade.planned().stages
    place = {stage.name: number for number, stage in enumerate(stages)}
    for name, earlier in upstream(stages).items():
        assert all(place[one] < place[name] for one in earlier)
    assert upstream(stages)["package"] >= {"gate", "optimize"}


@pytest.mark.parametrize(
    ("changes", "target", "file"),
    [
        ({}, "pipeline/train.py", "text-classification/project/pipeline/train.py"),
        ({"strategy": "frozen-features"}, "pipeline/train.py", "text-classification/variants/train_features.py"),
        ({"strategy": "from-scratch"}, "pipeline/task/model.py", "text-classification/variants/model_scratch.py"),
        ({"base": "scratch-cnn"}, "pipeline/task/model.py", "text-classification/variants/model_scratch.py"),
    ],
)
def test_a_choice_of_code_picks_a_whole_file(changes, target, file):
    assert origin(handmade.planned(**changes), target) == file


def test_custom_files_replace_hooks_by_name_and_the_rest_by_path():
    custom = {"model.py": b"a", "pipeline/train.py": b"b", "notes.txt": b"c"}
    planned = handmade.planned(custom, strategy="from-scratch")
    assert origin(planned, "pipeline/task/model.py") == "custom/model.py"
    assert origin(planned, "pipeline/train.py") == "custom/pipeline/train.py"
    assert set(planned.hooks) == {"model.py", "pipeline/train.py"}


def test_what_a_custom_file_imports_is_a_dependency_where_it_is_used():
    planned = handmade.planned({"model.py": b"from custom import layers", "layers.py": b"b", "unused.py": b"c"})
    deps = {stage.name: stage.deps for stage in planned.stages}
    assert "custom/layers.py" in deps["train"]
    assert "custom/layers.py" not in deps["prepare"]
    assert not [name for name, read in deps.items() if "custom/unused.py" in read]


def test_a_condition_that_cannot_be_known_is_told():
    task = handmade.with_task(variants=(Variant(target="pipeline/train.py", file="x.py", when="model.depth > 3"),))
    assert codes(task) == ["TS601"]


def test_stages_in_a_circle_are_told():
    one = Stage(name="one", title="One", cmd="true", deps=("b",), params=(), outs=("a",))
    two = Stage(name="two", title="Two", cmd="true", deps=("a",), params=(), outs=("b",))
    assert codes(handmade.with_task(stages=(one, two))) == ["TS602"]


def test_a_parameter_that_nothing_gives_is_told():
    stage = Stage(name="one", title="One", cmd="true", deps=(), params=("model.depth", "model.train"), outs=())
    assert codes(handmade.with_task(stages=(stage,))) == ["TS603"]


def test_weights_are_inputs_by_their_digest_or_as_a_folder():
    trained = next(stage for stage in handmade.planned().stages if stage.name == "train")
    assert "model.base.sources" in trained.params
    base = handmade.pinned().base
    assert len(base.sources[0].sha256["model.safetensors"]) == 64
    assert params(handmade.pinned(), handmade.task())["model"]["base"]["sources"][0]["sha256"]
    local = replace(base, sources=(WeightSource(kind="path", name="weights", revision="", path="minilm"),))
    planned = plan(replace(handmade.pinned(), base=local), handmade.task(), {}).value
    reads = {stage.name for stage in planned.stages if "weights/minilm" in stage.deps}
    assert "train" in reads
    assert "evaluate" not in reads

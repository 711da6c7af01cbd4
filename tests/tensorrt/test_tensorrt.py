"""Every task's graph parses and compiles with the real TensorRT-RTX; what does not is named by node and line."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import TensorProto, helper
from ruamel.yaml import YAML

from tests import needs
from tests.templates import folders
from trainerspec import assets
from trainerspec.catalog.load import tasks
from trainerspec.diagnostics.model import Stopped
from trainerspec.doctor import tensorrt

ROOT = Path(__file__).parents[2]
HERE = os.environ.get(tensorrt.VARIABLE) or str(ROOT / tensorrt.FOLDER / "bin" / "python")
real = pytest.mark.usefixtures("library")
CARDS = [(name, card) for name, task in tasks().items() for card in task.cards]
STAGES = ("prepare", "train", "export", "optimize")


@pytest.fixture(scope="session")
def library() -> None:
    """Look for TensorRT-RTX's environment."""
    if not Path(HERE).exists():
        needs.missing(f"TensorRT-RTX (in {tensorrt.FOLDER}, or for {tensorrt.VARIABLE})", "make .venv-tensorrt/.ready")


@pytest.fixture(autouse=True)
def _library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tensorrt.VARIABLE, HERE)


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    """Return a project of a task and a card, trained for one epoch on the sample data."""
    made: dict[tuple[str, str], Path] = {}

    def export(task: str, card: str) -> Path:
        if (task, card) not in made:
            folder = tmp_path_factory.mktemp(task) / card
            made[task, card] = folder
            folder.mkdir()
            spec: dict[str, Any] = YAML(typ="safe").load((folders.TEMPLATES / task / "example.yaml").read_text())
            if card != spec["model"]["base"]:
                for slot in spec["data"].keys() - {"source", "layout", "clean", "split"}:
                    del spec["data"][slot]
            spec["model"] = {"base": card, "train": {"epochs": 1}}
            spec["serve"] = {**spec["serve"], "engine": "tensorrt"}
            spec["serve"].pop("precision", None)
            YAML().dump(spec, folder / "trainer.yaml")
            folders.sample(task).write(folder / "data")
            done = folders.call(folder, "trainerspec", "build")
            assert done.returncode == 0, done.stdout + done.stderr
            folders.stages(folder, *STAGES)
        return made[task, card]

    return export


@pytest.mark.tensorrt
@pytest.mark.slow
@real
@pytest.mark.parametrize(("task", "card"), CARDS)
def test_the_graph_of_every_task_and_card_compiles(exported: Callable[[str, str], Path], task: str, card: str) -> None:
    found = tensorrt.examine(exported(task, card))
    assert found.refused == ()
    assert found.layers > 0
    assert found.engine_bytes > 10_000


@pytest.mark.tensorrt
@pytest.mark.slow
@real
def test_an_operator_that_is_refused_is_named_with_its_line(
    exported: Callable[[str, str], Path], tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    shutil.copytree(exported("text-classification", "scratch-cnn"), folder)
    shutil.rmtree(folder / "build" / "artifact")
    path = folder / "pipeline" / "task" / "model.py"
    wanted = "return torch.softmax(self.model(input_ids, attention_mask), dim=-1)"
    text = path.read_text()
    assert wanted in text
    strange = "return torch.det(attention_mask[:, :1].float().unsqueeze(-1)).unsqueeze(1) * "
    path.write_text(text.replace(wanted, wanted.replace("return ", strange)))
    folders.stages(folder, "export")
    line = 1 + path.read_text().split(strange)[0].count("\n")
    (one,) = tensorrt.examine(folder).refused
    assert (one.code, "`Det`" in one.message) == ("TS898", True)
    assert f"(pipeline/task/model.py:{line})" in one.message


def graph(path: Path, kind: int, *nodes: onnx.NodeProto) -> Path:
    """Write a graph from `x` to `y`."""
    ports = [helper.make_tensor_value_info("x", kind, ["n", 3, 3]), helper.make_tensor_value_info("y", kind, None)]
    made = helper.make_graph(list(nodes), "g", ports[:1], ports[1:])
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.save(model, path)
    return path


@pytest.mark.tensorrt
@real
def test_every_refused_node_is_named(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Relu", ["x"], ["a"], name="fine"),
        helper.make_node("Det", ["a"], ["b"], name="determinant"),
        helper.make_node("Unique", ["b"], ["y"]),
    ]
    found = tensorrt.examine(graph(tmp_path / "two.onnx", TensorProto.FLOAT, *nodes)).refused
    assert [one.message for one in found] == [
        "TensorRT refuses the operator `Det` of node `determinant`: TensorRT has no such operator",
        "TensorRT refuses the operator `Unique` of node `the node that gives y`: TensorRT has no such operator",
    ]


@pytest.mark.tensorrt
@real
def test_texts_are_refused_by_the_name_of_the_input(tmp_path: Path) -> None:
    found = tensorrt.examine(graph(tmp_path / "t.onnx", TensorProto.STRING, helper.make_node("Identity", ["x"], ["y"])))
    assert [one.message for one in found.refused] == ["TensorRT refuses STRING input `x`: TensorRT has no texts"]


def test_without_the_library_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(tensorrt.VARIABLE)
    monkeypatch.chdir(tmp_path)
    path = graph(tmp_path / "one.onnx", TensorProto.FLOAT, helper.make_node("Relu", ["x"], ["y"]))
    with pytest.raises(Stopped) as stopped:
        tensorrt.examine(path)
    (one,) = stopped.value.diagnostics
    assert one.code == "TS897"
    assert "pip install --no-deps onnxruntime-ep-nv-tensorrt-rtx-cu13==" in one.hint
    monkeypatch.setenv(tensorrt.VARIABLE, "/nowhere/python")
    with pytest.raises(Stopped, match="TS897"):
        tensorrt.examine(path)


def test_a_folder_without_a_graph(tmp_path: Path) -> None:
    with pytest.raises(Stopped, match="TS896"):
        tensorrt.examine(tmp_path)


def test_the_hint_names_the_pinned_packages() -> None:
    listed = (ROOT / "requirements-tensorrt.txt").read_text().splitlines()
    assert [line for line in listed if line and not line.startswith("#")] == list(tensorrt.PACKAGES)
    pins = assets.constraints().read_text().split()
    assert [one for one in tensorrt.PACKAGES[2:] if one not in pins] == [], "as the project pins them"

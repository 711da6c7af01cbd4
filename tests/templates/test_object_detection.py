"""Object detection: layouts and their faults, boxes there and back, what is suppressed, COCO's measures, the losses."""

import io
import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

from tests import needs
from tests.templates import folders

TASK = "object-detection"
LABELS = ("ball", "box", "tent")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the task's modules over the shared ones."""
    return folders.modules(tmp_path_factory.mktemp("project"), TASK)


@pytest.fixture(autouse=True)
def modules(folder: Path) -> Iterator[None]:
    with folders.importable(folder):
        yield


def module(name: str) -> Any:
    return import_module(f"pipeline.{name}")


def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str) -> pl.DataFrame:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text("options: {}\n")
    found: pl.DataFrame = module("task.data").read(
        Path("scenes"), layout, {"image": "file" if layout == "table" else "image"}, {"label": "label", "box": "box"}
    )
    return found


def test_all_layouts_hold_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    for layout in ("coco", "yolo", "voc", "table"):
        place = tmp_path / layout
        place.mkdir()
        folders.sample(TASK).write(place, layout, scenes=12)
        frame = read(place, monkeypatch, layout)
        assert frame.height == 12
        assert frame["__problem"].null_count() == 12
        truth = module("task.data").truth(frame.rename({"file": "image"}) if layout == "table" else frame, LABELS)
        order = np.argsort(frame.to_series(0 if layout != "table" else frame.get_column_index("file")).to_numpy())
        seen.append(truth[order])
    assert (seen[0][:, :, 0] > 0).sum() > 12
    assert any((row[:, 0] == 0).all() for row in seen[0]), "a picture without objects is an example"
    for other in seen[1:]:
        np.testing.assert_allclose(other, seen[0], atol=1e-3)


def picture(path: Path, size: tuple[int, int] = (100, 50)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.effect_noise(size, 40).save(path)


def test_boxes_that_cannot_be_used_are_left_out_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    boxes = [[0, 0, 20, 20]] * 20 + [[5, 5, 10, 10], [5, 5, 10, 10], [200, 5, 10, 10], [5, 5, 0, 9], [90, 5, -20, 9]]
    for name in range(21):
        picture(tmp_path / f"scenes/{name}.png", (100, 50 + name))
    images = [{"id": at, "file_name": f"{at}.png"} for at in range(21)]
    marks = [{"image_id": min(at, 20), "category_id": 1, "bbox": box} for at, box in enumerate(boxes)]
    marks += [{"image_id": 20, "category_id": 9, "bbox": [1, 1, 9, 9]}]
    tree = {"images": images, "annotations": marks, "categories": [{"id": 1, "name": "ball"}]}
    (tmp_path / "scenes/instances.json").write_text(json.dumps(tree))
    frame = read(tmp_path, monkeypatch, "coco")
    assert frame["box"].list.len().to_list() == [1] * 21
    told = frame["__partly"].to_list()[20]
    assert [one.rpartition("` ")[2] for one in told] == [
        *("is there twice", "lies outside", "has no width or height", "has its corners in reverse order"),
        "is of no class",
    ]
    said = capsys.readouterr().out
    assert "note: 1 boxes: each is there twice" in said
    assert "note: 1 boxes: each lies outside" in said


def test_boxes_of_another_form_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture(tmp_path / "scenes/a.png")
    lines = ["file,label,x0,y0,x1,y1", *["a.png,ball,60,10,30,20"] * 5]
    (tmp_path / "scenes/objects.csv").write_text("\n".join(lines))
    with pytest.raises(module("base.failure").Failure, match="5 of 5 boxes in `scenes` are not inside their pictures"):
        read(tmp_path, monkeypatch, "table")


def encoded(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def test_objects_are_told_in_pixels_of_the_picture() -> None:
    processor = module("task.processing").Processor(labels=LABELS, side=64, threshold=0.4)
    wide = encoded(Image.new("RGB", (128, 64)))  # in the square: 64 x 32 pixels, from row 16
    boxes = np.array([[[0.5, 0.25, 1.0, 0.75], [0.5, 0.25, 0.99, 0.75], [0.0, 0.0, 0.2, 0.2], [0, 0.3, 0.1, 0.4]]])
    scores = np.array([[[0.9, 0.0, 0.0], [0.8, 0.7, 0.0], [0.95, 0.0, 0.0], [0.0, 0.0, 0.2]]])
    (found,) = processor.decode({"boxes": boxes, "scores": scores}, {"image": [wide]})["objects"]
    assert [(one["label"], one["score"]) for one in found] == [("ball", 0.9), ("box", 0.7)]
    assert found[0]["box"] == [64.0, 0.0, 128.0, 64.0], "what lies in the grey around the picture is no object"
    settled = processor.settle({"boxes": boxes, "scores": scores}, {"image": [wide]})
    assert settled["classes"].tolist() == [[1, 2, 3]]
    assert settled["told"].tolist() == [[True, True, False]]


def made(chance: np.random.Generator, pictures: int, classes: int) -> tuple[Any, dict[str, Any]]:
    """Return wanted boxes of all sizes, and found ones that fit some of them more or less."""
    truth = np.zeros((pictures, 6, 5))
    count, found = 14, {"boxes": np.zeros((pictures, 14, 4)), "classes": np.zeros((pictures, 14), dtype=np.int64)}
    for row in range(pictures):
        for at in range(chance.integers(0, 6)):
            corner, size = chance.uniform(0, 150, 2), chance.choice([12, 25, 50, 130]) * chance.uniform(0.8, 1.2, 2)
            truth[row, at] = [chance.integers(1, classes + 1), *corner, *(corner + size)]
        for at in range(count):
            near = truth[row, chance.integers(0, 6)]
            box = near[1:] + chance.normal(0, 4, 4) if near[0] and chance.random() < 0.7 else np.zeros(4)
            low = chance.uniform(0, 200, 2)
            box = box if (box[2:] > box[:2]).all() else np.concatenate([low, low + chance.uniform(5, 120, 2)])
            right = near[0] and chance.random() < 0.8
            found["boxes"][row, at] = box
            found["classes"][row, at] = near[0] if right else chance.integers(1, classes + 1)
    # scores of two digits: some are equal
    found["scores"] = np.sort(chance.uniform(0, 1, (pictures, count)).round(2))[:, ::-1] + 0.01
    found["told"] = found["scores"] >= 0.5
    return truth, found


def as_coco(truth: Any, found: dict[str, Any], classes: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the same as COCO's objects."""
    images = [{"id": row + 1, "width": 300, "height": 300} for row in range(len(truth))]
    marks, said = [], []
    for row in range(len(truth)):
        for kind, x0, y0, x1, y1 in truth[row][truth[row, :, 0] > 0].tolist():
            about = {"bbox": [x0, y0, x1 - x0, y1 - y0], "area": (x1 - x0) * (y1 - y0), "iscrowd": 0}
            marks.append({"id": len(marks) + 1, "image_id": row + 1, "category_id": int(kind), **about})
        for box, kind, score in zip(found["boxes"][row], found["classes"][row], found["scores"][row], strict=True):
            x0, y0, x1, y1 = box.tolist()
            about = {"bbox": [x0, y0, x1 - x0, y1 - y0], "score": float(score)}
            said.append({"image_id": row + 1, "category_id": int(kind), **about})
    categories = [{"id": kind, "name": str(kind)} for kind in range(1, classes + 1)]
    return {"images": images, "annotations": marks, "categories": categories, "info": {}}, said


@pytest.mark.parametrize("library", ["pycocotools", "faster_coco_eval"])
def test_the_measures_are_those_of_coco(library: str, capsys: pytest.CaptureFixture[str]) -> None:
    needs.packages(library)
    classes = 4
    truth, found = made(np.random.default_rng(3), 40, classes)
    values = module("task.metrics").measure(truth, found, [f"k{number}" for number in range(classes)])
    tree, said = as_coco(truth, found, classes)
    if library == "pycocotools":
        coco, evaluation = import_module("pycocotools.coco").COCO, import_module("pycocotools.cocoeval").COCOeval
    else:
        own = import_module("faster_coco_eval")
        coco, evaluation = own.COCO, own.COCOeval_faster
    wanted = coco() if library == "pycocotools" else coco(tree)
    if library == "pycocotools":
        wanted.dataset = tree
        wanted.createIndex()
    run = evaluation(wanted, wanted.loadRes(said), "bbox")
    run.evaluate()
    run.accumulate()
    run.summarize()
    names = ["map", "map50", "map75", "map_small", "map_medium", "map_large"]
    np.testing.assert_allclose([values[name] for name in names], run.stats[:6], atol=1e-9)
    precision = np.asarray(run.eval["precision"])[:, :, :, 0, 2]
    of_each = [values[f"ap.k{number}"] for number in range(classes)]
    np.testing.assert_allclose(of_each, precision.mean(axis=(0, 1)), atol=1e-9)
    capsys.readouterr()


def test_a_sample_is_measured_as_its_pictures_alone() -> None:
    truth, found = made(np.random.default_rng(4), 30, 3)
    metrics = module("task.metrics")
    rows = np.array([3, 5, 9, 11, 12, 20, 21])
    alone = metrics.measure(truth[rows], {name: array[rows] for name, array in found.items()}, LABELS)
    assert metrics.sampled(truth, found, LABELS)(rows) == pytest.approx(alone, abs=1e-12, nan_ok=True)


def test_counts_and_told_objects() -> None:
    truth = np.array([[[1, 0, 0, 10, 10], [2, 20, 20, 40, 40]], [[0, 0, 0, 0, 0]] * 2], dtype=np.float64)
    found = {
        "boxes": np.array([[[0, 0, 10, 10], [60, 60, 70, 70]], [[0, 0, 9, 9], [0, 0, 5, 5]]], dtype=np.float64),
        "scores": np.array([[0.9, 0.8], [0.7, 0.1]]),
        "classes": np.array([[1, 1], [2, 2]]),
        "told": np.array([[True, True], [True, False]]),
    }
    values = module("task.metrics").measure(truth, found, ("a", "b"))
    assert values["precision"] == pytest.approx(1 / 3)
    assert values["recall"] == pytest.approx(1 / 2)
    assert values["count_error"] == pytest.approx((0 + 1) / 2)
    assert values["ap50.a"] == pytest.approx(1.0)
    assert values["ap50.b"] == 0.0
    assert np.isnan(values["map_large"]), "there is no large object"
    assert module("task.metrics").threshold(truth, found, ("a", "b")) == pytest.approx(0.85)


def test_places_within_an_object_learn_its_box_and_class() -> None:
    import torch

    losses, head = module("task.losses"), module("task.head")
    places, _ = head.grid(64)
    truth = torch.tensor([[[2.0, 0.1, 0.1, 0.6, 0.5], [1.0, 0.90, 0.90, 0.91, 0.91]], [[0.0] * 5] * 2])
    boxes = torch.cat([places - 0.1, places + 0.1], dim=1).expand(2, -1, -1).contiguous()
    scores = torch.full((2, len(places), 3), 0.1)
    wanted, targets = losses.assign(boxes, scores, truth, places, 64)
    taken = targets.sum(dim=2) > 0
    assert not taken[1].any(), "a picture without objects asks for none"
    middle = places[taken[0] & (targets[0, :, 1] > 0)]
    assert ((middle > torch.tensor([0.1, 0.1])) & (middle < torch.tensor([0.6, 0.5]))).all()
    assert 1 <= len(middle) <= losses.PLACES
    assert torch.allclose(wanted[0][targets[0, :, 1] > 0], truth[0, 0, 1:].expand(len(middle), 4))
    (tiny,) = places[targets[0, :, 0] > 0]
    assert (tiny - 0.905).abs().max() < 0.07, "an object between places is found by the nearest"
    value = losses.loss(boxes, torch.logit(scores), truth, places, 64)
    assert torch.isfinite(value)
    perfect = torch.full((2, len(places), 3), 1e-6).masked_scatter(targets > 0, targets[targets > 0])
    better = losses.loss(torch.where(taken.unsqueeze(2), wanted, boxes), torch.logit(perfect), truth, places, 64)
    assert better < value / 2


def levels(pictures: int) -> list[Any]:
    """Return levels of one channel, in which each place says where it is, and which picture."""
    import torch

    found = []
    for count in (8, 4, 2):
        rows, columns = torch.meshgrid(torch.arange(count), torch.arange(count), indexing="ij")
        one = (columns + 0.5) / count + 10 * (rows + 0.5) / count
        found.append(torch.stack([one + 100 * (number + 1) for number in range(pictures)]).unsqueeze(1))
    return found


def test_boxes_move_with_their_pictures() -> None:
    import torch

    augment = module("task.augment")
    torch.manual_seed(1)
    truth = torch.tensor([[[1.0, 0.25, 0.25, 0.5, 0.5]]] * 6)
    moved, after = augment.moved(levels(6), truth)
    for picture_, one, (fine, _, coarse) in zip(after, truth, zip(*moved, strict=True), strict=True):
        if not picture_[0, 0]:
            continue
        place = (8 * (picture_[0, 1:3] + 0.01)).long()
        before = (8 * (one[0, 1:3] + 0.01)).long()
        shift = place - before
        if (picture_[0, 3:] - picture_[0, 1:3]).min() > 0.24:
            number = fine[0, place[1], place[0]]
            assert float(number % 100) == pytest.approx(
                float((before[0] + 0.5) / 8 + 10 * (before[1] + 0.5) / 8), abs=1e-3
            )
        assert (shift % 4 == 0).all(), "whole places of the coarsest level"
        assert coarse.shape == (1, 2, 2)


def test_a_mosaic_shows_what_its_boxes_say() -> None:
    import torch

    augment = module("task.augment")
    torch.manual_seed(2)
    truth = torch.tensor([[[1.0 + number, 0.0, 0.0, 0.5, 0.5], [11.0 + number, 0.5, 0.5, 1, 1]] for number in range(8)])
    mixed, after = augment.mosaic(levels(8), truth)
    several = 0
    for fine, boxes in zip(mixed[0], after, strict=True):
        shown = {int(number) for number in (fine[0] // 100).flatten().tolist()}
        several += len(shown) > 1
        for kind, x0, y0, x1, y1 in boxes[boxes[:, 0] > 0].tolist():
            column, row = int(8 * (x0 + x1) / 2), int(8 * (y0 + y1) / 2)
            assert int(fine[0, row, column] // 100) == (kind - 1) % 10 + 1
    assert several >= 2


def test_a_head_gives_boxes_for_every_place() -> None:
    import torch

    head = module("task.head")
    network = head.Head((40, 112, 320), 16, 3, 64, dropout=0.0).eval()
    sizes = zip((40, 112, 320), (8, 16, 32), strict=True)
    features = [torch.zeros(2, channels, 64 // stride, 64 // stride) for channels, stride in sizes]
    with torch.inference_mode():
        boxes, logits = network(network.standard(features))
    assert boxes.shape == (2, 84, 4)
    assert logits.shape == (2, 84, 3)
    assert (boxes[..., 2:] > boxes[..., :2]).all()
    assert float(torch.sigmoid(logits).mean()) == pytest.approx(head.RARE, abs=0.02)


def test_a_batch_goes_through_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders.sample(TASK).write(tmp_path, scenes=8)
    frame, train = read(tmp_path, monkeypatch, "coco"), module("train")
    how = module("training.recipe").Settings(
        epochs=1, batch_size=4, learning_rate=0.1, weight_decay=0.0, warmup=0.0, patience=1,
        precision="fp32", seed=3, metric="map50", better="higher", accumulate=2,
    )  # fmt: skip
    scenes = train.Scenes(
        (frame, frame), module("training.feature_store").Known(rows=np.zeros(0), places={}), how, LABELS
    )
    scenes.trainer = SimpleNamespace(global_step=1)
    batches = scenes.batches(0, 3)
    assert len(batches) == 4
    assert batches.place() == (0, 2), "a step is two batches of two pictures"

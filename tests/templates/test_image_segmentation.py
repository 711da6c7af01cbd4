"""Image segmentation: layouts and their faults, masks there and back, what is measured, and masks that move along."""

import io
import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

from tests import needs
from tests.templates import folders

TASK = "image-segmentation"
LABELS = ("background", "ball", "box", "tent")


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


def read(root: Path, layout: str = "masks") -> pl.DataFrame:
    found: pl.DataFrame = module("task.data").read(root, layout, {"image": "image"}, {"label": "label", "mask": "mask"})
    return found


def maps(frame: pl.DataFrame, labels: tuple[str, ...] = LABELS) -> list[Any]:
    """Return the places among `labels` of the pixels of each usable picture."""
    usable = frame.filter(pl.col("__problem").is_null())
    return [module("pictures.label_maps").decoded(one) for one in module("task.data").truth(usable, labels)]


def encoded(picture: Image.Image, **more: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", **more)
    return file.getvalue()


def pair(root: Path, name: str, mask: Any, **more: Any) -> None:
    """Write a picture of noise and its mask, of the size of the mask unless it is told."""
    numbers = np.asarray(mask, dtype=np.uint8)
    for part in ("images", "masks"):
        (root / part).mkdir(parents=True, exist_ok=True)
    size = more.pop("size", numbers.shape[1::-1])
    Image.effect_noise(size, 40).save(root / f"images/{name}.png", **more)
    Image.fromarray(numbers).save(root / f"masks/{name}.png")


def test_all_layouts_hold_the_same(tmp_path: Path) -> None:
    seen = {}
    for layout in ("masks", "grey", "colours", "coco"):
        (tmp_path / layout).mkdir()
        root = folders.sample(TASK).write(tmp_path / layout, layout, scenes=10)
        frame = read(root, "coco" if layout == "coco" else "masks")
        assert frame["__problem"].null_count() == 10
        assert {one for row in frame["label"].to_list() for one in row} == set(LABELS)
        seen[layout] = maps(frame)
    for layout in ("grey", "colours"):
        assert all((one == other).all() for one, other in zip(seen["masks"], seen[layout], strict=True))
    apart = [(one != other).mean() for one, other in zip(seen["masks"], seen["coco"], strict=True)]
    assert max(apart) < 0.015, "outlines end within a pixel of where masks do"


def test_masks_that_cannot_be_used_are_left_out_and_counted(tmp_path: Path) -> None:
    half = np.repeat([[0, 1]], 8, axis=0).repeat(4, axis=1)
    for at in range(3):
        pair(tmp_path, f"good{at}", half)
    pair(tmp_path, "small", half, size=(16, 8))
    pair(tmp_path, "empty", np.full((8, 8), 255))
    odd = half.copy()
    odd[0] = 7
    pair(tmp_path, "odd", odd)
    pair(tmp_path, "ground", np.zeros((8, 8)))
    (tmp_path / "images/alone.png").write_bytes(encoded(Image.new("L", (8, 8))))
    (tmp_path / "masks/lost.png").write_bytes(encoded(Image.new("L", (8, 8))))
    (tmp_path / "classes.txt").write_text("background\nroad\n")
    frame = read(tmp_path)
    problems = dict(zip(frame["__place"], frame["__problem"], strict=True))
    assert problems["images/small.png"] == "its mask has 8 x 8 pixels, the picture 16 x 8"
    assert problems["images/empty.png"] == "its mask is empty: it holds no value of a class"
    assert sum(one is not None for one in problems.values()) == 2
    told = [one.message for one in module("dataset.table_files").notes]
    assert "1 pictures have no mask and are left out: `images/alone.png`" in told
    assert "1 masks have no picture and are left out: `masks/lost.png`" in told
    assert any("1 values outside the classes, which count for nothing: 7 (8 pixels of 1 masks)" in one for one in told)
    assert any(
        one.startswith("1 masks hold nothing but background, such as that of `images/ground.png`") for one in told
    )
    row = frame.filter(pl.col("image").str.ends_with("odd.png"))
    (numbers,) = maps(row, ("background", "road"))
    assert (numbers[0] == 255).all()
    assert (numbers[1:, 4:] == 1).all()


def test_more_classes_than_a_mask_tells_apart_are_refused(tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_text("".join(f"class {at}\n" for at in range(256)))
    pair(tmp_path, "a", np.repeat([[0, 1]], 8, axis=0))
    with pytest.raises(import_module("pipeline.base.failure").Failure, match="256 classes, more than the 255"):
        read(tmp_path)
    (tmp_path / "classes.txt").write_text("".join(f"class {at}\n" for at in range(255)))
    frame = read(tmp_path)
    assert frame["label"].to_list() == [["class 0", "class 1"]]
    with pytest.raises(import_module("pipeline.base.failure").Failure, match="256 classes"):
        module("task.data").truth(frame, tuple(f"class {at}" for at in range(256)))


def test_a_mask_turns_with_its_picture(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    pair(tmp_path, "turned", np.repeat([[0, 0, 0, 255]], 2, axis=0), exif=exif)
    pair(tmp_path, "plain", np.repeat([[0, 0, 0, 255]], 2, axis=0))
    frame = read(tmp_path)
    plain, turned = maps(frame, ("background", "foreground"))
    assert plain.tolist() == [[0, 0, 0, 1]] * 2
    assert turned.tolist() == [[0, 0]] * 3 + [[1, 1]], "a quarter to the right, as the picture is shown"


def test_masks_with_soft_edges_have_two_classes(tmp_path: Path) -> None:
    round_ = Image.new("L", (60, 60))
    round_.paste(255, (20, 20, 40, 40))
    for part, one in (
        ("images", Image.effect_noise((60, 60), 40)),
        ("masks", round_.resize((60, 60), box=(3, 3, 50, 50))),
    ):
        (tmp_path / part).mkdir()
        one.save(tmp_path / f"{part}/a.jpg", quality=70)
    (numbers,) = maps(read(tmp_path), ("background", "foreground"))
    assert set(np.unique(numbers)) == {0, 1}
    assert 0.1 < (numbers == 1).mean() < 0.3


def test_outlines_are_those_of_coco() -> None:
    needs.packages("pycocotools")
    coco, drawn = import_module("pycocotools.mask"), module("pictures.rasters").drawn
    chance, size = np.random.default_rng(1), (90, 60)
    for _ in range(5):
        angles = np.sort(chance.uniform(0, 2 * np.pi, 9))
        points = np.stack([45 + 30 * np.cos(angles), 30 + 25 * np.sin(angles)], axis=1).ravel().round(2).tolist()
        packed = coco.frPyObjects([points], 60, 90)[0]
        wanted = coco.decode(packed).astype(bool)
        told = {"size": packed["size"], "counts": packed["counts"].decode()}
        assert (drawn(told, size) == wanted).all(), "packed run lengths, to the pixel"
        found = drawn([points], size)
        assert (found & wanted).sum() / (found | wanted).sum() > 0.99
    assert drawn({"size": [60, 91], "counts": [60 * 91]}, size) is None


def test_a_mask_has_the_size_of_its_picture() -> None:
    processor = module("task.processing").Processor(labels=("background", "road"), side=64)
    wide = encoded(Image.new("RGB", (128, 64)))  # in the square: 64 x 32 pixels, rows 4 to 12 of 16
    road = np.zeros((16, 16), dtype=np.float32)
    road[4:12, 8:] = 0.9
    road[:4] = road[12:] = 1.0  # in the grey around the picture
    answer = processor.decode({"probabilities": np.stack([1 - road, road])[None]}, {"image": [wide]})
    with Image.open(io.BytesIO(answer["mask"][0])) as mask:
        assert (mask.size, mask.mode) == ((128, 64), "P")
        assert mask.getpalette()[:6] == [0, 0, 0, 47, 125, 225]
        numbers = np.asarray(mask)
    assert (numbers[:, :60] == 0).all(), "what the grey shows does not reach into the picture"
    assert (numbers[:, 68:] == 1).all()
    np.testing.assert_allclose(answer["shares"], [[0.5, 0.5]], atol=0.02)
    assert answer["shares"].dtype == np.float32


def drawn(chance: np.random.Generator, pictures: int) -> tuple[Any, Any]:
    """Return maps of blocks with some pixels that count for nothing, and answers that are mostly right."""
    label_maps, truth, found = module("pictures.label_maps"), np.empty(pictures, object), np.empty(pictures, object)
    for row in range(pictures):
        blocks = chance.integers(0, 3, (3, 4)).repeat(7, axis=0).repeat(6 + row % 3, axis=1).astype(np.uint8)
        noise = chance.random(blocks.shape)
        found[row] = label_maps.encoded(
            np.where(noise < 0.1, chance.integers(0, 3, blocks.shape), blocks).astype(np.uint8)
        )
        truth[row] = label_maps.encoded(np.where(noise > 0.95, 255, blocks).astype(np.uint8))
    return truth, found


def test_the_measures_are_those_of_scikit_learn() -> None:
    from sklearn.metrics import accuracy_score, f1_score, jaccard_score, recall_score

    truth, found = drawn(np.random.default_rng(5), 6)
    flat = [
        np.concatenate([module("pictures.label_maps").decoded(one).ravel() for one in some]) for some in (truth, found)
    ]
    wanted, given = (one[flat[0] != 255] for one in flat)
    values = module("task.metrics").measure(truth, {"mask": found}, ("a", "b", "c"))
    assert values["mean_iou"] == pytest.approx(jaccard_score(wanted, given, average="macro"))
    assert values["dice"] == pytest.approx(f1_score(wanted, given, average="macro"))
    assert values["pixel_accuracy"] == pytest.approx(accuracy_score(wanted, given))
    assert values["mean_accuracy"] == pytest.approx(recall_score(wanted, given, average="macro"))
    each = jaccard_score(wanted, given, average=None)
    assert [values[f"iou.{name}"] for name in "abc"] == pytest.approx(each.tolist())


def test_a_sample_is_measured_as_its_pictures_alone() -> None:
    truth, found = drawn(np.random.default_rng(6), 9)
    metrics, labels = module("task.metrics"), ("a", "b", "c", "never seen")
    rows = np.array([1, 4, 4, 8])
    alone = metrics.measure(truth[rows], {"mask": found[rows]}, labels)
    assert metrics.sampled(truth, {"mask": found}, labels)(rows) == pytest.approx(alone, abs=1e-12)
    assert "iou.never seen" not in alone


def test_edges_are_compared_within_a_distance() -> None:
    boundary = module("task.metrics").boundary
    left = np.zeros((100, 100), dtype=np.uint8)
    left[:, 50:] = 1
    for shift, score in ((0, 1.0), (1, 1.0), (3, 0.0)):  # 0.75 % of the diagonal is 1.06 pixels
        assert boundary(left, np.roll(left, shift, axis=1)[:, :]) == pytest.approx(score, abs=0.51 if shift else 0)
    moved = np.zeros_like(left)
    moved[:, 55:] = 1
    assert boundary(left, moved) == 0.0
    assert np.isnan(boundary(np.zeros_like(left), np.zeros_like(left))), "without edges there is nothing to compare"
    assert boundary(left, np.zeros_like(left)) == 0.0


def test_baselines_look_at_no_picture(tmp_path: Path) -> None:
    for at in range(4):
        mask = np.zeros((8, 8))
        mask[:, 6:] = 1
        pair(tmp_path, f"{at}", mask)
    (tmp_path / "classes.txt").write_text("background\nroad\n")
    frame = read(tmp_path)
    found = module("task.metrics").baselines(frame, frame, ("background", "road"))
    assert found["trivial"]["mean_iou"] == pytest.approx((0.75 + 0) / 2)
    assert found["mean"]["mean_iou"] == 1.0, "the road is always at the right"


def test_masks_move_with_their_pictures() -> None:
    import torch

    augment, side = module("task.augment"), 128
    torch.manual_seed(3)
    line = torch.arange(side)
    blocks = 1 + line[:, None] // 32 * 4 + line[None, :] // 32
    mask = torch.stack([blocks + 16 * number for number in range(6)]).to(torch.uint8)
    for way in (augment.moved, augment.mosaic):
        levels = [mask[:, :: side // count, :: side // count].unsqueeze(1).float() for count in (32, 16, 8, 4)]
        after, moved = way(levels, mask)
        assert (moved != mask).any()
        for level in after:
            step = side // level.shape[-1]
            assert (level[:, 0] == moved[:, ::step, ::step]).all(), "features and mask show the same"


def test_places_learn_shares_of_classes() -> None:
    import torch

    losses = module("task.losses")
    mask = torch.zeros(1, 8, 8, dtype=torch.uint8)
    mask[0, :4, :2] = 1
    mask[0, :4, 2:4] = 2
    found = losses.shares(mask, 2, 2)
    assert found[0, :, 0, 0].tolist() == [0.5, 0.5]
    assert found.sum() == 1, "what counts for nothing is of no class"
    right = torch.zeros(1, 2, 2, 2)
    wrong = torch.zeros(1, 2, 2, 2)
    wrong[0, 0, 0, 0] = 5.0
    assert losses.loss(right, mask) < losses.loss(wrong, mask)
    wrong[0, 0, 1, 1] = 50.0
    assert losses.loss(right, mask) < losses.loss(wrong, mask)
    right[0, 0, 1, 1] = 50.0
    assert torch.allclose(losses.loss(right, mask), losses.loss(torch.zeros(1, 2, 2, 2), mask)), "it counts for nothing"


def test_maps_of_classes_are_compared_by_pixels() -> None:
    golden, label_maps = module("server.golden"), module("pictures.label_maps")
    port = module("base.contract").Port(
        name="mask", kind="segmentation", datatype="BYTES", shape=(-1,), media_type="image/png"
    )
    one = np.zeros((10, 10), dtype=np.uint8)
    other = one.copy()
    other[0, 0] = 1
    colours = label_maps.palette(LABELS)
    first, second = (label_maps.encoded(numbers, colours) for numbers in (one, other))
    assert golden.distance(port, first, second) == pytest.approx(0.01)
    assert golden.distance(port, first, label_maps.encoded(one, colours, level=1)) == 0.0
    assert golden.distance(port, first, label_maps.encoded(one[:5], colours)) == float("inf")


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("classes.csv", "name,value\nsky,3\nroad,9\n", {3: "sky", 9: "road"}),
        ("class_dict.csv", "name, r, g, b\nsky, 1, 2, 3\n", {(1, 2, 3): "sky"}),
        ("labelmap.txt", "# label:color_rgb:parts:actions\nroad:1,2,3::\n", {(1, 2, 3): "road"}),
        ("label_colors.txt", "64 128 64\tAnimal\n", {(64, 128, 64): "Animal"}),
        ("classes.json", json.dumps({"road": 7, "sky": 8}), {7: "road", 8: "sky"}),
        ("data.yaml", "names:\n  0: sky\n  2: road\n", {0: "sky", 2: "road"}),
    ],
)
def test_files_name_the_classes(tmp_path: Path, name: str, content: str, wanted: dict[Any, str]) -> None:
    (tmp_path / name).write_text(content)
    assert module("reading.annotated.class_values").named(tmp_path, [name]) == wanted

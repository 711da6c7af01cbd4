"""A look at annotations beside their pictures: a table that names files, records in lists, RefCOCO."""

import json
import pickle
from pathlib import Path

import pytest
from PIL import Image

from trainerspec.workspace import pictured
from trainerspec.workspace.inspect_data import inspect_data


def pictures(folder: Path, count: int = 3) -> None:
    (folder / "images").mkdir(parents=True)
    for index in range(count):
        Image.new("RGB", (40, 30)).save(folder / "images" / f"{index}.png")


def test_a_table_beside_its_pictures_is_a_table(tmp_path: Path):
    pictures(tmp_path)
    rows = [{"file": f"images/{index}.png", "phrase": "the dog", "box": [0, 0, 9, 9]} for index in range(3)]
    (tmp_path / "refs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = inspect_data(tmp_path).value
    assert found is not None
    assert (found.layout, found.rows) == ("table", 3)
    assert found.columns == {"file": "image", "phrase": "text", "box": "other"}
    assert "images/0.png" in found.files


def test_a_list_of_records_gives_a_row_each(tmp_path: Path):
    pictures(tmp_path)
    refs = [{"phrase": "the dog", "box": [0, 0, 9, 9]}, {"phrase": "the cat", "box": [9, 0, 19, 9]}]
    lines = [json.dumps({"image": f"{index}.png", "refs": refs}) for index in range(3)]
    (tmp_path / "refs.jsonl").write_text("\n".join(lines))
    found = inspect_data(tmp_path).value
    assert found is not None
    assert found.rows == 6
    assert set(found.columns) == {"image", "phrase", "box"}


@pytest.mark.parametrize("suffix", ["json", "p"])
def test_refcoco_is_read(tmp_path: Path, suffix: str):
    pictures(tmp_path)
    images = [{"id": index, "file_name": f"{index}.png"} for index in range(3)]
    annotations = [{"id": index, "image_id": index, "bbox": [1, 2, 10, 20]} for index in range(3)]
    refs = [{"ann_id": index, "split": "train", "sentences": [{"raw": "the dog"}]} for index in range(3)]
    (tmp_path / "instances.json").write_text(json.dumps({"images": images, "annotations": annotations}))
    content = json.dumps(refs).encode() if suffix == "json" else pickle.dumps(refs)
    (tmp_path / f"refs.{suffix}").write_bytes(content)
    found = inspect_data(tmp_path).value
    assert found is not None
    assert (found.layout, found.rows, found.columns["image"]) == ("refcoco", 3, "image")
    assert found.frame["box"].to_list()[0] == [1, 2, 11, 22]


def test_broken_refcoco_is_told(tmp_path: Path):
    pictures(tmp_path)
    (tmp_path / "instances.json").write_text('{"images": []}')
    (tmp_path / "refs.json").write_text("[]")
    outcome = inspect_data(tmp_path)
    assert outcome.value is None
    assert [one.code for one in outcome.diagnostics] == ["TS413"]


def test_class_folders_with_an_unrelated_table_stay_folders(tmp_path: Path):
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (8, 8)).save(tmp_path / name / "1.png")
    (tmp_path / "notes.csv").write_text("who,when\nme,now\n")
    found = inspect_data(tmp_path).value
    assert found is not None
    assert found.layout == "folders"


@pytest.mark.parametrize(
    ("mode", "channels"),
    [("1", 1), ("L", 1), ("LA", 1), ("I;16", 1), ("P", 3), ("RGB", 3), ("RGBA", 3), ("CMYK", 3)],
)
def test_channels_are_those_of_what_is_shown(tmp_path: Path, mode: str, channels: int):
    Image.new(mode, (5, 4)).save(tmp_path / "one.tiff")
    assert pictured.size(tmp_path / "one.tiff") == (5, 4, channels)

"""Objects in pictures as tools write them: COCO in several files, YOLO with outlines, Pascal VOC with parts, faults."""

import json
from pathlib import Path

import pytest
from PIL import Image

from trainerspec.reading import folders
from trainerspec.reading.annotated import objects
from trainerspec.reading.annotated.objects import Annotated
from trainerspec.reading.notes import Unreadable
from trainerspec.reading.values.boxes import BoxForm, meant


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (20, 10)).save(path)


def read(root: Path) -> Annotated:
    found = objects.layout(root, folders.names(root))
    assert found is not None
    return objects.read(root, found)


def rows(found: Annotated) -> list[tuple[object, ...]]:
    return [tuple(row) for row in found.frame.select("image", "label", "box").iter_rows()]


def coco(path: Path, files: list[str], marks: list[dict[str, object]]) -> None:
    images = [{"id": number, "file_name": name} for number, name in enumerate(files)]
    tree = {"images": images, "annotations": marks, "categories": [{"id": 3, "name": "car"}]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(tree))


def test_coco_of_a_folder_for_each_part(tmp_path: Path) -> None:
    for part in ("train", "valid"):
        picture(tmp_path / part / "1.jpg")
        marks = [{"image_id": 0, "category_id": 3, "bbox": [1, 2, 3, 4]}] if part == "train" else []
        coco(tmp_path / part / "_annotations.coco.json", ["1.jpg"], marks or [{"image_id": 9, "bbox": [0, 0, 1, 1]}])
    found = read(tmp_path)
    assert rows(found) == [("train/1.jpg", "car", [1.0, 2.0, 4.0, 6.0]), ("valid/1.jpg", None, None)]
    assert found.frame["__part"].to_list() == ["train", "validation"]
    assert [note.message for note in found.notes] == ["1 annotations name no picture of `images`, and are left out"]


def test_coco_s_own_files_and_crowds(tmp_path: Path) -> None:
    picture(tmp_path / "train2017/1.jpg")
    picture(tmp_path / "train2017/2.jpg")
    marks: list[dict[str, object]] = [
        {"image_id": 0, "category_id": 3, "bbox": [1, 2, 3, 4], "iscrowd": 0},
        {"image_id": 0, "category_id": 3, "bbox": [0, 0, 9, 9], "iscrowd": 1},
        {"image_id": 0, "category_id": 7, "bbox": "none"},
    ]
    coco(tmp_path / "annotations/instances_train2017.json", ["1.jpg"], marks)
    coco(tmp_path / "annotations/person_keypoints_train2017.json", ["1.jpg"], marks)
    found = read(tmp_path)
    assert rows(found) == [("train2017/1.jpg", "car", [1.0, 2.0, 4.0, 6.0]), ("train2017/1.jpg", None, [])]
    told = " ".join(note.message for note in found.notes)
    assert "1 boxes around crowds" in told
    assert "nothing is said of 1 pictures, such as `train2017/2.jpg`" in told


def test_yolo_with_names_outlines_and_pictures_without_objects(tmp_path: Path) -> None:
    for name in ("train/images/a.png", "train/images/b.png", "val/images/c.png"):
        picture(tmp_path / name)
    (tmp_path / "train/labels").mkdir(parents=True)
    (tmp_path / "train/labels/a.txt").write_text("1 0.5 0.5 0.5 1.0\n0 0.1 0.1 0.5 0.1 0.3 0.6\n\n5 x\n")
    (tmp_path / "train/labels/b.txt").write_text("")
    (tmp_path / "data.yaml").write_text("names: [bus, car]\nnc: 2\n")
    assert objects.layout(tmp_path, folders.names(tmp_path)) is None, "a line that is no box is no YOLO"
    (tmp_path / "train/labels/a.txt").write_text("1 0.5 0.5 0.5 1.0\n0 0.1 0.1 0.5 0.1 0.3 0.6\n5 0.5 0.5 1 1 0.9\n")
    found = read(tmp_path)
    assert rows(found)[:3] == [
        ("train/images/a.png", "car", [0.25, 0.0, 0.75, 1.0]),
        ("train/images/a.png", "bus", [0.1, 0.1, 0.5, 0.6]),
        ("train/images/a.png", "5", [0.0, 0.0, 1.0, 1.0]),
    ]
    assert rows(found)[3:] == [("train/images/b.png", None, None), ("val/images/c.png", None, None)]
    assert found.frame["__part"].to_list() == ["train"] * 4 + ["validation"]
    assert found.frame["__place"][1] == "train/labels/a.txt:2"
    told = " ".join(note.message for note in found.notes)
    assert "1 pictures have no file of labels" in told
    assert "nothing names the classes 5" in told


def test_texts_beside_pictures_are_no_yolo(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    (tmp_path / "a.txt").write_text("a dog on a lawn\n")
    assert objects.layout(tmp_path, folders.names(tmp_path)) is None


def test_voc_with_parts_and_a_damaged_file(tmp_path: Path) -> None:
    box = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox>"
    for name, content in {
        "a": f"<annotation><filename>a.jpg</filename><object><name>dog</name>{box}</object></annotation>",
        "b": "<annotation><filename>b.jpg</filename></annotation>",
        "c": "<annotation><object>",
        "e": "<annotation><filename>IMG_1.jpg</filename></annotation>",
    }.items():
        picture(tmp_path / f"JPEGImages/{name}.jpg")
        path = tmp_path / f"Annotations/{name}.xml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    for part, name in (("train", "a"), ("val", "b\ne")):
        path = tmp_path / f"ImageSets/Main/{part}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name}\n")
    found = read(tmp_path)
    assert rows(found) == [
        ("JPEGImages/a.jpg", "dog", [1.0, 2.0, 3.0, 4.0]),
        ("JPEGImages/b.jpg", None, None),
        ("JPEGImages/e.jpg", None, None),  # renamed since it was marked, with its .xml
    ]
    assert found.frame["__part"].to_list() == ["train", "validation", "validation"]
    told = " ".join(note.message for note in found.notes)
    assert "1 files of annotations are damaged and left out, such as `Annotations/c.xml`" in told


def test_a_damaged_file_of_coco_is_named_with_its_line(tmp_path: Path) -> None:
    picture(tmp_path / "1.jpg")
    (tmp_path / "a.json").write_text('{"images": [],\n "annotations": [}, "categories": [], "bbox"')
    with pytest.raises(Unreadable, match=r"`a.json` is not JSON that can be read: .* in line 2"):
        read(tmp_path)


COCO = {
    "images": [{"id": 0, "file_name": "1.jpg"}],
    "annotations": [{"image_id": 0, "category_id": 3, "bbox": [1, 2, 3, 4]}],
    "categories": [{"id": 3, "name": "car"}],
}


@pytest.mark.parametrize(
    ("old", "new", "row"),
    [
        ('"image_id": 0', '"image_id": [0]', ("1.jpg", None, None)),
        ('"category_id": 3', '"category_id": {}', ("1.jpg", None, [1.0, 2.0, 4.0, 6.0])),
        ('"name": "car"', '"name": null', ("1.jpg", None, [1.0, 2.0, 4.0, 6.0])),
        ("3, 4]", "3, 1" + 400 * "0" + "]", ("1.jpg", "car", [])),
        ("3, 4]", "3, NaN]", ("1.jpg", "car", [])),
    ],
    ids=["picture", "class", "no name", "number", "no number"],
)
def test_what_an_annotation_of_coco_may_not_hold_is_none(tmp_path: Path, old: str, new: str, row: object) -> None:
    picture(tmp_path / "1.jpg")
    text = json.dumps(COCO)
    assert old in text
    (tmp_path / "a.json").write_text(text.replace(old, new))
    assert rows(read(tmp_path)) == [row]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.json", json.dumps(COCO)[:-1] + ', "x":' + "[" * 100_000, "it is nested too deeply"),
        ("a.json", json.dumps(COCO).replace("3, 4]", "3, 1" + 5000 * "0" + "]"), "a number of too many digits"),
        (
            "a.json",
            json.dumps(COCO).replace("car", "\\ud800"),
            r"`a.json:annotations\[0\]` holds a name with half of a character",
        ),
        ("data.yaml", "names: " + "[" * 20_000, "`data.yaml` is not YAML"),
        ("data.yaml", "names: [2020-13-45]", "`data.yaml` is not YAML"),
        ("1.xml", '<?xml version="1.0" encoding="none"?><annotation/>', "1 files of annotations are damaged"),
    ],
    ids=["deep", "digits", "half a character", "deep YAML", "no date", "encoding"],
)
def test_files_that_cannot_be_read_are_told(tmp_path: Path, name: str, content: str, told: str) -> None:
    picture(tmp_path / "1.jpg")
    if name.endswith(".yaml"):
        (tmp_path / "1.txt").write_text("0 0.5 0.5 0.5 0.5\n")
    (tmp_path / name).write_text(content)
    with pytest.raises(Unreadable, match=told):
        read(tmp_path)


def test_a_box_without_numbers_does_not_change_what_the_others_are() -> None:
    boxes, sizes = [[float("nan"), 0.2, 0.5, 0.4], *[[0.1, 0.1, 0.5, 0.4]] * 9], [(640, 480)] * 10
    assert meant(boxes, sizes, BoxForm(unit="share")) == BoxForm(unit="share")

"""Requests for objects in pictures, with data in each layout: columns, classes, parts, and what is asked."""

from pathlib import Path

import pytest
from PIL import Image

from tests.templates.folders import sample
from trainerspec.catalog.load import tasks
from trainerspec.drafting.draft import draft
from trainerspec.ir.draft import Draft, Request

ASKED = (
    "Find all balls, boxes and tents in pictures, draw a box around each, mAP50 of at least 60%. Data in data/scenes"
)


def drafted(tmp_path: Path, text: str = ASKED) -> Draft:
    return draft(Request(text=text), tasks(), folder=tmp_path)


@pytest.mark.parametrize("layout", ["coco", "yolo", "voc", "table"])
def test_the_data_tells_columns_and_classes(layout: str, tmp_path: Path) -> None:
    sample("object-detection").write(tmp_path / "data", layout, scenes=12)
    made = drafted(tmp_path)
    assert (made.outcome, made.task, made.questions) == ("draft", "object-detection", ())
    assert made.spec is not None
    assert made.spec["task"] == {
        "type": "object-detection",
        "inputs": {"image": "file" if layout == "table" else "image"},
        "outputs": {"label": "label", "box": "box"},
        "labels": ["ball", "box", "tent"],
    }
    assert made.spec["objectives"] == ["map50 >= 60%"]


def test_a_table_without_boxes_is_asked_about(tmp_path: Path) -> None:
    root = sample("object-detection").write(tmp_path / "data", "table", scenes=12)
    lines = (root / "objects.csv").read_text().splitlines()
    (root / "objects.csv").write_text("\n".join(",".join(line.split(",")[:2]) for line in lines))
    made = drafted(tmp_path)
    assert [one.path for one in made.questions] == ["/task/outputs/box"]


@pytest.mark.parametrize(
    ("said", "bound"),
    [
        ("mAP@0.5 of at least 0.7", "map50 >= 0.7"),
        ("mAP of 50% or more", "map >= 50%"),
        ("mAP@0.5:0.95 above 0.4", "map > 0.4"),
        ("mean average precision at IoU 0.5 of at least 80%", "map50 >= 80%"),
    ],
)
def test_mean_average_precision_in_words(said: str, bound: str) -> None:
    made = draft(Request(text=f"Detect cars and bikes in street photos with bounding boxes, {said}"), tasks())
    assert made.task == "object-detection"
    assert made.spec is not None
    assert bound.split(" ")[0] in [str(one).split(" ")[0] for one in made.spec["objectives"]]  # type: ignore[union-attr]


def test_numbers_of_boxes_are_no_class_and_a_guess_is_asked_about(tmp_path: Path) -> None:
    (tmp_path / "wheat").mkdir()
    for at in range(20):
        Image.new("RGB", (64, 64)).save(tmp_path / "wheat" / f"ear{at:03}.png")
    rows = [f'ear{at // 3:03}.png,64,64,"[{at}.0, 2.0, 16.0, 19.0]",farm_{"ab"[at // 30]}' for at in range(60)]
    (tmp_path / "wheat" / "train.csv").write_text("\n".join(["image_id,width,height,bbox,source", *rows]) + "\n")
    made = drafted(tmp_path, "Find the wheat heads in the pictures of wheat/, the boxes are x, y, width, height")
    assert made.spec is not None
    assert made.spec["task"] == {
        "type": "object-detection",
        "inputs": {"image": "image_id"},
        "outputs": {"box": "bbox"},
        "options": {"box": "xywh"},
    }
    assert [one.path for one in made.questions] == ["/task/outputs/label"]


def test_numbers_of_boxes_are_no_pictures(tmp_path: Path) -> None:
    (tmp_path / "desk").mkdir()
    lines = ["file,label,x,y,w,h"]
    for at in range(20):
        Image.new("RGB", (96, 64)).save(tmp_path / "desk" / f"{at}.png")
        lines.append(f"{at}.png,{('mug', 'pen')[at % 2]},{at},{at},20,30")
    (tmp_path / "desk" / "boxes.csv").write_text("\n".join(lines) + "\n")
    made = drafted(tmp_path, "Find mugs and pens in the pictures; the table has x,y,w,h. Data in desk/")
    assert made.spec is not None
    assert made.spec["task"]["inputs"] == {"image": "file"}  # type: ignore[index, call-overload]


@pytest.mark.parametrize(
    ("named", "text", "task"),
    [
        ("class", "Find mugs and pens; boxes are in _annotations.csv. Data in desk/", "object-detection"),
        ("phrase", "Given a picture and a phrase, point at what the phrase means. Data in desk/", "visual-grounding"),
    ],
)
def test_a_table_of_boxes_is_for_finding_things(tmp_path: Path, named: str, text: str, task: str) -> None:
    for part in ("train", "valid", "test"):
        (tmp_path / "desk" / part).mkdir(parents=True)
        lines = [f"filename,width,height,{named},xmin,ymin,xmax,ymax"]
        for at in range(12):
            Image.new("RGB", (64, 64)).save(tmp_path / "desk" / part / f"{part}{at:02}.png")
            lines.append(f"{part}{at:02}.png,64,64,{('mug', 'pen')[at % 2]},{at},2,{at + 9},19")
        (tmp_path / "desk" / part / "_annotations.csv").write_text("\n".join(lines) + "\n")
    made = drafted(tmp_path, text)
    assert (made.task, made.questions) == (task, ())
    assert made.spec is not None
    assert made.spec["data"]["split"] == {"by": "given:part"}  # type: ignore[index, call-overload]


@pytest.mark.parametrize(
    ("said", "form"),
    [
        ("x, y, width, height", "xywh"),
        ("x_min, y_min, w, h", "xywh"),
        ("(x, y, Breite, Höhe)", "xywh"),
        ("cx cy w h", "cxcywh"),
        ("center_x, center_y, width and height", "cxcywh"),
        ("x0, y0, x1, y1", None),
    ],
)
def test_the_form_of_boxes_in_words(said: str, form: str | None) -> None:
    made = draft(Request(text=f"Detect cars and bikes in the pictures of street.csv, boxes are {said}"), tasks())
    assert made.spec is not None
    assert made.spec["task"].get("options") == ({"box": form} if form else None)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("header", "box", "options"),
    [("x0,y0,x1,y1", "0.1,0.2,0.6,0.9", {"unit": "share"}), ("bbox", '"[10, 20, 50, 15]"', {"box": "xywh"})],
)
def test_phrases_with_boxes_in_pictures_are_grounded(
    header: str, box: str, options: dict[str, str], tmp_path: Path
) -> None:
    for number in range(6):
        Image.new("RGB", (64, 48)).save(tmp_path / f"{number}.png")
    rows = [f"{number}.png,the ball {number},{box}" for number in range(6)]
    (tmp_path / "refs.csv").write_text("\n".join([f"file,phrase,{header}", *rows]))
    made = draft(Request(text="Find what the phrase names in the pictures", data="."), tasks(), folder=tmp_path)
    assert (made.outcome, made.task, made.questions) == ("draft", "visual-grounding", ())
    assert made.spec is not None
    assert made.spec["task"] == {
        "type": "visual-grounding",
        "inputs": {"phrase": "phrase", "image": "file"},
        "outputs": {"box": "bbox" if header == "bbox" else "box"},
        "options": options,
    }


@pytest.mark.parametrize(
    ("said", "bound"), [("AP of balls at least 60%", "ap.ball >= 60%"), ("AP >= 0.6", "map >= 0.6")]
)
def test_average_precision_is_of_the_class_that_it_names(tmp_path: Path, said: str, bound: str) -> None:
    sample("object-detection").write(tmp_path / "data", "coco", scenes=4)
    made = drafted(tmp_path, f"Detect the objects in the pictures of data/scenes with bounding boxes. {said}")
    assert made.spec is not None
    assert made.spec["objectives"] == [bound]

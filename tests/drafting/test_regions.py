"""Requests for the class of each pixel: the task, the folder of pictures and masks, and the classes of the data."""

from pathlib import Path

import pytest

from tests.templates import folders
from trainerspec.catalog.load import tasks
from trainerspec.drafting.draft import draft
from trainerspec.ir.draft import Draft, Request

TASK = "image-segmentation"
TASKS = tasks(Path("none"))


def drafted(text: str, folder: Path | None = None) -> Draft:
    return draft(Request(text=text), TASKS, folder=folder)


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("Segment roads and roofs in the aerial pictures of data/tiles. mIoU of at least 70%", ["mean_iou >= 70%"]),
        ("Outline the tumour in each MRI slice, pixel by pixel, Dice over 0.8", ["dice >= 0.8"]),
        ("For every pixel of a street scene tell road, car or sky, pixel accuracy of 90%", ["pixel_accuracy >= 90%"]),
        ("A mask of the rust on each hull photo, boundary F1 of at least 0.6", ["boundary_f1 >= 0.6"]),
    ],
)
def test_masks_are_drafted(text: str, bounds: list[str]) -> None:
    made = drafted(text)
    assert (made.outcome, made.task) == ("draft", TASK), made
    assert made.spec is not None
    assert made.spec["task"]["outputs"] == {"label": "label", "mask": "mask"}
    assert [str(one) for one in made.spec["objectives"]] == bounds


def test_a_mask_of_each_thing_is_asked_about() -> None:
    asked = [one.question for one in drafted("Instance segmentation of cells in data/cells").questions]
    assert any("things of one class that touch are one region" in one for one in asked)
    plain = drafted("Segment cells, for instance those of data/cells").questions
    assert not [one for one in plain if one.path == "/task/type"]


@pytest.mark.parametrize("layout", ["masks", "colours", "coco"])
def test_the_data_names_the_classes(tmp_path: Path, layout: str) -> None:
    (tmp_path / "data").mkdir()
    folders.sample(TASK).write(tmp_path / "data", layout, scenes=6)
    made = drafted("Segment balls, boxes and tents in the pictures of data/scenes, pixel by pixel", tmp_path)
    assert (made.outcome, made.questions) == ("draft", ())
    assert made.spec is not None
    assert made.spec["task"]["labels"] == ["background", "ball", "box", "tent"]


def test_the_folder_of_masks_is_within_that_of_the_data(tmp_path: Path) -> None:
    folders.sample(TASK).write(tmp_path, scenes=4)
    for folder in (tmp_path, None):
        made = drafted("Pixel by pixel, which part of the picture is ball or box? Masks are in scenes/masks", folder)
        assert made.spec is not None
        assert made.spec["data"]["source"] == {"path": "scenes"}


def test_data_without_masks_is_asked_about(tmp_path: Path) -> None:
    folders.sample("object-detection").write(tmp_path / "data", "voc", scenes=4)
    asked = drafted("Segment the balls in the pictures of data/scenes, pixel by pixel", tmp_path).questions
    assert [one.path for one in asked] == ["/data/source"]
    assert asked[0].question.startswith("scenes holds no masks.")


def test_masks_are_no_data_of_a_classifier(tmp_path: Path) -> None:
    folders.sample(TASK).write(tmp_path / "data", scenes=4)
    made = drafted("Train an image classifier on the pictures in data/scenes", tmp_path)
    assert made.task == TASK


@pytest.mark.parametrize(
    ("said", "bounds", "asked"),
    [
        ("IoU of ball >= 0.7", ["iou.ball >= 0.7"], 0),
        ("Dice for tents at least 80%, mIoU of at least 60%", ["dice.tent >= 80%", "mean_iou >= 60%"], 0),
        ("For tents, Dice of at least 80%; mIoU of at least 50%", ["dice.tent >= 80%", "mean_iou >= 50%"], 0),
        ("IoU de tent de al menos 70%", ["iou.tent >= 70%"], 0),
        ("ballのIoU 70%以上", ["iou.ball >= 70%"], 0),
        ("IoU of road >= 0.7", ["mean_iou >= 0.7"], 1),
        ("recall of at least 80%", ["recall >= 80%"], 1),
    ],
)
def test_a_bound_is_of_the_class_that_it_names(tmp_path: Path, said: str, bounds: list[str], asked: int) -> None:
    folders.sample(TASK).write(tmp_path / "data", scenes=4)
    made = drafted(f"Segment the pictures of data/scenes pixel by pixel. {said}", tmp_path)
    assert made.spec is not None
    assert [str(one) for one in made.spec["objectives"]] == bounds
    assert [one.path for one in made.questions] == ["/objectives/0"] * asked


def test_a_class_is_named_before_the_data_is_seen() -> None:
    made = drafted("Segment roads and roofs in the aerial pictures of data/tiles, pixel by pixel. IoU of roads >= 0.7")
    assert made.spec is not None
    assert made.spec["objectives"] == ["iou.roads >= 0.7"]


@pytest.mark.parametrize(
    "text",
    [
        "Segment the blobs in the pictures of data/blobs",
        "Segment all bolts on our photos in data/bolts",
        "Outline every nut in the images of data/nuts",
        "Segment the shapes in the pictures of data/scenes",
        "Outline the cells in data/cells",
    ],
)
def test_short_requests_for_masks_are_not_held(text: str) -> None:
    made = drafted(text)
    assert (made.outcome, made.task) == ("draft", TASK)

"""What names of files and folders tell."""

from trainerspec.reading.folders import PICTURES, by_name, listing, locate


def test_folders_of_a_split_are_no_classes() -> None:
    names = [
        f"shapes/{part}/{kind}/{at}.png" for part in ("train", "val", "test") for kind in ("a", "b") for at in (1, 2)
    ]
    found = listing(names, PICTURES)
    assert set(found.classes) == {"a", "b"}
    assert set(found.parts) == {"train", "validation", "test"}


def test_a_class_may_be_called_train() -> None:
    found = listing(["bus/1.png", "car/1.png", "train/1.png"], PICTURES)
    assert found.classes == ("bus", "car", "train")
    assert set(found.parts) == {None}


def test_classes_may_stand_in_names() -> None:
    assert by_name(["cat.12.png", "cat.13.png", "dog.1.png", "dog.2.png"]) == ("cat", "cat", "dog", "dog")
    assert by_name(["7_0001.png", "7_0002.png", "3_1.png", "3_2.png"]) == ("7", "7", "3", "3")


def test_a_prefix_that_all_share_is_no_class() -> None:
    assert set(by_name([f"p{at:03}.png" for at in range(200)])) == {None}
    assert set(by_name([f"IMG_{at:04}.jpg" for at in range(200)])) == {None}


def test_what_lies_beside_is_named() -> None:
    found = listing(["README.txt", "neg/1.png", "pos/2.png", "3.png"], PICTURES)
    assert (found.files, found.classes) == (("neg/1.png", "pos/2.png"), ("neg", "pos"))
    assert next(("README.txt" in note.message, note.severity) for note in found.notes) == (True, "info")
    assert any("`3.png`" in note.message and note.rows == 1 for note in found.notes)


def test_pictures_are_found_by_any_part_of_their_path() -> None:
    files = ["images/007.png", "images/a/1.jpg", "images/b/1.jpg"]
    assert locate(["007.png", "007", "a/1.jpg", "1.jpg", "none.png"], files) == {
        "007.png": "images/007.png",
        "007": "images/007.png",
        "a/1.jpg": "images/a/1.jpg",
        "1.jpg": None,
        "none.png": None,
    }

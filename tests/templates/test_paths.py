"""Names that data and packages tell lead to files below their folder, and nowhere else."""

import json
from pathlib import Path

import pytest
from PIL import Image

pytestmark = pytest.mark.usefixtures("pipeline")
LEADING_OUT = ("../secret.png", "a/../../secret.png", "..\\secret.png", "{away}/secret.png")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a folder with a picture, beside a picture that is none of its business."""
    (tmp_path / "data").mkdir()
    for place in (tmp_path / "data" / "a.png", tmp_path / "secret.png"):
        Image.new("RGB", (8, 8), (len(place.name), 0, 0)).save(place)
    return tmp_path / "data"


@pytest.mark.parametrize("name", LEADING_OUT)
def test_a_table_names_no_picture_outside_of_its_folder(data: Path, tmp_path: Path, name: str) -> None:
    from pipeline.dataset.table_files import PROBLEM
    from pipeline.pictures import picture_files

    table = data / "table.csv"
    table.write_text(f"image,label\na.png,x\n{name.format(away=tmp_path)},y\n")
    frame = picture_files.read(data, "table", "image", "label")
    assert frame["image"].to_list() == [str(data / "a.png"), None]
    assert frame[PROBLEM].to_list() == [None, picture_files.OUTSIDE]


def test_absolute_names_of_pictures_in_the_folder_are_read(data: Path) -> None:
    from pipeline.dataset.table_files import PROBLEM
    from pipeline.pictures import picture_files

    for place in ("cat/1.png", "dog/1.png"):
        (data / place).parent.mkdir()
        Image.new("RGB", (8, 8), (0, len(place) * (place < "d"), 0)).save(data / place)
    (data / "table.csv").write_text(f"image,label\n{data}/cat/1.png,cat\n{data}/dog/1.png,dog\n")
    frame = picture_files.read(data, "table", "image", "label")
    assert frame[PROBLEM].to_list() == [None, None]
    assert [Path(one) for one in frame["image"]] == [data / "cat/1.png", data / "dog/1.png"]


@pytest.mark.parametrize("name", LEADING_OUT)
def test_rows_that_are_answered_name_no_file_outside(data: Path, tmp_path: Path, name: str) -> None:
    import polars as pl
    from pipeline.predicting import requests

    read, ((wrong, why),) = requests.contents(pl.Series(["a.png", name.format(away=tmp_path)]), data)
    assert [one is None for one in read] == [False, True]
    assert wrong.to_list() == [False, True]
    assert "leads out of the folder" in why[1]


@pytest.mark.parametrize("name", LEADING_OUT)
def test_a_package_lists_no_file_outside_of_it(tmp_path: Path, name: str) -> None:
    from pipeline.base.failure import Failure
    from pipeline.base.files import sha256
    from pipeline.server import bundle

    package = tmp_path / "package"
    package.mkdir()
    (tmp_path / "secret.png").write_bytes(b"secret")
    listing = {name.format(away=tmp_path): sha256(tmp_path / "secret.png")}
    (package / "package.json").write_text(json.dumps({"files": listing}))
    with pytest.raises(Failure, match="is missing"):
        bundle.check_digests(package, remote=False)


def test_weights_are_checked_in_their_folder_alone(tmp_path: Path) -> None:
    from pipeline.base.files import sha256
    from pipeline.pretrained import weights

    (tmp_path / "weights").mkdir()
    (tmp_path / "secret.png").write_bytes(b"secret")
    source = {"sha256": {"../secret.png": sha256(tmp_path / "secret.png")}}
    assert weights.checked(tmp_path / "weights", source) == "has no `../secret.png`"

"""A package that hostile hands wrote: told by a diagnostic, before anything is sent."""

from pathlib import Path

import pytest

from trainerspec.diagnostics.model import Stopped
from trainerspec.language.yaml import load
from trainerspec.releasing.contents import faults
from trainerspec.releasing.push import engine
from trainerspec.running.serve import Address, Package, example


@pytest.fixture
def hostile(tmp_path: Path) -> Package:
    return Package(folder=tmp_path, name="tiny", version="0.1.0", verdict="pass")


@pytest.mark.parametrize("name", ["x" * 300, "é" * 200, "𐐀/" * 500, "x\0y", "\ud800", "../x", "a//b", ""])
def test_a_name_that_no_file_can_have_is_told(tmp_path: Path, name: str) -> None:
    assert faults(tmp_path, {name: "0" * 64}) == [f"`{name}` leaves the package"]


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a: [", b"[" * 100_000, b"- " * 100_000, b"? " * 100_000, None])
def test_settings_that_cannot_be_read_are_told(hostile: Package, content: bytes | None) -> None:
    if content is not None:
        (hostile.folder / "params.yaml").write_bytes(content)
    with pytest.raises(Stopped, match=r"TS871.*`params.yaml`"):
        engine(hostile)


def test_settings_that_are_no_file_or_too_large_are_told(hostile: Package) -> None:
    place = hostile.folder / "params.yaml"
    place.symlink_to("/dev/zero")
    with pytest.raises(Stopped, match="TS871"):
        engine(hostile)
    place.unlink()
    with place.open("wb") as file:
        file.truncate(40 * 2**30)
    with pytest.raises(Stopped, match="TS871"):
        engine(hostile)


def test_many_short_lists_are_no_deep_one() -> None:
    assert load(b"a:\n" + b"- [1]\n" * 6000) == {"a": [[1]] * 6000}


def test_an_example_that_is_no_text_is_left_out(hostile: Package) -> None:
    (hostile.folder / "docs").mkdir()
    (hostile.folder / "docs" / "API.md").write_bytes(b"\xff\xfe")
    assert example(hostile, Address()) == ""

"""zip and tar: nothing outside, no links, bounded; hidden files and the folder around all are passed over."""

import io
import random
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from trainerspec.collecting import archives
from trainerspec.collecting.collect import Result
from trainerspec.collecting.wanted import Trouble

Collect = Callable[..., Result]
PETS = {"pets/cats/1.txt": b"meow", "pets/dogs/1.txt": b"woof", "pets/.DS_Store": b"x", "__MACOSX/pets/._1.txt": b"x"}


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name) if name.startswith("__") else name, content)
    return path


def tarred(path: Path, files: dict[str, bytes], *others: tarfile.TarInfo) -> Path:
    with tarfile.open(path, f"w:{path.suffix[1:] if path.suffix != '.tar' else ''}") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for one in others:
            archive.addfile(one)
    return path


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize("name", ["pets.zip", "pets.tar", "pets.tar.gz", "pets.tar.bz2", "pets.tar.xz"])
def test_files_lie_as_in_the_archive(tmp_path: Path, collect: Collect, name: str) -> None:
    (zipped if name.endswith("zip") else tarred)(tmp_path / name, PETS)
    assert list(collect("path", name).now.files) == ["cats/1.txt", "dogs/1.txt"]
    assert (tmp_path / "project" / "collected" / "data" / "cats" / "1.txt").read_bytes() == b"meow"


def test_one_class_keeps_its_folder(tmp_path: Path, collect: Collect) -> None:
    zipped(tmp_path / "a.zip", {"cats/1.txt": b"", "cats/2.txt": b"b"})
    assert list(collect("path", "a.zip").now.files) == ["cats/1.txt", "cats/2.txt"]


HOSTILE = [
    "../x.txt",
    "/etc/x.txt",
    "a/../../x.txt",
    "a\\..\\x.txt",
    "C:/x.txt",
    "a\nb.txt",
    "a" * 300 + ".txt",
    "a/" * 600 + "b",
]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("form", ["a.zip", "a.tar"])
def test_names_that_leave_the_folder_are_refused(tmp_path: Path, collect: Collect, name: str, form: str) -> None:
    files = {"ok/1.txt": b"1", name: b"2"}
    (zipped if form == "a.zip" else tarred)(tmp_path / form, files)
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(Trouble) as told:
        collect("path", form)
    assert told.value.code == "TS434"
    after = {path for path in tmp_path.rglob("*") if path.is_file() and "work" not in path.parts}
    assert after == before


def test_links_and_devices_are_left_out(tmp_path: Path, collect: Collect) -> None:
    others = [link("a", "/etc"), link("b", "ok/1.txt", tarfile.LNKTYPE), link("c", "", tarfile.CHRTYPE)]
    tarred(tmp_path / "a.tar", {"ok/1.txt": b"1"}, *others)
    assert list(collect("path", "a.tar").now.files) == ["ok/1.txt"]
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        info = zipfile.ZipInfo("a")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
        archive.writestr("ok/1.txt", "1")
        archive.writestr("ok/2.txt", "1")
    assert list(collect("path", "b.zip").now.files) == ["ok/1.txt", "ok/2.txt"]


def test_a_file_behind_a_link_stays_inside(tmp_path: Path, collect: Collect) -> None:
    away = tmp_path / "away"
    away.mkdir()
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.addfile(link("x", str(away)))
        info = tarfile.TarInfo("x/1.txt")
        info.size = 1
        archive.addfile(info, io.BytesIO(b"1"))
    assert list(collect("path", "a.tar").now.files) == ["x/1.txt"]
    assert not list(away.iterdir())


def test_bombs_are_bounded(tmp_path: Path, collect: Collect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "FREE", 1_000_000)
    monkeypatch.setattr(archives, "MOST_FILES", 50)
    zipped(tmp_path / "a.zip", {f"{at}.txt": bytes(900_000) for at in range(3)})
    zipped(tmp_path / "b.zip", {f"{at}.txt": b"" for at in range(60)})
    monkeypatch.setattr(archives, "RATIO", 1)
    for name, words in {"a.zip": "unpacks to more than", "b.zip": "more than 50 files"}.items():
        with pytest.raises(Trouble, match=words) as told:
            collect("path", name)
        assert told.value.code == "TS434"


def test_damaged_encrypted_double_and_empty(tmp_path: Path, collect: Collect) -> None:
    whole = zipped(tmp_path / "whole.zip", {f"{at}/a.txt": bytes(range(256)) * 40 for at in range(9)}).read_bytes()
    (tmp_path / "short.zip").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.tar.gz").write_text("no archive")
    locked = bytearray(whole)
    for at in range(len(locked) - 4):
        if locked[at : at + 4] == b"PK\x01\x02":
            locked[at + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(bytes(locked))
    tarred(tmp_path / "double.tar", {"a/1.txt": b"1"}, tarfile.TarInfo("a/1.txt"))
    zipped(tmp_path / "empty.zip", {"__MACOSX/x": b""})
    noise = random.Random(0).randbytes(200_000)
    for name in ("bad.tar.gz", "bad.tar.bz2", "bad.tar.xz"):
        packed = bytearray(tarred(tmp_path / name, {"a/1.bin": noise, "b/1.bin": noise}).read_bytes())
        packed[len(packed) // 2] ^= 255
        packed[-6] ^= 255
        (tmp_path / name).write_bytes(bytes(packed))
    bad = ("bad.tar.gz", "bad.tar.bz2", "bad.tar.xz")
    for name in (*bad, "short.zip", "text.tar.gz", "locked.zip", "double.tar", "empty.zip"):
        with pytest.raises(Trouble) as told:
            collect("path", name)
        assert told.value.code == "TS434", name

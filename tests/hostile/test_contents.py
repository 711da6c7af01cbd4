"""Files of a project that hold something else than what was written there: told or passed over, no traceback."""

import os
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import trainerspec
from trainerspec.diagnostics.model import Stopped
from trainerspec.running.serve import open_package
from trainerspec.workspace.inside import whole, within

__all__ = ["trainerspec"]
ODD = {
    "a list": b"[]",
    "a text": b'"x"',
    "no text": b"\xff\xfe\x00\x01",
    "half a character": b"".join(
        [
            rb'{"name": "\ud800", "verdict": "\ud800", "version": "1", "device": "\ud800", "files": {"\ud800": "x"}, ',
            rb'"predicate": {"buildDefinition": {"internalParameters": {"python": "\ud800"}}}}',
        ]
    ),
    "numbers": b"".join(
        [
            b'{"verdict": "pass", "objectives": [{"text": "x", "unit": "ratio", "value": 1' + b"0" * 400,
            b', "low": NaN, "high": -1e999}], "macro_f1": NaN, "accuracy": 1' + b"0" * 400,
            b', "rows": {"a": 1' + b"0" * 400 + b"}}",
        ]
    ),
    "nested": b"[" * 3000 + b"]" * 3000,
    "other values": b"".join(
        [
            b'{"verdict": ["pass"], "objectives": [1, null, {}], "files": {"../x": 1, "a": null}, "name": "../x", ',
            b'"version": 1, "stages": {"train": 3}, "variants": [1], "candidates": [1], "code": 7, "evidence": 3, ',
            b'"a": 1' + b"0" * 400 + b"}",
        ]
    ),
    "other columns": b"a,b\nx,y\nz\n",
}
ANNEX = ("card", "--format", "annex-iv")
FILES = {
    "trainer.lock": (("build", "--frozen", "--check"), ("adopt",)),
    "params.yaml": (("check",), ("adopt",)),
    "dvc.yaml": (("run", "--no-scm", "--until", "machine"),),
    "gate.json": (("revise",), ANNEX),
    "metrics.json": (("revise",), ANNEX),
    "build/data/report.json": (ANNEX,),
    "package/provenance.json": (ANNEX, ("verify",)),
    "package/bom.cdx.json": (("verify",),),
    "failure.json": (("revise",),),
    "build/artifact/parity.json": (("revise",),),
    "build/evaluation/validation.json": (("revise",),),
    "build/evaluation/validation/confusion.csv": (("revise",),),
    "build/evaluation/validation/classes.csv": (("revise",),),
    "build/plots/train/loss.csv": (("revise",),),
    "package/package.json": (("deploy", "--verify", "--target", "dev"), ("verify",), ("verify", "--json"), ("card",)),
    "targets/dev.yaml": (("deploy", "--verify", "--target", "dev"),),
    ".trainerspec/sops/own.yaml": (("check",),),
}


@pytest.fixture(scope="module")
def finished(packaged: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of a project that ran to its package, with a target."""
    folder = Path(shutil.copytree(packaged, tmp_path_factory.mktemp("odd") / "tiny", symlinks=True))
    (folder / "targets").mkdir()
    shutil.copyfile(folder / "deploy/examples/cpu/target.yaml", folder / "targets/dev.yaml")
    return folder


@pytest.mark.parametrize("file", FILES)
def test_odd_contents_end_no_command_with_a_traceback(
    file: str, finished: Path, trainerspec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(finished)
    place = finished / file
    before = place.read_bytes() if place.is_file() else None
    place.parent.mkdir(parents=True, exist_ok=True)
    for kind, content in ODD.items():
        if file.endswith("package.json") and kind == "other columns":
            continue
        for words in FILES[file]:
            place.write_bytes(content)
            status, out, errors = trainerspec(*words)
            assert status in (0, 1), (kind, words, errors)
            assert "Traceback" not in errors, (kind, words)
            (out + errors).encode()  # a terminal can be sent all of it
    if before is None:
        os.unlink(place)
    else:
        place.write_bytes(before)


@pytest.mark.parametrize("kind", ["a pipe", "a device", "larger than the memory"])
def test_what_is_not_read_as_a_whole_is_told(kind: str, tmp_path: Path) -> None:
    place = tmp_path / "package.json"
    if kind == "a pipe":
        os.mkfifo(place)
    elif kind == "a device":
        place = Path("/dev/zero")
    else:
        with place.open("wb") as file:
            file.truncate(2**42)
    with pytest.raises(OSError, match=r"no regular file|the limit is"):
        whole(place)
    with pytest.raises(Stopped, match=r"TS860|TS709"):
        open_package(place.parent)


def test_links_in_a_circle_end_no_command_with_a_traceback(
    finished: Path, tmp_path: Path, trainerspec, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(finished, tmp_path / "tiny", symlinks=True, ignore=shutil.ignore_patterns("build")))
    monkeypatch.chdir(folder)
    for place in (folder / ".trainerspec/sops/own.yaml", folder / "trainer.yaml"):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.symlink_to(place.name)
        status, out, errors = trainerspec("check")
        assert status in (0, 1), place
        assert "Traceback" not in errors, place
    assert "TS100 cannot read `trainer.yaml`: too many levels of symbolic links" in out
    assert within(folder / "trainer.yaml", folder)


LINKS = ("package", "package/package.json", "package/docs/MODEL_CARD.md", "package/provenance.json", "gate.json")
LINKS += ("metrics.json", "build", "build/data/report.json", "trainer.lock")


@pytest.mark.parametrize("place", LINKS)
def test_a_card_tells_nothing_of_what_lies_outside(
    place: str, finished: Path, tmp_path: Path, trainerspec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(finished)
    kept, other = tmp_path / "kept", tmp_path / "other"
    (shutil.copytree if (finished / place).is_dir() else shutil.copyfile)(finished / place, other)
    (finished / place).rename(kept)
    (finished / place).symlink_to(other)
    for words in (("card",), ANNEX, ("verify",), ("verify", "package"), ("deploy", "--verify", "--target", "dev")):
        status, out, errors = trainerspec(*words)
        reads = ("package", "package/package.json") if words[0] in ("verify", "deploy") else LINKS
        if place in reads and not (place == "package" and words == ("verify", "package")):
            assert (status, "TS709" in errors, out) == (1, True, ""), (words, errors)
        elif words == ("verify",) and place.startswith("package/"):
            assert (status, "TS871" in errors, out) == (1, True, ""), errors
    (finished / place).unlink()
    kept.rename(finished / place)


def test_a_card_of_a_package_is_text_on_a_terminal(
    finished: Path, trainerspec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(finished)
    card = finished / "package/docs/MODEL_CARD.md"
    before, listing = card.read_bytes(), (finished / "package/package.json").read_text()
    card.write_text("# \x1b[2J\u202e\x9b31m\ttitle\n")
    (finished / "package/package.json").write_text(listing.replace('"version": "', '"version": "\u202e\x9b'))
    said = "".join("".join(trainerspec(*words)[1:]) for words in (("card",), ("verify", "--json"), ("verify",)))
    assert "\ttitle\n" in said
    assert not {"\x1b", "\x9b", "\u202e"} & set(said)
    card.write_bytes(before)
    (finished / "package/package.json").write_text(listing)

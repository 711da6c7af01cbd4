"""Files of a project that hold something else than what was written there: told or passed over, no traceback."""

import os
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import trainerspec

__all__ = ["trainerspec"]
ODD = {
    "a list": b"[]",
    "a text": b'"x"',
    "no text": b"\xff\xfe\x00\x01",
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
FILES = {
    "trainer.lock": (("build", "--frozen", "--check"), ("adopt",)),
    "params.yaml": (("check",), ("adopt",)),
    "dvc.yaml": (("run", "--no-scm", "--until", "machine"),),
    "gate.json": (("revise",),),
    "metrics.json": (("revise",),),
    "failure.json": (("revise",),),
    "build/artifact/parity.json": (("revise",),),
    "build/evaluation/validation.json": (("revise",),),
    "build/evaluation/validation/confusion.csv": (("revise",),),
    "build/evaluation/validation/classes.csv": (("revise",),),
    "build/plots/train/loss.csv": (("revise",),),
    "package/package.json": (("deploy", "--verify", "--target", "dev"),),
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
            status, _, errors = trainerspec(*words)
            assert status in (0, 1), (kind, words, errors)
            assert "Traceback" not in errors, (kind, words)
    if before is None:
        os.unlink(place)
    else:
        place.write_bytes(before)

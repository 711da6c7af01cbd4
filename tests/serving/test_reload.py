"""A package that `dvc repro` makes anew under a running `trainerspec serve` is loaded: its folder was replaced."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import needs
from tests.serving import tiny
from tests.serving.browser import free_port
from tests.serving.test_clients import body, post
from trainerspec.language.yaml import dump

STAGE = """
import shutil, sys, json
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tests.serving import tiny
shutil.copytree("first", "package")
word = Path("word").read_text()
tiny.change(Path("package"), "pipeline/task/processing.py", 'LABELS = ["even"', f'LABELS = ["{word}"')
tiny.change(Path("package"), "golden.jsonl", '"label": "even"', f'"label": "{word}"')
listing = json.loads(Path("package/package.json").read_text())
Path("package/package.json").write_text(json.dumps({**listing, "version": "0.1.0", "verdict": "pass"}))
"""
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.usefixtures("package")
def test_a_package_made_anew_by_dvc_is_loaded(tmp_path: Path) -> None:
    needs.packages("dvc")
    project = tmp_path / "project"
    tiny.package(project / "first")
    (project / "stage.py").write_text(STAGE)
    command = f"{sys.executable} stage.py {ROOT}"
    (project / "dvc.yaml").write_bytes(
        dump({"stages": {"package": {"cmd": command, "deps": ["word", "first"], "outs": ["package"]}}})
    )
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}

    def repro(word: str) -> None:
        (project / "word").write_text(word)
        done = subprocess.run(
            [sys.executable, "-m", "dvc", "repro", "-q"], cwd=project, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr

    subprocess.run([sys.executable, "-m", "dvc", "init", "--no-scm", "-q"], cwd=project, env=environment, check=True)
    repro("pair")
    port = free_port()
    serve = [sys.executable, "-m", "trainerspec", "serve", "--package", "package"]
    serve += ["--port", str(port), "--grpc-port", str(free_port())]
    said = tmp_path / "said"
    with said.open("wb") as output:
        process = subprocess.Popen(serve, cwd=project, env=environment, stdout=output, stderr=output)
    try:
        for _ in range(600):
            assert process.poll() is None, said.read_text()
            if "stop with Ctrl-C" in said.read_text():
                break
            time.sleep(0.1)
        assert label(port) == "pair"
        for word in ("equal", "same"):
            repro(word)
            status, answer, _ = post(f"127.0.0.1:{port}/v2/repository/models/tiny/load", b"")
            assert (status, answer) == (200, {"name": "tiny", "load": True})
            assert label(port) == word
    finally:
        process.terminate()
        process.wait(40)


def label(port: int) -> object:
    """Ask and return the label of a text of two characters."""
    answer = post(f"127.0.0.1:{port}/v2/models/tiny/infer", body(["ab"]))[1]
    return answer["outputs"][0]["data"][0]  # type: ignore[index]

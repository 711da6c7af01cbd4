"""What `diff` names is what DVC then runs: random edits of spec, custom/, SOPs and data, real `dvc repro` each time.

The stages' work is stood in for by a `python` on PATH that writes outputs that are a digest of what the stage reads.
"""

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import forks, needs
from trainerspec.language import yaml

WORKER = '''#!{python}
"""Write each output of the stage that DVC runs as a digest of its command, dependencies and parameters."""
import hashlib, json, os, pathlib, sys

stages, params = json.loads(pathlib.Path(os.environ["READ"]).read_text())
stage = stages[os.environ["DVC_STAGE"]]
print("ran", os.environ["DVC_STAGE"], file=open(os.environ["RAN"], "a"))
digest = hashlib.sha256(repr(sys.argv[1:]).encode())
for dep in map(pathlib.Path, stage.get("deps", [])):
    for path in sorted(dep.rglob("*")) if dep.is_dir() else [dep]:
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.read_bytes())
for name in stage.get("params", []):
    value = params
    for part in name.split("."):
        value = value[part]
    digest.update(repr(value).encode())
read = [str(dep) for one in stages.values() for dep in one.get("deps", [])]
outs = [*stage.get("outs", []), *stage.get("plots", []), *(next(iter(one)) for one in stage.get("metrics", []))]
for out in map(str, outs):
    inside = [dep for dep in read if dep.startswith(out + "/")]
    for path in map(pathlib.Path, inside or ([out] if pathlib.Path(out).suffix else [out + "/one"])):
        target = path if path.suffix else path / "one"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(digest.hexdigest())
'''
MODEL = """from custom.layers import WIDTH
from pipeline.task.processing import Processor


def build(settings, texts):
    return WIDTH, settings.integer("data.max_length")
"""
SOP = "sop: mine/decay\nagent: model\napplies: 'true'\nsteps:\n  - decide: model.train.weight_decay\n    needs: []\n"
SOP += "    ask: How much?\n    rules:\n      - {{choose: {value}, because: as we do}}\n"
METRICS = "pipeline/reporting/classification_metrics.py"


def spec(folder: Path, number: int) -> None:
    path = folder / "trainer.yaml"
    lines = [line for line in path.read_text().splitlines() if not line.startswith("serve:")]
    path.write_text("\n".join([*lines, f"serve: {{max_batch_size: {number + 2}}}", ""]))


def epochs(folder: Path, number: int) -> None:
    path = folder / "trainer.yaml"
    path.write_text(re.sub(r"epochs: \d+", f"epochs: {10 + number}", path.read_text()))


def appended(name: str) -> Callable[[Path, int], None]:
    def edit(folder: Path, number: int) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((path.read_text() if path.exists() else "") + f"# {number}\n")

    return edit


def sop(folder: Path, number: int) -> None:
    path = folder / ".trainerspec" / "sops" / "decay.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(SOP.format(value=number / 1000))


def data(folder: Path, number: int) -> None:
    (folder / "notes" / "fruit" / f"more-{number}.txt").write_text(f"ripe plum {number} in the orchard")


def imported(folder: Path, number: int) -> None:
    """Let a helper import another one."""
    (folder / "custom" / f"more_{number}.py").write_text(f"NUMBER = {number}\n")
    appended("custom/layers.py")(folder, number)
    path = folder / "custom" / "layers.py"
    path.write_text(path.read_text() + f"from custom.more_{number} import NUMBER\n")


EDITS: dict[str, Callable[[Path, int], None]] = {
    "a slot of the spec": spec,
    "epochs": epochs,
    "a helper": appended("custom/layers.py"),
    "a helper that nothing imports": appended("custom/unused.py"),
    "an own model": appended("custom/model.py"),
    "an ejected metric": appended(f"custom/{METRICS}"),
    "an import of a helper": imported,
    "an SOP": sop,
    "the data": data,
}


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the stand-in first on PATH, and return the file in which it lists what ran."""
    needs.packages("dvc")
    place = tmp_path / "bin" / "python"
    place.parent.mkdir()
    place.write_text(WORKER.format(python=sys.executable))
    place.chmod(0o755)
    monkeypatch.setenv("PATH", f"{place.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("RAN", str(tmp_path / "ran.txt"))
    monkeypatch.setenv("READ", str(tmp_path / "read.json"))
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site"))
    return tmp_path / "ran.txt"


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@x", *words], cwd=folder, check=True)


def dvc(folder: Path, *words: str) -> None:
    subprocess.run([str(forks.path() / "dvc"), *words, "-q"], cwd=folder, check=True)


def repro(folder: Path, ran: Path) -> set[str]:
    """Run the stages, which read dvc.yaml and params.yaml as JSON; return those that DVC ran."""
    ran.unlink(missing_ok=True)
    stages, params = (yaml.load((folder / name).read_bytes()) for name in ("dvc.yaml", "params.yaml"))
    Path(os.environ["READ"]).write_text(json.dumps([stages["stages"], params]))
    dvc(folder, "repro")
    return {line.split()[1] for line in ran.read_text().splitlines()} - {"machine"} if ran.exists() else set()


@pytest.mark.slow
def test_diff_names_what_dvc_then_runs(project, trainerspec, worker):
    (project / "custom" / Path(METRICS).parent).mkdir(parents=True)
    (project / "custom" / "layers.py").write_text("WIDTH = 8\n")
    (project / "custom" / "model.py").write_text(MODEL)
    assert trainerspec("build")[0] == 0
    (project / "custom" / METRICS).write_bytes((project / METRICS).read_bytes())
    assert trainerspec("build")[0] == 0
    git(project, "init", "-q")
    dvc(project, "init")
    assert "package" in repro(project, worker)
    git(project, "add", "-A")
    git(project, "commit", "-qm", "first")
    assert repro(project, worker) == set()
    draw = random.Random(20)
    order = draw.sample(list(EDITS), len(EDITS))
    for number, some in enumerate([order[at : at + 2] for at in range(0, len(order), 2)], start=1):
        for name in some:
            EDITS[name](project, number)
        status, out, errors = trainerspec("diff", "--format", "json")
        assert status == 0, errors
        named = set(json.loads(out)["stages"])
        assert trainerspec("build")[0] == 0
        assert repro(project, worker) == named, some
        git(project, "add", "-A")
        git(project, "commit", "-qm", str(number))


def test_run_refuses_code_that_was_not_built(project, trainerspec):
    """A stale copy of the user's code would be judged instead of the code itself."""
    (project / "custom").mkdir()
    (project / "custom" / "model.py").write_text(MODEL)
    (project / "custom" / "layers.py").write_text("WIDTH = 8\n")
    assert trainerspec("build")[0] == 0
    for path, text, named in (
        ("custom/model.py", MODEL + "# other\n", "custom/model.py"),
        ("custom/cleaning.py", "def clean(frame):\n    return frame\n", "custom/cleaning.py"),
        ("custom/layers.py", "from custom.deep import WIDTH\n", "custom/layers.py"),
    ):
        kept = (project / path).read_text() if (project / path).exists() else None
        (project / "custom" / "deep.py").write_text("WIDTH = 9\n")
        (project / path).write_text(text)
        status, _, errors = trainerspec("run")
        assert status == 1
        assert "TS811" in errors
        assert f"`{named}`" in errors
        (project / path).unlink() if kept is None else (project / path).write_text(kept)
    (project / "custom" / "model.py").unlink()
    assert "TS811" in trainerspec("run")[2]

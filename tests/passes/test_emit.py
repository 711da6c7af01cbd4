"""emit: the same bytes every time, on every machine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import handmade
from trainerspec.passes.emit import emit
from trainerspec.passes.plan import plan

ROOT = Path(__file__).resolve().parents[2]
DIGEST = """
from hashlib import sha256
from tests import handmade
files = handmade.project().files
print(sha256(b"".join(path.encode() + content for path, content in files.items())).hexdigest())
"""


def test_two_processes_with_other_hash_seeds_emit_the_same_bytes():
    digests = set()
    for seed in ("0", "1234"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", DIGEST]
        digests.add(subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True).stdout)
    assert len(digests) == 1


def test_no_emitted_file_imports_trainerspec():
    for path, content in handmade.project().files.items():
        if path.endswith(".py"):
            lines = content.decode().splitlines()
            assert not [line for line in lines if line.startswith(("import trainerspec", "from trainerspec"))], path


def test_every_file_that_a_stage_reads_is_there():
    project = handmade.project()
    outputs = [out for stage in handmade.planned().stages for out in (*stage.outs, *stage.metrics, *stage.plots)]
    for stage in handmade.planned().stages:
        for dep in stage.deps:
            made = any(dep == out or dep.startswith(f"{out}/") or out.startswith(f"{dep}/") for out in outputs)
            emitted = any(path == dep or path.startswith(f"{dep}/") for path in project.files)
            assert made or emitted or dep == "data/articles", f"{stage.name}: {dep}"


@pytest.mark.parametrize("engine", ["onnx", "tensorrt"])
def test_what_serves_does_not_depend_on_the_number_format(engine):
    """Which one ships is known after the training: configuration, manifests and image must fit each."""
    full, small = (handmade.project(precision=one, engine=engine).files for one in ("fp32", "int8"))
    assert full.keys() == small.keys()
    told = {"params.yaml", "trainer.lock", "README.md"}
    assert {path for path in full if full[path] != small[path]} <= {*told, "docs/MODEL_CARD.md"}
    card = b"\n".join(one for one in small["docs/MODEL_CARD.md"].splitlines() if b"Training precision" not in one)
    assert b"int8" not in card


def test_an_ejected_document_is_taken_from_custom():
    project = handmade.project({"README.md": b"mine\n"})
    assert project.files["README.md"] == b"mine\n"
    assert b"  README.md: " in project.files["trainer.lock"]


def test_a_template_may_not_write_into_custom(tmp_path):
    (tmp_path / "project" / "custom").mkdir(parents=True)
    (tmp_path / "project" / "custom" / "model.py").write_text("")
    task = handmade.with_task(folder=tmp_path, variants=(), cards={})
    planned = plan(handmade.pinned(), task, {}).value
    assert planned is not None
    assert "TS604" in [one.code for one in emit(planned, task, {}, handmade.ORIGINS).diagnostics]

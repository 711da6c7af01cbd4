"""The assembled projects pass mypy --strict: real modules, checked as they are emitted."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import needs
from tests.templates import assemble

needs.packages("mypy")
UNTYPED = ("sklearn.*", "onnxruntime.*", "onnx.*", "kserve.*", "grpc.*", "boto3.*", "botocore.*")


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["fine-tune", "frozen-features", "from-scratch"])
def test_mypy_strict(tmp_path: Path, strategy: str) -> None:
    folder = assemble.project(tmp_path / "project", strategy=strategy)
    settings = f"[mypy]\nstrict = True\n[mypy-{','.join(UNTYPED)}]\nignore_missing_imports = True\n"
    (folder / "mypy.ini").write_text(settings)
    entries = ["train", "export", "optimize", "evaluate", "machine", "benchmark", "gate", "prepare", "package", "serve"]
    entries += ["engine", "plan_rows", "replay", "pretrained.weights", "tensorrt.build_plan"]
    names = [argument for name in entries for argument in ("-m", f"pipeline.{name}")]
    command = [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", *names]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

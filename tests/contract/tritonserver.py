"""The genuine tritonserver of the wheel `nvidia-pytriton`, on CPU, with ONNX Runtime as a Python-based backend.

The wheel has no onnxruntime backend, so `BACKEND` stands in for its compute kernel; repository, config.pbtxt, batching
and wire protocol are Triton's own. Not tested by this: what libtriton_onnxruntime checks or does otherwise.
The wheel lives in an environment of its own with numpy below 2 (with numpy 2 its outputs come back empty);
TRAINERSPEC_TRITON_PYTHON names that environment's python.
"""

import os
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests import needs

PYTHON = os.environ.get("TRAINERSPEC_TRITON_PYTHON", "")
BACKEND = '''"""ONNX Runtime as a Triton backend."""

import json
import os

import numpy
import onnxruntime
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        self.config = json.loads(args["model_config"])
        path = os.path.join(args["model_repository"], args["model_version"], "model.onnx")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.names = [output["name"] for output in self.config["output"]]

    def execute(self, requests):
        """Run what Triton batched as one batch, as its own backend does."""
        given = [{tensor.name(): tensor.as_numpy() for tensor in request.inputs()} for request in requests]
        whole = {name: numpy.concatenate([one[name] for one in given]) for name in given[0]}
        outputs = self.session.run(self.names, whole)
        ends = numpy.cumsum([len(next(iter(one.values()))) for one in given])[:-1]
        parts = zip(*[numpy.split(output, ends) for output in outputs])
        return [
            pb_utils.InferenceResponse([pb_utils.Tensor(name, array) for name, array in zip(self.names, part)])
            for part in parts
        ]
'''


def site() -> Path:
    """Return the environment's site-packages. Skips the test when there is none."""
    found = sorted(Path(PYTHON).parent.parent.glob("lib/python3.*/site-packages/pytriton/tritonserver"))
    if not PYTHON or not found:
        needs.missing("nvidia-pytriton with numpy<2 (for TRAINERSPEC_TRITON_PYTHON)", "make .venv-triton/.ready")
    return found[0].parent.parent


def backends(folder: Path) -> Path:
    """Lay out the backends: Triton's Python backend with its stub, and ours on top of it."""
    packages = site()
    release = packages / "pytriton" / "tritonserver"
    shutil.copytree(release / "backends" / "python", folder / "python")
    version = packages.parent.name.removeprefix("python")
    stub = shutil.copy(release / "python_backend_stubs" / version / "triton_python_backend_stub", folder / "python")
    Path(stub).chmod(0o755)
    (folder / "onnxruntime").mkdir()
    (folder / "onnxruntime" / "model.py").write_text(BACKEND)
    return folder


@contextmanager
def tritonserver(folder: Path, arguments: Sequence[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start tritonserver with these arguments and our backends; kill it at the end."""
    packages = site()
    binary = packages / "pytriton" / "tritonserver" / "bin" / "tritonserver"
    binary.chmod(0o755)
    variables = {
        **os.environ,
        "LD_LIBRARY_PATH": f"{packages / 'nvidia_pytriton.libs'}:{os.environ.get('LD_LIBRARY_PATH', '')}",
        "PATH": f"{Path(PYTHON).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(packages),
        "OMP_NUM_THREADS": "1",
    }
    command = [str(binary), *arguments, f"--backend-directory={backends(folder)}"]
    local = [f"--{door}-address=127.0.0.1" for door in ("http", "grpc", "metrics")]
    with log.open("wb") as output:
        process = subprocess.Popen([*command, *local], env=variables, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def passes(probe: Mapping[str, object], ports: Mapping[int, int]) -> bool:
    """Ask a manifest's probe, with its port moved."""
    asked = probe["httpGet"]
    assert isinstance(asked, Mapping)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{ports[asked['port']]}{asked['path']}", timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False

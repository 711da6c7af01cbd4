"""The pod that is emitted, as local processes: a package's rendered manifests, their arguments, ports, env and probes.

Real tritonserver is the container of the ServingRuntime, the transformer the one beside it in the InferenceService.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.contract.tritonserver import passes, site, tritonserver
from tests.serving.browser import free_port
from trainerspec.language.yaml import load

PATIENCE = 120.0
"""Seconds that a container may take to start."""


@dataclass(frozen=True, kw_only=True)
class Pod:
    """The pod's two containers; addresses are `127.0.0.1:port`."""

    name: str
    package: Path
    http: str
    grpc: str
    triton_http: str
    triton_grpc: str
    log: Path

    @property
    def infer(self) -> str:
        """Return where raw requests go."""
        return f"{self.http}/v2/models/{self.name}/infer"


def container(manifest: Path, *keys: str) -> dict[str, object]:
    """Return the first container of a rendered manifest."""
    node: object = load(manifest.read_bytes())
    for key in (*keys, "containers"):
        assert isinstance(node, dict)
        node = node[key]
    assert isinstance(node, list)
    found: dict[str, object] = node[0]
    return found


def argument(arguments: object, name: str) -> int:
    """Return the number that an argument such as `--http-port=8085` ends with."""
    assert isinstance(arguments, list)
    (found,) = [one for one in arguments if one.startswith(f"--{name}=")]
    return int(re.split("[=:]", found)[-1])


def moved(arguments: object, ports: Mapping[int, int]) -> list[str]:
    """Move every port in the arguments to a free one, and nothing else."""
    assert isinstance(arguments, list)
    return [
        re.sub(r"(?:(?<=port=)|(?<=:))\d{4}$", lambda found: str(ports[int(found[0])]), argument)
        for argument in arguments
    ]


@contextmanager
def pod(package: Path, name: str, folder: Path) -> Iterator[Pod]:
    """Start the pod and wait on its probes. Skips when there is no tritonserver."""
    site()
    runtime = container(package / "deploy/base/servingruntime.yaml", "spec")
    beside = container(package / "deploy/base/inferenceservice.yaml", "spec", "predictor")
    doors = [(beside["args"], "http_port"), (beside["args"], "grpc_port")]
    doors += [(runtime["args"], f"{door}-port") for door in ("http", "grpc", "metrics")]
    wanted = [argument(*door) for door in doors]
    ports = {port: free_port() for port in wanted}
    program, *arguments = moved(runtime["args"], ports)
    assert program == "tritonserver"
    here = [argument.replace("/mnt/models", str(package / "model_repository")) for argument in arguments]
    variables = {entry["name"]: entry["value"] for entry in beside["env"]}  # type: ignore[attr-defined]
    command = [sys.executable, *beside["command"][1:], *moved(beside["args"], ports)]  # type: ignore[index]
    log = folder / "pod.log"
    with tritonserver(folder / "backends", here, folder / "triton.log") as server, log.open("wb") as output:
        quiet = {"PYTHONDONTWRITEBYTECODE": "1"}
        process = subprocess.Popen(
            command, cwd=package, env={**os.environ, **variables, **quiet}, stdout=output, stderr=output
        )
        try:
            for one, about in ((server, runtime), (process, beside)):
                end = time.monotonic() + PATIENCE
                while not passes(about["startupProbe"], ports):  # type: ignore[arg-type]
                    alive = one.poll() is None and time.monotonic() < end
                    assert alive, (folder / "triton.log").read_text()[-3000:] + log.read_text()
                    time.sleep(0.2)
                assert passes(about["readinessProbe"], ports)  # type: ignore[arg-type]
                assert passes(about["livenessProbe"], ports)  # type: ignore[arg-type]
            http, grpc, triton_http, triton_grpc, _ = (f"127.0.0.1:{ports[port]}" for port in wanted)
            doors_open = {"http": http, "grpc": grpc, "triton_http": triton_http, "triton_grpc": triton_grpc}
            yield Pod(name=name, package=package, log=folder / "triton.log", **doors_open)
        finally:
            process.terminate()
            process.wait(40)

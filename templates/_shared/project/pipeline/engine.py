"""The engine job's other half, in this package's own image: `python -m pipeline.engine files|measure --work /work`.

`files` lays out the graph, the plan's config.pbtxt and the shapes for build_plan.py. `measure` asks Triton for the
golden answers on the plan, measures requests from raw input to answer, judges the objectives that were pending, and
puts plan and engine.json into the storage; that says which repository is to be served, the plan's or the graph's.
"""

import argparse
import json
import os
import shutil
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.base.contract import Array, Port, Raw
from pipeline.base.failure import Failure
from pipeline.base.files import read_json, sha256, write_json
from pipeline.base.verdict import judge
from pipeline.protocol import wire
from pipeline.server import bundle, golden
from pipeline.server.bundle import Bundle
from pipeline.tensorrt import storage

WARM_UP, REQUESTS, ROUNDS = 20, 300, 10
CONFIG = Path("deploy/optional/engine/config.pbtxt")
Ask = Callable[[Mapping[str, Array]], dict[str, Array]]
"""Gives the graph's outputs for its tensors."""


class NotServed(Exception):
    """There is no plan that answers; the text says why."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m pipeline.engine", description=__doc__.partition("\n")[0])
    parser.add_argument("step", choices=["files", "measure"])
    parser.add_argument("--package", type=Path, default=Path())
    parser.add_argument("--work", type=Path, default=Path("/work"))
    parser.add_argument("--url", default="http://localhost:8085", help="where Triton serves the plan")
    parser.add_argument("--patience", type=float, default=7200, help="seconds that building may take")
    options = parser.parse_args()
    packed = bundle.open_bundle(options.package, remote=True)
    if options.step == "files":
        files(packed, options.work)
        return
    try:
        verdict = measure(packed, options.work, options.url, options.patience)
        storage.publish(options.work / "engine", verdict)
        print(json.dumps(verdict, indent=2), flush=True)
    except storage.Refused as error:
        sys.exit(f"the storage refused: {error}")
    finally:
        (options.work / "done").touch()


def files(packed: Bundle, work: Path) -> None:
    """Lay out what building a plan needs."""
    work.mkdir(parents=True, exist_ok=True)
    shutil.copytree(packed.folder / "model_repository", work / "model_repository", dirs_exist_ok=True)
    shutil.copyfile(packed.folder / CONFIG, work / "engine.pbtxt")
    shutil.copyfile(packed.folder / "pipeline" / "tensorrt" / "build_plan.py", work / "build_plan.py")
    write_json(work / "plan.json", {"name": packed.name, **shapes(packed)})


def shapes(packed: Bundle) -> dict[str, dict[str, list[int]]]:
    """Return the smallest, usual and largest shape of each input: batches up to the server's largest.

    A dimension that is free beside the batch (a text's tokens) goes up to `data.max_length`, or to the longest of the
    golden inputs where a task has no such setting.
    """
    longest = longest_of(packed)
    batches = {"min": 1, "opt": max(1, packed.max_batch // 4), "max": packed.max_batch}
    frees = {"min": 1, "opt": max(1, longest // 2), "max": longest}
    return {
        size: {
            port.name: [batches[size], *(frees[size] if dim == -1 else dim for dim in port.shape[1:])]
            for port in packed.contract.inputs
        }
        for size in batches
    }


def longest_of(packed: Bundle) -> int:
    """Return the largest size of the dimensions that are free beside the batch."""
    data = packed.settings.mapping("data") if "data" in packed.settings.tree else {}
    most = data.get("max_length")
    if isinstance(most, int):
        return most
    sizes = [1]
    for line in golden.golden_lines(packed.folder):
        tensors = packed.processor.encode(golden.raw_of(line, packed.contract))
        for port in packed.contract.inputs:
            found = tensors[port.name].shape
            sizes += [size for size, dim in zip(found[1:], port.shape[1:], strict=True) if dim == -1]
    return max(sizes)


def measure(packed: Bundle, work: Path, url: str, patience: float) -> dict[str, object]:
    """Judge the plan that build_plan.py makes, and give the content of engine.json."""
    about = read_json(packed.folder / "package.json")
    verdict: dict[str, object] = {
        "serve": "onnx",
        "release": packed.revision,
        "image": os.environ.get("TRITON_IMAGE", ""),
        "objectives": [],
    }
    try:
        built = wait_built(work, patience)
        verdict |= {key: built.get(key) for key in ("tensorrt", "compute_capability", "gpu", "seconds", "command")}
        if not built["ok"]:
            raise NotServed(f"trtexec made no plan: {str(built['log']).strip()[-600:]}")
        wait_ready(url, work, patience)
        place = f"{url}/v2/models/{packed.name}/infer"

        def ask(tensors: Mapping[str, Array]) -> dict[str, Array]:
            return infer(place, packed, tensors)

        tolerance = float(str(about.get("golden.tolerance", golden.TOLERANCE)))
        verdict["golden.difference"] = replayed(packed, ask, tolerance)
        verdict["golden.tolerance"] = tolerance
        values = measured(packed, ask)
        rows = packed.settings.mappings("objectives") if "objectives" in packed.settings.tree else ()
        judged = [judge(row, values, str(built["gpu"]) or "gpu", {}) for row in rows if row.get("device")]
        plan = work / "engine" / "model_repository" / packed.name / "1" / "model.plan"
        verdict["rows"] = run_rows(packed, ask, work)
        verdict |= {**values, "objectives": judged, "plan.sha256": sha256(plan), "serve": "tensorrt"}
    except (NotServed, Failure) as error:
        verdict["because"] = str(error)
    return verdict


def run_rows(packed: Bundle, ask: Ask, work: Path) -> int:
    """Run the rows of the validation split on the plan, where a push sent them; their outputs go beside the plan."""
    if not storage.rows(work / "rows.npz"):
        return 0
    with np.load(work / "rows.npz") as kept:
        tensors = {name: kept[name] for name in kept.files}
    count = len(next(iter(tensors.values())))
    step = packed.max_batch
    parts = [
        ask({name: array[start : start + step] for name, array in tensors.items()}) for start in range(0, count, step)
    ]
    found: dict[str, Any] = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    np.savez_compressed(work / "engine" / "outputs.npz", **found)
    return count


def replayed(packed: Bundle, ask: Ask, tolerance: float) -> float:
    """Answer golden.jsonl by the plan. Raises Failure TS862 when an answer is another one."""

    def answer(raw: Raw) -> Mapping[str, object]:
        return packed.processor.decode(ask(packed.processor.encode(raw)), raw)

    return golden.replay(packed.folder, packed.contract, answer, tolerance)


def measured(packed: Bundle, ask: Ask) -> dict[str, float]:
    """Time single requests from raw input to answer, in seconds, and the largest batch, in inputs a second."""
    raws = [golden.raw_of(line, packed.contract) for line in golden.golden_lines(packed.folder)]

    def request(raw: Raw) -> float:
        start = time.perf_counter()
        packed.processor.decode(ask(packed.processor.encode(raw)), raw)
        return time.perf_counter() - start

    for index in range(WARM_UP):
        request(raws[index % len(raws)])
    taken = [request(raws[index % len(raws)]) for index in range(REQUESTS)]
    batch = joined(raws, packed.max_batch)
    rates = [packed.max_batch / request(batch) for _ in range(ROUNDS)]
    percentiles = {f"latency.p{share}": float(np.percentile(taken, share)) for share in (50, 95, 99)}
    return {**percentiles, "throughput": float(np.median(rates)), "requests": float(len(taken))}


def joined(raws: list[Raw], size: int) -> Raw:
    """Put raw inputs together to one batch, again from the start when there are too few."""
    chosen = [raws[index % len(raws)] for index in range(size)]
    made: dict[str, list[str] | list[bytes] | Array] = {}
    for name, first in chosen[0].items():
        if isinstance(first, np.ndarray):
            made[name] = np.concatenate([np.asarray(raw[name]) for raw in chosen])
        else:
            made[name] = [value for raw in chosen for value in raw[name]]  # type: ignore[assignment]
    return made


def infer(url: str, packed: Bundle, tensors: Mapping[str, Array]) -> dict[str, Array]:
    """Ask Triton over HTTP with binary tensors. Raises NotServed when it refuses or does not answer."""
    inputs, parts = [], []
    for port in packed.contract.inputs:
        array = np.ascontiguousarray(tensors[port.name])
        parts.append(wire.to_bytes(array))
        about = {"name": port.name, "datatype": port.datatype, "shape": list(array.shape)}
        inputs.append({**about, "parameters": {"binary_data_size": len(parts[-1])}})
    head = json.dumps({"inputs": inputs, "parameters": {"binary_data_output": True}}).encode()
    headers = {wire.LENGTH: str(len(head)), "Content-Type": "application/octet-stream"}
    request = urllib.request.Request(url, data=b"".join([head, *parts]), headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=300) as answer:
            return outputs(answer.read(), int(answer.headers[wire.LENGTH]), packed.contract.outputs)
    except urllib.error.HTTPError as error:
        raise NotServed(f"Triton says {error.code}: {error.read(300).decode(errors='replace')}") from error
    except (OSError, HTTPException) as error:
        raise NotServed(f"Triton does not answer: {error}") from error


def outputs(body: bytes, head: int, ports: tuple[Port, ...]) -> dict[str, Array]:
    """Take an answer with binary tensors apart."""
    at, known, found = head, {port.name: port for port in ports}, {}
    for one in json.loads(body[:head])["outputs"]:
        size = one["parameters"]["binary_data_size"]
        found[one["name"]] = wire.from_bytes(body[at : at + size], known[one["name"]], one["shape"]).reshape(
            one["shape"]
        )
        at += size
    return found


def wait_built(work: Path, patience: float) -> dict[str, object]:
    """Wait for built.json. Raises NotServed."""
    end = time.monotonic() + patience
    while not (work / "built.json").exists():
        if time.monotonic() > end:
            raise NotServed(f"no plan after {patience:g} s")
        time.sleep(0.2)
    return read_json(work / "built.json")


def wait_ready(url: str, work: Path, patience: float) -> None:
    """Wait until Triton has loaded the plan. Raises NotServed when it ended."""
    end = time.monotonic() + patience
    while True:
        if (work / "ended.json").exists():
            raise NotServed("Triton does not load the plan: its log says why")
        try:
            with urllib.request.urlopen(f"{url}/v2/health/ready", timeout=5):
                return
        except (OSError, HTTPException) as error:
            if time.monotonic() > end:
                raise NotServed("Triton was not ready in time") from error
            time.sleep(0.2)


if __name__ == "__main__":
    main()

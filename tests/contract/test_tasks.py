"""Every task's example on a real Triton behind the transformer: golden answers, batches, refusals, parity."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import pytest

from tests import needs
from tests.contract import examples
from tests.contract.pod import Pod, pod
from tests.contract.tritonserver import site
from tests.serving.browser import browser
from tests.serving.served import Served, serving
from tests.serving.test_clients import post, script
from tests.serving.test_server import get

pytestmark = [pytest.mark.triton, pytest.mark.e2e, pytest.mark.slow]
CLIENT = Path(__file__).with_name("client.py")
CHROMIUM, CHROMEDRIVER = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("examples")


@pytest.fixture(scope="module", params=examples.TASKS)
def project(request: pytest.FixtureRequest, kept: Path) -> Path:
    """Return a task's example, run to its package."""
    site()
    return examples.packaged(request.param, kept)


@pytest.fixture(scope="module")
def running(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pod]:
    """Start the package's pod, from a copy of the package."""
    package = Path(shutil.copytree(project / "package", tmp_path_factory.mktemp("pod") / "package"))
    name = json.loads((package / "package.json").read_text())["name"]
    with pod(package, name, tmp_path_factory.mktemp("logs")) as started:
        yield started


@pytest.fixture(scope="module")
def laptop(running: Pod) -> Iterator[Served]:
    """Serve the same package with the laptop server."""
    with serving(running.package) as server:
        yield server


def replay(package: Path, door: str, address: str) -> float:
    """Replay golden.jsonl in a process of its own and give the largest difference."""
    done = subprocess.run(
        [sys.executable, str(CLIENT), door, address],
        cwd=package,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    worst: float = json.loads(done.stdout.splitlines()[-1])["worst"]
    return worst


def raw_requests(package: Path) -> list[dict[str, object]]:
    """Return golden.jsonl's inputs as JSON requests: a file as base64, a missing value as null."""
    raw = contract(package)["raw"]
    requests = []
    for line in (package / "golden.jsonl").read_text(encoding="utf-8").splitlines():
        inputs = []
        for port in raw:
            value = json.loads(line)["raw"][port["name"]]
            shape = [1, *(len(value) for _ in [value] if isinstance(value, list))]
            tensor = {"name": port["name"], "datatype": port["datatype"], "shape": shape, "data": [value]}
            if isinstance(value, dict):
                tensor |= {"data": [value["base64"]], "parameters": {"content_type": "base64"}}
            inputs.append(tensor)
        requests.append({"inputs": inputs})
    return requests


def contract(package: Path) -> dict[str, list[dict[str, object]]]:
    """Read the contract of a package."""
    from trainerspec.language.yaml import load

    tree = load((package / "params.yaml").read_bytes())
    assert isinstance(tree, dict)
    agreed = tree["contract"]
    return {"raw": agreed["raw"], "inputs": agreed["tensors"]["inputs"], "answer": agreed["answer"]}


CONFIG = """
import json, sys
from google.protobuf import json_format, text_format
from tritonclient.grpc.model_config_pb2 import ModelConfig
config = text_format.Parse(open(sys.argv[1]).read(), ModelConfig())
print(json.dumps(json_format.MessageToDict(config, preserving_proto_field_name=True)))
"""
ELEMENTS = {"FP32": 1, "UINT8": 2, "INT32": 6, "INT64": 7, "STRING": 8, "BOOL": 9, "FP16": 10, "FP64": 11}


def test_the_config_says_what_the_graph_says(project: Path) -> None:
    """Read config.pbtxt with Triton's own protobuf and compare it with the graph's own signature."""
    needs.packages("tritonclient")
    (repository,) = (project / "package" / "model_repository").iterdir()
    config = script(CONFIG, str(repository / "config.pbtxt"))
    graph = onnx.load(repository / "1" / "model.onnx").graph
    for side, nodes in (("input", graph.input), ("output", graph.output)):
        listed = config[side]
        assert isinstance(listed, list)
        told = {one["name"]: one for one in listed}
        assert set(told) == {node.name for node in nodes}
        for node in nodes:
            kind, about = node.type.tensor_type, told[node.name]
            sizes = [size.dim_value if size.HasField("dim_value") else -1 for size in kind.shape.dim]
            assert sizes[0] == -1, "the batch is free in the graph"
            assert ELEMENTS[about["data_type"].removeprefix("TYPE_")] == kind.elem_type
            dims = [int(size) for size in about["dims"]]
            if not sizes[1:]:
                assert (dims, about["reshape"]) == ([1], {}), "Triton has no empty dims"
            else:  # where the exporter left a size free, the contract may fix it
                assert all(size in (-1, dim) for size, dim in zip(sizes[1:], dims, strict=True)), (dims, sizes)
    assert "dynamic_batching" in config
    assert config["version_policy"] == {"latest": {"num_versions": 1}}
    warm = config["model_warmup"]
    assert isinstance(warm, list)
    assert [one["batch_size"] for one in warm] == [1, config["max_batch_size"]]
    for path in (repository / "warmup").iterdir():
        assert path.stat().st_size > 0
    (group,) = config["instance_group"]  # type: ignore[misc]
    assert group["count"] >= 1
    labelled = [one for one in config["output"] if "label_filename" in one]  # type: ignore[attr-defined]
    assert not labelled or (repository / "labels.txt").is_file()


def test_triton_is_ready_after_its_warm_up(running: Pod) -> None:
    """A warm-up that the graph refuses keeps the model from loading."""
    log = running.log.read_text()
    assert re.search(rf"\| {running.name} +\| 1 +\| READY ", log), log[-2000:]
    assert "failed to load" not in log


@pytest.mark.parametrize("door", ["http", "grpc"])
def test_golden_answers_come_through_the_transformer(running: Pod, door: str) -> None:
    assert replay(running.package, door, getattr(running, door)) <= 1e-4


@pytest.mark.parametrize("door", ["http", "grpc"])
def test_golden_answers_come_from_triton_itself(running: Pod, door: str) -> None:
    assert replay(running.package, f"tensors-{door}", getattr(running, f"triton_{door}")) <= 1e-4


def statistics(running: Pod) -> tuple[int, int, list[int]]:
    """Return Triton's count of rows and of runs, and the sizes of the batches that it made."""
    status, answer = get(f"{running.triton_http}/v2/models/{running.name}/stats")
    assert status == 200
    (row,) = json.loads(answer)["model_stats"]
    return row["inference_count"], row["execution_count"], [one["batch_size"] for one in row["batch_stats"]]


def test_triton_batches_what_comes_together(running: Pod) -> None:
    """Texts of other lengths have other shapes, which Triton runs apart: each input comes several times in a row."""
    sent = [json.dumps(request).encode() for request in raw_requests(running.package)]
    before = statistics(running)
    with ThreadPoolExecutor(16) as people:
        answers = list(people.map(lambda number: post(running.infer, sent[number * len(sent) // 160])[0], range(160)))
    assert answers == [200] * 160
    rows, runs, sizes = statistics(running)
    assert rows - before[0] == 160
    assert runs - before[1] < 160, "some rows were run together"
    assert max(sizes) > 1


def bad_raw(good: Mapping[str, object], most: int) -> dict[str, dict[str, object]]:
    """Spoil a good request in several ways."""
    first, *others = json.loads(json.dumps(good["inputs"]))
    rest = first["shape"][1:]
    many = [
        {**one, "shape": [most + 1, *one["shape"][1:]], "data": one["data"] * (most + 1)} for one in (first, *others)
    ]
    return {
        "rank": {"inputs": [{**first, "shape": [1, *rest, 1]}, *others]},
        "count": {"inputs": [{**first, "shape": [2, *rest]}, *others]},
        "missing": {"inputs": [{**first, "name": "nonsense"}, *others]},
        "datatype": {"inputs": [{**first, "datatype": "BOOL"}, *others]},
        "batch": {"inputs": many},
    }


def test_the_transformer_refuses_bad_requests(running: Pod) -> None:
    config = json.loads(get(f"{running.triton_http}/v2/models/{running.name}/config")[1])
    good = raw_requests(running.package)[0]
    for how, request in bad_raw(good, config["max_batch_size"]).items():
        status, answer, _ = post(running.infer, json.dumps(request).encode())
        assert (status, list(answer)) == (400, ["error"]), how
    assert post(running.infer.replace(running.name, "other"), json.dumps(good).encode())[0] == 404


def test_triton_refuses_bad_shapes(running: Pod) -> None:
    """A rank too many, a fixed size that is another, more rows than the largest batch."""
    config = json.loads(get(f"{running.triton_http}/v2/models/{running.name}/config")[1])
    ports = config["input"]
    good = {port["name"]: [1, *(8 if int(size) < 0 else int(size) for size in port["dims"])] for port in ports}
    wrong = [{name: [*shape, 1] for name, shape in good.items()}]
    wrong.append({name: [config["max_batch_size"] + 1, *shape[1:]] for name, shape in good.items()})
    for port in ports:
        for place, size in enumerate(port["dims"], 1):
            if int(size) > 0:
                changed = [*good[port["name"]]]
                changed[place] = int(size) + 1
                wrong.append({**good, port["name"]: changed})
    kinds = {port["name"]: port["data_type"].removeprefix("TYPE_") for port in ports}
    for shapes in wrong:
        inputs = [
            {"name": name, "datatype": kinds[name], "shape": shape, "data": [0] * int(np.prod(shape))}
            for name, shape in shapes.items()
        ]
        url = f"{running.triton_http}/v2/models/{running.name}/infer"
        status, answer, _ = post(url, json.dumps({"inputs": inputs}).encode())
        assert status == 400, (shapes, answer)
        assert "shape" in str(answer["error"]) or "batch-size" in str(answer["error"])


def test_parity_at_every_hop(
    project: Path, running: Pod, laptop: Served, record_property: Callable[[str, object], None]
) -> None:
    """Compare torch, whose answers golden.jsonl holds, with both graphs, the laptop server, and Triton in the pod."""
    assert json.loads((project / "build/artifact/parity.json").read_text())["precision"] == "fp32"
    assert (running.package / "golden.jsonl").read_bytes() == (project / "build/onnx/golden.jsonl").read_bytes()
    tolerance = json.loads((project / "build/artifact/parity.json").read_text())["tolerance"]
    row = {
        "ONNX": replay(running.package, "graph", str(project / "build/onnx/model.onnx")),
        "shipped": replay(running.package, "graph", str(project / "build/artifact/model.onnx")),
    }
    row["laptop HTTP"] = replay(running.package, "http", laptop.http)
    row["laptop gRPC"] = replay(running.package, "grpc", laptop.grpc)
    row["Triton HTTP"] = replay(running.package, "http", running.http)
    row["Triton gRPC"] = replay(running.package, "grpc", running.grpc)
    for hop, gap in row.items():
        record_property(f"gap.{project.name}.{hop.replace(' ', '_')}", gap)
    assert row["ONNX"] <= 1e-4
    assert max(row.values()) <= tolerance


def picture(package: Path) -> bytes:
    """Return a golden picture for the snippets that send one, or nothing."""
    raw = json.loads((package / "golden.jsonl").read_text(encoding="utf-8").splitlines()[0])["raw"]
    files = [value["base64"] for value in raw.values() if isinstance(value, dict)]
    return base64.b64decode(files[0]) if files else b""


def commands(text: str, folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Return API.md's snippets as commands: curl, Python over HTTP and over gRPC, JavaScript where node is."""
    (call,) = re.findall(r"```bash\n(.*?)```", text, re.DOTALL)
    yield "curl", ["bash", "-euo", "pipefail", "-c", call]
    for number, snippet in enumerate(re.findall(r"```python\n(.*?)```", text, re.DOTALL)):
        yield f"python {number}", [sys.executable, "-c", snippet]
    (script,) = re.findall(r"```javascript\n(.*?)```", text, re.DOTALL)
    (folder / "ask.mjs").write_text(script)
    if shutil.which("node"):
        yield "javascript", ["node", "ask.mjs"]


def test_the_snippets_of_the_documents_answer(running: Pod, laptop: Served, tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(picture(running.package))
    text = (running.package / "docs/API.md").read_text(encoding="utf-8")
    text = text.replace("localhost:8080", laptop.http).replace("localhost:8081", laptop.grpc)
    answers = [str(port["name"]) for port in contract(running.package)["answer"]]
    seen = []
    for language, command in commands(text, tmp_path):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, (language, done.stderr)
        assert all(name in done.stdout for name in answers), (language, done.stdout[:500])
        seen.append(language)
    assert seen[:3] == ["curl", "python 0", "python 1"]


@pytest.mark.skipif(not (CHROMIUM and CHROMEDRIVER), reason="needs chromium and chromedriver")
def test_the_page_answers_its_first_example(running: Pod, laptop: Served, tmp_path: Path) -> None:
    """Click the first golden example and ask; TRAINERSPEC_SCREENSHOTS names a folder in which to look at the pages."""
    assert CHROMIUM
    assert CHROMEDRIVER
    with browser(CHROMEDRIVER, CHROMIUM, height=1100) as page:
        page.open(f"http://{laptop.http}/")
        page.click("#examples li:first-child button")
        page.click("#go")
        for _ in range(100):
            if "ms" in page.text("#timing"):
                break
            time.sleep(0.1)
        assert "ms" in page.text("#timing"), page.text("#answer")
        assert page.run("return document.querySelectorAll('.error').length") == 0
        names = page.run("return [...document.querySelectorAll('#examples button')].map(one => one.textContent.trim())")
        assert isinstance(names, list)
        assert all(names), "an example of white space has a name too"
        log = page.call("POST", "/se/log", {"type": "browser"})
        assert log == [], "no script error, nothing blocked, nothing fetched from elsewhere"
        folder = Path(os.environ.get("TRAINERSPEC_SCREENSHOTS", tmp_path))
        page.screenshot(folder / f"{running.name}.png")
        assert (folder / f"{running.name}.png").stat().st_size > 10_000

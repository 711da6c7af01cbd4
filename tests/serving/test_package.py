"""The package stage: what it puts together, what it refuses, and that the result serves by itself."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests import needs
from tests.serving import tiny
from tests.serving.served import serving
from tests.serving.test_clients import body, post
from trainerspec.backends import docs, kserve, pins, triton
from trainerspec.language.yaml import dump

ROW = {
    "text": "accuracy >= 95%",
    "metric": "accuracy",
    "unit": "ratio",
    "verdict": "pass",
    "value": 0.97,
    "low": 0.96,
    "high": 0.98,
}
METRICS = {
    "accuracy": 0.97,
    "accuracy.low": 0.96,
    "accuracy.high": 0.98,
    "latency.p95": 0.0041,
    "operations": 2.87e9,
    "operations.rate": 1.4e11,
    "device": "cpu",
    "baseline.trivial.accuracy": 0.5,
}
DEPLOYMENT = kserve.Deployment(name="tiny", version="0.1.0", engine="onnx", threads=1, instances=1, memory=1024)
CARD = b"# tiny\n\n<!-- measured -->\n\n<!-- data -->\n"
VARIANTS = [
    {"precision": "int8", "verdict": "lost", "because": "loses 0.1000 of accuracy", "ships": False},
    {"precision": "fp32", "verdict": "kept", "because": "keeps parity", "ships": True},
]
WEIGHTS = {"kind": "package", "name": "gt-counts", "revision": "1.2", "path": "weights", "sha256": {"a.bin": "e" * 64}}
BASE = {"id": "counts", "licence": "Apache-2.0", "sources": [WEIGHTS]}
REPORT = {
    "rows": {"read": 1300, "kept": 1290, "train": 1032, "validation": 129, "test": 129},
    "sha256": {"train": "a" * 64, "validation": "b" * 64, "test": "c" * 64},
    "dropped": [{"step": "duplicates", "rows": 10}, {"step": "missing", "rows": 0}],
    "labels": {"train": {"even": 500, "odd": 532, "no": 0}},
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose stages before `package` are done."""
    needs.packages("mlflow", "kserve")
    folder = tmp_path_factory.mktemp("project")
    written: dict[str, bytes] = {
        "params.yaml": dump({**tiny.PARAMS, "model": {"base": BASE}}),  # type: ignore[arg-type]
        "requirements-image.txt": pins.image(tensorrt=False),
        "Dockerfile": b"FROM scratch\n",
        "docs/MODEL_CARD.md": CARD,
        "docs/API.md": docs.api(tiny.PARAMS, "Text classification"),  # type: ignore[arg-type]
        **triton.repository(tiny.PARAMS),  # type: ignore[arg-type]
        **kserve.manifests(DEPLOYMENT),
        "gate.json": json.dumps(
            {"verdict": "pass", "device": "cpu", "objectives": [ROW], "variants": VARIANTS}
        ).encode(),
        "metrics.json": json.dumps(METRICS).encode(),
        "build/training.json": b'{"key": "k"}',
        "build/data/report.json": json.dumps(REPORT).encode(),
        "build/artifact/parity.json": b'{"precision": "fp32", "tolerance": 0.0001}',
        "build/artifact/vocabulary.txt": b"a\n",
        "build/evaluation/validation/profile.json": json.dumps(tiny.PROFILE).encode(),
    }
    for path, content in written.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    tiny.graph(folder / "build/artifact/model.onnx")
    tiny.golden(folder / "build/onnx/golden.jsonl", tiny.TEXTS)
    tiny.pipeline(folder)
    committed(folder)
    return folder


def committed(folder: Path) -> None:
    """Commit what a person wrote; what the stages make is there too, and is no change."""
    stages = {"gate": {"deps": ["params.yaml", "pipeline"], "metrics": [{"gate.json": {"cache": False}}]}}
    (folder / "dvc.yaml").write_bytes(dump({"stages": stages}))
    ran = {"gate": {"cmd": "python -m pipeline.gate"}, "package": {"cmd": "python -m pipeline.package"}}
    (folder / "dvc.lock").write_bytes(dump({"schema": "2.0", "stages": ran}))
    (folder / "trainer.lock").write_text(f"compiler: {{version: 1.2.3}}\ndata: {{fingerprint: {'f' * 64}}}\n")
    (folder / "constraints.txt").write_text("numpy==0.0\nno-such-package==1.0\n")
    git(folder, "init", "--quiet")
    git(folder, "remote", "add", "origin", "https://me:secret@git.example.com/ml/tiny.git")
    git(folder, "add", "params.yaml", "pipeline", "dvc.yaml", "trainer.lock", "constraints.txt")
    git(folder, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "-m", "tiny")


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


def package(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the stage; MLflow answers nowhere, which only warns."""
    variables = {**os.environ, "MLFLOW_TRACKING_URI": "http://127.0.0.1:9", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    command = [sys.executable, "-m", "pipeline.package"]
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, timeout=120, check=False)


def changed(finished: Path, tmp_path: Path, path: str, content: bytes | str) -> Path:
    """Copy the project and change one file."""
    folder = tmp_path / "project"
    shutil.copytree(finished, folder, ignore=shutil.ignore_patterns("package"))
    (folder / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def failure(folder: Path) -> Mapping[str, object]:
    seen: Mapping[str, object] = json.loads((folder / "failure.json").read_text())
    return seen


@pytest.mark.slow
def test_a_package_is_whole_and_serves_by_itself(finished: Path, tmp_path: Path) -> None:
    done = package(finished)
    assert done.returncode == 0, done.stderr
    made = finished / "package"
    about = json.loads((made / "package.json").read_text())
    assert (about["name"], about["verdict"], about["candidate"]) == ("tiny", "pass", False)
    assert about["precision"] == "fp32"
    present = {path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()}
    assert present - set(about["files"]) == {"package.json"}
    for path, digest in about["files"].items():
        assert hashlib.sha256((made / path).read_bytes()).hexdigest() == digest
    wanted = {"model_repository/tiny/1/model.onnx", "model_repository/tiny/config.pbtxt", "vocabulary.txt"}
    assert (
        wanted | {"golden.jsonl", "pipeline/task/processing.py", "docs/API.md", "Dockerfile", "metrics.json"} <= present
    )
    card = (made / "docs/MODEL_CARD.md").read_text()
    assert "| `accuracy >= 95%` | 97.00% | 96.00% to 98.00% | pass |" in card
    assert "| Accuracy (`accuracy`) | 97.00% | 96.00% to 98.00% | 50.00% |" in card
    assert "| Latency (`latency.p95`) | 4.10 ms |  | – |" in card
    assert "takes 2.87 G operations of the graph; here 140 G of them ran in a second." in card
    assert "| read | 1,300 | |\n| left out: duplicates | 10 | |\n| train | 1,032 | `aaaaaaaaaaaaaaaa` |" in card
    assert "| odd | 532 |" in card
    assert "**fp32**, which keeps parity; int8 was made too: it loses 0.1000 of accuracy." in card
    assert json.loads((made / "docs/openapi.json").read_text())["info"]["title"] == "tiny"
    config = (made / "model_repository/tiny/config.pbtxt").read_text()
    assert config.count("model_warmup {") == 2
    assert (made / "model_repository/tiny/warmup/counts").stat().st_size == 3 * 4
    assert '"label": "even"' in (made / "docs/API.md").read_text()
    assert not (finished / ".package.part").exists()
    statement = json.loads((made / "provenance.json").read_text())
    subjects = {one["name"]: one["digest"]["sha256"] for one in statement["subject"]}
    assert subjects == {path: digest for path, digest in about["files"].items() if path != "provenance.json"}
    lists_what_it_holds(made)
    inside = statement["predicate"]["buildDefinition"]["internalParameters"]
    assert list(inside["packages"]) == ["numpy"], "what is not installed is not named"
    before = {path: (made / path).read_bytes() for path in present}
    assert package(finished).returncode == 0
    assert {path: (made / path).read_bytes() for path in present} == before, "equal inputs give equal bytes"
    shutil.copytree(made, tmp_path / "elsewhere")
    with serving(tmp_path / "elsewhere") as server:
        assert post(f"{server.http}/v2/models/tiny/infer", body(["ab"]))[0] == 200


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "content", "code", "words"),
    [
        (
            "gate.json",
            json.dumps({"verdict": "fail", "device": "cpu", "objectives": [{**ROW, "verdict": "fail"}]}),
            "TS850",
            "`accuracy >= 95%` (measured 97.00%)",
        ),
        (
            "pipeline/task/processing.py",
            tiny.PROCESSING.replace('["even", "odd", "no"]', '["odd", "even", "no"]'),
            "TS862",
            "golden line 0 gives another `label`",
        ),
        (
            "model_repository/tiny/config.pbtxt",
            triton.repository(tiny.PARAMS)["model_repository/tiny/config.pbtxt"].replace(b"dims: [3]", b"dims: [4]"),  # type: ignore[arg-type]
            "TS861",
            "it has no input `counts` (FP32 [-1, 3])",
        ),
        (
            "params.yaml",
            dump(tiny.PARAMS).replace(b"name: counts", b"name: count"),  # type: ignore[arg-type]
            "TS861",
            "input `count` (FP32 [-1, 3]) is not in the graph",
        ),
    ],
    ids=["gate", "processing", "config", "contract"],
)
def test_what_does_not_fit_is_refused(
    finished: Path, tmp_path: Path, path: str, content: bytes | str, code: str, words: str
) -> None:
    folder = changed(finished, tmp_path, path, content)
    done = package(folder)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert failure(folder)["code"] == code
    assert words in str(failure(folder)["message"])
    assert not (folder / "package").exists()


def lists_what_it_holds(made: Path) -> None:
    """Check the bill of materials: valid by CycloneDX's schema, and true."""
    needs.packages("cyclonedx")
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = (made / "bom.cdx.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bom = json.loads(text)
    parts = {one["bom-ref"]: one for one in bom["components"]}
    model = bom["metadata"]["component"]
    graph = (made / "model_repository/tiny/1/model.onnx").read_bytes()
    assert model["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(graph).hexdigest()}]
    measured = model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    interval = {"lowerBound": "0.96", "upperBound": "0.98"}
    assert {"type": "accuracy", "value": "0.97", "confidenceInterval": interval} in measured
    assert {"type": "accuracy", "value": "0.5", "slice": "baseline: trivial"} in measured
    told = {one["name"]: one["value"] for one in parts["data"]["data"][0]["contents"]["properties"]}
    assert told == {**{f"trainerspec:rows.{k}": str(v) for k, v in REPORT["rows"].items()}} | {
        "trainerspec:fingerprint": "f" * 64
    }
    base = parts["base:package:gt-counts:weights"]
    assert base["purl"] == "pkg:pypi/gt-counts@1.2"
    assert base["licenses"] == [{"license": {"id": "Apache-2.0"}}]
    assert base["components"][0]["hashes"] == [{"alg": "SHA-256", "content": "e" * 64}]
    lines = (made / "requirements.txt").read_text().splitlines()
    libraries = [one for one in bom["components"] if one["type"] == "library"]
    assert len(libraries) == sum("==" in line for line in lines) > 50
    assert sum(len(one["hashes"]) for one in libraries) == sum(line.count("--hash=sha256:") for line in lines)
    assert set(bom["dependencies"][0]["dependsOn"]) == set(parts) - {"data"}


def dependencies(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return what the stage would record, by name."""
    code = """
import json
from pathlib import Path
from pipeline.base import params
from pipeline.packaging.provenance import statement
print(json.dumps(statement({}, params.load(), Path())))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    definition = json.loads(done.stdout)["predicate"]["buildDefinition"]
    return {one["name"]: one for one in definition["resolvedDependencies"]}


def test_the_commit_is_recorded_with_what_differs_from_it_and_no_secret(finished: Path, tmp_path: Path) -> None:
    folder = changed(finished, tmp_path, "gate.json", "{}")
    found = dependencies(folder)
    assert found["git"]["digest"] == {"gitCommit": git(folder, "rev-parse", "HEAD")}
    assert found["git"]["uri"] == "git+https://git.example.com/ml/tiny.git"
    assert found["git"]["annotations"]["changed"] == [], "what the stages make is no change"
    (folder / "pipeline" / "mine.py").write_text("")
    (folder / "params.yaml").write_bytes((folder / "params.yaml").read_bytes() + b"# tried\n")
    again = dependencies(folder)
    assert again["git"]["annotations"]["changed"] == ["params.yaml", "pipeline/mine.py"]
    lock = (folder / "dvc.lock").read_bytes()
    (folder / "dvc.lock").write_bytes(lock.replace(b"pipeline.package", b"pipeline.package --again"))
    assert dependencies(folder)["dvc.lock"] == found["dvc.lock"], "what it records of this stage comes after it"
    (folder / "dvc.lock").write_bytes(lock.replace(b"pipeline.gate", b"pipeline.other"))
    assert dependencies(folder)["dvc.lock"] != found["dvc.lock"]


@pytest.mark.parametrize("part", [".git", "dvc.lock", "dvc.yaml", "trainer.lock"])
def test_what_is_not_there_is_not_recorded(finished: Path, tmp_path: Path, part: str) -> None:
    folder = changed(finished, tmp_path, "gate.json", "{}")
    place = folder / part
    shutil.rmtree(place) if place.is_dir() else place.unlink()
    assert part.removeprefix(".") not in dependencies(folder)


@pytest.mark.slow
def test_a_pending_gate_makes_a_candidate(finished: Path, tmp_path: Path) -> None:
    gate = {
        "verdict": "pending",
        "device": "cpu",
        "objectives": [{**ROW, "verdict": "pending", "value": None}],
        "variants": VARIANTS,
    }
    folder = changed(finished, tmp_path, "gate.json", json.dumps(gate))
    assert package(folder).returncode == 0
    assert json.loads((folder / "package/package.json").read_text())["candidate"] is True


@pytest.mark.parametrize("answer", [b"[]", b"3", b'{"outputs": [{}]}', b"[" * 100_000, b"<html>"])
def test_what_answers_elsewhere_and_is_no_model_is_told(package: Path, answer: bytes) -> None:
    class Other(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Other) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        command = [sys.executable, "-m", "pipeline.replay", "--package", ".", "--url", url]
        done = subprocess.run(command, cwd=package, capture_output=True, text=True, timeout=60, check=False)
        server.shutdown()
    assert done.returncode == 1
    assert "TS868" in done.stderr
    assert "Traceback" not in done.stderr

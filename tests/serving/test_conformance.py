"""Our server against descriptions of it: schemathesis on a package's OpenAPI, and on that of the protocol."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import needs
from tests.serving import tiny
from tests.serving.served import Served, serving
from tests.serving.test_server import get
from trainerspec.language.yaml import load

OIP = Path(__file__).resolve().parents[3] / "shared" / "oip" / "fixed.yaml"
DESCRIBE = """
from pathlib import Path
from pipeline.base import files, params
from pipeline.packaging import openapi
from pipeline.server import bundle
settings = params.load(Path("params.yaml"))
files.write_json(Path("docs/openapi.json"), openapi.describe(bundle.assemble(Path(), settings), settings))
"""


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a package that has the description that the package stage writes."""
    needs.packages("schemathesis", "kserve")
    folder = tiny.package(tmp_path_factory.mktemp("described") / "package")
    subprocess.run([sys.executable, "-B", "-c", DESCRIBE], cwd=folder, check=True)
    with serving(tiny.seal(folder, "tiny"), "--quiet") as server:
        yield server


def schemathesis(server: Served, schema: str, *options: str) -> str:
    """Run schemathesis and give its report; any failed check fails."""
    command = [sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()", "run", schema]
    common = ["-u", f"http://{server.http}", "-n", "15", "--generation-deterministic", "--no-color"]
    # a schema cannot say that `shape` fits `data`, or which rows this model refuses: what it allows may still be 400
    common += ["--phases", "examples,coverage,fuzzing", "--exclude-checks", "positive_data_acceptance"]
    done = subprocess.run(
        [*command, *common, *options], cwd=server.folder, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_emitted_description_holds(described: Served) -> None:
    report = schemathesis(described, f"http://{described.http}/openapi.json")
    assert "9 selected / 9 total" in report
    assert "No issues found" in report


@pytest.mark.slow
def test_the_protocols_own_description_holds(described: Served, tmp_path: Path) -> None:
    """Of the protocol's answers the description knows 200 and 400 only, so requests are those that it allows."""
    if not OIP.is_file():
        pytest.skip("the protocol's OpenAPI description is not on this machine")
    tree = json.loads(json.dumps(load(OIP.read_bytes())))
    pinned = {"MODEL_NAME": "tiny", "MODEL_VERSION": "1"}
    for path in tree["paths"].values():
        for parameter in path.get("parameters", ()):
            parameter["schema"] = {"type": "string", "enum": [pinned[parameter["name"]]]}
    (tmp_path / "oip.json").write_text(json.dumps(tree))
    report = schemathesis(described, str(tmp_path / "oip.json"), "--mode", "positive")
    assert "6 selected / 6 total" in report


def test_the_examples_are_golden_and_answered(described: Served) -> None:
    import urllib.request

    description = json.loads(get(f"{described.http}/openapi.json")[1])
    infer = description["paths"]["/v2/models/tiny/infer"]["post"]
    requests = infer["requestBody"]["content"]["application/json"]["examples"]
    answers = infer["responses"]["200"]["content"]["application/json"]["examples"]
    assert requests.keys() == answers.keys()
    assert len(requests) == 3
    for name, request in requests.items():
        body = json.dumps(request["value"]).encode()
        sent = urllib.request.Request(f"http://{described.http}/v2/models/tiny/infer", body)
        with urllib.request.urlopen(sent, timeout=20) as response:
            got = json.load(response)
        assert got["outputs"][0] == answers[name]["value"]["outputs"][0]
        assert got["outputs"][1]["data"] == pytest.approx(answers[name]["value"]["outputs"][1]["data"], abs=1e-4)

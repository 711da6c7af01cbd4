"""The documents' snippets do what they say: each is taken out of API.md and run against a live server."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import needs
from tests.backends.fixtures import GROUNDING, NEWS, tensor
from tests.serving import tiny
from tests.serving.served import Served, serving
from trainerspec.backends import docs


def snippets(language: str, text: str) -> list[str]:
    """Return the code blocks of one language."""
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    needs.packages("kserve")
    with serving(tiny.package(tmp_path_factory.mktemp("documented"))) as server:
        yield server


@pytest.fixture(scope="module")
def api(served: Served) -> str:
    text = docs.api(tiny.PARAMS, "Text classification").decode()  # type: ignore[arg-type]
    return text.replace("localhost:8080", served.http).replace("localhost:8081", served.grpc)


def run(*command: str) -> str:
    """Run a snippet in a process of its own."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_curl_call_answers(api: str) -> None:
    (call,) = snippets("bash", api)
    assert '"data":["even"]' in run("bash", "-euo", "pipefail", "-c", call)


def test_the_python_snippets_answer(api: str) -> None:
    needs.packages("tritonclient")
    http, grpc = snippets("python", api)
    for snippet in (http, grpc):
        assert "label [b'even' b'odd']" in run(sys.executable, "-c", snippet)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_javascript_snippet_answers(api: str, tmp_path: Path) -> None:
    (snippet,) = snippets("javascript", api)
    (tmp_path / "ask.mjs").write_text(snippet)
    assert "label [ 'even' ]" in run("node", str(tmp_path / "ask.mjs"))


def test_every_kind_of_port_has_examples_that_compile() -> None:
    agreed = {
        "raw": [
            tensor("image", "BYTES", -1, kind="image"),
            tensor("prompt", "BYTES", -1, kind="prompt"),
            tensor("seed", "INT64", -1, kind="seed"),
            tensor("age", "FP32", -1, kind="column"),
            tensor("mask", "BOOL", -1, -1, kind="column"),
        ],
        "tensors": {"inputs": [], "outputs": []},
        "answer": [tensor("image", "BYTES", -1, kind="image")],
    }
    text = docs.api({**NEWS, "contract": agreed}, "Everything").decode()
    for snippet in snippets("python", text):
        compile(snippet, "API.md", "exec")
    assert "$(base64 -w0 picture.png)" in snippets("bash", text)[0]
    assert "np.array([7], dtype=np.int64)" in text
    assert "cookiecutter" not in text


def test_a_box_is_explained() -> None:
    text = docs.api(GROUNDING, "Visual grounding").decode()
    assert "| `box` | FP32 | [-1, 4] | x0, y0, x1, y1 in pixels of the picture that was sent |" in text


def test_an_apostrophe_survives_the_shell() -> None:
    call = docs.curl([{**tensor("text", "BYTES", -1, kind="it's"), "name": "it's"}])
    assert run("bash", "-c", f"printf %s '{call}'").startswith('{"inputs": [{"name": "it\'s"')

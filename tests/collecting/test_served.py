"""From a sentence and a source to a served model, with the source gone before anything is trained."""

import base64
import io
import random
import subprocess
import zipfile
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from tests import needs
from tests.e2e.conftest import call
from tests.serving.served import serving

pytestmark = pytest.mark.sources


def good(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stdout + done.stderr


def ask(project: Path, inputs: dict[str, tuple[str, object]], **parameters: str) -> str:
    """Serve the package, send one request, and return the label."""
    httpx = needs.module("httpx")
    body = [
        {"name": name, "datatype": kind, "shape": [1], "data": [value], "parameters": parameters}
        for name, (kind, value) in inputs.items()
    ]
    with serving(project / "package") as server:
        answer = httpx.post(f"http://{server.http}/v2/models/{project.name}/infer", json={"inputs": body}).json()
    return str(next(one["data"][0] for one in answer["outputs"] if one["name"] == "label"))


def test_a_sentence_and_a_postgresql_table(tmp_path: Path, postgres: str) -> None:
    needs.packages("adbc_driver_postgresql")
    sentence = "Predict which customers churn, accuracy at least 70%"
    query = "select age, plan, churn from customers"
    good(call("trainerspec", "draft", sentence, "--data", query, "--connection", "CRM_URL", "--collect",
              cwd=tmp_path, CRM_URL=postgres))  # fmt: skip
    project = tmp_path / "customers-churn"
    good(call("trainerspec", "build", cwd=project, CRM_URL=""))
    good(call("trainerspec", "run", cwd=project, CRM_URL=""))
    assert ask(project, {"age": ("INT64", 25), "plan": ("BYTES", "pro")}) == "yes"


def picture(kind: str, draw: random.Random) -> bytes:
    image = Image.new("RGB", (48, 48), (draw.randint(150, 255), 200, 200))
    at, size = draw.randint(4, 18), draw.randint(18, 26)
    pen = ImageDraw.Draw(image)
    (pen.ellipse if kind == "round" else pen.rectangle)(
        [at, at, at + size, at + size], fill=(draw.randint(0, 90), 0, 60)
    )
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


def test_a_sentence_and_zipped_pictures(tmp_path: Path) -> None:
    draw = random.Random(0)
    with zipfile.ZipFile(tmp_path / "shapes.zip", "w") as archive:
        for number in range(120):
            kind = ("round", "square")[number % 2]
            archive.writestr(f"shapes/{kind}/{number:03}.png", picture(kind, draw))
    sentence = "Sort our pictures of shapes into round and square, accuracy at least 60%"
    good(call("trainerspec", "draft", sentence, "--data", "shapes.zip", "--collect", cwd=tmp_path))
    project = next(path.parent for path in tmp_path.glob("*/trainer.yaml"))
    (tmp_path / "shapes.zip").unlink()
    good(call("trainerspec", "build", cwd=project))
    good(call("trainerspec", "run", cwd=project, timeout=1500))
    sent = base64.b64encode(picture("square", draw)).decode()
    assert ask(project, {"image": ("BYTES", sent)}, content_type="base64") in ("round", "square")

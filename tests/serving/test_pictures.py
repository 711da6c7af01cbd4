"""Pictures, seeds and columns go in, boxes and pictures come out: the server knows ports, not tasks."""

import base64
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests import needs
from tests.serving import tiny
from tests.serving.browser import browser
from tests.serving.served import Served, serving
from tests.serving.test_clients import post, script

CHROMIUM, CHROMEDRIVER = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
BINARY = """
import io, json, sys, numpy as np, tritonclient.http as http
from PIL import Image
client = http.InferenceServerClient(sys.argv[1])
data = np.array([open(sys.argv[2], "rb").read()], dtype=np.object_)
values = {"image": data, "phrase": np.array([b"the red one"], dtype=np.object_),
          "seed": np.array([7], dtype=np.int64), "zoom_level": np.array([0.05], dtype=np.float32)}
kinds = {"image": "BYTES", "phrase": "BYTES", "seed": "INT64", "zoom_level": "FP32"}
inputs = [http.InferInput(name, list(value.shape), kinds[name]) for name, value in values.items()]
for tensor, value in zip(inputs, values.values()):
    tensor.set_data_from_numpy(value)
answer = client.infer("find-it", inputs)
size = Image.open(io.BytesIO(answer.as_numpy("mirrored")[0])).size
print(json.dumps({"box": answer.as_numpy("box").tolist(), "size": size}))
"""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    needs.packages("kserve")
    with serving(tiny.picture_package(tmp_path_factory.mktemp("pictures") / "package")) as server:
        yield server


def asked(**changes: object) -> bytes:
    """Return a request; `changes` replace an input's data."""
    data = {"image": tiny.picture(tiny.drawing()), "phrase": "the red one", "seed": 7, "zoom_level": 0.05, **changes}
    kinds = {"image": "BYTES", "phrase": "BYTES", "seed": "INT64", "zoom_level": "FP32"}
    inputs = [{"name": n, "datatype": kinds[n], "shape": [1], "data": [value]} for n, value in data.items()]
    inputs[0]["parameters"] = {"content_type": "base64"}
    return json.dumps({"inputs": inputs}).encode()


def test_json_carries_pictures_as_base64(pictures: Served) -> None:
    status, answer, _ = post(f"{pictures.http}/v2/models/find-it/infer", asked())
    assert status == 200, answer
    outputs = {output["name"]: output for output in answer["outputs"]}  # type: ignore[index, union-attr]
    assert outputs["box"]["data"] == [40, 30, 120, 90]
    assert outputs["score"]["data"] == pytest.approx([0.46])
    assert outputs["mirrored"]["parameters"] == {"content_type": "base64"}
    with Image.open(io.BytesIO(base64.b64decode(outputs["mirrored"]["data"][0]))) as picture:
        assert picture.size == (160, 120)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"image": tiny.picture(b"no picture")}, "not a picture that can be read: send PNG, JPEG or WebP"),
        ({"image": tiny.picture(tiny.drawing()[:60])}, "not a picture that can be read"),
        (
            {"image": tiny.picture(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")},
            "not a picture that can be read: send PNG, JPEG or WebP",
        ),
        ({"image": tiny.picture(tiny.bomb())}, "is 12000 x 12000 pixels; at most 16000000 are taken"),
        ({"seed": 1.5}, "not INT64"),
        ({"seed": "7"}, "not INT64"),
        ({"seed": 2**70}, "INT64"),
        ({"zoom_level": True}, "not FP32"),
    ],
)
def test_bad_values_are_told_by_port(pictures: Served, changes: dict[str, object], reason: str) -> None:
    status, answer, _ = post(f"{pictures.http}/v2/models/find-it/infer", asked(**changes))
    assert status == 400
    assert reason in str(answer["error"])


def test_binary_data_carries_pictures_as_they_are(pictures: Served, tmp_path: Path) -> None:
    needs.packages("tritonclient")
    (tmp_path / "picture.png").write_bytes(tiny.drawing())
    got = script(BINARY, pictures.http, str(tmp_path / "picture.png"))
    assert got == {"box": [[40, 30, 120, 90]], "size": [160, 120]}


@pytest.mark.slow
@pytest.mark.skipif(not (CHROMIUM and CHROMEDRIVER), reason="needs chromium and chromedriver")
def test_the_page_draws_the_box_and_shows_the_picture(pictures: Served, tmp_path: Path) -> None:
    assert CHROMIUM
    assert CHROMEDRIVER
    (tmp_path / "picture.png").write_bytes(tiny.drawing())
    with browser(CHROMEDRIVER, CHROMIUM, height=1100) as page:
        page.open(f"http://{pictures.http}/")
        page.upload("#in-image", tmp_path / "picture.png")
        page.write("#in-phrase", "the red one")
        page.write("#in-seed", "7")
        page.write("#in-zoom_level", "0.05")
        page.click("#go")
        assert "box 40.0, 30.0, 120.0, 90.0" in page.text("#answer .sure")
        page.find("#answer svg rect")
        assert page.run("return document.querySelector('#answer .picture').naturalWidth") == 160
        page.screenshot(tmp_path / "page.png")

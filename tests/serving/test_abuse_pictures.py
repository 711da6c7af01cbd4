"""One bad client of a model that takes pictures: a small file may hold a huge one, and a request many of them."""

import io
import json
import struct
import zlib
from collections.abc import Callable, Iterator

import pytest
from PIL import Image

from tests import needs
from tests.serving import tiny
from tests.serving.abuse import HEALTHY, delay, forget, peak
from tests.serving.served import Served, serving
from tests.serving.test_clients import post


def written(mode: str, size: tuple[int, int], form: str, **options: object) -> bytes:
    """Write a picture of one colour, which is small."""
    out = io.BytesIO()
    Image.new(mode, size).save(out, form, **options)
    return out.getvalue()


def tiled(tile: int) -> bytes:
    """Write a TIFF of 16 x 16 pixels in one tile that is much larger, packed."""
    packed = zlib.compress(bytes(tile * tile), 9)
    entries = [
        *((256, 4, 16), (257, 4, 16), (258, 3, 8), (259, 3, 8), (262, 3, 1), (277, 3, 1)),
        *((322, 4, tile), (323, 4, tile), (324, 4, 0), (325, 4, len(packed))),
    ]
    start = 8 + 2 + 12 * len(entries) + 4
    made = b"".join(struct.pack("<HHII", tag, kind, 1, start if tag == 324 else value) for tag, kind, value in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + made + bytes(4) + packed


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    needs.packages("kserve")
    with serving(tiny.picture_package(tmp_path_factory.mktemp("bombs") / "package")) as server:
        yield server


def asked(*pictures: bytes) -> bytes:
    """Return a request with some pictures."""
    rows = len(pictures)
    data: dict[str, tuple[str, list[object]]] = {
        "image": ("BYTES", [tiny.picture(one) for one in pictures]),
        "phrase": ("BYTES", ["the red one"] * rows),
        "seed": ("INT64", [7] * rows),
        "zoom_level": ("FP32", [0.05] * rows),
    }
    inputs = [{"name": n, "datatype": kind, "shape": [rows], "data": values} for n, (kind, values) in data.items()]
    inputs[0]["parameters"] = {"content_type": "base64"}
    return json.dumps({"inputs": inputs}).encode()


BOMBS: dict[str, tuple[Callable[[], list[bytes]], str]] = {
    "a WebP of 64 megapixels": (
        lambda: [written("RGBA", (8000, 8000), "WEBP", lossless=True)],
        "at most 16000000 are taken",
    ),
    "a PNG of 144 megapixels": (lambda: [written("1", (12000, 12000), "PNG")], "at most 16000000 are taken"),
    "a GIF of 100 megapixels": (lambda: [written("P", (10000, 10000), "GIF")], "at most 16000000 are taken"),
    "16 bits a pixel": (lambda: [written("I;16", (3000, 3000), "PNG")], "at most 16000000 are taken"),
    "a TIFF of one huge tile": (lambda: [tiled(16_000)], "at most 16000000 are taken"),
    "four that are too much together": (
        lambda: [written("RGB", (2100, 2100), "PNG")] * 4,
        "the pictures of this request have 17640000 pixels together; at most 16000000 are taken",
    ),
    "a progressive JPEG of 100 megapixels": (
        lambda: [written("RGB", (10000, 10000), "JPEG", progressive=True)],
        "at most 16000000 are taken",
    ),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_a_picture_is_weighed_by_its_head(pictures: Served, kind: str) -> None:
    bomb, reason = BOMBS[kind]
    files = bomb()
    before = forget(pictures.process.pid)
    status, answer, _ = post(f"{pictures.http}/v2/models/find-it/infer", asked(*files))
    assert status == 400
    assert reason in str(answer["error"])
    assert peak(pictures.process.pid) - before < 64


LARGEST: dict[str, Callable[[], list[bytes]]] = {
    "WebP": lambda: [written("RGBA", (4000, 4000), "WEBP", lossless=True)],
    "PNG": lambda: [written("RGB", (4000, 4000), "PNG")],
    "16 bits": lambda: [written("I;16", (2800, 2800), "PNG")],
    "four": lambda: [written("RGB", (2000, 2000), "PNG")] * 4,
}


@pytest.mark.parametrize("kind", LARGEST)
def test_the_largest_pictures_fit_the_memory_and_health_answers(pictures: Served, kind: str) -> None:
    """All of the budget at once, three times."""
    statuses, sent = [], asked(*LARGEST[kind]())

    def abuse() -> None:
        for _ in range(3):
            status, _, _ = post(f"{pictures.http}/v2/models/find-it/infer", sent)
            statuses.append(status)

    forget(pictures.process.pid)
    late = delay(pictures, abuse)
    assert set(statuses) == {200}
    assert late <= HEALTHY
    assert peak(pictures.process.pid) < 1024, "MiB, the pod's limit"

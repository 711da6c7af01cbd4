"""A text and columns of a table go in, spans and a number come out: the page and the wire know kinds, not tasks."""

import hashlib
import json
import shutil
from collections.abc import Iterator

import pytest

from tests import needs
from tests.serving import tiny
from tests.serving.browser import browser
from tests.serving.served import Served, serving
from tests.serving.test_clients import post
from trainerspec.language.yaml import dump

CHROMIUM, CHROMEDRIVER = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
PROCESSING = '''"""Finds words that begin with a capital letter, and doubles a number."""

import re

import numpy as np


class Processor:
    def encode(self, raw):
        return {"counts": np.zeros((len(raw["text"]), 3), dtype=np.float32)}

    def decode(self, tensors, raw):
        found = [[span(one) for one in WORD.finditer(text)] for text in raw["text"]]
        twice = 2 * np.nan_to_num(np.asarray(raw["age"], dtype=np.float32))
        known = np.array([plan != "" for plan in raw["plan"]], dtype=np.float32)
        return {"spans": found, "twice": twice, "range": np.stack([twice - 1, twice + known], axis=1)}


def span(one):
    return {"start": one.start(), "end": one.end(), "label": "NAME", "text": one[0], "score": 0.5}


WORD = re.compile("[A-Z][a-z]+")
FILES = ()


def load(folder):
    return Processor()
'''
COLUMN = {"kind": "column", "shape": [-1], "optional": True}
CONTRACT = {
    "raw": [
        {"name": "text", "kind": "text", "datatype": "BYTES", "shape": [-1]},
        {"name": "age", "datatype": "FP64", "typical": 30.5, **COLUMN},
        {"name": "plan", "datatype": "BYTES", "values": ["basic", "pro"], **COLUMN},
        {"name": "note", "datatype": "BYTES", "media_type": "text/plain", **COLUMN},
    ],
    "answer": [
        {"name": "spans", "kind": "spans", "datatype": "BYTES", "shape": [-1], "media_type": "application/json"},
        {"name": "twice", "kind": "number", "datatype": "FP32", "shape": [-1]},
        {"name": "range", "kind": "interval", "datatype": "FP32", "shape": [-1, 2]},
    ],
}
SPAN = {"start": 3, "end": 6, "label": "NAME", "text": "Ada", "score": 0.5}
GOLDEN = {
    "id": "0",
    "raw": {"text": "is Ada here", "age": 4.0, "plan": None, "note": ""},
    "answer": {"spans": [SPAN], "twice": 8.0, "range": [7.0, 8.0]},
}


@pytest.fixture(scope="module")
def form(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    needs.packages("kserve")
    folder = tmp_path_factory.mktemp("form") / "package"
    tiny.graph(folder / "model_repository" / "tiny" / "1" / "model.onnx")
    tiny.pipeline(folder)
    (folder / "pipeline" / "task" / "processing.py").write_text(PROCESSING, encoding="utf-8")
    tensors = tiny.PARAMS["contract"]["tensors"]  # type: ignore[index]
    (folder / "params.yaml").write_bytes(
        dump({**tiny.PARAMS, "labels": [], "contract": {**CONTRACT, "tensors": tensors}})
    )
    (folder / "golden.jsonl").write_text(json.dumps(GOLDEN) + "\n")
    digest = hashlib.sha256((folder / "golden.jsonl").read_bytes()).hexdigest()
    (folder / "package.json").write_text(json.dumps({"name": "tiny", "files": {"golden.jsonl": digest}}))
    with serving(folder) as server:
        yield server


def test_columns_may_be_missing_and_spans_are_json(form: Served) -> None:
    inputs = [
        {"name": "text", "datatype": "BYTES", "shape": [2], "data": ["is Ada here", "no"]},
        {"name": "age", "datatype": "FP64", "shape": [2], "data": [4, None]},
    ]
    status, answer, _ = post(f"{form.http}/v2/models/tiny/infer", json.dumps({"inputs": inputs}).encode())
    assert status == 200, answer
    outputs = {output["name"]: output["data"] for output in answer["outputs"]}  # type: ignore[index, union-attr]
    assert [json.loads(found) for found in outputs["spans"]] == [[SPAN], []]
    assert outputs["twice"] == [8, 0]
    assert outputs["range"] == [7, 8, -1, 0]


@pytest.mark.slow
@pytest.mark.skipif(not (CHROMIUM and CHROMEDRIVER), reason="needs chromium and chromedriver")
def test_the_page_marks_spans_and_leaves_columns_out(form: Served) -> None:
    assert CHROMIUM
    assert CHROMEDRIVER
    with browser(CHROMEDRIVER, CHROMIUM) as page:
        page.open(f"http://{form.http}/")
        assert page.run("return document.getElementById('in-age').value") == "30.5", "what is typical"
        assert (
            page.run("return [...document.querySelectorAll('#in-plan-known option')].map(o => o.value).join()")
            == "basic,pro"
        )
        assert page.run("return document.getElementById('in-note').tagName") == "TEXTAREA", "people write in it"
        page.click("#examples li:first-child button")
        assert page.text("#spans mark").startswith("Ada")
        assert page.text("#spans mark small") == "NAME"
        assert page.text("#number") == "61", "an example's columns are what is typical, no row of the data"
        assert page.text("#interval") == "Range: 60 to 62"
        page.write("#in-text", "nobody")
        page.click("#go")
        page.find("#spans:not(:has(mark))")
        assert page.call("POST", "/se/log", {"type": "browser"}) == []

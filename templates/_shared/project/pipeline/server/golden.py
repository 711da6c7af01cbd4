"""The golden answers of a package: read them, ask them again, and measure how far two answers are apart."""

import base64
import io
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.base import contract
from pipeline.base.contract import Contract, Port, Raw
from pipeline.base.failure import Failure

TOLERANCE = 1e-4
"""Largest difference between a golden answer and the same artefact's answer elsewhere (fp32 sums in another order)."""
APART = {"image": 2.0, "segmentation": 0.002}
"""The same of pictures (mean difference, of 255) and of maps of classes (share of pixels: two were as likely)."""
Answer = Mapping[str, object]


def golden_lines(folder: Path, file: str = "golden.jsonl") -> Iterator[dict[str, object]]:
    """Read the lines of golden.jsonl, or of another file like it."""
    with (folder / file).open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def raw_of(line: Mapping[str, object], agreed: Contract) -> Raw:
    """Return a golden line's input as a batch of one."""
    kept = line["raw"]
    assert isinstance(kept, dict)
    one = {port.name: restored(kept[port.name]) for port in agreed.raw}
    arrays = {p.name: contract.to_array(p, [one[p.name]]) for p in agreed.raw}
    return contract.to_raw(agreed.raw, arrays, 1)


def restored(value: object) -> object:
    """Undo base64; a missing value stays None."""
    if isinstance(value, dict) and set(value) == {"base64"}:
        return base64.b64decode(str(value["base64"]))
    return value


def plain(value: object) -> object:
    """Return one answer as JSON has it; bytes that are no text as base64."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return {"base64": base64.b64encode(value).decode()}
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def replay(folder: Path, agreed: Contract, answer: Callable[[Raw], Answer], tolerance: float = TOLERANCE) -> float:
    """Answer every golden line again and give the largest difference.

    Raises Failure TS862 naming the first line whose answer is another one.
    """
    worst = 0.0
    for line in golden_lines(folder):
        kept, answers = line["answer"], answer(raw_of(line, agreed))
        assert isinstance(kept, dict)
        for port in agreed.answer:
            given = contract.to_array(port, answers[port.name])[0]
            gap = distance(port, restored(kept[port.name]), given)
            if not gap <= APART.get(port.kind, tolerance):
                hint = "graph, processing.py or a library changed after the export; build and package again"
                seen = {"line": line["id"], "port": port.name, "difference": gap}
                raise Failure(
                    "TS862", f"golden line {line['id']} gives another `{port.name}`", hint=hint, evidence=seen
                )
            worst = max(worst, gap if port.kind not in APART else 0.0)
    return worst


def distance(port: Port, one: object, other: object) -> float:
    """Return how far two values are apart: 0 for equal, infinite for what is just different.

    Of numbers above 1 it is a share of them: FP32 has seven digits, whatever the unit.
    """
    if port.kind in APART:
        return picture_distance(one, other, numbers=port.kind == "segmentation")
    if port.json:
        return document_distance(
            *(json.loads(item) if isinstance(item, str | bytes) else item for item in (one, other))
        )
    if port.datatype == "BYTES":
        same = (one if isinstance(one, bytes) else str(one).encode()) == other
        return 0.0 if same else float("inf")
    first = np.asarray(one, dtype=np.float64)
    gap = (np.abs(first - np.asarray(other, dtype=np.float64)) / np.maximum(1.0, np.abs(first))).max(initial=0.0)
    return float(gap) if np.isfinite(gap) else float("inf")


def document_distance(one: object, other: object) -> float:
    """Return the largest difference of the numbers in two JSON documents, of those above 1 as a share of them.

    Infinite when anything else differs.
    """
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return max((document_distance(one[key], other[key]) for key in one), default=0.0)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return max((document_distance(*pair) for pair in zip(one, other, strict=True)), default=0.0)
    if isinstance(one, float) and isinstance(other, int | float):
        return abs(one - other) / max(1.0, abs(one))
    return 0.0 if one == other else float("inf")


def picture_distance(one: object, other: object, *, numbers: bool) -> float:
    """Return the mean difference of two encoded pictures, of 255; of maps of `numbers` the share that differs.

    Infinite when their sizes differ.
    """
    if one == other:
        return 0.0
    assert isinstance(one, bytes)
    assert isinstance(other, bytes)
    with Image.open(io.BytesIO(one)) as first, Image.open(io.BytesIO(other)) as second:
        if first.size != second.size:
            return float("inf")
        if numbers:
            return float((np.asarray(first) != np.asarray(second)).mean())
        pixels = [np.asarray(picture.convert("RGB"), dtype=np.float64) for picture in (first, second)]
    return float(np.abs(pixels[0] - pixels[1]).mean())

"""Boxes in every form that people keep them in: read alike by the compiler and by `prepare`, or told."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trainerspec.catalog.load import tasks
from trainerspec.diagnostics.model import Diagnostic
from trainerspec.ir.source import Source
from trainerspec.passes.parse import parse
from trainerspec.passes.validate import validate
from trainerspec.workspace.prober import DataProber

WIDE, HIGH = 60, 40


@pytest.fixture
def told(tmp_path: Path) -> Callable[..., tuple[Diagnostic, ...]]:
    """Write eight pictures and a table of boxes; return what a look at them says."""

    def look(header: str, boxes: list[str], options: str = "") -> tuple[Diagnostic, ...]:
        for n in range(8):
            pixels = np.random.default_rng(n).integers(0, 255, (HIGH, WIDE, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / f"p{n:03}.png")
        rows = [f"p{n % 8:03}.png,the {('red', 'blue')[n % 2]} ball {n},{box}" for n, box in enumerate(boxes)]
        (tmp_path / "boxes.csv").write_text("\n".join([f"file,phrase,{header}", *rows]) + "\n", "utf-8")
        task = f"type: visual-grounding, inputs: {{image: file}}{options}"
        text = f"trainerspec: 1\nname: boxes\ntask: {{{task}}}\ndata: {{source: .}}\n"
        known = tasks()
        spec = validate(parse(Source(name="trainer.yaml", text=text)).value, known).value  # type: ignore[arg-type]
        assert spec is not None
        return DataProber(folder=tmp_path).profile(spec, known[spec.task]).diagnostics

    return look


FOUR = [(4 + n, 3 + n, 10 + n % 5, 8 + n % 3) for n in range(16)]
"""Corners and sizes that fit."""
SHARES = [f"{x / WIDE:.3f} {y / HIGH:.3f} {(x + w) / WIDE:.3f} {(y + h) / HIGH:.3f}" for x, y, w, h in FOUR]
CENTRES = [f"{(x + w / 2) / WIDE:.3f} {(y + h / 2) / HIGH:.3f} {w / 99:.3f} {h / 99:.3f}" for x, y, w, h in FOUR]


@pytest.mark.parametrize(
    ("header", "boxes"),
    [
        ("x0,y0,x1,y1", [f"{x},{y},{x + w},{y + h}" for x, y, w, h in FOUR]),
        ("xmin,ymin,xmax,ymax", [f"{x},{y},{x + w},{y + h}" for x, y, w, h in FOUR]),
        ("x,y,w,h", [f"{x},{y},{w},{h}" for x, y, w, h in FOUR]),
        ("left,top,width,height", [f"{x},{y},{w},{h}" for x, y, w, h in FOUR]),
        ("box", [f'"[{x}, {y}, {x + w}, {y + h}]"' for x, y, w, h in FOUR]),
    ],
)
def test_boxes_that_are_named_fit(told: Callable[..., tuple[Diagnostic, ...]], header: str, boxes: list[str]) -> None:
    assert [one.code for one in told(header, boxes)] == []


@pytest.mark.parametrize(
    ("boxes", "options", "hint"),
    [
        (SHARES, "", "unit: share"),
        (CENTRES, ", options: {box: cxcywh}", "box: cxcywh, unit: share"),
        (CENTRES, "", "box: cxcywh, unit: share"),
        ([f"{x + 20} {y + 9} {w} {h}" for x, y, w, h in FOUR], "", "box: xywh"),
    ],
)
def test_another_form_is_named(
    told: Callable[..., tuple[Diagnostic, ...]], boxes: list[str], options: str, hint: str
) -> None:
    (one,) = told("box", [f'"{box}"' for box in boxes], options)
    assert (one.code, one.severity) == ("TS424", "error")
    assert hint in one.hint


def test_each_odd_box_has_its_own_word(told: Callable[..., tuple[Diagnostic, ...]]) -> None:
    boxes = [f"{x},{y},{x + w},{y + h}" for x, y, w, h in FOUR]
    boxes[0], boxes[1], boxes[2] = "50,5,62,20", "20,5,20,9", "30,9,12,20"
    found = told("x0,y0,x1,y1", boxes)
    assert {one.code for one in found} == {"TS424"}
    words = " ".join(one.message for one in found)
    assert "reaches over the edge" in words
    assert "has no width or height" in words
    assert "has its corners in reverse order" in words
    assert {one.severity for one in found} == {"warning"}


@pytest.mark.parametrize(("unit", "pixels", "word"), [("share", 3, "pixels"), ("pixels", 13, "shares")])
def test_a_few_boxes_of_the_other_unit_are_faults(
    told: Callable[..., tuple[Diagnostic, ...]], unit: str, pixels: int, word: str
) -> None:
    boxes = [(x, y, x + w, y + h) for x, y, w, h in FOUR]
    rows = [
        ",".join(map(str, box if at < pixels else (box[0] / WIDE, box[1] / HIGH, box[2] / WIDE, box[3] / HIGH)))
        for at, box in enumerate(boxes)
    ]
    found = told("x0,y0,x1,y1", rows, f", options: {{unit: {unit}}}")
    assert [one.message.partition(": ")[2] for one in found if one.code == "TS424"] == [
        f"each has {word} where the others have {'shares' if word == 'pixels' else 'pixels'}"
    ]

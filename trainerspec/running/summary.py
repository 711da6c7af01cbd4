"""What a run came to: each objective with what was measured, and where to look next."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainerspec.ir.json import Json


@dataclass(frozen=True, kw_only=True)
class Row:
    """One objective."""

    text: str
    measured: str
    """With its unit and its 95% interval, or empty."""
    verdict: str
    """`pass`, `uncertain`, `fail` or `pending`."""
    notes: tuple[str, ...] = ()
    """On what the verdict rests, and what else a reader should know of it."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    verdict: str
    rows: tuple[Row, ...]
    formats: Mapping[str, str]
    """The number formats of the graph that were made, the one that ships first, and what came of each."""
    places: Mapping[str, str]
    """What to look at, and the file or command."""


def summary(folder: Path) -> Summary | None:
    """Read gate.json; None when the gate has not judged."""
    path = folder / "gate.json"
    if not path.is_file():
        return None
    gate = json.loads(path.read_text(encoding="utf-8"))
    rows = tuple(_row(one) for one in gate["objectives"])
    return Summary(verdict=gate["verdict"], rows=rows, formats=formats(gate), places=dict(_places(folder)))


def formats(gate: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the number formats that were made, the one that ships first.

    >>> lost = {"precision": "int8", "verdict": "lost", "because": "loses 0.1", "ships": False}
    >>> kept = {"precision": "fp16", "verdict": "kept", "because": "keeps parity", "ships": True}
    >>> formats({"variants": [lost, kept]})
    {'fp16': 'keeps parity', 'int8': 'loses 0.1'}
    """
    made = [one for one in gate.get("variants", []) if one["verdict"] != "spare"]
    return {one["precision"]: one["because"] for one in sorted(made, key=lambda one: not one["ships"])}


def quantity(value: float, unit: str) -> str:
    """Write a measured value in the unit that people use for it.

    >>> quantity(0.9741, "ratio"), quantity(0.0041, "seconds"), quantity(23068672, "bytes"), quantity(210.4, "number")
    ('97.4%', '4.1 ms', '23.1 MB', '210.4')
    >>> quantity(49330.4, "number")
    '49,330'
    """
    if unit == "ratio":
        return f"{100 * value:.1f}%"
    if unit == "seconds":
        return f"{1000 * value:.3g} ms" if value < 1 else f"{value:.1f} s"
    if unit == "bytes":
        return f"{value / 1e6:.1f} MB" if value >= 1e5 else f"{value:.0f} B"
    return f"{value:.1f} /s" if unit == "per_second" else f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def _row(one: Mapping[str, Any]) -> Row:
    value, low, high, unit = one.get("value"), one.get("low"), one.get("high"), str(one.get("unit", ""))
    measured = "" if value is None else quantity(value, unit)
    if measured and low is not None and high is not None:
        measured += f"  ({quantity(low, unit)} to {quantity(high, unit)})"
    verdict: Json = "uncertain" if one.get("uncertain") and one["verdict"] == "pass" else one["verdict"]
    text, label = str(one["text"]), one.get("class")
    text += f" (of the class {label})" if label and str(one["metric"]) not in text else ""
    return Row(text=text, measured=measured, verdict=str(verdict), notes=tuple(one.get("notes", ())))


def _places(folder: Path) -> Iterator[tuple[str, str]]:
    if (folder / "build" / "report.html").is_file():
        yield "report", "build/report.html"
    yield "runs", f"mlflow ui --backend-store-uri {os.environ.get('MLFLOW_TRACKING_URI', 'sqlite:///mlflow.db')}"
    if (folder / "package" / "package.json").is_file():
        yield "package", "package/"
        yield "try it", "trainerspec serve"

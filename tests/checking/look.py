"""Check data as `trainerspec check --data` does: a spec and files in, findings out."""

from collections.abc import Mapping
from pathlib import Path

from trainerspec.catalog.load import tasks
from trainerspec.checking.findings import Finding, Report
from trainerspec.diagnostics.model import Log
from trainerspec.ir.source import Source
from trainerspec.ir.spec import Spec
from trainerspec.passes.parse import parse
from trainerspec.passes.validate import validate
from trainerspec.workspace.prober import DataProber

SPECS: Mapping[str, str] = {
    "table": "task: {type: tabular-classification, outputs: {label: y}}\ndata: {source: {path: SOURCE}MORE}",
    "number": "task: {type: tabular-regression, outputs: {value: y}}\ndata: {source: {path: SOURCE}MORE}",
    "text": "task: {type: text-classification, outputs: {label: y}}\ndata: {source: {path: SOURCE}MORE}",
    "picture": "task: {type: image-classification, outputs: {label: y}}\ndata: {source: {path: SOURCE}MORE}",
    "tags": "task: {type: token-classification, inputs: {text: tokens}, outputs: {spans: tags}}\n"
    "data: {source: {path: SOURCE}MORE}",
    "spans": "task: {type: token-classification, outputs: {spans: spans}}\ndata: {source: {path: SOURCE}MORE}",
    "box": "task: {type: visual-grounding}\ndata: {source: {path: SOURCE}MORE}",
    "drawing": "task: {type: text-to-image}\ndata: {source: {path: SOURCE}MORE}",
}
"""The shortest spec of each kind of data."""


def spec(kind: str, folder: Path, source: str, more: str = "") -> Spec:
    """Return a spec on data in a folder; `more` are further keys of `data`."""
    text = f"trainerspec: 1\nname: x\n{SPECS[kind]}\n".replace("SOURCE", source).replace("MORE", more and f", {more}")
    log = Log()
    return log.take(validate(log.take(parse(Source(name=str(folder / "trainer.yaml"), text=text))), tasks()))


def check(kind: str, folder: Path, source: str, more: str = "", *, deep: bool = False) -> Report:
    """Return what the checks say of data in a folder."""
    given = spec(kind, folder, source, more)
    seen = DataProber(folder=folder).checks(given, tasks()[given.task], deep=deep)
    assert seen.value is not None, [f"{one.code} {one.message}" for one in seen.diagnostics]
    return seen.value


def lines(one: Finding) -> list[int | str]:
    """Return the lines of a finding, or its files where each is an example."""
    return [row.file if row.line is None else row.line for row in one.rows]

"""Fill the documents of a package with what was measured: the model card's numbers and rows, API.md's real answer."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.base import contract, labels_told
from pipeline.base.files import read_json, write_bytes
from pipeline.base.params import Params, Value
from pipeline.base.verdict import notes, titled
from pipeline.packaging import markdown
from pipeline.reporting.page import large, shown
from pipeline.server import golden
from pipeline.server.bundle import EXAMPLES, Bundle

PLACE = re.compile(r"^<!-- (\w+) -->$", re.MULTILINE)
REPORT = Path("build/data/report.json")
PARTS = ("train", "validation", "test")
MOST_LABELS = 30
"""Classes that the card counts one by one."""


def fill_documents(
    folder: Path, settings: Params, gate: Mapping[str, object], values: Mapping[str, float], packed: Bundle
) -> None:
    """Put the measured numbers into the model card, and a real answer into API.md: to a row of the data, if asked."""
    first, what = next(golden.golden_lines(folder)), "One row"
    if (folder / EXAMPLES).is_file():
        first, what = next(golden.golden_lines(folder, EXAMPLES)), "A row of the data"
        answers, ports = packed.answer(golden.raw_of(first, packed.contract)), packed.contract.answer
        answered = {port.name: golden.plain(contract.to_array(port, answers[port.name])[0]) for port in ports}
        first = {**first, "answer": answered}
    example = {"raw": shortened(first["raw"]), "answer": shortened(first["answer"])}
    block = f"{what} and its answer:\n\n```json\n{json.dumps(example, ensure_ascii=False, indent=2)}\n```"
    about = learned(read_json(REPORT)) + accepted(settings)
    known = {"measured": measured(settings, gate, values), "data": about}
    for path, told in (("docs/MODEL_CARD.md", known), ("docs/API.md", {"answer": block})):
        place = folder / path
        write_bytes(place, filled(place.read_text(encoding="utf-8"), told).encode())


def filled(text: str, told: Mapping[str, str]) -> str:
    """Replace the lines that are a place to be filled, and no other: a column may be called like one.

    >>> filled("`<!-- data -->`\\n<!-- data -->\\n", {"data": "3 rows"})
    '`<!-- data -->`\\n3 rows\\n'
    """
    return PLACE.sub(lambda found: told.get(found[1], found[0]), text)


def measured(settings: Params, gate: Mapping[str, object], values: Mapping[str, float]) -> str:
    """Return the objectives and the metrics, beside the baselines', as Markdown tables."""
    rows = gate["objectives"]
    assert isinstance(rows, list)
    tried = gate["variants"]
    assert isinstance(tried, list)
    lines = [
        f"Measured on {markdown.plain(str(gate['device']))}; verdict: **{gate['verdict']}**.",
        "",
        formats(tried),
        "",
    ]
    if settings.value("positive"):
        lines += [f"Positive class: {markdown.code(settings.text('positive'))}.", ""]
    lines += ["| objective | measured | 95 % interval | verdict |", "| --- | --- | --- | --- |"]
    for row in rows:
        uncertain = ", uncertain: the bound lies inside the interval" if row.get("uncertain") else ""
        found = [shown(row["value"], row["unit"]), interval(row.get("low"), row.get("high"), row["unit"])]
        told = "".join(f"; {markdown.sentence(note)}" for note in notes(row))
        lines.append(f"| {markdown.code(titled(row))} | {' | '.join(found)} | {row['verdict']}{uncertain}{told} |")
    baselines = sorted({name.split(".")[1] for name in values if name.startswith("baseline.")})
    lines += ["", "| " + " | ".join(["metric", "measured", "95 % interval", *map(markdown.plain, baselines)]) + " |"]
    lines.append("| --- " * (3 + len(baselines)) + "|")
    for name, about in settings.mapping("metrics").items():
        if name in values and isinstance(about, Mapping):
            unit, bounds = about["unit"], (values.get(f"{name}.low"), values.get(f"{name}.high"))
            found = [shown(values[name], unit), interval(*bounds, unit)]
            found += [shown(values.get(f"baseline.{baseline}.{name}"), unit) for baseline in baselines]
            lines.append(f"| {markdown.plain(str(about['title']))} ({markdown.code(name)}) | {' | '.join(found)} |")
    if "operations" in values:
        told = f"{large(values['operations'])} operations of the graph; here {large(values['operations.rate'])}"
        lines += ["", f"One input of middle size takes {told} of them ran in a second."]
    return "\n".join(lines)


def formats(tried: Sequence[Mapping[str, Value]]) -> str:
    """Say in which number format the graph computes, and what came of the others that were made."""
    shipped = next(row for row in tried if row["ships"])
    others = [row for row in tried if not row["ships"] and row["verdict"] != "spare"]
    told = [f"**{shipped['precision']}**, which {markdown.sentence(str(shipped['because']))}"]
    told += [f"{row['precision']} was made too: it {markdown.sentence(str(row['because']))}" for row in others]
    return f"Number format of the graph: {'; '.join(told)}."


def learned(report: Mapping[str, object]) -> str:
    """Return how many rows there were, where they went and what they held, as Markdown tables."""
    rows, digests, dropped = report["rows"], report["sha256"], report["dropped"]
    assert isinstance(rows, Mapping)
    assert isinstance(digests, Mapping)
    assert isinstance(dropped, list)
    lines = ["| rows | | sha256 |", "| --- | --- | --- |", f"| read | {rows['read']:,} | |"]
    lines += [f"| left out: {markdown.sentence(one['step'])} | {one['rows']:,} | |" for one in dropped if one["rows"]]
    lines += [f"| {part} | {rows[part]:,} | `{digests[part][:16]}` |" for part in PARTS]
    given = labels_told.told(report)
    lines += (
        ["", "| labels | |", "| --- | --- |", *(f"| {key} | {value} |" for key, value in given.items())]
        if given
        else []
    )
    labels = report.get("labels")
    counts = labels["train"] if isinstance(labels, Mapping) else {}
    if 0 < len(counts) <= MOST_LABELS:
        lines += ["", "| class | training rows |", "| --- | --- |"]
        lines += [f"| {markdown.plain(label)} | {count:,} |" for label, count in counts.items()]
    return "\n".join(lines)


def accepted(settings: Params) -> str:
    """Return what the author accepts of the checks of the data, and why, as a Markdown table; empty for nothing."""
    lines = ["", "", "| accepted finding of the data's checks | columns | because |", "| --- | --- | --- |"]
    found = settings.mappings("data.checks.acknowledge")
    for one in found:
        names = one.get("columns")
        columns = ", ".join(markdown.code(str(name)) for name in names) if isinstance(names, list) else ""
        lines.append(f"| {markdown.code(str(one['code']))} | {columns} | {markdown.sentence(str(one['because']))} |")
    return "\n".join(lines) if found else ""


def interval(low: Value, high: Value, unit: Value) -> str:
    """Return an interval, or nothing."""
    return "" if low is None or high is None else f"{shown(low, unit)} to {shown(high, unit)}"


def shortened(value: object) -> object:
    """Cut what is too long for a page."""
    if isinstance(value, dict):
        return {key: shortened(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shortened(item) for item in value[:12]]
    if isinstance(value, str) and len(value) > 120:
        return value[:117] + "..."
    return round(value, 4) if isinstance(value, float) else value

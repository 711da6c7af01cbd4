"""Hold drafts against requests/stated.yaml and requests/plain.yaml."""

from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from trainerspec.catalog.load import tasks
from trainerspec.drafting import draft
from trainerspec.ir.draft import Draft, Request

FILES = [Path(__file__).parent / "requests" / f"{name}.yaml" for name in ("stated", "plain")]
Row = dict[str, Any]


@cache
def kinds() -> dict[str, list[Row]]:
    return {kind: rows for file in FILES for kind, rows in YAML(typ="safe").load(file.read_text("utf-8")).items()}


@cache
def drafted(text: str) -> Draft:
    return draft(Request(text=text), tasks())


def at(spec: Any, path: str) -> Any:
    for key in path.strip("/").split("/"):
        spec = spec.get(key) if isinstance(spec, dict) else None
    return spec


def faults(row: Row) -> list[str]:
    """Return what the draft of one request gets wrong."""
    made = drafted(row["request"])
    wanted = row.get("outcome", "draft|held").split("|")
    if made.outcome not in wanted:
        return [f"outcome {made.outcome} {made.reasons}"]
    if made.spec is None:
        grounds = {one.category for one in made.reasons}
        return [f"refused as {grounds}"] if row.get("category") not in (None, *grounds) else []
    found = [f"task {made.task}"] if made.task != row.get("task", made.task) else []
    if "bounds" in row:
        found += wrong_bounds(row["bounds"], made)
    for path, value in row.get("spec", {}).items():
        if at(made.spec, path) != value:
            found.append(f"{path}: {at(made.spec, path)!r}, not {value!r}")
    if "labels" in row and at(made.spec, "/task/labels") != row["labels"]:
        found.append(f"labels {at(made.spec, '/task/labels')}, not {row['labels']}")
    for role, key in (("target", "outputs"), ("input", "inputs")):
        given = list((at(made.spec, f"/task/{key}") or {}).values())
        if role in row and given != [row[role]]:
            found.append(f"{role} {given}, not {row[role]}")
    found += [f"{path}: {at(made.spec, path)!r}" for path in row.get("lacks", ()) if at(made.spec, path) is not None]
    for path, values in row.get("not", {}).items():
        if at(made.spec, path) in values:
            found.append(f"{path}: {at(made.spec, path)!r}")
    if "excludes" in row and at(made.spec, "/data/exclude") != row["excludes"]:
        found.append(f"/data/exclude: {at(made.spec, '/data/exclude')!r}, not {row['excludes']!r}")
    if "asks" in row:
        place = row["asks"].split("|")[0]
        listed = row["asks"].endswith("|spec:objectives") and at(made.spec, "/objectives")
        if not listed and not any(one.path.startswith(place) for one in made.questions):
            found.append(f"nothing is asked at {place}")
    return found


def wrong_bounds(wanted: list[str], made: Draft) -> list[str]:
    given = [str(one) for one in at(made.spec, "/objectives") or () if not str(one).startswith(("maxim", "minim"))]
    left = list(given)
    found = []
    for one in wanted:
        match = next((text for text in left if any(same(name, text) for name in names(one))), None)
        if match is None:
            found.append(f"no bound {one} in {given}")
        else:
            left.remove(match)
    return found + [f"a bound that nobody asked for: {one}" for one in left]


def names(text: str) -> list[str]:
    """Spell out `auc|auroc >= 0.8`; alternatives that are whole objectives stay as they are."""
    parts = text.split("|")
    tail = parts[-1].split(" ", 1)[1]
    return [one if " " in one else f"{one} {tail}" for one in parts]


def same(wanted: str, given: str) -> bool:
    return parts(wanted) == parts(given)


def parts(text: str) -> tuple[str, str, float, str]:
    """Read `accuracy >= 95%` as its metric, comparison, number and the rest."""
    metric, op, figure, *more = text.split()
    return metric, op, round(float(figure.rstrip("%")) * (0.01 if figure.endswith("%") else 1), 9), " ".join(more)


if __name__ == "__main__":
    for kind, rows in kinds().items():
        bad = [(row["request"], faults(row)) for row in rows]
        print(f"{kind}: {sum(not wrong for _, wrong in bad)} of {len(rows)}")
        for request, wrong in bad:
            if wrong:
                print("   ", request, "\n        ", "; ".join(wrong))

"""Pin what was added to the language: `python -m tests.language.frozen.pin`. Refuses to take anything away."""

import json
import sys
from pathlib import Path
from typing import Any

from tests.language.frozen.widening import PROSE, narrower
from trainerspec.catalog.load import tasks
from trainerspec.language.schema import compose

PINNED = Path(__file__).with_name("version-1.json")
FIRST = ("image-classification", "text-classification", "text-to-image", "visual-grounding")
"""Those with which version 1 was frozen."""
TASKS = (*FIRST, "tabular-classification", "tabular-regression", "token-classification")
"""All that are pinned. A task that was added later is pinned once it is named here."""


def language() -> dict[str, Any]:
    """Return the schema of trainer.yaml for each task, and the metrics that its objectives may name."""
    known = tasks()
    return {
        "schemas": {name: plain(compose(known[name])) for name in TASKS},
        "metrics": {
            name: {one.name: [one.unit, one.better, one.device] for one in known[name].metrics.values()}
            for name in TASKS
        },
        "per_class": {
            name: {one.name: [one.unit, one.better] for one in known[name].per_class.values()} for name in TASKS
        },
    }


def plain(schema: Any) -> Any:
    """Leave out what is for people."""
    if isinstance(schema, list):
        return [plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: plain(one) for name, one in value.items()} if key == "properties" else plain(value)
        for key, value in schema.items()
        if key not in PROSE
    }


def taken_away(pinned: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Say what the pinned language had and the present one has not."""
    found = []
    for name, schema in pinned["schemas"].items():
        if name not in now["schemas"]:
            found.append(f"the task `{name}` is gone")
            continue
        found += [f"{name}{one}" for one in narrower(schema, now["schemas"][name])]
        for metric, about in pinned["metrics"][name].items():
            if now["metrics"][name].get(metric) != about:
                found.append(f"{name}: the metric `{metric}` was {about}, it is {now['metrics'][name].get(metric)}")
        for metric, about in pinned.get("per_class", {}).get(name, {}).items():
            if now["per_class"][name].get(metric) != about:
                found.append(f"{name}: the metric `{metric}` of one class was {about}, it is no longer")
    return found


if __name__ == "__main__":
    present = language()
    if PINNED.exists() and (gone := taken_away(json.loads(PINNED.read_text(encoding="utf-8")), present)):
        sys.exit("version 1 is frozen; this would take away:\n" + "\n".join(gone))
    PINNED.write_text(json.dumps(present, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")

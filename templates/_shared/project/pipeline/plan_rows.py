"""Measure a TensorRT plan by rows: `python -m pipeline.plan_rows encode --to rows.npz`, then `judge outputs.npz`.

`encode` writes rows of the validation split as the graph's tensors, for the engine job to run on the plan; `judge`
takes the plan's outputs, and compares the monitored metric with that of the graph on the same rows. Texts and pictures
stay here, but tensors can tell of them: send them to a storage only where the data may lie too.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars

from pipeline.base import params
from pipeline.base.files import read_json
from pipeline.graph import inference, precision_choice
from pipeline.graph.inference import Arrays, Raw
from pipeline.task import data, metrics, processing

ARTIFACT, SPLIT = Path("build/artifact"), Path("build/data/validation.parquet")
MOST_ROWS, MOST_BYTES = 512, 64 * 2**20
LEAST_DROP = 0.005
"""What a plan may lose in any precision: its sums have another order than the graph's."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m pipeline.plan_rows", description=__doc__.partition("\n")[0])
    parser.add_argument("step", choices=["encode", "judge"])
    parser.add_argument("outputs", type=Path, nargs="?", help="for judge: what the engine job left")
    parser.add_argument("--to", type=Path, default=Path("rows.npz"), help="for encode: where the tensors go")
    options = parser.parse_args()
    if options.step == "encode":
        tensors: dict[str, Any] = dict(encoded(polars.read_parquet(SPLIT)))
        np.savez_compressed(options.to, **tensors)
        print(f"{len(next(iter(tensors.values())))} rows")
    else:
        with np.load(options.outputs) as kept:
            print(json.dumps(judged({name: kept[name] for name in kept.files})))


def encoded(frame: polars.DataFrame) -> Arrays:
    """Encode as many rows as fit, from the first on."""
    processor, raw = processing.load(ARTIFACT), data.raw(frame)
    one = processor.encode(inference.some(raw, [0]))  # type: ignore[arg-type]
    size = sum(array.nbytes for array in one.values())
    count = max(1, min(len(next(iter(raw.values()))), MOST_ROWS, MOST_BYTES // size))
    return dict(processor.encode(inference.some(raw, range(count))))  # type: ignore[arg-type]


def judged(plan: Arrays) -> dict[str, object]:
    """Return the monitored metric of graph and plan on the same rows, and whether the plan may be served."""
    settings = params.load()
    labels, metric = settings.texts("labels"), settings.text("monitor.metric")
    rows = polars.read_parquet(SPLIT).head(len(next(iter(plan.values()))))
    raw: Raw = data.raw(rows)
    session = inference.session(ARTIFACT, settings.integer("compute.threads"))
    graph = inference.predict(session, processing.load(ARTIFACT), raw)
    truth = data.truth(rows, labels)
    was, now = (metrics.measure(truth, outputs, labels).get(metric, float("nan")) for outputs in (graph, plan))
    drop = (was - now) * (1 if settings.text("monitor.better") == "higher" else -1)
    allowed = max(LEAST_DROP, precision_choice.MOST_DROP[str(read_json(ARTIFACT / "parity.json")["precision"])])
    found = {"metric": metric, "rows": rows.height, "graph": was, "plan": now, "drop": drop, "allowed": allowed}
    return {**found, "fine": bool(drop <= allowed)}


if __name__ == "__main__":
    main()

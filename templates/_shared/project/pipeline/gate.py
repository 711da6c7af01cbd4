"""Judge the objectives by what was measured: `python -m pipeline.gate`. Exits 0 whatever the verdict.

Writes gate.json (a verdict for each objective: pass, fail, or pending where the device is not here or the machine was
too crowded to tell; `uncertain` when the bound lies inside the metric's interval; `notes` on what the verdict rests;
and the number formats that were tried), metrics.json (all numbers, flat, in base units), build/report.html, and
completes the MLflow run. `package` refuses after a fail, and makes a candidate, no release, of what is pending.
"""

import math
from collections.abc import Mapping
from pathlib import Path

from pipeline.base import digests, labels_told, params
from pipeline.base.failure import run
from pipeline.base.files import lock_digest, read_json, read_numbers, write_json
from pipeline.base.params import Value
from pipeline.base.progress import Progress
from pipeline.base.verdict import MEASURED, judge, notes, titled
from pipeline.reporting import page, report
from pipeline.reporting.recorder import Recorder


def main() -> None:
    settings, build = params.load(), Path("build")
    digests.check_asked(settings)
    test = read_numbers(build / "evaluation/test.json")
    benchmark, training = read_numbers(build / "benchmark.json"), read_json(build / "training.json")
    ran = read_json(build / "benchmark.json")
    recorder = Recorder(str(training["key"]))  # MLflow starts while the report is written
    validation = read_numbers(build / "evaluation/validation.json")
    chosen = {name: value for name, value in validation.items() if name in settings.mapping("metrics")}
    values = test | benchmark | read_numbers(build / "training.json")
    values |= {f"validation.{name}": value for name, value in chosen.items()}
    device = str(ran["device"])
    about_metrics = settings.mapping("metrics").items()
    units = {name: str(about["unit"]) for name, about in about_metrics if isinstance(about, Mapping)}
    absent, partial = (reasons(build / "evaluation/test.json", kind) for kind in ("undefined", "partly"))
    known = values | dict.fromkeys(absent, math.nan)
    verdicts = [explained(judge(row, known, device, units), absent, partial) for row in settings.mappings("objectives")]
    if doubt := labels_told.doubtful(read_json(build / "data/report.json")):
        verdicts = [noted(row, doubt) for row in verdicts]
    overall = worst([str(row["verdict"]) for row in verdicts])
    shipped = read_json(build / "artifact/parity.json")
    tried = shipped["candidates"]
    assert isinstance(tried, list)
    write_json(Path("gate.json"), {"verdict": overall, "device": device, "objectives": verdicts, "variants": tried})
    about = {"device": device, "verdict": overall, "precision": str(shipped["precision"])}
    about |= {"positive": str(settings.value("positive") or "")} if settings.texts("labels") else {}
    about |= {name: str(ran[name]) for name in ("clock", "contention") if name in ran}
    about |= {"trainer.lock": lock_digest()}
    write_json(Path("metrics.json"), values | about)
    report.write(settings, values, verdicts, overall, tried)
    artifacts = [Path("metrics.json"), Path("gate.json"), Path("params.yaml"), *(build / name for name in FILES)]
    recorder.finish(values, artifacts, overall)
    for row in verdicts:
        told = "".join(f"; {note}" for note in notes(row))
        measured = page.shown(row["value"], row["unit"])
        print(f"  {row['verdict']:<9} {titled(row)}  (measured {measured}{told})", flush=True)
    Progress("gate")(1, 1, "gates", f"verdict: {overall}")


FILES = ("report.html", "data.html", "plots/validation", "plots/test", "data/report.json", "machine.json")


def reasons(test: Path, kind: str) -> Mapping[str, str]:
    """Return the metrics that the test split does not define, or not of all its rows, each with the reason."""
    found = read_json(test).get(kind)
    return {str(name): str(why) for name, why in found.items()} if isinstance(found, Mapping) else {}


def explained(row: dict[str, Value], absent: Mapping[str, str], partial: Mapping[str, str]) -> dict[str, Value]:
    """Say why an objective's metric is not defined, so that nothing meets its bound, or of how many rows it is."""
    metric = str(row["metric"])
    if metric in absent:
        return row | {"notes": [f"it is not defined on the test split: {absent[metric]}"]}
    return noted(row, partial[metric]) if metric in partial else row


def noted(row: dict[str, Value], doubt: str) -> dict[str, Value]:
    """Add a note to the verdict on what was measured on the test split; of the machine's metrics it says nothing."""
    return row if row["metric"] in MEASURED else row | {"notes": [*notes(row), doubt]}


def worst(verdicts: list[str]) -> str:
    """Return the verdict over all objectives."""
    return next((verdict for verdict in ("fail", "pending") if verdict in verdicts), "pass")


if __name__ == "__main__":
    run("gate", main)

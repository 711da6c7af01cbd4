"""Record a search in MLflow: `python -m pipeline.record_trials < trials.json`; a run of the search, and one a trial.

Trials that are recorded already are passed over, so a search that goes on can be recorded again.
"""

import json
import sys

from mlflow.entities import Metric, Param, RunTag

from pipeline.base import params
from pipeline.base.params import Params
from pipeline.reporting.tracked_names import grouped, tracked
from pipeline.reporting.tracking import experiment
from pipeline.reporting.tracking_store import careful, client

STUDY, NUMBER, PARENT = "tune.study", "tune.trial", "mlflow.parentRunId"


@careful
def record(settings: Params, study: str, metric: str, trials: list[dict[str, object]]) -> None:
    """Record the trials of a study below its own run."""
    server, place = client(), experiment(settings)
    found = server.search_runs([place], f"tags.`{STUDY}` = '{study}'", max_results=5000)
    parents = [run for run in found if NUMBER not in run.data.tags]
    whole = [run for run in found if run.info.status != "RUNNING"]
    for half in (run for run in found if run not in whole and NUMBER in run.data.tags):
        server.delete_run(half.info.run_id)  # a kill cut its recording off
    known = {run.data.tags.get(NUMBER) for run in whole}
    parent = parents[0] if parents else server.create_run(place, run_name="tune", tags={STUDY: study})
    for trial in trials:
        number, score, values = str(trial["number"]), trial["score"], trial["values"]
        if number in known:
            continue
        tags = {STUDY: study, NUMBER: number, PARENT: parent.info.run_id}
        run = server.create_run(place, run_name=f"trial {int(number) + 1}", tags=tags)
        assert isinstance(values, dict)
        given = [Param(tracked(slot), str(value)) for slot, value in values.items()]
        measured = [Metric(grouped(f"validation.{metric}"), score, 0, 0)] if isinstance(score, float) else []
        server.log_batch(
            run.info.run_id, metrics=measured, params=given, tags=[RunTag("tune.state", str(trial["state"]))]
        )
        server.set_terminated(run.info.run_id, "FAILED" if trial["state"] == "FAIL" else "FINISHED")
    server.set_terminated(parent.info.run_id, "FINISHED")


def main() -> None:
    told = json.load(sys.stdin)
    record(params.load(), told["study"], told["metric"], told["trials"])


if __name__ == "__main__":
    main()

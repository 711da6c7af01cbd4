"""Record runs in MLflow: in mlflow.db of this project, or where `MLFLOW_TRACKING_URI` says.

A training has one run, whose id stands in work/run.json, which git ignores. It ends with the training; the gate adds
its numbers.
Look with `mlflow ui --backend-store-uri sqlite:///mlflow.db`. A server that is down costs a warning, not the run.
`python -m pipeline.reporting.tracking --round 2 --verdict missed` records what the validation split told, and prints
the run.
"""

import argparse
import json
import os
import shutil
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from mlflow.exceptions import MlflowException

from pipeline.base import params
from pipeline.base.files import lock_digest, read_json, read_numbers, write_json
from pipeline.base.params import Params, Value
from pipeline.base.revision import revision
from pipeline.protocol import mlflow_model
from pipeline.reporting.tracked_names import epoch, grouped, tracked
from pipeline.reporting.tracking_store import careful, client

RUN, WHOLE = Path("work/run.json"), Path("work/mlflow-model")
DATA = Path("build/data")
DIGEST = 36
"""Letters of a digest that MLflow takes."""
MOST_PARAMS = 100
"""MLflow takes this many parameters in one call."""


def commit() -> str:
    """Return the project's git commit, with `+` when files that it is made from differ; nothing outside git."""
    found = revision(Path())
    return "" if found is None else found.commit + ("+" if found.differing else "")


def flat(tree: Mapping[str, Value], prefix: str = "") -> dict[str, str]:
    """Flatten params.yaml to dotted names."""
    pairs: dict[str, str] = {}
    for name, value in tree.items():
        if isinstance(value, Mapping):
            pairs |= flat(value, f"{prefix}{name}.")
        else:
            pairs[prefix + name] = str(value)
    return pairs


@careful
def start(settings: Params, key: str) -> None:
    """Open a run for this training and record parameters and tags; a training that goes on keeps its run.

    The run ends with the training, FINISHED or FAILED; that of another training which was killed ends now.
    """
    known = remembered()
    if known.get("key") != key:
        if "run" in known:
            end(str(known["run"]), "FAILED")
        open_run(settings, key)


@careful
def trained(key: str) -> None:
    """Tell that the training came to its end; the gate adds its numbers to the run later."""
    known = remembered()
    if known.get("key") == key:
        end(str(known["run"]), "FINISHED")


@careful
def end_if_running(key: str) -> None:
    """Tell that the training failed, unless it came to its end."""
    known = remembered()
    if known.get("key") == key:
        end(str(known["run"]), "FAILED")


def end(run: str, status: str) -> None:
    """End a run that is not ended yet."""
    server = client()
    try:
        if server.get_run(run).info.status == "RUNNING":
            server.set_terminated(run, status)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":  # of a store that was moved aside, or another server
            raise


def remembered() -> Mapping[str, object]:
    """Return run and key of the last training that was recorded; nothing when that cannot be read."""
    try:
        return read_json(RUN)
    except (OSError, ValueError, TypeError):
        return {}


def experiment(settings: Params) -> str:
    """Return the id of the project's experiment, which is made when there is none."""
    server, name = client(), str(settings.record("name"))
    found = server.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    artifacts = None if os.environ.get("MLFLOW_TRACKING_URI") else Path("mlruns").resolve().as_uri()
    return str(server.create_experiment(name, artifact_location=artifacts))


def open_run(settings: Params, key: str) -> str:
    """Create a run and write its id."""
    server = client()
    run = str(server.create_run(experiment(settings)).info.run_id)
    write_json(RUN, {"run": run, "key": key})  # before anything can fail: a training has one run
    kept = {part: settings.record(part) for part in ("data", "model", "compute", "serve")}
    params = [Param(tracked(name), value[:6000]) for name, value in flat(kept).items()]
    tags = {"git.revision": commit(), "trainer.lock": lock_digest(), "task": str(settings.record("task"))}
    tags |= {"version": str(settings.record("version"))}
    for at in range(0, len(params), MOST_PARAMS):
        server.log_batch(run, params=params[at : at + MOST_PARAMS])
    server.log_batch(run, tags=[RunTag(key, value) for key, value in tags.items()])
    datasets(run, {"train": "training", "validation": "validation"})
    return run


def datasets(run: str, contexts: Mapping[str, str]) -> None:
    """Record prepared splits as inputs of a run, each for what it is used; those that are not there are left out."""
    if not (DATA / "report.json").is_file():
        return
    about, inputs = read_json(DATA / "report.json"), list[DatasetInput]()
    digests, rows = about["sha256"], about["rows"]
    assert isinstance(digests, dict)
    assert isinstance(rows, dict)
    for split, context in contexts.items():
        where = json.dumps({"uri": (DATA / f"{split}.parquet").as_posix()})
        told = json.dumps({"num_rows": rows[split]})
        name, digest = f"{split} split", str(digests[split])[:DIGEST]
        given = Dataset(name=name, digest=digest, source_type="local", source=where, profile=told)
        inputs.append(DatasetInput(given, tags=[InputTag("mlflow.data.context", context)]))
    client().log_inputs(run, inputs)


def best(settings: Params, run: str) -> None:
    """Record which epoch or round was best, whose weights the model has; MLflow itself shows the last one."""
    monitor = settings.tree.get("monitor")
    if not isinstance(monitor, Mapping):
        return
    server, metric = client(), str(monitor["metric"])
    steps = server.get_metric_history(run, epoch(metric))
    if not steps:
        return
    sign = 1 if monitor["better"] == "higher" else -1
    top = max(steps, key=lambda one: (sign * one.value, -one.step))
    now = round(time.time() * 1000)
    found = {f"training/best.{tracked(metric)}": top.value, "training/best.step": float(top.step)}
    server.log_batch(run, metrics=[Metric(name, value, now, 0) for name, value in found.items()])


def current(settings: Params, key: str) -> str:
    """Return the id of the training's run, opening one when this clone has none, or its store is another one."""
    known = remembered()
    if known.get("key") != key:
        return open_run(settings, key)
    try:
        return str(client().get_run(str(known["run"])).info.run_id)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return open_run(settings, key)


@careful
def log(settings: Params, key: str, values: Mapping[str, float], step: int) -> None:
    """Record metrics of one step."""
    now = round(time.time() * 1000)
    metrics = [Metric(epoch(name), value, now, step) for name, value in values.items()]
    client().log_batch(current(settings, key), metrics=metrics)


@careful
def finish(settings: Params, key: str, values: Mapping[str, float], artifacts: Iterable[Path], verdict: str) -> None:
    """Record the final metrics, files and folders and the verdict, and close the run."""
    server, run = client(), current(settings, key)
    now = round(time.time() * 1000)
    metrics = [Metric(grouped(name), value, now, 0) for name, value in values.items()]
    for at in range(0, len(metrics), 500):
        server.log_batch(run, metrics=metrics[at : at + 500])
    datasets(run, {"test": "evaluation"})
    best(settings, run)
    server.set_tag(run, "verdict", verdict)
    if settings.record("positive"):
        server.set_tag(run, "positive", str(settings.record("positive")))
    for path in artifacts:
        if path.is_dir():
            server.log_artifacts(run, str(path), path.as_posix().removeprefix("build/"))
        elif path.exists():
            server.log_artifact(run, str(path))
    server.set_terminated(run, "FINISHED")


@careful
def register(settings: Params, key: str, folder: Path, alias: str) -> None:
    """Register a packaged folder as a version of the model `name`, which MLflow loads, and point the alias at it.

    `alias` is `champion` for a package whose gate passed and `candidate` for one that still waits for a device.
    """
    server, run, name = client(), current(settings, key), str(settings.record("name"))
    server.log_artifacts(run, str(mlflow_model.write(folder, WHOLE)), "package")
    shutil.rmtree(WHOLE)
    try:
        server.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    source = f"{server.get_run(run).info.artifact_uri}/package"
    version = server.create_model_version(name, source, run, tags={"version": str(settings.record("version"))})
    server.set_registered_model_alias(name, alias, version.version)


@careful
def note(settings: Params, key: str, number: str, verdict: str, values: Mapping[str, float]) -> None:
    """Record one of several rounds and print its run: the training's, or another when that is an earlier round's."""
    server, run, now = client(), current(settings, key), round(time.time() * 1000)
    if server.get_run(run).data.tags.get("auto.round", number) != number:
        run = open_run(settings, key)
    for name, value in {"auto.round": number, "auto.verdict": verdict}.items():
        server.set_tag(run, name, value)
    metrics = [Metric(grouped(f"validation.{name}"), value, now, 0) for name, value in values.items()]
    for at in range(0, len(metrics), 500):
        server.log_batch(run, metrics=metrics[at : at + 500])
    server.set_terminated(run, "FAILED" if verdict == "failed" else "FINISHED")
    print(run, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.reporting.tracking", description="Record a round in MLflow."
    )
    parser.add_argument("--round", required=True, help="its number")
    parser.add_argument("--verdict", choices=("met", "missed", "failed"), required=True)
    asked = parser.parse_args()
    settings, build = params.load(), Path("build")
    if asked.verdict == "failed":
        key = str(remembered().get("key", f"round-{asked.round}"))
        note(settings, key, asked.round, asked.verdict, {})
        return
    values = read_numbers(build / "evaluation/validation.json") | read_numbers(build / "benchmark.json")
    note(settings, str(read_json(build / "training.json")["key"]), asked.round, asked.verdict, values)


if __name__ == "__main__":
    main()

"""Record runs in MLflow: in mlflow.db of this project, or where `MLFLOW_TRACKING_URI` says.

One run lasts from training to the gate; its id stands in work/run.json, which git ignores.
Look with `mlflow ui --backend-store-uri sqlite:///mlflow.db`. A server that is down costs a warning, not the run.
`python -m pipeline.reporting.tracking --round 2 --verdict missed` records what the validation split told, and prints
the run.
"""

import argparse
import logging
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException

from pipeline.base import params
from pipeline.base.files import lock_digest, read_json, read_numbers, write_json
from pipeline.base.params import Params, Value

RUN = Path("work/run.json")
MOST_PARAMS = 100
"""MLflow takes this many parameters in one call."""
Arguments = ParamSpec("Arguments")


def careful(function: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """Turn a failing MLflow into a warning: tracking never stops the pipeline."""

    @wraps(function)
    def careful_function(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except (MlflowException, OSError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            print(f"warning: MLflow did not record this: {reason}", file=sys.stderr, flush=True)

    return careful_function


def client() -> MlflowClient:
    """Connect to the tracking server."""
    uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{Path('mlflow.db').resolve()}"
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    mlflow.set_tracking_uri(uri)
    return MlflowClient(tracking_uri=uri, registry_uri=os.environ.get("MLFLOW_REGISTRY_URI") or uri)


def revision() -> str:
    """Return the git commit of the project, with `+` when files differ from it, or nothing outside git."""
    command = ["git", "describe", "--always", "--abbrev=40", "--dirty=+", "--exclude=*"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()


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
    """Open a run for this training and record parameters and tags; a training that goes on keeps its run."""
    if RUN.exists() and read_json(RUN).get("key") == key:
        return
    RUN.unlink(missing_ok=True)
    open_run(settings, key)


def open_run(settings: Params, key: str) -> str:
    """Create a run and write its id."""
    server, name = client(), settings.text("name")
    found = server.get_experiment_by_name(name)
    if found is None:
        artifacts = None if os.environ.get("MLFLOW_TRACKING_URI") else Path("mlruns").resolve().as_uri()
        experiment = server.create_experiment(name, artifact_location=artifacts)
    else:
        experiment = found.experiment_id
    run = str(server.create_run(experiment).info.run_id)
    kept = {part: settings.value(part) for part in ("data", "model", "compute", "serve")}
    params = [Param(key, value[:6000]) for key, value in flat(kept).items()]
    tags = {"git.revision": revision(), "trainer.lock": lock_digest(), "task": settings.text("task")}
    tags |= {"version": settings.text("version")}
    for at in range(0, len(params), MOST_PARAMS):
        server.log_batch(run, params=params[at : at + MOST_PARAMS])
    server.log_batch(run, tags=[RunTag(key, value) for key, value in tags.items()])
    write_json(RUN, {"run": run, "key": key})
    return run


def current(settings: Params, key: str) -> str:
    """Return the id of the training's run, opening one when this clone has none."""
    if RUN.exists() and read_json(RUN).get("key") == key:
        return str(read_json(RUN)["run"])
    return open_run(settings, key)


@careful
def log(settings: Params, key: str, values: Mapping[str, float], step: int) -> None:
    """Record metrics of one step."""
    now = round(time.time() * 1000)
    metrics = [Metric(name, value, now, step) for name, value in values.items()]
    client().log_batch(current(settings, key), metrics=metrics)


def accepted(name: str) -> str:
    """Return a metric's name as MLflow takes it: what it refuses, such as the quotes of a class, becomes `_`.

    >>> accepted('recall."not fraud"')
    'recall._not_fraud_'
    """
    return re.sub(r"[^\w\-./:]", "_", name, flags=re.ASCII)


@careful
def finish(settings: Params, key: str, values: Mapping[str, float], artifacts: Iterable[Path], verdict: str) -> None:
    """Record the final metrics, files and folders and the verdict, and close the run."""
    server, run = client(), current(settings, key)
    now = round(time.time() * 1000)
    metrics = [Metric(accepted(name), value, now, 0) for name, value in values.items()]
    for at in range(0, len(metrics), 500):
        server.log_batch(run, metrics=metrics[at : at + 500])
    server.set_tag(run, "verdict", verdict)
    if settings.value("positive"):
        server.set_tag(run, "positive", settings.text("positive"))
    for path in artifacts:
        if path.is_dir():
            server.log_artifacts(run, str(path), path.as_posix().removeprefix("build/"))
        elif path.exists():
            server.log_artifact(run, str(path))
    server.set_terminated(run, "FINISHED")


@careful
def register(settings: Params, key: str, folder: Path, alias: str) -> None:
    """Register a packaged folder as a version of the model `name`, and point the alias at it.

    `alias` is `champion` for a package whose gate passed and `candidate` for one that still waits for a device.
    """
    server, run, name = client(), current(settings, key), settings.text("name")
    server.log_artifacts(run, str(folder), "package")
    try:
        server.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    source = f"{server.get_run(run).info.artifact_uri}/package"
    version = server.create_model_version(name, source, run, tags={"version": settings.text("version")})
    server.set_registered_model_alias(name, alias, version.version)


@careful
def note(settings: Params, key: str, number: str, verdict: str, values: Mapping[str, float]) -> None:
    """Record one of several rounds and print its run: the training's, or another when that is an earlier round's."""
    server, run, now = client(), current(settings, key), round(time.time() * 1000)
    if server.get_run(run).data.tags.get("auto.round", number) != number:
        run = open_run(settings, key)
    for name, value in {"auto.round": number, "auto.verdict": verdict}.items():
        server.set_tag(run, name, value)
    metrics = [Metric(accepted(f"validation.{name}"), value, now, 0) for name, value in values.items()]
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
        key = str(read_json(RUN)["key"]) if RUN.exists() else f"round-{asked.round}"
        note(settings, key, asked.round, asked.verdict, {})
        return
    values = read_numbers(build / "evaluation/validation.json") | read_numbers(build / "benchmark.json")
    note(settings, str(read_json(build / "training.json")["key"]), asked.round, asked.verdict, values)


if __name__ == "__main__":
    main()

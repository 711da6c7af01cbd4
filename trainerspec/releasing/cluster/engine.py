"""Have the engine job build, check and publish a TensorRT plan, and serve what it says."""

import json
import subprocess
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from trainerspec.backends.kserve.engine import engine_uri
from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.ir.target import Release, Target
from trainerspec.language.yaml import load
from trainerspec.releasing.cluster.api import Cluster
from trainerspec.releasing.cluster.kustomize import FILE, Object, render
from trainerspec.releasing.cluster.rollout import Say, Wait
from trainerspec.releasing.cluster.verify import pins
from trainerspec.releasing.push import write_overlay
from trainerspec.releasing.sizing import again, measured_by_engine
from trainerspec.releasing.storage import FAULTS, Bucket, refused
from trainerspec.running.repository import environment
from trainerspec.workspace.sizing import read_sizing
from trainerspec.workspace.writer import writing

LOCK = "engine.json"


def with_engine(
    project: Path, target: Target, objects: list[Object], cluster: Cluster, bucket: Bucket, wait: Wait, say: Say
) -> list[Object]:
    """Return the objects with the model that the engine job decided on, and write it into the overlay.

    A lock that lies in the storage already is taken: the job runs once for a release, a GPU and a Triton image. Where
    the plan is served, its numbers size the release.
    Raises Stopped: TS895 the job failed, TS896 an objective is missed, TS872 the storage refused,
    TS805 while somebody else writes in the project.
    """
    folder = project / "deploy" / "targets" / target.name
    pinned = release(folder, target)
    place = engine_uri(target, pinned)
    key = f"{place.removeprefix(f's3://{bucket.storage.bucket}/')}/{LOCK}"
    lock = read(bucket, key)
    if lock is None:
        build(folder, objects, cluster, wait, say)
        lock = read(bucket, key)
    if lock is None:
        message = f"the engine job left no {LOCK} at {place}"
        raise Stopped((Diagnostic(code="TS895", message=message, hint="do its secret and its storage agree?"),))
    for line in told(lock):
        say(line)
    check(lock)
    model, sizing = target.storage.uri(pinned.name, pinned.digest, "model_repository"), read_sizing(folder)
    planned = lock["serve"] == "tensorrt" and (not lock.get("rows") or as_good(project, bucket, key, say))
    if planned:
        model = f"{place}/model_repository"
    if planned and sizing:
        sizing = again(sizing, project, target, measured_by_engine(lock))
        say(f"  pods: {sizing.values['deploy.replicas']}, {sizing.decisions['deploy.replicas'].because}")
    with writing(project):
        write_overlay(project, target, replace(pinned, model=model), sizing)
    return render(folder)


def release(folder: Path, target: Target) -> Release:
    """Read the release that the overlay pins. Raises Stopped TS895 when the overlay is none that push wrote."""
    written = load((folder / FILE).read_bytes())
    found = pins(written, target) if isinstance(written, Mapping) else None
    if found is None:
        message = f"deploy/targets/{target.name}/ does not say which release it is of"
        raise Stopped((Diagnostic(code="TS895", message=message, hint="push again"),))
    return found


def read(bucket: Bucket, key: str) -> Mapping[str, Any] | None:
    """Read engine.json; None when it is not there. Raises Stopped TS872."""
    try:
        content = bucket.read(key)
    except FAULTS as error:
        raise refused(error, bucket.storage) from error
    return json.loads(content) if content is not None else None


def build(folder: Path, objects: list[Object], cluster: Cluster, wait: Wait, say: Say) -> None:
    """Apply the Job with the account that it runs under, and wait until it has ended. Raises Stopped TS895."""
    (job,) = render(folder / "engine")
    for one in (*(o for o in objects if o["kind"] == "ServiceAccount"), job):
        cluster.apply(one)
    name, space = job["metadata"]["name"], job["metadata"]["namespace"]
    say(f"  the engine job {name} builds the plan")
    hint = f"`kubectl logs job/{name} -n {space} --all-containers` says more"
    end = time.monotonic() + wait.seconds
    while True:
        state = {one["type"]: one for one in (cluster.get(job) or {}).get("status", {}).get("conditions", ())}
        if state.get("Complete", {}).get("status") == "True":
            return
        if state.get("Failed", {}).get("status") == "True":
            message = f"the engine job failed: {state['Failed'].get('message') or state['Failed'].get('reason')}"
            raise Stopped((Diagnostic(code="TS895", message=message, hint=hint),))
        if time.monotonic() >= end:
            message = f"the engine job has not ended after {wait.seconds:g} s"
            raise Stopped((Diagnostic(code="TS895", message=message, hint=hint),))
        time.sleep(wait.period)


def as_good(project: Path, bucket: Bucket, key: str, say: Say) -> bool:
    """Tell whether the plan keeps the monitored metric on the validation rows that it ran. Raises Stopped TS895."""
    content = bucket.read(key.replace(LOCK, "outputs.npz"))
    with TemporaryDirectory() as folder:
        outputs = Path(folder) / "outputs.npz"
        outputs.write_bytes(content or b"")
        command = ["python", "-m", "pipeline.plan_rows", "judge", str(outputs)]
        done = subprocess.run(command, cwd=project, env=environment(1), capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no words"])[-1]
        hint = "the project's validation split must be here: `dvc repro optimize`"
        raise Stopped((Diagnostic(code="TS895", message=f"the plan cannot be judged: {reason[:300]}", hint=hint),))
    found = json.loads(done.stdout.splitlines()[-1])
    what = f"{found['metric']} on {found['rows']} validation rows: graph {found['graph']:.4f}, plan {found['plan']:.4f}"
    say(f"  {what}" + ("" if found["fine"] else f"; more than {found['allowed']} is lost, so the graph is served"))
    return bool(found["fine"])


def told(lock: Mapping[str, Any]) -> list[str]:
    """Say what the job found."""
    if lock["serve"] != "tensorrt":
        return [f"  the graph is served by ONNX Runtime, for there is no plan: {lock.get('because', '')}"]
    where = f"{lock['gpu']} (compute capability {lock['compute_capability']}), TensorRT {lock['tensorrt']}"
    lines = [f"  plan for {where}: p95 {lock['latency.p95'] * 1e3:.1f} ms, {lock['throughput']:.0f} inputs/s"]
    return lines + [f"  {row['verdict']:<9} {row['text']}" for row in lock["objectives"]]


def check(lock: Mapping[str, Any]) -> None:
    """Raise Stopped TS896 for every objective that is missed on the target's GPU."""
    missed = [row for row in lock["objectives"] if row["verdict"] == "fail"]
    if missed:
        raise Stopped(
            tuple(
                Diagnostic(
                    code="TS896",
                    message=f"`{row['text']}` is missed on {lock['gpu']}: measured {row['value']:g}",
                    hint="take a smaller model or another GPU, or loosen the objective",
                )
                for row in missed
            )
        )

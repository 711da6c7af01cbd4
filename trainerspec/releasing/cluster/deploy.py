"""Apply a target's manifests, wait, replay golden.jsonl through the gateway; put back what was there if that fails."""

import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.ir.target import Target
from trainerspec.releasing.cluster.api import Cluster, bare
from trainerspec.releasing.cluster.kustomize import Object, name_of
from trainerspec.releasing.cluster.rollout import Say, Wait, ready
from trainerspec.releasing.cluster.webhook import kept, predictor
from trainerspec.running.repository import environment
from trainerspec.running.serve import Package

ORDER = ("ServiceAccount", "Secret", "NetworkPolicy", "PodDisruptionBudget", "ServingRuntime", "InferenceService")
"""Each before what needs it."""
Replay = Callable[[str], str]
"""Asks a URL for golden.jsonl and gives what it said. Raises Stopped TS893 when an answer differs."""


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """What is served now, and where."""

    url: str
    model: str
    before: str
    """The storageUri that was served before; empty when there was none."""
    replayed: str
    """What the replay said."""


def deploy(objects: list[Object], target: Target, cluster: Cluster, replay: Replay, wait: Wait, say: Say) -> Deployed:
    """Apply, wait, replay.

    Raises Stopped: TS882 and TS891 before anything was changed, TS892 and TS893 after what was there is back.
    """
    ordered = sorted(objects, key=lambda one: ORDER.index(one["kind"]) if one["kind"] in ORDER else len(ORDER))
    service = next(one for one in ordered if one["kind"] == "InferenceService")
    before = {name_of(one): cluster.get(one) for one in ordered}
    live = before[name_of(service)]
    if live is not None and (problems := tuple(kept(live, service))):
        raise Stopped(problems)
    for one in ordered:
        cluster.apply(one, dry=True)
    try:
        for one in ordered:
            cluster.apply(one)
            say(f"  {'changed' if before[name_of(one)] else 'created'} {name_of(one)}")
        now = ready(cluster, service, wait, say)
        url = address(now, target)
        say(f"  replaying golden.jsonl at {url}")
        told = replay(url)
    except Stopped as stopped:
        back = roll_back(ordered, before, cluster, wait, say)
        raise Stopped(tuple(replace(one, message=f"{one.message}; {back}") for one in stopped.diagnostics)) from stopped
    model = str(predictor(service)["model"]["storageUri"])
    was = str(predictor(live).get("model", {}).get("storageUri", "")) if live else ""
    return Deployed(url=url, model=model, before=was, replayed=told)


def roll_back(
    objects: list[Object], before: Mapping[str, Object | None], cluster: Cluster, wait: Wait, say: Say
) -> str:
    """Put back what was there, and delete what was not; say in a few words how that went."""
    say("  rolling back")
    try:
        for one in reversed(objects):
            old = before[name_of(one)]
            if old is None:
                cluster.delete(one)
        for one in objects:
            old = before[name_of(one)]
            if old is not None:
                cluster.apply(bare(old))
        service = next(one for one in objects if one["kind"] == "InferenceService")
        old = before[name_of(service)]
        if old is None:
            return "nothing was served before, so what was made is deleted"
        ready(cluster, bare(old), wait, say)
        return "what was served before is back"
    except Stopped as stopped:
        return f"and rolling back failed too: {stopped}"


def address(live: Object, target: Target) -> str:
    """Return the URL to ask. Raises Stopped TS892 when neither the target nor the service tells one."""
    about = live["metadata"]
    if target.gateway:
        return target.gateway.replace("{name}", about["name"]).replace("{namespace}", about["namespace"])
    url = live.get("status", {}).get("url")
    if not url:
        message, hint = "the service tells no URL", "give `gateway` in the target"
        raise Stopped((Diagnostic(code="TS892", message=message, hint=hint),))
    return str(url)


def by_package(package: Package, token_env: str) -> Replay:
    """Replay with the package's own module, in a process of its own."""

    def replay(url: str) -> str:
        variables = environment(1) | {"PYTHONDONTWRITEBYTECODE": "1"}
        python = shutil.which("python", path=variables["PATH"]) or "python"
        command = [python, "-m", "pipeline.replay", "--package", ".", "--url", url]
        command += ["--token-env", token_env] if token_env else []
        done = subprocess.run(command, cwd=package.folder, env=variables, capture_output=True, text=True, check=False)
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["no words"]
            told = next((line for line in lines if line.startswith("TS")), lines[-1]).strip()
            message = f"the answers at {url} are not the measured ones: {told}"
            hint = "compare libraries and files with the package; `trainerspec serve` replays them here"
            raise Stopped((Diagnostic(code="TS893", message=message, hint=hint),))
        return done.stdout.strip()

    return replay

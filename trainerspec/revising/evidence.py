"""What a run left behind, as names for SOPs: validation metrics, curves, confusion, the benchmark, the failure.

The test split's numbers are never read: what is tuned on them would no longer be measured by them.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.spec import Objective
from trainerspec.language import yaml
from trainerspec.running.run_files import TRAINING, confusion, curve, errors, numbers, parity, read_json
from trainerspec.running.verdict import verdict as judge
from trainerspec.workspace.inside import fault
from trainerspec.workspace.inside import read as read_file

VALIDATION = "build/evaluation/validation.json"
BENCHMARK = "build/benchmark.json"
MACHINE = "build/machine.json"
BASELINE = "baseline."
"""Before the scores of simple models on the same rows: `baseline.logistic.accuracy`."""
STAGES = ("train", "evaluate", "benchmark")
"""The stages whose results are read, with what they depend on."""
GATED = "TS850"
"""The code with which `package` refuses after a failed gate: a verdict, not a failure."""
_KILLED = re.compile(r"exited with (?:-9|137)\b")


@dataclass(frozen=True, kw_only=True)
class Missed:
    """An objective that is not met."""

    objective: Objective
    value: float

    @property
    def gap(self) -> float:
        """Return how far the value is from the bound, as a share of the bound."""
        bound = self.objective.bound or 0.0
        return abs(self.value - bound) / (abs(bound) or 1.0)


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What failure.json tells, or that the stage was killed."""

    kind: str
    """`oom`, `diverged`, `killed`, or empty."""
    code: str
    stage: str
    message: str
    evidence: JsonObject = field(default_factory=dict)

    def names(self) -> Iterator[str]:
        """Return the names by which SOPs know it."""
        yield from (f"failure.{name}" for name in (self.kind, self.code) if name)


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One run's results."""

    measured: Mapping[str, float]
    """By metric; empty after a failure."""
    quality: frozenset[str]
    """The metrics that the validation split tells."""
    device: str
    """Where the benchmark ran."""
    names: Mapping[str, Json]
    """Everything that SOPs may read, by dotted name."""
    failure: Failure | None
    verdict: str
    """What the gate said of the test split (`pass`, `fail`, `pending`), or empty when it has not judged this run."""

    def missed(self, objectives: Sequence[Objective]) -> tuple[Missed, ...]:
        """Return those that the gate would fail, by the same verdict; what is pending is left to the gate."""
        failed = [one for one in objectives if judge(one, self.measured, self.device) == "fail"]
        return tuple(Missed(objective=one, value=self._value(one.metric)) for one in failed)

    def narrow(self, objectives: Sequence[Objective]) -> tuple[Missed, ...]:
        """Return those that are met by less than one standard error of the validation split, which others may miss.

        The end of the interval covers 95 %, so half the way to it is about one standard error; `value` is that point.
        """
        found = []
        for one in objectives:
            side = {">": "low", ">=": "low", "<": "high", "<=": "high"}.get(one.op or "")
            end, value = self.measured.get(f"{one.metric}.{side}"), self.measured.get(one.metric)
            if one.metric not in self.quality or end is None or value is None:
                continue
            careful = value - (value - end) / 2
            values = {**self.measured, one.metric: careful}
            if judge(one, self.measured, self.device) == "pass" and judge(one, values, self.device) == "fail":
                found.append(Missed(objective=one, value=careful))
        return tuple(found)

    def crowded(self, objectives: Sequence[Objective]) -> tuple[Missed, ...]:
        """Return the missed objectives that were measured beside other programs."""
        return tuple(one for one in self.missed(objectives) if f"{one.objective.metric}.wall" in self.measured)

    def baselines(self) -> dict[str, dict[str, float]]:
        """Return the simple models' scores on the same rows, by their names."""
        found = dict[str, dict[str, float]]()
        for name, value in self.measured.items():
            if name.startswith(BASELINE):
                model, _, metric = name.removeprefix(BASELINE).partition(".")
                found.setdefault(model, {})[metric] = value
        return found

    def _value(self, metric: str) -> float:
        """Return what was measured; of a crowded machine what a quiet one may reach."""
        return self.measured.get(f"{metric}.best", self.measured[metric])


def gather(folder: Path) -> Evidence:
    """Read what the last run left.

    Raises Stopped with TS840 when nothing was measured, and with TS841 when it was for other settings.
    """
    failed = failure(folder)
    if failed is not None:
        told: dict[str, Json] = {"failure.code": failed.code, "failure.stage": failed.stage}
        told |= {f"failure.evidence.{name}": value for name, value in failed.evidence.items()}
        return Evidence(measured={}, quality=frozenset(), device="", names=told, failure=failed, verdict="")
    if not (folder / VALIDATION).is_file() or not (folder / BENCHMARK).is_file():
        hint = "run `trainerspec run --until benchmark` after `--until evaluate`, or all of `trainerspec run`"
        raise Stopped((Diagnostic(code="TS840", message=f"nothing was measured in `{folder.name}` yet", hint=hint),))
    for why in outdated(folder):
        message = f"what was measured in `{folder.name}` is not what its params.yaml says: {why}"
        raise Stopped((Diagnostic(code="TS841", message=message, hint="run `trainerspec run` first"),))
    validation, benchmark = numbers(folder / VALIDATION), numbers(folder / BENCHMARK)
    measured = validation | benchmark | numbers(folder / TRAINING)
    device = str(read_json(folder / BENCHMARK).get("device", ""))
    names: dict[str, Json] = {f"measured.{name}": value for name, value in measured.items()}
    names |= {f"measured.parity.{name}": value for name, value in parity(folder).items()}
    tables = folder / "build/evaluation/validation"
    names |= {**curve(folder), **confusion(tables), **errors(tables)}
    if "rows" in validation:
        names["validation.rows"] = int(validation.pop("rows"))
    names |= {f"machine.{name}": value for name, value in numbers(folder / MACHINE).items()}
    quality = frozenset(one for one in validation if not one.endswith((".low", ".high")) and BASELINE not in one)
    return Evidence(
        measured=measured, quality=quality, device=device, names=names, failure=None, verdict=verdict(folder)
    )


def failure(folder: Path) -> Failure | None:
    """Read failure.json, or see in the run's log that a stage was killed; None when nothing failed."""
    told = read_json(folder / "failure.json")
    if told and told.get("code") != GATED:
        evidence = told.get("evidence")
        seen: JsonObject = evidence if isinstance(evidence, Mapping) else {}
        return Failure(
            kind=str(seen.get("failure", "")),
            code=str(told.get("code", "")),
            stage=str(told.get("stage", "")),
            message=str(told.get("message", "")),
            evidence=seen,
        )
    log = folder / "work" / "run.log"
    text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
    if not told and _KILLED.search(text):
        stage = (re.findall(r"Running stage '([^']+)'", text) or [""])[-1]
        message = "the stage was killed, most often because the machine ran out of memory"
        return Failure(kind="killed", code="TS806", stage=stage, message=message)
    return None


def verdict(folder: Path) -> str:
    """Return the gate's verdict when it judged the model that is there, else nothing."""
    gate, package = folder / "gate.json", read_json(folder / "metrics.json")
    validation = {
        f"validation.{name}": value for name, value in numbers(folder / VALIDATION).items() if "." not in name
    }
    if any(package.get(name) != value for name, value in validation.items()):
        return ""
    return str(read_json(gate).get("verdict", ""))


def outdated(folder: Path) -> Iterator[str]:
    """Say what of params.yaml or of the results is not what dvc.lock tells."""
    ran = _mapping(_yaml(folder / "dvc.lock"), "stages")
    params = _yaml(folder / "params.yaml")
    for name in _upstream(ran):
        stage = _mapping(ran, name)
        for path, value in _mapping(_mapping(stage, "params"), "params.yaml").items():
            if not same(value, _at(params, path)):
                yield f"`{path}` was changed since"
        for out in cast(Sequence[Mapping[str, Json]], stage.get("outs", ())):
            path = str(out.get("path"))
            content = None if fault(path) else read_file(folder, path)
            if content is not None and hashlib.md5(content, usedforsecurity=False).hexdigest() != out.get("md5"):
                yield f"`{out.get('path')}` is not what the last run made"
    for name in STAGES:
        if name not in ran:
            yield f"the stage `{name}` has not run"


def _upstream(ran: Mapping[str, Json]) -> list[str]:
    """Return the stages that the results come from, by what they read and make."""
    makes = {
        str(out["path"]): name
        for name in ran
        for out in cast(Sequence[Mapping[str, Json]], _mapping(ran, name).get("outs", ()))
    }
    found = [name for name in STAGES if name in ran]
    for name in found:
        for dep in cast(Sequence[Mapping[str, Json]], _mapping(ran, name).get("deps", ())):
            makers = {maker for path, maker in makes.items() if f"{dep['path']}/".startswith(f"{path}/")}
            found += sorted(makers - set(found))
    return found


def same(one: Json, other: Json) -> bool:
    """Tell whether two values of YAML files are equal; DVC writes 0.00001 as a text.

    >>> same("1e-05", 0.00001), same([1, 2.0], [1, 2]), same({"a": 1}, {"a": 2})
    (True, True, False)
    """
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if one == other:
        return True
    try:
        return float(cast(str, one)) == float(cast(str, other))
    except (TypeError, ValueError):
        return False


def _yaml(path: Path) -> JsonObject:
    try:
        data = yaml.load(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, Mapping) else {}


def _mapping(data: JsonObject, key: str) -> JsonObject:
    value = data.get(key)
    return value if isinstance(value, Mapping) else {}


def _at(document: Json, path: str) -> Json:
    for part in path.split("."):
        document = document.get(part) if isinstance(document, Mapping) else None
    return document

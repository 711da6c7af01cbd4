"""trainer.lock: what was decided, by whom and from what; enough to emit the same project again."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

from trainerspec import __version__, assets
from trainerspec.catalog.files import digest
from trainerspec.catalog.model import Task
from trainerspec.diagnostics.model import Diagnostic, Outcome
from trainerspec.ir.decision import Base, Candidate, Decided, Decision, Pinned
from trainerspec.ir.declared import WeightSource
from trainerspec.ir.document import Document
from trainerspec.ir.facts import Collected, Contract, Fact, Observed, Profile
from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.plan import Plan
from trainerspec.ir.record import record
from trainerspec.ir.spec import Positive, Spec
from trainerspec.language import yaml
from trainerspec.workspace.inside import fault

NAME = "trainer.lock"
HEADING = (
    "What was decided, by whom, by which SOP step, from which facts. Made by `trainerspec build`; not edited by hand."
)
VERSION = 1
_SHA256 = re.compile(r"[0-9a-f]{64}")
EDGES = ("cli", "ops", "llm")
"""Packages that shape no emitted file: their code does not count in the compiler's digest."""


@record(frozen=True, kw_only=True)
class Origins:
    """Of what the emitted bytes are a function, besides the spec and the decisions."""

    version: str
    """The compiler's version."""
    compiler: str
    """sha256 of the compiler's code."""
    grammar: str
    templates: Mapping[str, str]
    """sha256 of each template folder: `_shared` and the task's."""
    sops: Mapping[str, str]
    """SOP id to the sha256 of its file: the shipped ones, and the organisation's."""


@cache
def _shipped(folder: Path) -> str:
    return digest(folder)


def origins(task: Task, sops: Mapping[str, str]) -> Origins:
    """Digest the compiler, the grammar and the task's templates; `sops` maps each SOP to the sha256 of its file."""
    return Origins(
        version=__version__,
        compiler=_compiler(),
        grammar=_shipped(assets.folder("grammar")),
        templates={
            "_shared": _shipped(assets.folder("templates") / "_shared"),
            **{name: digest(folder) for name, folder in task.layers.items()},
        },
        sops=sops,
    )


@cache
def _compiler() -> str:
    package = Path(__file__).resolve().parent.parent
    total = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        relative = path.relative_to(package)
        if relative.parts[0] not in (*EDGES, "_assets"):
            total.update(f"{relative.as_posix()}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def spec_digest(spec: Spec) -> str:
    """Digest what a spec says: comments, order of keys and layout do not count."""
    return document_digest(spec.document)


def document_digest(document: Document) -> str:
    """Digest the plain data of a document."""
    text = json.dumps(document.data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=list)
    return hashlib.sha256(text.encode()).hexdigest()


def write_lock(plan: Plan, made: Origins, files: Mapping[str, bytes]) -> bytes:
    """Write trainer.lock for a plan and the files that were emitted from it."""
    pinned = plan.pinned
    observed = pinned.decided.observed
    profile = observed.profile
    document: dict[str, Json] = {
        "lock": VERSION,
        "compiler": {"version": made.version, "sha256": made.compiler},
        "grammar": made.grammar,
        "templates": dict(made.templates),
        "sops": dict(made.sops),
        "spec": {"name": observed.spec.name, "task": observed.spec.task, "sha256": spec_digest(observed.spec)},
        **({"held": [vars(one) for one in observed.spec.held]} if observed.spec.held else {}),
        "data": {
            "fingerprint": profile.fingerprint,
            "layout": profile.layout,
            "labels": list(profile.labels) if profile.labels is not None else None,
            "contract": {"hard": dict(profile.contract.hard), "soft": dict(profile.contract.soft)},
            **({"collected": vars(profile.collected)} if profile.collected else {}),
            **({"acknowledged": accepted} if (accepted := acknowledged(observed.spec)) else {}),
        },
        "facts": {
            name: {"value": fact.value, "n": fact.n, "exact": fact.exact}
            for name, fact in sorted(profile.facts.items())
        },
        "decisions": [describe(decision) for decision in pinned.decided.decisions.values()],
        "pins": {
            "labels": list(pinned.labels),
            **({"positive": vars(found)} if (found := observed.spec.positive) else {}),
            "base": _base(pinned.base),
            "values": dict(pinned.values),
        },
        "custom": dict(plan.hooks),
        "files": {path: hashlib.sha256(content).hexdigest() for path, content in sorted(files.items())},
    }
    return yaml.dump(document, heading=HEADING)


def acknowledged(spec: Spec) -> list[Json]:
    """Return the findings of the data's checks that the author accepts, as plain data."""
    return [{"code": one.code, "columns": list(one.columns), "because": one.because} for one in spec.acknowledged]


def _base(chosen: Base) -> JsonObject:
    return {
        "id": chosen.id,
        "licence": chosen.licence,
        "sources": [{key: value for key, value in vars(source).items() if value} for source in chosen.sources],
        "card": dict(chosen.card),
    }


def describe(decision: Decision) -> JsonObject:
    """Write a decision as plain data."""
    described: dict[str, Json] = {"slot": decision.slot, "value": decision.value, "author": decision.author}
    if decision.sop:
        described["sop"] = decision.sop
    described["because"] = decision.because
    if decision.facts:
        described["facts"] = dict(decision.facts)
    if decision.candidates:
        described["candidates"] = [
            {"value": one.value, "kept": one.kept, "because": one.because} for one in decision.candidates
        ]
    return described


@record(frozen=True, kw_only=True)
class Lock:
    """A trainer.lock that was read."""

    origins: Origins
    task: str
    spec: str
    """sha256 of the spec that it was made from."""
    profile: Profile
    decisions: Mapping[str, Decision]
    labels: tuple[str, ...]
    base: Base
    values: Mapping[str, Json]
    custom: Mapping[str, str]
    files: Mapping[str, str]
    """sha256 of every emitted file but trainer.lock itself."""
    positive: Positive | None = None

    def pinned(self, spec: Spec) -> Pinned:
        """Put the decisions back on the spec that they were made for."""
        decided = Decided(observed=Observed(spec=spec, profile=self.profile), decisions=self.decisions)
        return Pinned(decided=decided, labels=self.labels, base=self.base, values=self.values)


def read_lock(content: bytes, name: str = NAME) -> Outcome[Lock]:
    """Read a trainer.lock. Fails with TS701 when it is not one that this version wrote."""
    try:
        data = yaml.load(content)
        if not isinstance(data, Mapping) or data.get("lock") != VERSION:
            raise ValueError(f"it does not say `lock: {VERSION}`")
        return Outcome(value=_lock(cast(Mapping[str, Any], data)))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"`{error.args[0]}` is missing" if isinstance(error, KeyError) else str(error).splitlines()[0]
        message = f"`{name}` cannot be read: {reason}"
        hint = "restore it from git, or delete it and run `trainerspec build`"
        return Outcome(diagnostics=(Diagnostic(code="TS701", message=message, hint=hint, file=name),))


def _lock(data: Mapping[str, Any]) -> Lock:
    agreed = data["data"]["contract"]
    found = data["data"]["labels"]
    return Lock(
        origins=Origins(
            version=data["compiler"]["version"],
            compiler=data["compiler"]["sha256"],
            grammar=data["grammar"],
            templates=data["templates"],
            sops=data["sops"],
        ),
        task=data["spec"]["task"],
        spec=data["spec"]["sha256"],
        profile=Profile(
            layout=data["data"]["layout"],
            facts={name: Fact(**fact) for name, fact in data["facts"].items()},
            labels=tuple(found) if found is not None else None,
            fingerprint=data["data"]["fingerprint"],
            contract=Contract(hard=agreed["hard"], soft=agreed["soft"]),
            collected=Collected(**data["data"]["collected"]) if "collected" in data["data"] else None,
        ),
        decisions={one["slot"]: read_decision(one) for one in data["decisions"]},
        labels=tuple(data["pins"]["labels"]),
        positive=Positive(**data["pins"]["positive"]) if "positive" in data["pins"] else None,
        base=_read_base(data["pins"]["base"]),
        values=data["pins"]["values"],
        custom=data["custom"],
        files=_files(data["files"]),
    )


def _files(data: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the emitted files. Raises ValueError for a path that no build writes, and for what is no digest."""
    for path, content in data.items():
        if why := fault(path):
            raise ValueError(f"`files` names {str(path)[:200]!r}: {why}")
        if not isinstance(content, str) or not _SHA256.fullmatch(content):
            raise ValueError(f"the digest of `{path}` is not a sha256 digest")
    return data


def read_decision(data: Mapping[str, Any]) -> Decision:
    """Read a decision that `describe` wrote. Raises KeyError and TypeError."""
    candidates: Sequence[Mapping[str, Any]] = data.get("candidates", ())
    return Decision(
        slot=data["slot"],
        value=data["value"],
        author=data["author"],
        sop=data.get("sop", ""),
        because=data["because"],
        facts=data.get("facts", {}),
        candidates=tuple(Candidate(**one) for one in candidates),
    )


def _read_base(data: Mapping[str, Any]) -> Base:
    return Base(
        id=data["id"],
        licence=data["licence"],
        sources=tuple(WeightSource(**{"revision": "", "path": "", **one}) for one in data["sources"]),
        card=data["card"],
    )

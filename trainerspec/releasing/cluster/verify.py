"""Say offline whether a target's manifests would be taken, and what would become of them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from trainerspec.backends.kserve.engine import engine_overlay
from trainerspec.backends.kserve.overlay import overlay
from trainerspec.diagnostics.model import Diagnostic
from trainerspec.ir.json import JsonObject
from trainerspec.ir.target import Image, Release, Target
from trainerspec.language.yaml import load
from trainerspec.releasing.cluster import runtimes, webhook
from trainerspec.releasing.cluster.kustomize import FILE, Object, read, render, stopped
from trainerspec.releasing.cluster.restricted import unrestricted
from trainerspec.releasing.cluster.structure import unstructured
from trainerspec.releasing.push import release
from trainerspec.releasing.sizing import again, differing, size
from trainerspec.running.serve import Package
from trainerspec.workspace.sizing import NAME as SIZING
from trainerspec.workspace.sizing import read_sizing
from trainerspec.workspace.targets import image

ENGINE = Path("deploy/optional/engine")
PINNED = re.compile(r"value: \"?(s3://[^\s\"]+?/([^/\s\"]+)/([^/\s\"]+)(?:/engines/[^/\s\"]+)?/model_repository)")
"""Where an overlay says that the model lies: the graph's repository, or that of an engine made from it."""


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What was looked at, and what was found."""

    objects: tuple[Object, ...]
    choice: runtimes.Choice
    pushed: bool
    """Whether the overlay was there; otherwise the one that a push would write was looked at."""
    diagnostics: tuple[Diagnostic, ...]

    @property
    def fine(self) -> bool:
        """Tell whether nothing keeps it from being applied."""
        return all(one.severity == "warning" for one in self.diagnostics)


def verify(project: Path, target: Target, package: Package | None) -> Verified:
    """Render a target's overlay and judge it. Raises Stopped TS880 when it cannot be rendered."""
    folder = project / "deploy" / "targets" / target.name
    pushed = (folder / FILE).is_file()
    wanted = None if pushed else expected(project, target, package)
    sizing = size(project, package, wanted.digest, target) if wanted and package else None
    objects = render(folder, overlay(target, wanted, sizing.values if sizing else None) if wanted else None)
    if (project / ENGINE).is_dir() and target.gpu:
        objects += render(folder / "engine", engine_overlay(target, wanted) if wanted else None)
    if not any(one.get("kind") == "InferenceService" for one in objects):
        raise stopped(folder / FILE, "there is no InferenceService", "`trainerspec build` writes deploy/base")
    return judge(objects, target, pushed, tuple(stale(project, folder, target)) if pushed else ())


def expected(project: Path, target: Target, package: Package | None) -> Release:
    """Return the release that a push would make; before there is a package, one without a digest."""
    if package is not None:
        return release(package, target)
    name = str(read(project / "deploy/base/inferenceservice.yaml").get("metadata", {}).get("name"))
    return Release(
        name=name,
        version="0",
        digest="",
        model=target.storage.uri(name, "unpushed", "model_repository"),
        image=Image(name=f"{target.registry}/{name}", tag="0"),
        triton=target.triton,
    )


def judge(objects: list[Object], target: Target, pushed: bool, first: tuple[Diagnostic, ...] = ()) -> Verified:
    """Judge rendered objects: structure, then the webhook's rules, then which runtime is taken."""
    services = [one for one in objects if one.get("kind") == "InferenceService"]
    own = [one for one in objects if one.get("kind") == "ServingRuntime"]
    found = [*first, *(fault for one in objects for fault in unstructured(one))]
    if not any(one.severity == "error" for one in found):
        found += [fault for one in services for fault in webhook.refused(one, target.kserve)]
        found += runtimes.unsound(own)
        found += [fault for one in objects for fault in unrestricted(one)]
    choice = runtimes.choose(services[0], [*own, *runtimes.STOCK])
    if not choice.runtime:
        why = "; ".join(f"{name}: {reason}" for name, reason in choice.others)
        message = f"KServe finds no runtime: {choice.because}"
        found.append(Diagnostic(code="TS884", message=message, hint=why, file="InferenceService"))
    return Verified(objects=tuple(objects), choice=choice, pushed=pushed, diagnostics=tuple(found))


def stale(project: Path, folder: Path, target: Target) -> Iterator[Diagnostic]:
    """Warn with TS885 when the overlay is not what targets/<env>.yaml gives now for the release that it pins.

    The sizes in sizing.yaml are decided again, from the facts that stand there. Raises Stopped TS886.
    """
    written = load((folder / FILE).read_bytes())
    if not isinstance(written, Mapping):
        return
    place, sizing, told = f"deploy/targets/{target.name}", read_sizing(folder), ""
    pinned = pins(written, target)
    if pinned is None or overlay(target, pinned, sizing.values if sizing else None) != written:
        told = f"{place}/ is not what targets/{target.name}.yaml gives"
    elif sizing and sizing.release != pinned.digest:
        told = f"{place}/{SIZING} is of another release than the one beside it"
    elif sizing and (others := differing(sizing, again(sizing, project, target))):
        told = f"the sizes in {place}/{SIZING} are not those that the SOPs give now: {', '.join(others)}"
    if told:
        hint = f"`trainerspec push --target {target.name}` writes it anew"
        yield Diagnostic(code="TS885", message=told, hint=hint, severity="warning", file=str(folder / FILE))


def pins(written: JsonObject, target: Target) -> Release | None:
    """Read the release that an overlay pins; None when it is not one of ours."""
    model = PINNED.search(str(written.get("patches")))
    images = written.get("images")
    if model is None or not isinstance(images, list) or len(images) != 2:
        return None
    own, triton = (
        image(f"{one['newName']}@{one['digest']}" if "digest" in one else f"{one['newName']}:{one['newTag']}")
        for one in images
    )
    return Release(name=model[2], version=own.tag, digest=model[3], model=model[1], image=own, triton=triton)

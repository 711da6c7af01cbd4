"""Put a package into a target's storage, and write the overlay that pins it."""

import hashlib
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from trainerspec.backends.kserve.engine import engine_overlay
from trainerspec.backends.kserve.overlay import overlay
from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.ir.json import JsonObject
from trainerspec.ir.sizing import Sizing
from trainerspec.ir.target import Image, Release, Target
from trainerspec.language.yaml import dump, load
from trainerspec.procedures.agent import at_work
from trainerspec.procedures.rules import Rules
from trainerspec.releasing import contents, registry
from trainerspec.releasing.contents import LISTING, SIGNATURE
from trainerspec.releasing.signature import is_of
from trainerspec.releasing.sizing import procedures, size
from trainerspec.releasing.storage import FAULTS, Bucket, refused
from trainerspec.running.repository import environment
from trainerspec.running.serve import Package
from trainerspec.workspace.inside import own, read, replace_file
from trainerspec.workspace.sizing import write_sizing

HEADING = """Made by `trainerspec push` from targets/{name}.yaml; push again after a change of that file.
Without trainerspec: kubectl apply -k deploy/targets/{name}"""
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Pushed:
    """What a push did."""

    release: Release
    overlay: Path
    uploaded: int
    """Files that went up now."""
    kept: int
    """Files that lay there already, with the right bytes."""
    bytes: int
    """Bytes that went up now."""
    warnings: tuple[Diagnostic, ...]
    sizing: Sizing | None
    """What was decided from the package's measurements; None when it has none."""


def listed(package: Package) -> Mapping[str, Path]:
    """Return the package's files by their path, package.json last. Raises Stopped TS871 when one was changed."""
    files = contents.listed(package.folder)
    if wrong := contents.faults(package.folder, files):
        raise Stopped((contents.changed(package.folder, ", ".join(wrong[:5])),))
    return {path: package.folder / path for path in (*sorted(files), LISTING)}


def digest(package: Package) -> str:
    """Name a release by what is in it: the sha256 of package.json, which has the sha256 of each file."""
    return f"sha256-{hashlib.sha256((package.folder / LISTING).read_bytes()).hexdigest()}"


def release(package: Package, target: Target) -> Release:
    """Return where a package lies in a target once it was pushed."""
    named = digest(package)
    return Release(
        name=package.name,
        version=package.version,
        digest=named,
        model=target.storage.uri(package.name, named, "model_repository"),
        image=Image(name=f"{target.registry}/{package.name}", tag=package.version),
        triton=target.triton,
    )


def upload(files: Mapping[str, Path], prefix: str, bucket: Bucket, say: Say) -> tuple[int, int]:
    """Put what is not there yet, and give how many files and bytes went up. Raises Stopped TS872 and TS874.

    package.json goes up last, so where it lies the release is whole.
    """
    total = sum(path.stat().st_size for path in files.values())
    done = sent = count = 0

    def went(size: int) -> None:
        nonlocal sent
        sent += size
        say(f"  {done + 1} of {len(files)} files, {sent / 1e6:.1f} MB sent of at most {total / 1e6:.1f}")

    try:
        there = bucket.keys(f"{prefix}/")
        for name, path in files.items():
            key = f"{prefix}/{name}"
            if there.get(key) != path.stat().st_size or not bucket.holds(key, path):
                bucket.put(key, path, went)
                count += 1
            done += 1
    except FAULTS as error:
        raise refused(error, bucket.storage) from error
    return count, sent


def pin(made: Release, given: str) -> tuple[Release, tuple[Diagnostic, ...]]:
    """Pin both images by digest: `given` for the transformer's, else what the registry tells; warn with TS875."""
    warnings: list[Diagnostic] = []
    images = {"image": replace(made.image, digest=given), "triton": made.triton}
    for part, image in images.items():
        try:
            images[part] = registry.pinned(image)
        except registry.Unknown as error:
            hint = f"`docker build -t {image} package && docker push {image}`, then push again"
            if part == "triton":
                hint = "mirror it there, or name it by digest under `triton` in the target"
            message = f"`{image}` is not pinned: {error}"
            warnings.append(Diagnostic(code="TS875", message=message, hint=hint, severity="warning"))
    return replace(made, image=images["image"], triton=images["triton"]), tuple(warnings)


def engine(package: Package) -> str:
    """Return the engine that the package was made for. Raises Stopped TS871 where params.yaml does not tell."""
    try:
        content = read(package.folder, "params.yaml")
        settings = load(content) if content is not None else None
    except (OSError, ValueError) as error:
        message = f"`params.yaml` cannot be read: {str(error).splitlines()[0][:200]}"
        raise Stopped((contents.changed(package.folder, message),)) from error
    if settings is None:
        raise Stopped((contents.changed(package.folder, "`params.yaml` is missing"),))
    serve = settings.get("serve") if isinstance(settings, Mapping) else None
    return str(serve.get("engine")) if isinstance(serve, Mapping) else ""


def fits(target: Target, package: Package) -> None:
    """Raise Stopped TS876 when the target cannot run the package's engine."""
    if not target.gpu and engine(package) == "tensorrt":
        message = f"`serve.engine` is tensorrt, but the target `{target.name}` has no `gpu`"
        hint = "name the GPU of its nodes under `gpu`, or build with `serve: {engine: onnx}`"
        raise Stopped((Diagnostic(code="TS876", message=message, hint=hint),))


def encode_rows(project: Path, to: Path) -> Path:
    """Have the project encode rows of its validation split. Raises Stopped TS877 when it cannot."""
    command = ["python", "-m", "pipeline.plan_rows", "encode", "--to", str(to)]
    done = subprocess.run(command, cwd=project, env=environment(1), capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no words"])[-1]
        hint = "`trainerspec run` makes the split; or push without `--measure`"
        raise Stopped((Diagnostic(code="TS877", message=f"no rows to measure with: {reason[:300]}", hint=hint),))
    return to


def write_overlay(project: Path, target: Target, made: Release, sizing: Sizing | None) -> Path:
    """Write deploy/targets/<env>/ for a release: kustomization.yaml, whose path is given, and its sizing.yaml."""
    place = project / "deploy" / "targets" / target.name / "kustomization.yaml"
    write_sizing(project, place.parent, sizing)
    write(project, place, overlay(target, made, sizing.values if sizing else None), target)
    return place


def write(project: Path, place: Path, kustomization: JsonObject, target: Target) -> None:
    """Write a kustomization whole or not at all."""
    replace_file(project, place.relative_to(project), dump(kustomization, heading=HEADING.format(name=target.name)))


def own_signature(project: Path, package: Package, target: Target) -> Path | None:
    """Return the signature beside a target's overlay, if it says that it is of this package. Raises Stopped TS709."""
    path = own(project, f"deploy/targets/{target.name}/{SIGNATURE}")
    return path if is_of(path, package.folder) else None


def write_signature(project: Path, place: Path, signature: Path | None) -> None:
    """Put a release's signature beside its overlay; without one, none of another release stays there."""
    if signature is None:
        own(project, place.relative_to(project)).unlink(missing_ok=True)
    elif signature != place:
        replace_file(project, place.relative_to(project), signature.read_bytes())


def push(
    project: Path,
    package: Package,
    target: Target,
    bucket: Bucket,
    say: Say,
    image: str = "",
    rows: Path | None = None,
    signature: Path | None = None,
) -> Pushed:
    """Upload a package, verify it, pin its images and write deploy/targets/<env>/.

    `rows` are rows of the validation split for the engine job. `signature` is the package's; without it the one beside
    the overlay stays, if it is of this package. A second push of the same package uploads nothing.
    Raises Stopped: TS871, TS872, TS874, TS876, and what an SOP that does not fit raises; then nothing was uploaded.
    """
    fits(target, package)
    beside = own_signature(project, package, target) if signature is None else signature
    extra = {"rows.npz": rows, SIGNATURE: beside}
    files = {**{name: path for name, path in extra.items() if path is not None}, **listed(package)}
    made = release(package, target)
    with at_work(Rules(), procedures(project), project) as team:
        sizing = size(project, package, made.digest, target, team)
    prefix = target.storage.key(made.name, made.digest)
    count, sent = upload(files, prefix, bucket, say)
    made, warnings = pin(made, image)
    place = write_overlay(project, target, made, sizing)
    write_signature(project, place.with_name(SIGNATURE), beside)
    if engine(package) == "tensorrt":
        write(project, place.parent / "engine" / "kustomization.yaml", engine_overlay(target, made), target)
    return Pushed(
        release=made,
        overlay=place,
        uploaded=count,
        kept=len(files) - count,
        bytes=sent,
        warnings=warnings,
        sizing=sizing,
    )

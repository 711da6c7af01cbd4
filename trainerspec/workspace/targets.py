"""Find and read targets/<env>.yaml: beside trainer.yaml, or in a folder above it up to the repository's root."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import cast

from trainerspec.assets import folder as asset_folder
from trainerspec.diagnostics.model import Diagnostic, Log, Stopped
from trainerspec.ir.document import Document
from trainerspec.ir.json import JsonObject
from trainerspec.ir.target import TRITON, TRITON_TAG, Gpu, Image, Storage, Target, Trust
from trainerspec.language.decoding import decode
from trainerspec.language.document import parse_document
from trainerspec.language.schema import check
from trainerspec.language.suggest import suggest
from trainerspec.workspace.inside import contained, whole

FOLDER = "targets"


def read_target(project: Path, name: str) -> Target:
    """Read the nearest targets/<name>.yaml.

    Raises Stopped: TS870 when there is none, TS709 when a link leads out of it,
    TS1xx and TS2xx with everything that is wrong in it.
    """
    found = next((place / f"{name}.yaml" for place in places(project) if (place / f"{name}.yaml").is_file()), None)
    if found is None:
        raise Stopped((missing(project, name),))
    contained(found, found.parent.parent)
    log = Log()
    source = log.take(decode(found.as_posix(), whole(found)))
    log.sources = (source,)
    document = log.take(parse_document(source))
    log.diagnostics.extend(check(document, schema()))
    if log.diagnostics:
        log.stop()
    return target(name, document, found.parent)


def places(project: Path) -> Iterator[Path]:
    """Return the folders that may hold targets: nearest first, no further than the folder with `.git`.

    Without a repository only the project's own and its parent's.
    """
    folders = [project, *project.parents]
    root = next((index for index, one in enumerate(folders) if (one / ".git").exists()), 1)
    for one in folders[: root + 1]:
        yield one / FOLDER


def missing(project: Path, name: str) -> Diagnostic:
    """Say that there is no such target, and which there are."""
    known = sorted({path.stem for place in places(project) for path in place.glob("*.yaml")})
    hint = suggest(name, known) or "copy deploy/examples/cpu/target.yaml there, and fill in your own names"
    message = f"there is no target `{name}`"
    return Diagnostic(code="TS870", message=message, hint=hint, file=str(project / FOLDER / f"{name}.yaml"))


@cache
def schema() -> JsonObject:
    """Return the JSON Schema of targets/<env>.yaml."""
    return cast(JsonObject, json.loads((asset_folder("grammar") / "target.schema.json").read_text(encoding="utf-8")))


def target(name: str, document: Document, folder: Path = Path()) -> Target:
    """Make the record of a document that fits the schema; the paths in it are from `folder`."""
    data = document.data
    storage = cast(Mapping[str, str], data["storage"])
    bucket, _, prefix = storage["uri"].removeprefix("s3://").partition("/")
    major, minor = str(data["kserve"]).split(".")[:2]
    gpu = cast("Mapping[str, str | int] | None", data.get("gpu"))
    registry = str(data["registry"])
    return Target(
        name=name,
        registry=registry,
        storage=Storage(
            bucket=bucket,
            prefix=prefix.strip("/"),
            endpoint=storage.get("endpoint", ""),
            region=storage.get("region", "us-east-1"),
            secret=storage.get("secret", ""),
        ),
        namespace=str(data["namespace"]),
        kserve=(int(major), int(minor)),
        triton=image(str(data.get("triton", f"{registry}/{TRITON}:{TRITON_TAG}"))),
        mode="knative" if data.get("mode") == "knative" else "standard",
        platform="openshift" if data.get("platform") == "openshift" else "kubernetes",
        gpu=Gpu(product=str(gpu["product"]), count=int(gpu.get("count", 1))) if gpu else None,
        context=str(data.get("context", "")),
        gateway=str(data.get("gateway", "")),
        signed=trust(cast("Mapping[str, str | list[str]] | None", data.get("signed")), folder),
    )


def trust(named: Mapping[str, str | list[str]] | None, folder: Path) -> Trust | None:
    """Return whose signatures a target wants."""
    if named is None:
        return None
    key, certificates = named.get("key"), named.get("certificates", ())
    return Trust(
        key=str(folder / str(key)) if key else "", certificates=tuple(str(folder / one) for one in certificates)
    )


def image(reference: str) -> Image:
    """Take an image's reference apart.

    >>> image("registry:5000/a/b:1.2")
    Image(name='registry:5000/a/b', tag='1.2', digest='')
    """
    name, _, digest = reference.partition("@")
    head, slash, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    return Image(name=f"{head}{slash}{last}", tag=tag, digest=digest)

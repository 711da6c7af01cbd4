"""Render the part of kustomize that is emitted here: resources, namespace, names, images, labels, JSON patches.

What else a kustomization says is refused rather than left out: then `kubectl kustomize` renders it.
"""

import copy
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import jsonpatch

from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.language.suggest import suggest
from trainerspec.language.yaml import load

Object: TypeAlias = dict[str, Any]
"""One Kubernetes object, as plain data."""
KNOWN = ("apiVersion", "kind", "resources", "namespace", "images", "labels", "nameSuffix", "patches")
FILE = "kustomization.yaml"


def render(folder: Path, kustomization: Mapping[str, Any] | None = None) -> list[Object]:
    """Return the objects of a folder's kustomization.yaml, or of `kustomization` as if it lay there.

    Raises Stopped TS880 for what cannot be read, is not there, or is no part of kustomize that is rendered here.
    """
    place = folder / FILE
    wanted = read(place) if kustomization is None else dict(kustomization)
    for key in wanted:
        if key not in KNOWN:
            message = f"`{key}` of a kustomization is not rendered here"
            raise stopped(place, message, suggest(key, KNOWN))
    objects = [one for name in wanted.get("resources", ()) for one in resource(folder, str(name))]
    for patch in wanted.get("patches", ()):
        apply(patch, objects, place)
    for one in objects:
        if wanted.get("nameSuffix"):
            one["metadata"]["name"] += wanted["nameSuffix"]
        if wanted.get("namespace"):
            one.setdefault("metadata", {})["namespace"] = wanted["namespace"]
        for labels in wanted.get("labels", ()):
            one.setdefault("metadata", {}).setdefault("labels", {}).update(labels["pairs"])
        for image in wanted.get("images", ()):
            rename(one, image)
    return objects


def resource(folder: Path, name: str) -> list[Object]:
    """Return the objects of one entry of `resources`: a file with one object, or a folder with a kustomization."""
    path = Path(os.path.normpath(folder / name))
    return render(path) if path.is_dir() else [read(path)]


def read(path: Path) -> Object:
    """Read a YAML file with one mapping. Raises Stopped TS880."""
    try:
        made = load(path.read_bytes())
    except OSError as error:
        raise stopped(path, "the file is not there", "`trainerspec build` writes deploy/base") from error
    except ValueError as error:
        raise stopped(path, "the file is not one YAML document", " ".join(str(error).split())[:200]) from error
    if not isinstance(made, dict):
        raise stopped(path, "the file holds no mapping", "one object a file")
    return made


def apply(patch: Mapping[str, Any], objects: list[Object], place: Path) -> None:
    """Apply one JSON patch (RFC 6902) to every object that its target selects."""
    target = patch.get("target", {})
    selected = [index for index, one in enumerate(objects) if selects(target, one)]
    operations = load(str(patch.get("patch", "")).encode())
    if not isinstance(operations, list):
        raise stopped(
            place, "a patch is not a list of operations", "write `- {op: replace, path: /spec/..., value: ...}`"
        )
    for index in selected:
        try:
            objects[index] = jsonpatch.apply_patch(objects[index], copy.deepcopy(operations))
        except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
            message = f"a patch does not fit {name_of(objects[index])}: {error}"
            raise stopped(place, message, "push again: the base has changed since") from error


def selects(target: Mapping[str, str], one: Object) -> bool:
    """Tell whether a patch's target means an object, by kind and name."""
    about = {"kind": one.get("kind"), "name": one.get("metadata", {}).get("name")}
    return all(about.get(key) == value for key, value in target.items())


def rename(one: Object, image: Mapping[str, str]) -> None:
    """Return every container with an image of that name the new name, tag or digest."""
    for container in containers(one):
        name = str(container.get("image", "")).partition("@")[0]
        head, slash, last = name.rpartition("/")
        base, _, tag = last.partition(":")
        if f"{head}{slash}{base}" != image["name"]:
            continue
        new = image.get("newName", image["name"])
        digest, tag = image.get("digest", ""), image.get("newTag", tag)
        container["image"] = f"{new}@{digest}" if digest else f"{new}:{tag}" if tag else new


def containers(node: Any) -> Iterator[Object]:
    """Find every container below a node, wherever kustomize would: in `containers` and `initContainers`."""
    if isinstance(node, dict):
        for key, inner in node.items():
            if key in ("containers", "initContainers") and isinstance(inner, list):
                yield from inner
            yield from containers(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from containers(inner)


def name_of(one: Object) -> str:
    """Name an object: `InferenceService/news-desk`."""
    return f"{one.get('kind', '?')}/{one.get('metadata', {}).get('name', '?')}"


def stopped(path: Path, message: str, hint: str) -> Stopped:
    """Make the diagnostic of a manifest that cannot be rendered."""
    return Stopped((Diagnostic(code="TS880", message=message, hint=hint, file=str(path)),))

"""Strict structure of manifests: kserve's kinds by its SDK, Kubernetes' own by Kubernetes' schemas."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import kubernetes_validate
from jsonschema import Draft202012Validator

from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.language.schema_errors import dotted, schema_errors
from trainerspec.releasing.cluster.kustomize import Object, name_of
from trainerspec.releasing.cluster.sdk import ROOTS

KUBERNETES = "1.32"
"""The release whose schemas judge: the oldest that KServe 0.20 asks for."""


def unstructured(one: Object) -> Iterator[Diagnostic]:
    """Return TS881 for every key that a kind does not have, and every value of a wrong type."""
    yield from by_sdk(one) if one.get("kind") in ROOTS else by_kubernetes(one)


def by_sdk(one: Object) -> Iterator[Diagnostic]:
    """Judge a kind of kserve's."""
    schema = sdk()
    kind: Mapping[str, Any] = {**schema["kinds"][one["kind"]], "$defs": schema["$defs"]}
    for fault in schema_errors(Draft202012Validator(kind).iter_errors(one), kind):
        yield Diagnostic(code="TS881", message=fault.message, hint=fault.hint, file=name_of(one))


def by_kubernetes(one: Object) -> Iterator[Diagnostic]:
    """Judge a kind of Kubernetes' own; its validator stops at the first error."""
    try:
        kubernetes_validate.validate(one, KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as error:
        place = dotted(list(error.path))
        yield Diagnostic(code="TS881", message=f"`{place}`: {error.message[:300]}", file=name_of(one))
    except kubernetes_validate.SchemaNotFoundError:
        message = f"Kubernetes {KUBERNETES} has no kind `{one.get('kind')}` in `{one.get('apiVersion')}`"
        yield Diagnostic(code="TS881", message=message, file=name_of(one))


@cache
def sdk() -> Mapping[str, Any]:
    """Return the schemas that kserve's SDK holds. Raises Stopped TS873 when it cannot be imported."""
    command = [sys.executable, "-P", "-m", "trainerspec.releasing.cluster.sdk"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no output"])[-1]
        message = f"kserve's SDK cannot be used: {reason[:300]}"
        raise Stopped((Diagnostic(code="TS873", message=message, hint="pip install 'trainerspec[deploy]'"),))
    made: Mapping[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return made

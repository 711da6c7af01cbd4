"""The few calls to a Kubernetes API server that a deployment needs, through Kubernetes' own client."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kubernetes import config
from kubernetes.client import ApiClient
from kubernetes.client.exceptions import ApiException
from kubernetes.config.config_exception import ConfigException
from urllib3.exceptions import HTTPError

from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.ir.target import Target
from trainerspec.releasing.cluster.kustomize import Object, name_of

MANAGER = "trainerspec"
"""Who owns the fields that are applied."""
PLURALS = {
    "Deployment": "deployments",
    "InferenceService": "inferenceservices",
    "Job": "jobs",
    "NetworkPolicy": "networkpolicies",
    "PodDisruptionBudget": "poddisruptionbudgets",
    "Secret": "secrets",
    "ServiceAccount": "serviceaccounts",
    "ServingRuntime": "servingruntimes",
}
PATIENCE = 30.0
LIVE = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid")
"""Metadata that the server writes."""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """One API server and a context that leads to it."""

    client: ApiClient
    context: str

    def get(self, one: Object) -> Object | None:
        """Return a live object; None when there is none."""
        try:
            return self._call("GET", one)
        except ApiException as error:
            if error.status == 404:
                return None
            raise refused(error, one) from error

    def apply(self, one: Object, *, dry: bool = False) -> Object:
        """Apply an object on the server's side, strictly. Raises Stopped TS891 when it refuses."""
        query = [("fieldManager", MANAGER), ("force", "true"), ("fieldValidation", "Strict")]
        query += [("dryRun", "All")] if dry else []
        try:
            return self._call("PATCH", one, query, one)
        except ApiException as error:
            raise refused(error, one) from error

    def delete(self, one: Object) -> None:
        """Delete an object; one that is not there is no mistake."""
        try:
            self._call("DELETE", one)
        except ApiException as error:
            if error.status != 404:
                raise refused(error, one) from error

    def _call(self, method: str, one: Object, query: list[tuple[str, str]] | None = None, body: Any = None) -> Object:
        """Call the server. Raises ApiException, and Stopped TS890 when nobody answers."""
        headers = {"Accept": "application/json", "Content-Type": "application/apply-patch+yaml"}
        try:
            response, _, _ = self.client.call_api(
                path(one),
                method,
                query_params=query or [],
                header_params=headers,
                body=body,
                response_type="object",
                auth_settings=["BearerToken"],
                _request_timeout=PATIENCE,
            )
        except HTTPError as error:
            message = f"the cluster of the context `{self.context}` does not answer"
            hint = "`kubectl cluster-info` says more; choose another with `kubectl config use-context`"
            raise Stopped((Diagnostic(code="TS890", message=message, hint=hint),)) from error
        made: Object = response
        return made


def connect(target: Target) -> Cluster:
    """Open the current context. Raises Stopped TS890 when there is none, or another one than the target means."""
    try:
        place = os.environ.get("KUBECONFIG")  # the client reads it only when it is imported
        _, active = config.list_kube_config_contexts(config_file=place)
        name = str(active["name"])
        if target.context and name != target.context:
            message = f"the current context is `{name}`, but the target `{target.name}` means `{target.context}`"
            hint = f"kubectl config use-context {target.context}"
            raise Stopped((Diagnostic(code="TS890", message=message, hint=hint),))
        return Cluster(client=config.new_client_from_config(config_file=place), context=name)
    except (ConfigException, TypeError) as error:
        hint = "log in to the cluster, or set KUBECONFIG"
        raise Stopped(
            (Diagnostic(code="TS890", message="there is no kubeconfig with a context", hint=hint),)
        ) from error


def path(one: Object) -> str:
    """Return an object's place on the server.

    >>> path({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "n"}})
    '/api/v1/namespaces/n/secrets/s'
    """
    version, about = str(one["apiVersion"]), one["metadata"]
    root = "apis" if "/" in version else "api"
    return f"/{root}/{version}/namespaces/{about['namespace']}/{PLURALS[one['kind']]}/{about['name']}"


def bare(one: Object) -> Object:
    """Return a live object as it would be applied again: without what the server writes."""
    kept = {key: value for key, value in one.items() if key != "status"}
    kept["metadata"] = {key: value for key, value in one["metadata"].items() if key not in LIVE}
    return kept


def refused(error: ApiException, one: Object) -> Stopped:
    """Make TS891 of what the server answered."""
    try:
        said: Mapping[str, Any] = json.loads(error.body or "{}")
    except ValueError:
        said = {}
    message = f"{name_of(one)}: {said.get('message') or error.reason} ({error.status})"
    hint = {
        401: "log in to the cluster again",
        403: f"ask for the right to create and patch {PLURALS[one['kind']]} in `{one['metadata']['namespace']}`",
        404: "is KServe installed there, and does the namespace exist?",
        409: "somebody else changes it now; deploy again",
    }.get(error.status, "`trainerspec deploy --verify` tells what can be told before")
    return Stopped((Diagnostic(code="TS891", message=message, hint=hint),))

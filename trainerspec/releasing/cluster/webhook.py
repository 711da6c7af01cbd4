"""The rules of KServe's webhooks that no schema holds, for InferenceServices.

Read in KServe's pkg/apis/serving/v1beta1/*_validation.go, releases 0.15 to 0.21.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, TypeAlias

from trainerspec.diagnostics.model import Diagnostic
from trainerspec.language.suggest import suggest
from trainerspec.releasing.cluster.kustomize import Object, containers, name_of

Version: TypeAlias = tuple[int, int]
Told: TypeAlias = Iterator[tuple[str, str]]
"""Message and hint of each broken rule."""
FRAMEWORKS = (
    *("model", "sklearn", "xgboost", "tensorflow", "pytorch", "triton", "onnx", "huggingface", "pmml", "lightgbm"),
    *("paddle", "mlflow"),
)
"""The keys of a predictor that each are an implementation."""
AUTOSCALERS = ("hpa", "keda", "external", "none")
NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
LONGEST = 40
"""Characters of a name: `<name>-predictor-<namespace>` becomes a DNS label of at most 63."""
SERVING = "serving.kserve.io/"
WORDS = {"standard": ("RawDeployment", "Standard"), "knative": ("Serverless", "Knative")}
"""Words of each mode, before 0.16 and since."""


def refused(service: Object, version: Version) -> Iterator[Diagnostic]:
    """Tell TS882 for every rule that an InferenceService breaks under a KServe version; warnings where it says less."""
    for rule in RULES:
        for message, hint in rule(service, version):
            yield Diagnostic(code="TS882", message=message, hint=hint, file=name_of(service))
    for message, hint in ignored(service, version):
        yield Diagnostic(code="TS883", message=message, hint=hint, severity="warning", file=name_of(service))


def predictor(service: Object) -> Mapping[str, Any]:
    """Return the predictor."""
    found: Mapping[str, Any] = service.get("spec", {}).get("predictor", {})
    return found


def annotations(service: Object) -> Mapping[str, str]:
    """Return the annotations."""
    found: Mapping[str, str] = service.get("metadata", {}).get("annotations", {})
    return found


def mode(service: Object) -> str:
    """Return `standard` or `knative`; standard where the word is neither's."""
    word = annotations(service).get(f"{SERVING}deploymentMode", "")
    return "knative" if word in WORDS["knative"] else "standard"


def named(service: Object, version: Version) -> Told:
    """The name becomes part of DNS labels."""
    name = str(service.get("metadata", {}).get("name", ""))
    if not NAME.fullmatch(name):
        yield (
            f"`{name}` is not a name for an InferenceService",
            "lower-case letters, digits and hyphens, a letter first",
        )
    elif len(name) > LONGEST:
        yield (
            f"`{name}` has {len(name)} characters",
            f"at most {LONGEST}: `{name}-predictor-<namespace>` is a DNS label",
        )


def implementation(service: Object, version: Version) -> Told:
    """A predictor has one implementation: a model, a framework, or a container of its own."""
    found = [key for key in FRAMEWORKS if key in predictor(service)]
    names = [one.get("name") for one in predictor(service).get("containers", ())]
    if "kserve-container" in names:
        found.append("containers")
    if len(found) != 1:
        known = ", ".join(f"`{key}`" for key in found) or "none"
        yield f"a predictor has exactly one implementation, here: {known}", "keep `model`"
    if predictor(service).get("model", {}).get("name"):
        yield "`predictor.model.name` must be empty", "the model's name is the service's"
    if names and "model" in found and "transformer-container" not in names and "kserve-container" not in names:
        yield f"a container beside a model is named `transformer-container`, not `{names[0]}`", "rename it"


def stored(service: Object, version: Version) -> Told:
    """Where the model comes from."""
    model = predictor(service).get("model", {})
    uris = model.get("storageUris", predictor(service).get("storageUris"))
    if "storageUri" in model and uris is not None:
        yield "`storageUri` and `storageUris` exclude each other", "keep one of them"
    if uris is not None:
        if version < (0, 16):
            yield f"KServe {shown(version)} has no `storageUris`", "it came with 0.16; write `model.storageUri`"
        yield from mounted([str(one.get("mountPath", "/mnt/models")) for one in uris])
    for container in containers(service):
        variables = [one.get("name") for one in container.get("env", ())]
        if container.get("name") == "transformer-container" and "STORAGE_URI" in variables:
            yield "`transformer-container` may not set STORAGE_URI", "the model's `storageUri` is the predictor's"
        if "PYTHONPATH" in variables and version >= (0, 18):
            yield f"KServe {shown(version)} refuses a container that sets PYTHONPATH", "set it in the image"


def mounted(paths: list[str]) -> Told:
    """Several models are mounted below one folder."""
    for path in paths:
        if not path.startswith("/") or ".." in PurePosixPath(path).parts:
            yield f"`{path}` is not an absolute path without `..`", "mount models below /mnt/models"
    parents = {str(PurePosixPath(path).parent) for path in paths}
    if len(parents) > 1:
        yield f"`storageUris` have several parent folders: {', '.join(sorted(parents))}", "mount them side by side"


def replicas(service: Object, version: Version) -> Told:
    """How many pods."""
    least, most = predictor(service).get("minReplicas", 1), predictor(service).get("maxReplicas", 0)
    if least < 0:
        yield f"`minReplicas` is {least}", "0 or more"
    if most and most < least:
        yield f"`maxReplicas` is {most}, less than `minReplicas` ({least})", "0 means no limit"


def scaled(service: Object, version: Version) -> Told:
    """What makes a pod more."""
    kind = annotations(service).get(f"{SERVING}autoscalerClass")
    if kind is not None and kind not in AUTOSCALERS:
        yield f"unknown autoscalerClass `{kind}`", suggest(kind, AUTOSCALERS)
    metric, goal = predictor(service).get("scaleMetric"), predictor(service).get("scaleTarget")
    if mode(service) == "knative":
        yield from knative(service, metric)
    elif kind == "keda":
        yield from keda(service, metric)
    elif metric is not None or goal is not None:
        if metric not in (None, "cpu", "memory"):
            yield f"the HPA does not scale by `{metric}`", "cpu or memory; in Knative mode concurrency or rps"
        if metric in (None, "cpu") and goal is not None and not 1 <= goal <= 100:
            yield f"`scaleTarget` is {goal}; for cpu it is a percentage", "from 1 to 100"


def knative(service: Object, metric: str | None) -> Told:
    """What Knative's autoscaler and its revisions take."""
    other = annotations(service).get("autoscaling.knative.dev/class") == "hpa.autoscaling.knative.dev"
    known = ("cpu", "memory") if other else ("concurrency", "rps")
    if metric is not None and metric not in known:
        yield f"Knative does not scale by `{metric}`", f"{known[0]} or {known[1]}"
    if "deploymentStrategy" in predictor(service):
        yield "Knative takes no `deploymentStrategy`", "remove it: revisions are rolled out by traffic"


def keda(service: Object, metric: str | None) -> Told:
    """What KEDA takes."""
    if metric is not None:
        yield "KEDA takes no `scaleMetric`", "write `autoScaling.metrics`"
    for one in predictor(service).get("autoScaling", {}).get("metrics", ()):
        resource, external = one.get("resource", {}), one.get("external", {})
        goal = resource.get("target", {})
        if resource.get("name") == "cpu" and goal.get("type") != "Utilization":
            yield f"KEDA's target for cpu is of type Utilization, not {goal.get('type')}", "write `type: Utilization`"
        if one.get("type") == "External":
            if not external.get("metric", {}).get("query"):
                yield "an External metric of KEDA needs a `query`", "a PromQL query that gives one number"
            if not external.get("target", {}).get("value"):
                yield "an External metric of KEDA needs a `target.value`", 'a text: `value: "5000"`'


def canaries(service: Object, version: Version) -> Told:
    """Sharing traffic between two models, which differs by mode and by version."""
    if "canaryTrafficPercent" in predictor(service) and mode(service) == "standard":
        yield "Standard mode ignores `canaryTrafficPercent`", "from 0.20 on write `spec.canary`; before, use Knative"
    canary = service.get("spec", {}).get("canary", ())
    if not canary:
        return
    if version < (0, 20):
        yield f"KServe {shown(version)} has no `spec.canary`", "it came with 0.20"
    if annotations(service).get(f"{SERVING}deploymentMode") != "Standard":
        yield "`spec.canary` needs deploymentMode `Standard`, literally", "write the word"
    names = [one.get("predictor", {}).get("name") for one in canary]
    if len({*names, predictor(service).get("name")}) <= len(names):
        yield "canaries and the stable predictor have a name each, and no two the same", "`predictor.name: v2`"
    share = sum(one.get("trafficPercent", 0) for one in canary)
    if share > 100:
        yield f"the canaries' `trafficPercent` sum up to {share}", "at most 100"
    for one in canary:
        yield from canary_predictor(one.get("predictor", {}), predictor(service).get("minReplicas", 1))


def canary_predictor(one: Mapping[str, Any], stable: int) -> Told:
    """A canary is scaled with the stable predictor."""
    forbidden = [
        key for key in ("maxReplicas", "scaleTarget", "scaleMetric", "autoScaling", "workerSpec") if key in one
    ]
    if forbidden:
        yield f"a canary has no `{forbidden[0]}`", "the stable predictor has it"
    if one.get("minReplicas", 1) > stable:
        yield f"a canary has more `minReplicas` ({one['minReplicas']}) than the stable predictor ({stable})", "fewer"
    if "model" in one and "name" not in one["model"]:
        yield "the schema asks for `name` in a canary's model", 'write `name: ""`'


def worded(service: Object, version: Version) -> Told:
    """The deployment mode's word, which was another one before 0.16."""
    word = annotations(service).get(f"{SERVING}deploymentMode")
    known = [words[version >= (0, 16)] for words in WORDS.values()]
    old = [words[0] for words in WORDS.values()]
    if word is None:
        yield "the deploymentMode is not said", f"clusters have different defaults: write `{known[0]}`"
    elif word not in (*known, *old):
        yield f"KServe {shown(version)} knows no deploymentMode `{word}`", suggest(word, known)


def ignored(service: Object, version: Version) -> Told:
    """What is taken, and then does not do what it seems to say."""
    word = annotations(service).get(f"{SERVING}deploymentMode")
    new = next((words[1] for words in WORDS.values() if word == words[0]), None)
    if new and version >= (0, 16):
        yield f"KServe {shown(version)} rewrites `{word}` to `{new}`, which shows as drift", f"write `{new}`"
    if mode(service) == "standard" and predictor(service).get("minReplicas", 1) == 0:
        yield "in Standard mode `minReplicas: 0` does not scale to zero", "write 1, or use Knative mode"
    for container in containers(service):
        image = str(container.get("image", ""))
        if image.endswith(":latest") or (image and ":" not in image.rpartition("/")[2]):
            yield f"`{image}` names no version", "pin it by tag, better by digest"
    uri = str(predictor(service).get("model", {}).get("storageUri", ""))
    if uri.startswith("oci://") and uri.endswith(":latest"):
        yield f"`{uri}` is pulled anew each time", "name a tag or a digest"


def kept(before: Object, after: Object) -> Iterator[Diagnostic]:
    """Return TS882 when the deployment mode of a live service would change; KServe refuses that."""
    was = before.get("status", {}).get("deploymentMode") or annotations(before).get(f"{SERVING}deploymentMode")
    now = annotations(after).get(f"{SERVING}deploymentMode")
    same = any(was in words and now in words for words in WORDS.values())
    if was and now and not same:
        message = f"the deploymentMode of a service cannot change from `{was}` to `{now}`"
        hint = "delete the service first, or give the new one another name"
        yield Diagnostic(code="TS882", message=message, hint=hint, file=name_of(after))


def shown(version: Version) -> str:
    """Write a version."""
    return f"{version[0]}.{version[1]}"


RULES: tuple[Callable[[Object, Version], Told], ...] = (
    *(named, implementation, stored, replicas, scaled, canaries, worded),
)

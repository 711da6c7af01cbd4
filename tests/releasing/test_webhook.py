"""deploy --verify: every rule of KServe's webhook, and which runtime KServe would take."""

import copy

import pytest

from trainerspec.releasing.cluster import runtimes, webhook
from trainerspec.releasing.cluster.kustomize import Object

SERVICE: Object = {
    "kind": "InferenceService",
    "metadata": {"name": "demo", "annotations": {"serving.kserve.io/deploymentMode": "Standard"}},
    "spec": {
        "predictor": {
            "model": {
                "modelFormat": {"name": "onnx", "version": "1"},
                "protocolVersion": "v2",
                "runtime": "demo-triton",
                "storageUri": "s3://models/demo",
            },
            "containers": [{"name": "transformer-container", "image": "r/demo:1", "env": []}],
        }
    },
}


def service(**changes: object) -> Object:
    """Return the faultless service with changes: `minReplicas=2`, `model__name="x"`, `annotation__deploymentMode=..."""
    made = copy.deepcopy(SERVICE)
    for path, value in changes.items():
        *parents, last = path.split("__")
        node = made["spec"]["predictor"]
        for part in parents:
            if part == "annotation":
                node, last = made["metadata"]["annotations"], f"serving.kserve.io/{last}"
            elif part == "spec":
                node = made["spec"]
            else:
                node = node.setdefault(part, {})
        node[last] = value
    return made


def told(one: Object, version: tuple[int, int] = (0, 20)) -> list[str]:
    return [diagnostic.message for diagnostic in webhook.refused(one, version)]


def test_the_faultless_service_is_taken_by_every_version_that_knows_its_word() -> None:
    assert told(SERVICE) == told(SERVICE, (0, 16)) == []


def test_a_name_is_a_dns_label_and_short() -> None:
    one = service()
    one["metadata"]["name"] = "Demo_1"
    assert told(one) == ["`Demo_1` is not a name for an InferenceService"]
    one["metadata"]["name"] = "d" * 41
    assert told(one) == [f"`{'d' * 41}` has 41 characters"]


def test_a_predictor_has_one_implementation() -> None:
    assert "exactly one implementation, here: `model`, `sklearn`" in told(service(sklearn={}))[0]
    one = service()
    del one["spec"]["predictor"]["model"]
    assert "exactly one implementation, here: none" in told(one)[0]


def test_the_models_own_name_is_empty() -> None:
    assert told(service(model__name="other")) == ["`predictor.model.name` must be empty"]


def test_a_container_beside_the_model_is_the_transformer() -> None:
    assert "is named `transformer-container`, not `helper`" in told(service(containers=[{"name": "helper"}]))[0]


def test_one_place_or_several_but_not_both() -> None:
    uris = [{"uri": "s3://a", "mountPath": "/mnt/models/a"}]
    assert told(service(model__storageUris=uris)) == ["`storageUri` and `storageUris` exclude each other"]


def test_several_places_came_with_0_16() -> None:
    one = service(storageUris=[{"uri": "s3://a", "mountPath": "/mnt/models/a"}])
    del one["spec"]["predictor"]["model"]["storageUri"]
    assert told(one) == []
    assert "KServe 0.15 has no `storageUris`" in told(one, (0, 15))


def test_mounts_are_absolute_and_side_by_side() -> None:
    one = service(storageUris=[{"uri": "s3://a", "mountPath": "models/../a"}, {"uri": "s3://b", "mountPath": "/x/b"}])
    del one["spec"]["predictor"]["model"]["storageUri"]
    assert told(one)[0] == "`models/../a` is not an absolute path without `..`"
    assert "several parent folders" in told(one)[1]


def test_the_transformer_may_not_set_the_storage() -> None:
    env = [{"name": "STORAGE_URI", "value": "s3://x"}]
    assert told(service(containers=[{"name": "transformer-container", "image": "r/x:1", "env": env}])) == [
        "`transformer-container` may not set STORAGE_URI"
    ]


def test_pythonpath_is_refused_from_0_18() -> None:
    one = service(containers=[{"name": "transformer-container", "image": "r/x:1", "env": [{"name": "PYTHONPATH"}]}])
    assert told(one, (0, 16)) == []
    assert told(one, (0, 18)) == ["KServe 0.18 refuses a container that sets PYTHONPATH"]


def test_replicas_are_a_range() -> None:
    assert told(service(minReplicas=-1)) == ["`minReplicas` is -1"]
    assert told(service(minReplicas=3, maxReplicas=2)) == ["`maxReplicas` is 2, less than `minReplicas` (3)"]
    assert told(service(minReplicas=3, maxReplicas=0)) == []


def test_autoscalers_are_four() -> None:
    assert told(service(annotation__autoscalerClass="kpa")) == ["unknown autoscalerClass `kpa`"]


def test_the_hpa_scales_by_cpu_or_memory_in_percent() -> None:
    assert told(service(scaleMetric="concurrency")) == ["the HPA does not scale by `concurrency`"]
    assert told(service(scaleMetric="cpu", scaleTarget=120)) == ["`scaleTarget` is 120; for cpu it is a percentage"]
    assert told(service(scaleMetric="memory", scaleTarget=2000)) == []


def test_keda_has_its_own_metrics() -> None:
    external = {"type": "External", "external": {"metric": {"backend": "prometheus"}, "target": {"type": "Value"}}}
    cpu = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "AverageValue"}}}
    one = service(annotation__autoscalerClass="keda", scaleMetric="cpu", autoScaling={"metrics": [cpu, external]})
    assert told(one) == [
        "KEDA takes no `scaleMetric`",
        "KEDA's target for cpu is of type Utilization, not AverageValue",
        "an External metric of KEDA needs a `query`",
        "an External metric of KEDA needs a `target.value`",
    ]


def test_knative_scales_by_requests_and_rolls_out_by_revisions() -> None:
    one = service(annotation__deploymentMode="Knative", scaleMetric="cpu", deploymentStrategy={"type": "Recreate"})
    assert told(one) == ["Knative does not scale by `cpu`", "Knative takes no `deploymentStrategy`"]
    one = service(annotation__deploymentMode="Knative", scaleMetric="cpu")
    one["metadata"]["annotations"]["autoscaling.knative.dev/class"] = "hpa.autoscaling.knative.dev"
    assert told(one) == []


def test_the_mode_is_said_in_the_words_of_the_version() -> None:
    assert told(SERVICE, (0, 15)) == ["KServe 0.15 knows no deploymentMode `Standard`"]
    one = service()
    del one["metadata"]["annotations"]["serving.kserve.io/deploymentMode"]
    assert told(one) == ["the deploymentMode is not said"]
    old = service(annotation__deploymentMode="RawDeployment")
    assert told(old, (0, 15)) == []
    assert told(old) == ["KServe 0.20 rewrites `RawDeployment` to `Standard`, which shows as drift"]


def test_a_percentage_for_a_canary_is_knatives() -> None:
    assert told(service(canaryTrafficPercent=10)) == ["Standard mode ignores `canaryTrafficPercent`"]
    assert told(service(canaryTrafficPercent=10, annotation__deploymentMode="Knative")) == []


def test_canaries_came_with_0_20_and_have_rules() -> None:
    good = [{"trafficPercent": 10, "predictor": {"name": "v2", "model": {"name": ""}}}]
    assert told(service(name="v1", spec__canary=good)) == []
    assert "KServe 0.18 has no `spec.canary`" in told(service(name="v1", spec__canary=good), (0, 18))
    old = service(name="v1", spec__canary=good, annotation__deploymentMode="RawDeployment")
    assert "`spec.canary` needs deploymentMode `Standard`, literally" in told(old)
    bad = {"trafficPercent": 60, "predictor": {"name": "v1", "minReplicas": 2, "maxReplicas": 3, "model": {}}}
    assert told(service(name="v1", spec__canary=[bad, bad])) == [
        "canaries and the stable predictor have a name each, and no two the same",
        "the canaries' `trafficPercent` sum up to 120",
        *[
            "a canary has no `maxReplicas`",
            "a canary has more `minReplicas` (2) than the stable predictor (1)",
            "the schema asks for `name` in a canary's model",
        ]
        * 2,
    ]


def test_what_is_ignored_is_a_warning() -> None:
    one = service(minReplicas=0, containers=[{"name": "transformer-container", "image": "r:5000/demo"}])
    found = list(webhook.refused(one, (0, 20)))
    assert {(d.code, d.severity) for d in found} == {("TS883", "warning")}
    assert [d.message for d in found] == [
        "in Standard mode `minReplicas: 0` does not scale to zero",
        "`r:5000/demo` names no version",
    ]


def test_the_mode_of_a_live_service_stays() -> None:
    live = {**service(), "status": {"deploymentMode": "Standard"}}
    assert list(webhook.kept(live, service(annotation__deploymentMode="RawDeployment"))) == []
    (one,) = webhook.kept(live, service(annotation__deploymentMode="Knative"))
    assert one.message == "the deploymentMode of a service cannot change from `Standard` to `Knative`"


def runtime(name: str = "demo-triton", **more: object) -> Object:
    formats = [{"name": "onnx", "version": "1"}]
    spec = {"protocolVersions": ["v2"], "supportedModelFormats": formats, "containers": [{"name": "kserve-container"}]}
    return {"kind": "ServingRuntime", "metadata": {"name": name}, "spec": {**spec, **more}}


def test_the_named_runtime_is_taken_and_the_others_are_explained() -> None:
    choice = runtimes.choose(SERVICE, [runtime(), *runtimes.STOCK])
    assert (choice.runtime, choice.because) == ("demo-triton", "the service names it")
    assert choice.others == (("kserve-tritonserver", "it would fit, but the service names `demo-triton`"),)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"disabled": True}, "`demo-triton`: it is disabled"),
        ({"protocolVersions": ["v1"]}, "`demo-triton`: it does not speak v2"),
        ({"supportedModelFormats": [{"name": "sklearn"}]}, "`demo-triton`: it takes no onnx"),
        ({"supportedModelFormats": [{"name": "onnx", "version": "2"}]}, "`demo-triton`: it takes onnx 2, not 1"),
    ],
)
def test_a_named_runtime_that_does_not_fit_is_not_taken(changes: dict[str, object], reason: str) -> None:
    choice = runtimes.choose(SERVICE, [runtime(**changes)])
    assert (choice.runtime, choice.because) == ("", reason)


def test_a_name_that_is_nowhere_is_told() -> None:
    choice = runtimes.choose(SERVICE, [runtime("other")])
    assert choice.because == "`demo-triton`: there is no runtime of that name in the namespace"


def test_without_a_name_a_runtime_must_select_itself() -> None:
    one = service()
    del one["spec"]["predictor"]["model"]["runtime"]
    del one["spec"]["predictor"]["model"]["protocolVersion"]
    choice = runtimes.choose(one, [runtime(), *runtimes.STOCK])
    assert choice.because == "no runtime found"
    assert choice.others[1][1] == "it does not speak v1 (the default: set `protocolVersion: v2`)"
    one["spec"]["predictor"]["model"]["protocolVersion"] = "v2"
    assert runtimes.choose(one, [runtime(), *runtimes.STOCK]).runtime == "kserve-tritonserver"


def test_a_formats_versions_have_one_priority_in_a_runtime() -> None:
    formats = [{"name": "onnx", "version": v, "autoSelect": True, "priority": p} for v, p in (("1", 1), ("2", 2))]
    (one,) = runtimes.unsound([runtime(supportedModelFormats=formats)])
    assert one.message == "`onnx` selects itself with several priorities"


def test_two_runtimes_may_not_select_themselves_alike() -> None:
    formats = [{"name": "onnx", "version": "1", "autoSelect": True, "priority": 1}]
    (one,) = runtimes.unsound(
        [runtime("a", supportedModelFormats=formats), runtime("b", supportedModelFormats=formats)]
    )
    assert one.message == "selects itself for onnx 1 over v2 with the priority of ServingRuntime/a"


def test_a_runtimes_container_has_its_name_and_its_probes_their_port() -> None:
    container = {"name": "triton", "args": ["--http-port=8085"], "readinessProbe": {"httpGet": {"port": 8080}}}
    assert [one.message for one in runtimes.unsound([runtime(containers=[container])])] == [
        "a runtime's container is named `kserve-container`",
        "`readinessProbe` asks at port 8080, but Triton listens on 8085",
    ]

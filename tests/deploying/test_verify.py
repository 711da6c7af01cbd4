"""deploy --verify: every rule of the webhook, the structure of each kind, and which runtime KServe would take."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.backends.test_kserve import KINDS, SCHEMAS, schema
from tests.deploying.conftest import target_text
from trainerspec.backends import kserve
from trainerspec.backends.kserve.examples import EXAMPLES, unpushed
from trainerspec.diagnostics.model import Stopped
from trainerspec.ir.target import Gpu, Target
from trainerspec.language.yaml import dump
from trainerspec.ops.cluster import runtimes, webhook
from trainerspec.ops.cluster.kustomize import Object, render
from trainerspec.ops.cluster.verify import judge, verify
from trainerspec.ops.serve import Package
from trainerspec.workspace.targets import read_target

RELEASES = {"v0.15.2": (0, 15), "v0.16.0": (0, 16), "v0.18.1": (0, 18), "v0.20.0": (0, 20), "head-aaac4e29": (0, 21)}
Change = Callable[[Any], None]


def deployment(engine: str = "onnx") -> kserve.Deployment:
    chosen = "tensorrt" if engine == "tensorrt" else "onnx"
    return kserve.Deployment(name="tiny", version="0.1.0", engine=chosen, threads=1, instances=1, memory=1024)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project's folder with deploy/base."""
    folder = tmp_path_factory.mktemp("base")
    for path, content in kserve.manifests(deployment()).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def rendered(base: Path, target: Target) -> list[Object]:
    release = unpushed(target, "tiny", "0.1.0")
    return render(base / "deploy" / "targets" / "x", kserve.overlay(target, release))


def variants() -> list[Target]:
    """Every mode and platform, with and without a GPU, on each KServe version."""
    made = []
    for version in RELEASES.values():
        for mode in ("standard", "knative"):
            for platform in ("kubernetes", "openshift"):
                for gpu in (None, Gpu(product="NVIDIA-L4", count=2)):
                    fields = {
                        **vars(EXAMPLES["cpu"]),
                        "kserve": version,
                        "mode": mode,
                        "platform": platform,
                        "gpu": gpu,
                    }
                    made.append(Target(**fields))
    return made


def misfits(objects: list[Object], target: Target) -> list[str]:
    """Give what the schemas of a target's KServe version have against objects."""
    release = next(name for name, version in RELEASES.items() if version == target.kserve)
    known = [(one, schema(release, KINDS[one["kind"]])) for one in objects if one["kind"] in KINDS]
    return [error.message[:200] for one, its in known for error in its.iter_errors(one)]


@pytest.mark.skipif(not SCHEMAS.is_dir(), reason="KServe's schemas are not here")
def test_every_overlay_is_taken_by_its_kserve_version(base: Path) -> None:
    for target in variants():
        assert (target, misfits(rendered(base, target), target)) == (target, [])


@pytest.mark.slow
def test_every_overlay_is_verified_without_a_word(base: Path) -> None:
    for target in variants():
        found = judge(rendered(base, target), target, pushed=False)
        assert (target, found.diagnostics, found.choice.runtime) == (target, (), "tiny-triton")


def test_an_overlay_changes_what_a_target_says(base: Path) -> None:
    target = next(one for one in variants() if one.gpu and one.platform == "openshift" and one.kserve == (0, 15))
    objects = {one["kind"]: one for one in rendered(base, target)}
    text = json.dumps(list(objects.values()))
    assert "runAsUser" not in text
    assert "fsGroup" not in text
    service = objects["InferenceService"]
    assert service["metadata"]["namespace"] == "models"
    assert service["metadata"]["annotations"]["serving.kserve.io/deploymentMode"] == "RawDeployment"
    assert service["spec"]["predictor"]["nodeSelector"] == {"nvidia.com/gpu.product": "NVIDIA-L4"}
    assert service["spec"]["predictor"]["containers"][0]["image"] == "registry.example.com/tiny:0.1.0"
    triton = objects["ServingRuntime"]["spec"]["containers"][0]
    assert triton["resources"]["limits"]["nvidia.com/gpu"] == triton["resources"]["requests"]["nvidia.com/gpu"] == "2"
    assert triton["image"] == "registry.example.com/nvidia/tritonserver:26.07-py3"


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
    """Give the faultless service with changes: `minReplicas=2`, `model__name="x"`, `annotation__deploymentMode=..."""
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
    assert told(one) == ["`Demo_1` is no name for an InferenceService"]
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
    assert told(one)[0] == "`models/../a` is no absolute path without `..`"
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


def test_structure_is_strict_with_a_guess(base: Path) -> None:
    objects = rendered(base, EXAMPLES["cpu"])
    service = next(one for one in objects if one["kind"] == "InferenceService")
    service["spec"]["predictor"]["maxReplica"] = service["spec"]["predictor"].pop("maxReplicas")
    budget = next(one for one in objects if one["kind"] == "PodDisruptionBudget")
    budget["spec"]["maxUnavailible"] = 1
    found = judge(objects, EXAMPLES["cpu"], pushed=False).diagnostics
    assert [one.code for one in found] == ["TS881", "TS881"]
    text = "\n".join(f"{one.file}: {one.message} {one.hint}" for one in found)
    assert "InferenceService/tiny: unknown key `maxReplica` in `spec.predictor` did you mean `maxReplicas`?" in text
    assert "maxUnavailible" in text


def test_what_kustomize_could_do_and_this_cannot_is_refused(base: Path) -> None:
    with pytest.raises(Stopped, match="TS880 `configMapGenerator` of a kustomization is not rendered here"):
        render(base / "deploy" / "base", {"configMapGenerator": []})
    patch = {"target": {"kind": "ServiceAccount"}, "patch": "- {op: replace, path: /absent, value: 1}"}
    with pytest.raises(Stopped, match="TS880 a patch does not fit ServiceAccount/tiny-serving"):
        render(base / "deploy" / "base", {"resources": ["serviceaccount.yaml"], "patches": [patch]})
    with pytest.raises(Stopped, match="TS880 the file is not there"):
        render(base / "absent")


def test_a_stale_overlay_is_told(base: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    for folder in ("targets", "deploy/targets/dev"):
        (project / folder).mkdir(parents=True)
    for path, content in kserve.manifests(deployment()).items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_bytes(content)
    (project / "targets/dev.yaml").write_text(target_text("http://s3", "p"))
    target = read_target(project, "dev")
    overlay = project / "deploy/targets/dev/kustomization.yaml"
    overlay.write_bytes(dump(kserve.overlay(target, unpushed(target, "tiny", "0.1.0"))))
    assert verify(project, target, None).diagnostics == ()
    (project / "targets/dev.yaml").write_text(target_text("http://s3", "p").replace("models\n", "other\n"))
    (one,) = verify(project, read_target(project, "dev"), None).diagnostics
    assert (one.code, one.severity) == ("TS885", "warning")


def test_before_a_push_what_it_would_write_is_verified(base: Path, package: Package, tmp_path: Path) -> None:
    (tmp_path / "targets").mkdir()
    (tmp_path / "targets/dev.yaml").write_text(target_text("http://s3", "p"))
    found = verify(base, read_target(tmp_path, "dev"), package)
    assert not found.pushed
    service = next(one for one in found.objects if one["kind"] == "InferenceService")
    assert "/sha256-" in service["spec"]["predictor"]["model"]["storageUri"]

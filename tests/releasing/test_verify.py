"""deploy --verify: every target's overlay is taken, the structure of each kind is strict, a stale overlay is told."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.backends.test_kserve import KINDS, SCHEMAS, schema
from tests.releasing.conftest import target_text
from trainerspec.backends import kserve
from trainerspec.backends.kserve.examples import EXAMPLES, unpushed
from trainerspec.diagnostics.model import Stopped
from trainerspec.ir.target import Gpu, Target
from trainerspec.language.yaml import dump
from trainerspec.releasing.cluster.kustomize import Object, render
from trainerspec.releasing.cluster.verify import judge, verify
from trainerspec.running.serve import Package
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
    """Return what the schemas of a target's KServe version have against objects."""
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

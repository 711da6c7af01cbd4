"""A release is sized from what was measured: every rule, the manifests for every KServe version, the offline check."""

import json
import shutil
from pathlib import Path

import pytest

from tests.backends.test_kserve import SCHEMAS
from tests.releasing.conftest import locked, measured, target_text
from tests.releasing.test_verify import deployment, misfits, variants
from trainerspec.backends import kserve
from trainerspec.backends.kserve.examples import unpushed
from trainerspec.catalog.load import sizes
from trainerspec.diagnostics.model import Stopped
from trainerspec.ir.json import Json
from trainerspec.ir.target import Target
from trainerspec.language.yaml import load
from trainerspec.procedures.rules import Rules, values
from trainerspec.procedures.slot_context import slot_context
from trainerspec.procedures.sops import sops
from trainerspec.releasing.cluster.kustomize import Object, render
from trainerspec.releasing.cluster.verify import judge, verify
from trainerspec.releasing.push import release, write_overlay
from trainerspec.releasing.sizing import decide, size
from trainerspec.running.serve import Package, open_package
from trainerspec.workspace.targets import read_target

FACTS: dict[str, Json] = {
    "target.device": "cpu",
    "target.mode": "standard",
    "measured.device": "cpu",
    "measured.engine": "onnx",
    "measured.throughput": 60,
    "measured.noise": 0.05,
    "measured.threads": 2,
    "measured.latency.cold": 2.5,
    "measured.memory.peak": 180_000_000,
    "measured.batch": 32,
    "measured.batch.1.throughput": 20,
    "measured.batch.best": 32,
    "measured.batch.best.throughput": 60,
    "objective.throughput": 50,
    "compute.threads": 1,
    "deploy.replicas": 2,
    "serve.engine": "onnx",
    "serve.instances": 1,
    "serve.replicas": 4,
    "serve.memory": 2048,
    "serve.max_batch_size": 32,
    "author.serve.replicas": "rules",
    "author.serve.memory": "rules",
    "author.serve.max_batch_size": "rules",
}
GPU: dict[str, Json] = {"target.device": "gpu", "target.gpu.product": "NVIDIA-L4"}
TENSORRT: dict[str, Json] = {**GPU, "serve.engine": "tensorrt"}
PLAN: dict[str, Json] = {**TENSORRT, "measured.device": "gpu", "measured.engine": "tensorrt"}
Case = tuple[dict[str, Json], int, str]
CASES: dict[str, list[Case]] = {
    "deploy.replicas": [
        ({"author.serve.replicas": "spec", "serve.replicas": 1}, 1, "50 inputs a second would need 2"),
        ({"author.serve.replicas": "spec"}, 4, "trainer.yaml says so"),
        ({"target.mode": "knative"}, 0, "Knative starts pods"),
        (
            TENSORRT,
            4,
            "onnx was measured on cpu, which says nothing of TensorRT on NVIDIA-L4; the engine job's numbers",
        ),
        (GPU, 4, "it was measured on cpu, which says nothing of gpu"),
        ({"author.serve.replicas": None}, 4, "2 would do, but who decided 4 is not known here"),
        ({}, 2, "one pod answers about 60 inputs a second (noise 5%), 50 are wanted"),
        ({"measured.throughput": None}, 4, "the throughput was not measured"),
        ({"objective.throughput": None}, 4, "no objective asks for a throughput"),
    ],
    "deploy.max_replicas": [
        ({"target.mode": "knative", "serve.replicas": 1}, 6, "three times the 2 pods that 50 inputs a second need"),
        ({"target.mode": "knative"}, 12, "that were decided before, 4"),
        ({}, 6, "three times the pods that always run"),
    ],
    "deploy.cpu": [
        ({"serve.instances": 3}, 6, "threads 2 x instances 3, as measured"),
        (GPU, 1, "nothing measured speaks for another number"),
    ],
    "deploy.memory": [
        ({"author.serve.memory": "spec", "serve.memory": 512}, 512, "768 would be right"),
        ({"author.serve.memory": "spec"}, 2048, "trainer.yaml says so"),
        (TENSORRT, 2048, "onnx was measured on cpu, which says nothing of tensorrt on gpu"),
        ({"author.serve.memory": None}, 2048, "768 would do"),
        ({}, 768, "instances 1 x the measured peak of 180 MB"),
        ({"measured.memory.peak": None}, 2048, "the memory was not measured"),
    ],
    "deploy.startup_failures": [
        ({"measured.latency.cold": 45}, 180, "20 times the measured cold start of 45 s"),
        ({}, 120, "more than 20 times the measured cold start of 2.5 s"),
        ({"measured.latency.cold": None}, 120, "was not measured"),
    ],
    "deploy.max_batch_size": [
        (TENSORRT, 32, "the engine job's numbers decide"),
        (GPU, 32, "it was measured on cpu"),
        ({"author.serve.max_batch_size": "spec"}, 32, "trainer.yaml says so"),
        ({"measured.batch.best": 4, "measured.batch.best.throughput": 90}, 4, "batches of 4 give 90"),
        (
            {"measured.throughput": 16, "measured.batch.best.throughput": 16},
            16,
            "a batch of 32 takes 2,000 ms, longer than 1 s; 16 fit",
        ),
        ({"measured.batch.1.throughput": 58}, 32, "batches gain nothing here (1.03 times"),
        ({}, 32, "batches of 32 give 3 times the inputs a second"),
        ({"measured.batch.1.throughput": None}, 32, "batches were not measured"),
    ],
}


def sized(**changes: Json) -> dict[str, Json]:
    return decide("sha256-1", "text-classification", {**FACTS, **changes}, sops(), Rules()).values


@pytest.mark.parametrize("slot", CASES)
def test_every_rule_fires(slot: str) -> None:
    steps = sops().ordered("text-classification", sizes()).value
    assert steps is not None
    step = next(step for step in steps if step.slot == slot)
    assert len(step.rules) == len(CASES[slot]), "one case a rule, in their order"
    for number, (changes, value, words) in enumerate(CASES[slot]):
        now = slot_context(step, sizes()[slot], {**FACTS, **changes}, ())
        choice = Rules().fill(now).value
        assert choice is not None
        assert (next(values(now))[0], choice.value) == (number, value), changes
        assert words in choice.because
        assert "unknown" not in choice.because


def test_the_plans_numbers_decide_where_there_are_some() -> None:
    assert sized(**{**PLAN, "measured.throughput": 20, "measured.memory.peak": None}) == {
        "deploy.replicas": 4,
        "deploy.max_replicas": 12,
        "deploy.cpu": 2,
        "deploy.memory": 2048,
        "deploy.startup_failures": 120,
        "deploy.max_batch_size": 32,
    }
    assert sized(**{**PLAN, "measured.throughput": 4000})["deploy.replicas"] == 1


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("sized"))


def lay_out(folder: Path) -> Path:
    """Write deploy/ of the tiny project."""
    for path, content in kserve.manifests(deployment()).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def rendered(base: Path, target: Target) -> list[Object]:
    decided = sized(**{"target.mode": target.mode, "target.device": "gpu" if target.gpu else "cpu"})
    made = kserve.overlay(target, unpushed(target, "tiny", "0.1.0"), decided)
    return render(base / "deploy" / "targets" / "x", made)


@pytest.mark.skipif(not SCHEMAS.is_dir(), reason="KServe's schemas are not here")
def test_a_sized_overlay_is_taken_by_every_kserve_version(base: Path) -> None:
    for target in variants():
        assert (target, misfits(rendered(base, target), target)) == (target, [])


@pytest.mark.slow
def test_a_sized_overlay_is_verified_without_a_word(base: Path) -> None:
    for target in variants():
        found = judge(rendered(base, target), target, pushed=False)
        assert (target, found.diagnostics) == (target, ())


def shown(objects: list[Object]) -> dict[str, object]:
    """Return the sizes that rendered manifests have."""
    kinds = {one["kind"]: one.get("spec", {}) for one in objects}
    predictor, triton = kinds["InferenceService"]["predictor"], kinds["ServingRuntime"]["containers"][0]
    transformer = predictor["containers"][0]
    return {
        "pods": (predictor["minReplicas"], predictor["maxReplicas"]),
        "requests": triton["resources"]["requests"],
        "limits": triton["resources"]["limits"],
        "probes": [one["startupProbe"]["failureThreshold"] for one in (triton, transformer)],
    }


@pytest.fixture
def sizable(project: Path) -> Package:
    """The tiny package with measurements, in a project with deploy/ and a target."""
    lay_out(project)
    measured(project / "package")
    (project / "targets").mkdir()
    (project / "targets/dev.yaml").write_text(target_text("http://s3", "p"))
    return open_package(project / "package")


def pushed(project: Path, package: Package) -> dict[str, bytes]:
    """Write the overlay as a push does, and give its files."""
    target = read_target(project, "dev")
    made = release(package, target)
    place = write_overlay(project, target, made, size(project, package, made.digest, target)).parent
    return {path.name: path.read_bytes() for path in place.iterdir()}


def test_the_manifests_show_what_was_decided_and_the_folder_why(project: Path, sizable: Package) -> None:
    locked(project, "rules", replicas=4, memory=2048)
    files = pushed(project, sizable)
    folder = project / "deploy/targets/dev"
    assert shown(render(folder)) == {
        "pods": (2, 6),
        "requests": {"cpu": "1", "memory": "768Mi"},
        "limits": {"cpu": "2", "memory": "768Mi"},
        "probes": [120, 120],
    }
    told = load(files["sizing.yaml"])
    assert isinstance(told, dict)
    assert told["release"] == release(sizable, read_target(project, "dev")).digest
    first = told["decisions"][0]
    assert (first["slot"], first["author"], first["sop"]) == ("deploy.replicas", "rules", "server/scale#1")
    assert first["because"].startswith("one pod answers about 60 inputs a second (noise 5%), 50 are wanted")
    assert first["facts"]["measured.throughput"] == 60
    assert pushed(project, sizable) == files, "a second push changes nothing"


def test_what_a_person_wrote_stands(project: Path, sizable: Package) -> None:
    locked(project, "spec", replicas=4, memory=2048)
    pushed(project, sizable)
    found = shown(render(project / "deploy/targets/dev"))
    assert (found["pods"], found["limits"]) == ((4, 12), {"cpu": "2", "memory": "2048Mi"})


def test_what_nobody_is_known_to_have_decided_is_not_lowered(project: Path, sizable: Package) -> None:
    locked(project, "rules", replicas=1, memory=1024)  # the lock of another build: its values are not the package's
    pushed(project, sizable)
    found = shown(render(project / "deploy/targets/dev"))
    assert (found["pods"], found["limits"]) == ((4, 12), {"cpu": "2", "memory": "2048Mi"})


def test_an_objective_for_a_gpu_sizes_no_cpus(project: Path, sizable: Package) -> None:
    settings = sizable.folder / "params.yaml"
    settings.write_text(settings.read_text().replace("device: null", "device: nvidia-l4"))
    sizing = size(project, sizable, "sha256-1", read_target(project, "dev"))
    assert sizing is not None
    assert "no objective asks for a throughput" in sizing.decisions["deploy.replicas"].because


def test_without_measurements_the_base_stays(project: Path, sizable: Package) -> None:
    pushed(project, sizable)
    (sizable.folder / "metrics.json").unlink()
    assert list(pushed(project, sizable)) == ["kustomization.yaml"], "the sizing of the release before is gone"
    found = shown(render(project / "deploy/targets/dev"))
    assert (found["pods"], found["limits"]) == ((1, 4), {"cpu": "2", "memory": "1024Mi"})


def test_the_check_needs_no_package_and_sees_what_changed(project: Path, sizable: Package) -> None:
    def told() -> list[str]:
        return [f"{one.code} {one.message}" for one in verify(project, read_target(project, "dev"), None).diagnostics]

    before = verify(project, read_target(project, "dev"), sizable)
    files, place = pushed(project, sizable), project / "deploy/targets/dev"
    assert shown(list(before.objects)) == shown(render(place)), "what a push would write is what it writes"
    shutil.rmtree(sizable.folder)
    assert told() == []
    (place / "sizing.yaml").write_bytes(files["sizing.yaml"].replace(b"value: 2048", b"value: 4096"))
    assert told() == ["TS885 deploy/targets/dev/ is not what targets/dev.yaml gives"]
    (place / "sizing.yaml").write_bytes(files["sizing.yaml"].replace(b"release: sha256-", b"release: sha256-0"))
    assert told() == ["TS885 deploy/targets/dev/sizing.yaml is of another release than the one beside it"]
    (place / "sizing.yaml").write_bytes(files["sizing.yaml"].replace(b"memory.peak: 18", b"memory.peak: 180"))
    (message,) = told()
    assert message.endswith("those that the SOPs give now: `deploy.memory` 2048 -> 2816")
    (place / "sizing.yaml").write_bytes(b"<<<<<<< HEAD\n")
    with pytest.raises(Stopped, match="TS886"):
        told()


def test_the_organisations_own_step_wins(project: Path, sizable: Package) -> None:
    own = project / ".trainerspec" / "sops"
    own.mkdir(parents=True)
    (own / "pods.yaml").write_text(
        "sop: ours/pods\nagent: server\nsteps:\n"
        "  - {decide: deploy.replicas, ask: How many?, rules: [{choose: 3, because: one a zone}]}\n"
    )
    sizing = size(project, sizable, "sha256-1", read_target(project, "dev"))
    assert sizing is not None
    one = sizing.decisions["deploy.replicas"]
    assert (one.value, one.sop, one.because) == (3, "ours/pods#1", "one a zone")


def test_a_step_of_ones_own_that_fits_nothing_is_told(project: Path, sizable: Package) -> None:
    own = project / ".trainerspec" / "sops"
    own.mkdir(parents=True)
    rule = "{when: target.mode == 'knative', choose: 1, because: x}"
    step = f"{{decide: deploy.replicas, needs: [target], ask: How many?, rules: [{rule}]}}"
    (own / "pods.yaml").write_text(f"sop: ours/pods\nagent: server\nsteps:\n  - {step}\n")
    with pytest.raises(Stopped) as stopped:
        size(project, sizable, "sha256-1", read_target(project, "dev"))
    (one,) = stopped.value.diagnostics
    assert (one.code, one.hint) == ("TS501", "add a rule without `when` to `ours/pods#1`")


def test_measurements_are_those_of_the_package(sizable: Package) -> None:
    assert "metrics.json" in json.loads((sizable.folder / "package.json").read_text())["files"]

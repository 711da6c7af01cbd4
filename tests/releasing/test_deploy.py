"""trainerspec deploy against a strict API server double, with a real server of the package as the gateway."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests import needs
from tests.releasing.apiserver import TOKEN, Double, api_server, kubeconfig
from tests.releasing.conftest import manifests, seal, target_text
from tests.serving import tiny
from tests.serving.served import Served, serving
from trainerspec.cli.main import main
from trainerspec.diagnostics.model import Stopped
from trainerspec.releasing.cluster.api import connect
from trainerspec.releasing.cluster.deploy import by_package, deploy
from trainerspec.releasing.cluster.rollout import Wait
from trainerspec.releasing.push import digest
from trainerspec.running.serve import Package, open_package

pytestmark = pytest.mark.slow
QUICK = Wait(seconds=2.0, period=0.05)
SERVICE = "/apis/serving.kserve.io/v1beta1/namespaces/models/inferenceservices/tiny"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A real server of the tiny package, with a token."""
    needs.packages("kserve")
    folder = tiny.package(tmp_path_factory.mktemp("gateway"))
    with serving(folder, "--token-env", "TINY_TOKEN", TINY_TOKEN="secret") as served:
        yield served


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Double]:
    with api_server() as running:
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path / "config", running)))
        monkeypatch.setenv("TINY_TOKEN", "secret")
        yield running


def model(package: Package) -> str:
    return f"s3://models/p/tiny/{digest(package)}/model_repository"


def test_it_applies_waits_and_replays(built: Path, package: Package, server: Double, gateway: Served) -> None:
    objects, target = manifests(built, package)
    server.urls[model(package)] = f"http://{gateway.http}"
    said: list[str] = []
    done = deploy(objects, target, connect(target), by_package(package, "TINY_TOKEN"), QUICK, said.append)
    assert (done.url, done.model, done.before) == (f"http://{gateway.http}", model(package), "")
    assert "4 golden answers are the measured ones" in done.replayed
    kinds = [line.split("/")[-2] for line in server.log]
    dry, real = kinds[: len(kinds) // 2], kinds[len(kinds) // 2 :]
    network, rest = "networkpolicies", ["poddisruptionbudgets", "servingruntimes", "inferenceservices"]
    assert dry == real == ["serviceaccounts", network, *rest]
    assert all(line.endswith("(dry)") for line in server.log[: len(dry)]), "all are tried before one is changed"
    assert "  waiting: PredictorReady is False (MinimumReplicasUnavailable)" in said


def test_other_answers_bring_back_what_was_there(
    built: Path, package: Package, server: Double, gateway: Served
) -> None:
    objects, target = manifests(built, package)
    first = model(package)
    server.urls[first] = f"http://{gateway.http}"
    replay = by_package(package, "TINY_TOKEN")
    deploy(objects, target, connect(target), replay, QUICK, print)
    golden = package.folder / "golden.jsonl"
    golden.write_text(golden.read_text().replace('"even"', '"no"'))
    seal(package.folder)
    second = open_package(package.folder)
    assert model(second) != first
    server.urls[model(second)] = f"http://{gateway.http}"
    objects, target = manifests(built, second)
    with pytest.raises(Stopped) as stopped:
        deploy(objects, target, connect(target), by_package(second, "TINY_TOKEN"), QUICK, print)
    (one,) = stopped.value.diagnostics
    assert one.code == "TS893"
    assert "gives another `label`" in one.message
    assert one.message.endswith("what was served before is back")
    assert server.objects[SERVICE]["spec"]["predictor"]["model"]["storageUri"] == first
    assert "managedFields" not in json.dumps(server.objects[SERVICE]["spec"])


def test_what_does_not_get_ready_is_deleted_when_it_is_the_first(built: Path, package: Package, server: Double) -> None:
    objects, target = manifests(built, package)
    with pytest.raises(Stopped) as stopped:
        deploy(objects, target, connect(target), by_package(package, ""), replace(QUICK, seconds=0.3), print)
    (one,) = stopped.value.diagnostics
    assert one.code == "TS892"
    assert "PredictorReady is False (MinimumReplicasUnavailable)" in one.message
    assert one.message.endswith("nothing was served before, so what was made is deleted")
    assert "kubectl describe pod -l serving.kserve.io/inferenceservice=tiny -n models" in one.hint
    assert server.objects == {}


def test_what_the_server_refuses_changes_nothing(built: Path, package: Package, server: Double) -> None:
    objects, target = manifests(built, package)
    service = next(one for one in objects if one["kind"] == "InferenceService")
    service["spec"]["predictor"]["minReplicas"] = 9
    with pytest.raises(Stopped, match=r"TS891 InferenceService/tiny: admission webhook denied .*`maxReplicas` is 4"):
        deploy(objects, target, connect(target), by_package(package, ""), QUICK, print)
    assert server.objects == {}


def test_the_mode_of_a_live_service_is_kept(built: Path, package: Package, server: Double, gateway: Served) -> None:
    objects, target = manifests(built, package)
    server.urls[model(package)] = f"http://{gateway.http}"
    deploy(objects, target, connect(target), by_package(package, "TINY_TOKEN"), QUICK, print)
    (built / "targets/dev.yaml").write_text(target_text("http://storage", "p", mode="knative"))
    objects, target = manifests(built, package)
    changes = len(server.log)
    with pytest.raises(Stopped, match="TS882 the deploymentMode of a service cannot change from `Standard` to `Knat"):
        deploy(objects, target, connect(target), by_package(package, "TINY_TOKEN"), QUICK, print)
    assert len(server.log) == changes


def test_another_context_no_cluster_and_a_wrong_token_are_told(
    built: Path, package: Package, server: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects, target = manifests(built, package)
    with pytest.raises(Stopped, match="TS890 the current context is `test`, but the target `dev` means `prod`"):
        connect(replace(target, context="prod"))
    kubeconfig(tmp_path / "config", server, token="wrong")
    with pytest.raises(Stopped, match=r"TS891 .*401"):
        deploy(objects, target, connect(target), by_package(package, ""), QUICK, print)
    kubeconfig(tmp_path / "config", server)
    text = (tmp_path / "config").read_text()
    (tmp_path / "config").write_text(text.replace(f":{server.server_address[1]}", ":9"))
    with pytest.raises(Stopped, match="TS890 the cluster of the context `test` does not answer"):
        deploy(objects, target, connect(target), by_package(package, ""), QUICK, print)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    with pytest.raises(Stopped, match="TS890 there is no kubeconfig with a context"):
        connect(target)


def test_the_command_deploys_what_was_pushed(
    built: Path, package: Package, server: Double, gateway: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*words: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(["deploy", "--target", "dev", str(built), *words])
        return int(ended.value.code or 0), "".join(capsys.readouterr())

    status, text = run("--verify")
    assert status == 0, text
    assert "as a push would write it: KServe 0.20, Standard, namespace models" in text
    assert "runtime: tiny-triton (the service names it)" in text
    status, text = run()
    assert (status, "TS894 nothing was pushed to `dev`" in text) == (1, True)
    manifests(built, package)
    server.urls[model(package)] = f"http://{gateway.http}"
    status, text = run("--token-env", "TINY_TOKEN")
    assert status == 0, text
    assert f"tiny is served at http://{gateway.http}" in text
    assert TOKEN not in text
    (package.folder / "note.md").write_text("new")
    seal(package.folder)
    assert "TS894 what was pushed is another package" in run()[1]

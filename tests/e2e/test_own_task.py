"""A task that is one folder of an organisation: drafted, built, trained, packaged, served; no other line is changed."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests import needs
from tests.e2e.conftest import BIN, call, environment
from tests.e2e.test_interrupt import below, children_of
from tests.serving.browser import browser
from tests.serving.served import Served, serving
from tests.serving.test_clients import post

ROOT = Path(__file__).parents[2]
TASK = ROOT / "docs" / "example-task" / "templates" / "delivery-time"
REQUEST = "Estimate how many hours a parcel takes, with a mean absolute error below 2 and a latency under 50 ms on CPU"
CHROMIUM, CHROMEDRIVER = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with the task's folder under .trainerspec/templates, and its sample data."""
    folder = tmp_path_factory.mktemp("office")
    shutil.copytree(TASK, folder / ".trainerspec" / "templates" / TASK.name)
    done = call("python", str(TASK / "sample.py"), "data", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def project(office: Path) -> Path:
    """Draft and build."""
    drafted = call("trainerspec", "draft", REQUEST, "--data", "data/deliveries.csv", cwd=office)
    assert drafted.returncode == 0, drafted.stdout + drafted.stderr
    (folder,) = (path.parent for path in office.glob("*/trainer.yaml"))
    built = call("trainerspec", "build", folder.name, cwd=office)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


@pytest.fixture(scope="module")
def package(project: Path) -> Path:
    """Train, evaluate and package."""
    needs.packages("kserve")
    done = call("trainerspec", "run", cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    return project / "package"


@pytest.fixture(scope="module")
def served(package: Path) -> Iterator[Served]:
    with serving(package) as server:
        yield server


def test_the_draft_names_the_task_and_its_objectives(project: Path) -> None:
    text = (project / "trainer.yaml").read_text()
    assert "type: delivery-time" in text
    assert "- mae <= 2" in text or "- mae < 2" in text
    assert "questions" not in text, "every role has a column of its name"


def test_everything_at_the_edges_follows_from_the_contract(project: Path) -> None:
    api = (project / "docs" / "API.md").read_text()
    assert "| `weight` | FP64 | [-1] | a column of the table; may be left out |" in api
    assert "| `range` | FP32 | [-1, 2] | the bounds between which" in api
    (config,) = (project / "model_repository").glob("*/config.pbtxt")
    assert 'name: "quantiles"' in config.read_text()
    lock = (project / "trainer.lock").read_text()
    assert "delivery-time/training#3" in lock, "decided by the SOP in the task's folder"


def trained(project: Path, out: str) -> dict[str, np.ndarray]:
    """Return the weights of a training."""
    return dict(load_file(project / out / "model" / "weights.safetensors"))


def together(project: Path, out: str) -> list[str]:
    """Return the command that trains in two processes over gloo, as docs/training.md tells."""
    return ["torchrun", "--standalone", "--nproc-per-node", "2", "-m", "pipeline.train", "--out", out]


def test_two_processes_train_the_weights_of_one(package: Path) -> None:
    project = package.parent
    done = call(*together(project, "two"), cwd=project)
    assert done.returncode == 0, done.stderr[-3000:]
    alone, both = trained(project, "build"), trained(project, "two")
    assert max(float(np.abs(alone[name] - both[name]).max()) for name in alone) < 1e-4
    assert done.stdout.count("epoch 1 of") == 1, "one of them speaks"
    assert list((project / "two" / "work").glob("*/")) == [], "and tidies up"


def test_two_processes_that_were_killed_go_on(package: Path) -> None:
    project = package.parent
    params = project / "params.yaml"
    kept = params.read_text()
    params.write_text(kept.replace("patience: 10", "patience: 999").replace("epochs: 30", "epochs: 40"))
    command = [str(BIN / "torchrun"), *together(project, "cut")[1:]]
    group = subprocess.Popen(
        command,
        cwd=project,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        for _ in range(1200):
            if list((project / "cut" / "work").glob("*/last.ckpt")):
                break
            assert group.poll() is None
            time.sleep(0.1)
        assert group.poll() is None, "killed while it trains"
    finally:
        for pid in [pid for pid in children_of("train") if below(project, pid)]:  # torchrun and both of its processes
            os.kill(pid, signal.SIGKILL)
        group.wait()
    assert not (project / "cut" / "model").exists()
    done = call(*together(project, "cut"), cwd=project)
    params.write_text(kept)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "going on from a checkpoint" in done.stdout
    assert (project / "cut" / "model" / "weights.safetensors").is_file()


def infer(served: Served, **columns: list[float | None]) -> tuple[int, dict[str, object]]:
    """Ask with columns of numbers."""
    inputs = [
        {"name": name, "datatype": "FP64", "shape": [len(values)], "data": values} for name, values in columns.items()
    ]
    (model,) = (path.name for path in (served.folder / "model_repository").iterdir())
    status, answer, _ = post(f"{served.http}/v2/models/{model}/infer", json.dumps({"inputs": inputs}).encode())
    return status, answer


def test_it_answers_over_http(served: Served) -> None:
    status, answer = infer(served, distance=[20, 280], weight=[None, 10])
    assert status == 200, answer
    outputs = {output["name"]: output for output in answer["outputs"]}  # type: ignore[index, union-attr]
    near, far = outputs["hours"]["data"]
    assert 1 < near < 5 < far < 14
    low, high = outputs["range"]["data"][2:]
    assert low <= far <= high
    assert infer(served, distance=[20])[0] == 200, "an optional column may be left out"
    status, answer = infer(served, distance=[-1])
    assert (status, "negative" in str(answer["error"])) == (400, True)
    assert infer(served, weight=[1])[0] == 400


@pytest.mark.skipif(not (CHROMIUM and CHROMEDRIVER), reason="needs chromium and chromedriver")
def test_the_page_has_a_field_for_each_column(served: Served, tmp_path: Path) -> None:
    assert CHROMIUM
    assert CHROMEDRIVER
    with browser(CHROMEDRIVER, CHROMIUM) as page:
        page.open(f"http://{served.http}/")
        page.write("#in-distance", "120")
        page.click("#go")
        assert 2 < float(page.text("#number")) < 10
        assert page.text("#interval").startswith("Range: ")
        page.click("#examples li:nth-child(4) button")
        assert page.run("return document.getElementById('in-weight').value") == "", "its weight is missing"
        page.screenshot(tmp_path / "page.png")
        assert page.call("POST", "/se/log", {"type": "browser"}) == []

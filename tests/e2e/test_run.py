"""A built project runs, repeats, reruns no more than it must, and outlives trainerspec."""

import json
import re
import shutil
from pathlib import Path

import pytest
from dvc.utils.serialize import modify_yaml

from tests.e2e.conftest import call

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture
def copy(packaged: Path, tmp_path: Path) -> Path:
    """Return a copy of the packaged project that a test may change."""
    return Path(shutil.copytree(packaged, tmp_path / "tiny", symlinks=True))


@pytest.fixture
def poison(tmp_path: Path) -> str:
    """Return a PYTHONPATH with which trainerspec cannot be imported."""
    folder = tmp_path / "poison"
    folder.mkdir()
    (folder / "trainerspec.py").write_text("raise ImportError('trainerspec is not installed here')\n")
    return str(folder)


def ran(output: str) -> list[str]:
    """Return the stages that DVC says it ran."""
    return re.findall(r"Running stage '([^']+)'", output)


def test_the_run_ends_with_a_package_and_flat_metrics(packaged: Path) -> None:
    metrics = json.loads((packaged / "metrics.json").read_text())
    assert metrics["accuracy"] >= 0.6
    assert metrics["accuracy.low"] <= metrics["accuracy"] <= metrics["accuracy.high"]
    assert metrics["latency.p95"] > 0
    assert metrics["model.size"] > 0
    assert json.loads((packaged / "gate.json").read_text())["verdict"] == "pass"
    assert (packaged / "package" / "model_repository" / "tiny" / "config.pbtxt").is_file()
    assert "href='data.html'" in (packaged / "build" / "report.html").read_text()
    assert (packaged / "build" / "data.html").is_file()


def test_the_lock_is_what_dvc_writes_that_keeps_its_comments(packaged: Path, tmp_path: Path) -> None:
    """Only changed stages are written anew (trainerspec/running/quick_dvc.py), as DVC writes them anywhere."""
    lock = Path(shutil.copy(packaged / "dvc.lock", tmp_path / "dvc.lock"))
    with modify_yaml(str(lock)) as tree:
        assert {"prepare", "train", "package"} <= set(tree["stages"])
    assert lock.read_bytes() == (packaged / "dvc.lock").read_bytes()


def test_a_second_repro_runs_nothing_but_machine(copy: Path) -> None:
    done = call("dvc", "repro", cwd=copy)
    assert done.returncode == 0, done.stderr
    assert ran(done.stdout) == ["machine"]


def test_the_page_on_the_data_is_made_without_training(copy: Path) -> None:
    (copy / "build" / "data.html").unlink()
    done = call("trainerspec", "data", cwd=copy)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "page:     build/data.html" in done.stdout
    assert (copy / "build" / "data.html").is_file()
    assert "train" not in ran(done.stdout)


def test_a_changed_training_parameter_reruns_train_and_what_follows_without_trainerspec(
    copy: Path, poison: str
) -> None:
    spec = copy / "trainer.yaml"
    spec.write_text(spec.read_text().replace("epochs: 3", "epochs: 2"))
    assert call("trainerspec", "build", cwd=copy).returncode == 0
    shutil.rmtree(copy / "package")
    done = call("dvc", "repro", cwd=copy, PYTHONPATH=poison)
    assert done.returncode == 0, done.stdout + done.stderr
    stages = ran(done.stdout)
    assert "prepare" not in stages
    assert stages[0] in {"train", "machine"}
    assert {"train", "export", "optimize", "evaluate", "test", "benchmark", "gate", "package"} <= set(stages)
    assert (copy / "package" / "package.json").is_file()


def test_data_are_prepared_without_trainerspec(copy: Path, poison: str) -> None:
    shutil.rmtree(copy / "build")
    done = call("dvc", "repro", "--single-item", "--force", "--no-run-cache", "prepare", cwd=copy, PYTHONPATH=poison)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ran(done.stdout) == ["prepare"]
    assert (copy / "build" / "data" / "train.parquet").is_file()


def test_a_changed_bound_retrains_nothing(copy: Path) -> None:
    spec = copy / "trainer.yaml"
    spec.write_text(spec.read_text().replace("accuracy >= 60%", "accuracy >= 55%"))
    assert call("trainerspec", "build", cwd=copy).returncode == 0
    done = call("dvc", "repro", cwd=copy)
    assert done.returncode == 0, done.stderr
    assert not {"prepare", "train", "export", "optimize", "evaluate", "test"} & set(ran(done.stdout))


def test_a_missed_bound_packages_nothing(copy: Path) -> None:
    spec = copy / "trainer.yaml"
    spec.write_text(spec.read_text().replace("accuracy >= 60%", "model.size <= 1 KB"))
    assert call("trainerspec", "build", cwd=copy).returncode == 0
    done = call("trainerspec", "run", cwd=copy)
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "Traceback" not in said
    assert "model.size" in said
    assert json.loads((copy / "gate.json").read_text())["verdict"] == "fail"
    assert not (copy / "package" / "package.json").exists()


def test_training_twice_gives_the_same_weights(copy: Path) -> None:
    done = call("trainerspec", "run", "--twice", cwd=copy)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    digests = re.findall(r"\b[0-9a-f]{64}\b", said)
    assert len(set(digests)) == 1, said


def test_it_works_without_git(packaged: Path, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    for name in ("trainer.yaml", "notes"):
        source = packaged / name
        shutil.copytree(source, folder / name) if source.is_dir() else shutil.copy(source, folder / name)
    assert call("trainerspec", "build", cwd=folder).returncode == 0
    done = call("trainerspec", "run", "--no-scm", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (folder / ".git").exists()
    assert (folder / "package" / "package.json").is_file()

"""docs/benchmarks.md comes from committed metrics, and these from the stages of dvc.yaml."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from benchmarks.example import decided
from benchmarks.page import SOURCE, metrics, render, typed
from tests import handmade
from tests.e2e.conftest import call
from trainerspec.language import yaml

ROOT = Path(__file__).parents[2]
STAGES = yaml.load((ROOT / "dvc.yaml").read_bytes())["stages"]
COMPILER = {"constraints.txt", "grammar", "sops", "templates", "trainerspec"}
EXAMPLES = sorted(path.parent.name for path in (ROOT / "examples").glob("*/request.txt"))
METRICS = sorted((ROOT / "metrics").glob("*.json"))


def test_the_page_is_what_its_source_and_the_metrics_give() -> None:
    assert (ROOT / "docs" / "benchmarks.md").read_text() == render(SOURCE.read_text(), metrics())


def test_no_number_of_the_page_is_typed_by_hand() -> None:
    assert list(typed(SOURCE.read_text(), metrics())) == []


@pytest.mark.parametrize(
    "source",
    [
        "took 3 s",
        "{{ 3 }}",
        "{{ 0.98 }}",
        "{{ '98 %' }}",
        "{{ news.accuracy * 2 }}",
        "| a | 1.8e-07 |",
        "{% set x = 7 %}",
    ],
)
def test_a_typed_number_is_found(source: str) -> None:
    assert list(typed(source, metrics()))


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_has_a_stage_that_depends_on_it_and_on_the_compiler(name: str) -> None:
    stage = STAGES[name]
    assert {*COMPILER, f"examples/{name}", "examples/run.py", "benchmarks/example.py"} <= set(stage["deps"])
    assert list(stage["metrics"][0]) == [f"metrics/{name}.json"]
    assert list(stage["outs"][0]) == [f"build/repro/{name}/package"]


def test_a_measured_run_tells_what_was_decided_and_seen(tmp_path: Path) -> None:
    (tmp_path / "trainer.lock").write_bytes(handmade.project().files["trainer.lock"])
    found = decided(tmp_path)
    assert (found["task"], found["classes"], found["facts.rows"]) == ("text-classification", 3, 300)
    assert found["decided.data.max_length"] == 128
    assert all(isinstance(one, str | int | float) for one in found.values())


def test_every_benchmark_has_a_stage() -> None:
    scripts = {path.stem for path in (ROOT / "benchmarks").glob("*.py") if "--metrics" in path.read_text()}
    called = {name for stage in STAGES.values() for name in re.findall(r"-m benchmarks\.(\w+)", stage["cmd"])}
    assert scripts <= called


def test_every_dependency_is_there_and_not_ignored_by_dvc() -> None:
    ignored = [line.strip("/") for line in (ROOT / ".dvcignore").read_text().splitlines() if line[:1] not in ("", "#")]
    for name, stage in STAGES.items():
        for path in stage["deps"]:
            assert (ROOT / path).exists(), f"{name}: {path}"
            assert not any(path == one or path.startswith(f"{one}/") for one in ignored), f"{name}: {path}"


def reached(module: str) -> set[str]:
    """Return the module's file and those of benchmarks/, examples/ and tests/ that it imports or names."""
    waiting, found = [module], set[str]()
    while waiting:
        source = (ROOT / waiting.pop()).read_text()
        dotted = re.findall(r"^ *from ([\w.]+) import ([\w, ]+)$", source, re.MULTILINE)
        names = [f"{base}.{name.split()[0]}" for base, imported in dotted for name in imported.split(",")]
        names += [base for base, _ in dotted] + re.findall(r"^ *import ([\w.]+)", source, re.MULTILINE)
        paths = {f"{name.replace('.', '/')}.py" for name in names} | set(re.findall(r"[\w/-]+\.py", source))
        new = {
            path
            for path in paths
            if re.match(r"(benchmarks|examples|tests)/(?!.*test_)", path) and (ROOT / path).is_file()
        }
        waiting.extend(new - found)
        found |= new
    return {module, *found}


@pytest.mark.parametrize("name", sorted(STAGES))
def test_a_stage_depends_on_every_file_that_its_command_reaches(name: str) -> None:
    module = re.search(r"-m (benchmarks\.\w+)", STAGES[name]["cmd"])
    assert module
    files = reached(f"{module[1].replace('.', '/')}.py")
    listed = set(STAGES[name]["deps"])
    assert {path for path in files if not listed & {path, *map(str, Path(path).parents)}} == set()


@pytest.mark.parametrize("path", METRICS, ids=lambda path: path.stem)
def test_metrics_are_flat_and_say_where_they_come_from(path: Path) -> None:
    found = json.loads(path.read_text())
    assert path.stem in STAGES
    assert all(isinstance(value, int | float | str) for value in found.values())
    assert re.fullmatch(r"[0-9a-f]{10}", found["measured.commit"]), "measured at a commit, with no change beside it"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", found["measured.date"])
    assert found["measured.machine"]


@pytest.mark.parametrize("path", METRICS, ids=lambda path: path.stem)
def test_what_was_measured_is_in_the_history(path: Path) -> None:
    found = json.loads(path.read_text())
    if call("git", "rev-parse", "--is-shallow-repository", cwd=ROOT).stdout.strip() != "false":
        pytest.skip("the history is not here")
    wanted = found.get("measured.merged", found["measured.commit"])
    assert call("git", "merge-base", "--is-ancestor", wanted, "HEAD", cwd=ROOT).returncode == 0


def copied(folder: Path) -> Path:
    """Copy the checkout's files to `folder` and commit them there."""
    listed = call("git", "ls-files", "-co", "--exclude-standard", cwd=ROOT).stdout.splitlines()
    for name in listed:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    commit(folder, "init", "--quiet")
    commit(folder, "add", "--all")
    commit(folder, "commit", "--quiet", "--message", "all")
    return folder


def commit(folder: Path, *words: str) -> None:
    author = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    subprocess.run(["git", *author, *words], cwd=folder, check=True, capture_output=True)


@pytest.mark.e2e
@pytest.mark.slow
def test_dvc_reproduces_the_smallest_example(tmp_path: Path) -> None:
    """From the request to the package and its metrics; then nothing is left to do until a source changes."""
    folder = copied(tmp_path / "checkout")

    def dvc(*words: str) -> str:
        found = {"PYTHONPATH": str(folder), "TRAINERSPEC_FORKS": "1"}  # its stages share their imports, as for users
        done = call("dvc", *words, cwd=folder, timeout=1500, **found)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    before = json.loads((folder / "metrics" / "penguins.json").read_text())
    dvc("repro", "penguins")
    after = json.loads((folder / "metrics" / "penguins.json").read_text())
    assert (folder / "build/repro/penguins/package/package.json").is_file()
    assert (after["verdict"], after["accuracy"]) == ("pass", before["accuracy"])
    assert after["measured.commit"] != before["measured.commit"]

    changes = json.loads(dvc("metrics", "diff", "--json"))["metrics/penguins.json"]
    assert changes["seconds.total"] == {
        "old": before["seconds.total"],
        "new": after["seconds.total"],
        "diff": pytest.approx(after["seconds.total"] - before["seconds.total"]),
    }
    assert "accuracy" not in changes

    (folder / "docs" / "why.md").write_text("changed\n")
    assert "Stage 'penguins' didn't change" in dvc("repro", "--dry", "penguins")
    (folder / "sops" / "new.txt").write_text("changed\n")
    assert "Running stage 'penguins'" in dvc("repro", "--dry", "penguins")

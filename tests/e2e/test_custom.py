"""A user's own network, encoding and cleaning are trained, exported, packaged and served: the example of the docs."""

import json
import re
from pathlib import Path

import pytest

from tests.e2e.conftest import SPEC, call, write_notes
from tests.serving.served import serving
from tests.serving.test_clients import body, post
from trainerspec import assets
from trainerspec.language.yaml import load
from trainerspec.passes.code import covered

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
PARAMS = "pipeline/base/params.py"
LOGGED = """

class Logged(Params):
    def value(self, name: str) -> Value:
        import os

        with Path("reads.txt").open("a", encoding="utf-8") as file:
            file.write(f"{os.environ.get('DVC_STAGE')} {name}\\n")
        return super().value(name)

    def record(self, name: str) -> Value:
        return super().value(name)


def load(path: Path = Path("params.yaml"), before=load) -> Params:
    return Logged(before(path).tree)
"""
"""An ejected params.py that lists what each stage reads."""
METRICS = "pipeline/reporting/classification_metrics.py"
WRONG = "\n\ndef scores(*given, before=scores):\n    return {**before(*given), 'accuracy': 0.0}\n"
PAGE = Path(__file__).parents[2] / "docs" / "custom.md"


def files(page: str) -> dict[str, str]:
    """Return each Python block of the page by the file that was named last before it."""
    before, *blocks = page.split("```python\n")
    found = {}
    for block in blocks:
        code, _, after = block.partition("```")
        found[re.findall(r"`custom/(\w+\.py)`", before)[-1]] = code
        before = after
    assert list(found) == ["characters.py", "processing.py", "model.py", "cleaning.py"]
    return found


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project that was run with the page's files in custom/, and with three drafts among its notes."""
    folder = tmp_path_factory.mktemp("custom") / "tiny"
    write_notes(folder / "notes")
    for number in range(3):
        (folder / "notes" / "fruit" / f"draft-{number}.txt").write_text(f"a draft of nothing much {number}")
    (folder / "trainer.yaml").write_text(SPEC.replace("epochs: 3", "epochs: 8"))
    (folder / "custom").mkdir()
    for name, code in files(PAGE.read_text(encoding="utf-8")).items():
        (folder / "custom" / name).write_text(code)
    logged = folder / "custom" / PARAMS
    logged.parent.mkdir(parents=True)
    logged.write_text((assets.folder("templates") / "_shared" / "project" / PARAMS).read_text() + LOGGED)
    for command in ("build", "run"):
        done = call("trainerspec", command, cwd=folder)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_lock_and_the_stages_know_the_files(project: Path) -> None:
    lock = (project / "trainer.lock").read_text()
    stages = (project / "dvc.yaml").read_text()
    assert all(name in lock for name in ("model.py", "processing.py", "cleaning.py"))
    assert "custom/characters.py" in stages
    assert (project / "pipeline" / "task" / "model.py").read_bytes() == (project / "custom" / "model.py").read_bytes()


def test_own_cleaning_was_applied(project: Path) -> None:
    dropped = json.loads((project / "build" / "data" / "report.json").read_text())["dropped"]
    counts = [one["rows"] for one in dropped if one["step"] == "custom cleaning"]
    assert counts == [3]


def test_the_own_network_learned_and_is_served(project: Path) -> None:
    assert json.loads((project / "metrics.json").read_text())["accuracy"] >= 0.6
    assert (project / "package" / "custom" / "characters.py").is_file()
    golden = [json.loads(line) for line in (project / "package" / "golden.jsonl").read_text().splitlines()]
    texts = [line["raw"]["text"] for line in golden]
    with serving(project / "package") as server:
        status, answer, _ = post(f"{server.http}/v2/models/tiny/infer", body(texts))
    assert status == 200
    assert answer["outputs"][0]["data"] == [line["answer"]["label"] for line in golden]  # type: ignore[index]


def test_a_changed_helper_reruns_what_reads_it(project: Path) -> None:
    helper = project / "custom" / "characters.py"
    helper.write_text(helper.read_text() + "\n# another comment\n")
    done = call("dvc", "repro", "--dry", cwd=project)
    assert done.returncode == 0, done.stderr
    stages = re.findall(r"Running stage '([^']+)'", done.stdout)
    assert {"train", "export", "evaluate", "package"} <= set(stages)
    assert "machine" in stages


def test_stages_read_no_value_that_they_do_not_depend_on(project: Path) -> None:
    stages = load((project / "dvc.yaml").read_bytes())["stages"]
    lines = [line.split() for line in (project / "reads.txt").read_text().splitlines()]
    read = {(stage, name) for stage, name in lines if stage in stages}
    assert {"train", "evaluate", "gate", "package"} <= {stage for stage, _ in read}
    for stage, name in read:
        whole = "params.yaml" in stages[stage]["deps"]
        assert whole or covered(name, stages[stage].get("params", [])), (stage, name)


def test_the_gate_judges_a_changed_metric_not_the_old_numbers(project: Path) -> None:
    assert json.loads((project / "gate.json").read_text())["verdict"] == "pass"
    own = project / "custom" / METRICS
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text((project / METRICS).read_text() + WRONG)
    assert "TS811" in call("trainerspec", "run", cwd=project).stderr
    assert call("trainerspec", "build", cwd=project).returncode == 0
    done = call("trainerspec", "run", cwd=project)
    assert done.returncode == 1
    assert "TS850" in done.stderr
    assert json.loads((project / "metrics.json").read_text())["accuracy"] == 0.0
    assert json.loads((project / "gate.json").read_text())["verdict"] == "fail"

"""What objectives meant in the last build."""

from pathlib import Path

from trainerspec.catalog.load import tasks
from trainerspec.workspace.last_build import last_build

TASK = tasks()["tabular-classification"]
ROWS = """\
labels: [fraud, legit]
objectives:
- {text: "recall >= 90%", metric: %s}
- {text: "accuracy >= 1%%", metric: accuracy}
"""


def test_builds_before_positive_classes_took_the_last(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(ROWS.replace("%s", "recall").replace("%%", "%"))
    assert last_build(tmp_path).labels == ("fraud", "legit")
    assert last_build(tmp_path).meanings(TASK) == {"recall": "legit"}


def test_builds_since_say_it(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(ROWS.replace("%s", "recall.fraud, class: fraud").replace("%%", "%"))
    assert last_build(tmp_path).meanings(TASK) == {"recall": "fraud"}
    named = ROWS.replace("recall >=", "recall.fraud >=").replace("%s", "recall.fraud, class: fraud")
    (tmp_path / "params.yaml").write_text(named.replace("%%", "%"))
    assert last_build(tmp_path).meanings(TASK) == {}, "an objective that names its class needs no memory"


def test_what_cannot_be_read_tells_nothing(tmp_path: Path) -> None:
    for content in (None, b"\xff\xfe", b"[", b"- 1", b"labels: 3\nobjectives: 4\n"):
        if content is not None:
            (tmp_path / "params.yaml").write_bytes(content)
        assert last_build(tmp_path).meanings(TASK) == {}

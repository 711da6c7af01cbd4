"""The exchange with Label Studio: its import form goes out, its exports come back as people's answers."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.templates import assemble
from tests.templates.test_labelling import labelled, review, written


def out(project: Path) -> list[dict[str, Any]]:
    return json.loads((project / "labels/label-studio/tasks.json").read_text())


def choice(label: str) -> dict[str, Any]:
    return {
        "id": "aB1",
        "from_name": "label",
        "to_name": "row",
        "type": "choices",
        "origin": "manual",
        "value": {"choices": [label]},
    }


def annotated(task: dict[str, Any], number: int, *labels: str, cancelled: bool = False) -> dict[str, Any]:
    """Return a task as Label Studio exports it, with an annotation for each label."""
    made = [
        {"id": 10 * number + index, "completed_by": 1, "was_cancelled": cancelled, "result": [choice(label)]}
        for index, label in enumerate(labels)
    ]
    return {"id": number, "data": task["data"], "meta": {}, "annotations": made, "predictions": []}


def test_tasks_go_out_and_exports_come_back(tmp_path: Path) -> None:
    project = written(tmp_path, 60, by=["prototypes", "label-studio"])
    labelled(project)
    tasks, asked = out(project), review(project)
    assert [task["data"]["trainerspec_key"] for task in tasks] == [row["key"] for row in asked]
    (prediction,) = tasks[0]["predictions"]
    assert prediction["result"][0]["value"]["choices"] == [asked[0]["proposal"]]
    assert prediction["score"] == float(asked[0]["confidence"])
    view = ElementTree.fromstring((project / "labels/label-studio/config.xml").read_text())
    assert [one.get("value") for one in view.iter("Choice")] == ["cooking", "gardening", "sailing"]
    assert {one.get("toName") for one in view.iter("Choices")} == {"row"}
    others = ["sailing" if row["proposal"] != "sailing" else "cooking" for row in asked]
    export = [
        annotated(tasks[0], 1, others[0]),
        annotated(tasks[1], 2, others[1], cancelled=True),
        annotated(tasks[2], 3, others[2], others[2], asked[2]["proposal"]),
        annotated(tasks[3], 4, others[3], asked[3]["proposal"]),
    ]
    (project / "labels/project-1.json").write_text(json.dumps(export))
    found = labelled(project)
    people = {text for text, one in found.items() if one[1] == "person"}
    assert found[asked[0]["text"]] == (others[0], "person", "train")
    assert found[asked[2]["text"]][:2] == (others[2], "person"), "the label of most counts"
    assert asked[1]["text"] not in people, "a skipped task is no answer"
    assert asked[3]["text"] not in people, "two labels of one each are no answer"
    assert len(people) == 62


def test_json_min_and_an_export_of_tasks_that_are_not_ours(tmp_path: Path) -> None:
    project = written(tmp_path, 60)
    texts = [text for text, _ in assemble.sample().examples(150, 0)][100:103]
    lines = [
        {"id": 1, "text": texts[0].upper(), "label": "cooking", "annotator": 1},
        {"id": 2, "text": texts[1], "label": {"choices": ["sailing"]}, "annotator": 1},
        {"id": 3, "text": texts[2], "annotator": 1},
    ]
    (project / "labels/min.json").write_text(json.dumps(lines))
    found = labelled(project)
    assert found[texts[0]][:2] == ("cooking", "person")
    assert found[texts[1]][:2] == ("sailing", "person")
    assert found.get(texts[2], ("", ""))[1] != "person"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "`labels/x.json` cannot be read"),
        ('{"a": 1}', "`labels/x.json` is no export of Label Studio"),
        ("[" * 100_000, "`labels/x.json` cannot be read"),
        ('[{"id": 7, "text": "x", "label": "sprot"}]', "labels/x.json, task 7: `sprot` is no class"),
        (
            '[{"id": 7, "text": "x", "label": {"choices": ["cooking", "sailing"]}}]',
            "labels/x.json, task 7 has 2 labels",
        ),
    ],
)
def test_what_is_no_answer_is_told(tmp_path: Path, content: str, words: str) -> None:
    project = written(tmp_path, 60)
    (project / "labels/x.json").write_text(content)
    done = assemble.run(project, "label")
    assert (done.returncode, "TS853" in done.stderr, words in done.stderr) == (1, True, True), done.stderr


@pytest.mark.parametrize(
    "annotations", [[7], [{"result": 7}], [{"result": ["x", None]}], [{"result": [{"value": 1}]}], [None]]
)
def test_an_export_of_another_shape_says_nothing(tmp_path: Path, annotations: object) -> None:
    project = written(tmp_path, 60)
    (project / "labels/x.json").write_text(json.dumps([{"data": [], "text": "x", "annotations": annotations}]))
    labelled(project)

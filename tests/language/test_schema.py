"""The public schemas: sound, closed, and documented throughout."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from trainerspec.assets import folder
from trainerspec.catalog.load import tasks
from trainerspec.catalog.model import Task
from trainerspec.ir.document import Document
from trainerspec.language.schema import check, compose


def walk(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Return every property of a schema with its path."""
    if isinstance(node, dict):
        for key, inner in node.get("properties", {}).items():
            yield f"{path}/{key}", inner
            yield from walk(inner, f"{path}/{key}")
        for key in ("items", "additionalProperties"):
            yield from walk(node.get(key), f"{path}/{key}")
        for branch in node.get("anyOf", ()):
            yield from walk(branch, path)


def objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if node.get("type") == "object" and "properties" in node:
            yield node
        for inner in node.values():
            yield from objects(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from objects(inner)


@pytest.mark.parametrize("name", ["trainerspec", "task", "card", "sop", "target"])
def test_schema_files_are_sound(name: str) -> None:
    Draft202012Validator.check_schema(json.loads((folder("grammar") / f"{name}.schema.json").read_text("utf-8")))


@pytest.mark.parametrize("name", sorted(tasks()))
def test_composed_schema_is_sound_closed_and_documented(name: str) -> None:
    schema = compose(tasks()[name])
    Draft202012Validator.check_schema(schema)
    bare = [path for path, node in walk(schema) if not {"title", "description", "examples"} <= node.keys()]
    assert [path for path in bare if not path.startswith("/task/options")] == []
    assert all(node.get("additionalProperties") is not None for node in objects(schema))


def test_slots_stand_at_their_paths(text_task: Task, good_document: Document) -> None:
    schema = compose(text_task)
    assert check(good_document, schema) == ()
    model = schema["properties"]["model"]["anyOf"][1]
    assert "epochs" in model["properties"]["train"]["anyOf"][1]["properties"]


def test_without_a_task_the_frame_is_checked(good_document: Document) -> None:
    assert check(good_document, compose(None)) == ()


def test_composing_does_not_change_the_task(text_task: Task) -> None:
    before = json.dumps(dict(text_task.options))
    assert compose(text_task) == compose(text_task)
    assert json.dumps(dict(text_task.options)) == before


@pytest.mark.parametrize("name", [name for name, task in tasks().items() if task.labels != "none"])
def test_what_finds_things_may_look_for_one_kind(name: str) -> None:
    """A classifier tells classes apart; what finds things in an example may look for one kind of them."""
    task = tasks()[name]
    inner = compose(task)["properties"]["task"]["properties"]["labels"]["anyOf"][1]
    assert inner["minItems"] == (1 if task.labels == "many" else 2)

"""What ships prepared: it is what the shipped files say, and commands find it without a cache."""

import io
import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from trainerspec import prepared
from trainerspec.assets import folder as folder_of
from trainerspec.catalog.load import Tasks, tasks
from trainerspec.drafting.draft import hints
from trainerspec.drafting.policy import refusals
from trainerspec.drafting.reading import vocabulary
from trainerspec.language import grammar
from trainerspec.language.expression import parser
from trainerspec.passes import module
from trainerspec.preparing import files, prepare
from trainerspec.procedures import sops

ALLOWED = {"trainerspec", "builtins", "collections", "enum", "pathlib", "re"}
"""Packages whose names a file may hold: nothing in it runs other code."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prepare everything once."""
    made = tmp_path_factory.mktemp("prepared")
    prepare(made)
    return made


@pytest.fixture(autouse=True)
def first_run(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read what was prepared, as a first run does: the user's cache is empty."""
    monkeypatch.setattr(prepared, "SHIPPED", folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def unmade(*_: object) -> None:
    pytest.fail("it was made again")


@pytest.mark.parametrize("name", sorted(tasks()))
def test_a_task_is_what_its_files_say(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = tasks().read(name)
    monkeypatch.setattr(Tasks, "read", unmade)
    templates = folder_of("templates")
    found = Tasks({name: templates / name}, templates / "_shared")[name]
    assert found.folder == templates / name, "the folder is that of this installation"
    assert replace(found, folder=fresh.folder) == fresh


def test_procedures_policy_and_vocabulary_are_what_their_files_say() -> None:
    words = hints(tasks())
    assert prepared.prepared("sops", sops.parts(), unmade) == sops.read()
    shipped = refusals.file()
    assert plain(prepared.prepared("policy", [shipped.read_bytes()], unmade)) == plain(refusals.load(shipped))
    found = prepared.prepared("vocabulary", vocabulary.parts(words), unmade)
    assert plain(found) == plain(vocabulary.load(words))


def plain(value: object) -> dict[str, object]:
    """Return the parts of a value, its classes of words by their patterns."""
    parts = dict(vars(value))
    return {**parts, "words": vars(parts["words"])}


def test_a_module_is_what_its_source_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "READ", prepared.Remembered("modules"))
    path, source = next(files(tasks()["text-classification"]))
    fresh = module._read(source, path)
    monkeypatch.setattr(module, "_read", unmade)
    assert module.read_module(source, path) == fresh


def test_the_grammar_is_read_where_it_ships(folder: Path) -> None:
    (file,) = folder.glob(f"{parser.GRAMMAR}-*.bin")
    before = file.read_bytes()
    assert grammar.load(parser.GRAMMAR, **parser.OPTIONS).parse("rows >= 5", start="start")
    other = grammar.load(parser.GRAMMAR, start=["start"], maybe_placeholders=False)
    assert other.parse("rows >= 5")
    assert file.read_bytes() == before


def test_another_compiler_does_not_read_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "contents", lambda: b"another")
    assert prepared.prepared("sops", sops.parts(), lambda: "made") == "made"


def test_another_procedure_is_read_from_its_file() -> None:
    assert prepared.prepared("sops", (*sops.parts(), b"another"), lambda: "made") == "made"


def test_a_damaged_file_is_not_read(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (file,) = folder.glob("sops-*.bin")
    (tmp_path / file.name).write_bytes(file.read_bytes()[:-1] + b"\0")
    monkeypatch.setattr(prepared, "SHIPPED", tmp_path)
    assert prepared.prepared("sops", sops.parts(), lambda: "made") == "made"


class Strict(pickle.Unpickler):
    """Reads values of this package and of the standard library's plain types alone."""

    def find_class(self, module_name: str, global_name: str) -> object:
        assert module_name.partition(".")[0] in ALLOWED, f"{module_name}.{global_name}"
        return super().find_class(module_name, global_name)


def test_files_hold_plain_values_and_no_place_of_this_machine(folder: Path) -> None:
    for file in folder.glob("*.bin"):
        content = file.read_bytes()
        assert str(Path(prepared.__file__).parents[1]).encode() not in content, file.name
        if not file.name.startswith(parser.GRAMMAR):  # that is Lark's own
            Strict(io.BytesIO(content[prepared.DIGEST :])).load()

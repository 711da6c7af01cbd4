"""A DVC that does less writes dvc.lock as DVC does, byte by byte."""

import random
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import needs
from trainerspec.running import quick_dvc

needs.packages("dvc")
from dvc import dvcfile  # noqa: E402
from dvc.dependency import param  # noqa: E402
from dvc.fs import LocalFileSystem  # noqa: E402
from dvc.utils.serialize import dumps_yaml, loads_yaml, modify_yaml  # noqa: E402

QUICK = quick_dvc.changing(modify_yaml, loads_yaml, dumps_yaml)
LOCK = "schema: '2.0'\nstages:\n  prepare:\n    cmd: python -m pipeline.prepare\n"
VALUES = (
    *(1e-05, 0.1, 1e20, float("inf"), -0.0, 1, 10**30, True, None, "yes", "no", "1e-05", "0x10", "1_000", "", "null"),
    *(
        "a: b",
        "- x",
        "# c",
        "a #b",
        "x" * 200,
        "word " * 60,
        "two\nlines",
        "tab\t",
        "\u4e2d",
        "\u2028",
        " lead",
        "trail ",
    ),
    *("it's", '"q"', "%", "@a", "&a", "*a", "<<", [], {}, [1, [2, 3]], {"a": {"b": [1.5, "x"]}}, "2020-01-01"),
)
Alter = Callable[[dict[str, dict[str, object]]], None]


@pytest.fixture
def locks(tmp_path: Path) -> tuple[Path, Path]:
    """Return two folders' equal locks: one for DVC, one for ours."""
    places = tmp_path / "theirs" / "dvc.lock", tmp_path / "ours" / "dvc.lock"
    for place in places:
        place.parent.mkdir()
        place.write_text(LOCK, encoding="utf-8")
    return places


def both(locks: tuple[Path, Path], alter: Alter) -> None:
    """Change both locks, and compare."""
    for change, place in zip((modify_yaml, QUICK), locks, strict=True):
        with change(str(place)) as tree:
            alter(tree)
    assert locks[0].read_bytes() == locks[1].read_bytes()


@pytest.mark.parametrize("seed", range(3))
def test_any_change_is_written_as_dvc_writes_it(locks: tuple[Path, Path], seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(12):
        name = draw.choice(("train", "export", "d e", "x@y", "1"))
        values = OrderedDict((f"k{number}", draw.choice(VALUES)) for number in range(4))
        stage = OrderedDict(cmd=draw.choice(("python -m x", "x" * 200, "word " * 60)), params={"params.yaml": values})
        both(locks, lambda tree, name=name, stage=stage: tree["stages"].update({name: stage}))  # type: ignore[misc]
    both(locks, lambda tree: tree["stages"].pop("prepare") and None)
    both(locks, lambda tree: tree.setdefault("datasets", [{"name": "a"}]) and None)  # type: ignore[arg-type]


def test_stages_that_did_not_change_are_not_written_anew(locks: tuple[Path, Path]) -> None:
    written: list[object] = []

    def dump(tree: dict[str, object]) -> str:
        written.append(tree)
        return dumps_yaml(tree)

    def load(text: str) -> object:
        read.append(text)
        return loads_yaml(text)

    change, read = quick_dvc.changing(modify_yaml, load, dump), list[str]()
    for name in ("train", "export"):
        with change(str(locks[1])) as tree:
            tree["stages"][name] = {"cmd": name}  # type: ignore[index]
    assert written == [{"schema": "2.0"}, {"stages": {"train": {"cmd": "train"}}},
                       {"schema": "2.0"}, {"stages": {"export": {"cmd": "export"}}}]  # fmt: skip
    assert read == [LOCK.removeprefix("schema: '2.0'\n"), "stages:\n  train:\n    cmd: train\n"]


def test_a_value_that_is_equal_in_python_is_another_value(locks: tuple[Path, Path]) -> None:
    for value in (1, True, 1.0, -0.0, 0.0):
        both(locks, lambda tree, value=value: tree["stages"].update(train={"params": value}))  # type: ignore[misc]


@pytest.mark.parametrize(
    "text",
    [
        "",
        LOCK.replace("python", "&a python"),
        LOCK + "  # mine\n",
        LOCK + "# mine\n",
        LOCK + "datasets:\n- name: a\n",
        LOCK + "  b:\n    cmd: &x y\n  c:\n    cmd: *x\n",
        LOCK.replace("2.0", "1.0"),
        LOCK.replace("  prepare:\n    cmd", "    prepare:\n        cmd"),
        "stages: {a: {cmd: x}}\nschema: '2.0'\n",
    ],
)
def test_what_dvc_did_not_write_so_is_left_to_dvc(locks: tuple[Path, Path], text: str) -> None:
    for place in locks:
        place.write_text(text, encoding="utf-8")
    both(locks, lambda tree: tree.setdefault("stages", {}).update(train={"cmd": "y"}))


def test_parameters_are_read_again_when_their_file_changes(tmp_path: Path) -> None:
    calls: list[str] = []

    def theirs(fs: object, path: str, *words: object) -> object:
        calls.append(path)
        return param.read_param_file(fs, path, *words)

    read, file = quick_dvc.reading(theirs), tmp_path / "params.yaml"
    file.write_text("a: {b: [1]}\nc: 2\n", encoding="utf-8")
    first = [read(LocalFileSystem(), str(file), ["a.b"], True) for _ in range(2)]
    assert first == [{"a.b": [1]}] * 2
    assert first[0]["a.b"] is not first[1]["a.b"]  # type: ignore[index]
    assert len(calls) == 1
    file.write_text("a: {b: [3]}\nc: 22\n", encoding="utf-8")
    assert read(LocalFileSystem(), str(file), key_paths=["a.b"], flatten=True) == {"a.b": [3]}
    assert read(LocalFileSystem(), str(file), ["c"], True) == {"c": 22}


def test_a_dvc_without_the_names_keeps_its_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(param, "read_param_file")
    before = dvcfile.modify_yaml
    quick_dvc.quicken()
    assert dvcfile.modify_yaml is before


def test_dvc_has_the_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dvcfile, "modify_yaml", modify_yaml)
    monkeypatch.setattr(param, "read_param_file", param.read_param_file)
    quick_dvc.quicken()
    assert dvcfile.modify_yaml is not modify_yaml

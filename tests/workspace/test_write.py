"""write: all or nothing, and never over what a person wrote."""

import os

import pytest

from tests import handmade
from trainerspec.ir.project import Project
from trainerspec.workspace import journal as module
from trainerspec.workspace.write import adopt, custom, edited, ejection, emitted, recover, write


@pytest.fixture
def project():
    return handmade.project()


@pytest.fixture
def folder(tmp_path, project):
    (tmp_path / "trainer.yaml").write_text("name: news-desk\n")
    assert write(project, tmp_path).value
    return tmp_path


def tree(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def codes(outcome):
    return [one.code for one in outcome.diagnostics]


def test_it_writes_every_file_and_leaves_nothing_else(folder, project):
    assert tree(folder) == {**project.files, "trainer.yaml": b"name: news-desk\n"}


def test_a_second_write_changes_nothing(folder, project):
    before = (folder / "params.yaml").stat().st_mtime_ns
    assert not write(project, folder).value
    assert (folder / "params.yaml").stat().st_mtime_ns == before


def test_files_that_are_no_longer_emitted_are_removed(folder, project):
    smaller = handmade.project({"data.py": b""})
    files = {path: content for path, content in smaller.files.items() if path != "pipeline/reporting/charts.py"}
    changes = write(Project(files=files), folder).value
    assert changes.removed == ("pipeline/reporting/charts.py",)
    assert not (folder / "pipeline" / "reporting" / "charts.py").exists()


def test_an_edited_file_stops_it_with_the_diff(folder, project):
    path = folder / "pipeline" / "train.py"
    path.write_bytes(path.read_bytes() + b"# mine\n")
    before = tree(folder)
    outcome = write(handmade.project(epochs=3), folder)
    assert codes(outcome) == ["TS702"]
    assert "+# mine" in edited(handmade.project(epochs=3), folder, emitted(folder).value)[0].diff
    assert "--eject pipeline/train.py" in outcome.diagnostics[0].hint
    assert tree(folder) == before


def test_discard_takes_the_generated_file(folder, project):
    (folder / "dvc.yaml").write_text("mine")
    assert write(project, folder, discard=True).value.changed == ("dvc.yaml",)
    assert (folder / "dvc.yaml").read_bytes() == project.files["dvc.yaml"]


def test_a_deleted_file_is_made_again(folder, project):
    (folder / "dvc.yaml").unlink()
    assert write(project, folder).value.added == ("dvc.yaml",)


def test_a_file_of_somebody_else_is_not_overwritten(tmp_path, project):
    (tmp_path / "README.md").write_text("mine")
    assert codes(write(project, tmp_path)) == ["TS703"]
    assert tree(tmp_path) == {"README.md": b"mine"}


def test_a_folder_where_a_file_goes_is_told(tmp_path, project):
    (tmp_path / "pipeline").write_text("a file")
    assert "TS705" in codes(write(project, tmp_path))
    assert tree(tmp_path) == {"pipeline": b"a file"}


def test_a_folder_that_cannot_be_written_is_told(tmp_path, project, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert codes(write(project, tmp_path)) == ["TS705"]
    assert tree(tmp_path) == {}


def test_an_ejected_file_is_used_from_custom(folder):
    (folder / "pipeline" / "task" / "model.py").write_bytes(b"mine = 1\n")
    hooks = {hook.target: hook.name for hook in handmade.task().hooks}
    places = {file: ejection(file, folder, hooks).value for file in ("pipeline/task/model.py", "./dvc.yaml")}
    assert places == {"pipeline/task/model.py": "model.py", "./dvc.yaml": "dvc.yaml"}
    adopt({place: (folder / file).read_bytes() for file, place in places.items()}, folder)
    assert write(handmade.project(dict(custom(folder))), folder).diagnostics == ()
    assert (folder / "pipeline" / "task" / "model.py").read_bytes() == b"mine = 1\n"
    (folder / "custom" / "model.py").write_bytes(b"mine = 2\n")
    assert write(handmade.project(dict(custom(folder))), folder).value.changed == (
        "pipeline/task/model.py",
        "trainer.lock",
    )


@pytest.mark.parametrize("file", ["trainer.lock", "trainer.yaml", "nothing.py", "../x", "custom/model.py"])
def test_what_cannot_be_ejected_is_told(folder, file):
    assert codes(ejection(file, folder, {})) == ["TS704"]


@pytest.mark.parametrize("steps", range(9))
def test_an_interrupted_write_is_finished_or_undone(folder, project, monkeypatch, steps):
    before, target = tree(folder), handmade.project(epochs=3, batch_size=8)
    after = {**target.files, "trainer.yaml": b"name: news-desk\n"}
    left = steps
    real = os.replace

    class Killed(BaseException):
        pass

    def replace(old, new):
        nonlocal left
        if not left:
            raise Killed
        left -= 1
        real(old, new)

    with monkeypatch.context() as patch:
        patch.setattr(module.os, "replace", replace)
        try:
            write(target, folder)
        except Killed:
            assert (module._found(folder) is None) == (steps == 0)
    recover(folder)
    assert tree(folder) == (before if steps <= 1 else after)


@pytest.mark.parametrize("nonce", [None, b"", b"half"])
def test_a_write_that_is_cut_off_while_its_room_is_made_leaves_no_room(folder, nonce):
    before = tree(folder)
    begun = module.begin(folder)
    (begun.room / "nonce").unlink()
    if nonce is not None:
        (begun.room / "nonce").write_bytes(nonce)
    assert not module.recover(folder), "there is nothing to finish"
    assert not (folder / module.WAITING).exists()
    assert tree(folder) == before
    assert not begun.journal.exists()

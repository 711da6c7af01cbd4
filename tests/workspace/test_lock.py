"""trainer.lock: what was decided comes back as it was."""

import pytest

from tests import handmade
from trainerspec.passes.emit import emit
from trainerspec.passes.plan import plan
from trainerspec.workspace.lock import read_lock


def test_emitting_again_from_the_lock_gives_the_same_bytes():
    first = handmade.project()
    locked = read_lock(first.files["trainer.lock"]).value
    assert locked is not None
    pinned = locked.pinned(handmade.spec())
    planned = plan(pinned, handmade.task(), {}).value
    assert planned is not None
    again = emit(planned, handmade.task(), {}, locked.origins).value
    assert again is not None
    assert again.files == first.files


def test_it_lists_every_file_but_itself():
    project = handmade.project()
    locked = read_lock(project.files["trainer.lock"]).value
    assert locked is not None
    assert set(locked.files) == set(project.files) - {"trainer.lock"}


def test_candidates_keep_their_reasons():
    locked = read_lock(handmade.project().files["trainer.lock"]).value
    assert locked is not None
    dropped = [one for one in locked.decisions["model.base"].candidates if not one.kept]
    assert [one.because for one in dropped] == ["not good enough"]


@pytest.mark.parametrize(
    "content", [b"", b"lock: 2\n", b"lock: 1\n", b"{", b"\xff", b"<<<<<<< HEAD\nlock: 1\n=======\n"]
)
def test_what_is_no_lock_is_told(content):
    assert [one.code for one in read_lock(content).diagnostics] == ["TS701"]

"""What is emitted today is what was reviewed."""

from tests.golden.regenerate import COPIES, TREE, golden


def test_the_text_classification_project_is_as_reviewed():
    emitted = golden()
    there = [COPIES, *(path for path in sorted(TREE.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)]
    kept = {path: path.read_bytes() for path in there}
    differ = sorted(str(path) for path in {*kept, *emitted} if kept.get(path) != emitted.get(path))
    assert differ == [], "look at what changed, then run `make golden`"


def test_copies_are_not_kept_whole():
    assert not list(TREE.rglob("*.py"))

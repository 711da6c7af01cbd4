"""What is emitted today is what was reviewed."""

from tests import handmade
from tests.golden.regenerate import TREE


def test_the_text_classification_project_is_as_reviewed():
    emitted = handmade.project().files
    kept = {
        path.relative_to(TREE).as_posix(): path.read_bytes()
        for path in sorted(TREE.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    differ = sorted(path for path in {*kept, *emitted} if kept.get(path) != emitted.get(path))
    assert differ == [], "look at what changed, then run `make golden`"

"""The counter of emitted projects, imported from the templates."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import util
from pathlib import Path
from types import ModuleType

import pytest

from tests.templates import folders

COUNTER = folders.TEMPLATES / "_shared" / "project" / "pipeline" / "graph" / "operations.py"
Count = Callable[[Path, Mapping[str, Sequence[int]]], float | None]


@pytest.fixture(scope="session")
def counter() -> Iterator[ModuleType]:
    """Import pipeline/graph/operations.py alone: it needs no other module of a project."""
    spec = util.spec_from_file_location("counted_operations", COUNTER)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(scope="session")
def count(counter: ModuleType) -> Count:
    """Return `operations.count`."""
    found: Count = counter.count
    return found

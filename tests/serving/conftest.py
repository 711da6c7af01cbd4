"""A served package, for all tests of this folder."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.serving import tiny
from tests.serving.served import Served, serving


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if find_spec("kserve") is None:  # imported only in processes of their own: it clashes with tritonclient
        pytest.skip("kserve is not installed")
    return tiny.package(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="session")
def server(package: Path) -> Iterator[Served]:
    with serving(package) as served:
        yield served

"""A served package, for all tests of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import needs
from tests.serving import tiny
from tests.serving.served import Served, serving


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    needs.packages("kserve")  # imported only in processes of their own: it clashes with tritonclient
    return tiny.package(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="session")
def server(package: Path) -> Iterator[Served]:
    with serving(package) as served:
        yield served

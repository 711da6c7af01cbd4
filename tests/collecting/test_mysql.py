"""Queries on a real MariaDB."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from tests import needs
from tests.collecting import mariadb
from trainerspec.collecting.collect import Result
from trainerspec.collecting.wanted import Trouble

needs.packages("connectorx")
pytestmark = pytest.mark.sources
TABLE = (
    "create table customers(id int primary key, plan varchar(20), spend decimal(10,2), joined date, churn varchar(5)); "
    "insert into customers values (2, null, 2.25, null, 'no'), (1, 'pro', 1.10, '2024-01-02', 'yes');"
)


def test_rows_and_faults(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    collect: Callable[..., Result],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with mariadb.serving(tmp_path_factory.mktemp("mariadb"), TABLE) as address:
        monkeypatch.setenv("CRM_URL", address)
        taken = collect("sql", "customers", connection="CRM_URL").now
        frame = pl.read_parquet(tmp_path / "project" / "collected" / "data" / "rows.parquet")
        assert (taken.rows, taken.pinned) == (2, {"driver": "mysql"})
        assert frame.drop("joined").rows() == [(1, "pro", 1.1, "yes"), (2, None, 2.25, "no")]
        assert frame.schema["joined"] == pl.Date
        for query, code, words in (
            ("select * from gone", "TS433", "doesn't exist"),
            ("select id, id from customers", "TS411", "two columns"),
        ):
            with pytest.raises(Trouble) as told:
                collect("sql", query, connection="CRM_URL")
            assert (told.value.code, words in told.value.message) == (code, True), told.value.message

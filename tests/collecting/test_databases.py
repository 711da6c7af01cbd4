"""Queries: SQLite and a real PostgreSQL; values as they are stored, nothing written, no address told."""

import errno
import resource
import sqlite3
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from trainerspec.collecting import needs
from trainerspec.collecting.collect import Result
from trainerspec.collecting.wanted import Trouble, Wanted

Collect = Callable[..., Result]


@pytest.fixture
def crm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sqlite3.Connection:
    """Return a database in which the types of values are mixed, with its address in CRM_URL."""
    monkeypatch.setenv("CRM_URL", "sqlite:///crm.db")
    made = sqlite3.connect(tmp_path / "crm.db", isolation_level=None)
    made.execute("pragma synchronous = off")
    made.execute("begin")
    made.execute("create table people(id integer, code text, score numeric, mixed, photo blob)")
    rows = [(at, f"{at:03}", at if at % 2 else at + 0.5, at if at < 1500 else "late", None) for at in range(2000)]
    made.executemany("insert into people values (?, ?, ?, ?, ?)", rows)
    made.execute("commit")
    return made


def rows(tmp_path: Path) -> pl.DataFrame:
    return pl.read_parquet(tmp_path / "project" / "collected" / "data" / "rows.parquet")


def refused(collect: Collect, query: str) -> Trouble:
    with pytest.raises(Trouble) as told:
        collect("sql", query, connection="CRM_URL")
    return told.value


def test_sqlite_values_are_as_stored(tmp_path: Path, crm: sqlite3.Connection, collect: Collect) -> None:
    taken = collect("sql", "people", connection="CRM_URL").now
    frame = rows(tmp_path)
    assert (taken.rows, taken.pinned) == (2000, {"driver": "sqlite"})
    assert frame.schema == {
        "id": pl.Int64, "code": pl.String, "score": pl.Float64, "mixed": pl.String, "photo": pl.String,
    }  # fmt: skip
    assert frame["code"][7] == "007"
    assert frame["mixed"][1499:1501].to_list() == ["1499", "late"]


def test_a_full_disk_is_told_by_its_number(crm: sqlite3.Connection, collect: Collect) -> None:
    crm.execute("pragma wal_checkpoint")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard))
    try:
        with pytest.raises(OSError, match="large") as told:
            collect("sql", "people", connection="CRM_URL")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert told.value.errno == errno.EFBIG


def test_the_digest_follows_the_rows_not_their_order(crm: sqlite3.Connection, collect: Collect) -> None:
    first = collect("sql", "select id, code from people", connection="CRM_URL").now
    crm.execute("create table other as select * from people order by code desc")
    crm.execute("drop table people")
    crm.execute("alter table other rename to people")
    assert collect("sql", "select id, code from people", connection="CRM_URL").now.fingerprint == first.fingerprint
    crm.execute("update people set code = 'x' where id = 3")
    assert collect("sql", "select id, code from people", connection="CRM_URL").now.fingerprint != first.fingerprint


def test_the_order_of_a_query_is_kept(tmp_path: Path, crm: sqlite3.Connection, collect: Collect) -> None:
    collect("sql", "select id from people order by id desc", connection="CRM_URL")
    assert rows(tmp_path)["id"][0] == 1999


@pytest.mark.parametrize(
    "query",
    [
        "delete from people",
        "select 1; delete from people",
        "attach database 'x.db' as x",
        "pragma user_version",
        "update people set id = 1 returning id",
        "select 1 into outfile '/tmp/x'",
        "-- select\ndrop table people",
        "",
    ],
)
def test_only_queries_are_sent(tmp_path: Path, crm: sqlite3.Connection, collect: Collect, query: str) -> None:
    assert refused(collect, query or " ").code == "TS411"
    assert crm.execute("select count(*) from people").fetchone() == (2000,)


def test_sqlite_neither_writes_nor_reads_elsewhere(tmp_path: Path, crm: sqlite3.Connection, collect: Collect) -> None:
    for query in (
        "with x as (select 1) insert into people select 1, 2, 3, 4, 5",
        "select load_extension('x')",
        "select * from pragma_database_list",
    ):
        assert refused(collect, query).code == "TS433"
    assert crm.execute("select count(*) from people").fetchone() == (2000,)


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("select id, id from people", "TS411", "two columns `id`"),
        ("select x'00ff' as photo from people", "TS411", "bytes in `photo`"),
        ("select * from gone", "TS433", "no such table"),
        ("select * from people where id < 0", "TS433", "gives no rows"),
    ],
)
def test_faults_of_a_query_are_told(
    crm: sqlite3.Connection, collect: Collect, query: str, code: str, words: str
) -> None:
    told = refused(collect, query)
    assert (told.code, words in told.message) == (code, True), told.message


@pytest.mark.parametrize(
    ("address", "code", "words"),
    [
        ("", "TS432", "`CRM_URL` is not set"),
        ("oracle://ann:pw9@host/x", "TS411", "`oracle://` databases"),
        ("ann pw9", "TS411", "no address"),
        ("sqlite:///gone.db", "TS433", "no SQLite file `gone.db`"),
        ("postgresql://ann:pw9@127.0.0.1:9/x?connect_timeout=2", "TS433", "refused"),
    ],
)
def test_an_address_that_leads_nowhere(
    collect: Collect, monkeypatch: pytest.MonkeyPatch, address: str, code: str, words: str
) -> None:
    monkeypatch.setenv("CRM_URL", address)
    told = refused(collect, "people")
    assert (told.code, words in told.message.lower() or words in told.message) == (code, True), told.message
    assert "pw9" not in told.message + told.hint


def test_packages_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "find_spec", lambda name: None)
    monkeypatch.delenv("CRM_URL", raising=False)
    for kind, value, package in (
        ("sql", "people", "adbc-driver-postgresql"),
        ("hub", "org/name", "huggingface-hub"),
        ("uri", "s3://bucket/a.csv", "pyarrow"),
    ):
        told = needs.packages(Wanted(kind=kind, value=value, options={"connection": "CRM_URL"}))
        assert [one.code for one in told] == ["TS431"]
        assert package in told[0].message
    assert not needs.packages(Wanted(kind="uri", value="https://example.com/a.csv"))


def test_postgresql(tmp_path: Path, postgres: str, collect: Collect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_URL", postgres)
    query = "select id, age, plan, spend, code, note, ref, seen, kept, churn from customers"
    taken = collect("sql", query, connection="CRM_URL").now
    frame = rows(tmp_path)
    assert (taken.rows, taken.pinned["driver"]) == (300, "postgres")
    assert frame["id"].to_list() == list(range(1, 301))
    assert frame.row(0)[3:7] == ("1.10", "a", "{}", "c4ca4238-a0b9-2382-0dcc-509a6f75849b")
    assert frame.schema["seen"] == pl.Datetime("us", "UTC")
    assert frame.schema["kept"] == pl.String
    for query, code, words in (
        ("with x as (delete from customers returning *) select id from x", "TS433", "read-only"),
        ("select price from customers", "TS411", "money"),
        ("select photo from customers", "TS411", "bytes"),
        ("select id, id from customers", "TS411", "two columns"),
        ("select nothing from customers", "TS433", "does not exist"),
    ):
        told = refused(collect, query)
        assert (told.code, words in told.message) == (code, True), told.message
    assert collect("sql", "select count(*)::int as n from customers", connection="CRM_URL").now.rows == 1
    assert rows(tmp_path)["n"].to_list() == [300]

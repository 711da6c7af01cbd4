"""A planted fault is found whatever source the rows come from: a query, an address, an archive, a packed file."""

import gzip
import json
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from tests.checking import made
from tests.collecting.http import serving
from trainerspec.cli.main import application

ODD = [11, 57, 130]


def rows() -> made.Columns:
    table = made.table()
    for row in ODD:
        table["age"][row] = -999
    return table


def query(folder: Path) -> str:
    table = rows()
    with sqlite3.connect(folder / "shop.db") as database:
        database.execute(f"create table customers ({', '.join(table)})")
        places = ", ".join("?" for _ in table)
        database.executemany(f"insert into customers values ({places})", zip(*table.values(), strict=True))
    return "{sql: select * from customers order by rowid, connection: SHOP_URL}"


def archive(folder: Path) -> str:
    made.write(folder, "t.csv", rows())
    with zipfile.ZipFile(folder / "t.zip", "w") as packed:
        packed.write(folder / "t.csv", "t.csv")
    return "{path: t.zip}"


def packed(folder: Path) -> str:
    made.write(folder, "t.csv", rows())
    (folder / "t.csv.gz").write_bytes(gzip.compress((folder / "t.csv").read_bytes()))
    return "{path: t.csv.gz}"


def address(folder: Path) -> str:
    made.write(folder, "t.csv", rows())
    return "{uri: SERVER/t.csv}"


def workbook(folder: Path) -> str:
    table, book = rows(), openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(table))
    for row in zip(*table.values(), strict=True):
        sheet.append(list(row))
    book.save(folder / "t.xlsx")
    return "{path: t.xlsx}"


@pytest.mark.parametrize("source", [query, address, archive, packed, workbook])
def test_a_fault_of_any_source_is_found(
    source: Callable[[Path], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_URL", f"sqlite:///{tmp_path / 'shop.db'}")
    monkeypatch.setattr("trainerspec.collecting.transfers.web.WAIT", 0.01)
    monkeypatch.chdir(tmp_path)
    spec = "trainerspec: 1\nname: x\ntask: {type: tabular-classification, outputs: {label: y}}\n"
    written, call = source(tmp_path), CliRunner()
    with serving() as files:  # breaks off once
        files.content |= {one.name: one.read_bytes() for one in tmp_path.glob("t.csv")}
        files.breaks.append(1000)
        Path("trainer.yaml").write_text(f"{spec}data: {{source: {written.replace('SERVER', files.address)}}}\n")
        if source in (query, address, archive):
            collected = call.invoke(application, ["collect", "."])
            assert collected.exit_code == 0, collected.output
    told = json.loads(call.invoke(application, ["check", ".", "--data", "--json"]).stdout)
    (found,) = [one for one in told["findings"] if one["code"] == "sentinel-value"]
    first = 1 if source is query else 2
    assert [row["line"] for row in found["rows"]] == [row + first for row in ODD]

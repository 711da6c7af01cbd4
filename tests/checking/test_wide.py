"""A table of more columns than a model reads says so, and which way out there is."""

from pathlib import Path

from tests.checking import look, made
from trainerspec.catalog.load import tasks
from trainerspec.workspace.prober import DataProber

WIDE = 1001


def test_a_table_of_more_columns_than_a_model_reads_is_told(tmp_path: Path) -> None:
    table = {f"g{at}": [(row * (at + 7)) % 13 + row / 40 for row in range(40)] for at in range(WIDE)}
    source = made.write(tmp_path, "t.parquet", {**table, "y": ["a" if row % 2 else "b" for row in range(40)]})
    spec = look.spec("table", tmp_path, source)
    (found,) = DataProber(folder=tmp_path).profile(spec, tasks()[spec.task]).diagnostics
    assert found.code == "TS438"
    assert f"{WIDE} columns to learn from, and a model reads 1000" in found.message

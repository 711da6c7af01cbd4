"""Rows of the data as examples of a package, where trainer.yaml asks for them."""

import json
import sys
from pathlib import Path

import polars as pl
import pytest

pytestmark = pytest.mark.usefixtures("pipeline")


def written(folder: Path, texts: list[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Write a validation split of texts, and the examples of it; give their lines."""
    from pipeline.packaging import data_examples

    (folder / "build/data").mkdir(parents=True)
    pl.DataFrame({"id": [f"a.csv:{row + 2}" for row in range(len(texts))], "text": texts}).write_parquet(
        folder / "build/data/validation.parquet"
    )
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["data_examples", str(folder)])
    data_examples.main()
    return (folder / "examples.jsonl").read_text().splitlines()


def test_rows_are_spread_over_the_split_and_the_page_shows_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.base.contract import Contract, Port
    from pipeline.server import bundle

    texts = [f"text {row} <b>" for row in range(40)]
    lines = written(tmp_path, texts, monkeypatch)
    assert [json.loads(line)["raw"]["text"] for line in lines] == [texts[row] for row in (0, 6, 12, 18, 24, 30)]
    text = Port(name="text", kind="text", datatype="BYTES", shape=(-1,), role="text")
    agreed = Contract(raw=(text,), inputs=(), outputs=(), answer=())
    (tmp_path / "golden.jsonl").write_text(json.dumps({"raw": {"text": "made"}}) + "\n")
    assert bundle.examples(tmp_path, agreed)[1] == {"text": texts[6]}
    (tmp_path / "examples.jsonl").unlink()
    assert bundle.examples(tmp_path, agreed) == [{"text": "made"}], "no row is shown unasked"


def test_a_row_that_is_too_large_is_no_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.base.failure import Failure
    from pipeline.packaging.data_examples import LARGEST

    assert len(written(tmp_path / "some", ["x" * LARGEST, "short"], monkeypatch)) == 1
    with pytest.raises(Failure, match="too large for examples"):
        written(tmp_path / "none", ["x" * LARGEST], monkeypatch)

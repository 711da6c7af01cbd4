"""A text in several columns: read from a table, joined, cut fairly, and asked for a column at a time."""

from pathlib import Path

import polars as pl
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from tests.templates import assemble

pytestmark = pytest.mark.usefixtures("pipeline")
WORDS = ("[PAD]", "[UNK]", "[START]", "subject", "body", ":", *(f"w{number}" for number in range(40)))


def words() -> Tokenizer:
    """Return a tokenizer that knows some words, and begins each text with a mark."""
    known = {word: index for index, word in enumerate(WORDS)}
    tokenizer = Tokenizer(models.WordLevel(known, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(single="[START] $A", special_tokens=[("[START]", 2)])
    return tokenizer


def read(rows: list[list[int]]) -> list[str]:
    return [" ".join(WORDS[index] for index in ids) for ids in rows]


def test_a_processor_reads_columns_as_one_text_and_cuts_the_longest(tmp_path: Path) -> None:
    from pipeline.task import processing

    made = processing.Processor(words(), labels=("a", "b"), max_length=14, pad_id=0, fields=("subject", "body"))
    processing.save(made, tmp_path)
    loaded = processing.load(tmp_path)
    assert loaded.fields == ("subject", "body")
    long = " ".join(f"w{number}" for number in range(40))
    raw = {"subject": ["w1 w2", "", long, "w1 w2"], "body": ["w3", "w4 w5", "w7 w8", long]}
    assert read(loaded.rows(raw)) == [
        "[START] subject : w1 w2 body : w3",
        "[START] body : w4 w5",
        "[START] subject : w0 w1 w2 w3 w4 w5 body : w7 w8",
        "[START] subject : w1 w2 body : w0 w1 w2 w3 w4 w5",
    ]
    alone = [loaded.rows({name: values[row : row + 1] for name, values in raw.items()})[0] for row in range(4)]
    assert alone == loaded.rows(raw)
    with pytest.raises(ValueError, match="unequal numbers of texts"):
        loaded.encode({"subject": ["w1"], "body": ["w1", "w2"]})
    with pytest.raises(ValueError, match="input `body` is missing"):
        loaded.encode({"subject": ["w1"]})


def test_rows_without_any_text_are_missing_and_others_have_empty_columns(tmp_path: Path) -> None:
    from pipeline.dataset.table_files import KEY, PROBLEM
    from pipeline.task import data

    lines = [
        "subject,body,topic",
        "Refund,Please,a",
        ",only a body,b",
        "only a subject, ,a",
        " ,,b",
        "REFUND,please ,b",
    ]
    (tmp_path / "mails.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    inputs = {"text.subject": "subject", "text.body": "body"}
    frame = data.read(tmp_path / "mails.csv", "table", inputs, {"label": "topic"})
    assert frame["subject"].to_list() == ["Refund", "", "only a subject", None, "REFUND"]
    assert frame["body"].to_list() == ["Please", "only a body", "", None, "please "]
    assert frame[KEY][0] == frame[KEY][4] != frame[KEY][1]
    assert [problem is None for problem in frame[PROBLEM].to_list()] == [False, True, True, True, False]
    prepared = frame.filter(pl.col("body").is_not_null()).select(
        **{role: pl.col(column) for role, column in inputs.items()}
    )
    assert data.raw(prepared[:2]) == {"subject": ["Refund", ""], "body": ["Please", "only a body"]}
    assert data.texts(prepared[:2]) == ["subject: Refund\nbody: Please", "body: only a body"]
    longest = float(len("subject: only a subject"))
    assert data.measure(prepared[1:3])["text.chars.max"] == longest


def test_made_examples_leave_each_column_empty_once_and_no_row(
    assembled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.task import examples

    values = assemble.read(assembled / "params.yaml")
    port = values["contract"]["raw"][0]
    values["contract"]["raw"] = [{**port, "name": name, "role": f"text.{name}"} for name in ("subject", "body")]
    assemble.write(Path.cwd(), values)
    made = examples.RAW
    assert list(made) == ["subject", "body"]
    rows = list(zip(*made.values(), strict=True))
    assert all(any(row) for row in rows)
    assert any(not row[0] for row in rows)
    assert any(not row[1] for row in rows)
    assert len(rows) == len(examples.TEXTS)


def test_requests_are_masked_as_the_data_is(tmp_path: Path) -> None:
    from pipeline.task import processing

    about = {"labels": ("a", "b"), "max_length": 14, "pad_id": 0}
    made = processing.Processor(words(), **about, fields=("subject", "body"), mask=("email",))
    processing.save(made, tmp_path)
    plain, loaded = processing.Processor(words(), **about, fields=("subject", "body")), processing.load(tmp_path)
    asked = {"subject": ["w1 ada@post.fr w2"], "body": ["w3"]}
    masked = {"subject": ["w1 [email] w2"], "body": ["w3"]}
    assert loaded.rows(asked) == loaded.rows(masked) == plain.rows(masked) != plain.rows(asked)

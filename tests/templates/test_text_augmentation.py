"""Varied copies of training texts: seeded, of the training split alone, whatever the order of the rows."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

pytestmark = pytest.mark.usefixtures("pipeline")


def frame() -> pl.DataFrame:
    texts = [f"please send the invoice number {n} again to the office in the old town" for n in range(40)]
    return pl.DataFrame(
        {"id": [f"a.csv:{n}" for n in range(40)], "text": texts, "label": ["a", "b"] * 20, "key": texts}
    )


def test_copies_follow_from_the_seed_and_not_from_the_order_of_rows() -> None:
    from pipeline.task import augment

    how = augment.How(ways=("spelling", "dropout"), seed=7)
    made = augment.extended(frame(), how)
    assert made.head(40).equals(frame())
    copies = made.slice(40)
    assert 30 < copies.height <= 40
    assert copies.equals(augment.varied(frame(), how))
    turned = augment.varied(frame().reverse(), how)
    assert turned.sort("id").equals(copies.sort("id"))
    assert not augment.varied(frame(), augment.How(ways=how.ways, seed=8)).equals(copies)
    originals = dict(frame().select("id", "text").iter_rows())
    for place, text in copies.select("id", "text").iter_rows():
        kept = set(originals[place].split(" "))
        words = text.split(" ")
        assert len(words) >= 1
        assert sum(word in kept for word in words) >= 0.5 * len(words)


def test_nothing_is_varied_unless_asked() -> None:
    from pipeline.base.params import Params
    from pipeline.task import augment

    for value in ("none", None):
        tree: Any = {"data": {"augment": value}}
        assert augment.extended(frame(), augment.asked(Params(tree))).equals(frame())
    tree = {"data": {"augment": ["dropout", {"templates": ["hi {text}"]}]}, "model": {"train": {"seed": 3}}}
    assert augment.asked(Params(tree)) == augment.How(ways=("dropout",), templates=("hi {text}",), seed=3)


def test_each_column_of_a_text_is_varied() -> None:
    from pipeline.task import augment

    rows = {"id": ["a:1"], "text.subject": ["one two"], "text.body": ["three four"], "label": ["a"]}
    made = augment.varied(pl.DataFrame(rows), augment.How(templates=("so: {text}",)))
    assert made.row(0) == ("a:1", "so: one two", "so: three four", "a")


def test_the_page_shows_texts_before_and_after(tmp_path: Path) -> None:
    from pipeline.base.params import Params
    from pipeline.task import gallery

    tree: Any = {"data": {"augment": [{"templates": ["<b> {text}"]}]}, "model": {"train": {"seed": 3}}}
    count, pairs = gallery.varied(frame(), Params(tree))
    assert (count, len(pairs)) == (40, 6)
    before, after = pairs[0]
    assert after == before.replace("<blockquote>", "<blockquote>&lt;b&gt; ")

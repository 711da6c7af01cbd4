"""Labels: rows without one, classes that are rare or spelt in two ways, and examples with several."""

from collections.abc import Iterator

import polars as pl

from ...reading import repairs
from ..findings import KEPT, Finding, finding
from ..subject import Subject

FEW = 30
"""Rows below which nothing is said of classes."""
RARE = 10
"""Rows of a class below which validation and test, a tenth each, may hold none of it."""
UNLIKE = 10
"""Times that the largest class is larger than the smallest before that is told."""
DIFFERENT = 0.9
"""Share of different rows of a table from which equal rows may be the same example."""
USUAL = 8
"""Times as many equal rows as independent columns give by chance that columns which hang together may give."""
NAMED = 5


def classes(subject: Subject) -> Iterator[Finding]:
    """Look at the label, or the number, of every row."""
    target = subject.roles.target
    if not target or target not in subject.schema:
        return
    labels = subject.classes if subject.roles.label else subject.frame[target]
    if labels is None:
        return
    none = labels.is_null()
    if bool(none.any()) and not bool(none.all()):
        what = "`data.label` says how they get one" if "label" in subject.steps else "they are left out"
        message = f"{int(none.sum())} of {len(none)} rows have no `{target}`: {what}"
        yield subject.where("missing-label", none, message, columns=[target])
    if subject.roles.label:
        if "normalise_labels" in subject.steps:
            labels = repairs.normalised(labels, subject.labels)
        yield from sizes(target, labels, subject)
        if "normalise_labels" not in subject.steps:
            yield from spellings(target, labels, subject)
        yield from several(target, labels, subject)


def sizes(target: str, labels: pl.Series, subject: Subject) -> Iterator[Finding]:
    """Say which classes have few rows, and whether one is much larger than another."""
    counts = dict(labels.drop_nulls().alias("label").value_counts(sort=True).iter_rows())
    if "merge_labels" in subject.steps or sum(counts.values()) < FEW or len(counts) < 2:
        return
    rare = {label: count for label, count in counts.items() if count < RARE}
    if rare:
        shown = ", ".join(f"`{label}` {count}" for label, count in sorted(rare.items())[:NAMED])
        more = f" and {len(rare) - NAMED} more" if len(rare) > NAMED else ""
        message = f"{len(rare)} of {len(counts)} classes have fewer than {RARE} rows: {shown}{more}"
        yield subject.where("rare-class", labels.is_in(sorted(rare)), message, columns=[target], values=labels)
    common = {label: count for label, count in counts.items() if label not in rare} or counts
    most, least = max(common, key=lambda one: common[one]), min(common, key=lambda one: common[one])
    if common[most] >= UNLIKE * common[least]:
        share = common[most] / sum(counts.values())
        message = f"`{most}` has {common[most]} rows, `{least}` {common[least]}"
        message += f": to answer `{most}` always is right in {share:.0%}"
        yield finding("imbalanced-classes", message, columns=[target], count=common[least])


def spellings(target: str, labels: pl.Series, subject: Subject) -> Iterator[Finding]:
    """Say which labels differ by case, blanks, hyphens or Unicode form alone."""
    odd = repairs.spellings(labels, subject.labels)
    if odd:
        pairs = ", ".join(f"`{one}` and `{usual}`" for one, usual in sorted(odd.items())[:NAMED])
        message = f"labels of `{target}` differ in spelling alone: {pairs}"
        yield subject.where("label-spellings", labels.is_in(sorted(odd)), message, columns=[target], values=labels)


def several(target: str, labels: pl.Series, subject: Subject) -> Iterator[Finding]:
    """Say which texts, or rows of a table, stand under several labels."""
    keys = example_keys(subject)
    if keys is None:
        return
    frame = pl.DataFrame({"key": keys, "label": labels, "index": range(len(keys))}).drop_nulls()
    if subject.roles.features and by_chance(subject, frame["key"]):
        return
    several_ = frame.filter(pl.col("label").n_unique().over("key") > 1).sort("index")
    if several_.is_empty():
        return
    numbers = {key: number for number, key in enumerate(several_["key"].unique(maintain_order=True).to_list())}
    groups = {index: numbers[key] for index, key in several_.select("index", "key").iter_rows()}
    chosen = sorted(groups, key=lambda index: (groups[index], index))[:KEPT]
    message = f"{len(numbers)} examples stand in {several_.height} rows under several labels"
    rows = list(subject.at(chosen, labels, groups))
    yield finding("several-labels", message, columns=[target], rows=rows, count=several_.height)


def by_chance(subject: Subject, keys: pl.Series) -> bool:
    """Tell whether rows of a table are equal because their columns hold few values: patterns, and no copies.

    That many pairs of rows agree in all columns by chance, were the columns independent; several times as many count.
    """
    rows = len(keys)
    if keys.n_unique() < DIFFERENT * rows:
        return True
    counts = keys.alias("key").value_counts()["count"]
    pairs = float(str((counts * (counts - 1) / 2).sum()))
    expected = rows * (rows - 1) / 2
    for name in subject.roles.features:
        if name in subject.schema:
            share = subject.frame[name].alias("value").value_counts()["count"] / rows
            expected *= float(str((share**2).sum()))
    return pairs <= USUAL * expected


def example_keys(subject: Subject) -> pl.Series | None:
    """Return what makes two examples the same: a text without regard to case and blanks, or the features of a row.

    A phrase or a prompt counts together with its picture; a picture alone is compared by its content elsewhere.
    """
    if subject.roles.image:
        if subject.texts is None:
            return None
        both = pl.DataFrame({"image": subject.frame[subject.roles.image], "text": repairs.alike(subject.texts)})
        return both.select(pl.struct(pl.all()).hash().alias("key")).to_series()
    if subject.texts is not None:
        return repairs.alike(subject.texts).alias("key")
    names = [name for name in subject.roles.features if name in subject.schema]
    if names and not any(isinstance(subject.schema[name], pl.List | pl.Struct) for name in names):
        return subject.frame.select(pl.struct(names).hash().alias("key")).to_series()
    return None

"""What stands in several parts of a split: the same example, the same group, and parts that differ."""

import math
import re
from collections.abc import Iterator

import polars as pl

from ..findings import KEPT, Finding, finding
from ..subject import Subject
from .classes import by_chance, example_keys

GROUPS = re.compile(
    r"^(?:patient|subject|participant|person|user|customer|client|member|speaker|author|writer|session|visit|device|"
    r"machine|sensor|household|family|student|employee|driver|player|rider|account|animal|plant|site|hospital|store|"
    r"vehicle|car|document|doc|video|scene|conversation|dialog|thread)(?:[ _-]?(?:id|no|nr|number|key|code|name))?$",
    re.IGNORECASE,
)
"""How columns are called whose rows of equal value belong together."""
DOCUMENTS = frozenset({"document", "document_id", "doc_id", "docid", "doc"})
"""Columns by which sentences with marked spans are kept together anyway."""
FEWEST_GROUPS = 10
ENOUGH = 30
"""Rows of each part below which parts are not compared."""
LEVEL = 0.001
"""Probability of chance below which a difference counts, shared by all columns (Bonferroni)."""
LARGE = 0.1
"""Distance of two distributions (Kolmogorov-Smirnov), or Cramér's V, below which a difference is too small."""
MOST_VALUES = 50


def splits(subject: Subject) -> Iterator[Finding]:
    """Look at the rows of each part, where the parts are known, and at groups where they are not."""
    yield from repeated(subject)
    yield from groups(subject)
    if subject.parts is not None:
        yield from drift(subject, subject.parts)


def repeated(subject: Subject) -> Iterator[Finding]:
    """Say which examples stand there twice, and which of them in two parts."""
    keys = example_keys(subject)
    if keys is None or len(keys) < 2:
        return
    frame = pl.DataFrame({"key": keys, "index": range(len(keys))}).drop_nulls()
    if subject.roles.features:
        if subject.roles.target:
            target = subject.frame[subject.roles.target].cast(pl.String).alias("target")
            frame = frame.with_columns(target).select(pl.struct("key", "target").hash().alias("key"), "index")
        if by_chance(subject, frame["key"]):
            return
    twice = frame.filter(pl.len().over("key") > 1)
    if twice.is_empty():
        return
    parts = subject.parts if subject.parts is not None else pl.Series([None] * len(keys), dtype=pl.String)
    twice = twice.with_columns(parts.gather(twice["index"]).cast(pl.String).alias("part"))
    across = twice.filter(pl.col("part").drop_nulls().n_unique().over("key") > 1)
    if across.height:
        message = f"{across['key'].n_unique()} examples stand in several parts of the split: scores look too good"
        yield listed("duplicates-across-splits", across, message, subject)
    copies = twice.height - twice["key"].n_unique()
    fix = "nothing: `drop_duplicates` leaves them out" if "drop_duplicates" in subject.steps else ""
    yield listed("duplicate-rows", twice, f"{copies} rows repeat others", subject, count=copies, fix=fix)


def listed(
    code: str, rows: pl.DataFrame, message: str, subject: Subject, *, count: int | None = None, fix: str = ""
) -> Finding:
    """Return a finding about groups of rows (`key`, `index`)."""
    numbered = {key: number for number, key in enumerate(rows["key"].unique(maintain_order=True).to_list())}
    groups_ = {index: numbered[key] for key, index in rows.select("key", "index").iter_rows()}
    chosen = sorted(groups_, key=lambda index: (groups_[index], index))[:KEPT]
    columns = [subject.roles.text or subject.roles.image] if subject.roles.text or subject.roles.image else []
    found = list(subject.at(chosen, subject.texts, groups_))
    return finding(code, message, columns=columns, rows=found, count=rows.height if count is None else count, fix=fix)


def groups(subject: Subject) -> Iterator[Finding]:
    """Say which column names groups whose rows come to stand in several parts."""
    how, _, column = subject.by.partition(":")
    if how in ("group", "time"):
        return
    for name in subject.others:
        united = bool(subject.roles.spans) and name.lower() in DOCUMENTS
        if name == column or united or not GROUPS.match(name.strip()):
            continue
        values = subject.frame[name]
        if isinstance(values.dtype, pl.List | pl.Struct):
            continue
        known, different = values.drop_nulls(), values.drop_nulls().n_unique()
        if different < FEWEST_GROUPS or len(known) < 1.5 * different:
            continue
        fix = f'`data: {{split: {{by: "group:{name}"}}}}`'
        if subject.parts is None:
            message = f"`{name}` has {len(known) / different:.1f} rows a value: at random they stand on two sides"
            yield finding("group-across-splits", message, columns=[name], count=different, fix=fix)
            continue
        frame = pl.DataFrame({"key": values, "part": subject.parts, "index": range(len(values))})
        frame = frame.drop_nulls().filter(pl.col("part").n_unique().over("key") > 1)
        if frame.height:
            message = f"{frame['key'].n_unique()} of {different} values of `{name}` stand in several parts of the split"
            yield listed("group-across-splits", frame, message, subject, fix=fix)


def drift(subject: Subject, parts: pl.Series) -> Iterator[Finding]:
    """Compare each column of the other parts with the training part."""
    target = [subject.roles.target] if subject.roles.target else []
    by = subject.by.partition(":")[2]
    names = [name for name in (*subject.roles.features, *target) if name in subject.schema and name != by]
    columns = {name: subject.classes if name == subject.roles.label else subject.frame[name] for name in names}
    if subject.texts is not None:
        columns[subject.roles.text] = subject.texts.str.len_chars()
    pairs = [(name, part) for name in columns for part in ("validation", "test") if (parts == part).sum() >= ENOUGH]
    for name, part in pairs:
        values = columns[name]
        assert values is not None
        train, other = (values.filter(parts == one).drop_nulls() for one in ("train", part))
        if min(len(train), len(other)) < ENOUGH or isinstance(values.dtype, pl.List | pl.Struct):
            continue
        number = values.dtype.is_numeric() and name != subject.roles.label
        moved = kolmogorov(train, other) if number else association(train, other)
        if moved is not None and moved[0] >= LARGE and moved[1] < LEVEL / len(pairs):
            message = f"`{name}` differs between train and {part}: distance {moved[0]:.2f}, by chance in {moved[1]:.1g}"
            yield finding("split-drift", message, columns=[name], count=len(other))
        if not number and values.dtype == pl.String and train.n_unique() <= MOST_VALUES:
            odd = (parts == part) & ~values.is_in(train.unique().to_list()) & values.is_not_null()
            if int(odd.sum()) > 0.01 * len(other) and int(odd.sum()) >= 3:
                message = f"{int(odd.sum())} of {len(other)} rows of {part} have a `{name}` that train never has"
                yield subject.where("unseen-values", odd, message, columns=[name], values=values)


def kolmogorov(one: pl.Series, other: pl.Series) -> tuple[float, float] | None:
    """Return the distance of two samples and its probability by chance (Kolmogorov and Smirnov; Stephens, 1970)."""
    both = pl.DataFrame(
        {"value": pl.concat([one.cast(pl.Float64), other.cast(pl.Float64)]), "first": [1] * len(one) + [0] * len(other)}
    )
    counted = both.group_by("value").agg(pl.col("first").sum(), pl.len().alias("all")).sort("value")
    left = counted["first"].cum_sum() / len(one)
    right = (counted["all"] - counted["first"]).cum_sum() / len(other)
    distance = float(str((left - right).abs().max()))
    size = math.sqrt(len(one) * len(other) / (len(one) + len(other)))
    scaled = (size + 0.12 + 0.11 / size) * distance
    chance = 2 * sum((-1) ** (k - 1) * math.exp(-2 * k * k * scaled * scaled) for k in range(1, 50))
    return distance, min(1.0, max(0.0, chance)) if scaled > 0.2 else 1.0


def association(one: pl.Series, other: pl.Series) -> tuple[float, float] | None:
    """Return Cramér's V of value and part, and its probability by chance (chi-squared; Wilson and Hilferty, 1931)."""
    first, second = (dict(part.cast(pl.String).alias("v").value_counts().iter_rows()) for part in (one, other))
    total = len(one) + len(other)
    table = [(first.get(value, 0), second.get(value, 0)) for value in {*first, *second}]
    usual = [pair for pair in table if sum(pair) * min(len(one), len(other)) / total >= 5]
    rare = [pair for pair in table if pair not in usual]
    if rare:
        usual.append((sum(a for a, _ in rare), sum(b for _, b in rare)))
    freedom = len(usual) - 1
    if freedom < 1:
        return None
    statistic = sum(
        (seen - sum(pair) * size / total) ** 2 / (sum(pair) * size / total)
        for pair in usual
        for seen, size in zip(pair, (len(one), len(other)), strict=True)
    )
    z = ((statistic / freedom) ** (1 / 3) - (1 - 2 / (9 * freedom))) / math.sqrt(2 / (9 * freedom))
    return math.sqrt(statistic / total), 0.5 * math.erfc(z / math.sqrt(2))

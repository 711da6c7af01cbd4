"""Columns and texts that hold the answer: a model that reads them looks perfect, and is of no use once served."""

import re
from collections.abc import Collection, Iterator

import polars as pl

from ..findings import Finding, finding
from ..subject import Subject
from .copies import tells
from .telling import Telling, auroc, known, purity, straight

ENOUGH = 50
"""Rows below which nothing is said to tell the answer."""
SURE = 0.99
"""AUROC, or share of answers, from which one column alone tells the answer."""
LOWER = 0.95
"""Where the lower end of that score's 95 % interval has to lie at least."""
LIKEWISE = 0.95
"""Score of other columns from which the task is simply easy."""
EASY = 0.5
"""Share of the columns that do likewise from which none of them is a leak."""
LINE = 0.999
"""R² from which a column of numbers is the predicted one."""
FEWEST = 3
"""Columns of a table below which one of them may well tell all."""
HELD, OTHERWISE = 0.8, 0.1
"""Shares of texts that hold their own label, and another one, from which they hold the answer."""
AFTER = re.compile(
    r"(?:^|_)(?:closed|resolved|completed|finished|ended|end|delivered|returned|cancell?ed|churned|discharged?|died|"
    r"death|outcome|decided|decision|settled|repaid|paid)(?:$|_)",
    re.IGNORECASE,
)
"""How times are called that come with the answer or after it."""


def leaks(subject: Subject) -> Iterator[Finding]:
    """Look at every column that is read for the answer."""
    target = subject.roles.target
    if not target or target not in subject.schema:
        return
    answer = subject.classes if subject.roles.label else subject.frame[target]
    if answer is not None and not subject.roles.label and not answer.dtype.is_numeric():
        return  # what is to be predicted is not numeric yet
    if answer is None or len(answer.drop_nulls()) < ENOUGH or answer.n_unique() < 2:
        return
    if subject.roles.features:
        same = {name: reason for name in subject.roles.features if (reason := copied(name, target, subject))}
        for name, reason in same.items():
            message = f"`{name}` gives `{target}` away: {reason}"
            yield finding("target-copy", message, columns=[name], count=subject.frame.height)
        yield from features(target, answer, subject, same)
        yield from gaps(target, answer, subject)
        yield from times(subject)
    if subject.texts is not None and subject.roles.label:
        yield from words(target, answer, subject)
        yield from beginnings(target, answer, subject)


def copied(name: str, target: str, subject: Subject) -> str:
    """Say how a column is the predicted one in another form; empty where it is not."""
    if name not in subject.schema or isinstance(subject.schema[name], pl.List | pl.Struct):
        return ""
    values, answer = subject.frame[name], subject.frame[target]
    if len(subject.roles.features) == 1 and values.drop_nulls().n_unique() > answer.drop_nulls().n_unique():
        return ""  # the one column that there is to learn from
    return tells(values, answer)


def features(target: str, answer: pl.Series, subject: Subject, same: Collection[str]) -> Iterator[Finding]:
    """Say which single column tells the answer, where the other columns do not; but for those that are the `same`."""
    names = [name for name in subject.roles.features if name in subject.schema and name not in same]
    scores = {name: scored(subject.frame[name], answer, numeric=not subject.roles.label) for name in names}
    likewise = sum(one is not None and one.score >= LIKEWISE for one in scores.values())
    if len(names) < FEWEST or likewise > EASY * len(names):
        return
    for name, one in scores.items():
        least = LINE if not subject.roles.label else SURE
        if one is None or one.score < least or (subject.roles.label and one.low < LOWER):
            continue
        message = f"`{name}` alone tells `{target}`: {one.what} {one.score:.3f} on {one.rows} rows"
        yield finding("single-feature-leak", message, columns=[name], count=one.rows)


def scored(values: pl.Series, answer: pl.Series, *, numeric: bool) -> Telling | None:
    """Return how well one column tells the answer; None where that cannot be said."""
    rows = known(values, answer)
    if rows.height < ENOUGH or rows["value"].n_unique() < 2 or rows["answer"].n_unique() < 2:
        return None
    if numeric:
        return straight(rows)
    if rows["answer"].n_unique() == 2 and rows["value"].dtype.is_numeric():
        return auroc(rows)
    return purity(rows)


def gaps(target: str, answer: pl.Series, subject: Subject) -> Iterator[Finding]:
    """Say of which column it tells the class whether there is a value at all."""
    if not subject.roles.label:
        return
    for name in subject.roles.features:
        values = subject.frame[name] if name in subject.schema else None
        if values is None or not 0.02 * len(values) <= values.null_count() <= 0.98 * len(values):
            continue
        one = purity(known(values.is_null().cast(pl.Int8), answer))
        if one is not None and one.score >= SURE and one.low >= 0.9 and one.rows >= ENOUGH:
            message = f"whether `{name}` has a value tells `{target}`: right in {one.score:.1%} of {one.rows} rows"
            yield subject.where("missing-value-leak", values.is_null(), message, columns=[name])


def times(subject: Subject) -> Iterator[Finding]:
    """Say which time lies after the one that the data is split by, or is called like the end of what is predicted."""
    frame = subject.frame
    moments = [name for name, dtype in subject.schema.items() if dtype in (pl.Date, pl.Datetime)]
    by = subject.by.partition(":")[2] if subject.by.startswith("time:") else ""
    for name in subject.roles.features:
        if name not in moments or name == by:
            continue
        for first in (by,) if by in moments else (one for one in moments if one != name and AFTER.search(name)):
            pair = frame.select(pl.col(name).cast(pl.Datetime("us")), pl.col(first).cast(pl.Datetime("us")).alias("__"))
            pair = pair.drop_nulls()
            later = int((pair[name] > pair["__"]).sum())
            if pair.height >= ENOUGH and later >= 0.9 * pair.height and bool((pair[name] >= pair["__"]).mean() == 1):
                message = f"`{name}` is later than `{first}` in {later} of {pair.height} rows: is it known by then?"
                yield finding("time-after-target", message, columns=[name, first], count=later)
                break


def words(target: str, answer: pl.Series, subject: Subject) -> Iterator[Finding]:
    """Say that most texts hold the words of their own label, and few those of another one."""
    assert subject.texts is not None
    rows = pl.DataFrame({"text": subject.texts.str.to_lowercase(), "label": answer.str.to_lowercase()})
    names = [name for name in rows["label"].drop_nulls().unique().sort().to_list() if len(name) > 2]
    if not 2 <= len(names) <= 100:
        return
    holds = [rows["text"].str.contains(rf"(?:^|\W){re.escape(name)}(?:\W|$)").fill_null(False) for name in names]
    own = pl.Series([False] * rows.height)
    other = pl.Series([False] * rows.height)
    for name, one in zip(names, holds, strict=True):
        mine = (rows["label"] == name).fill_null(False)
        own, other = own | (one & mine), other | (one & ~mine)
    share, count = float(own.mean() or 0), int(own.sum())  # type: ignore[arg-type]
    if share >= HELD and float(other.mean() or 0) <= OTHERWISE:  # type: ignore[arg-type]
        message = f"{count} of {rows.height} texts in `{subject.roles.text}` hold the words of their own `{target}`"
        columns = [subject.roles.text, target]
        yield subject.where("target-in-text", own, message, columns=columns, values=subject.texts)


def beginnings(target: str, answer: pl.Series, subject: Subject) -> Iterator[Finding]:
    """Say that the first word of a text, a header, tells its label."""
    assert subject.texts is not None
    first = subject.texts.str.strip_chars().str.extract(r"^(\S+)", 1)
    rows = known(first, answer)
    classes = rows["answer"].n_unique()
    if rows.height < 2 * ENOUGH or rows["value"].n_unique() > 3 * classes or rows["value"].n_unique() < 2:
        return
    one = purity(rows)
    if one is not None and one.score >= SURE and one.low >= LOWER - 0.02:
        message = f"the first word of `{subject.roles.text}` tells `{target}`: right in {one.score:.1%}"
        yield finding("text-marker", message, columns=[subject.roles.text], count=rows.height)

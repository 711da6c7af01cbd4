"""Texts: empty or endless ones, broken characters, markup, and those in another language than the others."""

from collections import Counter
from collections.abc import Iterator

import polars as pl

from ..findings import Finding
from ..subject import Subject
from .languages import language, script

FEW = 20
"""Texts below which no usual length or language is told."""
LONG, TIMES = 5_000, 50
"""Characters, and multiples of the middle length, from which a text is unusually long."""
BROKEN = (
    r"\x{FFFD}|Ã[\x{80}-\x{BF}€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€[\x{80}-\x{BF}™œ“”˜¦–—]|â‚¬|Â[\x{A0}-\x{BF}]|ï»¿|"
    r"[ÐÑ][\x{80}-\x{BF}‚ƒ„…†‡ˆ‰Š‹Œ]{1}[ÐÑ]"
)
"""What UTF-8 that was read as Windows-1252 looks like, and the sign for what could not be read."""
MARKUP = (
    r"(?i)</?(?:p|br|div|span|a|b|i|ul|li|td|tr|table|html|body|img|script|h[1-6])(?:\s[^<>]*)?/?>"
    r"|&(?:amp|nbsp|lt|gt|quot|#\d{2,5});"
)
LEAST_WORDS = 3
"""Words from which equal ones are no chance."""
MAIN = 0.8
"""Share of the texts that are in one language before others stand out."""
SAMPLE = 20_000
"""Texts whose language is looked at."""


def texts(subject: Subject) -> Iterator[Finding]:
    """Look at every text."""
    name, values = subject.roles.text, subject.texts
    if values is None:
        return
    empty = values.is_null() | ~values.str.contains(r"[\p{L}\p{N}\p{S}]").fill_null(False)
    if bool(empty.any()) and not bool(empty.all()):
        message = f"{int(empty.sum())} of {len(values)} texts in `{name}` hold no word"
        yield subject.where("empty-text", empty, message, columns=[name], values=values)
    length = values.str.len_chars()
    middle = float(str(length.filter(~empty).median() or 0))
    if len(values) >= FEW:
        long = (length > max(LONG, TIMES * middle)).fill_null(False)
        if bool(long.any()):
            message = f"{int(long.sum())} texts in `{name}` are longer than {max(LONG, TIMES * middle):.0f} characters"
            message += f", the middle one has {middle:.0f}"
            yield subject.where("long-text", long, message, columns=[name], values=values.str.slice(0, 80))
    patterns = {"broken-characters": (BROKEN, "hold broken characters"), "markup-in-text": (MARKUP, "hold markup")}
    for code, (pattern, what) in patterns.items():
        odd = values.str.contains(pattern).fill_null(False)
        if bool(odd.any()):
            shown = values.str.extract(rf"(.{{0,20}}(?:{pattern}).{{0,20}})", 1)
            message = f"{int(odd.sum())} of {len(values)} texts in `{name}` {what}"
            yield subject.where(code, odd, message, columns=[name], values=shown)
    yield from same_words(name, values, subject)
    yield from other_languages(name, values, subject)


def same_words(name: str, values: pl.Series, subject: Subject) -> Iterator[Finding]:
    """Say which texts have the words of an earlier one and differ in punctuation alone."""
    words = values.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()
    if words.n_unique() == len(words) or "near_duplicates" in subject.steps:
        return
    spaced = values.str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()
    seen = pl.DataFrame({"words": words, "text": spaced, "long": words.str.count_matches(" ") >= LEAST_WORDS - 1})
    again = ~pl.col("words").is_first_distinct() & pl.col("text").is_first_distinct() & pl.col("long")
    odd = seen.select(again.fill_null(False)).to_series()
    if bool(odd.any()):
        message = (
            f"{int(odd.sum())} texts in `{name}` have the words of an earlier one, and differ in punctuation alone"
        )
        yield subject.where("near-duplicate-texts", odd, message, columns=[name], values=values)


def other_languages(name: str, values: pl.Series, subject: Subject) -> Iterator[Finding]:
    """Say which texts are in another script, or another language, than nearly all others."""
    some = values.head(SAMPLE).to_list()
    told = [(script(text), language(text)) if text else ("", "") for text in some]
    for position, what in enumerate(("script", "language")):
        counts = Counter(one[position] for one in told if one[position])
        usual, count = counts.most_common(1)[0] if counts else ("", 0)
        if count < FEW or count < MAIN * sum(counts.values()):
            continue
        odd = pl.Series([bool(one[position]) and one[position] != usual for one in told], dtype=pl.Boolean)
        odd = pl.concat([odd, pl.Series([False] * (len(values) - len(some)), dtype=pl.Boolean)])
        if bool(odd.any()):
            others = ", ".join(f"{one} {number}" for one, number in counts.most_common(5) if one != usual)
            message = f"{int(odd.sum())} texts in `{name}` are in another {what} than the others ({usual}): {others}"
            yield subject.where("other-language", odd, message, columns=[name], values=values)
            return

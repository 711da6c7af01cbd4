"""Personal data in texts and columns: addresses and numbers that a pattern finds and, where they have one, a checksum
confirms."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from ..findings import KEPT, Finding, finding
from ..subject import Subject
from . import checksums

CHANCE = 0.5
"""Share of numbers of a form that pass a weak checksum from which they are meant; by chance a tenth do."""


@dataclass(frozen=True)
class Pattern:
    """How one kind of personal data looks, and what confirms it."""

    pattern: str
    confirm: Callable[[str], bool] = lambda _: True
    weak: bool = False
    """Whether one number in about ten passes by chance."""


PATTERNS: Mapping[str, Pattern] = {
    "e-mail addresses": Pattern(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9](?:[A-Za-z0-9-]*\.)+[A-Za-z]{2,24}\b", checksums.mail),
    "IBANs": Pattern(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b", checksums.iban),
    "card numbers": Pattern(r"\b[3-6]\d{3}[ -]?\d{4,6}[ -]?\d{4,5}(?:[ -]?\d{1,7})?\b", checksums.card, weak=True),
    "phone numbers": Pattern(
        r"(?:\+|\b00)[1-9]\d{0,2}[ ./-]?\(?\d{1,5}\)?(?:[ ./-]?\d{2,8}){1,4}\b"
        r"|\(\d{3}\) ?\d{3}-\d{4}\b|\b[2-9]\d{2}-\d{3}-\d{4}\b",
        checksums.phone,
    ),
    "US social security numbers": Pattern(r"\b\d{3}-\d{2}-\d{4}\b", checksums.ssn),
    "UK national insurance numbers": Pattern(
        r"\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b", checksums.nino
    ),
    "Spanish identity numbers": Pattern(r"\b[XYZ\d]\d{7}-?[A-Z]\b", checksums.dni),
    "Italian tax codes": Pattern(r"\b[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]\b", checksums.codice),
    "French social security numbers": Pattern(
        r"\b[12] ?\d{2} ?\d{2} ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}\b", checksums.nir
    ),
    "German tax numbers": Pattern(r"\b[1-9]\d ?\d{3} ?\d{3} ?\d{3}\b", checksums.steuer_id, weak=True),
    "Polish identity numbers": Pattern(r"\b\d{11}\b", checksums.pesel, weak=True),
}
"""By their name in words."""
COLUMNS = re.compile(
    r"^(?:first|last|full|given|family|sur|middle)[ _]?name$|^(?:e[ _-]?mail|phone|telephone|mobile|iban|ssn|passport"
    r"(?:[ _]?(?:no|number))?|birth[ _]?(?:day|date)|date[ _]?of[ _]?birth|dob|street|(?:home|postal|ip)[ _]?address)$",
    re.IGNORECASE,
)
"""How columns are called that hold personal data, whatever they look like."""


def personal(subject: Subject) -> Iterator[Finding]:
    """Look through every text, the columns that are no role's too; a finding never shows what it found."""
    text = subject.roles.text
    names = [*([text] if subject.texts is not None else []), *subject.others]
    for name in names:
        values = subject.written[name]
        if name in subject.others and COLUMNS.match(name.strip()):
            message = f"`{name}` holds personal data, as its name says"
            yield finding("personal-data", message, columns=[name], count=len(values) - values.null_count())
            continue
        if values.dtype != pl.String:
            continue
        distinct = values.drop_nulls().unique()
        for what, one in PATTERNS.items():
            found = holding(distinct, one)
            if found:
                mask = values.is_in(found)
                rows = list(subject.at(mask.fill_null(False).arg_true().head(KEPT).to_list()))
                message = f"{int(mask.sum())} rows of `{name}` hold {what}"
                yield finding("personal-data", message, columns=[name], rows=rows, count=int(mask.sum()))


def holding(values: pl.Series, one: Pattern) -> list[str]:
    """Return the values that hold what a pattern describes; none where chance alone explains them."""
    looks = values.filter(values.str.contains(one.pattern)).to_list()
    compiled = re.compile(one.pattern)
    confirmed = [text for text in looks if any(one.confirm(found[0]) for found in compiled.finditer(text))]
    if one.weak and len(confirmed) < CHANCE * len(looks):
        return []
    return confirmed

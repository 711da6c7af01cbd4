"""A number as a person writes it, and back: the form of a column. Needs the standard library alone: servers read it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?", "-", "--", ".", "#n/a", "<na>", "nil", "missing"}) | {
    *("n.a.", "k.a.", "k. a.", "(blank)", "#value!", "#div/0!", "#ref!", "#name?", "#num!", "#null!"),
}
"""Words that stand for no value, without regard to case."""
INFINITE = frozenset({"inf", "+inf", "-inf", "infinity", "-infinity", "+infinity"})
SPACES = " \u00a0\u202f\u2009"
APOSTROPHES = "'\u2019"
CURRENCIES = "$€£¥₹₽₩₺฿¢"
CODES = frozenset(
    {"EUR", "USD", "GBP", "CHF", "JPY", "CNY", "INR", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "CAD", "AUD", "BRL"}
    | {"KRW", "MXN", "ZAR", "SGD", "HKD", "NZD", "TRY", "RUB", "ILS", "AED", "SAR", "THB", "IDR", "RON", "PKR", "PHP"}
    | {"RMB", "TL", "KR", "RS", "FR", "US$", "R$", "A$", "C$", "NZ$", "HK$", "S$", "MX$"}
)
MULTIPLES = {
    **dict.fromkeys(("k", "tsd", "thousand"), 1e3), **dict.fromkeys(("lakh", "lakhs", "lac"), 1e5),
    **dict.fromkeys(("m", "mn", "mio", "mln", "million", "millions"), 1e6), **dict.fromkeys(("cr", "crore"), 1e7),
    **dict.fromkeys(("b", "bn", "mrd", "mld", "billion", "billions"), 1e9), "万": 1e4, "億": 1e8, "亿": 1e8,
}  # fmt: skip
"""What a word after a number multiplies it by, in lower case and without a full stop."""
UNITS = re.compile(r"[^\d\W]{1,6}[²³]?(?:/[^\d\W]{1,6}[²³]?|[²³])?|%|°[CF]?|‰|[$€£¥₹₽₩₺฿¢]|[^\d\W]{1,4}\.|\w+\^?[23]?")
"""What may stand after a number: `km`, `m²`, `km/h`, `%`, `°C`, `€`, `Fr.`."""
NUMERAL = re.compile(rf"[\d.,{SPACES}{APOSTROPHES}]*\d(?:[eE][+-]?\d+)?|[.,]\d+(?:[eE][+-]?\d+)?")
WRITTEN = re.compile(
    rf"(?P<open>\()?(?P<sign>[+\-\u2212])?\s*(?P<before>[^\d\s.,+\-\u2212()<>≤≥~≈]{{0,6}})\s*(?P<sign2>[+\-\u2212])?"
    rf"(?P<bound>[<>≤≥~≈]?)\s*(?P<number>{NUMERAL.pattern})(?P<sign3>[\-\u2212](?=\)?$))?\s*(?P<after>[^\d\s()]*(?:\s?[^\d\s()]+)?)(?P<close>\))?"
)

CLOCK = re.compile(r"(?P<sign>-)?(?P<parts>\d+(?::[0-5]\d){1,2}(?:\.\d+)?)")
"""A duration or a time of the day: `1:35`, `14:02:30`."""

FRACTION = re.compile(r"(?P<sign>[-\u2212])?(?:(?P<whole>\d{1,6})[ -])?(?P<top>\d{1,3})/(?P<bottom>[1-9]\d{0,2})")
"""A fraction, as inches have them: `3/8`, `1 1/2`."""

PARTS = frozenset({2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 32, 64, 100})
"""What people divide a whole into."""


def fractions(texts: Sequence[str]) -> bool:
    """Tell whether texts are fractions up to a whole, some beside whole numbers.

    Days and months, blood pressures and years are none.

    >>> fractions(["1/2", "3", "1 5/16"]), fractions(["15/3", "2/4"]), fractions(["120/80"]), fractions(["1", "2"])
    (True, False, False, False)
    """
    found = [one for one in map(FRACTION.fullmatch, texts) if one is not None]
    if not found or len(found) + sum(text.isdigit() for text in texts) < len(texts):
        return False
    return all(int(one["top"]) <= int(one["bottom"]) and int(one["bottom"]) in PARTS for one in found)


def multiple(after: str) -> tuple[str, str]:
    """Take the word for a multiple from the beginning of what stands after a number.

    >>> multiple("Mio. €"), multiple("k"), multiple("km"), multiple("")
    (('mio', '€'), ('k', ''), ('', 'km'), ('', ''))
    """
    word, _, rest = after.partition(" ")
    if (plain := word.rstrip(".").lower()) in MULTIPLES:
        return plain, rest.strip()
    if len(word) > 1 and word[-1] in CURRENCIES and word[:-1].rstrip(".").lower() in MULTIPLES:
        return word[:-1].rstrip(".").lower(), word[-1]
    return "", after


@dataclass(frozen=True, kw_only=True)
class NumberForm:
    """How the numbers of a column are written."""

    decimal: str = "."
    thousands: str = ""
    """The character between groups of three digits; empty for none."""
    before: str = ""
    """A currency or a sign before the number."""
    after: str = ""
    """A unit, a currency or `%` after it."""
    bounds: bool = False
    """Whether some values are bounds such as `<5`, which count as the number itself."""
    multiples: bool = False
    """Whether words such as `k` and `M` after a number multiply it."""
    clock: int = 0
    """Parts of durations, 2 for `1:35`, 3 for `1:02:03`, which count their last part; 0 for other numbers."""
    fractions: bool = False
    """Whether some are fractions such as `1 1/2`."""
    words: tuple[str, ...] = ()
    """Values that are words, not numbers: they count as missing."""
    ambiguous: bool = False
    """Whether a dot or comma could as well be the other of decimal mark and separator of thousands."""

    @property
    def plain(self) -> bool:
        """Tell whether any reader of numbers takes these texts as they are."""
        return self == NumberForm()

    def number(self, text: str) -> float | None:
        """Return the number that a text stands for, None for a missing value or a word; raises ValueError.

        >>> form = NumberForm(decimal=",", thousands=".", after="€")
        >>> form.number("1.250,50 €"), form.number("n/a"), NumberForm(after="%").number("45%")
        (1250.5, None, 45.0)
        >>> NumberForm(bounds=True).number("<5"), NumberForm().number("(3)")
        (5.0, -3.0)
        >>> NumberForm(thousands=",").number("1,310.00-")
        -1310.0
        >>> NumberForm(multiples=True, before="$").number("$1.2M")
        1200000.0
        >>> NumberForm(clock=2).number("1:35"), NumberForm(clock=3).number("1:00:01.5")
        (95.0, 3601.5)
        >>> NumberForm(fractions=True).number("1 1/2"), NumberForm(fractions=True).number("3")
        (1.5, 3.0)
        """
        stripped = text.strip()
        if stripped.lower() in MISSING or stripped in self.words:
            return None
        if stripped.lower() in INFINITE:
            return float(stripped)
        if self.clock:
            return counted(stripped)
        if self.fractions and (parts := FRACTION.fullmatch(stripped)):
            value = int(parts["whole"] or 0) + int(parts["top"]) / int(parts["bottom"])
            return -value if parts["sign"] else value
        found = WRITTEN.fullmatch(stripped)
        if found is None or bool(found["open"]) != bool(found["close"]):
            raise ValueError(f"`{text}` is not a number")
        digits = found["number"]
        for one in (
            self.thousands,
            *(SPACES if self.thousands == " " else ""),
            *(APOSTROPHES if self.thousands == "'" else ""),
        ):
            digits = digits.replace(one, "") if one else digits
        if self.decimal != ".":
            if "." in digits:
                raise ValueError(f"`{text}` is not a number with a decimal `{self.decimal}`")
            digits = digits.replace(self.decimal, ".")
        value = float(digits)
        if self.multiples and (word := multiple(found["after"])[0]):
            value = round(value * MULTIPLES[word], 6)
        negative = any(found[name] in ("-", "\u2212") for name in ("sign", "sign2", "sign3") if found[name]) or bool(
            found["open"]
        )
        return -value if negative else value

    def text(self, number: float) -> str:
        """Write a number in this form.

        >>> NumberForm(decimal=",", thousands=".", after="€").text(1250.5)
        '1.250,5 €'
        >>> NumberForm(clock=2).text(95), NumberForm(clock=3).text(-3601.5)
        ('1:35', '-1:00:01.5')
        """
        if self.clock:
            return shown(number, self.clock)
        written = repr(float(number))
        whole, _, part = (written.removesuffix(".0")).partition(".")
        sign, whole = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
        if self.thousands and whole.isdigit():
            whole = f"{int(whole):,}".replace(",", self.thousands)
        mark = f"{whole}{self.decimal}{part}" if part else whole
        after = self.after if self.after in ("%", "") else f" {self.after}"
        return f"{sign}{self.before}{mark}{after}"


def counted(text: str) -> float:
    """Return a duration in its last part, 60 of which make one of the part before; raises ValueError."""
    found = CLOCK.fullmatch(text)
    if found is None:
        raise ValueError(f"`{text}` is no duration")
    value = 0.0
    for part in found["parts"].split(":"):
        value = value * 60 + float(part)
    return -value if found["sign"] else value


def shown(number: float, parts: int) -> str:
    """Write a duration of so many parts."""
    rest, last = divmod(round(abs(number), 6), 60)
    ends = [f"{last:09.6f}".rstrip("0").rstrip(".")]
    for _ in range(parts - 2):
        rest, more = divmod(rest, 60)
        ends.insert(0, f"{int(more):02}")
    return f"{'-' if number < 0 else ''}{int(rest)}:{':'.join(ends)}"

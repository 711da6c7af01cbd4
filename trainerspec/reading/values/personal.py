"""Masks personal data in texts: e-mail addresses, phone numbers, bank accounts and cards (these by their checksums).

What is served masks as training did, so this needs Python alone. Time is linear in the length of a text.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

KINDS = ("email", "phone", "iban", "card")
"""What is masked, each by `[email]` and so on."""


def iban(text: str) -> bool:
    """Tell a bank account number by its remainder of 97 (ISO 13616).

    >>> iban("DE89 3704 0044 0532 0130 00"), iban("DE88 3704 0044 0532 0130 00")
    (True, False)
    """
    plain = text.replace(" ", "")
    if not 15 <= len(plain) <= 34:
        return False
    return int("".join(str(int(one, 36)) for one in plain[4:] + plain[:4])) % 97 == 1


def card(text: str) -> bool:
    """Tell a payment card's number by its length and the formula of Luhn (ISO/IEC 7812-1).

    >>> card("4111 1111 1111 1111"), card("4111 1111 1111 1112"), card("0000 0000 0000 0000")
    (True, False, False)
    """
    digits = [int(one) for one in text if one.isdigit()]
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:
        return False
    return sum(one if at % 2 == 0 else sum(divmod(2 * one, 10)) for at, one in enumerate(digits[::-1])) % 10 == 0


def phone(text: str) -> bool:
    """Tell a phone number by its 7 to 15 digits (ITU-T E.164).

    >>> phone("+49 30 901820"), phone("+49 30")
    (True, False)
    """
    return 7 <= sum(one.isdigit() for one in text) <= 15


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """How a kind of personal data looks, and what confirms it."""

    form: re.Pattern[str]
    confirm: Callable[[str], bool]
    alone: bool = False
    """Whether it stands behind no other number."""


PATTERNS = {
    "email": Pattern(
        form=re.compile(r"(?<![\w.%+-])[\w.%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9-])"),
        confirm=lambda text: True,
    ),
    "iban": Pattern(
        form=re.compile(r"(?<!\w)[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)"), confirm=iban
    ),
    "card": Pattern(form=re.compile(r"(?<![\w.+-])[2-6][0-9]{3}(?:[ -]?[0-9]){9,15}(?![\w-])"), confirm=card),
    "phone": Pattern(
        form=re.compile(
            r"(?<![\w.+-])(?:\+|00)[1-9][0-9]{0,2}(?:[ ./-]?\(?[0-9]{1,5}\)?){2,6}(?![\w-])"  # of a country
            r"|(?<![\w.+-])\(?0[1-9][0-9]{1,4}\)?(?:(?: ?[/-] ?| )[0-9]{2,8}){1,4}(?![\w-])"  # of an area
            r"|(?<![\w.+-])\(?[2-9][0-9]{2}\)?[ .-][0-9]{3}[ .-][0-9]{4}(?![\w-])"  # of North America
        ),
        confirm=phone,
        alone=True,
    ),
}
ORDER = ("email", "iban", "card", "phone")
"""What is sure comes first: a card's digits are no phone number."""


def asked(steps: Iterable[Mapping[str, object]]) -> tuple[str, ...]:
    """Return the kinds that the steps `mask_pii` of params.yaml name.

    >>> asked([{"drop": "missing"}, {"mask_pii": {"kinds": ["email"]}}])
    ('email',)
    """
    found = [one for step in steps if isinstance(about := step.get("mask_pii"), Mapping) for one in about["kinds"]]
    return tuple(dict.fromkeys(map(str, found)))


def masked(text: str, kinds: Sequence[str] = KINDS) -> str:
    """Return a text with what is personal replaced by its kind; a text that was masked comes back as it is.

    >>> masked("Write to ada@post.fr or call +49 30 901820, card 4111 1111 1111 1111, order 1234567")
    'Write to [email] or call [phone], card [card], order 1234567'
    >>> masked("DE89 3704 0044 0532 0130 00", ["email"])
    'DE89 3704 0044 0532 0130 00'
    """
    for kind in ORDER:
        if kind in kinds:
            text = _replaced(text, PATTERNS[kind], f"[{kind}]")
    return text


def _replaced(text: str, about: Pattern, word: str) -> str:
    """Return a text with the word for each match that is confirmed; what was replaced counts as a word."""
    parts, done, start = list[str](), 0, 0
    while found := about.form.search(text, start):
        begin = found.start()
        if about.alone and begin - 1 > done and text[begin - 1] == " " and text[begin - 2] in "0123456789":
            start = begin + 1
            continue
        start, size = found.end(), _confirmed(found[0], about)
        if size:
            parts += [text[done:begin], word]
            done = begin + size
    return "".join([*parts, text[done:]])


def _confirmed(found: str, about: Pattern) -> int:
    """Return how much of a match is confirmed; of a bank account, capitals that follow it are left."""
    while found and not about.confirm(found):
        found = found.rpartition(" ")[0] if about.confirm is iban else ""
    return len(found)

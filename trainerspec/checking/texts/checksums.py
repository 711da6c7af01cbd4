"""Checksums and forms of numbers that belong to persons."""

import re
from collections.abc import Iterable

LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
"""The letter of a Spanish identity number, by its remainder of 23."""
ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (
            *(1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21),
            *(2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        ),
        strict=True,
    )
)
"""What a sign in an odd place of an Italian tax code counts (decree of 23 December 1976)."""
EXAMPLES = ("example.com", "example.org", "example.net", ".example", ".invalid", ".test")
"""Ends of addresses that belong to nobody (RFC 2606)."""


def digits(text: str) -> list[int]:
    """Return the digits of a text."""
    return [int(one) for one in text if one.isdigit()]


def mail(text: str) -> bool:
    """Tell an address that may be somebody's.

    >>> mail("ada@post.fr"), mail("a@example.com")
    (True, False)
    """
    return not text.lower().endswith(EXAMPLES) and ".." not in text


def iban(text: str) -> bool:
    """Tell an international bank account number by its remainder of 97 (ISO 13616).

    >>> iban("DE89 3704 0044 0532 0130 00"), iban("DE88 3704 0044 0532 0130 00")
    (True, False)
    """
    plain = text.replace(" ", "")
    if not 15 <= len(plain) <= 34:
        return False
    return int("".join(str(int(one, 36)) for one in plain[4:] + plain[:4])) % 97 == 1


def luhn(numbers: Iterable[int]) -> bool:
    """Tell digits that fit the formula of Luhn (ISO/IEC 7812-1)."""
    backwards = list(numbers)[::-1]
    return sum(one if at % 2 == 0 else sum(divmod(2 * one, 10)) for at, one in enumerate(backwards)) % 10 == 0


def card(text: str) -> bool:
    """Tell a payment card's number: an issuer's first digits, the length, and the formula of Luhn.

    >>> card("4111 1111 1111 1111"), card("4111 1111 1111 1112")
    (True, False)
    """
    found = digits(text)
    plain = "".join(map(str, found))
    issued = re.match(r"4|5[1-5]|2[2-7]|3[47]|6(?:011|5)|3(?:0[0-5]|[68])", plain)
    return issued is not None and len(found) in (14, 15, 16) and len(set(found)) > 1 and luhn(found)


def phone(text: str) -> bool:
    """Tell a phone number with its country or area: 9 to 15 digits."""
    return 9 <= len(digits(text)) <= 15


def ssn(text: str) -> bool:
    """Tell a US social security number by its area, group and serial number, of which none is zero."""
    area, group, serial = text.split("-")
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def nino(text: str) -> bool:
    """Tell a UK national insurance number by the prefixes that are not given out."""
    return text[:2] not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")


def dni(text: str) -> bool:
    """Tell a Spanish identity number by its letter.

    >>> dni("12345678Z"), dni("12345678A"), dni("X1234567L")
    (True, False, True)
    """
    plain = text.replace("-", "")
    number = str("XYZ".index(plain[0])) + plain[1:-1] if plain[0] in "XYZ" else plain[:-1]
    return LETTERS[int(number) % 23] == plain[-1]


def codice(text: str) -> bool:
    """Tell an Italian tax code by its last letter.

    >>> codice("RSSMRA85T10A562S"), codice("RSSMRA85T10A562T")
    (True, False)
    """
    even = sum(int(one) if one.isdigit() else ord(one) - ord("A") for one in text[1:15:2])
    return chr((even + sum(ODD[one] for one in text[0:15:2])) % 26 + ord("A")) == text[15]


def nir(text: str) -> bool:
    """Tell a French social security number by its key, 97 less the remainder.

    >>> nir("2 55 08 14 168 025 38"), nir("2 55 08 14 168 025 39")
    (True, False)
    """
    plain = text.replace(" ", "").replace("2A", "19").replace("2B", "18")
    return plain.isdigit() and len(plain) == 15 and 97 - int(plain[:13]) % 97 == int(plain[13:])


def steuer_id(text: str) -> bool:
    """Tell a German tax number by its check digit (ISO 7064 MOD 11,10) and its one repeated digit.

    >>> steuer_id("86095742719"), steuer_id("86095742718")
    (True, False)
    """
    found = digits(text)
    repeated = sorted(found[:10].count(one) for one in set(found[:10]))
    if len(found) != 11 or repeated[-1] not in (2, 3) or repeated.count(1) < len(repeated) - 1:
        return False
    product = 10
    for one in found[:10]:
        total = (one + product) % 10 or 10
        product = 2 * total % 11
    return (11 - product) % 10 == found[10]


def pesel(text: str) -> bool:
    """Tell a Polish identity number by its check digit and its day of birth.

    >>> pesel("44051401359"), pesel("44051401358")
    (True, False)
    """
    found = digits(text)
    total = sum(one * weight for one, weight in zip(found, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3), strict=False))
    return 1 <= int(text[2:4]) % 20 <= 12 and 1 <= int(text[4:6]) <= 31 and (10 - total % 10) % 10 == found[10]

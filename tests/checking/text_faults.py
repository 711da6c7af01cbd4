"""Faults of texts."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.checking import made
from tests.checking.planted import FIRST, LINES, PLANTED, Fault, cells

MANY = [11, 30, 57, 80, 104, 130, 155, 180, 205, 230]


def words(code: str, name: str, change: Callable[[made.Columns], object], rows: Any, source: str = "t.csv") -> None:
    """Plant a change into the texts."""

    def plant(folder: Path) -> Fault:
        table = made.texts()
        change(table)
        where = made.write_texts(folder, table) if source == "folders" else made.write(folder, source, table)
        return "text", where, "", rows

    PLANTED[name] = (code, plant)


def said(value: str) -> Callable[[made.Columns], None]:
    return cells("text", lambda text: f"{text} {value}")


words("empty-text", "blank texts", cells("text", " . "), LINES)
words("long-text", "a book among notes", cells("text", "river of silver " * 2000, [57]), [59])
words("broken-characters", "UTF-8 read as Windows-1252", said("fÃ¼r die StraÃŸe"), LINES)
words("broken-characters", "replacement characters", said("stra\ufffde"), FIRST, "t.jsonl")
words("markup-in-text", "tags and entities", said("<br/>more &amp; more"), LINES)
words(
    "other-language",
    "German among English",
    cells("text", "Das ist nicht der Brief, den wir auch noch mit der Post und für dich haben."),
    LINES,
)
words("other-language", "Cyrillic among Latin", cells("text", "Добрый день, я не получил письмо от вас"), LINES)
words(
    "target-in-text",
    "the label in the text",
    lambda t: t.update(text=[f"{text} Topic: {y}" for text, y in zip(t["text"], t["y"], strict=True)]),
    made.ROWS,
)
words(
    "text-marker",
    "a header that tells the class",
    lambda t: t.update(
        text=[f"{'[A]' if y == 'money' else '[B]'} {text}" for text, y in zip(t["text"], t["y"], strict=True)]
    ),
    made.ROWS,
)
words(
    "several-labels",
    "one text, two labels",
    lambda t: [t["text"].append(t["text"][57].upper()), t["y"].append("nature" if t["y"][57] == "money" else "money")],
    [59, 242],
)
words("duplicate-rows", "a text twice", lambda t: [t["text"].append(t["text"][57]), t["y"].append(t["y"][57])], 1)
words(
    "near-duplicate-texts",
    "a text with one other word",
    lambda t: [t["text"].append(t["text"][57].replace(".", " indeed.")), t["y"].append(t["y"][57])],
    [59, 242],
)


def swapped(texts: made.Columns) -> None:
    """Write texts whose words tell the class, and give some the label of the other one."""
    for row, label in enumerate(texts["y"]):
        own = made.WORDS[:8] if label == "money" else made.WORDS[8:16]
        texts["text"][row] = " ".join(random.Random(row).choices(own, k=14))
    cells("y", lambda label: "nature" if label == "money" else "money", MANY)(texts)


words("label-error", "labels of the other class", swapped, [row + 2 for row in MANY])
words("personal-data", "e-mail addresses", said("write to ada.lovelace@post.fr"), LINES)
words("personal-data", "IBANs", said("DE89 3704 0044 0532 0130 00"), LINES)
words("personal-data", "card numbers", said("card 4111 1111 1111 1111"), FIRST, "t.parquet")
words("personal-data", "phone numbers", said("call +49 30 901820 soon"), LINES)
words("personal-data", "US social security numbers", said("ssn 536-90-4399"), LINES)
words("personal-data", "Spanish identity numbers", said("DNI 12345678Z"), LINES)
words("personal-data", "Italian tax codes", said("CF RSSMRA85T10A562S"), LINES)
words("personal-data", "French social security numbers", said("2 55 08 14 168 025 38"), LINES)
words("personal-data", "German tax numbers", said("IdNr 86 095 742 719"), LINES)
words("personal-data", "Polish identity numbers", said("PESEL 44051401359"), LINES)
words("empty-text", "empty files in class folders", cells("text", "?!", [57]), 1, "folders")
words("broken-characters", "broken files in class folders", said("cafÃ©"), 3, "folders")

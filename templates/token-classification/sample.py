"""Write a tiny seeded data set of orders with marked spans: `python sample.py FOLDER [jsonl|conll|tokens|csv]`."""

import csv
import json
import random
import sys
from pathlib import Path

NAMES = ["Ada Lovelace", "Bo Li", "Zoe Lemaitre", "Ravi Shah", "Ann", "Jörg Weiß", "Mia Costa", "Tom O'Neil"]
PRODUCTS = [
    "desk lamp",
    "garden hose",
    "tea kettle",
    "bicycle bell",
    "chess board",
    "wool blanket",
    "paint brush",
    "hat",
]
FORMS = [
    "{name} ordered {count} pieces of {product} for {price}.",
    "Please send a {product} to {name}, it costs {price}!",
    "The {product} is broken, says {name} 🙁 ({price} back?)",
    "{count} times {product}: {price} - regards, {name}",
    "Where is my {product}? I paid {price} on Monday.",
    "Thank you for the quick answer.",
    "{name} asked again about line {count}.",
]
LABELS = ("NAME", "PRICE", "PRODUCT")
Record = dict[str, object]


def examples(rows: int, seed: int) -> list[Record]:
    """Return distinct texts, each with `spans`: start and end in characters, and label."""
    chance = random.Random(seed)
    found: dict[str, Record] = {}
    for index in range(100 * rows):
        if len(found) == rows:
            break
        values = {
            "name": chance.choice(NAMES),
            "product": chance.choice(PRODUCTS),
            "price": chance.choice(["€{}", "{} euro", "${}.50", "{} EUR"]).format(chance.randint(2, 99)),
            "count": str(chance.randint(2, 40)),
        }
        text, spans = "", []
        for piece in chance.choice(FORMS).replace("}", "{").split("{"):
            if piece.upper() in LABELS:
                spans.append({"start": len(text), "end": len(text) + len(values[piece]), "label": piece.upper()})
            text += values.get(piece, piece)
        found.setdefault(text, {"text": text, "spans": spans, "document": f"mail-{index // 4}"})
    return list(found.values())


def tokens(record: Record) -> tuple[list[str], list[str]]:
    """Return the tokens of a text, cut at spaces and at the ends of spans, with their BIO tags."""
    text, spans = str(record["text"]), record["spans"]
    assert isinstance(spans, list)
    words, tags, at = [], [], 0
    for span in [*spans, {"start": len(text), "end": len(text), "label": ""}]:
        between = text[at : span["start"]].split()
        inside = text[span["start"] : span["end"]].split()
        words += between + inside
        tags += ["O"] * len(between) + [f"{'I' if index else 'B'}-{span['label']}" for index in range(len(inside))]
        at = span["end"]
    return words, tags


def write(folder: Path, layout: str = "jsonl", *, rows: int = 240, seed: int = 0) -> Path:
    """Write the data set below `folder` and give its path: texts with spans, a CoNLL file, or tokens with tags."""
    records = examples(rows, seed)
    folder.mkdir(parents=True, exist_ok=True)
    if layout == "csv":
        path = folder / "orders.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            lines = [(record["text"], json.dumps(record["spans"]), record["document"]) for record in records]
            csv.writer(file).writerows([("text", "spans", "document"), *lines])
        return path
    if layout == "conll":
        path, document, lines = folder / "orders.conll", "", []
        for record in records:
            if record["document"] != document:
                document = str(record["document"])
                lines.append("-DOCSTART- O\n")
            lines.append("".join(f"{word} {tag}\n" for word, tag in zip(*tokens(record), strict=True)))
        path.write_text("\n".join(lines), encoding="utf-8")
        return path
    path = folder / "orders.jsonl"
    rest = [{"tokens": words, "tags": tags} for words, tags in map(tokens, records)]
    lines = [json.dumps(one, ensure_ascii=False) for one in (rest if layout == "tokens" else records)]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


if __name__ == "__main__":
    print(write(Path(sys.argv[1]), *sys.argv[2:3]))

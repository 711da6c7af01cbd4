"""Made data without faults, in the forms that people keep; each fault is planted into a copy of it."""

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from PIL import Image, ImageDraw

ROWS = 240
WORDS = [
    "invoice",
    "payment",
    "refund",
    "order",
    "parcel",
    "delivery",
    "address",
    "window",
    "garden",
    "river",
    "bridge",
    "table",
    "music",
    "paper",
    "coffee",
    "market",
    "school",
    "engine",
    "bottle",
    "winter",
    "summer",
    "orange",
    "silver",
    "yellow",
    "mountain",
    "station",
    "ticket",
    "doctor",
    "letter",
    "number",
    "office",
    "kitchen",
    "pencil",
    "carpet",
    "button",
    "pocket",
    "rocket",
    "planet",
    "forest",
    "island",
    "castle",
    "desert",
    "ocean",
    "signal",
    "camera",
    "mirror",
]
Columns = dict[str, list[Any]]


def table(seed: int = 1, rows: int = ROWS) -> Columns:
    """Return a table of five columns and a class that two of them tell in part."""
    draw = random.Random(seed)
    made: Columns = {name: [] for name in ("age", "income", "city", "visits", "height", "y")}
    for _ in range(rows):
        age, income = draw.randint(18, 80), round(draw.lognormvariate(10.5, 0.5), 2)
        made["age"].append(age)
        made["income"].append(income)
        made["city"].append(draw.choice(["Bonn", "Lyon", "Oslo", "Rome"]))
        made["visits"].append(min(9, int(draw.expovariate(0.5))))
        made["height"].append(round(draw.gauss(172, 9), 1))
        made["y"].append("stay" if draw.gauss(age / 20, 1.2) + draw.gauss(0, 1) > 2.4 else "leave")
    return made


def numbers(seed: int = 2, rows: int = ROWS) -> Columns:
    """Return the same table with a number that is predicted."""
    draw = random.Random(seed)
    made = table(seed, rows)
    made["y"] = [
        round(2 * a + i / 1000 + draw.gauss(0, 15), 2) for a, i in zip(made["age"], made["income"], strict=True)
    ]
    return made


def texts(seed: int = 3, rows: int = ROWS) -> Columns:
    """Return texts of common words, more of some in one class than in the other."""
    draw = random.Random(seed)
    found: list[str] = []
    labels: list[str] = []
    for _ in range(rows):
        label = draw.choice(["money", "nature"])
        own = WORDS[:8] if label == "money" else WORDS[8:16]
        words = [draw.choice(own) if draw.random() < 0.25 else draw.choice(WORDS) for _ in range(draw.randint(8, 30))]
        words = [
            word
            for part in zip(words, draw.choices(["the", "and", "of", "with"], k=len(words)), strict=True)
            for word in part
        ]
        found.append(" ".join(words).capitalize() + ".")
        labels.append(label)
    return {"text": found, "y": labels}


def tags(seed: int = 4, rows: int = ROWS) -> list[list[tuple[str, str]]]:
    """Return sentences of words with their tags."""
    draw = random.Random(seed)
    made = []
    for _ in range(rows):
        sentence = [(draw.choice(WORDS), "O") for _ in range(draw.randint(4, 9))]
        at = draw.randrange(len(sentence) - 1)
        kind = draw.choice(["PER", "LOC"])
        sentence[at] = (draw.choice(["Ada", "Emmy", "Alan", "Grace"]), f"B-{kind}")
        if draw.random() < 0.5:
            sentence[at + 1] = (draw.choice(["Lovelace", "Noether", "Turing", "Hopper"]), f"I-{kind}")
        made.append(sentence)
    return made


def picture(draw: random.Random, shape: str, side: int = 48) -> Image.Image:
    """Draw one shape on a mottled ground."""
    base = draw.randint(120, 230)
    image = Image.new("RGB", (side, side), (base, base - 20, base - 40))
    pen = ImageDraw.Draw(image)
    for _ in range(60):
        x, y, tone = draw.randrange(side), draw.randrange(side), draw.randint(60, 255)
        pen.rectangle((x, y, x + draw.randint(2, 9), y + draw.randint(2, 9)), fill=(tone, draw.randint(40, 255), tone))
    x, y, size = draw.randint(4, side // 3), draw.randint(4, side // 3), draw.randint(side // 3, side // 2)
    getattr(pen, shape)((x, y, x + size, y + size), fill=(draw.randint(0, 90), 20, draw.randint(0, 90)))
    return image


def pictures(folder: Path, seed: int = 5, each: int = 30) -> Path:
    """Draw pictures into class folders."""
    draw = random.Random(seed)
    for name, shape in (("round", "ellipse"), ("square", "rectangle")):
        (folder / "shapes" / name).mkdir(parents=True)
        for number in range(each):
            picture(draw, shape).save(folder / "shapes" / name / f"{number:03}.png")
    return folder / "shapes"


def boxes(folder: Path, seed: int = 6, rows: int = 40) -> list[dict[str, Any]]:
    """Draw pictures with a phrase and a box each."""
    draw = random.Random(seed)
    (folder / "scenes").mkdir()
    made = []
    for number in range(rows):
        picture(draw, "ellipse", 96).save(folder / "scenes" / f"{number:03}.png")
        x, y = draw.randint(2, 40), draw.randint(2, 40)
        box = [x, y, x + draw.randint(10, 50), y + draw.randint(10, 50)]
        made.append({"image": f"{number:03}.png", "phrase": f"the {draw.choice(WORDS)} {number}", "box": box})
    return made


def write(folder: Path, name: str, columns: Mapping[str, Sequence[Any]]) -> str:
    """Write a table in the form that its name asks for, and return the name."""
    path, frame = folder / name, pl.DataFrame(columns, strict=False)
    if path.suffix == ".csv":
        frame.write_csv(path)
    elif path.suffix == ".tsv":
        frame.write_csv(path, separator="\t")
    elif path.suffix == ".parquet":
        frame.write_parquet(path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row, default=str) + "\n" for row in frame.iter_rows(named=True)), "utf-8")
    else:
        frame.write_excel(path)
    return name


def write_texts(folder: Path, columns: Mapping[str, Sequence[Any]]) -> str:
    """Write texts into class folders."""
    for number, (text, label) in enumerate(zip(columns["text"], columns["y"], strict=True)):
        place = folder / "mails" / label / f"{number:03}.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
    return "mails"


def write_tags(folder: Path, sentences: Sequence[Sequence[tuple[str, str]]]) -> str:
    """Write CoNLL."""
    blocks = ["".join(f"{word} {tag}\n" for word, tag in sentence) for sentence in sentences]
    (folder / "s.conll").write_text("\n".join(blocks), "utf-8")
    return "s.conll"


def write_boxes(folder: Path, rows: Sequence[Mapping[str, Any]]) -> str:
    """Write boxes beside their pictures."""
    (folder / "scenes" / "boxes.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return "scenes"

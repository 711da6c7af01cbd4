"""Write a tiny seeded data set of notes with none, one or several topics.

Run `python sample.py FOLDER`, with `jsonl` or `columns` behind it for another form than lists in a CSV.
"""

import csv
import json
import random
import sys
from pathlib import Path

PARTS = {
    "cooking": [
        ["my aunt", "a young chef", "our baker", "the guest"],
        ["simmered", "baked", "seasoned", "stirred"],
        ["a soup of lentils", "the lemon cake", "some fresh pasta", "a pan of rice"],
    ],
    "gardening": [
        ["my neighbour", "a patient child", "the old farmer", "our teacher"],
        ["planted", "watered", "pruned", "dug up"],
        ["the rose bushes", "a row of tulips", "the young apple tree", "some wild garlic"],
    ],
    "sailing": [
        ["the skipper", "a lone sailor", "our crew", "my uncle"],
        ["hoisted", "repaired", "trimmed", "tied"],
        ["the main sail", "the anchor rope", "a torn jib", "the rudder"],
    ],
}
NOTHING = [
    ["the postman", "a tourist", "my sister", "the clerk"],
    ["lost", "found", "sold", "wanted"],
    ["an umbrella", "the ticket", "a pair of gloves", "the keys"],
]
LABELS = tuple(sorted(PARTS))
WHEN = ("again", "at noon", "on Monday", "all day", "in the rain", "before dinner", "last year", "with friends")


def examples(rows: int, seed: int) -> list[tuple[str, tuple[str, ...]]]:
    """Return distinct texts, each with its topics, sorted."""
    chance = random.Random(seed)
    made: dict[str, tuple[str, ...]] = {}
    while len(made) < rows:
        count = chance.choices((0, 1, 2, 3), (1, 5, 3, 1))[0]
        topics = tuple(sorted(chance.sample(LABELS, count)))
        said = [PARTS[topic] for topic in topics] or [NOTHING]
        clauses = [" ".join([*(chance.choice(words) for words in parts), chance.choice(WHEN)]) for parts in said]
        chance.shuffle(clauses)
        made.setdefault((" and ".join(clauses) + ".").capitalize(), topics)
    return list(made.items())


def write(folder: Path, layout: str = "csv", *, rows: int = 240, seed: int = 0) -> Path:
    """Write one table below `folder` and give its path: lists in a cell, or a column of 0 and 1 for each topic."""
    folder.mkdir(parents=True, exist_ok=True)
    pairs = examples(rows, seed)
    if layout == "jsonl":
        path = folder / "notes.jsonl"
        path.write_text("".join(json.dumps({"text": text, "topics": topics}) + "\n" for text, topics in pairs))
        return path
    path = folder / "notes.csv"
    head = ["text", *LABELS] if layout == "columns" else ["text", "topics"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        for text, topics in pairs:
            marks = [int(label in topics) for label in LABELS] if layout == "columns" else ["; ".join(topics)]
            writer.writerow([text, *marks])
    return path


if __name__ == "__main__":
    print(write(Path(sys.argv[1]), *sys.argv[2:3]))

"""Write a tiny seeded data set of three topics, for tests and first tries: `python sample.py FOLDER [csv|jsonl]`."""

import csv
import json
import random
import sys
from pathlib import Path

WORDS = {
    "cooking": {
        "who": ["the cook", "my aunt", "a young chef", "our baker", "the guest"],
        "did": ["simmered", "baked", "seasoned", "stirred", "tasted"],
        "what": ["a soup of lentils", "the lemon cake", "some fresh pasta", "a pan of rice", "the roasted carrots"],
        "how": ["with a pinch of salt", "in a hot oven", "over a low flame", "with butter and thyme", "before dinner"],
    },
    "sailing": {
        "who": ["the skipper", "a lone sailor", "our crew", "the harbour pilot", "my uncle"],
        "did": ["hoisted", "repaired", "trimmed", "furled", "tied"],
        "what": ["the main sail", "the anchor rope", "a torn jib", "the long mooring line", "the rudder"],
        "how": [
            "against a stiff wind",
            "before the tide turned",
            "near the lighthouse",
            "on a calm sea",
            "at the quay",
        ],
    },
    "gardening": {
        "who": ["the gardener", "my neighbour", "a patient child", "our teacher", "the old farmer"],
        "did": ["planted", "watered", "pruned", "dug up", "mulched"],
        "what": ["the rose bushes", "a row of tulips", "the young apple tree", "some wild garlic", "the tomato plants"],
        "how": ["after the last frost", "in the shade", "with rich compost", "early in spring", "behind the shed"],
    },
}
LABELS = tuple(sorted(WORDS))


def examples(rows: int, seed: int) -> list[tuple[str, str]]:
    """Return distinct pairs of text and label, as many of each label."""
    chance = random.Random(seed)
    pairs: dict[str, str] = {}
    while len(pairs) < rows:
        label = LABELS[len(pairs) % len(LABELS)]
        parts = [chance.choice(WORDS[label][part]) for part in ("who", "did", "what", "how")]
        if chance.random() < 0.3:
            parts.append(chance.choice(["again", "at noon", "on Monday", "all day", "for the second time"]))
        pairs.setdefault((" ".join(parts) + ".").capitalize(), label)
    return list(pairs.items())


def write(folder: Path, layout: str = "folders", *, rows: int = 240, seed: int = 0) -> Path:
    """Write the data set below `folder` and give its path: class folders of .txt files, or one table."""
    pairs = examples(rows, seed)
    folder.mkdir(parents=True, exist_ok=True)
    if layout == "csv":
        path = folder / "texts.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("text", "topic"), *pairs])
        return path
    if layout == "jsonl":
        path = folder / "texts.jsonl"
        path.write_text("".join(json.dumps({"text": text, "topic": label}) + "\n" for text, label in pairs))
        return path
    for index, (text, label) in enumerate(pairs):
        place = folder / "texts" / label
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{index:04}.txt").write_text(text + "\n", encoding="utf-8")
    return folder / "texts"


if __name__ == "__main__":
    print(write(Path(sys.argv[1]), *sys.argv[2:3]))

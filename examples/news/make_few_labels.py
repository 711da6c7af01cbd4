"""Write a table of BBC News articles of which 40 have a topic and 2,000 have none, and what is hidden of it.

    python examples/news/make_few_labels.py FOLDER

FOLDER/articles.csv has the columns text and topic, FOLDER/truth.csv the topic of every article, and of those that
articles.csv leaves out. The texts are the BBC's (research use): they are copied on this machine only.
"""

import csv
import hashlib
import sys
from pathlib import Path

from make_data import articles, decode

EACH, UNLABELLED = 8, 2000
"""Labelled articles of a topic, and articles without a label."""


def everything() -> list[tuple[str, str]]:
    """Return each article once, with its topic, in an order that follows from the texts."""
    found: dict[str, str] = {}
    for topic in sorted(path for path in articles().iterdir() if path.is_dir() and path.name != "__pycache__"):
        for article in sorted(topic.glob("*.txt")):
            found.setdefault(" ".join(decode(article.read_bytes()).split()), topic.name)
    return sorted(found.items(), key=lambda pair: hashlib.sha256(pair[0].encode()).digest())


def main(folder: Path) -> None:
    """Write both tables."""
    folder.mkdir(parents=True, exist_ok=True)
    pairs = everything()
    labelled = {
        text for topic in {topic for _, topic in pairs} for text in [t for t, one in pairs if one == topic][:EACH]
    }
    others = [text for text, _ in pairs if text not in labelled][:UNLABELLED]
    shown = labelled | set(others)
    with (folder / "articles.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "topic"])
        rows.writerows([text, topic if text in labelled else ""] for text, topic in pairs if text in shown)
    with (folder / "truth.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "topic", "shown"])
        rows.writerows([text, topic, text in shown] for text, topic in pairs)
    print(f"{len(labelled)} labelled and {len(others)} unlabelled articles in {folder / 'articles.csv'}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

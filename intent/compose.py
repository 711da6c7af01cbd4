"""Requests as they are written in requests/*.tsv become many: alternatives, voices, longer texts; always the same."""

import hashlib
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

HERE = Path(__file__).parent
SEEN = HERE.parent / "tests" / "drafting" / "requests" / "seen"
HARM, NO_MODEL, IMPOSSIBLE = "harm", "no-model", "impossible"
VARIANTS = 8
"""Requests made of one line."""
FRAGMENTS, SHORT = 0.4, (3, 7)
"""Share of harmless texts of which a fragment is taken too, and its words."""
WEIGHT = 3
"""How often a real request counts."""
PLAIN, LONG, NUMBERS = 0.35, 0.3, (5, 10, 50, 90, 95, 100, 5000)
"""Shares of requests without anything around them, and of those that become longer texts; numbers in fillers."""


@dataclass(frozen=True, kw_only=True)
class Example:
    text: str
    harm: bool
    task: str
    """A task, `no-model`, `impossible`, or nothing where nobody said."""


def examples() -> list[Example]:
    """Return all training examples: the composed ones, and the requests that suites have retired."""
    made = {one.text: one for one in composed()}
    return [*made.values(), *(one for one in seen() for _ in range(WEIGHT))]


def composed() -> Iterator[Example]:
    """Compose the variants of each written line; what chance chooses depends on the line alone."""
    voices = YAML(typ="safe").load((HERE / "voices.yaml").read_text(encoding="utf-8"))
    for label, language, wish in written():
        chance = random.Random(hashlib.sha256(f"{label} {language} {wish}".encode()).digest())
        for _ in range(VARIANTS):
            text = voiced(alternatives(wish, chance), voices["around"][language], chance)
            task = "" if label == HARM else label
            if language == "en" and chance.random() < LONG:
                text = longer(text, voices, chance)
            yield Example(text=text, harm=label == HARM, task=task)
            if label != HARM and chance.random() < FRAGMENTS:
                yield Example(text=fragment(text, chance), harm=False, task="")
    for one in (*voices["fillers"], *voices["openings"]):
        yield Example(text=one.replace("{n}", "90"), harm=False, task="")


def fragment(text: str, chance: random.Random) -> str:
    """Cut a few words out of a harmless text: odd words alone are no harm, and short texts have nothing but few words.

    >>> fragment("which pumps fail next week", random.Random(2))
    'which pumps fail'
    """
    words = text.split()
    count = chance.randint(*SHORT)
    start = chance.randint(0, max(0, len(words) - count))
    return " ".join(words[start : start + count]).strip(",;:.")


def written() -> list[tuple[str, str, str]]:
    """Read requests/*.tsv: label, language and request with its alternatives."""
    found = []
    for path in sorted((HERE / "requests").glob("*.tsv")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            fields = line.split("\t")
            if len(fields) != 3:
                raise ValueError(f"{path.name}:{number}: not `label<TAB>language<TAB>request`")
            found.append((fields[0], fields[1], fields[2]))
    return found


def alternatives(wish: str, chance: random.Random) -> str:
    """Choose one of each `[a|b|c]`.

    >>> alternatives("[sort|sort] mails [|]", random.Random(0))
    'sort mails'
    """
    while found := re.search(r"\[([^\[\]]*)\]", wish):
        wish = wish[: found.start()] + chance.choice(found[1].split("|")) + wish[found.end() :]
    return re.sub(r"\s+", " ", wish).strip(" ,")


def voiced(wish: str, around: Sequence[str], chance: random.Random) -> str:
    """Say a wish as somebody might: with a greeting, a limit, a capital letter, or as it is."""
    text = wish if chance.random() < PLAIN else chance.choice(around).format(wish)
    return text[0].upper() + text[1:] if chance.random() < 0.25 else text


def longer(text: str, voices: Mapping[str, Sequence[str]], chance: random.Random) -> str:
    """Put sentences around a wish that every project description may hold."""
    number = str(chance.choice(NUMBERS))
    after = [chance.choice(voices["fillers"]).replace("{n}", number) for _ in range(chance.randint(1, 4))]
    before = [chance.choice(voices["openings"])] if chance.random() < 0.5 else []
    return " ".join([*before, text.rstrip(".") + ".", *after])


def seen() -> Iterator[Example]:
    """Return the requests of retired suites with what they were labelled as."""
    for path in sorted(SEEN.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            yield Example(text=row["request"], **labelled(row["gold"]))
    for line in (SEEN / "legitimate.txt").read_text(encoding="utf-8").splitlines():
        yield Example(text=line, harm=False, task="")


def labelled(gold: Mapping[str, object]) -> dict[str, object]:
    """Return harm and task of a gold answer."""
    categories = gold.get("reject_category") or ()
    assert isinstance(categories, Sequence)
    if gold["outcome"] != "rejected":
        return {"harm": False, "task": gold["task"] or ""}
    if "unethical" in categories:
        return {"harm": True, "task": ""}
    beyond = "fantastical" in categories or "unattainable" in categories
    return {"harm": False, "task": IMPOSSIBLE if beyond else NO_MODEL}

"""Write what people say to their house, with rooms, devices, durations and more marked in it, as JSON Lines.

    python examples/home-commands/make_data.py FOLDER

The sentences come from the templates of `home-assistant-intents` (Apache-2.0), which `hassil` reads: each template is
filled in some random ways, and the text of its slots becomes spans. A
template is a document: none stands in two splits.
"""

import json
import random
import sys
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

try:
    from hassil import Intents
    from hassil.expression import Alternative, Expression, Group, ListReference, Permutation, RuleReference, TextChunk
    from hassil.intents import RangeSlotList, TextSlotList
except ImportError:
    raise SystemExit("hassil is not installed: run `make setup`") from None

EACH, SEED = 6, 7
"""Sentences a template, and the seed."""
TYPES = {
    "area": "area", "name": "device", "floor": "floor", "zone": "place", "timer_name": "timer",
    "timer_hours": "duration", "timer_minutes": "duration", "timer_seconds": "duration", "timer_half": "duration",
    "todo_list_item": "item", "shopping_list_item": "item", "temperature": "temperature",
    "color": "color", "color_temperature_names": "color", "volume": "percentage", "volume_step_up": "percentage",
    "volume_step_down": "percentage", "brightness": "percentage", "position": "percentage", "fan_speed": "percentage",
    "message": "words", "search_query": "words", "timer_command": "words",
}  # fmt: skip
"""The lists whose values are marked, and as what."""
KINDS = ["ceiling", "floor", "reading", "old", "blue", "big", "left", "night", "window", "corner", "spare", "main"]
THINGS = ["lamp", "light", "fan", "heater", "blind", "plug", "lock", "speaker", "tv", "sensor", "mower", "robot"]
WORDS = {
    "area": ["kitchen", "bedroom", "living room", "office", "garage", "hallway", "guest room", "bathroom", "attic",
             "nursery", "laundry room", "dining room", "patio", "study", "pantry", "basement den", "tv room"],
    "name": [f"{kind} {thing}" for kind in KINDS for thing in THINGS] + [f"{one}'s {thing}" for one in
             ("Anna", "Ben", "Chloe", "Dev", "Emma", "Finn") for thing in THINGS] + THINGS,
    "floor": ["ground", "first", "second", "upper", "lower", "third", "top"],
    "zone": ["work", "school", "the gym", "grandma's house", "the cabin", "the office downtown"],
    "timer_name": ["pizza", "tea", "laundry", "workout", "pasta", "homework", "oven", "bread dough", "nap", "egg"],
    "todo_list_item": ["call the bank", "pay the rent", "water the plants", "fix the bike", "book a flight to Rome",
                       "clean the kitchen", "send the invoice", "renew my passport", "feed the cat at the office"],
    "shopping_list_item": ["milk", "two loaves of bread", "green apples", "olive oil", "eggs", "cat food",
                           "light bulbs", "dish soap", "12 eggs", "red onions"],
    "message": ["dinner is ready", "the bus leaves in five minutes", "come to the kitchen", "turn down the music"],
    "search_query": ["Bohemian Rhapsody", "some jazz from the sixties", "the Beatles", "Kind of Blue", "rain sounds"],
    "timer_command": ["turn off the lights", "open the garage door", "lock the front door", "start the robot"],
}  # fmt: skip
"""What a household would have named itself."""


@dataclass(kw_only=True)
class Sentence:
    """A text in the making."""

    text: str = ""
    spans: list[dict[str, object]] = field(default_factory=list)

    def tidy(self) -> dict[str, object]:
        """Return the text with single spaces, and its spans there."""
        kept: list[int] = []
        for place, sign in enumerate(self.text):
            if sign != " " or (kept and self.text[kept[-1]] != " "):
                kept.append(place)
        text = "".join(self.text[place] for place in kept).rstrip()
        new = {place: at for at, place in enumerate(kept)}
        marked = [
            {"start": new[span["start"]], "end": new[span["end"] - 1] + 1, "label": span["label"]}
            for span in self.spans
        ]
        return {"text": text, "spans": marked}


def write(sentence: Sentence, part: Expression, intents: Intents, chance: random.Random) -> None:
    """Append one random way to say `part`."""
    if isinstance(part, TextChunk):
        sentence.text += part.original_text
    elif isinstance(part, RuleReference):
        write(sentence, intents.expansion_rules[part.rule_name].expression, intents, chance)
    elif isinstance(part, ListReference):
        start = len(sentence.text)
        said = value(part.list_name, intents, chance)
        sentence.text += said
        if part.list_name in TYPES:
            end = start + len(said)
            sentence.spans.append({"start": start, "end": end, "label": TYPES[part.list_name]})
    elif isinstance(part, Alternative):
        write(sentence, chance.choice(part.items), intents, chance)
    elif isinstance(part, Permutation):
        for at, item in enumerate(chance.sample(part.items, len(part.items))):
            sentence.text += " " if at else ""
            write(sentence, item, intents, chance)
    elif isinstance(part, Group):
        for item in part.items:
            write(sentence, item, intents, chance)


def value(name: str, intents: Intents, chance: random.Random) -> str:
    """Return a random value of a list."""
    if name in WORDS:
        return chance.choice(WORDS[name])
    listed = intents.slot_lists[name]
    if isinstance(listed, RangeSlotList):
        return str(chance.randrange(listed.start, listed.stop + 1, listed.step))
    assert isinstance(listed, TextSlotList)
    inner = Sentence()
    write(inner, chance.choice(listed.values).text_in, intents, chance)
    return inner.text.strip()


def main(folder: Path) -> None:
    """Write `folder/data/commands.jsonl`."""
    content = json.loads(files("home_assistant_intents").joinpath("data/en.json").read_text(encoding="utf-8"))
    intents = Intents.from_dict(content)
    chance = random.Random(SEED)
    rows, seen = [], set()
    for name, intent in intents.intents.items():
        for number, template in enumerate(one for group in intent.data for one in group.sentences):
            for _ in range(EACH):
                sentence = Sentence()
                write(sentence, template.expression, intents, chance)
                made = sentence.tidy()
                if made["text"] not in seen:
                    seen.add(made["text"])
                    rows.append({**made, "document": f"{name}-{number}"})
    target = folder / "data" / "commands.jsonl"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    spans = sum(len(row["spans"]) for row in rows)
    print(f"{len(rows)} sentences with {spans} spans in {target}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""A name for the project, from the words of the request."""

import re

from trainerspec.drafting.reading.text import Text
from trainerspec.drafting.reading.vocabulary import Vocabulary

LONGEST = 30
WORD = r"(?<![\w.¤])[a-z][a-z]+(?![\w.])"
QUOTED = re.compile(r'"[^"]*"')
OWNER = re.compile(rf"((?:{WORD} )?{WORD}) of (?:(?:the|an?|our|my|your|their|its) )?({WORD})")
"""`the species of a penguin` is named penguin-species."""


def name(text: Text, task: str, vocabulary: Vocabulary) -> str:
    """Return a DNS label of the first words that say what it is about; the task's name if there are none.

    Examples in quotation marks are not what it is about.
    """
    stop = frozenset(str(word) for word in vocabulary.fields["stop_words"])
    words: list[str] = []
    for word in re.findall(WORD, OWNER.sub(r"\2 \1", QUOTED.sub(" ", text.folded))):
        if word in stop or word in words or any(word.startswith(known[:-1]) for known in words):
            continue
        if len("-".join([*words, word])) > LONGEST or len(words) == 2:
            break
        words.append(word)
    made = "-".join(words)
    return made if re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", made) else task

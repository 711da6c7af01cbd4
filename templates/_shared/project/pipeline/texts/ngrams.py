"""N-grams of a text, words and characters: the same in training and serving. Needs numpy alone.

Words and pairs of words say what a text is about; characters within words read misspelt words, endings and compounds.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]
WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{1,40}|[^\w\s]{1,40}"
)
"""A word, or the part of a longer run of letters; a character of Chinese, Japanese or Korean; a run of marks."""
SHORTEST, LONGEST = 3, 5
"""Characters of an n-gram within a word, which has a blank on both sides."""
A_WORD = 4
"""N-grams that a word has at least, about: so many more are read than words."""
KEPT = 50_000
"""Words whose n-grams are kept in memory."""
SEEN = 50_000
"""Texts from which the vocabulary is learnt, at most; more are taken evenly."""


def words(text: str, most: int) -> list[str]:
    """Return the first words of a text, without capitals; runs of marks are words too.

    >>> words("Late AGAIN :-( twice", 4)
    ['late', 'again', ':-(', 'twice']
    >>> words("明日の天気 is fine", 9)
    ['明', '日', 'の', '天', '気', 'is', 'fine']
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    return [match[0] for match in islice(WORD.finditer(plain), most)]


def of_word(word: str) -> list[str]:
    """Return a word with the n-grams of its characters, each once.

    >>> of_word("cat")
    ['w cat', 'c  ca', 'c cat', 'c at ', 'c  cat', 'c cat ', 'c  cat ']
    """
    whole = f" {word} "
    sizes = range(SHORTEST, min(LONGEST, len(whole)) + 1)
    grams = (whole[at : at + size] for size in sizes for at in range(len(whole) - size + 1))
    return [f"w {word}", *dict.fromkeys(f"c {gram}" for gram in grams)]


def of_pairs(read: Sequence[str]) -> Iterator[str]:
    """Return each word with the next one."""
    return (f"p {one} {two}" for one, two in pairwise(read))


def learn(texts: Sequence[str], longest: int, most: int) -> list[str]:
    """Return the n-grams that stand in at least two texts (in one, where texts are few): the most frequent first."""
    step = max(1, len(texts) // SEEN)
    seen: Counter[str] = Counter()
    single: Counter[str] = Counter()
    for text in texts[::step]:
        read = words(text, longest // A_WORD)
        single.update(set(read))
        seen.update(set(of_pairs(read)))
    for word, count in single.items():
        for gram in of_word(word):
            seen[gram] += count
    least = 2 if len(texts) >= 100 else 1
    ordered = sorted((gram for gram, count in seen.items() if count >= least), key=lambda gram: (-seen[gram], gram))
    return ordered[:most]


class Counts:
    """Counts of the known n-grams of a text; their ids begin with 1."""

    def __init__(self, vocabulary: Sequence[str], longest: int) -> None:
        """Take the known n-grams, and how many of a text are read."""
        self.vocabulary, self.longest = tuple(vocabulary), longest
        self.ids = {gram: index for index, gram in enumerate(self.vocabulary, start=1)}
        self.known: dict[str, list[int]] = {}

    def __call__(self, text: str) -> tuple[Ids, Ids]:
        """Return the ids of a text's n-grams, in their order, and how often each stands.

        Of more than are read these are the rarest. Those of characters count as often as their word stands.
        """
        read = words(text, self.longest // A_WORD)
        found: list[int] = []
        for word in read:
            found += self._of_word(word)
        found += [known for pair in of_pairs(read) if (known := self.ids.get(pair))]
        ids, counts = np.unique(np.array(found, dtype=np.int64), return_counts=True)
        return ids[-self.longest :], counts[-self.longest :].astype(np.int64)

    def _of_word(self, word: str) -> list[int]:
        kept = self.known.get(word)
        if kept is None:
            if len(self.known) >= KEPT:
                self.known.clear()
            kept = self.known[word] = [known for gram in of_word(word) if (known := self.ids.get(gram))]
        return kept

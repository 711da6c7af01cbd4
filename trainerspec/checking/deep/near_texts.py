"""Texts that are nearly the same: MinHash finds candidates, the Jaccard index of their shingles decides.

Broder, "On the resemblance and containment of documents", 1997. Candidates are sought below the bound, for at their own
threshold the bands of locality-sensitive hashing find only half of the pairs.
"""

from collections.abc import Iterator
from zlib import crc32

from datasketch import MinHash, MinHashLSH

from ..findings import Finding
from ..subject import Subject
from .groups import told, united

SHINGLE, WORDS = 5, 3
"""Characters of a shingle of a short text, words of one of a text of LONG words and more."""
LONG = 60
ALIKE = 0.8
"""Jaccard index from which two texts are nearly the same."""
SOUGHT = 0.6
"""Threshold of the index: it finds 98 % of the pairs at ALIKE."""
HASHES, SEED = 128, 1
SHORT = 40
"""Characters below which texts resemble each other by chance."""
MOST = 20_000
"""Texts that are compared, the first ones."""
LONGEST = 20_000
"""Characters of a text that are compared."""


def near_texts(subject: Subject) -> Iterator[Finding]:
    """Say which texts are nearly the same, but not the same."""
    if subject.texts is None or subject.roles.image:
        return
    plain: dict[str, int] = {}
    for row, text in enumerate(subject.texts.head(MOST).to_list()):
        one = " ".join((text or "")[:LONGEST].casefold().split())
        if len(one) >= SHORT:
            plain.setdefault(one, row)
    texts = list(plain)
    pairs = ((plain[texts[one]], plain[texts[other]]) for one, other in alike(texts))
    what = "texts that are nearly the same"
    if subject.frame.height > MOST:
        what = f"texts (of the first {MOST}) that are nearly the same"
    yield from told("near-duplicate-texts", united(pairs), subject.roles.text, what, subject)


def shingles(text: str) -> frozenset[bytes]:
    """Return the runs of SHINGLE characters of a text, or of WORDS words of a long one."""
    words = text.split()
    if len(words) >= LONG:
        return frozenset(" ".join(words[at : at + WORDS]).encode() for at in range(len(words) - WORDS + 1))
    return frozenset(text[at : at + SHINGLE].encode() for at in range(max(1, len(text) - SHINGLE + 1)))


def alike(texts: list[str]) -> Iterator[tuple[int, int]]:
    """Return the pairs of different texts whose Jaccard index is ALIKE or more, in their order."""
    index = MinHashLSH(threshold=SOUGHT, num_perm=HASHES)
    for row, text in enumerate(texts):
        own = shingles(text)
        sketch = MinHash(num_perm=HASHES, seed=SEED, hashfunc=crc32)
        sketch.update_batch(sorted(own))
        for other in sorted(index.query(sketch)):
            rest = shingles(texts[other])
            if len(own & rest) >= ALIKE * len(own | rest):
                yield other, row
        index.insert(row, sketch)

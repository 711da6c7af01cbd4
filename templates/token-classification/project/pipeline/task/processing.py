"""Turn raw texts into tensors and the model's output into spans: the same code in training, tests and serving.

A text is cut into words whose character offsets are exact in any script; a long text is read in windows that overlap,
and each word is answered once, by the window in which it stands farthest from an edge.
Used by every stage and by the server; needs numpy and tokenizers only.
Run `python -m pipeline.task.processing build/artifact "a text"` to see the words of a text and its windows.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from tokenizers import Regex, Tokenizer
from tokenizers.pre_tokenizers import Split

Tensors: TypeAlias = Mapping[str, npt.NDArray[np.generic]]
Floats: TypeAlias = npt.NDArray[np.float32]
Tags: TypeAlias = npt.NDArray[np.int16]
"""One number a word: 0 no word, 1 outside, 2 + 2k the first word of a span of label k, 3 + 2k a further one."""
LONGEST = 30_000
"""Characters of the longest text that is read: time and memory of a full batch stay bounded."""
LONGEST_WORD = 8
"""Tokens of a word that are read."""
OVERLAP = 4
"""One part in so many of a window is read again in the next one."""
KINDS = ("lower", "title", "upper", "mixed", "caseless", "digits", "other")
SHAPES = 1 + 4 * len(KINDS)
"""Size of the vocabulary of `shapes`: 0 is no word; else the kind, after a space or not, first token or not."""
_JOINED = r"[\p{M}\x{1F3FB}-\x{1F3FF}]*(?:\x{200D}\S[\p{M}\x{1F3FB}-\x{1F3FF}]*)*"
_WORDS = Split(
    Regex(
        r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]\p{M}*"
        r"|(?:\p{L}[\p{M}\x{200C}\x{200D}]*)+|\p{N}+\p{M}*|[\x{1F1E6}-\x{1F1FF}]{2}|\S" + _JOINED
    ),
    "isolated",
)
"""Letters with their marks, digits, any other sign with what joins it; one sign where a script has no spaces."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """Some words of a text that are read at once."""

    ids: list[int]
    shapes: list[int]
    first: list[int]
    """The place in `ids` of each word's first token."""
    start: int
    """The number of the first word."""
    owned: tuple[int, int]
    """The words, from and up to, that are answered from here."""


def words(text: str) -> list[tuple[int, int]]:
    """Return start and end, in characters, of each word.

    >>> [text[a:b] for text in ["Ann paid 5km, café"] for a, b in words(text)]
    ['Ann', 'paid', '5', 'km', ',', 'café']
    """
    return [place for word, place in _WORDS.pre_tokenize_str(text) if not word.isspace()]


def shape(word: str) -> int:
    """Return the kind of a word, as its place in KINDS: a base that lower-cases still sees capitals."""
    if word.isalpha():
        if word.islower():
            return 0
        if word.isupper():
            return 2 if len(word) > 1 else 1
        return 1 if word.istitle() else 3 if word.lower() != word.upper() else 4
    return 5 if word[0].isnumeric() else 6


class Processor:
    """Encode and decode for one trained model."""

    def __init__(self, tokenizer: Tokenizer, *, labels: Sequence[str], max_length: int, pad_id: int) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self.tokenizer = tokenizer
        self.labels = tuple(labels)
        self.max_length = max_length
        self.pad_id = pad_id
        self.around = tokenizer.encode("").ids
        """What the tokenizer puts before (one) and behind (the rest) a text."""
        unknown = getattr(tokenizer.model, "unk_token", None) or "[UNK]"
        self.unknown = tokenizer.token_to_id(unknown) or 0

    def encode(self, raw: Mapping[str, Sequence[str]]) -> dict[str, npt.NDArray[np.int64]]:
        """Return `input_ids`, `attention_mask` and `shapes` (INT64, texts x windows x tokens) for `raw["text"]`.

        Raises ValueError, with a reason for the sender, when `raw` holds no texts or one that is too long.
        """
        texts = raw.get("text")
        if texts is None:
            raise ValueError("input `text` is missing")
        if len(texts) == 0:
            raise ValueError("input `text` holds no texts")
        for index, text in enumerate(texts):
            if not isinstance(text, str):
                raise ValueError(f"text {index} is {type(text).__name__}, not a string")
            if len(text) > LONGEST:
                raise ValueError(f"text {index} has {len(text)} characters; at most {LONGEST} are read")
        rows = [self.windows(text) for text in texts]
        many = max(len(row) for row in rows)
        flat = self.pad([window for row in rows for window in row])
        place = np.array([at * many + index for at, row in enumerate(rows) for index in range(len(row))])
        width = flat["input_ids"].shape[1]
        made = {name: np.zeros((len(rows) * many, width), dtype=np.int64) for name in flat}
        made["input_ids"][:] = self.pad_id
        made["attention_mask"][:, 0] = 1  # a window without words still attends to something
        for name, array in flat.items():
            made[name][place] = array
        return {name: array.reshape(len(rows), many, width) for name, array in made.items()}

    def windows(self, text: str) -> list[Window]:
        """Cut a text into windows of at most `max_length` tokens; a text without words is one empty window."""
        places = words(text)
        pieces = self._pieces([text[start:end] for start, end in places])
        kinds = [
            4 * shape(text[start:end]) + 2 * (start > 0 and not text[start - 1].isspace()) for start, end in places
        ]
        room = max(1, self.max_length - len(self.around))
        bounds = list(_cut([len(piece) for piece in pieces], room))
        middles = [(bounds[i][1] + bounds[i + 1][0]) // 2 for i in range(len(bounds) - 1)]
        owned = zip([0, *middles], [*middles, len(places)], strict=True)
        found = []
        for (start, end), mine in zip(bounds, owned, strict=True):
            ids, shapes, first = self.around[:1], [0] * len(self.around[:1]), []
            for word in range(start, end):
                first.append(len(ids))
                ids = ids + pieces[word]
                shapes += [1 + kinds[word], *[2 + kinds[word]] * (len(pieces[word]) - 1)]
            ids, shapes = ids + self.around[1:], shapes + [0] * len(self.around[1:])
            found.append(Window(ids=ids, shapes=shapes, first=first, start=start, owned=mine))
        return found

    def _pieces(self, texts: list[str]) -> list[list[int]]:
        """Return each word's token ids; a word that the tokenizer drops is unknown to it."""
        pieces: list[list[int]] = [[] for _ in texts]
        found = self.tokenizer.encode(texts, is_pretokenized=True, add_special_tokens=False)
        for word, token in zip(found.word_ids, found.ids, strict=True):
            if word is not None and len(pieces[word]) < LONGEST_WORD:
                pieces[word].append(token)
        return [piece or [self.unknown] for piece in pieces]

    def pad(self, rows: Sequence[Window]) -> dict[str, npt.NDArray[np.int64]]:
        """Put windows of unequal length into arrays (windows x tokens)."""
        width = max(1, *(len(row.ids) for row in rows))
        ids = np.full((len(rows), width), self.pad_id, dtype=np.int64)
        mask, shapes = np.zeros_like(ids), np.zeros_like(ids)
        mask[:, 0] = 1
        for index, row in enumerate(rows):
            ids[index, : len(row.ids)] = row.ids
            mask[index, : len(row.ids)] = 1
            shapes[index, : len(row.ids)] = row.shapes
        return {"input_ids": ids, "attention_mask": mask, "shapes": shapes}

    def decode(self, tensors: Tensors, raw: Mapping[str, Sequence[str]]) -> dict[str, list[list[dict[str, object]]]]:
        """Return `spans`: for each text a list of {start, end, label, text, score}, offsets in characters."""
        texts = raw["text"]
        return {"spans": [self.spans(*one) for one in zip(texts, *self._answers(tensors, texts), strict=True)]}

    def settle(self, tensors: Tensors, raw: Mapping[str, Sequence[str]]) -> dict[str, npt.NDArray[np.generic]]:
        """Return what is measured: `tags` of the words and how `sure` each is (texts x words of the longest text)."""
        rows, tags = self._answers(tensors, raw["text"])
        width = max(1, *(len(one) for one in tags))
        made = np.zeros((len(tags), width), dtype=np.int16)
        sure = np.zeros((len(tags), width), dtype=np.float32)
        for index, (row, one) in enumerate(zip(rows, tags, strict=True)):
            made[index, : len(one)] = one
            sure[index, : len(one)] = row[np.arange(len(one)), one - 1]
        return {"tags": made, "sure": sure}

    def _answers(self, tensors: Tensors, texts: Sequence[str]) -> tuple[list[Floats], list[Tags]]:
        """Return each text's probabilities (words x tags), each word once, and its best tags."""
        probabilities = np.asarray(tensors["probabilities"], dtype=np.float32)
        rows = []
        for index, text in enumerate(texts):
            parts = [own(window, probabilities[index, at]) for at, window in enumerate(self.windows(text))]
            rows.append(np.concatenate(parts))
        return rows, best(rows)

    def spans(self, text: str, probabilities: Floats, tags: Tags) -> list[dict[str, object]]:
        """Return the spans of a text; the score is the mean probability of the label over the span's words."""
        places = words(text)
        found: list[dict[str, object]] = []
        for first, last, label in runs(tags):
            start, end = places[first][0], places[last][1]
            score = float(probabilities[first : last + 1, 2 * label + 1 : 2 * label + 3].sum(axis=1).mean())
            about = {"start": start, "end": end, "label": self.labels[label], "text": text[start:end]}
            found.append({**about, "score": round(min(1.0, score), 4)})
        return found


def _cut(sizes: Sequence[int], room: int) -> Iterator[tuple[int, int]]:
    """Cut words of these sizes into windows that hold `room` tokens and overlap by a part of that."""
    start, count = 0, len(sizes)
    while True:
        end, used = start, 0
        while end < count and (used + sizes[end] <= room or end == start):
            used += sizes[end]
            end += 1
        yield start, end
        if end >= count:
            return
        back, again = end, 0
        while back - 1 > start and again + sizes[back - 1] <= room // OVERLAP:
            back -= 1
            again += sizes[back]
        start = back


def own(window: Window, probabilities: Floats) -> Floats:
    """Pick, of a window's outputs (tokens x tags), those of the first tokens of the words that it answers."""
    first = window.first[window.owned[0] - window.start : window.owned[1] - window.start]
    return probabilities[np.array(first, dtype=np.int64)]


def best(rows: Sequence[Floats]) -> list[Tags]:
    """Find each text's most probable tags among those that are possible: a span starts before it goes on (Viterbi)."""
    longest = max((len(row) for row in rows), default=0)
    if not longest:
        return [np.zeros(0, dtype=np.int16) for _ in rows]
    tags = rows[0].shape[1]
    scores = np.zeros((longest, len(rows), tags), dtype=np.float32)
    for index, row in enumerate(rows):
        scores[: len(row), index] = np.log(np.maximum(row, 1e-9))
    inner = np.arange(2, tags, 2)
    back = np.zeros((longest, len(rows), tags), dtype=np.int16)
    path = scores[0].copy()
    path[:, inner] = -np.inf
    each = np.arange(len(rows))
    for word in range(1, longest):
        before = path.argmax(axis=1)
        reached = np.repeat(path[each, before][:, None], tags, axis=1)
        back[word] = before[:, None]
        begun = path[:, inner - 1] >= path[:, inner]
        reached[:, inner] = np.where(begun, path[:, inner - 1], path[:, inner])
        back[word][:, inner] = np.where(begun, inner - 1, inner)
        # beyond its end a text keeps its path
        going = np.array([word < len(row) for row in rows])[:, None]
        path = np.where(going, reached + scores[word], path)
        back[word] = np.where(going, back[word], np.arange(tags))
    found = np.zeros((len(rows), longest), dtype=np.int16)
    tag = path.argmax(axis=1)
    for word in range(longest - 1, -1, -1):
        found[:, word] = tag
        tag = back[word][each, tag]
    return [found[index, : len(row)] + np.int16(1) for index, row in enumerate(rows)]


def runs(tags: Tags) -> Iterator[tuple[int, int, int]]:
    """Return first word, last word and label number of each span."""
    first = -1
    for word, tag in enumerate([*tags.tolist(), 1]):
        if first >= 0 and (tag < 3 or tag % 2 == 0):
            yield first, word - 1, (int(tags[first]) - 2) // 2
            first = -1
        if tag >= 2 and tag % 2 == 0:
            first = word


def load(folder: Path) -> Processor:
    """Read the processor from a folder that holds tokenizer.json and preprocess.json."""
    settings = json.loads((folder / "preprocess.json").read_text(encoding="utf-8"))
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    return Processor(tokenizer, labels=settings["labels"], max_length=settings["max_length"], pad_id=settings["pad_id"])


def save(processor: Processor, folder: Path) -> None:
    """Write what `load` reads."""
    settings = {"labels": list(processor.labels), "max_length": processor.max_length, "pad_id": processor.pad_id}
    processor.tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "preprocess.json").write_text(json.dumps(settings, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


FILES = ("tokenizer.json", "preprocess.json")
"""What `load` needs; these files travel with the model."""


if __name__ == "__main__":
    for one in load(Path(sys.argv[1])).windows(sys.argv[2]):
        print(one)

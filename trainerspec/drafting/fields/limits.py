"""Limits and wishes in a request: `accuracy at least 95 %`, `under 20 ms on CPU`, `as small as possible`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from trainerspec.drafting.fields.amounts import Amount, amount
from trainerspec.drafting.reading.pattern import Reading
from trainerspec.drafting.reading.spans import Span, ends_in
from trainerspec.drafting.reading.vocabulary import MetricWords, Vocabulary

COMPARISONS = {
    "at_least": "LEAST",
    "at_most": "MOST",
    "soft": "SOFT",
    "after_at_least": "LEAST_AFTER",
    "after_at_most": "MOST_AFTER",
}
WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*|[,(]|[:]")
STOP = re.compile(
    r"(?<!\bmax)(?<!\bmin)(?<!\bca)(?<!\bapprox)(?<!\bmind)(?<!\bmáx)(?<!\bmín)(?<!\bnr)[.](?=\s|$)|[!?;\n](?=\s|$)|(?<=[\u3400-\u9fff\u0900-\u097f])[.;!?]|¤"
    r"|(?<![^\W_])(?:but|aber|pero|maar|jedoch|however)(?![^\W_])"
)
COUNTED = re.compile(
    r"\s+(?:kinds|classes|categories|labels|types|groups|grades|desks|topics|queues|species|folders|columns|fields|languages|models|"
    r"klassen|kategorien|arten|gruppen|sprachen|clases|categorías|tipos|classi|categorie|tipi|catégories|sortes|soorten|categorieën|categorias)(?![a-z])"
)
"""What stands behind a number that counts kinds."""
CLASS = re.compile(
    r"(?<![^\W_])(?:class|klasse|clase|classe|category|label)(?:\s+(?:label|no\.?|nr\.?))?\s*[\"'`]?$|类\s?$"
)
"""What stands before a number that is a class."""
THOSE = re.compile(
    r"(?<![^\W_])(?:those|these|all|both|diese[nr]?|alle[nr]?|estos|estas|esos|esas|ces|questi|deze)\s+$"
)
"""What stands before a number that counts things."""
PROCESSORS = ("cpu", "gpu")
OF = re.compile(r"(?:['’]s)?[ -]?")
"""What stands between a device and its processor, which is what counts: `on a phone CPU`."""
TURNED = {"LEAST": "MOST", "MOST": "LEAST"}
DENYING = re.compile(
    r"(?<![^\W_])(?:(?:can|must|should|may|do|does|will|would)(?:n't|not| not| never)|never|nicht|niemals|ne|no|"
    r"não|nao|non|niet|nooit)\s+(?:(?:ever|be|take|takes|get|go|come|cost|need|use|weigh|last|have|has|run|stay|länger|pasen?|"
    r"tarde|supere|pese|passer?|prenne|deve|dürfen|darf|sein|superi|mag|mogen|zijn|duren|any|a|de|es|é)\s+){0,3}$"
)
"""What stands before a comparison that is turned round: `it cannot take more than 2 s`."""
RATHER = re.compile(
    r"(?<![^\W_])(?:not|no|nicht|non|pas|niet|n[ãa]o|instead of|rather than|statt|plutôt que|e[nm] vez de|invece di)\s+"
    r"(?:(?:plain|mere|simple|raw|overall|the|just|only|der|die|la|el|simpla)\s+)?$"
)
"""What stands before a metric that is not meant, behind the one that is."""
DECADE = re.compile(r"(?:1[5-9]|20)\d0s")
REACH = 8
"""Most words between a metric and its number."""
LETTERS = {
    "METRIC": "m",
    "VALUE": "v",
    "LEAST": "l",
    "MOST": "u",
    "SOFT": "s",
    "LEAST_AFTER": "L",
    "MOST_AFTER": "U",
    "AND": "a",
    "DEVICE": "d",
    "WORD": "w",
    "COMMA": "c",
}
"""A letter for each kind of word, for `LIMIT`."""
_AMOUNT = r"(?:[lus][wc]*)*v[LU]?"
LIMIT = re.compile(
    rf"""(?: m(?:am)*[wc]* {_AMOUNT}     # accuracy should be at least 95 %: METRIC WORD WORD LEAST VALUE
    | {_AMOUNT} w*m(?:am)*               # 95 % or more of them right: VALUE LEAST_AFTER WORD WORD METRIC
    | {_AMOUNT} ) (?:w*d)?               # under 20 ms on CPU: MOST VALUE WORD DEVICE
    """,
    re.VERBOSE,
)
"""One limit inside a sentence, over kinds of words: the vocabulary files say which words are of which kind."""


SHARED = re.compile(r"v[LU]?w*m(?:am)*am\|w?[lus]*v")
"""A metric behind `and` whose own number follows: `95% accuracy and AUC over .98`."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One word of the text and its kind, as the grammar sees it."""

    kind: str
    span: Span
    metric: MetricWords | None = None
    amount: Amount | None = None
    device: str = ""


@dataclass(frozen=True, kw_only=True)
class Limit:
    metrics: tuple[MetricWords, ...]
    """Empty when only a number is said."""
    amount: Amount
    op: Literal[">=", "<=", ""]
    """Empty when no word compares: the metric then says it."""
    device: str
    span: Span
    value: Span | None = None
    """Where the number stands."""


def pieces(reading: Reading, vocabulary: Vocabulary) -> tuple[Piece, ...]:
    """Cut the text into pieces; where readings overlap, the earlier and longer one wins."""
    found: list[Piece] = []
    for metric in vocabulary.metrics.values():
        found += (Piece(kind="METRIC", span=span, metric=metric) for span in metric.words.spans(reading))
    for name, kind in COMPARISONS.items():
        found += (Piece(kind=kind, span=span) for span in vocabulary.compare[name].spans(reading))
    for device, words in vocabulary.devices.items():
        found += (Piece(kind="DEVICE", span=span, device=device) for span in words.spans(reading))
    found += (
        Piece(kind="VALUE", span=match.span(), amount=amount(match, vocabulary))
        for match in vocabulary.value.finditer(reading.folded)
        if not COUNTED.match(reading.folded, match.end()) and not _names(match)
    )
    found += (Piece(kind="STOP", span=match.span()) for match in STOP.finditer(reading.folded))
    order = {"STOP": 0, "VALUE": 1, "LEAST_AFTER": 2, "MOST_AFTER": 2, "METRIC": 3}
    kept: list[Piece] = []
    for piece in sorted(
        _turned(found, reading.folded), key=lambda one: (one.span[0], -one.span[1], order.get(one.kind, 4))
    ):
        if (
            kept
            and piece.device in PROCESSORS
            and kept[-1].device
            and OF.fullmatch(reading.folded, kept[-1].span[1], piece.span[0])
        ):
            kept[-1] = replace(piece, span=(kept[-1].span[0], piece.span[1]))
        elif not kept or piece.span[0] >= kept[-1].span[1]:
            kept.append(piece)
        elif kept[-1].span == piece.span and kept[-1].kind.endswith("_AFTER") and piece.kind in ("LEAST", "MOST"):
            kept[-1] = _before_or_after(kept, piece, reading.folded)
    return tuple(_with_words(kept, reading.folded))


def _names(match: re.Match[str]) -> bool:
    """Say whether a number is a name: of a class (`class 1`), a decade (`the 1920s`), or of things (`those four`)."""
    few = match.group().isdigit() and ends_in(THOSE, match.string, match.start()) is not None
    return few or DECADE.fullmatch(match.group()) is not None or ends_in(CLASS, match.string, match.start()) is not None


def _turned(found: Sequence[Piece], folded: str) -> Iterator[Piece]:
    """Turn comparisons that are negated (`can't take longer than`), and leave out metrics that are (`not accuracy`)."""
    starts = {piece.span[0] for piece in found if piece.kind == "METRIC"}
    for piece in found:
        start = piece.span[0]
        if piece.kind in TURNED and ends_in(DENYING, folded, start):
            yield replace(piece, kind=TURNED[piece.kind])
        elif piece.kind != "METRIC" or not (ends_in(RATHER, folded, start) and any(a < start for a in starts)):
            yield piece


def _before_or_after(kept: list[Piece], other: Piece, folded: str) -> Piece:
    """Words such as `max` compare what stands before them only directly behind a number."""
    previous = kept[-2] if len(kept) > 1 else None
    near = previous is not None and previous.kind == "VALUE" and not folded[previous.span[1] : kept[-1].span[0]].strip()
    return kept[-1] if near else other


def _with_words(kept: Sequence[Piece], folded: str) -> Iterator[Piece]:
    last = 0
    for at, piece in enumerate([*kept, Piece(kind="STOP", span=(len(folded), len(folded)))]):
        words = list(WORD.finditer(folded, last, piece.span[0]))
        if (
            at
            and [match.group() for match in words] in (["and"], [], ["or"], ["&"], ["y"], ["und"], ["et"])
            and kept[at - 1].kind == piece.kind == "METRIC"
        ):
            yield Piece(kind="AND", span=(last, piece.span[0]))
        else:
            for match in words:
                yield Piece(kind="COMMA" if match.group() in ",:(" else "WORD", span=match.span())
        if at < len(kept):
            yield piece
        last = piece.span[1]


LONGEST = 60
"""Pieces that one limit may have: a list of numbers is no limit, however long it is."""


STOPPED = Piece(kind="STOP", span=(-1, -1))


def limits(found: Sequence[Piece]) -> tuple[Limit, ...]:
    """Read every limit: at each piece that can begin one, the longest reading of the grammar."""
    result: list[Limit] = []
    at = 0
    while at < len(found):
        if found[at].kind in ("METRIC", "VALUE", "LEAST", "MOST", "SOFT"):
            read, used = _longest(found, at)
            if read is not None and not _of_next(found, at, used):
                read = _at_percentile(
                    read, (*reversed(found[max(0, at - 3) : at]), STOPPED, *found[at + used : at + used + 6])
                )
                result.append(read)
                at += used
                continue
        at += 1
    return tuple(result)


def _at_percentile(read: Limit, around: Sequence[Piece]) -> Limit:
    """Take the percentile beside a limit on time: `within 50 ms at p99`, `99th percentile of response time 50 ms`."""
    plain = all(metric.name == "latency.p95" for metric in read.metrics)
    if not plain or read.amount.unit != "time":
        return read
    at = around.index(STOPPED)
    for side in (around[:at], around[at + 1 :]):
        other = next((piece for piece in side if piece.kind not in ("WORD", "COMMA")), None)
        named = other.metric if other is not None and other.kind == "METRIC" else None
        if named is not None and named.name.startswith("latency.p") and named.name != "latency.p95":
            return replace(read, metrics=(named,))
    return read


def _of_next(found: Sequence[Piece], at: int, used: int) -> bool:
    """Say whether the number belongs to the metric behind it: `a missed one is expensive, so 99% recall`."""
    kinds = [piece.kind for piece in found[at : at + used + 2]]
    value = kinds.index("VALUE")
    follower = found[at + value + 1] if at + value + 1 < len(found) else None
    number = found[at + value].amount
    if kinds[0] != "METRIC" or "COMMA" not in kinds[:value] or follower is None or follower.metric is None:
        return False
    after = found[at + value + 2].kind if at + value + 2 < len(found) else "STOP"
    own = after in ("VALUE", "LEAST", "MOST", "SOFT")
    return not own and number is not None and fits(follower.metric, number)


def _longest(found: Sequence[Piece], at: int) -> tuple[Limit | None, int]:
    """Return the longest limit that begins at a piece, and how many pieces it has."""
    kinds, words = "", 0
    for piece in found[at : at + LONGEST]:
        words = words + 1 if piece.kind in ("WORD", "COMMA") else 0
        if piece.kind == "STOP" or words > REACH:
            break
        kinds += LETTERS[piece.kind]
    for length in range(len(kinds), 0, -1):
        if LIMIT.fullmatch(kinds, 0, length) and not SHARED.search(f"{kinds[:length]}|{kinds[length:]}"):
            read = _read(found[at : at + length])
            if read is not None:
                return read, length
    return None, 0


def _read(parts: Sequence[Piece]) -> Limit | None:
    amount = next(part.amount for part in parts if part.amount)
    metrics = tuple(part.metric for part in parts if part.metric)
    if metrics and not all(fits(metric, amount) for metric in metrics):
        return None
    solid = [part for part in parts if part.kind not in ("WORD", "COMMA")]
    device = next((part.device for part in parts if part.device), "")
    ops = [part.kind for part in parts if part.kind.startswith(("LEAST", "MOST"))]
    op: Literal[">=", "<=", ""] = "" if not ops else (">=" if ops[-1].startswith("LEAST") else "<=")
    return Limit(
        metrics=metrics,
        amount=amount,
        op=op,
        device=device,
        span=(solid[0].span[0], solid[-1].span[1]),
        value=next(part.span for part in parts if part.amount),
    )


def fits(metric: MetricWords, amount: Amount) -> bool:
    """Say whether a number can be a value of the metric."""
    if metric.unit == "ratio":
        return amount.unit == "ratio" or (amount.unit == "number" and not amount.money and amount.number <= 100)
    if metric.unit == "number":
        percent = amount.unit == "ratio" and metric.better == "lower"
        return amount.unit != "rate" and not (percent and metric.name != "mae")
    return metric.unit == amount.unit and metric.unit != "cost"

# ruff: noqa: E501 - a phrase a line
"""What a limit means: which metric, and of which class."""

import bisect
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from trainerspec.drafting.fields.amounts import Amount
from trainerspec.drafting.fields.limits import Limit, Piece
from trainerspec.drafting.fields.shares import Cues, Share, mentioned, share, wanted
from trainerspec.drafting.reading.pattern import Phrases, Reading
from trainerspec.drafting.reading.spans import Span
from trainerspec.drafting.reading.text import Text
from trainerspec.drafting.reading.vocabulary import AMOUNT, MetricWords, Vocabulary

CLAUSE = re.compile(
    r"[.!?;\n](?=\s|$)|,? (?:but|aber|pero|mais|however|yet|while|now we|we need|"
    r"as long as|solange)\b|但|लेकिन|,"
)
SENTENCE = re.compile(r"[.!?;\n](?=\s|$)|(?<=[\u3400-\u9fff])[.;]")
DATA = re.compile(
    r"\s*(?:of|worth of|von|de|of our|的)?\s*(?!(?:per|a|an|each|every|pro|je|por|"
    r"par)\b)(?:\w+\s)?(?:data|images?|photos?|pictures|logs?|files?|texts?|documents?|"
    r"videos?|footage|audio|recordings?|rows"
    r"|records|history|dataset|csv|clips?|old|ago|long|windows?|lookback|apart|daten|bilder|datos|données|数据)"
)
"""What stands behind a number that counts data."""
NOT_LIMIT = re.compile(
    r"(?<![a-z])(?:last|past|next|every|previous|first|each|coming|after|older than|younger "
    r"than|aged?|over the|letzten|nächsten|alle|últimos|próximos|cada|derniers|prochains|"
    r"过去|未来|每|最近|पिछले|अगले)$"
)
"""What stands before a number that tells a stretch of time."""
SHARE_OF = re.compile(
    r"\s*(?:of|der|de|des|for|to|train|test|val|split|holdout|held|hold|are|were|"
    r"have|is|off|discount|du|का|的)\b"
)
FITS = re.compile(r"\b(?:in|into|within|fits?(?: in(?:to)?)?|passt in|en|dans)\s*$")
"""What stands before a size that something has to fit in."""
NEGATED = re.compile(r"(?<![^\W_])(?:not|no|never|nicht|nie|ne|pas|non|não|nao|niet|n't)(?![^\W_])|不|नहीं")
MOST_LOST = 50
"""Percent that somebody may lose or find wrong; of more, words of loss tell something else."""
GOAL = re.compile(r"(?:target|goal|aim|ziel|objetivo|objectif|目标|लक्ष्य)")
"""How a number begins that is to be reached, though no word compares."""
ITEM = re.compile(r"^\s*(?:per|each|a|an|pro|je|por|par|every|cada|chaque|/|每|प्रति)\s*(?:\w+)?")
OF = (
    r"(?:of|for|on|to|von|bei|für|auf|de|para|pour|sur|en|sobre|em|na|su|sul|sulla|della|per|di|op|van|voor|bij|dla|对|对于) ?(?:the |that |same |class |klasse |clase |classe |all |our |"
    r"der |die |la |los |las |les |le |il |de )*[\"'«“ ]{0,3}"
)
METRIC = (
    "(?:recall|precision|f1|sensitivity|specificity|rappel|précision|precisión|precisione|precisão|richiamo|"
    "revocação|sensibilidad|genauigkeit|trefferquote)"
)
ITS = r"['\" ]?(?=的(?:召回|精确|准确|查全|查准|f1|iou|dice)|の(?:再現|適合|精度|f1|iou)|의 ?(?:재현|정밀|f1|iou))"
"""What stands behind a class whose metric follows in Chinese, Japanese and Korean."""
NAMED = re.compile(
    rf"(?:{METRIC}|\d ?%?) (?:(?:of|for|on|bei|für|auf|de|para|pour|sur|per|su|di|van|voor|em|na) )(?:the )?"
    r"(?:[\"'«“‘](?P<quoted>[^\W_][\w -]{0,30}?)[\"'»”’](?!\w)"
    r"|(?:class|klasse|clase|classe) [\"'«“‘]?(?P<told>\w+)|(?P<code>\w+_\w+))"
)
"""A class by name behind a metric or a number."""
SHORT = 3
"""Letters of a word that does not tell a class alone."""
NEAR = 60
"""Characters before and behind a number that may tell what it counts."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What an objective is read in."""

    reading: Reading
    vocabulary: Vocabulary
    pieces: Sequence[Piece]
    answers: str
    """What comes out: `class`, `spans`, `value`, `steps`, `box`, `picture`."""
    metrics: frozenset[str]
    """Names that the task declares; empty when the task has no folder."""
    device: str
    """The one device that the request serves on, or nothing."""
    classes: tuple[str, ...] = ()
    """The classes that the request lists."""
    seen: tuple[str, ...] = ()
    """The classes that the data has, where it was looked at."""
    per_class: frozenset[str] = frozenset()
    """Names of metrics that the task measures for one class."""
    positive: str = ""
    """The class that the request calls the positive one."""
    text: Text | None = None
    """The request with its case."""

    def exact(self, start: int, end: int) -> str:
        """Return a stretch as the request writes it."""
        return self.text.exact(start, end) if self.text is not None else self.reading.folded[start:end]

    def around(self, span: Span, ends: re.Pattern[str]) -> Span:
        """Return the bounds of the sentence or clause around a place."""
        folded = self.reading.folded
        starts, stops = _cuts(folded, ends)
        before, after = bisect.bisect_right(stops, span[0]), bisect.bisect_left(starts, span[1])
        return stops[before - 1] if before else 0, starts[after] if after < len(starts) else len(folded)

    def holds(self, words: Phrases, span: Span) -> bool:
        """Say whether any of the words stands in a stretch of the text."""
        return self.reading.holds(words, *span)

    def name(self, metric: MetricWords) -> str:
        """Return the name under which the task declares a metric."""
        return next((name for name in (*metric.also, metric.name) if name in self.metrics), metric.name)


@lru_cache(maxsize=8)
def _cuts(folded: str, ends: re.Pattern[str]) -> tuple[list[int], list[int]]:
    spans = [match.span() for match in ends.finditer(folded)]
    return [span[0] for span in spans], [span[1] for span in spans]


def class_of(scene: Scene, span: Span, family: str, *, told: bool) -> str:
    """Return the class that a limit means: one beside it, one that its sentence names, or the one that is looked for.

    The last two only for shares of a class that is found: a sentence may name classes for other reasons.
    """
    folded = scene.reading.folded
    clause, sentence = scene.around(span, CLAUSE), scene.around(span, SENTENCE)
    whole = (clause, (sentence[0], span[1])) if scene.classes or not scene.seen else (_own(scene, span),)
    for start, end in whole:
        beside = class_beside(scene, span, (max(start, span[0] - NEAR), end))
        if beside:
            return beside
    if (
        not scene.classes
        and not scene.seen
        and (named_alone := class_named(scene, span, (max(sentence[0], span[0] - NEAR), clause[1])))
    ):
        return named_alone
    if family not in ("recall", "precision"):
        return ""
    for stretch in (clause, sentence):
        named = mentioned(folded, scene.classes, stretch)
        if len({label for _, label in named}) == 1:
            return named[0][1]
        if named and stretch is clause:
            return min(named, key=lambda one: max(span[0] - one[0][1], one[0][0] - span[1], 0))[1]
    if scene.positive:
        return scene.positive
    return wanted(scene.classes) if told or family not in scene.metrics else ""


def _own(scene: Scene, span: Span) -> Span:
    """Return the part of a clause that is for one limit: up to the metric of the next, and its beginning where it is the first.

    A clause before, such as `For tents, `, belongs to it.
    """
    clause, sentence = scene.around(span, CLAUSE), scene.around(span, SENTENCE)
    topic = re.match(rf"\s*{OF}", scene.reading.folded[slice(*sentence)]) and clause[0] - sentence[0] < NEAR // 2
    start, end = sentence[0] if topic else clause[0], clause[1]
    others = [piece.span for piece in scene.pieces if piece.metric]
    shared = any(start <= one[0] and one[1] <= span[0] for one in others)
    behind = (one[0] for one in others if one[0] >= span[1])
    return span[0] if shared else start, min((end, *behind))


def class_beside(scene: Scene, span: Span, stretch: Span) -> str:
    """Return the class nearest to a limit of those that a stretch names as the class of a metric; empty without one."""
    found: list[tuple[int, str]] = []
    classes = tuple(dict.fromkeys((*scene.seen, *scene.classes)))
    for label in classes:
        word = f"(?:{'|'.join(map(re.escape, _forms(label, classes)))})"
        pattern = (
            rf"(?<!\w){OF}{word}(?!\w)|(?<!\w){word}['\" -]{{1,3}}(?={METRIC})|{METRIC}[.:_ ]{word}(?!\w)|{word}{ITS}"
        )
        for match in re.finditer(pattern, scene.reading.folded[slice(*stretch)]):
            far = max(span[0] - stretch[0] - match.end(), stretch[0] + match.start() - span[1], 0)
            found.append((far, label))
    return min(found)[1] if found else ""


def _forms(label: str, classes: Sequence[str]) -> list[str]:
    """Return how a class is named beside a metric: whole, one or many, or by a word that no other class has.

    >>> _forms("cracked lids", ["cracked lids", "whole lids"])
    ['cracked lids', 'cracked lid', 'cracked']
    """
    whole = label.casefold()
    words = whole.split() if " " in whole else []
    own = [one for one in words if len(one) > SHORT and sum(one in other.casefold().split() for other in classes) == 1]
    return [whole, whole[:-1] if whole.endswith("s") and len(whole) > SHORT else f"{whole}s", *own]


def class_named(scene: Scene, span: Span, stretch: Span) -> str:
    """Return the class that stands behind a metric or a limit as a name, where no classes are listed.

    A name is quoted, follows a word for class, or is written as no word is: `recall of 'likely'`, `f1 for class 1`,
    `precision on false_info`.
    """
    found: list[tuple[int, Span]] = []
    for match in NAMED.finditer(scene.reading.folded[slice(*stretch)]):
        group = match.lastgroup or "code"
        at = stretch[0] + match.start(group), stretch[0] + match.end(group)
        found.append((max(span[0] - at[1], at[0] - span[1], 0), at))
    return scene.exact(*min(found)[1]) if found else ""


def metrics_of(scene: Scene, limit: Limit) -> tuple[MetricWords, ...]:
    known = scene.vocabulary.metrics
    told = _share(scene, limit)
    if told is not None:
        return (known[{"recall": "missed", "precision": "false_alarms"}[told.family] if told.rest else told.family],)
    unlikely = scene.answers not in AMOUNT and "mae" not in scene.metrics
    if limit.metrics and limit.metrics[0].name == "mae" and unlikely:
        name = _bare(scene, limit) if limit.amount.unit == "time" else ""  # `on average under 20 ms`
        return (known[name],) if name else ()
    if limit.metrics:
        return tuple(_meant(scene, metric, limit.amount) for metric in limit.metrics)
    name = _bare(scene, limit)
    return (known[name],) if name else ()


def _share(scene: Scene, limit: Limit) -> Share | None:
    """Say whose share a number without a metric is; `right` and `recognised` are words before they are metrics."""
    names = {metric.name for metric in limit.metrics}
    loose = names <= {"accuracy", "recognised", "error", "mae", "fpr"}
    if limit.amount.unit != "ratio" or scene.answers not in ("class", "spans") or not loose or limit.amount.money:
        return None
    words = scene.vocabulary.context
    cues = Cues(found=words["found"], lost=words["lost"], flagged=words["flagged"], alarms=words["alarms"])
    number = limit.value or limit.span
    told = share(cues, scene.reading, scene.around(number, CLAUSE), number)
    told = told or share(cues, scene.reading, scene.around(number, SENTENCE), number)
    if told is None or (names - {"recognised"} and told.family == "recall"):
        return None
    denied = told.family == "recall" and not told.rest and limit.amount.number <= MOST_LOST
    if denied and NEGATED.search(scene.reading.folded[max(0, number[0] - NEAR) : number[0]]):
        return None
    least = limit.op != "<=" if not told.rest else limit.amount.number <= MOST_LOST
    return told if least else None


def _meant(scene: Scene, metric: MetricWords, amount: Amount) -> MetricWords:
    known = scene.vocabulary.metrics
    if scene.answers in AMOUNT and metric.name in ("error", "missed", "mae"):
        return known["mape"] if amount.unit == "ratio" else known["mae"]
    if metric.name == "latency.p95" and amount.unit == "time" and amount.factor >= 60 and amount.number >= 5:
        return known["train.time"]
    return metric


def _bare(scene: Scene, limit: Limit) -> str:
    """Name what a number without a metric limits; nothing when it limits nothing."""
    folded = scene.reading.folded
    sentence, clause = scene.around(limit.span, SENTENCE), scene.around(limit.span, CLAUSE)
    before = folded[max(clause[0], limit.span[0] - NEAR) : limit.span[0]]
    after = folded[limit.span[1] : clause[1]][:NEAR]
    amount = limit.amount
    of_data = bool(DATA.match(after[:40]))
    if NOT_LIMIT.search(before.rstrip()) or (of_data and not limit.op):
        return ""
    compared = bool(limit.op) or bool(ITEM.match(after)) or bool(limit.device)
    training = scene.holds(scene.vocabulary.context["training"], clause)
    match amount.unit:
        case "time":
            if amount.factor < 1:
                return "latency.p95"
            if training and compared and amount.factor >= 60:
                return "train.time"
            if amount.factor == 1 and compared and not of_data:
                return "latency.p95"
            return "latency.p95" if amount.factor == 60 and ITEM.match(after) and limit.op else ""
        case "size":
            meant = limit.op or amount.number == 0 or FITS.search(before) or "model" in folded[slice(*sentence)]
            return "model.size" if not of_data and meant else ""
        case "rate":
            return "throughput"
        case "ratio":
            known = scene.answers in ("class", "spans")
            least = limit.op == ">=" or (not limit.op and GOAL.match(folded[slice(*limit.span)]))
            return "accuracy" if least and not SHARE_OF.match(after) and known else ""
    return ""

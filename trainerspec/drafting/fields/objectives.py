"""From limits and wishes to the objectives of a spec, each with the words that say it."""

import bisect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from trainerspec.drafting.fields.limits import Amount, Limit, Piece
from trainerspec.drafting.fields.unmeetable import figure, unmeetable
from trainerspec.drafting.reading.pattern import Phrases, Reading, Span
from trainerspec.drafting.reading.vocabulary import MetricWords, Vocabulary
from trainerspec.language.expression import of_class

SERVED = ("latency", "throughput", "memory")
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
GOAL = re.compile(r"(?:target|goal|aim|ziel|objetivo|objectif|目标|लक्ष्य)")
"""How a number begins that is to be reached, though no word compares."""
ITEM = re.compile(r"^\s*(?:per|each|a|an|pro|je|por|par|every|cada|chaque|/|每|प्रति)\s*(?:\w+)?")

OF = "(?:of|for|on|von|bei|für|de|para|pour) (?:the |class |all |our |der |die |la )?"
METRIC = "(?:recall|precision|f1|sensitivity|specificity)"
NOT_MEANT = re.compile(
    r"\b(?:isn't|isnt|is not|not) (?:\w+ )?(?:use|meaning|help|inform|suit|interest|relevan|good|enough|what)\w*|"
    r"\b(?:useless|misleading|pointless|meaningless)\b"
)
"""What stands in a limit that is none: `accuracy isn't useful since only 4% default`."""
NEAR = 60
"""Characters before and behind a number that may tell what it counts."""


@dataclass(frozen=True, kw_only=True)
class Aim:
    text: str
    """As `objectives` writes it: `latency.p95 <= 20 ms on cpu`."""
    span: Span
    status: Literal["stated", "inferred"]
    wish: bool = False
    why: str = ""
    question: str = ""
    """What is to be asked in its place: no model can meet it, or another bound contradicts it."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What an objective is read in."""

    reading: Reading
    vocabulary: Vocabulary
    pieces: Sequence[Piece]
    answers: str
    """What comes out: `class`, `spans`, `value`, `box`, `picture`."""
    metrics: frozenset[str]
    """Names that the task declares; empty when the task has no folder."""
    device: str
    """The one device that the request serves on, or nothing."""
    classes: tuple[str, ...] = ()
    """The classes that the request lists."""
    per_class: frozenset[str] = frozenset()
    """Names of metrics that the task measures for one class."""

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


def aims(scene: Scene, found: Sequence[Limit]) -> tuple[Aim, ...]:
    """Read all objectives: bounds first, then at most one wish."""
    bounds: dict[str, Aim] = {}
    asked: list[Aim] = []
    for limit in found:
        if _is_report(scene, limit) or NOT_MEANT.search(scene.reading.folded, *limit.span):
            continue
        for metric in _metrics(scene, limit):
            aim = _bound(scene, limit, metric)
            if aim is None:
                continue
            key = " ".join(aim.text.split(" ")[:2])
            other = bounds.setdefault(key, aim)
            if aim.question:
                asked.append(bounds.pop(key) if other is aim else aim)
            elif other.text != aim.text:
                question = f"The request says both `{other.text}` and `{aim.text}`. Which is meant?"
                asked.append(replace(aim, question=question))
    if scene.answers == "box" and any("mean_iou" not in key for key in bounds if key.endswith(" >=")):
        hits = [
            key for key, aim in bounds.items() if key.startswith("mean_iou") and aim.text.endswith((" 0.5", " 50%"))
        ]
        for key in hits:  # what counts as a hit, said beside the share of hits
            del bounds[key]
    wish = next(_wishes(scene), None)
    return (*bounds.values(), *([wish] if wish else []), *asked)


def _class(scene: Scene, span: Span) -> str:
    """Return the class that stands beside a limit: `recall of fraud`, `fraud recall`, `catch 99 % of fraud`."""
    folded = scene.reading.folded
    for start, end in (scene.around(span, CLAUSE), (scene.around(span, SENTENCE)[0], span[1])):
        start = max(start, span[0] - NEAR)
        found: list[tuple[int, str]] = []
        for label in scene.classes:
            word = re.escape(label.casefold())
            for match in re.finditer(rf"{OF}{word}(?!\w)|(?<!\w){word}[ -](?={METRIC})", folded[start:end]):
                far = max(span[0] - start - match.end(), start + match.start() - span[1], 0)
                found.append((far, label))
        if found:
            return min(found)[1]
    return ""


def _is_report(scene: Scene, limit: Limit) -> bool:
    """Say whether a number tells how something is, not how it has to be."""
    clause = scene.around(limit.span, CLAUSE)
    if scene.holds(scene.vocabulary.context["must"], clause):
        return False
    return scene.holds(scene.vocabulary.wish["report"], clause)


def _metrics(scene: Scene, limit: Limit) -> tuple[MetricWords, ...]:
    known = scene.vocabulary.metrics
    unlikely = scene.answers != "value" and "mae" not in scene.metrics
    if limit.metrics and limit.metrics[0].name == "mae" and unlikely:
        return ()
    if limit.metrics:
        return tuple(_meant(scene, metric, limit.amount) for metric in limit.metrics)
    name = _bare(scene, limit)
    return (known[name],) if name else ()


def _meant(scene: Scene, metric: MetricWords, amount: Amount) -> MetricWords:
    known = scene.vocabulary.metrics
    if scene.answers == "value" and metric.name in ("error", "missed", "mae"):
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
            meant = limit.op or FITS.search(before) or "model" in folded[slice(*sentence)]
            return "model.size" if not of_data and meant else ""
        case "rate":
            return "throughput"
        case "ratio":
            known = scene.answers in ("class", "spans")
            least = limit.op == ">=" or (not limit.op and GOAL.match(folded[slice(*limit.span)]))
            return "accuracy" if least and not SHARE_OF.match(after) and known else ""
    return ""


def _bound(scene: Scene, limit: Limit, metric: MetricWords) -> Aim | None:
    amount = limit.amount
    number = amount.number if amount.high is None or metric.better == "higher" else amount.high
    op = ">=" if metric.better == "higher" else "<="
    symbol = amount.symbol
    if metric.unit == "ratio" and amount.unit == "number" and number > 1:
        symbol = "%"
    if metric.unit == "number" and metric.name != "mape":
        symbol = "%" if symbol == "%" else ""
    name = scene.name(metric)
    why = ""
    if metric.inverse:
        opposite = scene.vocabulary.metrics[metric.inverse]
        name, op = scene.name(opposite), ">="
        number = (100 if symbol == "%" else 1) - number
        said = f"{metric.name} of at most {figure(amount.number)}{symbol}"
        why = f"{said} is {opposite.name} of at least {figure(number)}{symbol}"
    question = unmeetable(f"{metric.name} {figure(amount.number)}{amount.symbol}", amount, metric, number, symbol)
    if not question and metric.unit == "ratio" and number == 0:
        return None
    family = next((one for one in (metric.name, metric.inverse, *metric.also) if one in scene.per_class), "")
    label = _class(scene, limit.span) if family and not metric.name.startswith("macro") else ""
    if label:
        name = of_class(family, label)
    text = f"{name} {op} {figure(number)}{'' if symbol in ('%', '') else ' '}{symbol}"
    device = limit.device or _just_before(scene, limit.span) or scene.device
    if name.startswith(SERVED) and device and device != "cloud":
        text += f" on {device}"
    return Aim(text=text, span=limit.span, status="stated", why=why, question=question)


def _just_before(scene: Scene, span: Span) -> str:
    """Return the device named a few characters before a limit: `on GPU each in 5 ms`."""
    start = scene.around(span, CLAUSE)[0]
    near = [piece for piece in scene.pieces if piece.device and max(start, span[0] - 20) <= piece.span[0] < span[0]]
    return near[-1].device if near else ""


def _wishes(scene: Scene) -> Iterator[Aim]:
    """Find what is to be as good as possible; the clearest wording comes first."""
    words = scene.vocabulary
    metrics = [
        piece
        for piece in scene.pieces
        if piece.metric and piece.metric.unit != "cost" and piece.metric.name != "train.time"
    ]
    careless = list(words.wish["careless"].spans(scene.reading))

    def near(span: Span, after: bool, reach: int) -> MetricWords | None:
        for piece in metrics if after else reversed(metrics):
            gap = piece.span[0] - span[1] if after else span[0] - piece.span[1]
            if 0 <= gap <= reach and scene.reading.joined(min(span[1], piece.span[1]), max(span[0], piece.span[0])):
                return piece.metric
        return None

    def made(span: Span, metric: MetricWords | None, status: Literal["stated", "inferred"]) -> Iterator[Aim]:
        if metric is None or any(a < span[1] and span[0] < b for a, b in careless):
            return
        kept = words.metrics[metric.inverse] if metric.inverse else metric
        if kept is not metric or kept.name == "fpr":
            status = "inferred"
        verb = "maximize" if kept.better == "higher" else "minimize"
        yield Aim(text=f"{verb} {scene.name(kept)}", span=span, status=status, wish=True)

    for span in words.context["trade_less"].spans(scene.reading):
        yield from made(span, near(span, True, 25), "inferred")
    for span in words.context["trade_more"].spans(scene.reading):
        winner, loser = near(span, False, 25), near(span, True, 25)
        if winner and loser and winner.name != loser.name:
            yield from made(span, winner, "inferred")
    for span in words.wish["judged"].spans(scene.reading):
        yield from made(span, near(span, True, 30) or near(span, False, 12), "stated")
    for kind in ("maximize", "minimize"):
        for span in words.wish[kind].spans(scene.reading):
            strong = bool(re.match(r"(?:maxim|minim|optimi|最大|最小)", scene.reading.folded[span[0] : span[1]]))
            yield from made(
                span, near(span, True, 25) if strong else near(span, True, 3), "stated" if strong else "inferred"
            )
    for span in words.context["superlative"].spans(scene.reading):
        inside = next((piece.metric for piece in metrics if span[0] <= piece.span[0] < span[1]), None)
        yield from made(span, inside, "inferred")
    for span in words.context["trade_sole"].spans(scene.reading):
        yield from made(span, near(span, False, 12), "inferred")


def devices(reading: Reading, vocabulary: Vocabulary) -> Mapping[str, Span]:
    """Find the devices that are named, by name."""
    return {name: span for name, words in vocabulary.devices.items() if (span := words.first(reading))}

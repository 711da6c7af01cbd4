"""From limits and wishes to the objectives of a spec, each with the words that say it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from trainerspec.drafting.fields.classes_told import class_told
from trainerspec.drafting.fields.limits import Limit
from trainerspec.drafting.fields.meaning import CLAUSE, MOST_LOST, Scene, class_beside, class_of, metrics_of
from trainerspec.drafting.fields.shares import wanted
from trainerspec.drafting.fields.unmeetable import LESS, figure, unmeetable
from trainerspec.drafting.reading.spans import Span, ends_in
from trainerspec.drafting.reading.vocabulary import MetricWords
from trainerspec.language.expression import of_class

BESIDE = 25
"""Characters between a number and the class that it is for."""
SERVED = ("latency", "throughput", "memory")
PLAINLY = frozenset(("low", "high", "best", "wall"))
"""Classes that objectives name as they are, though reports quote them."""

DENIED = re.compile(r"(?:(?<![^\W_])(?:not|no|never|nicht|kein\w*|ni|pas|non|não|niet|geen)\s+|不是)$")
"""What stands before a metric that is not meant: `plain accuracy 80 %, not balanced accuracy`."""
NOT_MEANT = re.compile(
    r"\b(?:isn't|isnt|is not|not) (?:\w+ )?(?:use|meaning|help|inform|suit|interest|relevan|good|enough|what)\w*|"
    r"\b(?:useless|misleading|pointless|meaningless)\b"
)
"""What stands in a limit that is none: `accuracy isn't useful since only 4% default`."""


@dataclass(frozen=True, kw_only=True)
class Aim:
    text: str
    """As `objectives` writes it: `latency.p95 <= 20 ms on cpu`."""
    span: Span
    status: Literal["stated", "inferred"]
    wish: bool = False
    why: str = ""
    question: str = ""
    """What is to be asked in its place: another bound contradicts it."""
    impossible: str = ""
    """The arithmetic that says why no model can meet it."""
    unknown: str = ""
    """The class that its words name and the data does not have."""


def aims(scene: Scene, found: Sequence[Limit]) -> tuple[Aim, ...]:
    """Read all objectives: bounds first, then at most one wish."""
    bounds: dict[str, Aim] = {}
    asked: list[Aim] = []
    last: Limit | None = None
    for said in found:
        limit = _continued(scene, said, last)
        last = limit if limit.metrics else last
        if _is_denied(scene, limit):
            continue
        if _is_report(scene, limit) or NOT_MEANT.search(scene.reading.folded, *limit.span):
            continue
        for metric in metrics_of(scene, limit):
            aim = _bound(scene, limit, metric)
            if aim is None:
                continue
            key = " ".join(aim.text.split(" ")[:2])
            other = bounds.setdefault(key, aim)
            if aim.impossible:
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


def _continued(scene: Scene, limit: Limit, last: Limit | None) -> Limit:
    """Take the metric of the limit before for a number beside a class: `recall for torn 0.95, for stained 0.9`."""
    if limit.metrics or last is None or limit.amount.unit not in ("ratio", "number") or not limit.value:
        return limit
    near = (max(last.span[1], limit.span[0] - BESIDE), limit.value[1] + BESIDE)
    family = any({one.name, *one.also} & scene.per_class for one in last.metrics)
    small = limit.amount.unit == "ratio" or limit.amount.number <= 1
    joined = scene.reading.joined(last.span[1], limit.span[0])
    if not (family and small and joined and class_beside(scene, limit.span, near)):
        return limit
    return replace(limit, metrics=last.metrics, op=limit.op or last.op)


def _is_denied(scene: Scene, limit: Limit) -> bool:
    """Say whether a limit begins with a metric that is not meant; `not miss` is a verb, and meant."""
    named = bool(limit.metrics) and not any(metric.inverse for metric in limit.metrics)
    return named and DENIED.search(scene.reading.folded, max(0, limit.span[0] - 12), limit.span[0]) is not None


def _is_report(scene: Scene, limit: Limit) -> bool:
    """Say whether a number tells how something is, not how it has to be."""
    clause = scene.around(limit.span, CLAUSE)
    if scene.holds(scene.vocabulary.context["must"], clause):
        return False
    return scene.holds(scene.vocabulary.wish["report"], clause)


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
        said = f"{metric.name.replace('_', ' ')} of at most {figure(amount.number)}{symbol}"
        why = f"{said} is {opposite.name} of at least {figure(number)}{symbol}"
    stated, less = f"{metric.name} {figure(amount.number)}{amount.symbol}", _is_less(scene, limit)
    impossible = unmeetable(stated, amount, metric, number, symbol, less=less)
    if metric.inverse and not impossible and amount.number * (1 if symbol == "%" else 100) > MOST_LOST:
        return None
    if not impossible and metric.unit == "ratio" and number == 0:
        return None
    of_one = (metric.of_class, metric.name, metric.inverse, *metric.also)
    family = next((one for one in of_one if one in scene.per_class), "")
    told = not limit.metrics or metric not in limit.metrics
    label = class_of(scene, limit.span, family, told=told) if family and not metric.name.startswith("macro") else ""
    if (
        metric.name == "specificity"
        and name not in scene.metrics
        and len(scene.classes) == 2
        and "recall" in scene.per_class
    ):
        of = class_of(scene, limit.span, "specificity", told=False) or wanted(scene.classes)
        label = next((one for one in scene.classes if of and one != of), "")
        family, why = "recall", f"of two classes, specificity of `{of}` is recall of `{label}`"
    if label:
        name = f"{family}.{label}" if label in PLAINLY else of_class(family, label)
    unknown = "" if label or not family or metric.name.startswith("macro") else class_told(scene, limit)
    if unknown and not scene.seen:
        name, unknown = of_class(family, unknown), ""
    text = f"{name} {op} {figure(number)}{'' if symbol in ('%', '') else ' '}{symbol}"
    device = limit.device or _just_before(scene, limit.span) or scene.device
    if name.startswith(SERVED) and device and device != "cloud":
        text += f" on {device}"
    return Aim(text=text, span=limit.span, status="stated", why=why, impossible=impossible, unknown=unknown)


def _is_less(scene: Scene, limit: Limit) -> bool:
    """Say whether less than a number is asked for, which itself is not enough."""
    return limit.value is not None and ends_in(LESS, scene.reading.folded, limit.value[0]) is not None


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
        yield from made(span, inside or near(span, False, 6), "inferred")
    for span in words.context["trade_sole"].spans(scene.reading):
        yield from made(span, near(span, False, 12), "inferred")

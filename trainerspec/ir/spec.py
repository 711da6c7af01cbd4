"""What is wanted: the validated spec, in which slots may still be `auto`."""

from collections.abc import Mapping
from dataclasses import field
from enum import Enum
from typing import Literal

from trainerspec.checking.findings import Acknowledged
from trainerspec.ir.document import Document
from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.record import record


class Auto(Enum):
    """The one value `auto`: a slot that an agent is to fill."""

    AUTO = "auto"


AUTO = Auto.AUTO
SlotPath = str
"""A dotted path below the spec's root: `model.train.epochs`."""


@record(frozen=True, kw_only=True)
class Objective:
    """One line under `objectives`, with its bound in SI base units."""

    text: str
    """The canonical text: `latency.p95 <= 20 ms on cpu`."""
    sense: Literal["constrain", "maximize", "minimize"]
    metric: str
    """As stages name it: `latency.p95`, `recall.fraud`."""
    family: str = ""
    """Of a metric of one class its name without the class: `recall`."""
    label: str = ""
    """The class that it counts; empty for metrics of all classes."""
    op: Literal["<", "<=", ">", ">=", "=="] | None = None
    bound: float | None = None
    """In base units: ratio, seconds, bytes, 1/s."""
    device: str | None = None


@record(frozen=True, kw_only=True)
class Positive:
    """Of two classes the one that is looked for: what `recall` and `precision` count."""

    label: str
    because: str
    """By which rule, in words for people."""


@record(frozen=True, kw_only=True)
class Filter:
    """A row filter under `data.clean`."""

    text: str
    sql: str
    """The same condition for `polars.sql_expr`."""


@record(frozen=True, kw_only=True)
class Repair:
    """A step under `data.clean` that changes values."""

    kind: Literal["merge_labels", "parse_number", "parse_date", "clip_outliers", "near_duplicates", "mask_pii"]
    about: JsonObject
    """Groups of labels by name, or a `column` with its form or limits."""


@record(frozen=True, kw_only=True)
class Tried:
    """The values of a slot that a search tries: a range, or choices."""

    low: float = 0.0
    high: float = 0.0
    log: bool = False
    """Whether factors count, not differences."""
    choices: tuple[Json, ...] = ()
    when: str = "true"
    """Expression over slots, under which it matters."""


@record(frozen=True, kw_only=True)
class Search:
    """How `tune` looks for better settings."""

    trials: int = 30
    seconds: float | None = None
    """No trial begins after them; None for no limit."""
    sampler: str = "tpe"
    pruner: str = "median"
    space: Mapping[SlotPath, Tried] = field(default_factory=dict)
    """What a person names; to it comes what slots declare."""


Plain = Literal["drop_missing", "drop_duplicates", "normalise_labels", "near_duplicates", "mask_pii", "fix_orientation"]
Step = Plain | Filter | Repair
"""One step under `data.clean`."""


@record(frozen=True, kw_only=True)
class DataSource:
    kind: Literal["path", "sql", "hub", "uri"]
    value: str
    options: JsonObject


@record(frozen=True, kw_only=True)
class Split:
    by: str
    """`random`, `stratified`, `group:<column>`, `time:<column>` or `given:<column>`."""
    train: float
    validation: float
    test: float
    seed: int


@record(frozen=True, kw_only=True)
class Held:
    """A question that holds the spec until a person answers it."""

    about: str
    """`/policy`, or the field in doubt."""
    question: str
    by: str
    """Who answered; empty while nobody did."""
    because: str

    @property
    def answered(self) -> bool:
        """Tell whether a person gave name and reason."""
        return bool(self.by and self.because)


def family(role: str) -> str:
    """Return the role of the task that one of several columns carries.

    >>> family("text.subject"), family("text")
    ('text', 'text')
    """
    return role.partition(".")[0]


@record(frozen=True, kw_only=True)
class Spec:
    document: Document
    name: str
    version: str
    request: str
    use: str = ""
    """`commercial`, `non-commercial` or `research`: what licences ask about; empty when nobody stated it."""
    questions: tuple[str, ...]
    held: tuple[Held, ...] = ()
    task: str
    inputs: Mapping[str, str]
    """Role to column; a role with several columns stands as `<role>.<column>`, once for each."""
    outputs: Mapping[str, str]
    labels: tuple[str, ...] | None
    """In class order; None when the data is to tell."""
    options: JsonObject
    """The task's own options, with the task's defaults filled in."""
    source: DataSource
    exclude: tuple[str, ...] = ()
    """Columns that the model must not read."""
    audit: tuple[str, ...] = ()
    """Columns that it must not read either, by whose groups its answers are compared."""
    clean: tuple[Step, ...]
    """As written; what the Data agent adds at `auto` is the decided value of the slot `data.clean`."""
    acknowledged: tuple[Acknowledged, ...] = ()
    """Findings of the data's checks that the author accepts."""
    split: Split
    objectives: tuple[Objective, ...]
    positive: Positive | None = None
    """None for tasks without classes, for more than two, and as long as the classes are not known."""
    search: Search = field(default_factory=Search)
    slots: Mapping[SlotPath, Json | Auto]
    """Every slot that the task declares: its given value, or `AUTO`."""

    @property
    def unread(self) -> Mapping[str, str]:
        """Return the columns that the model must not read, each with the setting that says so."""
        return {**dict.fromkeys(self.audit, "data.audit"), **dict.fromkeys(self.exclude, "data.exclude")}

    def pointer(self, role: str) -> str:
        """Return where the column of a role stands in the document."""
        side, roles = ("inputs", self.inputs) if role in self.inputs else ("outputs", self.outputs)
        same = [one for one in roles if family(one) == family(role)]
        return f"/task/{side}/{family(role)}" + (f"/{same.index(role)}" if role != family(role) else "")

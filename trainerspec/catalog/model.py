"""What the folders under templates/ declare, as frozen records."""

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Literal

from trainerspec import assets
from trainerspec.ir.declared import Stage, WeightSource
from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.record import record
from trainerspec.ir.spec import Objective, SlotPath, Tried
from trainerspec.language.formula import Formula


@record(frozen=True, kw_only=True)
class Metric:
    name: str
    title: str
    unit: Literal["ratio", "number", "seconds", "bytes", "per_second"]
    better: Literal["higher", "lower"]
    device: bool = False
    """True when the value depends on the machine, so that `on <device>` makes sense."""
    description: str = ""
    """What the number says, where the title does not."""
    binary: bool = False
    """True when it counts one class, the positive one, where there are two."""
    also: tuple[str, ...] = ()
    """Other names under which objectives may name it."""
    needs: str = ""
    """The optional output role without which it cannot be measured."""


@record(frozen=True, kw_only=True)
class Slot:
    path: SlotPath
    title: str
    schema: JsonObject
    """JSON Schema of a filled value."""
    description: str = ""
    absent: Json = None
    """What it is where neither spec nor task says anything; None for `auto`."""
    search: Tried | None = None
    """What `tune` tries."""


@record(frozen=True, kw_only=True)
class Port:
    """One named value of the task's contract."""

    name: str
    kind: str
    """What it means, one of those in grammar/task.schema.json: `text`, `image`, `column`, `label`, `box`, ..."""
    datatype: str
    """Open Inference Protocol name: `BYTES`, `FP32`, `INT64`."""
    shape: tuple[int | str | Formula, ...]
    """-1 for the batch and free dimensions; a name (`C`, `data.max_length`) or a formula is resolved when planned."""
    role: str = ""
    """The role under `task.inputs` or `task.outputs` that it carries."""
    media_type: str = ""
    each: SlotPath = ""
    """A slot that lists columns: the port stands for one port a column, named as it."""
    optional: bool = False
    """Whether a request may leave it out, or hold a missing value: NaN for numbers, an empty text for BYTES."""
    several: bool = False
    """Whether `task.inputs` may list several columns for its role; each becomes a port, named as it."""


@record(frozen=True, kw_only=True)
class IoContract:
    raw: tuple[Port, ...]
    tensor_inputs: tuple[Port, ...]
    tensor_outputs: tuple[Port, ...]
    answer: tuple[Port, ...]

    @property
    def each(self) -> Port | None:
        """The raw port that stands for the columns of a table, if there is one."""
        return next((port for port in self.raw if port.each), None)

    @property
    def gathered(self) -> Port | None:
        """The raw port whose equal values are one example, where an answer tells what is in it, a row each."""
        listed = any(port.kind in ("objects", "segmentation") for port in self.answer)
        return next((port for port in self.raw if listed and port.kind == "image"), None)

    @property
    def time(self) -> Port | None:
        """The raw port that carries the time of a series' last value, where examples are histories."""
        histories = any(port.kind == "history" for port in self.raw)
        return next((port for port in self.raw if histories and port.kind == "moment" and port.role), None)


@record(frozen=True, kw_only=True)
class Variant:
    """A whole file that replaces `target` when `when` holds (an expression over slots and the card)."""

    target: str
    file: str
    when: str
    packages: tuple[str, ...] = ()
    """What the file imports beside what every project needs."""


@record(frozen=True, kw_only=True)
class Hook:
    """A documented place for a user's own code: `custom/<name>.py` replaces `target`."""

    name: str
    target: str
    description: str


@record(frozen=True, kw_only=True)
class Card:
    """A model that a task can start from."""

    id: str
    title: str
    sources: tuple[WeightSource, ...]
    """In the order in which they are tried; empty for a model trained from scratch."""
    licence: str
    facts: Mapping[str, Json]
    """`parameters`, `max_positions`, `quality`, `latency.cpu`, ..., flat and in base units."""
    files: Mapping[str, str]
    """Project path to the file in the task's folder that this model needs there."""


@record(frozen=True, kw_only=True)
class Task:
    name: str
    title: str
    folder: Path
    inputs: Mapping[str, str]
    """Role to title."""
    outputs: Mapping[str, str]
    optional: frozenset[str] = frozenset()
    """Output roles that a spec may leave out; rows need no value of them."""
    labels: Literal["required", "many", "none"]
    """Whether the task has a closed list of classes: one an example, many in one example, or none."""
    contract: IoContract
    cleaning: tuple[str, ...] = ()
    """Steps under `data.clean` that fit, beside those that fit every task."""
    layouts: tuple[str, ...]
    options: JsonObject
    """JSON Schema (an object schema) of `task.options`."""
    metrics: Mapping[str, Metric]
    """The task's own and the shared ones."""
    per_class: Mapping[str, Metric] = field(default_factory=dict)
    """Metrics of one class, by the name that stands before the class: `recall` of `recall.fraud`."""
    slots: Mapping[SlotPath, Slot]
    """The task's own and the shared ones, in the order in which people read them."""
    stages: tuple[Stage, ...]
    variants: tuple[Variant, ...]
    hooks: tuple[Hook, ...]
    cards: Mapping[str, Card]
    hints: JsonObject
    """For the drafter only."""
    defaults: JsonObject
    """Partial trainer.yaml: what is meant when the author is silent."""
    extends: str = ""
    """The shipped task whose modules, files of variants and cards this one has where it has none of its own."""

    @property
    def layers(self) -> Mapping[str, Path]:
        """Return the folders that files come from, by the task's name: the extended task's, then the task's own."""
        below = {self.extends: assets.folder("templates") / self.extends} if self.extends else {}
        return {**below, self.name: self.folder}

    def origin(self, file: str) -> str:
        """Return where a file of a variant or a card comes from: the name of the task or the extended one, its path."""
        holds = [name for name, folder in self.layers.items() if (folder / file).is_file()]
        return f"{holds[-1] if holds else self.name}/{file}"

    def file(self, origin: str) -> Path:
        """Return the file of an `origin`."""
        name, _, path = origin.partition("/")
        return self.layers.get(name, self.folder) / path

    @property
    def several(self) -> frozenset[str]:
        """The input roles that may have several columns."""
        return frozenset(port.role for port in self.contract.raw if port.several)

    def metric(self, objective: Objective) -> Metric:
        """Return what is declared of an objective's metric."""
        return self.per_class[objective.family] if objective.label else self.metrics[objective.metric]

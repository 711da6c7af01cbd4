"""What is checked: the rows of the data, where each comes from, and what its columns are for."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import polars as pl

from ..reading import folders, kinds
from .findings import KEPT, Finding, Row, finding, row

TEXTS = frozenset({"text", "phrase", "prompt"})
"""Kinds of ports whose columns are texts."""
KINDS = {"objects": "box", "segmentation": "mask"}
"""The roles of kinds of answers that are called otherwise."""


@dataclass(frozen=True, kw_only=True)
class Roles:
    """The column of each role; empty where a task has none of the kind."""

    text: str = ""
    image: str = ""
    label: str = ""
    """One class a row."""
    number: str = ""
    """A number that is predicted."""
    spans: str = ""
    """Tags of tokens, or spans of a text."""
    box: str = ""
    mask: str = ""
    """Where the mask of a picture is."""
    features: tuple[str, ...] = ()
    """The columns of a table that a model reads."""

    @property
    def target(self) -> str:
        """Return the column that is predicted, of one class or one number a row."""
        return self.label or self.number


def roles(raw: Iterable[tuple[str, str]], answer: Iterable[tuple[str, str]], *, classes: bool) -> Roles:
    """Return the roles from pairs of a port's kind and its column: those of requests, and those of answers."""
    found: dict[str, str] = {}
    for kind, column in raw:
        found["text" if kind in TEXTS else kind] = column
    found |= {KINDS.get(kind, kind): column for kind, column in answer}
    label = found.get("label", "") if classes else ""
    names = {key: found.get(key, "") for key in ("text", "image", "number", "spans", "box", "mask")}
    return Roles(label=label, features=tuple(column for kind, column in raw if kind == "column"), **names)


def named_parts(values: pl.Series) -> pl.Series:
    """Return the part of the split that each value names, null where it names none.

    >>> named_parts(pl.Series(["Train", "dev", "x", None])).to_list()
    ['train', 'validation', None, None]
    """
    texts = values.cast(pl.String).str.strip_chars().str.to_lowercase()
    return texts.replace_strict(folders.PARTS, default=None, return_dtype=pl.String)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Rows as they were read, before any is cleaned away."""

    frame: pl.DataFrame = field(repr=False)
    """Columns as what they hold."""
    written: pl.DataFrame = field(repr=False)
    """The same rows as they are written, where they come from text files."""
    places: pl.Series = field(repr=False)
    """Where each row comes from: `file:line`, or a file."""
    roles: Roles
    parts: pl.Series | None = field(default=None, repr=False)
    """The part of the split that each row is in; None where it is not known."""
    by: str = "random"
    """How the data is split: `random`, `stratified`, `group:<column>`, `time:<column>` or `given:<column>`."""
    root: Path = Path()
    """The folder that pictures lie in."""
    labels: tuple[str, ...] = ()
    """The classes or types of the spec; empty when the data tells."""
    steps: frozenset[str] = frozenset()
    """Names of the cleaning steps; `label` where rows without a label get one."""
    box_form: Mapping[str, str] = field(default_factory=dict)
    """`box` and `unit` of the task's options."""
    pictures: int | None = None
    """How many pictures are opened at most."""

    @cached_property
    def classes(self) -> pl.Series | None:
        """Return the class of each row, null for none."""
        if self.roles.label not in self.written.columns:
            return None
        return kinds.labels(self.written[self.roles.label], self.labels)

    @cached_property
    def texts(self) -> pl.Series | None:
        """Return the text of each row as it is written."""
        name = self.roles.text
        values = self.written[name] if name in self.written.columns else None
        return values if values is not None and values.dtype == pl.String else None

    @cached_property
    def schema(self) -> Mapping[str, pl.DataType]:
        """Return the type of each column; a frame looks at all of its columns whenever it is asked."""
        return dict(self.frame.schema)

    @cached_property
    def others(self) -> tuple[str, ...]:
        """Name the columns of a table that are no role's."""
        one = self.roles
        taken = {one.text, one.image, one.label, one.number, one.spans, one.box, one.mask}
        return tuple(name for name in self.schema if name not in taken)

    def where(
        self,
        code: str,
        mask: pl.Series,
        message: str,
        *,
        columns: Iterable[str] = (),
        values: pl.Series | None = None,
        fix: str = "",
    ) -> Finding:
        """Return a finding about the rows for which a mask holds, with what stands in them."""
        places = mask.fill_null(False).arg_true()
        rows = list(self.at(places.head(KEPT).to_list(), values))
        return finding(code, message, columns=columns, rows=rows, count=len(places), fix=fix)

    def at(
        self, indices: Iterable[int], values: pl.Series | None = None, groups: Mapping[int, int] | None = None
    ) -> Iterator[Row]:
        """Return the rows of these numbers; `groups` numbers those that belong together."""
        for index in indices:
            part = self.parts[index] if self.parts is not None else None
            value = values[index] if values is not None else ""
            yield row(self.places[index], value, part, groups.get(index) if groups else None)

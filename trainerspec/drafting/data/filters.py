"""Row filters that a request states: `only the rows where rating > 2.5`, `without those whose region is South`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from trainerspec.catalog.model import Task
from trainerspec.drafting.composing.sheet import Sheet
from trainerspec.drafting.data.table import add_step

if TYPE_CHECKING:
    import polars as pl

    from trainerspec.workspace.look import Look

ROWS = r"(?:rows?|records?|lines|entries|cases|examples|samples|observations|those|ones|zeilen|filas|lignes)"
WHICH = r"(?:where|whose|in which|for which|with|having|that have|wo|deren|mit|donde|cuyo|où|dont)"
KEPT = re.compile(
    rf"\b(?:(?:only|just|nur|solo|seulement)\s+(?:on\s+|the\s+|those\s+|die\s+)*(?:[\w-]+\s+){{0,2}}?{ROWS}?\s*|{ROWS}\s+|"
    rf"\.(?:csv|tsv|xlsx?|jsonl?|parquet)`?\s+){WHICH}\s+(?P<rest>[^\n]+)",
    re.IGNORECASE,
)
LEFT_OUT = re.compile(
    r"\b(?:without|excluding|except(?: for)?|exclude|drop(?:ping)?|leav(?:e|ing) out|ignor(?:e|ing)|remov(?:e|ing)|"
    rf"skip(?:ping)?|ohne|sin|sans)\s+(?:the\s+|all\s+|any\s+|die\s+)*(?:[\w-]+\s+){{0,2}}?{ROWS}\s+{WHICH}\s+(?P<rest>[^\n]+)",
    re.IGNORECASE,
)
SIGNS = {
    ">=": r">=|≥|(?:is\s+|are\s+)?(?:at least|no less than|not below|mindestens)",
    "<=": r"<=|≤|(?:is\s+|are\s+)?(?:at most|no more than|not above|up to|höchstens)",
    "!=": r"!=|<>|≠|(?:is|are)\s+not(?:\s+equal to)?|does not equal|(?:isn't|aren't)|ist nicht",
    ">": r">|(?:is\s+|are\s+)?(?:above|over|greater than|more than|larger than|higher than|after|über)",
    "<": r"<|(?:is\s+|are\s+)?(?:below|under|less than|smaller than|lower than|fewer than|before|unter)",
    "==": r"==?|(?:is\s+|are\s+)?equals?(?:\s+to)?|is|are|ist",
}
OTHER = {">": "<=", "<": ">=", ">=": "<", "<=": ">", "==": "!=", "!=": "=="}
VALUE = re.compile(r"""\s*(?:"(?P<a>[^"]+)"|'(?P<b>[^']+)'|`(?P<c>[^`]+)`|(?P<d>[^\s,;()"'`]+))""")
NONE = re.compile(r"\s*(?:(?:is|are)\s+)?(?P<not>not\s+)?(?:missing|empty|blank|null|unknown|fehlt)\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What a column must be for a row to be kept."""

    column: str
    sign: str
    """A comparison, `known` or `unknown`."""
    value: float | str = ""
    open: bool = False
    """Whether rows without a value are kept too."""

    @property
    def text(self) -> str:
        """Return it as the language of specs has it."""
        name = self.column if re.fullmatch(r"[^\W\d]\w*", self.column) else f"`{self.column}`"
        if self.sign in ("known", "unknown"):
            return f"known({name})" if self.sign == "known" else f"not known({name})"
        shown = f'"{self.value}"' if isinstance(self.value, str) else f"{self.value:.12g}"
        return f"not known({name}) or {name} {self.sign} {shown}" if self.open else f"{name} {self.sign} {shown}"

    def holds(self, values: "pl.Series") -> "pl.Series":
        """Tell for which values of the column it holds."""
        if self.sign in ("known", "unknown"):
            return values.is_not_null() if self.sign == "known" else values.is_null()
        found = {
            ">": values.__gt__, "<": values.__lt__, ">=": values.__ge__, "<=": values.__le__,
            "==": values.__eq__, "!=": values.__ne__,
        }[self.sign](self.value)  # fmt: skip
        return found.fill_null(self.open)


def stated(request: str, found: "Look") -> tuple[list[Condition], list[str]]:
    """Return the conditions on rows of a table that a request states, and the words of filters that are not clear."""
    conditions: list[Condition] = []
    unclear: list[str] = []
    taken: list[tuple[int, int]] = []
    for pattern, out in ((LEFT_OUT, True), (KEPT, False)):
        for match in pattern.finditer(request):
            if any(start < match.end() and match.start("rest") <= end for start, end in taken):
                continue
            one = read(match["rest"], found, out=out)
            if one is not None:
                conditions.append(one)
                taken.append(match.span())
            elif re.search(r"\b(?:rows?|records?|lines|entries)\s+(?:where|whose|in which)\b", match[0], re.IGNORECASE):
                unclear.append(match[0].rstrip(". ")[:80])
                taken.append(match.span())
    return conditions, unclear


def read(text: str, found: "Look", *, out: bool) -> Condition | None:
    """Read one condition from the beginning of a text; `out` leaves out the rows for which it holds."""
    column, rest = _column(text, found.columns)
    if not column:
        return None
    if (none := NONE.match(rest)) is not None:
        known = bool(none["not"]) != out
        return Condition(column=column, sign="known" if known else "unknown")
    for sign, words in SIGNS.items():
        if (match := re.match(rf"\s*(?:{words})(?!\w)", rest, re.IGNORECASE)) is None:
            continue
        value = _value(rest[match.end() :], found, column)
        if value is None:
            return None
        return Condition(column=column, sign=OTHER[sign] if out else sign, value=value, open=out)
    return None


def _column(text: str, columns: Iterable[str]) -> tuple[str, str]:
    """Return the column that a text begins with, and what follows."""
    plain = re.sub(r"^(?:the|its|their|a|an)\s+", "", text.lstrip(), flags=re.IGNORECASE)
    for name in sorted(columns, key=len, reverse=True):
        spoken = re.escape(name).replace("_", r"[_\s]")
        if match := re.match(rf"[`\"']?{spoken}[`\"']?(?!\w)", plain, re.IGNORECASE):
            return name, plain[match.end() :]
    return "", text


def _value(text: str, found: "Look", column: str) -> float | str | None:
    """Return the value that a text begins with: a number for a column of numbers, else one that the column holds."""
    match = VALUE.match(text)
    if match is None:
        return None
    said = next(one for one in match.groups() if one is not None).rstrip(".")
    if found.columns[column] in ("integer", "number"):
        try:
            return float(said.rstrip("%"))
        except ValueError:
            return None
    there = {str(one).strip(): None for one in found.frame[column].drop_nulls().unique().to_list()}
    rest = text.strip().strip("\"'`")
    longest = [
        one for one in sorted(there, key=len, reverse=True) if one and rest.casefold().startswith(one.casefold())
    ]
    exact = [one for one in longest if rest.startswith(one)]
    value = next(iter(exact or longest), None)
    return value if found.columns[column] == "text" and value and '"' not in value else None


def fill(sheet: Sheet, found: "Look", task: Task) -> "Look":
    """Write the row filters of the request under `data.clean`, and return the rows that are left; ask where unclear."""
    from trainerspec.workspace.candidates import labels_of

    if found.layout != "table":
        return found
    conditions, unclear = stated(str(sheet.spec["request"]), found)
    for words in unclear:
        sheet.ask("/data/clean", f"Which rows are meant by `{words}`? Write `{{where: ...}}` under `data.clean`.")
    frame, written = found.frame, found.written
    for one in conditions:
        add_step(sheet, task, {"where": one.text})
        kept = one.holds(frame[one.column])
        frame, written = frame.filter(kept), written.filter(kept)
        left = f"{frame.height} of {found.frame.height} rows of {found.path.name} are kept"
        sheet.tell("/data/clean", "stated", one.column, left)
    if not conditions:
        return found
    marked = {name: counts for name, counts in found.labels.items() if found.columns[name] in ("spans", "tokens")}
    return replace(found, frame=frame, written=written, labels=labels_of(frame, written) | marked)

"""What the parts of a spec mean to each other: roles, labels, cleaning and split."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

from trainerspec.catalog.model import Task
from trainerspec.checking.findings import Acknowledged
from trainerspec.diagnostics.model import Diagnostic
from trainerspec.ir.document import Document
from trainerspec.ir.json import Json
from trainerspec.ir.source import Pointer
from trainerspec.ir.spec import Held, Split, Step, family
from trainerspec.language import cleaning, expression
from trainerspec.language.places import inside

Shares = tuple[float, float, float]
PARTS = ("train", "validation", "test")


@dataclass(kw_only=True)
class Reader:
    """A document while it is read: collects what is wrong, and stays silent where the schema already spoke."""

    document: Document
    broken: frozenset[Pointer]
    found: list[Diagnostic] = field(default_factory=list)

    def value(self, pointer: Pointer) -> Json:
        """Return the value at a pointer without escapes; None when it is absent."""
        data: Json = self.document.data
        for part in pointer.split("/")[1:]:
            if not isinstance(data, Mapping):
                return None
            data = data.get(part)
        return data

    def texts(self, pointer: Pointer) -> tuple[str, ...]:
        """Return the texts of a list; empty when it is no list."""
        value = self.value(pointer)
        return tuple(str(item) for item in value) if isinstance(value, list) else ()

    def sound(self, pointer: Pointer) -> bool:
        """Tell whether the schema found no fault at the pointer, below it or above it."""
        return not any(
            bad == pointer or bad.startswith(f"{pointer}/") or (bad and pointer.startswith(f"{bad}/"))
            for bad in self.broken
        )

    def say(
        self, code: str, message: str, hint: str, pointer: Pointer, *, warning: bool = False, on_key: bool = False
    ) -> None:
        """Add a diagnostic at a value, or at its key."""
        span = (self.document.keys.get(pointer) if on_key else None) or self.document.place(pointer)
        severity: Literal["error", "warning"] = "warning" if warning else "error"
        self.found.append(Diagnostic(code=code, message=message, hint=hint, severity=severity, span=span))

    def pass_on(self, diagnostics: tuple[Diagnostic, ...], pointer: Pointer) -> None:
        """Add diagnostics of an expression, whose columns count from the start of the text at a pointer."""
        for one in diagnostics:
            start, end = (one.span.column - 1, one.span.end_column - 1) if one.span else (0, 0)
            span = inside(self.document, pointer, start, end)
            self.found.append(
                Diagnostic(code=one.code, message=one.message, hint=one.hint, severity=one.severity, span=span)
            )


def held(reader: Reader, review: bool) -> tuple[Held, ...]:
    """Read what holds the spec; what no person answered is an error, and a warning in a `review`."""
    given = reader.value("/held")
    found: list[Held] = []
    for number, entry in enumerate(given if isinstance(given, list) and reader.sound("/held") else ()):
        part = {key: str(value).strip() for key, value in cast(Mapping[str, Json], entry).items()}
        one = Held(**{key: part.get(key, "") for key in ("about", "question", "by", "because")})
        found.append(one)
        if not one.answered:
            missing = " and ".join(f"`{key}`" for key in ("by", "because") if not part.get(key))
            hint = f"a person who is sure adds {missing} (name and reason) here; else the spec is changed or given up"
            message = f"held at `{one.about}`: {one.question}"
            reader.say("TS225", message, hint, f"/held/{number}", warning=review)
    return tuple(found)


def role_columns(role: str, given: Json) -> dict[str, str]:
    """Return the column of a role; of several columns each under a role of its own.

    >>> role_columns("text", "body"), role_columns("text", ["subject", "body"])
    ({'text': 'body'}, {'text.subject': 'subject', 'text.body': 'body'})
    """
    if isinstance(given, list) and len(given) > 1:
        return {f"{role}.{column}": str(column) for column in given}
    return {role: str(given[0] if isinstance(given, list) and given else given)}


def columns(reader: Reader, task: Task) -> tuple[dict[str, str], dict[str, str]]:
    """Return the column of each role; one that is not named has a column of its own name, or none if it is optional."""
    taken: dict[str, str] = {}
    sides: list[dict[str, str]] = []
    for side, roles in (("inputs", task.inputs), ("outputs", task.outputs)):
        given = reader.value(f"/task/{side}")
        named = given if isinstance(given, Mapping) else {}
        found: dict[str, str] = {}
        pointers: dict[str, Pointer] = {}
        for role in roles:
            if role in task.optional and role not in named:
                continue
            of_role = role_columns(role, named.get(role, role))
            found |= of_role
            pointer = f"/task/{side}/{role}"
            pointers |= {one: pointer if one == role else f"{pointer}/{place}" for place, one in enumerate(of_role)}
        for role, column in found.items():
            pointer = pointers[role]
            if column in taken and reader.sound(pointer):
                message = f"column `{column}` is both `{taken[column]}` and `{role}`"
                reader.say("TS213", message, "give each role its own column", pointer)
            taken.setdefault(column, role)
        sides.append(found)
    return sides[0], sides[1]


def unread(reader: Reader, setting: str, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> tuple[str, ...]:
    """Return the columns of `data.exclude` or `data.audit`; say where another setting has the model read one."""
    names = reader.texts(f"/data/{setting}")
    listed = reader.value("/data/columns")
    read = {column: f"/task/inputs/{family(role)}" for role, column in inputs.items()}
    read |= {str(one): f"/data/columns/{index}" for index, one in enumerate(listed if isinstance(listed, list) else ())}
    predicted = set(outputs.values())
    for index, name in enumerate(names):
        hint = "take it out of one of them"
        if name in read:
            where = read[name].strip("/").rpartition("/")[0].replace("/", ".")
            message = f"the model must not read `{name}`, says `data.{setting}`, but `{where}` names it"
            reader.say("TS226", message, hint, read[name] if reader.sound(read[name]) else f"/data/{setting}/{index}")
        elif name in predicted:
            message = f"`{name}` is what is predicted: the model does not read it"
            reader.say("TS226", message, f"take it out of `data.{setting}`", f"/data/{setting}/{index}")
    return names


def acknowledged(reader: Reader) -> tuple[Acknowledged, ...]:
    """Return the findings of the data's checks that the author accepts."""
    given = reader.value("/data/checks/acknowledge")
    if not isinstance(given, list) or not reader.sound("/data/checks/acknowledge"):
        return ()
    parts = [cast(Mapping[str, Json], one) for one in given]
    return tuple(
        Acknowledged(
            code=str(one["code"]),
            columns=tuple(str(name) for name in cast(list[Json], one.get("columns") or [])),
            because=str(one["because"]).strip(),
        )
        for one in parts
    )


def labels(reader: Reader, task: Task) -> tuple[str, ...] | None:
    """Return the classes in the author's order, or None when the data is to tell."""
    given = reader.value("/task/labels")
    if not isinstance(given, list) or task.labels == "none":
        return None
    alike: dict[str, str] = {}
    for index, label in enumerate(given):
        folded = " ".join(str(label).casefold().split())
        other = alike.setdefault(folded, str(label))
        if other != label and reader.sound(f"/task/labels/{index}"):
            message = f"labels `{other}` and `{label}` differ only in case or spaces"
            reader.say("TS221", message, "keep one, if they mean the same", f"/task/labels/{index}", warning=True)
    return tuple(str(label) for label in given)


UNFIT = {
    "near_duplicates": "it compares texts; `drop_duplicates` finds pictures that are nearly equal too",
    "mask_pii": "it is for texts that get a class, and for tables; mask the file itself, or leave a column out",
    "fix_orientation": "it belongs to pictures",
}
"""Why a step does not fit a task that does not name it, and what to do."""


def clean(reader: Reader, task: Task) -> tuple[Step, ...]:
    """Return the cleaning steps, with each row filter compiled to SQL; those of the task where they are open."""
    given = reader.value("/data/clean")
    defaults = task.defaults.get("data")
    if not isinstance(given, list):
        given = defaults.get("clean", []) if isinstance(defaults, Mapping) else []
    steps: list[Step] = []
    for index, step in enumerate(cast(list[Json], given)):
        pointer = f"/data/clean/{index}"
        if not reader.sound(pointer) or not isinstance(step, str | Mapping):
            continue
        found = cleaning.read(step)
        reader.pass_on(found.diagnostics, f"{pointer}/where")
        name = cleaning.name(found.value) if found.value is not None else ""
        if name in cleaning.FITTED and name not in task.cleaning:
            reader.say("TS231", f"`{name}` does not fit the task `{task.name}`", UNFIT[name], pointer)
            continue
        steps += [found.value] if found.value is not None else []
    return tuple(steps)


def split(reader: Reader, task: Task) -> Split:
    """Return the shares for training, validation and test; a share that is left out is what remains."""
    given = reader.value("/data/split")
    defaults = cast(Mapping[str, Json], task.defaults.get("data") or {}).get("split") or {}
    default = cast(Mapping[str, Json], defaults)
    named = given if isinstance(given, Mapping) else {}
    by = str(named.get("by") or _by(reader, task, str(default.get("by", "random"))))
    seed = named.get("seed", default.get("seed", 7))
    shares: Shares = (0.8, 0.1, 0.1)
    if reader.sound("/data/split"):
        written = {part: _share(named[part]) for part in PARTS if part in named}
        if written and by.startswith("given:"):
            part = next(iter(written))
            message = f"`{by}` takes the parts from the data; `{part}` is ignored"
            reader.say("TS212", message, "remove it", f"/data/split/{part}", on_key=True)
        shares = _shares(written or {part: _share(default[part]) for part in PARTS if part in default})
        _whole(reader, shares, written)
    train, validation, test = shares
    return Split(by=by, train=train, validation=validation, test=test, seed=seed if isinstance(seed, int) else 7)


def _by(reader: Reader, task: Task, default: str) -> str:
    """Return the task's own way of splitting, with the column of the role that it names."""
    kind, _, role = default.partition(":")
    if role not in task.inputs:
        return default
    return f"{kind}:{reader.value(f'/task/inputs/{role}') or role}"


def _share(value: Json) -> float:
    return expression.quantity(str(value))


def _shares(written: Mapping[str, float]) -> Shares:
    if not written:
        return (0.8, 0.1, 0.1)
    rest = [part for part in PARTS if part not in written]
    left = max(0.0, round(1 - sum(written.values()), 9))
    full = {**written, **{part: round(left / len(rest), 9) for part in rest}}
    return (full["train"], full["validation"], full["test"])


def _whole(reader: Reader, shares: Shares, written: Mapping[str, float]) -> None:
    if not written:
        return
    total = sum(shares)
    if abs(total - 1) > 1e-6:
        parts = " + ".join(f"{share:.4g}" for share in (100 * s for s in shares))
        message = f"the split adds up to {100 * total:.4g}%, not 100% ({parts})"
        reader.say("TS212", message, "make the parts add up to 100%", "/data/split", on_key=True)
        return
    for part, share in zip(PARTS, shares, strict=True):
        if share <= 0:
            pointer = f"/data/split/{part}" if part in written else "/data/split"
            message = f"nothing is left for `{part}`"
            reader.say("TS212", message, "each of train, validation and test needs some rows", pointer, on_key=True)

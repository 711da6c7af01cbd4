"""Write a difference for a person, a program, or a comment on a pull request."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from trainerspec.backends.project import show as shown
from trainerspec.cli.build import few
from trainerspec.cli.say import say, say_json
from trainerspec.cli.show import rows

if TYPE_CHECKING:
    from trainerspec.ir.json import Json
    from trainerspec.revising.compare import Change, Difference


def as_text(found: "Difference") -> None:
    """Print the four parts, each only where there is something to tell."""
    if not found.spec and not found.decisions and not found.files:
        say("no difference")
        return
    for title, some in (("spec", found.spec), ("decisions", found.decisions)):
        if some:
            say(title)
            rows([(one.path, " -> ".join(values(one)), one.because) for one in some])
    files = [(what, few(some)) for what, some in kinds(found)]
    if files:
        say("files")
        rows(files)
    say("stages that run again" if found.stages else "no stage runs again")
    if found.stages:
        rows(list(found.stages.items()))


def as_json(found: "Difference") -> None:
    """Print the difference as one JSON object."""
    parts = {
        "spec": [vars(one) for one in found.spec],
        "decisions": [vars(one) for one in found.decisions],
        "files": vars(found.files),
        "stages": dict(found.stages),
    }
    say_json(parts)


def as_markdown(found: "Difference", name: str) -> None:
    """Print the difference as a comment on a pull request: tables, and the long list of files folded."""
    say("\n".join(markdown(found, name)))


def markdown(found: "Difference", name: str) -> Iterator[str]:
    """Return the lines of the comment."""
    yield f"### {plain(name)}"
    if not found.spec and not found.decisions and not found.files:
        yield from ("", "No difference.")
        return
    yield from table(("spec", "before", "after"), [(one.path, *values(one)) for one in found.spec])
    yield from table(
        ("decision", "before", "after", "because"),
        [(one.path, *values(one), one.because) for one in found.decisions],
    )
    yield from table(("stage that runs again", "because"), list(found.stages.items()))
    if not found.stages:
        yield from ("", "No stage runs again.")
    lists = kinds(found)
    if lists:
        yield from (
            "",
            "<details>",
            f"<summary>{', '.join(f'{len(some)} {what}' for what, some in lists)} files</summary>",
        )
        yield ""
        yield from (f"- {what} {code(path)}" for what, some in lists for path in some)
        yield from ("", "</details>")


def table(head: tuple[str, ...], lines: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Return the lines of a table; the last column is prose where it is a reason, all others are code."""
    if not lines:
        return
    yield from ("", f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}")
    for line in lines:
        cells = [plain(text) if title == "because" else code(text) for title, text in zip(head, line, strict=True)]
        yield f"| {' | '.join(cells)} |"


def plain(text: str) -> str:
    r"""Return text that reads in Markdown as it stands here: names in backquotes are code, nothing else is markup.

    >>> plain("a | b <img> @ops *x*, `y_z`")
    'a \\| b &#60;img&#62; &#64;ops \\*x\\*, `y_z`'
    """
    parts = re.split(r"(`[^`]+`)", " ".join(text.split()))
    return "".join(code(part[1:-1]) if number % 2 else escaped(part) for number, part in enumerate(parts))


def escaped(text: str) -> str:
    """Return text without a character that Markdown or GitHub reads."""
    text = re.sub(r"[\\`*_\[\]|~]", r"\\\g<0>", text)
    return re.sub("[#<>@]", lambda mark: f"&#{ord(mark[0])};", text)


def code(text: str) -> str:
    r"""Return text as code in a table, one line, its own backquotes and bars kept.

    >>> code("a|b"), code("x`y"), code("")
    ('`a\\|b`', '``x`y``', '')
    """
    line = " ".join(text.split()).replace("|", "\\|")
    longest = max((len(run) for run in "".join(c if c == "`" else " " for c in line).split()), default=0)
    fence = "`" * (longest + 1)
    space = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{space}{line}{space}{fence}" if line else ""


def values(change: "Change") -> tuple[str, str]:
    """Write both sides of a change."""
    return written(change.old), written(change.new)


def written(value: "Json") -> str:
    """Write one side of a change."""
    return "(none)" if value is None else shown(value)


def kinds(found: "Difference") -> list[tuple[str, tuple[str, ...]]]:
    """Return the files by what happens to them, without empty lists."""
    files = found.files
    lists = (("added", files.added), ("changed", files.changed), ("removed", files.removed))
    return [(what, some) for what, some in lists if some]

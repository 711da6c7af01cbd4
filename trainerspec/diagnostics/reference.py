"""Write docs/errors.md from the codes: `python -m trainerspec.diagnostics.reference > docs/errors.md`."""

from itertools import groupby

from trainerspec.diagnostics.codes import Code, codes

_PASSES = {
    "0": "Drafting from a request",
    "1": "Reading the file",
    "2": "What the spec says",
    "3": "Objectives and conditions",
    "4": "The data",
    "5": "Decisions and the catalog",
    "6": "Planning and emitting the project",
    "7": "Writing the project",
    "8": "Running and serving",
}
_HEAD = """\
# Diagnostics

<!-- Generated: python -m trainerspec.diagnostics.reference > docs/errors.md -->

Everything that can be wrong with a request, a spec, its data or a run has a code. All errors of a pass are told at
once, each at its line and column, with what to do. `trainerspec explain CODE` prints the same text;
`--format json` and `--format github` give diagnostics to programs and to code reviews.
"""


def reference() -> str:
    """Return docs/errors.md: every code, by pass."""
    parts = [_HEAD]
    for digit, listed in groupby(codes().items(), key=lambda item: item[0][2]):
        parts.append(f"## TS{digit}xx: {_PASSES[digit]}\n")
        parts += [_section(code, about) for code, about in listed]
    return "\n".join(parts)


def _section(code: str, about: Code) -> str:
    fence = "```"
    return (
        f"### {code}: {about.title}\n\n{about.explanation}\n\n"
        f"{fence}\n{about.example}\n{fence}\n\nWhat to do: {about.fix}\n"
    )


if __name__ == "__main__":
    print(reference(), end="")

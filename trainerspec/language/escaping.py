"""Text in generated files: one function for each language, so that any column, label, name or request stays a text."""

import re

_EMPTY = "` `"
_INLINE = re.compile(r"[\\`*\[\]|~]|(?<![^\W_])_|_(?![^\W_])")
"""What Markdown would take for more than text within a line; an underscore inside a word is none."""
_LEADING = re.compile(r"^(?:([#+=>-])|(\d{1,9})([.)])(?=\s|$))")
_ENTITY = re.compile(r"&(?=[#A-Za-z])")


def line(text: str) -> str:
    """Put a text on one line: white space becomes one space, other control characters the replacement character.

    >>> line("two\\nlines\\0")
    'two lines\\ufffd'
    """
    return "".join("\ufffd" if ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 else c for c in " ".join(text.split()))


def markdown(text: str) -> str:
    r"""Write a text as Markdown that shows it, on one line, also in a table's cell.

    >>> print(markdown("a | b <b>*c*</b> max_length"))
    a \| b &lt;b>\*c\*&lt;/b> max_length
    """
    return _led(_shown(line(text)))


def prose(text: str) -> str:
    r"""Write a sentence in which words may stand in backticks as Markdown, also in a table's cell.

    >>> print(prose("set `a|b` or <i>"))
    set `a\|b` or &lt;i>
    """
    parts = re.split(r"`([^`]+)`", line(text))
    return _led("".join(code(part, cell=True) if at % 2 else _shown(part) for at, part in enumerate(parts)))


def _shown(text: str) -> str:
    escaped = _INLINE.sub(lambda match: f"\\{match[0]}", text)
    return _ENTITY.sub("&amp;", escaped).replace("<", "&lt;")


def _led(text: str) -> str:
    """Escape what would begin a heading, a list or a quote."""
    return _LEADING.sub(lambda match: f"\\{match[1]}" if match[1] else f"{match[2]}\\{match[3]}", text)


def code(text: str, *, cell: bool = False) -> str:
    r"""Write a text as code within a line of Markdown; in a table's `cell` a bar is escaped too.

    >>> print(code("a`b"), code("x"), code("a|b", cell=True))
    ``a`b`` `x` `a\|b`
    """
    shown = line(text)
    if not shown:
        return _EMPTY
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    pad = " " if shown[0] == "`" or shown[-1] == "`" else ""
    return f"{fence}{pad}{shown}{pad}{fence}".replace("|", "\\|" if cell else "|")


def python(text: str) -> str:
    r"""Write a text as a Python literal between double quotes, with nothing in it that does not show.

    >>> print(python('say "hi"\n'), python("é"))
    "say \"hi\"\n" "é"
    """
    return '"' + "".join(_PYTHON.get(c) or (c if c.isprintable() else _escaped(c)) for c in text) + '"'


_PYTHON = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escaped(c: str) -> str:
    return f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\U{ord(c):08x}"


def pbtxt(text: str) -> str:
    r"""Write a text as a string of protobuf's text format.

    >>> print(pbtxt('a"b\n'))
    "a\"b\n"
    """
    escaped = (_PYTHON.get(c) or (c if ord(c) >= 0x20 and c != "\x7f" else f"\\{ord(c):03o}") for c in text)
    return f'"{"".join(escaped)}"'


def toml(text: str) -> str:
    r"""Write a text as a basic string of TOML.

    >>> print(toml('a"b\n'))
    "a\"b\n"
    """
    escaped = (_PYTHON.get(c) or (c if ord(c) >= 0x20 and c != "\x7f" else f"\\u{ord(c):04x}") for c in text)
    return f'"{"".join(escaped)}"'


def gitignore(path: str) -> str:
    r"""Write a path of the project as a pattern of .gitignore that matches it alone, from the project's folder.

    >>> print(gitignore("data/a*[1]"))
    /data/a\*\[1\]
    """
    escaped = re.sub(r"([\\*?\[\]])", r"\\\1", path)
    return "/" + (f"{escaped[:-1]}\\ " if escaped.endswith(" ") else escaped)


def dvc(text: str) -> str:
    r"""Write a text for dvc.yaml, where `${` begins a name to be filled in.

    >>> print(dvc("data/${HOME}"))
    data/\${HOME}
    """
    return text.replace("${", "\\${")


def shell(text: str) -> str:
    """Write a text for between single quotes of a POSIX shell.

    >>> shell("it's")
    "it'\\\\''s"
    """
    return text.replace("'", "'\\''")

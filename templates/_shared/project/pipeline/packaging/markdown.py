"""Labels, columns and messages in Markdown: any text stays a text, on one line, in a table's cell too."""

import re

INLINE = re.compile(r"[\\`*\[\]|~]|(?<![^\W_])_|_(?![^\W_])")
"""What Markdown would take for more than text within a line; an underscore inside a word is none."""
LEADING = re.compile(r"^(?:([#+=>-])|(\d{1,9})([.)])(?=\s|$))")
ENTITY = re.compile(r"&(?=[#A-Za-z])")


def line(text: str) -> str:
    """Put a text on one line: white space becomes one space, other control characters the replacement character."""
    return "".join("\ufffd" if ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 else c for c in " ".join(text.split()))


def plain(text: str) -> str:
    r"""Write a text so that Markdown shows it as it is.

    >>> print(plain("a | b <b>*c*</b>"))
    a \| b &lt;b>\*c\*&lt;/b>
    """
    return led(shown(line(text)))


def sentence(text: str) -> str:
    r"""Write a text in which words may stand in backticks.

    >>> print(sentence("run `a|b`, not <i>"))
    run `a\|b`, not &lt;i>
    """
    parts = re.split(r"`([^`]+)`", line(text))
    return led("".join(code(part) if at % 2 else shown(part) for at, part in enumerate(parts)))


def code(text: str) -> str:
    r"""Write a text as code within a line.

    >>> print(code("a`b"), code("a|b"))
    ``a`b`` `a\|b`
    """
    told = line(text)
    if not told:
        return "` `"
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", told)), default=0))
    pad = " " if told[0] == "`" or told[-1] == "`" else ""
    return f"{fence}{pad}{told}{pad}{fence}".replace("|", "\\|")


def shown(text: str) -> str:
    """Escape what means something within a line."""
    escaped = INLINE.sub(lambda match: f"\\{match[0]}", text)
    return ENTITY.sub("&amp;", escaped).replace("<", "&lt;")


def led(text: str) -> str:
    """Escape what would begin a heading, a list or a quote."""
    return LEADING.sub(lambda match: f"\\{match[1]}" if match[1] else f"{match[2]}\\{match[3]}", text)

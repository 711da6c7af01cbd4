"""The columns that mark parts of texts: spans, or a tag for each token."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trainerspec.workspace.look import Look


def marked(found: "Look") -> list[str]:
    """Return the columns that mark parts of texts: spans first, then tags with prefixes or of a telling name."""
    usual = ("tags", "ner_tags", "labels", "ner", "pos_tags", "pos", "slots")
    marked = [column for column in found.labels if found.columns.get(column) in ("spans", "tokens")]

    def rank(column: str) -> tuple[bool, int, int]:
        telling = usual.index(column.lower()) if column.lower() in usual else len(usual)
        return found.columns[column] != "spans", telling, len(found.labels[column])

    return sorted(marked, key=rank)


def numbered(found: "Look") -> str | None:
    """Return the column of lists of numbers beside one of tokens, where no column of names marks them."""
    lists = [name for name, dtype in found.frame.schema.items() if "List(Int" in str(dtype)]
    words = [name for name, kind in found.columns.items() if kind == "tokens"]
    return lists[0] if len(lists) == 1 and len(words) == 1 else None


def tokens(found: "Look", tags: str | None) -> str:
    """Return the column of the tokens that a column of tags belongs to; nothing when the data has texts with spans."""
    if tags is None or (found.columns.get(tags) != "tokens" and tags != numbered(found)):
        return ""
    lists = [column for column, kind in found.columns.items() if kind == "tokens" and column != tags]
    usual = [column for column in lists if column.lower() in ("tokens", "words")]
    return next(iter([*usual, *(column for column in lists if column not in found.labels)]), "")

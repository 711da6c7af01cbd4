"""Several texts of a row as one: what a model reads where a role has several columns."""

from collections.abc import Mapping, Sequence


def joined(columns: Mapping[str, Sequence[str]]) -> list[str]:
    """Return one text a row: a line `column: value` for each column that has a value; the text itself of one column.

    >>> joined({"subject": ["Refund", "Thanks"], "body": ["It came broken.", " "]})
    ['subject: Refund\\nbody: It came broken.', 'subject: Thanks']
    >>> joined({"text": ["Refund"]})
    ['Refund']
    """
    if len(columns) == 1:
        return list(next(iter(columns.values())))
    return [row([*zip(columns, values, strict=True)]) for values in zip(*columns.values(), strict=True)]


def row(parts: Sequence[tuple[str, str]]) -> str:
    """Return one row's columns and values as one text."""
    return "\n".join(f"{column}: {value}" for column, value in parts if value.strip())

"""The texts of a request, a column each: checked before they are read as one. Needs no package."""

from collections.abc import Mapping, Sequence

FIELDS = ("text",)
"""The input of a model that reads one column."""


def checked(raw: Mapping[str, Sequence[str]], fields: Sequence[str]) -> dict[str, Sequence[str]]:
    """Return the texts of each field. Raises ValueError, with a reason for the sender."""
    for field in fields:
        texts = raw.get(field)
        if texts is None:
            raise ValueError(f"input `{field}` is missing")
        if len(texts) == 0:
            raise ValueError(f"input `{field}` holds no texts")
        if len(texts) != len(raw[fields[0]]):
            raise ValueError(f"inputs `{fields[0]}` and `{field}` hold unequal numbers of texts")
        for index, text in enumerate(texts):
            if not isinstance(text, str):
                raise ValueError(f"text {index} is {type(text).__name__}, not a string")
    return {field: raw[field] for field in fields}

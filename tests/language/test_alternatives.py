"""Of several forms that a value may have, the one that was begun is told."""

import pytest

from trainerspec.language.schema_errors import faulty

REDUCE = {
    "properties": {
        "reduce": {
            "anyOf": [
                {"const": "none"},
                {"type": "object", "required": ["rows"], "properties": {"by": {"enum": ["coreset", "random"]}}},
            ]
        }
    }
}


@pytest.mark.parametrize(
    ("value", "code", "message"),
    [
        ({"by": "random"}, "TS202", "missing key `rows` in `reduce`"),
        ({"rows": 5, "by": "chance"}, "TS206", "`chance` is not a choice for `reduce.by`"),
        ([5], "TS203", "`reduce` is a list; it must be `none` or a mapping (`key: value`)"),
        ("some", "TS206", "`some` is not a choice for `reduce`"),
    ],
)
def test_the_form_that_was_begun_is_told(value: object, code: str, message: str) -> None:
    (fault,) = faulty({"reduce": value}, REDUCE)  # type: ignore[dict-item]
    assert (fault.code, fault.message) == (code, message)

"""Planted faults: each is found under its code, with its rows, in the form of data that it was planted into."""

from pathlib import Path

import pytest

from tests.checking import picture_faults, table_faults, text_faults
from tests.checking.look import check, lines
from tests.checking.planted import PLANTED

ROOMS = (table_faults, text_faults, picture_faults)
"""They fill PLANTED when they are imported."""
DEEP = frozenset({"near-duplicate-texts", "near-duplicate-pictures", "near-duplicates-across-splits", "label-error"})


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found_with_its_rows(name: str, tmp_path: Path) -> None:
    code, plant = PLANTED[name]
    kind, source, more, rows = plant(tmp_path)
    report = check(kind, tmp_path, source, more, deep=code in DEEP)
    found = [one for one in report.findings if one.code == code]
    assert found, [(one.code, one.message) for one in report.findings]
    if isinstance(rows, int):
        assert rows in [one.count for one in found]
    elif rows is not None:
        assert rows in [sorted(lines(one), key=lambda line: (len(str(line)), str(line))) for one in found]


def test_there_are_enough_faults() -> None:
    assert len(PLANTED) >= 60

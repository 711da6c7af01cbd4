"""A package that a test needs and does not find: a skip on a developer's machine, a failure in CI."""

import re
from pathlib import Path

import pytest

from tests import needs

TESTS = Path(__file__).parents[1]
LOOKS = re.compile(r"importorskip|find_spec\(|PackageNotFoundError")


@pytest.mark.parametrize("find", [needs.packages, needs.module, needs.wheel])
def test_ci_fails_where_a_developer_skips(find, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"no_such_package.* is not installed: make setup"):
        find("no_such_package")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="CI has to have"):
        find("no_such_package")


def test_what_is_installed_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    needs.packages("pytest", "json")
    assert needs.module("json.decoder").__name__ == "json.decoder"
    assert needs.wheel("pytest").version == pytest.__version__


def test_every_test_asks_there() -> None:
    asking = [
        path.relative_to(TESTS).as_posix()
        for path in TESTS.rglob("*.py")
        if "golden" not in path.parts and LOOKS.search(path.read_text(encoding="utf-8"))
    ]
    assert sorted(asking) == ["needs.py", "repository/test_needs.py"]

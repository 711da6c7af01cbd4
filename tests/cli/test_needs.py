"""What a command needs of the extra `deploy` is told with the way to install it."""

import pytest

from trainerspec.cli.needs import needs
from trainerspec.diagnostics.model import Stopped


def test_what_is_installed_is_fine() -> None:
    needs("json", "pathlib")


def test_what_is_absent_is_named_with_the_extra() -> None:
    with pytest.raises(Stopped) as stopped:
        needs("json", "no_such_module_a", "no_such_module_b")
    (one,) = stopped.value.diagnostics
    assert (one.code, one.hint) == ("TS873", "pip install 'trainerspec[deploy]'")
    assert "`no_such_module_a`, `no_such_module_b`" in one.message

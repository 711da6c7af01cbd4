"""What a command needs of an extra is told with the way to install it."""

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


def test_signatures_have_an_extra_of_their_own() -> None:
    with pytest.raises(Stopped) as stopped:
        needs("no_such_module", extra="sign")
    assert stopped.value.diagnostics[0].hint == "pip install 'trainerspec[sign]'"

"""A record behaves as the frozen dataclass that it reads like."""

import pickle
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace

import pytest

from trainerspec.ir.record import record


@record(frozen=True, kw_only=True)
class Quick:
    """A record with every kind of field."""

    name: str
    sizes: tuple[int, ...] = ()
    about: Mapping[str, int] = field(default_factory=dict)
    place: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, kw_only=True)
class Plain:
    """The same by the standard library."""

    name: str
    sizes: tuple[int, ...] = ()
    about: Mapping[str, int] = field(default_factory=dict)
    place: int = field(default=0, compare=False, repr=False)


GIVEN = ({"name": "a"}, {"name": "a", "sizes": (1,)}, {"name": "b", "about": {"x": 1}}, {"name": "a", "place": 3})


@pytest.mark.parametrize("one", GIVEN)
@pytest.mark.parametrize("other", GIVEN)
def test_a_record_compares_and_shows_itself_as_a_dataclass_does(
    one: dict[str, object], other: dict[str, object]
) -> None:
    quick, plain = Quick(**one), Plain(**one)
    assert (quick == Quick(**other)) == (plain == Plain(**other))
    assert quick != plain
    assert repr(quick) == repr(plain).replace("Plain", "Quick")
    assert asdict(quick) == asdict(plain)
    assert list(vars(quick)) == list(vars(plain)) == [one.name for one in fields(quick)]
    assert replace(quick, name="c") == Quick(**{**one, "name": "c"})
    assert pickle.loads(pickle.dumps(quick)) == quick


def test_a_record_is_hashed_by_what_it_is_compared_by() -> None:
    @record(frozen=True, kw_only=True)
    class Key:
        name: str
        place: int = field(default=0, compare=False)

    assert len({Key(name="a"), Key(name="a", place=1), Key(name="b")}) == 2
    with pytest.raises(TypeError, match="unhashable"):
        hash(Quick(name="a"))


def test_a_record_has_its_own_mutable_default() -> None:
    assert Quick(name="a").about is not Quick(name="a").about


@pytest.mark.parametrize("made", [Quick, Plain])
def test_a_record_cannot_be_changed(made: type[Quick]) -> None:
    one = made(name="a")
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'name'"):
        one.name = "b"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'name'"):
        del one.name
    assert one.name == "a"


@pytest.mark.parametrize("made", [Quick, Plain])
@pytest.mark.parametrize("given", [{}, {"name": "a", "sides": 2}])
def test_a_record_takes_its_fields_and_no_others(made: type[Quick], given: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        made(**given)
    with pytest.raises(TypeError):
        made("a")

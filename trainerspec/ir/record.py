"""Frozen dataclasses that are quick to define.

`dataclasses` writes, compiles and runs the source of six methods for each class: half a millisecond, a sixth
of `plan`. Records share functions that look at the class's fields instead. To a type checker, and to `fields`,
`replace` and `asdict`, a record is the frozen dataclass that it reads like.
"""

from typing import TYPE_CHECKING

__all__ = ["record"]

if TYPE_CHECKING:
    from dataclasses import dataclass as record
else:
    from dataclasses import MISSING, FrozenInstanceError, dataclass, fields

    def record(*, frozen, kw_only):
        """Make a class a frozen dataclass whose fields are given by name; the options are for the reader."""
        return _made

    def _made(cls):
        cls.__init__, cls.__repr__, cls.__eq__, cls.__hash__ = _init, _repr, _eq, _hash
        made = dataclass(init=False, repr=False, eq=False, kw_only=True)(cls)
        made.__setattr__, made.__delattr__ = _frozen_set, _frozen_delete
        about = fields(made)
        made.__record_fields__ = {one.name: (one.default, one.default_factory) for one in about}
        made.__record_shown__ = tuple(one.name for one in about if one.repr)
        made.__record_compared__ = tuple(one.name for one in about if one.compare)
        return made

    def _init(self, /, **given):
        values = self.__dict__
        missing = []
        for name, (default, factory) in type(self).__record_fields__.items():
            if name in given:
                values[name] = given.pop(name)
            elif default is not MISSING:
                values[name] = default
            elif factory is not MISSING:
                values[name] = factory()
            else:
                missing.append(name)
        if missing or given:
            wrong = f"misses {', '.join(missing)}" if missing else f"has no {', '.join(given)}"
            raise TypeError(f"{type(self).__qualname__} {wrong}")

    def _repr(self):
        shown = (f"{name}={getattr(self, name)!r}" for name in type(self).__record_shown__)
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def _compared(self):
        return tuple(getattr(self, name) for name in type(self).__record_compared__)

    def _eq(self, other):
        return _compared(self) == _compared(other) if type(other) is type(self) else NotImplemented

    def _hash(self):
        return hash(_compared(self))

    def _frozen_set(self, name, value):
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def _frozen_delete(self, name):
        raise FrozenInstanceError(f"cannot delete field {name!r}")

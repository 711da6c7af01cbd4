"""Judge an objective as the emitted project does, by the same file: pipeline/base/verdict.py."""

from collections.abc import Mapping
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from typing import Literal, Protocol, cast

from trainerspec import assets
from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.spec import Objective

Verdict = Literal["pass", "fail", "pending"]


class _Judge(Protocol):
    def __call__(
        self, row: JsonObject, values: Mapping[str, float], device: str, units: Mapping[str, str]
    ) -> JsonObject: ...


def verdict(objective: Objective, values: Mapping[str, float], device: str) -> Verdict:
    """Judge one objective by what was measured on `device`; pending when that does not tell.

    >>> accurate = Objective(text="accuracy >= 0.9", sense="constrain", metric="accuracy", op=">=", bound=0.9)
    >>> verdict(accurate, {"accuracy": 0.95}, "cpu"), verdict(accurate, {"accuracy": 0.5}, "cpu")
    ('pass', 'fail')
    >>> verdict(accurate, {}, "cpu")
    'pending'
    """
    row: dict[str, Json] = {name: value for name, value in vars(objective).items() if value is not None}
    return cast(Verdict, _judge()(row, values, device, {})["verdict"])


@cache
def _judge() -> _Judge:
    place = assets.folder("templates") / "_shared" / "project" / "pipeline" / "base" / "verdict.py"
    spec = spec_from_file_location("trainerspec.running.emitted_verdict", place)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return cast(_Judge, module.judge)

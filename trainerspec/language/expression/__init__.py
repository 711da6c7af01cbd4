"""The expression language of objectives, filters and SOP rules (grammar/expression.lark)."""

from trainerspec.language.expression.evaluation import UNKNOWN, Unknown, evaluate
from trainerspec.language.expression.functions import FUNCTIONS, Type
from trainerspec.language.expression.objectives import Measure, objective
from trainerspec.language.expression.parsing import parse
from trainerspec.language.expression.tree import Expression, names
from trainerspec.language.expression.types import check
from trainerspec.language.expression.units import UNITS, quantity
from trainerspec.language.expression.writing import of_class, to_sql, to_text

__all__ = [
    "FUNCTIONS",
    "UNITS",
    "UNKNOWN",
    "Expression",
    "Measure",
    "Type",
    "Unknown",
    "check",
    "evaluate",
    "names",
    "objective",
    "of_class",
    "parse",
    "quantity",
    "to_sql",
    "to_text",
]

"""Names that MLflow takes: every column, label and slot gets one of its own, from which it can be read back."""

import hashlib
import re

LONGEST = 200
"""Characters; MLflow takes 250."""
_REFUSED = re.compile(r"[^A-Za-z0-9_ .-]|^\.|_(?=x[0-9a-f]+_)")
_WRITTEN = re.compile(r"_x([0-9a-f]+)_")


def tracked(name: str) -> str:
    """Return the name under which MLflow has something: what it refuses is written as `_x28_`, its code point.

    A name that becomes too long ends with a digest instead, and cannot be read back.

    >>> tracked("macro_f1"), tracked("rmse.age (years)"), tracked("a_x28_")
    ('macro_f1', 'rmse.age _x28_years_x29_', 'a_x5f_x28_')
    """
    written = _REFUSED.sub(lambda match: f"_x{ord(match[0]):x}_", name) or "_x_"
    if len(written) <= LONGEST:
        return written
    return f"{written[: LONGEST - 17]}-{hashlib.sha256(name.encode(errors='surrogatepass')).hexdigest()[:16]}"


def read_back(written: str) -> str:
    """Return the name that `tracked` was given.

    >>> read_back("rmse.age _x28_years_x29_"), read_back("a_x5f_x28_")
    ('rmse.age (years)', 'a_x28_')
    """
    return "" if written == "_x_" else _WRITTEN.sub(lambda match: chr(int(match[1], 16)), written)

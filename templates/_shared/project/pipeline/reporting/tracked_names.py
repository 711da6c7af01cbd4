"""Names that MLflow takes: every column, label and slot gets one of its own, from which it can be read back."""

import hashlib
import re

LONGEST = 200
"""Characters; MLflow takes 250."""
_REFUSED = re.compile(r"[^A-Za-z0-9_ .-]|^\.|_(?=x[0-9a-f]*_)")
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


SERVING = frozenset(
    {"batch", "contention", "latency", "memory", "model", "noise", "operations", "requests", "threads", "throughput"}
)
"""First parts of names that the benchmark measures."""


def grouped(name: str) -> str:
    """Return the name of a metric behind that of its group, by which MLflow folds them.

    >>> grouped("macro_f1"), grouped("macro_f1.low"), grouped("recall.fraud"), grouped("baseline.trivial.macro_f1")
    ('test/macro_f1', 'intervals/macro_f1.low', 'classes/recall.fraud', 'baselines/trivial.macro_f1')
    >>> grouped("validation.macro_f1"), grouped("latency.p95"), grouped("train.time")
    ('validation/macro_f1', 'serving/latency.p95', 'training/time')
    """
    first, _, rest = name.partition(".")
    for prefix, group in (("baseline", "baselines"), ("validation", "validation"), ("train", "training")):
        if first == prefix and rest:
            return f"{group}/{tracked(rest)}"
    if first in SERVING:
        return f"serving/{tracked(name)}"
    group = "intervals" if name.endswith((".low", ".high")) else "classes" if rest else "test"
    return f"{group}/{tracked(name)}"


def epoch(name: str) -> str:
    """Return the name of what one epoch or round of the training gave.

    >>> epoch("validation.macro_f1"), epoch("loss")
    ('epochs/macro_f1', 'epochs/loss')
    """
    return f"epochs/{tracked(name.removeprefix('validation.'))}"


def read_back(written: str) -> str:
    """Return the name that `tracked` was given.

    >>> read_back("rmse.age _x28_years_x29_"), read_back("a_x5f_x28_")
    ('rmse.age (years)', 'a_x28_')
    """
    return "" if written == "_x_" else _WRITTEN.sub(lambda match: chr(int(match[1], 16)), written)

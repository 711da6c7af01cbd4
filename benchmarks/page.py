"""Write docs/benchmarks.md from its source and the committed metrics: no number of it is typed by hand.

    python -m benchmarks.page > docs/benchmarks.md

The source is docs/benchmarks.md.in, a Jinja template. `metrics/NAME.json` is there as NAME, with `_` for `-`. Outside
placeholders it has no digit, and inside them only those of the metrics' own keys.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from benchmarks.measured import METRICS, ROOT, Value

SOURCE = ROOT / "docs" / "benchmarks.md.in"
FORMATS = {
    "whole": "{:,.0f}",
    "tenth": "{:,.1f}",
    "hundredth": "{:.2f}",
    "thousandth": "{:.3f}",
    "gap": "{:.1e}",
    "significant": "{:.4g}",
}
"""Filter name to the format of a number."""
KEYS = {"one": ".c1.", "eight": ".c8.", "median": "p50.ms", "slowest": "p99.ms", "variance": "r2"}
"""Words for parts of keys that have a digit."""
Metrics = Mapping[str, Mapping[str, Value]]


def metrics(folder: Path = METRICS) -> Metrics:
    """Read all metrics files; `cats-and-dogs.json` becomes `cats_and_dogs`."""
    paths = sorted(folder.glob("*.json"))
    return {path.stem.replace("-", "_"): json.loads(path.read_text(encoding="utf-8")) for path in paths}


def environment() -> Environment:
    """Return Jinja's environment with our filters; a name that is not there is an error."""
    found = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    for name, pattern in FORMATS.items():
        found.filters[name] = pattern.format
    found.filters["share"] = lambda value: f"{100 * value:.1f} %"
    found.filters["milliseconds"] = lambda value: f"{1000 * value:,.3g}"
    found.filters["megabytes"] = lambda value: f"{value / 1e6:,.3g}"
    found.filters["origin"] = origin
    return found


def origin(found: Mapping[str, Value]) -> str:
    """Say when, where and at which commit something was measured.

    >>> origin({"measured.date": "2026-11-25", "measured.commit": "89b3d4b", "measured.machine": "two cores"})
    '2026-11-25 at commit `89b3d4b` on two cores'
    """
    place = "{measured.date} at commit `{measured.commit}` on {measured.machine}"
    said = re.sub(r"{([\w.]+)}", lambda key: str(found[key[1]]), place)
    load = f", load average {found['measured.load']}" if "measured.load" in found else ""
    record = f"; {found['measured.record']}" if "measured.record" in found else ""
    merged = (
        f"; merged as `{found['measured.merged']}`, with other changes below it" if "measured.merged" in found else ""
    )
    return said + load + record + merged


def render(source: str, known: Metrics) -> str:
    """Fill the placeholders of a page.

    Raises jinja2.UndefinedError when it asks for what no metrics file has.
    """
    return environment().from_string(source).render({**KEYS, **known})


def typed(source: str, known: Metrics) -> Iterator[str]:
    """Yield every digit of a source that comes from no metrics file, with its line.

    >>> list(typed("took 3 s, {{ news.seconds | round(2) }}, {{ '4' }}, {{ news['p95'] }}", {"news": {"p95": 1}}))
    ['line 1: took 3 s, ', 'line 1: 2', "line 1: '4'"]
    """
    keys = {key for found in known.values() for key in found}
    for line, kind, text in environment().lex(source):
        shown = kind in {"data", "integer", "float"} or (kind == "string" and text[1:-1] not in keys)
        if shown and re.search(r"\d", text):
            yield f"line {line}: {text}"


def main() -> None:
    """Print the page."""
    sys.stdout.write(render(SOURCE.read_text(encoding="utf-8"), metrics()))


if __name__ == "__main__":
    main()

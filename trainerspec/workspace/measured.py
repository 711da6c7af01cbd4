"""Facts of the values of one role: lengths of texts, the spread of numbers, sizes of pictures."""

from collections.abc import Iterator

import polars as pl

from trainerspec.catalog.model import Port
from trainerspec.ir.json import Json
from trainerspec.workspace import pictured
from trainerspec.workspace.listing import Budget, locate
from trainerspec.workspace.look import Look
from trainerspec.workspace.names import choose, is_picture
from trainerspec.workspace.roles import TEXT_KINDS


def measure(port: Port, values: pl.Series, look: Look, budget: Budget) -> Iterator[tuple[str, Json]]:
    """Measure what a role holds: lengths of texts, the spread of numbers, sizes of pictures."""
    column = values.drop_nulls()
    if port.kind in TEXT_KINDS and column.dtype == pl.String:
        chars = column.str.len_chars()
        for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0)):
            yield f"{port.role}.chars.{name}", int(chars.quantile(share, "higher") or 0)
        ascii_chars = column.str.count_matches(r"[\x00-\x7f]").sum()
        yield f"{port.role}.ascii", round(int(ascii_chars) / max(1, int(chars.sum())), 3)
    elif port.kind == "number" and column.dtype.is_numeric() and len(column):
        value = pl.col("value")
        spread = (
            column.cast(pl.Float64)
            .to_frame("value")
            .select(deviation=value.std(ddof=0), distance=(value - value.mean()).abs().mean())
        )
        yield from ((f"{port.role}.{name}", float(f"{one:.6g}")) for name, one in spread.row(0, named=True).items())
    elif port.kind == "image" and (pictures := [name for name in look.files if is_picture(name)]):
        paths = [locate(look.path, name) for name in choose(pictures, budget.pictures)]
        sizes = [size for size in map(pictured.size, paths) if size is not None]
        if not sizes:
            return
        for name, sides in (("width", [w for w, _, _ in sizes]), ("height", [h for _, h, _ in sizes])):
            ordered = sorted(sides)
            yield f"{port.role}.{name}.p50", ordered[len(ordered) // 2]
            yield f"{port.role}.{name}.max", ordered[-1]
        yield f"{port.role}.channels", max(channels for _, _, channels in sizes)

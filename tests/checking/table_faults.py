"""Faults of tables."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.checking import made
from tests.checking.planted import LINES, ODD, PLANTED, Fault, cells


def columns(code: str, source: str, change: Callable[[made.Columns], object], rows: Any, more: str = "") -> None:
    """Plant a change into the table with classes."""

    def plant(folder: Path) -> Fault:
        table = made.table()
        change(table)
        return "table", made.write(folder, source, table), more, rows

    PLANTED[f"{code} in {source} {len(PLANTED)}"] = (code, plant)


def added(name: str, value: Callable[[int, made.Columns], Any]) -> Callable[[made.Columns], None]:
    """Return a change that adds a column."""

    def change(table: made.Columns) -> None:
        table[name] = [value(row, table) for row in range(len(table["y"]))]

    return change


def noisy(row: int) -> random.Random:
    return random.Random(row)


columns("constant-column", "a.csv", added("country", lambda row, _: "FR"), made.ROWS)
columns("empty-column", "b.csv", added("note", lambda row, _: None), made.ROWS)
columns("nearly-constant-column", "c.csv", added("flag", lambda row, _: int(row == 57)), [59])
columns("mostly-missing-column", "d.parquet", added("bonus", lambda row, _: 5.5 + row if row % 20 == 0 else None), 228)
columns("identifier", "e.csv", added("customer_no", lambda row, _: 1_000_000 + row * 7919 % 900_001), made.ROWS)
columns("identifier", "f.parquet", added("row", lambda row, _: row), made.ROWS)
columns("identifier", "g.jsonl", added("token", lambda row, _: f"x{row * 7919:08x}"), made.ROWS)
columns("identifier", "h.csv", added("ref", lambda row, _: 1_000_000 + row * 7919 % 900_001), made.ROWS)
columns("duplicate-column", "i.csv", added("years", lambda row, table: table["age"][row]), made.ROWS)
columns("mixed-types", "j.csv", cells("age", "unbekannt"), LINES)
columns(
    "mixed-types",
    "k.tsv",
    added("day", lambda row, _: "30 February" if row in ODD else f"2024-03-{1 + row % 28:02}"),
    LINES,
)
columns("mixed-units", "l.csv", added("mass", lambda row, _: f"{60 + row % 31} {'lb' if row in ODD else 'kg'}"), LINES)
columns("mixed-units", "lc.csv", added("fee", lambda row, _: f"{'€' if row in ODD else '$'}{60 + row % 31}.50"), LINES)
columns("mixed-units", "m.csv", cells("height", lambda value: value / 100), LINES)
columns("mixed-units", "n.parquet", cells("height", lambda value: value * 1000), [12, 58, 131])
columns("mixed-units", "n.csv", added("share", lambda row, _: f"{row % 31}%" if row % 2 else "0.45"), made.ROWS // 2)
columns("infinite-value", "o.csv", cells("income", "inf"), LINES)
columns("sentinel-value", "p.csv", cells("age", -999), LINES)
columns("sentinel-value", "q.tsv", cells("height", 9999.0), LINES)
columns("sentinel-value", "r.jsonl", cells("visits", 99), [12, 58, 131])
columns("impossible-value", "s.csv", cells("age", -3), LINES)
columns("impossible-value", "t.csv", added("latitude", lambda row, _: 120.5 if row in ODD else 40 + row % 13), LINES)
columns(
    "impossible-date",
    "u.csv",
    added("joined", lambda row, _: "9999-12-31" if row in ODD else f"2021-04-{1 + row % 28:02}"),
    LINES,
)
columns(
    "impossible-date",
    "v.csv",
    added("seen", lambda row, _: "1900-01-01" if row in ODD else f"2021-{1 + row % 12:02}-05"),
    LINES,
)
columns("outlier", "w.csv", cells("income", 4.2e11, [57]), [59])
columns(
    "outlier",
    "x.csv",
    added("balance", lambda row, _: -52_000.0 if row == 57 else round(noisy(row).gauss(0, 9), 2)),
    [59],
)
columns("target-copy", "y.csv", added("churned", lambda row, table: table["y"][row] == "leave"), made.ROWS)
columns(
    "single-feature-leak",
    "z.csv",
    added("score", lambda row, table: (table["y"][row] == "stay") + noisy(row).gauss(0, 0.1)),
    made.ROWS,
)
columns("single-feature-leak", "aa.csv", added("code", lambda row, table: f"{table['y'][row][0]}{row % 13}"), None)
columns(
    "missing-value-leak",
    "ab.csv",
    added("refund", lambda row, table: noisy(row).random() if table["y"][row] == "leave" else None),
    None,
)
columns(
    "time-after-target",
    "ac.csv",
    lambda table: (
        added("opened", lambda row, _: f"2023-05-{1 + row % 28:02}")(table),
        added("closed_at", lambda row, _: f"2023-06-{1 + row * 7 % 28:02}")(table),
    ),
    made.ROWS,
)
columns(
    "time-after-target",
    "ad.csv",
    lambda table: (
        added("day", lambda row, _: f"2023-05-{1 + row % 28:02}")(table),
        added("posted", lambda row, _: f"2023-06-{1 + row * 7 % 28:02}")(table),
    ),
    made.ROWS,
    "split: {by: 'time:day'}",
)
columns(
    "duplicate-rows", "ae.csv", lambda table: [table[name].append(table[name][row]) for row in ODD for name in table], 3
)
columns(
    "several-labels",
    "af.csv",
    lambda table: [table[name].append("other" if name == "y" else table[name][57]) for name in table],
    [59, 242],
)
columns("missing-label", "ag.csv", cells("y", None), LINES)
columns("missing-label", "ah.jsonl", cells("y", "NA"), [12, 58, 131])
columns("rare-class", "ai.csv", cells("y", "dunno"), LINES)
columns(
    "imbalanced-classes",
    "aj.csv",
    lambda table: table.update(y=["rare" if row % 20 == 0 else "common" for row in range(made.ROWS)]),
    12,
)
columns("label-spellings", "ak.csv", cells("y", lambda value: value.upper()), LINES)
columns("group-across-splits", "al.csv", added("patient_id", lambda row, _: f"p{row // 6}"), 40)
columns(
    "personal-data",
    "am.csv",
    added("contact", lambda row, _: "ada.l@post.fr" if row in ODD else f"desk {row % 5}"),
    LINES,
)
columns(
    "personal-data", "an.csv", added("last_name", lambda row, _: ["Noether", "Hopper", "Turing"][row % 3]), made.ROWS
)
columns(
    "split-drift",
    "ao.csv",
    lambda table: (
        added("part", lambda row, _: "train" if row < 160 else "validation" if row < 200 else "test")(table),
        table.update(height=[v + 20 * (r >= 200) for r, v in enumerate(table["height"])]),
    ),
    40,
    "split: {by: 'given:part'}",
)
columns(
    "unseen-values",
    "ap.csv",
    lambda table: (
        added("part", lambda row, _: "train" if row < 160 else "validation" if row < 200 else "test")(table),
        table.update(city=["Kyiv" if r >= 210 else v for r, v in enumerate(table["city"])]),
    ),
    30,
    "split: {by: 'given:part'}",
)
columns(
    "duplicates-across-splits",
    "aq.csv",
    lambda table: (
        added("part", lambda row, _: "train" if row < 160 else "validation" if row < 200 else "test")(table),
        [table[name].__setitem__(230, table[name][57]) for name in table if name != "part"],
    ),
    [59, 232],
    "split: {by: 'given:part'}",
)
columns(
    "group-across-splits",
    "ar.csv",
    lambda table: (
        added("part", lambda row, _: ["train", "train", "validation", "test"][row % 4])(table),
        added("device", lambda row, _: f"d{row // 6}")(table),
    ),
    made.ROWS,
    "split: {by: 'given:part'}",
)

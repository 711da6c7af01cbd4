"""Expressions: grammar, units, three values, text and SQL, and mistakes at their column."""

import polars
import pytest

from trainerspec.catalog.load import tasks
from trainerspec.catalog.model import Task
from trainerspec.ir.json import Json
from trainerspec.language.expression import (
    UNKNOWN,
    check,
    evaluate,
    names,
    objective,
    parse,
    quantity,
    to_sql,
    to_text,
)
from trainerspec.language.expression.units import base_value


def expression(text: str):
    outcome = parse(text)
    assert outcome.diagnostics == ()
    return outcome.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("20 ms", 0.02),
        ("20ms", 0.02),
        ("80%", 0.8),
        ("2 h", 7200.0),
        ("5 min", 300.0),
        ("50 MB", 50e6),
        ("50 MiB", 50 * 2**20),
        ("100/s", 100.0),
        ("120 /min", 2.0),
        ("1e-3", 0.001),
        ("-1.5", -1.5),
    ],
)
def test_quantities(text: str, value: float) -> None:
    assert quantity(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "ms", "20 msec", "1..2", "twenty", "20 m s", "1,000"])
def test_not_quantities(text: str) -> None:
    with pytest.raises(ValueError):
        quantity(text)


def test_percentages_are_exact() -> None:
    assert [base_value(str(n), "%") for n in (95, 97, 29)] == [0.95, 0.97, 0.29]


CANONICAL = [
    ("length(text)>=20 and language in [\"en\",'de']", 'length(text) >= 20 and language in ["en", "de"]'),
    ("a<1 or b<2 and not (c or d)", "a < 1 or b < 2 and not (c or d)"),
    ("(a or b) and c", "(a or b) and c"),
    ("1<a<=3", "1 < a <= 3"),
    ("a  not   in [1,2,]", "a not in [1, 2]"),
    ("size ≤ 50MB", "size <= 50 MB"),
    ("`my column` == true", "`my column` == true"),
    ("not (not a)", "not not a"),
    ("(a == 1) == false", "(a == 1) == false"),
    ("order or nothing and index", "order or nothing and index"),
    ("rate >= 5 /s", "rate >= 5/s"),
    ("known(facts.rows)", "known(facts.rows)"),
    ("x in []", "x in []"),
]


@pytest.mark.parametrize(("text", "canonical"), CANONICAL)
def test_canonical_text(text: str, canonical: str) -> None:
    tree = expression(text)
    assert to_text(tree) == canonical
    assert expression(canonical) == tree


def test_names() -> None:
    assert [n.name for n in names(expression("a.b > 1 and lower(c) in d or `e f`"))] == ["a.b", "c", "d", "e f"]


ENV: dict[str, Json] = {"one": 1, "half": 0.5, "word": "abc", "yes": True, "no": False, "items": ["a", "b"]}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("one == 1", True),
        ("0 < half < one", True),
        ("half >= 50%", True),
        ("missing > 1", UNKNOWN),
        ("no and missing", False),
        ("missing and no", False),
        ("yes and missing", UNKNOWN),
        ("yes or missing", True),
        ("no or missing", UNKNOWN),
        ("not missing", UNKNOWN),
        ("known(missing)", False),
        ("known(one) and not known(missing)", True),
        ('word in ["abc", missing]', True),
        ('word in ["x", missing]', UNKNOWN),
        ('"a" in items', True),
        ('"c" not in items', True),
        ('contains(word, "b") and matches(word, "^a.c$")', True),
        ("length(word) == 3 and lower(word) == word", True),
        ("max(one, half, 3) == 3 and min(one, half) < 1 and abs(-2) == 2", True),
        ("min(one, missing) == 1", UNKNOWN),
        ("yes == 1", False),
        ("one", 1),
    ],
)
def test_evaluate(text: str, value: Json) -> None:
    assert evaluate(expression(text), ENV) is value or evaluate(expression(text), ENV) == value


@pytest.mark.parametrize("text", ["word < 1", "one and yes", "one in word"])
def test_evaluate_refuses_mixed_kinds(text: str) -> None:
    with pytest.raises(TypeError):
        evaluate(expression(text), ENV)


def test_unknown_has_no_truth() -> None:
    with pytest.raises(TypeError):
        bool(UNKNOWN)


ROWS = {
    "text": ["short", "it's a 50% off a.b", None, "Ünïcödé text here", ""],
    "n": [1, 2, 3, None, 5],
    "my column": ["a", "b", "a", "b", None],
    "ok": [True, False, None, True, True],
}


@pytest.mark.parametrize(
    "text",
    [
        "length(text) >= 6",
        'contains(text, "50% off")',
        'contains(text, "a.b") or n == 5',
        'not contains(text, "\'")',
        'matches(text, "^[a-z]+$")',
        'lower(text) == "short"',
        '`my column` in ["a", "c"]',
        '`my column` not in ["a"] and n > 1',
        "1 < n <= 3",
        "not (n > 2 or ok)",
        "known(text) and not known(n)",
        "min(n, 3) == 3",
        "max(n, 2, 4) > 4",
        "n in []",
        "n not in []",
        "ok and n != 4",
        "(n > 2) == true",
        "abs(n) >= 150%",
    ],
)
def test_sql_keeps_the_rows_that_evaluate_keeps(text: str) -> None:
    tree = expression(text)
    assert check(tree, {}) == ()
    frame = polars.DataFrame(ROWS).with_row_index("row")
    kept = frame.filter(polars.sql_expr(to_sql(tree)))["row"].to_list()
    columns = list(ROWS)
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*ROWS.values(), strict=True)]
    assert kept == [i for i, row in enumerate(rows) if evaluate(tree, row) is True]


@pytest.mark.parametrize(
    ("text", "code", "column", "hint"),
    [
        ("a &&  b", "TS301", 3, "did you mean `and`?"),
        ("a = 1", "TS301", 3, "did you mean `==`?"),
        ("a AND b", "TS301", 3, "did you mean `and`?"),
        ("a - 1 > 2", "TS301", 3, "no arithmetic"),
        ('a == "x', "TS301", 6, "not closed"),
        ('a == "\\x"', "TS301", 6, "backslash"),
        ("a > 20 msec", "TS301", 8, "did you mean `ms`?"),
        ("rows >", "TS301", 7, "something is missing"),
        ("", "TS301", 1, "write a condition"),
        ("(" * 100 + "a" + ")" * 100, "TS306", 1, "split it"),
        ("a == " + "1" * 5000, "TS306", 1, "split it"),
    ],
)
def test_syntax_errors(text: str, code: str, column: int, hint: str) -> None:
    (diagnostic,) = parse(text).diagnostics
    assert (diagnostic.code, diagnostic.span.column) == (code, column)
    assert hint in diagnostic.hint


@pytest.mark.parametrize(
    ("text", "code", "column"),
    [
        ("lenght(text) > 3", "TS302", 1),
        ("length(a, b) > 3", "TS302", 1),
        ("min(a) > 3", "TS302", 1),
        ('text in "abc"', "TS303", 9),
        ("length(text)", "TS303", 1),
        ("a > 1 and 5", "TS303", 11),
        ("20 ms > 5 MB", "TS303", 9),
        ('length("x") > "y"', "TS303", 15),
        ("abs(text) > true", "TS303", 13),
        ("contains(a, b)", "TS303", 13),
        ('matches(a, "(")', "TS307", 12),
        ('matches(a, "(?=x)")', "TS307", 12),
        ('length(a) in ["x"]', "TS303", 15),
    ],
)
def test_type_errors(text: str, code: str, column: int) -> None:
    found = check(expression(text), {})
    assert (code, column) in [(d.code, d.span.column) for d in found]


@pytest.mark.parametrize(
    ("text", "canonical", "bound", "device"),
    [
        ("maximize  macro_f1", "maximize macro_f1", None, None),
        ("minimize latency.p95 on GPU", "minimize latency.p95 on gpu", None, "gpu"),
        ("accuracy>=95 %", "accuracy >= 95%", 0.95, None),
        ("accuracy >= 0.95", "accuracy >= 0.95", 0.95, None),
        ("20 ms >= latency.p95 on cpu", "latency.p95 <= 20 ms on cpu", 0.02, "cpu"),
        ("latency.p95 < 1s on a100", "latency.p95 < 1 s on a100", 1.0, "a100"),
        ("throughput >= 100/s", "throughput >= 100/s", 100.0, None),
        ("model.size <= 50MB", "model.size <= 50 MB", 5e7, None),
        ("log_loss <= 0.3", "log_loss <= 0.3", 0.3, None),
    ],
)
def test_objectives(text: str, canonical: str, bound: float, device: str, text_task: Task) -> None:
    value = objective(text, text_task.metrics).value
    assert value is not None
    assert (value.text, value.bound, value.device) == (canonical, bound, device)
    assert objective(canonical, text_task.metrics).value == value


@pytest.mark.parametrize(
    "text",
    [
        "accuracy",
        "accuracy >= macro_f1",
        "accuracy != 95%",
        "not accuracy >= 95%",
        "maximize accuracy >= 95%",
        "latency.p95 <= 0 ms",
        "latency.p95 <= -1 ms",
        "accuracy > 100%",
        "maximize latency.p95",
        "accuracy in [90%]",
    ],
)
def test_no_objectives(text: str, text_task: Task) -> None:
    outcome = objective(text, text_task.metrics)
    assert outcome.value is None or text == "latency.p95 <= 0 ms"
    assert outcome.diagnostics or text == "latency.p95 <= 0 ms"


@pytest.mark.parametrize(
    ("text", "metric", "label"),
    [
        ("recall.fraud >= 90%", "recall.fraud", "fraud"),
        ('recall."not fraud" >= 90%', 'recall."not fraud"', "not fraud"),
        ("recall.'not fraud' >= 90%", 'recall."not fraud"', "not fraud"),
        ("recall.`not fraud` >= 90%", 'recall."not fraud"', "not fraud"),
        ("`recall.not fraud` >= 90%", 'recall."not fraud"', "not fraud"),
        ("90% <= recall.1", "recall.1", "1"),
        ("recall.low >= 90%", 'recall."low"', "low"),
        ('recall."a\\"b`c" >= 90%', 'recall."a\\"b`c"', 'a"b`c'),
        ('recall."v1.2" >= 90%', 'recall."v1.2"', "v1.2"),
    ],
)
def test_metrics_of_one_class(text: str, metric: str, label: str) -> None:
    task = tasks()["text-classification"]
    labels = ("fraud", "not fraud", "1", "low", 'a"b`c', "v1.2")
    one = objective(text, task.metrics, per_class=task.per_class, labels=labels).value
    assert one is not None
    assert (one.metric, one.family, one.label, one.text) == (metric, "recall", label, f"{metric} >= 90%")
    again = objective(one.text, task.metrics, per_class=task.per_class, labels=labels).value
    assert again == one


def test_a_class_that_is_not_there_and_a_metric_without_one() -> None:
    task = tasks()["text-classification"]
    (one,) = objective("recall.spm >= 90%", task.metrics, per_class=task.per_class, labels=("ham", "spam")).diagnostics
    assert (one.code, one.message) == ("TS204", "`recall` has no class `spm`")
    assert "`recall.spam`" in one.hint
    (one,) = objective("recall >= 90%", task.metrics, per_class=task.per_class, labels=("ham", "spam")).diagnostics
    assert one.code == "TS204"
    assert "`recall.ham`" in one.hint


def test_a_bound_is_a_finite_number() -> None:
    assert [one.code for one in objective("log_loss <= 1e999", tasks()["text-classification"].metrics).diagnostics] == [
        "TS308"
    ]


@pytest.mark.parametrize("name", ["span_f1", "entity_f1"])
def test_a_metric_is_known_by_its_other_names(name: str) -> None:
    task = tasks()["token-classification"]
    read = objective(f"{name} >= 85%", task.metrics, per_class=task.per_class).value
    assert read is not None
    assert (read.metric, read.text) == ("f1", "f1 >= 85%")

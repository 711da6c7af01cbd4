"""Properties that hold for any text, any data and any expression."""

import copy
from typing import Any

import polars
from hypothesis import given, settings
from hypothesis import strategies as st

from trainerspec.ir.json import Json
from trainerspec.ir.source import Source
from trainerspec.language.document import parse_document
from trainerspec.language.editing import edit
from trainerspec.language.expression import UNKNOWN, check, evaluate, parse, to_sql, to_text
from trainerspec.language.expression.tree import All, Call, Compare, Constant, Expression, Listing, Name, Not, Quantity
from trainerspec.language.expression.tree import Any as Either
from trainerspec.language.places import escape, unescape
from trainerspec.language.printer import print_spec, print_yaml
from trainerspec.passes.parse import parse as parse_spec
from trainerspec.passes.validate import validate

QUICK = settings(max_examples=60, deadline=None)
TRICKY = ["yes", "1", "1.0", "a: b", "- a", "x #y", "a\nb", "a\n\n", " a\n", "\na", "a \nb", "~", "null", ".5", "0x1"]
TRICKY += ["a:", "?", "---", "...x", "%", "=", "<<", "12:30", "#a", "x\ny\n", "\t", "\ta\nb", "\x85", "\ufeff", "'"]
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(TRICKY)
floats = st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | floats | texts
data = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
)
mappings = st.dictionaries(texts, data, max_size=4)


def read(text: str) -> Any:
    outcome = parse_document(Source(name="t", text=text))
    assert outcome.value is not None, (text, outcome.diagnostics)
    return outcome.value.data


@QUICK
@given(mappings)
def test_what_is_printed_reads_the_same_and_prints_the_same(tree: dict[str, Json]) -> None:
    text = print_spec(tree, {"/name": "note"})
    assert read(text) == tree
    assert print_spec(read(text), {"/name": "note"}) == text


@QUICK
@given(st.text(max_size=60) | st.text("ab:-[]{}#&*!|>'\"% \n\t", max_size=40))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    outcome = parse_document(Source(name="t", text=text))
    assert (outcome.value is None) == bool(outcome.diagnostics)
    assert all(d.span is not None and d.code.startswith("TS1") for d in outcome.diagnostics)


def pointers(node: Any, at: str = "") -> list[str]:
    if isinstance(node, dict):
        inner = [found for key, value in node.items() for found in pointers(value, f"{at}/{escape(key)}")]
        return [f"{at}/{escape(key)}" for key in node] + [f"{at}/new", *inner]
    if isinstance(node, list):
        inner = [found for i, value in enumerate(node) for found in pointers(value, f"{at}/{i}")]
        return [f"{at}/{i}" for i in range(len(node))] + [f"{at}/-", *inner]
    return []


@QUICK
@given(mappings, data, st.data())
def test_an_edit_changes_one_value_only(tree: dict[str, Json], value: Json, draw: st.DataObject) -> None:
    pointer = draw.draw(st.sampled_from(pointers(tree)))
    wanted: Any = copy.deepcopy(tree)
    *way, last = [unescape(part) for part in pointer.split("/")[1:]]
    parent = wanted
    for part in way:
        parent = parent[int(part)] if isinstance(parent, list) else parent[part]
    if last == "-" and isinstance(parent, list):
        parent.append(value)
    else:
        parent[int(last) if isinstance(parent, list) else last] = value
    assert read(edit(print_yaml(tree), {pointer: value})) == wanted


NUMBERS, TEXTS, TRUTHS = ("n", "m"), ("s", "my text"), ("p", "q")
words = st.text("ab.%'\"_\\", max_size=3)


def names(known: tuple[str, ...]) -> st.SearchStrategy[Expression]:
    return st.sampled_from(known).map(lambda name: Name(name=name))


def number_of(value: int) -> Expression:
    return Quantity(value=value, number=str(value), unit="")


number = names(NUMBERS) | st.integers(-4, 4).map(number_of)
text = names(TEXTS) | words.map(lambda word: Constant(value=word))
numbers = number | st.tuples(st.sampled_from(["min", "max"]), number, number).map(
    lambda t: Call(function=t[0], arguments=t[1:])
)
lengths = text.map(lambda t: Call(function="length", arguments=(t,)))
orders = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
comparisons = st.tuples(numbers | lengths, orders, numbers, orders, numbers).map(
    lambda t: Compare(operands=(t[0], t[2], t[4]), operators=(t[1], t[3]))
)
memberships = st.tuples(text, st.sampled_from(["in", "not in"]), st.lists(words, max_size=3)).map(
    lambda t: Compare(operands=(t[0], Listing(items=tuple(Constant(value=word) for word in t[2]))), operators=(t[1],))
)
searches = st.tuples(names(TEXTS), words).map(
    lambda t: Call(function="contains", arguments=(t[0], Constant(value=t[1])))
)
knowns = names((*NUMBERS, *TEXTS, *TRUTHS)).map(lambda name: Call(function="known", arguments=(name,)))
leaves = comparisons | memberships | searches | knowns | names(TRUTHS)
conditions = st.recursive(
    leaves,
    lambda inner: (
        inner.map(lambda e: Not(operand=e))
        | st.lists(inner, min_size=2, max_size=3).map(lambda es: All(operands=tuple(es)))
        | st.lists(inner, min_size=2, max_size=3).map(lambda es: Either(operands=tuple(es)))
    ),
    max_leaves=6,
)
rows = st.fixed_dictionaries(
    {
        **{name: st.none() | st.integers(-4, 4) for name in NUMBERS},
        **{name: st.none() | st.text("ab.%'\"_\\", max_size=4) for name in TEXTS},
        **{name: st.none() | st.booleans() for name in TRUTHS},
    }
)
TYPES = {
    **dict.fromkeys(NUMBERS, polars.Int64),
    **dict.fromkeys(TEXTS, polars.String),
    **dict.fromkeys(TRUTHS, polars.Boolean),
}


@QUICK
@given(conditions)
def test_canonical_text_reads_the_same(condition: Expression) -> None:
    written = to_text(condition)
    outcome = parse(written)
    assert outcome.diagnostics == ()
    assert outcome.value is not None
    assert to_text(outcome.value) == written
    assert check(outcome.value, {}) == ()


@QUICK
@given(conditions, st.lists(rows, min_size=1, max_size=5))
def test_evaluate_and_polars_agree(condition: Expression, table: list[dict[str, Json]]) -> None:
    frame = polars.DataFrame(table, schema=TYPES)
    found = frame.select(polars.sql_expr(to_sql(condition)).alias("r"))["r"].to_list()
    expected = [evaluate(condition, row) for row in table]
    if len(found) == 1 < len(table):  # a condition without columns has one value for all rows
        found = found * len(table)
    assert found == [None if value is UNKNOWN else value for value in expected]


@QUICK
@given(st.text(max_size=30) | st.text("ab.<>=!()[]\"'`0123456789%ms, andornti", max_size=40))
def test_any_expression_is_read_or_refused_with_a_column(written: str) -> None:
    outcome = parse(written)
    assert (outcome.value is None) == bool(outcome.diagnostics)
    for diagnostic in outcome.diagnostics:
        assert diagnostic.span is not None
        assert 1 <= diagnostic.span.column <= len(written) + 1
    if outcome.value is not None:
        check(outcome.value, {})
        again = parse(to_text(outcome.value))
        assert again.value == outcome.value


SECTIONS = ["trainerspec", "name", "task", "data", "model", "objectives", "compute", "serve", "questions"]


@QUICK
@given(st.dictionaries(st.sampled_from(SECTIONS), data), st.data())
def test_validate_never_breaks(text_task: Any, tree: dict[str, Any], draw: st.DataObject) -> None:
    tree = {**tree, "task": draw.draw(st.just({"type": text_task.name}) | data)}
    if isinstance(tree["task"], dict) and draw.draw(st.booleans()):
        tree["task"] = {**tree["task"], "type": text_task.name, "labels": draw.draw(data)}
        tree["data"] = {"source": draw.draw(data), "clean": draw.draw(data), "split": draw.draw(data)}
    document = parse_spec(Source(name="t", text=print_yaml(tree))).value
    assert document is not None
    outcome = validate(document, {text_task.name: text_task})
    assert all(d.span is not None for d in outcome.diagnostics)

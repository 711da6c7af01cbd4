"""Document to spec: the planted faults, the defaults, and the sugar."""

import pytest

from trainerspec.catalog.load import tasks as shipped
from trainerspec.catalog.model import Task
from trainerspec.diagnostics.model import Diagnostic, Outcome
from trainerspec.ir.source import Source
from trainerspec.ir.spec import AUTO, Spec
from trainerspec.passes.parse import parse
from trainerspec.passes.validate import validate


def run(text: str, task: Task) -> Outcome[Spec]:
    outcome = parse(Source(name="trainer.yaml", text=text))
    if outcome.value is None:
        return Outcome(diagnostics=outcome.diagnostics)
    return validate(outcome.value, {task.name: task})


def brief(diagnostic: Diagnostic) -> tuple[str, int, int]:
    assert diagnostic.span is not None
    return diagnostic.code, diagnostic.span.line, diagnostic.span.column


LABELS = "[business, entertainment, politics, sport, tech]"
# what is written, what is written instead, then code, line and column of the only diagnostic, and words of it
FAULTS = [
    ("[drop_missing,", "[fix_orientation,", "TS231", 15, 11, "it belongs to pictures"),
    ("task:\n", "tsk:\n", "TS201", 7, 1, "did you mean `task`?"),
    ("objectives:", "objectves:", "TS201", 20, 1, "did you mean `objectives`?"),
    ("  train: {ep", "  trian: {ep", "TS201", 19, 3, "did you mean `train`?"),
    ("  split:", "  splitt:", "TS201", 16, 3, "did you mean `split`?"),
    ("learning_rate:", "lerning_rate:", "TS201", 19, 22, "did you mean `learning_rate`?"),
    ("validation: 10%", "validaton: 10%", "TS201", 16, 23, "did you mean `validation`?"),
    ("where:", "were:", "TS201", 15, 43, "did you mean `where`?"),
    ("{text: text}", "{txt: text}", "TS201", 9, 12, "did you mean `text`?"),
    ("base: auto", "base: auto\n  epochs: 3", "TS201", 19, 3, "did you mean `model.train.epochs`?"),
    ("{path: data/articles}", "{pth: data/articles}", "TS201", 13, 12, "did you mean `path`?"),
    ("task:\n", "task:\n  options: {multilingul: true}\n", "TS201", 8, 13, "did you mean `multilingual`?"),
    ("name: news-desk\n", "", "TS202", 1, 1, "missing key `name`"),
    ("  source: {path: data/articles}\n", "", "TS202", 12, 1, "tell where the data is"),
    ("learning_rate: 2.0e-05", 'learning_rate: "0.001"', "TS203", 19, 37, "remove the quotes: 0.001"),
    (LABELS, "business", "TS203", 11, 11, "it must be a list"),
    ("version: 0.1.0", "version: 1.0", "TS203", 3, 10, 'put it in quotes: "1.0"'),
    ("compute: {train: cpu}", "compute:", "TS203", 24, 9, "remove the key"),
    ("epochs: 3", "epochs: 2.5", "TS203", 19, 19, "it must be a whole number, or `auto`"),
    ("train: {epochs: 3, learning_rate: 2.0e-05, batch_size: auto}", "train: fast", "TS203", 19, 10, "a mapping"),
    ("accuracy >= 95%", "acuracy >= 95%", "TS204", 22, 5, "did you mean `accuracy`?"),
    ("text-classification", "text-clasification", "TS205", 8, 9, "did you mean `text-classification`?"),
    ("engine: onnx", "engine: onyx", "TS206", 25, 34, "did you mean `onnx`?"),
    ("drop_missing", "drop_mising", "TS206", 15, 11, "did you mean `drop_missing`?"),
    ("layout: auto", "layout: folder", "TS206", 14, 11, "did you mean `folders`?"),
    ("learning_rate: 2.0e-05", "learning_rate: -1", "TS207", 19, 37, "it must be above 0"),
    ("batch_size: auto", "batch_size: -8", "TS207", 19, 58, "it must be at least 1"),
    ("train: 80%", "train: 80", "TS207", 16, 18, "did you mean `80%` or `0.8`?"),
    ("layout: auto", "max_length: 1000", "TS207", 14, 15, "it must be at most 512"),
    ("name: news-desk", "name: News_Desk", "TS208", 2, 7, "`news-desk`"),
    ("name: news-desk", "name: news-", "TS208", 2, 7, "`news`"),
    ("name: news-desk", "name: " + "a" * 41, "TS208", 2, 7, "at most 40 characters"),
    ("train: 80%", "train: '80'", "TS208", 16, 18, "did you mean `80%`?"),
    ("by: stratified", "by: groups", "TS208", 16, 55, "such as `stratified`"),
    (LABELS, "[sport]", "TS209", 11, 11, "it needs at least 2"),
    ("{path: data/articles}", "{path: x, hub: y/z}", "TS210", 13, 21, "keep one of them"),
    ("{path: data/articles}", "{}", "TS210", 13, 3, "needs one of `path`, `sql`, `hub`, `uri`"),
    ("trainerspec: 1", "trainerspec: 2", "TS211", 1, 14, "write `trainerspec: 1`"),
    ("train: 80%", "train: 100%", "TS212", 16, 3, "adds up to 120%"),
    ("train: 80%, validation: 10%, test: 10%", "train: 90%, test: 10%", "TS212", 16, 3, "nothing is left"),
    ("{label: topic}", "{label: text}", "TS213", 10, 20, "column `text` is both"),
    ("  clean:", "  exclude: [topic]\n  clean:", "TS226", 15, 13, "is what is predicted"),
    ("  clean:", "  audit: [topic]\n  clean:", "TS226", 15, 11, "is what is predicted"),
    (LABELS, "[sport, tech, sport]", "TS214", 11, 25, "`sport` stands twice"),
    ("base: auto", "base: minilm-l7", "TS215", 18, 9, "did you mean `minilm-l6`?"),
    ("base: auto", "base: hub:org/name", "TS215", 18, 9, "names no revision"),
    ("accuracy >= 95%", "accuracy => 95%", "TS301", 22, 14, "did you mean `>=`?"),
    ("accuracy >= 95%", "Maximize accuracy", "TS301", 22, 14, "did you mean `maximize`?"),
    ("length(text) >= 20", "lenght(text) >= 20", "TS302", 15, 51, "did you mean `length`?"),
    ("length(text) >= 20", "length(text) >= 20 MB", "TS303", 15, 67, "this is a size"),
    ("length(text) >= 20", "length(text)", "TS303", 15, 51, "not a condition"),
    ("20 ms on cpu", "50 MB", "TS303", 23, 20, "is a time; this is a size"),
    ("20 ms on cpu", "20", "TS304", 23, 20, "add a unit"),
    ("accuracy >= 95%", "0.9 <= accuracy <= 0.99", "TS305", 22, 5, "write two lines"),
    ("accuracy >= 95%", "accuracy >= 120%", "TS308", 22, 17, "a ratio is at most 100%"),
    ("accuracy >= 95%", "accuracy >= 95", "TS308", 22, 17, "did you mean `95%`?"),
    ("20 ms on cpu", "20 ms\n  - latency.p95 >= 1 s", "TS309", 24, 5, "contradicts"),
    ("maximize macro_f1", "minimize macro_f1", "TS310", 21, 5, "did you mean `maximize macro_f1`?"),
    ("accuracy >= 95%", "accuracy >= 95% on cpu", "TS312", 22, 24, "drop `on cpu`"),
    ("20 ms on cpu", "20 ms on cup", "TS312", 23, 29, "did you mean `cpu`?"),
    ("  - accuracy >= 95%", "  - maximize accuracy", "TS313", 22, 5, "a second aim"),
]


@pytest.mark.parametrize(("old", "new", "code", "line", "column", "words"), FAULTS, ids=lambda v: str(v)[:24])
def test_planted_fault(
    old: str, new: str, code: str, line: int, column: int, words: str, good_text: str, text_task: Task
) -> None:
    assert old in good_text
    outcome = run(good_text.replace(old, new, 1), text_task)
    errors = [d for d in outcome.diagnostics if d.severity == "error"]
    assert outcome.value is None
    assert (code, line, column) in [brief(d) for d in errors]
    told = next(d for d in errors if brief(d) == (code, line, column))
    assert words in f"{told.message} {told.hint}"
    if code != "TS201":
        assert [brief(d) for d in errors] == [(code, line, column)]


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "column"),
    [
        ("questions: []", "questions: [Where?]", "TS220", 6, 13),
        (LABELS, "[Sport, sport, tech]", "TS221", 11, 19),
        ("accuracy >= 95%", "accuracy <= 95%", "TS311", 22, 17),
        ("accuracy >= 95%", "accuracy >= 95%\n  - accuracy >= 90%", "TS314", 23, 5),
    ],
)
def test_warnings(old: str, new: str, code: str, line: int, column: int, good_text: str, text_task: Task) -> None:
    outcome = run(good_text.replace(old, new, 1), text_task)
    assert outcome.value is not None
    assert [(d.severity, *brief(d)) for d in outcome.diagnostics] == [("warning", code, line, column)]


def test_all_errors_at_once_sorted_by_line(good_text: str, text_task: Task) -> None:
    text = good_text.replace("objectives", "objectves").replace("epochs", "epocs").replace("labels", "lables")
    assert [brief(d)[:2] for d in run(text, text_task).diagnostics] == [("TS201", 11), ("TS201", 19), ("TS201", 20)]


def test_an_unknown_task_does_not_hide_other_errors(good_text: str, text_task: Task) -> None:
    text = good_text.replace("text-classification", "chess").replace("name: news-desk", "name: X")
    assert [brief(d)[:2] for d in run(text, text_task).diagnostics] == [("TS208", 2), ("TS205", 8)]


def test_the_good_spec(good_text: str, text_task: Task) -> None:
    spec = run(good_text, text_task).value
    assert spec is not None
    assert (spec.inputs, spec.outputs) == ({"text": "text"}, {"label": "topic"})
    assert spec.labels == ("business", "entertainment", "politics", "sport", "tech")
    assert spec.options == {"multilingual": False}
    assert [o.text for o in spec.objectives] == [
        "maximize macro_f1",
        "accuracy >= 95%",
        "latency.p95 <= 20 ms on cpu",
    ]
    assert (spec.objectives[2].bound, spec.objectives[2].device) == (0.02, "cpu")
    assert spec.clean[2].sql == 'LENGTH("text") >= 20'
    assert (spec.split.train, spec.split.validation, spec.split.test) == (0.8, 0.1, 0.1)
    assert set(spec.slots) == set(text_task.slots)
    assert spec.slots["model.train.epochs"] == 3
    assert spec.slots["model.train.batch_size"] is AUTO
    assert spec.slots["compute.threads"] is AUTO


MINIMAL = "trainerspec: 1\nname: n\ntask: {type: text-classification}\ndata: {source: data/articles}\n"


def test_defaults_of_a_minimal_spec(text_task: Task) -> None:
    outcome = run(MINIMAL, text_task)
    spec = outcome.value
    assert spec is not None
    assert outcome.diagnostics == ()
    assert (spec.source.kind, spec.source.value) == ("path", "data/articles")
    assert (spec.inputs, spec.outputs, spec.labels) == ({"text": "text"}, {"label": "label"}, None)
    assert spec.clean == ("drop_missing", "drop_duplicates")
    assert (spec.split.by, spec.split.seed) == ("stratified", 7)
    assert [o.text for o in spec.objectives] == ["maximize macro_f1"]
    assert set(spec.slots.values()) == {AUTO}


def test_the_default_aim_is_added(text_task: Task) -> None:
    spec = run(MINIMAL + "objectives: [accuracy >= 90%]\n", text_task).value
    assert spec is not None
    assert [o.sense for o in spec.objectives] == ["maximize", "constrain"]


@pytest.mark.parametrize("section", ["model: auto", "model: {train: auto}", "compute: auto\nserve: auto"])
def test_auto_for_a_whole_section(section: str, text_task: Task) -> None:
    spec = run(f"{MINIMAL}{section}\n", text_task).value
    assert spec is not None
    assert set(spec.slots.values()) == {AUTO}


@pytest.mark.parametrize(
    ("source", "kind", "value"),
    [
        ("{hub: org/name, revision: main}", "hub", "org/name"),
        ("{uri: 's3://bucket/x.parquet'}", "uri", "s3://bucket/x.parquet"),
        ("https://example.org/x.csv", "uri", "https://example.org/x.csv"),
        ("{sql: select 1, connection: DB_URL}", "sql", "select 1"),
    ],
)
def test_sources(source: str, kind: str, value: str, text_task: Task) -> None:
    spec = run(MINIMAL.replace("data/articles", source), text_task).value
    assert spec is not None
    assert (spec.source.kind, spec.source.value) == (kind, value)


def test_shares_that_are_left_out(text_task: Task) -> None:
    spec = run(MINIMAL.replace("articles}", "articles, split: {train: 0.7}}"), text_task).value
    assert spec is not None
    assert (spec.split.train, spec.split.validation, spec.split.test) == (0.7, 0.15, 0.15)


@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_shipped_task_has_valid_defaults(name: str) -> None:
    task = shipped()[name]
    outcome = run(f"trainerspec: 1\nname: n\ntask: {{type: {name}}}\ndata: {{source: data}}\n", task)
    assert [d.message for d in outcome.diagnostics] == []
    assert outcome.value is not None
    assert any(o.sense != "constrain" for o in outcome.value.objectives)


@pytest.mark.parametrize(
    ("columns", "code", "line", "column"),
    [
        ("[title, topic]", "TS213", 10, 20),
        ("[]", "TS209", 9, 18),
        ("[title, title]", "TS214", 9, 26),
        ("[title, 3]", "TS203", 9, 26),
    ],
)
def test_faults_of_several_columns(columns: str, code: str, line: int, column: int, good_text: str) -> None:
    found = run(good_text.replace("{text: text}", f"{{text: {columns}}}", 1), shipped()["text-classification"])
    assert (code, line, column) in [brief(one) for one in found.diagnostics if one.severity == "error"]


def test_a_text_may_have_several_columns(good_text: str) -> None:
    def read(columns: str) -> Spec | None:
        text = good_text.replace("{text: text}", f"{{text: {columns}}}", 1)
        return run(text, shipped()["text-classification"]).value

    several, one = read("[title, body]"), read("[body]")
    assert several is not None
    assert several.inputs == {"text.title": "title", "text.body": "body"}
    assert several.pointer("text.body") == "/task/inputs/text/1"
    assert one is not None
    assert one.inputs == {"text": "body"}

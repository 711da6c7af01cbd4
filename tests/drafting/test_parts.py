"""The parts of the drafter: phrases, numbers, limits, places, columns, labels, refusals, data, answers."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from trainerspec.catalog.load import tasks
from trainerspec.drafting import answer, draft
from trainerspec.drafting.fields.labels import labels
from trainerspec.drafting.fields.limits import limits, pieces
from trainerspec.drafting.fields.sources import Offsets, places
from trainerspec.drafting.policy.refusals import policy
from trainerspec.drafting.reading.numbers import figures
from trainerspec.drafting.reading.pattern import Reading
from trainerspec.drafting.reading.spelling import repair
from trainerspec.drafting.reading.syntax import WordClasses, phrases
from trainerspec.drafting.reading.text import Text, fold
from trainerspec.drafting.reading.vocabulary import vocabulary
from trainerspec.ir.draft import Request

SEVEN = frozenset(["tabular-classification", "tabular-regression", "token-classification", "text-to-image"])


def read(text: str) -> Text:
    words = vocabulary()
    return repair(figures(fold(text), words), words)


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("tell .. apart", "to tell the cats apart", "tell the cats apart"),
        ("<image> (of|with)? cats", "x-ray cats", "x-ray cats"),
        ("multi-label", "a multi label task", "multi label"),
        ("至少", "准确率至少95", "至少"),
        ("(text|a .. b) and c", "a x b and c", "a x b and c"),
        ("tell .. apart", "to tell. It is apart", None),
        ("cat", "concat", None),
        ("<image> & (on belts|in boxes)", "in boxes we keep x-ray films", "in boxes"),
        ("<image> & (on belts|in boxes)", "x-ray films on a belt", None),
        ("<image> + (belts?|in boxes)", "on the belt we keep x-ray films", "belt we keep x-ray"),
        ("<image> + (belts?|in boxes)", "x-ray films. On a belt", None),
    ],
)
def test_phrases(phrase: str, text: str, found: str | None) -> None:
    words = WordClasses({"image": ["photo*", "x-ray*"]})
    span = phrases([phrase], words).first(Reading(text, words))
    assert (text[slice(*span)] if span else None) == found


def test_open_brackets_are_told() -> None:
    with pytest.raises(ValueError, match="not closed"):
        phrases(["(a|b"], WordClasses({}))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ninety-five percent", "95 percent"),
        ("nine out of ten are right", "90% are right"),
        ("half a second", "0.5 second"),
        ("sub-second answers", "under 1 second answers"),
        ("百分之九十五", "95%"),
        ("zwanzig Millisekunden", "20 millisekunden"),
        ("das Modell", "das modell"),
        ("only once", "only once"),
        ("atleast ५०", "at least 50"),
        ("acuracy", "accuracy"),
    ],
)
def test_numbers_and_spelling(text: str, folded: str) -> None:
    assert read(text).folded == folded


def test_quotes_are_verbatim() -> None:
    text = read("We need Ninety-five percent  acuracy!")
    start = text.folded.index("95")
    assert text.quote(start, text.folded.index("!")) == "Ninety-five percent  acuracy"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("accuracy should be at least 95 %", [("accuracy", 95.0, ">=")]),
        ("95% or more of them right", [("accuracy", 95.0, ">=")]),
        ("recall above 0.9 and precision above .8", [("recall", 0.9, ">="), ("precision", 0.8, ">=")]),
        ("no more than 5 % errors", [("error", 5.0, "<=")]),
        ("between 85 and 90% accuracy", [("accuracy", 85.0, "")]),
        ("准确率至少95%", [("accuracy", 95.0, ">=")]),
        ("we have 3 million rows", [("", 3e6, "")]),
    ],
)
def test_limits(text: str, said: list[tuple[str, float, str]]) -> None:
    words = vocabulary()
    found = limits(pieces(Reading(read(text).folded, words.words), words))
    assert [(one.metrics[0].name if one.metrics else "", one.amount.number, one.op) for one in found] == said


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("files in data/a.csv.", [("path", "data/a.csv")]),
        ("on s3://bucket/x/ now", [("uri", "s3://bucket/x/")]),
        ("hub dataset ag_news, quick", [("hub", "ag_news")]),
        ("SELECT a, b FROM t WHERE c = 1", [("query", "SELECT a, b FROM t WHERE c = 1")]),
        ("either yes/no or and/or", []),
        ("read $(rm -r x)", []),
        ("start from stabilityai/sdxl-turbo", [("model", "stabilityai/sdxl-turbo")]),
    ],
)
def test_places(text: str, found: list[tuple[str, str]]) -> None:
    folded = read(text)
    assert [(one.kind, one.value) for one in places(folded, Offsets(folded))] == found


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("is it fresh or stale?", ("fresh", "stale")),
        ("sort mails into billing, sales and other", ("billing", "sales", "other")),
        ("tell cracked eggs from intact ones", ("cracked", "intact")),
        ("topics such as sport, politics and so on", None),
        ("an answer (Yes/No)", ("Yes", "No")),
    ],
)
def test_labels(text: str, values: tuple[str, ...] | None) -> None:
    found = labels(read(text), vocabulary())
    assert (found.values if found else None) == values


@pytest.mark.parametrize(
    ("text", "objectives"),
    [
        ("churn.csv, column left. The old model had 80 % accuracy.", None),
        ("churn.csv, column left. The old model had 80 % accuracy, we need 85 % accuracy.", ["accuracy >= 85%"]),
        ("churn.csv, column left. I don't care about speed.", None),
        ("churn.csv, column left. No more than 5% error.", ["accuracy >= 95%"]),
        ("churn.csv, column left, speed is more important than accuracy", ["minimize latency.p95"]),
        ("churn.csv, column left. 3 million rows, $20 budget.", None),
        ("churn.csv, column left. The metric is AUC.", ["maximize auc"]),
    ],
)
def test_objectives(text: str, objectives: list[str] | None) -> None:
    made = draft(Request(text=f"Predict customer churn from {text}"), {}, known=SEVEN)
    assert made.spec is not None
    assert made.spec.get("objectives") == objectives


def test_organisations_add_rules(tmp_path: Path) -> None:
    (tmp_path / "task").mkdir()
    (tmp_path / "task" / "refusals.yaml").write_text(
        "rules: [{id: no-betting, code: TS035, category: unethical, rule: we do no betting, any: ['bett*']}]", "utf-8"
    )
    made = draft(Request(text="predict betting odds from odds.csv"), {}, known=SEVEN, organisation=tmp_path)
    assert made.outcome == "rejected"
    assert made.reasons[0].message == "we do no betting (rule `no-betting`)"
    assert [rule.id for rule in policy().rules].count("no-betting") == 0


def test_a_task_brings_its_own_words() -> None:
    known = tasks()
    own = replace(
        known["text-classification"], name="smell-classification", hints={"names": ["smell*"], "medium": "smell"}
    )
    made = draft(Request(text="train a model on smells.csv that recognises smells"), {**known, own.name: own})
    assert made.task == "smell-classification"


def test_it_looks_at_the_data(tmp_path: Path) -> None:
    for topic in ("sport", "politics"):
        (tmp_path / "news" / topic).mkdir(parents=True)
        for number in range(3):
            (tmp_path / "news" / topic / f"{number}.txt").write_text(f"a long article about {topic} {number}", "utf-8")
    made = draft(Request(text="Sort the articles in news/, 90% accurate"), tasks(), folder=tmp_path)
    assert made.spec is not None
    assert made.spec["task"] == {
        "type": "text-classification",
        "inputs": {"text": "text"},
        "outputs": {"label": "label"},
        "labels": ["politics", "sport"],
    }
    assert made.questions == ()
    assert {one.path: one.why for one in made.evidence}["/task/labels"] == "2 values of `label` in news"


@pytest.mark.parametrize("listed", ["product names and prices", "codes and prices"])
def test_types_of_spans_come_from_the_data(tmp_path: Path, listed: str) -> None:
    spans = [{"start": 0, "end": 4, "label": "PRODUCT"}, {"start": 9, "end": 11, "label": "PRICE"}]
    rows = [{"text": f"lamp for €{number}", "spans": spans} for number in range(1, 9)]
    (tmp_path / "mails.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    asked = f"Extract {listed} from our support mails, F1 at least 0.85"
    made = draft(Request(text=asked, data="mails.jsonl"), tasks(), folder=tmp_path)
    assert made.spec is not None
    labels = made.spec["task"].pop("labels")
    assert made.spec["task"] == {
        "type": "token-classification",
        "inputs": {"text": "text"},
        "outputs": {"spans": "spans"},
    }
    assert made.spec["objectives"] == ["f1 >= 0.85"]
    if "product" in listed:
        assert labels == ["PRODUCT", "PRICE"]
        assert made.questions == ()
    else:
        assert labels == ["PRICE", "PRODUCT"]
        assert [one.path for one in made.questions] == ["/task/labels"]


def test_missing_data_is_asked(tmp_path: Path) -> None:
    made = draft(Request(text="Sort our articles by topic", data="nowhere"), tasks(), folder=tmp_path)
    assert [one.path for one in made.questions][-1] == "/data/source"


def test_a_column_that_is_not_there_is_asked(tmp_path: Path) -> None:
    table = "body,team\n" + "\n".join(f"a mail of some length about thing {n},{'ab'[n % 2]}" for n in range(8))
    (tmp_path / "mails.csv").write_text(table, "utf-8")
    made = draft(Request(text="Sort the mails in mails.csv, label column departmant"), tasks(), folder=tmp_path)
    assert any(one.path == "/task/outputs/label" and "no column `departmant`" in one.question for one in made.questions)


def test_answers_close_questions() -> None:
    made = draft(Request(text="Build a churn model."), {}, known=SEVEN)
    assert {one.path for one in made.questions} == {"/data/source", "/task/outputs/label"}
    for question in made.questions:
        made = answer(made, question, {"/data/source": "churn.csv"}.get(question.path, "left"), {})
    assert made.spec is not None
    assert made.questions == ()
    assert made.spec["data"] == {"source": {"path": "churn.csv"}}
    assert "questions" not in made.spec


@pytest.mark.parametrize(
    "text", ["Predict the kind, ,, or adult.", "une tranche : 3-6, 7-10, 11-14 ou adulte.", ", or x"]
)
def test_a_list_of_one_is_no_list_of_classes(text: str) -> None:
    assert draft(Request(text=text), tasks()).outcome in ("draft", "held", "rejected", "unsupported")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Sage churn in kunden.csv voraus, Spalte churn.", "churn"),
        ("Quiero clasificar fotos de setas en setas/.", "fotos-setas"),
        ("Vorrei prevedere il prezzo in case.csv, colonna prezzo", "prezzo"),
        ("Prédire le retard dans colis.csv, champ en_retard (0/1).", "retard"),
    ],
)
def test_a_name_has_no_verbs_of_asking(text: str, name: str) -> None:
    made = draft(Request(text=text), tasks())
    assert made.spec is not None
    assert made.spec["name"] == name

"""The linear text classifier: its n-grams, what the graph computes of them, and what a subject adds to a body."""

import random
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.templates import assemble, folders

VARIANTS = {f"pipeline/task/{name}.py": f"variants/{name}_tfidf.py" for name in ("model", "processing")}
LABELS = ("bike-refund", "bike-repair", "phone-refund", "phone-repair")
THINGS = {"phone": ("phone", "handset", "screen"), "bike": ("bike", "saddle", "chain")}
WISHES = {"refund": ("money back", "refund me", "send the amount"), "repair": ("a repair", "fix it", "mend this")}


@pytest.fixture
def linear(tmp_path: Path) -> Iterator[Path]:
    """Make `import pipeline...` find a project with the linear base."""
    folder = tmp_path / "linear"
    folders.modules(folder, "text-classification", VARIANTS)
    shutil.copy(assemble.TASK / "variants" / "train_tfidf.py", folder / "pipeline" / "train.py")
    with folders.importable(folder):
        yield folder


def mails(rows: int, seed: int) -> pl.DataFrame:
    """Make mails whose subject tells the thing and whose body tells the wish."""
    chance = random.Random(seed)
    made = []
    for row in range(rows):
        thing, wish = chance.choice(list(THINGS)), chance.choice(list(WISHES))
        subject = f"{chance.choice(('my', 'our', 'the'))} {chance.choice(THINGS[thing])} {chance.randrange(1000)}"
        body = f"hello, {chance.choice(WISHES[wish])} please, order {chance.randrange(1000)}"
        made.append(("" if row % 40 == 39 else subject, body, f"{thing}-{wish}"))
    return pl.DataFrame(made, schema=["text.subject", "text.body", "label"], orient="row")


def fitted(train: pl.DataFrame, fields: Sequence[str]) -> tuple[object, object]:
    """Fit the model on some fields of the mails; give it with its processor."""
    from pipeline.task import data, model
    from pipeline.task.processing import Processor
    from pipeline.texts import ngrams
    from sklearn.linear_model import LogisticRegression

    raw = data.raw(train.select(f"text.{field}" for field in fields))
    texts = data.texts(train.select(f"text.{field}" for field in fields))
    processor = Processor(ngrams.learn(texts, 512, 5000), labels=LABELS, max_length=512, fields=fields)
    network = model.Classifier(len(processor.counts.vocabulary), len(LABELS))
    rows = processor.rows(raw)
    model.weigh(network, rows)
    regression = LogisticRegression(max_iter=200, solver="saga", tol=1e-3, random_state=0)
    model.fit(network, model.matrix(network, rows), data.truth(train, LABELS), 10.0, regression)
    return network, processor


def test_a_subject_beside_a_body_is_worth_more_than_chance(linear: Path) -> None:
    import torch
    from pipeline.evaluating.resampling import intervals
    from pipeline.graph import served
    from pipeline.task import data

    train, test = mails(300, 1), mails(200, 2)
    truth, right = data.truth(test, LABELS), {}
    for fields in (("body",), ("subject", "body")):
        network, processor = fitted(train, fields)
        tensors = {name: torch.from_numpy(array) for name, array in processor.encode(data.raw(test)).items()}
        right[fields] = served.Served(network)(**tensors).argmax(dim=1).numpy() == truth
    alone, both = right["body",], right["subject", "body"]
    _, high = intervals(range(len(truth)), lambda rows: {"accuracy": float(alone[rows].mean())})
    low, _ = intervals(range(len(truth)), lambda rows: {"accuracy": float(both[rows].mean())})
    assert low["accuracy"] > high["accuracy"] + 0.2


def test_the_graph_gives_what_the_regression_gives_alone_and_among_others(linear: Path) -> None:
    import onnxruntime
    import torch
    from pipeline.export import export
    from pipeline.task import model, processing

    network, processor = fitted(mails(200, 3), ("subject", "body"))
    folder = linear / "model"
    folder.mkdir()
    model.save(network, processor, folder)
    read = processing.load(folder)
    raw = {
        "subject": ["my phone 12", "", "日本語", "SADDLE!!"],
        "body": ["please fix it", "", "nothing known", "refund me " * 900],
    }
    encoded = read.encode(raw)
    ports = assemble.read(assemble.TASK / "task.yaml")["contract"]["tensors"]
    outputs = [{"name": "probabilities", "shape": [-1, len(LABELS)]}]
    export(model.served(folder), encoded, ports["inputs"], outputs, linear / "model.onnx")
    session = onnxruntime.InferenceSession(linear / "model.onnx")
    (together,) = session.run(None, encoded)
    seen = model.matrix(network, read.rows(raw))
    weights, bias = network.weights.weight.detach().double().numpy(), network.bias.detach().double().numpy()
    logits = seen @ weights + bias
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert np.abs(together - expected).max() < 1e-6
    for row in range(4):
        (alone,) = session.run(None, read.encode({name: values[row : row + 1] for name, values in raw.items()}))
        assert np.abs(alone[0] - together[row]).max() < 1e-6
    assert torch.equal(torch.from_numpy(encoded["input_ids"] > 0), torch.from_numpy(encoded["attention_mask"] > 0))


def test_more_n_grams_than_are_read_leave_the_rarest(linear: Path) -> None:
    from pipeline.texts import ngrams

    texts = [f"common words and one{n}" for n in range(5)]
    vocabulary = ngrams.learn(texts, 64, 100)
    assert ngrams.learn(texts[::-1], 64, 100) == vocabulary
    few, many = ngrams.Counts(vocabulary, 12), ngrams.Counts(vocabulary, 100)
    (ids, times), (every, _) = few("common common one3"), many("common common one3")
    assert ids.tolist() == every.tolist()[-12:]
    assert many("common common")[1].max() == 2
    assert times.max() == 2
    assert few("one3 " * 90 + "common")[0].tolist() == few("one3")[0].tolist()

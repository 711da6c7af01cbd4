"""Bounds that an answer reaches which looks at no input are told from the data's facts."""

from pathlib import Path

import numpy as np
import pytest

from tests import needs
from trainerspec.catalog.load import tasks
from trainerspec.diagnostics.model import Diagnostic
from trainerspec.ir.source import Source
from trainerspec.passes.observe import observe
from trainerspec.passes.parse import parse
from trainerspec.passes.positive import positive
from trainerspec.passes.trivial import classes, trivial
from trainerspec.passes.validate import validate
from trainerspec.workspace.prober import DataProber


def told(folder: Path, name: str, output: str, *objectives: str) -> tuple[Diagnostic, ...]:
    task = tasks()[name]
    lines = "".join(f"- {one}\n" for one in objectives)
    text = f"trainerspec: 1\nname: x\ntask: {{type: {name}, outputs: {{{output}: y}}}}\ndata: {{source: d.csv}}\n"
    document = parse(Source(name="trainer.yaml", text=f"{text}objectives:\n{lines}")).value
    assert document is not None
    spec = validate(document, {name: task}).value
    assert spec is not None
    seen = observe(spec, task, DataProber(folder=folder)).value
    assert seen is not None
    settled = positive(spec, task, seen.profile.labels).value
    assert settled is not None
    return trivial(type(seen)(spec=settled, profile=seen.profile), task)


def test_the_most_frequent_class(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text(
        "x,y\n" + "".join(f"{n * 37 % 101 / 8},{'fraud' if n % 10 == 0 else 'legit'}\n" for n in range(200))
    )
    lines = ("accuracy >= 85%", "macro_f1 >= 60%", "recall.legit >= 90%", "recall.fraud >= 50%", "auroc >= 50%")
    found = told(tmp_path, "tabular-classification", "label", *lines)
    assert {one.code for one in found} == {"TS223"}
    assert {one.severity for one in found} == {"warning"}
    assert [one.message for one in found] == [
        "`accuracy >= 85%` says little: always answering `legit` reaches 90.0%",
        "`recall.legit >= 90%` says little: always answering `legit` reaches 100.0%",
        "`auroc >= 50%` says little: always answering `legit` reaches 50.0%",
    ]
    assert found[0].hint.endswith("such as `macro_f1` or `recall.<class>`")
    assert told(tmp_path, "tabular-classification", "label", "macro_f1 >= 40%")[0].hint == "choose a bound beyond 47.4%"
    assert found[0].span is not None
    assert found[0].span.line == 6


def test_the_mean(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(10, 2, 400)
    (tmp_path / "d.csv").write_text(
        "x,y\n" + "".join(f"{n * 37 % 101 / 8},{value:.4f}\n" for n, value in enumerate(values))
    )
    found = told(tmp_path, "tabular-regression", "value", "rmse <= 3", "mae <= 1", "r2 >= 0%")
    assert [one.message.partition(" says")[0] for one in found] == ["`rmse <= 3`", "`r2 >= 0%`"]
    assert f"always answering the mean reaches {values.std():.3g}"[:-1] in found[0].message


def test_they_are_the_metrics_that_stages_measure(tmp_path: Path) -> None:
    sk = needs.module("sklearn.metrics")
    truth = np.repeat([0, 1, 2], [50, 30, 20])
    said = np.zeros(100, dtype=int)
    found = classes({"a": 0.5, "b": 0.3, "c": 0.2}, "a")
    assert found["accuracy"] == sk.accuracy_score(truth, said)
    for name, average in (("macro_f1", "macro"), ("weighted_f1", "weighted")):
        assert found[name] == pytest.approx(sk.f1_score(truth, said, average=average))
    assert found["macro_precision"] == pytest.approx(sk.precision_score(truth, said, average="macro", zero_division=0))
    assert found["balanced_accuracy"] == pytest.approx(sk.balanced_accuracy_score(truth, said))
    assert found["log_loss"] == pytest.approx(sk.log_loss(truth, np.tile([0.5, 0.3, 0.2], (100, 1))))

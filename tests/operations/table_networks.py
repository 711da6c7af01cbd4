"""The networks of tables' and series' cards: trees are grown on made rows."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

Tensors = Mapping[str, Any]


def columns(values: Mapping[str, Any]) -> Sequence[Any]:
    """Return numbers and categories by turns, as many as `data.columns` lists."""
    from pipeline.task.processing import Column

    return [
        Column(name=name, kind="category" if place % 2 else "number", values=("a", "b") if place % 2 else ())
        for place, name in enumerate(values["data.columns"])
    ]


def row(values: Mapping[str, Any]) -> Tensors:
    """Return one row of a table."""
    shape = 1, len(values["data.columns"])
    return {"values": np.zeros(shape, np.float32), "codes": np.full(shape, 2, np.int64)}


def served(model: Any, values: Mapping[str, Any]) -> Any:
    """Return what of a model of rows is exported: of the task that has a Scale, a number."""
    from pipeline.task import model as own

    scale = getattr(own, "Scale", None)
    return own.Served(model, scale(center=0.0, spread=1.0)) if scale else own.Served(model)


def outputs(values: Mapping[str, Any]) -> int:
    """Return the outputs of a model of rows: the classes, or the number and both ends of its interval."""
    return int(values.get("task.labels.count", 3))


def table_network(values: Mapping[str, Any]) -> tuple[Any, Tensors]:
    from pipeline.tabular_models.network import Network as TableNetwork

    model = TableNetwork(columns(values), outputs(values), values["model.train.members"], 0.0)
    return served(model, values), row(values)


def table_linear(values: Mapping[str, Any]) -> tuple[Any, Tensors]:
    from pipeline.tabular_models.linear import Linear

    return served(Linear(columns(values), outputs(values)), values), row(values)


def forest(values: Mapping[str, Any]) -> tuple[Any, Tensors]:
    """Grow trees on made rows with the project's own modules, as many as the slots say."""
    import torch
    from pipeline.tables.encoded_rows import Rows
    from pipeline.tabular_models.boosting import Aim

    chance, count = np.random.default_rng(0), outputs(values)
    table = columns(values)
    shape = 2000, len(table)
    numbers, codes = chance.normal(size=shape).astype(np.float32), chance.integers(2, 4, size=shape)
    truth = numbers[:, 0] + numbers[:, 2] * codes[:, -1] + chance.normal(size=len(numbers))
    classes = values.get("task.labels.count")
    if classes:
        truth = np.searchsorted(np.quantile(truth, np.linspace(0, 1, classes + 1)[1:-1]), truth)
        places = [1] if classes == 2 else list(range(classes))
        aims = [Aim(loss="binary" if classes == 2 else "multiclass", outputs=places)]
    else:
        aims = [Aim(loss="regression", outputs=[place]) for place in range(count)]
    rows = Rows(values=torch.from_numpy(numbers), codes=torch.from_numpy(codes), truth=truth)
    made = grown(table, aims, count, rows, values)
    return served(made, values), row(values)


def grown(table: Any, aims: Any, count: int, rows: Any, values: Mapping[str, Any]) -> Any:
    """Grow as many trees as the slots say, whatever they score."""
    from pipeline.base.params import Params
    from pipeline.tabular_models.boosting import grow

    train = {name: values[f"model.train.{name}"] for name in ("members", "leaves")}
    settings = Params({"model": {"train": train | {"least_rows": 10, "dropout": 0.0}}, "compute": {"threads": 1}})
    rounds = values["model.train.epochs"]
    how = SimpleNamespace(
        epochs=rounds, learning_rate=0.05, weight_decay=0.0, seed=1, better="lower", metric="rmse", patience=rounds
    )
    scores = iter(range(0, -rounds, -1))
    say: Any = Silent()
    made, _ = grow(table, aims, count, (rows, rows), lambda _: (next(scores), 0.0), settings, how, say)  # type: ignore[arg-type]
    made.operator = True
    return made


def forecaster(values: Mapping[str, Any]) -> tuple[Any, Tensors]:
    """Grow trees on made features with the project's own modules, as many as the slots say."""
    import torch
    from pipeline.series.features import NAMES
    from pipeline.tables.encoded_rows import Rows
    from pipeline.tabular_models.boosting import Aim
    from pipeline.task.model import QUANTILES, Served, codes, columns
    from pipeline.task.processing import Processor

    chance, horizon = np.random.default_rng(0), values["data.horizon"]
    features = chance.normal(size=(2000, len(NAMES))).astype(np.float32)
    features[:, -1] = chance.integers(2, 4, size=len(features))
    truth = features[:, 0] + features[:, 2] * features[:, -1] + chance.normal(size=len(features))
    seen = torch.from_numpy(features)
    processor = Processor(horizon=horizon, context=96, season=7, frequency="day", series=("a", "b"))
    aims = [Aim(loss="quantile", outputs=[place], quantile=share) for place, share in enumerate(QUANTILES)]
    rows = Rows(values=seen, codes=codes(seen), truth=truth)
    made = grown(columns(processor), aims, len(QUANTILES), rows, values)
    ones = np.ones((1, horizon), np.float32)
    return Served(made, 0.1), {"features": features[None, :horizon], "center": ones, "spread": ones[:, :1]}


def anomalies(values: Mapping[str, Any]) -> tuple[Any, Tensors]:
    """Fit what scores rows on made ones, with the project's own modules."""
    import torch
    from pipeline.base.params import Params
    from pipeline.tables.encoded_rows import Rows
    from pipeline.task.processing import Processor
    from pipeline.train import fitted

    chance, table = np.random.default_rng(0), columns(values)
    shape = 2000, len(table)
    numbers, codes = chance.normal(size=shape).astype(np.float32), chance.integers(2, 4, size=shape)
    rows = Rows(values=torch.from_numpy(numbers), codes=torch.from_numpy(codes), truth=np.zeros(len(numbers)))
    told = ("epochs", "sample", "strategy")
    how = {name: values[f"model.train.{name}"] for name in told} | {"seed": 7}
    scorer, _ = fitted(Processor(table, 0.0, 0.0), rows, rows, Params({"model": {"train": how}}))
    if values["model.train.strategy"] == "isolation-forest":
        scorer.model.forest.operator = True
    return scorer, row(values)


def table_ensemble(values: Mapping[str, Any]) -> tuple[Any, Tensors]:
    """Return trees, a linear model and a network of 16 members as one."""
    from pipeline.tabular_models.ensembling import train_ensemble
    from pipeline.tabular_models.ensembling.ensemble import Ensemble

    of_network = {**values, "model.train.members": train_ensemble.MEMBERS}
    made = [forest(values)[0].model, table_linear(values)[0].model, table_network(of_network)[0].model]
    model = Ensemble(made, (0.4, 0.2, 0.4), classes="task.labels.count" in values)
    return served(model, values), row(values)


class Silent:
    """Takes reports of progress and tells nobody."""

    def __call__(self, *_: object) -> None: ...

    def say(self, _: str) -> None: ...

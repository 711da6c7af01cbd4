"""A batch that goes through a network in parts: the same steps, and a killed training goes on alike."""

from pathlib import Path
from typing import Any

import pytest

from tests import needs

needs.packages("torch", "lightning")
pytestmark = [pytest.mark.usefixtures("pipeline"), pytest.mark.slow]
ROWS = 16


def trained(folder: Path, *, accumulate: int, batch: int = ROWS, epochs: int = 6, dies_at: int = 0) -> tuple[Any, Any]:
    """Train a line through random points; give its weights and what happened. Killed means an exception here."""
    import lightning.pytorch as pl
    import torch
    from pipeline.base.progress import Progress
    from pipeline.training import loop
    from pipeline.training.recipe import Settings

    how = Settings(
        epochs=epochs, batch_size=batch, learning_rate=0.05, weight_decay=0.0, warmup=0.1, patience=99,
        precision="fp32", seed=3, metric="loss", better="lower", accumulate=accumulate,
    )  # fmt: skip
    values = torch.randn(ROWS, 3, generator=torch.Generator().manual_seed(1))
    truth = values @ torch.tensor([1.0, -2.0, 0.5])

    class Points(pl.LightningDataModule):
        def batches(self, seed: int | None) -> Any:
            def place() -> tuple[int, int]:
                if seed is None or self.trainer is None:
                    return 0, 0
                return loop.reached(self.trainer.global_step, -(-ROWS // how.at_once), how.accumulate)

            def collate(rows: Any) -> Any:
                return values[list(rows)], truth[list(rows)]

            return loop.Batches([1] * ROWS, collate, size=how.at_once, seed=seed, place=place)

        def train_dataloader(self) -> Any:
            return self.batches(how.seed)

        def val_dataloader(self) -> Any:
            return self.batches(None)

    class Line(loop.Learner[Any]):
        def loss(self, given: Any) -> Any:
            if dies_at and self.global_step == dies_at:
                raise KeyError("killed")
            chance = 1 + 0.1 * torch.rand(1) if batch < ROWS else 1.0  # as dropout has it
            return (chance * (self.model(given[0])[:, 0] - given[1]) ** 2).mean()

        def predict(self, batch: Any) -> Any:
            return ((self.model(batch[0])[:, 0] - batch[1]) ** 2).detach()

        def score(self, predictions: Any) -> float:
            return float(torch.cat(list(predictions)).mean())

    torch.manual_seed(0)
    folder.mkdir(exist_ok=True)
    data = Points()
    steps = how.epochs * len(data.batches(how.seed))
    learner = Line(torch.nn.Linear(3, 1), how, steps)
    history = loop.fit(learner, data, folder, Progress("train"), lambda found, step: None)
    return learner, history


def test_parts_make_the_steps_of_the_whole_batch(tmp_path: Path) -> None:
    import torch

    whole, history = trained(tmp_path / "whole", accumulate=1)
    parts, told = trained(tmp_path / "parts", accumulate=4)
    assert whole.steps == parts.steps == 6
    assert [step for step, _ in told.scores] == [step for step, _ in history.scores] == [1, 2, 3, 4, 5, 6]
    assert torch.allclose(whole.model.weight, parts.model.weight, atol=1e-6)
    assert not torch.allclose(whole.model.weight, torch.nn.Linear(3, 1).weight)


def test_killed_between_parts_it_ends_with_the_same_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch
    from pipeline.training import loop

    monkeypatch.setattr(loop, "CHECKPOINT_PERIOD", 0.0)
    whole, _ = trained(tmp_path / "whole", accumulate=2, batch=8)
    with pytest.raises(KeyError):
        trained(tmp_path / "killed", accumulate=2, batch=8, dies_at=5)
    assert (tmp_path / "killed" / "last.ckpt").exists()
    again, _ = trained(tmp_path / "killed", accumulate=2, batch=8)
    assert torch.equal(whole.model.weight, again.model.weight)

"""What a run costs follows from the card's terms, else from its seconds a row, the data and the decided slots."""

import pytest

from trainerspec.backends.run_estimate import about_run, training
from trainerspec.catalog.load import tasks
from trainerspec.ir.json import Json

FACTS: dict[str, Json] = {"facts.kept": 1000, "facts.text.chars.p99": 4000}
TUNED: dict[str, Json] = {"model.train.strategy": "fine-tune", "model.train.epochs": 2, "data.max_length": 128}


def minilm() -> dict[str, Json]:
    return dict(tasks()["text-classification"].cards["minilm-l6"].facts)


def test_training_grows_with_rows_epochs_and_tokens() -> None:
    one = training(minilm(), {**FACTS, **TUNED})
    assert one == pytest.approx(0.3 + 1000 * 0.8 * 2 * 0.055)
    assert training(minilm(), {**FACTS, **TUNED, "model.train.epochs": 4}) == pytest.approx(2 * one, rel=0.01)
    assert training(minilm(), {**FACTS, **TUNED, "data.max_length": 256}) > 2 * one


def test_short_texts_take_less_than_the_slot_allows() -> None:
    assert training(minilm(), {**TUNED, "facts.kept": 1000, "facts.text.chars.p99": 128}) < 0.3 + 0.26 * 88


def test_frozen_features_are_computed_once() -> None:
    frozen: dict[str, Json] = {**FACTS, **TUNED, "model.train.strategy": "frozen-features", "model.train.epochs": 30}
    assert training(minilm(), frozen) == pytest.approx(0.3 + 1000 * 0.025 + 800 * 30 * 20e-6)


def test_large_pictures_are_decoded_for_training() -> None:
    card = tasks()["image-classification"].cards["efficientnet-lite0"].facts
    frozen: dict[str, Json] = {"model.train.strategy": "frozen-features", "data.image_size": 224, "facts.kept": 100}
    large: dict[str, Json] = {"facts.image.width.p50": 4000, "facts.image.height.p50": 2500}
    assert training(card, {**frozen, **large}) - training(card, frozen) == pytest.approx(100 * 0.05)


def test_what_nothing_tells_is_left_open() -> None:
    found = about_run({}, FACTS, 0.0)
    assert (found.training, found.total) == (0.0, 0.0)
    assert found.memory > 0


def test_a_small_vocabulary_makes_a_small_graph() -> None:
    card = tasks()["text-classification"].cards["scratch-cnn"]
    few = about_run(card.facts, {"facts.kept": 120, "facts.text.chars.p50": 59}, 0.001)
    many = about_run(card.facts, {"facts.kept": 20_000, "facts.text.chars.p50": 2000}, 0.001)
    assert few.disk < 13e6
    assert many.disk == pytest.approx(8e6 + 6.5 * 8.61e6)

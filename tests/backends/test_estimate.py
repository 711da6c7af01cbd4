"""The estimate before training follows the card, the number format and the length of the texts."""

from dataclasses import replace

from tests import handmade
from trainerspec.backends.estimate import estimate
from trainerspec.ir.decision import Pinned


def told(pinned: Pinned, **facts: object) -> Pinned:
    return replace(pinned, base=replace(pinned.base, card=facts))  # type: ignore[arg-type]


def test_a_card_with_all_facts() -> None:
    found = estimate(told(handmade.pinned(), **{"size": 9e7, "latency.cpu": 0.02}))
    assert found is not None
    assert (found.size, found.memory) == (9e7, 100 * 2**20 + 1.8e8)
    assert [(one.size, one.latency, one.throughput) for one in found.batches] == [
        (1, 0.02, 50.0),
        (8, 0.16, 50.0),
        (32, 0.64, 50.0),
    ]


def test_int8_is_a_quarter_and_twice_as_fast_and_longer_texts_take_longer() -> None:
    pinned = handmade.pinned(precision="int8", max_length=256)
    found = estimate(told(pinned, **{"parameters": 1e6, "latency.cpu": 0.02, "latency.max_length": 128}))
    assert found is not None
    assert found.size == 4e6 * 0.27
    assert found.batches[0].latency == 0.02
    assert found.because.endswith("int8, 256 tokens")


def test_a_card_that_tells_nothing_gives_no_estimate() -> None:
    assert estimate(told(handmade.pinned(), quality=0.9)) is None
    sized = estimate(told(handmade.pinned(), size=5e6))
    assert sized is not None
    assert sized.batches == ()


def test_the_memory_that_a_card_tells_is_taken() -> None:
    found = estimate(told(handmade.pinned(), size=5e6, memory=7e8))
    assert found is not None
    assert found.memory == 7e8

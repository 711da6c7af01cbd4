"""The estimate before training follows the card, the number format and the operations of the graph."""

from dataclasses import replace

import pytest

from tests import handmade
from trainerspec.backends.estimate import about, estimate, names
from trainerspec.ir.decision import Pinned
from trainerspec.ir.json import Json


def told(pinned: Pinned, **facts: object) -> Pinned:
    return replace(pinned, base=replace(pinned.base, card=facts))  # type: ignore[arg-type]


def test_a_card_with_all_facts() -> None:
    found = estimate(told(handmade.pinned(), **{"size": 9e7, "latency.cpu": 0.02}))
    assert found is not None
    assert (found.size, found.memory) == (9e7, 65e6 + 1.8e8)
    assert [(one.size, one.latency, one.throughput) for one in found.batches] == [
        (1, 0.02, 50.0),
        (8, 0.16, 50.0),
        (32, 0.64, 50.0),
    ]


def test_int8_is_a_quarter_and_twice_as_fast() -> None:
    found = estimate(told(handmade.pinned(precision="int8"), **{"parameters": 1e6, "latency.cpu": 0.02}))
    assert found is not None
    assert found.size == 4e6 * 0.27
    assert found.batches[0].latency == 0.01
    assert found.because.endswith("int8")


TERMS = [
    {"each": ["data.max_length"], "count": 1000.0},
    {"each": ["data.max_length", "data.max_length"], "count": 1.0},
    {"each": ["data.max_length"], "count": 1e9, "when": 'serve.engine == "tensorrt"'},
]


def test_the_latency_follows_the_operations_from_the_measured_request_on() -> None:
    facts = {"size": 9e7, "latency.cpu": 0.02, "latency.at.data.max_length": 128, "operations": TERMS}
    found = estimate(told(handmade.pinned(max_length=256), **facts))
    assert found is not None
    assert found.operations == 256 * 1000 + 256 * 256
    assert found.latency == pytest.approx(0.02 * (256 * 1000 + 256 * 256) / (128 * 1000 + 128 * 128))
    assert "measured at 0.000144 G operations" in found.because


def test_operations_by_a_slot_that_is_not_there_are_not_known() -> None:
    terms = [{"each": ["data.image_size"], "count": 5.0}]
    found = estimate(told(handmade.pinned(), **{"size": 9e7, "latency.cpu": 0.02, "operations": terms}))
    assert found is not None
    assert (found.operations, found.latency) == (0.0, 0.02), "the measured latency is all that is known"


def test_a_base_without_a_measured_latency_is_told_by_its_layers() -> None:
    facts = {"layers": 12, "width": 768, "inner": 3072, "parameters": 110e6, "vocabulary": 30522}
    found = estimate(told(handmade.pinned(max_length=128), **facts))
    assert found is not None
    token, pair = 12 * (8 * 768**2 + 4 * 768 * 3072), 12 * 4 * 768
    assert found.operations == 128 * token + 128 * 128 * pair == pytest.approx(22.3e9, rel=0.01)
    assert found.latency == found.operations / 30e9
    assert found.because == "the operations of `minilm-l6` at 30 G a second, fp32"


def test_a_base_of_unknown_build_uses_each_weight_once_a_token() -> None:
    found = estimate(told(handmade.pinned(max_length=100), parameters=5e6, vocabulary=1000, width=1000))
    assert found is not None
    assert found.operations == 2 * (5e6 - 1e6) * 100


def test_a_transformer_of_pictures_has_a_token_for_each_patch() -> None:
    facts = {"layers": 12, "width": 768, "inner": 3072, "patch": 16}
    found = about("vit", facts, {"data.image_size": 224})
    assert found is not None
    assert found.operations == pytest.approx(2 * 17.5e9, rel=0.02), "ViT-B/16 takes 17.5 G multiply-adds"


def test_the_names_that_procedures_read() -> None:
    found = estimate(told(handmade.pinned(precision="int8"), **{"size": 8e7, "latency.cpu": 0.02}))
    assert names(found) == {
        "estimate.size": 8e7 * 0.27,
        "estimate.memory": 108_200_000.0,
        "estimate.latency": 0.01,
        "estimate.throughput": 100.0,
    }


def test_a_card_that_tells_nothing_gives_no_estimate() -> None:
    assert estimate(told(handmade.pinned(), quality=0.9)) is None
    sized = estimate(told(handmade.pinned(), size=5e6))
    assert sized is not None
    assert sized.batches == ()


def test_the_memory_that_a_card_tells_is_taken() -> None:
    found = estimate(told(handmade.pinned(), size=5e6, memory=7e8))
    assert found is not None
    assert found.memory == 7e8


def test_a_large_picture_file_is_decoded_in_each_request() -> None:
    card = {"size": 2e7, "latency.cpu": 0.025}
    photographs: dict[str, Json] = {"facts.image.width.p50": 4000, "facts.image.height.p50": 2500}
    found, answers = (
        about("lite0", card, photographs),
        about("painter", {**card, "latency.decoding": False}, photographs),
    )
    assert found is not None
    assert answers is not None
    assert (found.decoding, found.latency) == (0.05, pytest.approx(0.075))
    assert (answers.decoding, answers.latency) == (0.0, 0.025)


def test_further_inputs_of_a_batch_may_take_less_than_the_first() -> None:
    card = {"size": 3e5, "latency.cpu": 0.0003, "latency.further": 0.00005}
    found = about("table", card, {"serve.max_batch_size": 32})
    assert found is not None
    assert found.batches[-1].latency == pytest.approx(0.0003 + 31 * 0.00005)


def test_what_does_not_compute_is_neither_faster_in_int8_nor_slower_with_more_operations() -> None:
    card = {
        "size": 1e6,
        "latency.cpu": 0.003,
        "latency.fixed": 0.001,
        "latency.at.data.max_length": 64,
        "operations": TERMS,
    }
    found = about("tagger", card, {"data.max_length": 64, "serve.precision": "int8"})
    assert found is not None
    assert found.latency == pytest.approx(0.001 + 0.002 / 2)


def test_the_size_follows_the_data_where_the_card_says_how() -> None:
    terms = [{"each": [], "count": 4e5}, {"each": ["facts.kept"], "power": 0.5, "count": 1e4, "most": 8e6}]
    sizes = [about("words", {"size": 9e6, "size.terms": terms}, {"facts.kept": kept}) for kept in (100, 10**8)]
    assert [one.size for one in sizes if one] == [4e5 + 1e5, 4e5 + 8e6]
    unknown = about("words", {"size": 9e6, "size.terms": terms}, {})
    assert unknown is not None
    assert unknown.size == 9e6

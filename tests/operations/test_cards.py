"""What each card says of its operations is what the exported graph of its network counts, at its real size."""

from pathlib import Path

import pytest

from tests import needs
from tests.operations.conftest import Count
from tests.operations.networks import NETWORKS, Network
from trainerspec.catalog.load import tasks
from trainerspec.catalog.operations import operations

needs.packages("torch")
TOLERANCE, OF_TREES = 0.1, 0.25
"""Of a card's figure, as a share of it; how deep trees are follows the rows, not the slots."""


def named(network: Network) -> str:
    """Name a case: the card, and the numbers among its slots."""
    numbers = [str(value) for value in network.values.values() if isinstance(value, int | float)]
    return f"{network.task}-{network.card}-{'-'.join(numbers)}"


@pytest.mark.parametrize("network", NETWORKS, ids=named)
def test_a_card_agrees_with_its_graph(count: Count, tmp_path: Path, network: Network) -> None:
    path, shapes = network.export(tmp_path / "project")
    counted = count(path, shapes)
    told = operations(tasks()[network.task].cards[network.card].facts, network.values)
    trees = tasks()[network.task].cards[network.card].facts.get("strategy") == "boosted-trees"
    assert counted == pytest.approx(told, rel=OF_TREES if trees else TOLERANCE)


def test_every_card_is_held_against_its_graph() -> None:
    """A card that a task has of another one is held against that one's graph."""
    cards = {
        (name, card)
        for name, task in tasks().items()
        for card in task.cards
        if (task.folder / "models" / f"{card}.yaml").is_file()
    }
    assert {(one.task, one.card) for one in NETWORKS} == cards

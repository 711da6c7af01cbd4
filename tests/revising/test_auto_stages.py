"""A round of auto never touches the test split: what its last stages depend on is not the stage that scores it."""

import pytest

from trainerspec.catalog.load import tasks
from trainerspec.revising.auto import LAST

SCORING = {"test", "gate", "package"}
"""The stages that read the test split, or what was told of it."""


@pytest.mark.parametrize("name", sorted(tasks()))
def test_a_round_runs_no_stage_that_scores_the_test_split(name: str) -> None:
    stages = {one.name: one for one in tasks()[name].stages}
    needed, todo = set[str](), list(LAST)
    while todo:
        one = stages[todo.pop()]
        needed.add(one.name)
        for other in stages.values():
            makes = [*other.outs, *other.metrics, *other.plots]
            if any(dep == out or dep.startswith(f"{out}/") for dep in one.deps for out in makes):
                todo += {other.name} - needed
    assert "train" in needed
    assert not needed & SCORING
    assert "build/data/test.parquet" not in {dep for stage in needed for dep in stages[stage].deps}

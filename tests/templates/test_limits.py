"""What senders may cost follows from the pod's memory, by one number everywhere."""

import re
from pathlib import Path

import pytest

from trainerspec.backends.kserve import pod

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.usefixtures("pipeline")
def test_the_budget_is_one_number_in_server_manifest_and_docs() -> None:
    from pipeline.server import limits

    assert limits.MEMORY == pod.MEMORY
    for memory in (256, 1024, 3000):
        assert limits.Limits(memory=memory).pixels == pod.pixels(memory)
    runtime = (ROOT / "tests/golden/text-classification/deploy/base/inferenceservice.yaml").read_text()
    assert f"--memory={pod.MEMORY}" in runtime
    assert f"--max-pixels={pod.pixels(pod.MEMORY)}" in runtime
    assert f'memory: "{pod.MEMORY}Mi"' in runtime
    text = (ROOT / "docs/serving.md").read_text()
    assert re.search(r"`--max-pixels`[^|]*16,000,000", text)
    assert limits.Limits().pixels == 16_000_000

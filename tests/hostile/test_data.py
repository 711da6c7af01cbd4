"""Data nested a hundred thousand times is told, wherever it stands: no command ends with a traceback."""

from pathlib import Path

import pytest

from tests.hostile.test_terminal import SPEC

DEEP = "[" * 100_000


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.json", DEEP),
        ("rows.json", '{"classes": [], "annotations": ' + DEEP),
        ("rows.jsonl", '{"label": ' + DEEP + "\n" + '{"label": "a"}\n'),
        ("rows.csv", "tokens,label\n" + f'"{DEEP}",a\n' + f'"{DEEP}]",b\n' * 20),
    ],
)
@pytest.mark.parametrize("task", ["tabular-classification", "token-classification"])
def test_nested_values(name: str, content: str, task: str, tmp_path: Path, trainerspec) -> None:
    spec = SPEC.replace("rows.csv", name)
    if task == "token-classification":
        spec = spec.replace("tabular", "token").replace("  outputs: {label: label}", "  outputs: {spans: label}")
        spec = spec.replace("  outputs:", "  inputs: {text: tokens}\n  outputs:").replace("accuracy >=", "f1 >=")
    (tmp_path / "trainer.yaml").write_text(spec)
    (tmp_path / name).write_text(content)
    for words in (("check", "--data"), ("plan",)):
        status, out, errors = trainerspec(*words, str(tmp_path))
        said = out + errors
        assert status in (0, 1), said
        assert "Traceback" not in said
        assert status == 0 or "TS" in said

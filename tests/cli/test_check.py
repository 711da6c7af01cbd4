"""trainerspec check and explain, called as commands."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from trainerspec.cli.check import check
from trainerspec.cli.explain import explain

app = typer.Typer()
app.command()(check)
app.command()(explain)


def call(*words: str):
    return CliRunner().invoke(app, list(words))


def test_a_fine_spec(tmp_path: Path, good_text: str) -> None:
    (tmp_path / "trainer.yaml").write_text(good_text, encoding="utf-8")
    result = call("check", str(tmp_path))
    assert result.exit_code == 0
    assert result.stdout.startswith("news-desk: fine (text-classification, 3 objectives, ")


def test_three_typos_are_told_at_their_lines(tmp_path: Path, good_text: str) -> None:
    text = good_text.replace("acc", "ac").replace("labels", "lables").replace("epochs", "epocs")
    path = tmp_path / "trainer.yaml"
    path.write_text(text, encoding="utf-8")
    result = call("check", str(path), "--format", "json")
    assert result.exit_code == 1
    assert [(d["code"], d["line"]) for d in json.loads(result.stdout)] == [("TS201", 11), ("TS201", 19), ("TS204", 22)]
    assert call("check", str(path), "--format", "github").stdout.count("::error ") == 3
    assert call("check", str(path)).stdout.endswith("3 errors\n")


@pytest.mark.parametrize(("content", "code"), [(None, "TS100"), (b"\xff", "TS101"), (b"a: [", "TS103"), (b"", "TS109")])
def test_files_that_cannot_be_read(tmp_path: Path, content: bytes | None, code: str) -> None:
    path = tmp_path / "trainer.yaml"
    if content is not None:
        path.write_bytes(content)
    result = call("check", str(path))
    assert result.exit_code == 1
    assert code in result.stdout


def test_explain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "unknown metric" in call("explain", "TS204").stdout
    assert "Epochs" in call("explain", "/model/train/epochs").stdout
    assert "TS305" in call("explain").stdout
    assert json.loads(call("explain", "--schema", "--task", "text-classification").stdout)["title"] == "trainer.yaml"


@pytest.mark.parametrize("words", [["TS999"], ["model.trin"], ["--schema", "--task", "chess"]])
def test_explain_does_not_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert call("explain", *words).exit_code == 2

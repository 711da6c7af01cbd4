"""What a checkout or its data hold is text: on a terminal it moves no cursor, sets no title and turns no direction."""

import csv
import io
from pathlib import Path

import pytest

CURSOR, TITLE, TURNED = "\x1b[2J", "\x1b]0;title\x07", "\u202e"
SPEC = """\
trainerspec: 1
name: escapes
version: 0.1.0
request: Tell the rows apart
task:
  type: tabular-classification
  outputs: {label: label}
data:
  source: {path: rows.csv}
objectives:
  - accuracy >= 60%
"""


@pytest.mark.parametrize("wrong", [False, True])
def test_columns_labels_values_and_folders_are_written_out(
    wrong: bool, tmp_path: Path, trainerspec, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / f"a{CURSOR}b"
    folder.mkdir()
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow([f"size{CURSOR}", f"kind{TURNED}gnp.exe", "label"])
    writer.writerows(
        [n * 0.37 % 1, f"{TITLE}{n % 2}", f"yes{CURSOR}" if n * 0.37 % 1 > 0.5 else "no"] for n in range(120)
    )
    (folder / "rows.csv").write_text(table.getvalue())
    (folder / "trainer.yaml").write_text(SPEC.replace("accuracy", "acuracy") if wrong else SPEC)
    monkeypatch.chdir(tmp_path)
    said = ""
    for words in (("check",), ("check", "--data"), ("plan",), ("build",), ("build", "--check")):
        status, out, errors = trainerspec(*words, folder.name)
        assert status in (0, 1), errors
        said += out + errors
    assert not {"\x1b", "\x07", TURNED} & set(said)
    assert "<U+001B>[2J" in said

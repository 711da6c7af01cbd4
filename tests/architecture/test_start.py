"""The compiler starts fast because it imports no training or serving library."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "torch",
    "lightning",
    "mlflow",
    "dvc",
    "kserve",
    "transformers",
    "onnx",
    "onnxruntime",
    "openai",
    "polars",
    "numpy",
)


@pytest.mark.parametrize("words", [["--help"], ["check", "examples/news"]])
def test_what_only_reads_the_spec_imports_nothing_heavy(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    code = (
        "import sys\n"
        "from trainerspec.cli.main import main\n"
        f"try:\n    main({words!r})\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_emitted_code_never_imports_trainerspec() -> None:
    templates = Path(__file__).parents[2] / "templates"
    guilty = [
        str(path.relative_to(templates))
        for path in templates.rglob("*.py")
        if any(
            line.strip().startswith(("import trainerspec", "from trainerspec"))
            for line in path.read_text().splitlines()
        )
    ]
    assert not guilty

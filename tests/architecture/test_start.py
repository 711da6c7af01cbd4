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


@pytest.mark.parametrize("module", ["trainerspec.preparing", "trainerspec.drafting"])
def test_the_wheel_is_built_and_a_request_read_without_what_reads_data(module: str) -> None:
    code = f"import sys\nsys.modules.update(polars=None, numpy=None)\nimport {module}"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_numbers_are_measured_without_numpy(tmp_path: Path) -> None:
    """No dependency of the compiler brings numpy."""
    (tmp_path / "prices.csv").write_text("size,price\n" + "".join(f"{n % 13},{n * 3 % 17}.5\n" for n in range(60)))
    (tmp_path / "trainer.yaml").write_text(
        "trainerspec: 1\nname: prices\ntask: {type: tabular-regression, "
        "outputs: {value: price}}\ndata: {source: {path: prices.csv}}\n"
    )
    code = "import sys\nsys.modules.update(numpy=None)\nfrom trainerspec.cli.main import main\nmain(['build', '.'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "value.deviation" in (tmp_path / "trainer.lock").read_text()


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

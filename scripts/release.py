"""Build wheel and sdist, check them, and try the wheel in a fresh environment: `make release`.

Nothing is uploaded. The wheel is built from the sdist, so that a file missing there is found. CONTRIBUTING.md says how
a release is made.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROWS = "".join(f"ripe apple number {n},fruit\nrusty iron number {n},metal\n" for n in range(30))
UNREACHABLE = 3
"""Exit status when no package index can be reached to install what the wheel needs."""


def call(*words: str | Path, cwd: Path = ROOT) -> str:
    """Run a command, and return what it printed. Exits with 1 and what it said when it fails."""
    done = subprocess.run([str(word) for word in words], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def version() -> str:
    """Return the version that pyproject.toml takes from the package."""
    found = re.search(r'^__version__ = "(.+)"$', (ROOT / "trainerspec/__init__.py").read_text(), re.MULTILINE)
    assert found is not None
    return found[1]


def described(number: str) -> None:
    """Exit when CHANGELOG.md says nothing of this version."""
    if not re.search(rf"^## {re.escape(number)} \(", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE):
        sys.exit(f"CHANGELOG.md has no entry for {number}: run `towncrier build --version {number}`, and commit it")


def build(out: Path) -> tuple[Path, Path]:
    """Build both, check what PyPI will show of them, and return wheel and sdist."""
    out.mkdir(parents=True, exist_ok=True)
    for old in [*out.glob("trainerspec-*.whl"), *out.glob("trainerspec-*.tar.gz")]:
        old.unlink()
    call(sys.executable, "-m", "build", "--no-isolation", "--outdir", out)
    (wheel,), (sdist,) = out.glob("*.whl"), out.glob("*.tar.gz")
    call(sys.executable, "-m", "twine", "check", "--strict", wheel, sdist)
    return wheel, sdist


def install(wheel: Path, folder: Path) -> Path:
    """Install the wheel in a fresh environment with the pinned versions, and return its trainerspec."""
    call(sys.executable, "-m", "venv", folder)
    words = [
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "-c",
        str(ROOT / "constraints.txt"),
        str(wheel),
    ]
    done = subprocess.run([str(folder / "bin" / "python"), *words], capture_output=True, text=True, check=False)
    if done.returncode and "Could not find" in done.stderr and "ResolutionImpossible" not in done.stderr:
        print(f"no package index can be reached to install the wheel's dependencies\n{done.stderr}", file=sys.stderr)
        raise SystemExit(UNREACHABLE)
    if done.returncode:
        sys.exit(done.stderr)
    return folder / "bin" / "trainerspec"


def try_out(trainerspec: Path, number: str, folder: Path) -> Path:
    """Go from a sentence to a project with the installed command, in an empty folder; return the project."""
    assert call(trainerspec, "--version", cwd=folder) == f"trainerspec {number}\n"
    call(trainerspec, "--help", cwd=folder)
    (folder / "notes").mkdir()
    (folder / "notes" / "notes.csv").write_text(f"text,label\n{ROWS}", encoding="utf-8")
    call(trainerspec, "draft", "Classify the texts in notes/notes.csv by label", "--out", ".", cwd=folder)
    project = next(folder.glob("*/trainer.yaml")).parent
    for command in ("check", "plan", "build"):
        call(trainerspec, command, cwd=project)
    call(trainerspec, "build", "--frozen", "--check", cwd=project)
    return project


def main(words: Sequence[str] | None = None) -> None:
    """Build, check, install and try."""
    parser = argparse.ArgumentParser(description="Build wheel and sdist, check them, and try the wheel.")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="where they are written (dist/)")
    out = parser.parse_args(words).out.resolve()
    number = version()
    described(number)
    print(f"building trainerspec {number} ...", flush=True)
    wheel, sdist = build(out)
    for file in (wheel, sdist):
        print(f"  {file.name}  {file.stat().st_size / 1e6:.2f} MB, `twine check --strict` passed")
    print("installing the wheel in a fresh environment ...", flush=True)
    with tempfile.TemporaryDirectory() as place:
        trainerspec = install(wheel, Path(place) / "env")
        (Path(place) / "work").mkdir()
        project = try_out(trainerspec, number, Path(place) / "work")
        print(f"  --version, --help, draft, check, plan, build: {project.name} has {count(project)} files")
    print(f"ready in {out}")


def count(folder: Path) -> int:
    """Return the number of files below a folder."""
    return sum(path.is_file() for path in folder.rglob("*"))


if __name__ == "__main__":
    main()

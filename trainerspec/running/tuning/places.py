"""Where trials train: the project itself, or folders in work/tune that link to it and have other code or other rows."""

import hashlib
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.ir.json import Json
from trainerspec.language import yaml
from trainerspec.running.repository import environment

FOLDER = Path("work") / "tune"
"""Git-ignored, and no output of any stage."""
DATA = Path("build") / "data"
SPLITS = ("train", "validation")
FEATURES = Path("work") / "features"
FEW, FOLDS = 400, 5
"""With fewer validation rows than FEW trials are scored by FOLDS-fold cross-validation."""
CODE = "pipeline/"


def laid_out(folder: Path, name: str, files: Mapping[str, bytes]) -> Path:
    """Return a folder with the code of another way to build; the project itself where code and data are the same."""
    same = all((folder / path).is_file() and (folder / path).read_bytes() == files[path] for path in code(files))
    if same and prepared(folder, (folder / "params.yaml").read_bytes()) == prepared(folder, files["params.yaml"]):
        return folder
    place = folder / FOLDER / "built" / hashlib.sha256(name.encode()).hexdigest()[:12]
    shutil.rmtree(place, ignore_errors=True)
    linked(folder, place, leave={path.partition("/")[0] for path in files})
    for path, content in files.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(content)
    return place


def code(files: Mapping[str, bytes]) -> list[str]:
    """Return the files that train."""
    return [path for path in files if path.startswith(CODE)]


def prepared(folder: Path, params: bytes) -> list[Json]:
    """Return the settings that `prepare` reads, from dvc.yaml."""
    stages = yaml.load((folder / "dvc.yaml").read_bytes())
    assert isinstance(stages, Mapping)
    names = _at(stages, "stages.prepare.params")
    assert isinstance(names, Sequence)
    return [_at(yaml.load(params), str(name)) for name in names]


def _at(document: Json, path: str) -> Json:
    for part in path.split("."):
        document = document.get(part) if isinstance(document, Mapping) else None
    return document


def linked(project: Path, place: Path, leave: set[str]) -> None:
    """Make a folder that has what the project has, by links, but for what trials have of their own."""
    place.mkdir(parents=True)
    for one in sorted(project.iterdir()):
        if one.name not in leave | {"build", "work", ".git", ".dvc"}:
            (place / one.name).symlink_to(one.resolve())
    (project / FEATURES).mkdir(parents=True, exist_ok=True)
    (place / FEATURES).parent.mkdir()
    (place / FEATURES).symlink_to((project / FEATURES).resolve())


def prepare(project: Path, place: Path, threads: int) -> None:
    """Give a folder its build/data: the project's own, or made anew where other settings prepare it.

    Raises Stopped with TS848 when that fails.
    """
    if prepared(project, (project / "params.yaml").read_bytes()) == prepared(
        project, (place / "params.yaml").read_bytes()
    ):
        (place / DATA).parent.mkdir(exist_ok=True)
        (place / DATA).symlink_to((project / DATA).resolve())
        return
    command = ["python", "-m", "pipeline.prepare"]
    ended = subprocess.run(command, cwd=place, env=environment(threads), capture_output=True, text=True, check=False)
    if ended.returncode:
        message = f"the data of one way to build cannot be prepared: {ended.stderr.strip()[-500:]}"
        raise Stopped((Diagnostic(code="TS848", message=message, hint="take it out of the search's `space`"),))


def folds(place: Path, label: str, seed: int) -> list[Path]:
    """Return folders with one fold each: its rows judge, the others train. Empty where the validation split decides.

    The rows are those of train and validation; equal rows, and rows of a group, stay together. With a `label` each fold
    has its share of every class.
    """
    frames = [pl.read_parquet(place / DATA / f"{name}.parquet") for name in SPLITS]
    if frames[1].height >= FEW:
        return []
    rows = pl.concat(frames)
    parts = fold_of(rows, label, seed)
    made = []
    for number in range(FOLDS):
        folder = place / FOLDER / "folds" / str(number)
        shutil.rmtree(folder, ignore_errors=True)
        linked(place, folder, leave=set())
        (folder / DATA).mkdir(parents=True)
        for name, chosen in zip(SPLITS, (parts != number, parts == number), strict=True):
            rows.filter(chosen).write_parquet(folder / DATA / f"{name}.parquet")
        made.append(folder)
    return made


def fold_of(rows: pl.DataFrame, label: str, seed: int) -> pl.Series:
    """Name the fold of each row, by a hash of its group or content: the same on any machine.

    >>> rows = pl.DataFrame({"key": ["a", "b", "c", "c", "e", "f"], "label": ["x", "y"] * 3})
    >>> parts = fold_of(rows, "", 7)
    >>> sorted(parts.unique()), parts[2] == parts[3]
    ([0, 1, 2, 3, 4], True)
    """
    unit = "group" if "group" in rows.columns else "key"
    strata = rows[label].cast(pl.String).to_list() if label in rows.columns else [""] * rows.height
    of = dict(zip(rows[unit].to_list(), strata, strict=True))
    order = sorted(of, key=lambda one: (of[one] or "", hashlib.sha256(f"{seed}:{one}".encode()).digest()))
    fold = {one: place % FOLDS for place, one in enumerate(order)}
    return pl.Series([fold[one] for one in rows[unit].to_list()])

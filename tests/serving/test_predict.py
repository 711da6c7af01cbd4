"""Answers without a server: each row of the source has a row, in order, with its answer or the reason for none."""

import hashlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import polars as pl
import pytest

from tests import needs
from tests.serving import tiny
from tests.templates import folders
from trainerspec import assets
from trainerspec.language.yaml import dump

Predict: TypeAlias = Callable[..., str]
AGREED = {"contract": {"hard": {"columns": {"text": "text", "zoom_level": "number"}}}}
UNTOLD = shutil.ignore_patterns("__pycache__")


def project(folder: Path, params: dict[str, object], write: object = tiny.package) -> Path:
    """Lay out a project with a package: the code of any task, and a processor of ten lines."""
    assert callable(write)
    write(folder / "package")
    told = {**params, "inputs": {"text": "body", "image": "file", "phrase": "what"}, "data": AGREED}
    (folder / "package" / "params.yaml").write_bytes(dump(told))  # type: ignore[arg-type]
    tiny.seal(folder / "package", str(params["name"]))
    shutil.copytree(tiny.SHARED, folder / "pipeline", ignore=UNTOLD, dirs_exist_ok=True)
    shutil.copytree(assets.reading(), folder / "pipeline" / "reading", ignore=UNTOLD)
    return folder


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return project(tmp_path_factory.mktemp("texts"), tiny.PARAMS)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return project(tmp_path_factory.mktemp("pictures"), tiny.PICTURES, tiny.picture_package)


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "pipeline.predict", *words]


@pytest.fixture
def predict(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Predict:
    """Return what runs the command in this process, and gives all that it says."""

    def called(folder: Path, *words: str, status: int = 0) -> str:
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", command(*words)[2:])
        with folders.importable(folder):
            from pipeline import predict

            found: object = 0
            try:
                predict.main()
            except SystemExit as ended:
                found = ended.code
        said = "".join(capfd.readouterr())
        assert found == status, said
        return said

    return called


def test_every_row_is_there_with_its_answer_or_the_reason_for_none(
    texts: Path, tmp_path: Path, predict: Predict
) -> None:
    rows = 'n,body,topic\n1,abc,x\n2,"two\nlines"\n3,ab,x\n4,,x\n5,"q, w",x\n6,a,b,c\n7,zz,\n'
    (tmp_path / "rows.csv").write_text(rows)
    (tmp_path / "broken.csv").write_bytes(b"n,body,topic\n1,caf\xe9,x\n2,caf,x\n")
    outs = [tmp_path / "out" / f"answers.{kind}" for kind in ("csv", "parquet", "jsonl")]
    outs[0].parent.mkdir()
    for out in outs:
        said = predict(texts, str(tmp_path / "rows.csv"), "-o", str(out), "--keep", "n")
    assert "no answer: rows.csv:3: 2 values instead of 3" in said
    assert "7 rows" in said
    frames = [pl.read_csv(outs[0]), pl.read_parquet(outs[1]), pl.read_ndjson(outs[2])]
    for found in frames:
        assert found["row"].to_list() == [f"rows.csv:{line}" for line in (2, 3, 5, 6, 7, 8, 9)]
        assert found["label"].to_list() == ["odd", None, "even", None, "even", None, "even"]
        assert found["problem"].drop_nulls().to_list() == ["2 values instead of 3", "no text", "4 values instead of 3"]
        assert [str(one) for one in found["n"].drop_nulls()] == ["1", "3", "4", "5", "7"]
        assert found.columns == ["row", "n", "label", "scores.even", "scores.odd", "scores.no", "problem"]
    assert not list(outs[0].parent.glob(".*")), "nothing is left beside the answers"
    predict(texts, str(tmp_path / "broken.csv"), "-o", str(outs[0]))
    assert pl.read_csv(outs[0])["problem"].to_list() == ["it is not UTF-8", None]


def test_columns_that_are_kept_may_be_called_like_answers_and_differ_between_tables(
    texts: Path, tmp_path: Path, predict: Predict
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/1.csv").write_text("body,label,row,source.label\nabc,=1+1,9,x\n")
    (tmp_path / "data/2.csv").write_text("body,other,problem\nab,\x1b[2J,none\n")
    for ending in ("csv", "parquet"):
        out = tmp_path / f"answers.{ending}"
        predict(texts, str(tmp_path / "data"), "-o", str(out), "--keep", "*")
        found = pl.read_csv(out) if ending == "csv" else pl.read_parquet(out)
        assert found["label"].to_list() == ["odd", "even"]
        assert found["row"].to_list() == ["1.csv:2", "2.csv:2"]
        assert found["source.label"].to_list() == ["'=1+1" if ending == "csv" else "=1+1", None]
        assert [str(one) for one in found["source.row"].drop_nulls()] == ["9"]
        assert found["source.source.label"].to_list() == ["x", None]
        assert found["source.problem"].to_list() == [None, "none"]
        assert found.columns[-1] == "problem"
    said = predict(texts, str(tmp_path / "data/1.csv"), "-o", str(out), "--keep", "lable", status=1)
    assert "has no column `lable` for `--keep`" in said
    assert "did you mean `label`?" in said


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_a_full_disk_is_told_and_nothing_is_lost(ending: str, texts: Path, tmp_path: Path, predict: Predict) -> None:
    """Polars tells a full disk in words of its own."""
    (tmp_path / "rows.csv").write_text("n,body\n" + "".join(f"{hash((n, 1))},abc{n}\n" for n in range(2000)))
    out = tmp_path / f"answers.{ending}"
    out.write_text("of yesterday")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, hard))
    try:
        said = predict(texts, str(tmp_path / "rows.csv"), "-o", str(out), "--keep", "*", status=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "TS711 the disk refused: File too large" in said
    assert out.read_text() == "of yesterday"
    predict(texts, str(tmp_path / "rows.csv"), "-o", str(out), "--keep", "*")
    assert out.stat().st_size > 8192


def test_what_a_row_holds_moves_no_cursor(texts: Path, tmp_path: Path, predict: Predict) -> None:
    (tmp_path / "\x1b[2Jrows.csv").write_text("n,body,topic\n1,abc,x\n3,ab,x\n5,ab,x\n7,zz\n")
    said = predict(texts, str(tmp_path / "\x1b[2Jrows.csv"), "-o", str(tmp_path / "answers.csv"))
    assert "no answer: <U+001B>[2Jrows.csv:5" in said
    assert "\x1b" not in said


def test_loose_texts_are_rows(texts: Path, tmp_path: Path, predict: Predict) -> None:
    for name, text in {"a/one.txt": "abc", "a/two.txt": "ab"}.items():
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_text(text)
    predict(texts, str(tmp_path / "data"), "-o", str(tmp_path / "answers.jsonl"))
    found = pl.read_ndjson(tmp_path / "answers.jsonl")
    assert found.select("row", "label").rows() == [("a/one.txt", "odd"), ("a/two.txt", "even")]


def test_pictures_phrases_and_a_seed(pictures: Path, tmp_path: Path, predict: Predict) -> None:
    (tmp_path / "one.png").write_bytes(tiny.drawing())
    (tmp_path / "bad.png").write_bytes(b"no picture")
    rows = [("one.png", "left", "1.0"), ("bad.png", "left", "1"), ("gone.png", "it", "1"), ("one", "the right", "x")]
    lines = ["file,what,zoom_level", *(",".join(row) for row in rows), "one.png,again,0.5"]
    (tmp_path / "rows.csv").write_text("\n".join(lines))
    predict(pictures, str(tmp_path / "rows.csv"), "-o", str(tmp_path / "answers.parquet"))
    found = pl.read_parquet(tmp_path / "answers.parquet")
    assert found["problem"].to_list() == [
        None,
        "input `image` is not a picture that can be read",
        "`gone.png`: no such file or directory",
        "zoom_level: `x` is not a number",
        None,
    ]
    assert found["box.x1"].is_not_null().to_list() == [True, False, False, False, True]
    assert found["score"].to_list()[::4] == pytest.approx([0.04 + 2, 0.05 + 6 * 0.5]), "the seed is the row's line"
    kept = tmp_path / str(found["mirrored"][0])
    assert kept.read_bytes()[:4] == b"\x89PNG"


def test_killed_it_goes_on_where_it_was(texts: Path, tmp_path: Path, predict: Predict) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    for number in range(12):
        body = "\n".join("x" * (1 + (number + row) % 5) for row in range(30_000))
        (folder / f"{number:02d}.csv").write_text(f"body\n{body}\n")
    out = tmp_path / "answers.parquet"
    words = (str(folder), "-o", str(out), "--processes", "2")
    process = subprocess.Popen(command(*words), cwd=texts, stderr=subprocess.DEVNULL)
    parts = tmp_path / ".answers.parquet.parts"
    end = time.monotonic() + 60
    while time.monotonic() < end and len(list(parts.glob("*.parquet"))) < 2:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    while time.monotonic() < end and subprocess.run(["pgrep", "-P", str(process.pid)], check=False).returncode == 0:
        time.sleep(0.05)
    before = {path.name: path.stat().st_mtime_ns for path in parts.glob("*.parquet")}
    assert 2 <= len(before) < 12
    assert not out.exists()
    assert f"{len(before)} pieces are answered already" in predict(texts, *words)
    found = pl.read_parquet(out)
    assert found.height == 12 * 30_000
    assert found["row"].n_unique() == found.height
    assert found["label"].to_list()[:3] == ["odd", "even", "odd"]
    assert not parts.exists()


@pytest.mark.parametrize(
    ("source", "out", "said"),
    [
        ("rows.csv", "answers.xlsx", "TS851"),
        ("rows.csv", "rows.csv", "TS851"),
        ("gone.csv", "answers.csv", "gone.csv` does not exist\n  hint: give the file"),
        ("other.csv", "answers.csv", "did you mean `boddy`"),
        ("rows.csv", "answers.csv --explain", "TS852"),
        ("rows.csv", "answers.csv --package gone", "TS860"),
    ],
)
def test_mistakes(texts: Path, tmp_path: Path, predict: Predict, source: str, out: str, said: str) -> None:
    (tmp_path / "rows.csv").write_text("body\nabc\n")
    (tmp_path / "other.csv").write_text("boddy,n\nabc,1\n")
    name, *more = out.split()
    assert said in predict(texts, str(tmp_path / source), "-o", str(tmp_path / name), *more, status=1)
    assert not (texts / "failure.json").exists()
    assert (tmp_path / "rows.csv").read_text() == "body\nabc\n"


def test_a_damaged_model_explains_nothing(texts: Path, tmp_path: Path, predict: Predict) -> None:
    (tmp_path / "rows.csv").write_text("body\nabc\n")
    (texts / "build" / "model").mkdir(parents=True)
    (texts / "build/model/weights.safetensors").write_bytes(b"other")
    listing = {"weights.safetensors": hashlib.sha256(b"those!").hexdigest()}
    (texts / "build/model/digests.json").write_text(json.dumps(listing))
    try:
        said = predict(texts, str(tmp_path / "rows.csv"), "-o", str(tmp_path / "a.csv"), "--explain", status=1)
    finally:
        shutil.rmtree(texts / "build" / "model")
    assert "TS837 `build/model/weights.safetensors` has other bytes than train wrote" in said


def test_mlflow_loads_packages_side_by_side(texts: Path, pictures: Path, tmp_path: Path) -> None:
    mlflow = needs.module("mlflow")
    pandas = needs.module("pandas")
    for folder, name in ((texts, "texts"), (pictures, "pictures")):
        with folders.importable(folder):
            from pipeline.protocol import mlflow_model

            mlflow_model.write(folder / "package", tmp_path / name)
    loaded = [mlflow.pyfunc.load_model(str(tmp_path / name)) for name in ("texts", "pictures")]
    found = loaded[0].predict(pandas.DataFrame({"text": ["abc", "ab", "x" * 7, "", "zz"]}, index=list("vwxyz")))
    assert found["label"].to_list() == ["odd", "even", "odd", "even", "even"]
    assert (list(found.columns), list(found.index)) == (
        ["label", "scores.even", "scores.odd", "scores.no"],
        list("vwxyz"),
    )
    assert loaded[0].predict(loaded[0].input_example)["label"].to_list()[0] == "even"
    assert loaded[0].metadata.signature.inputs.input_names() == ["text"]
    row = {"image": [tiny.drawing()], "phrase": ["left"], "seed": [2], "zoom_level": [1]}
    (box,) = loaded[1].predict(pandas.DataFrame(row))[["box.x0", "score"]].to_numpy().tolist()
    assert box == pytest.approx([40.0, 2.04])


REGISTER = """
from pathlib import Path
from pipeline.base import params
from pipeline.reporting import tracking
lacking = {"model": {}, "compute": {}, "serve": {}, "version": "0.1.0", "task": "texts"}
settings = params.Params({**lacking, **params.load(Path("package/params.yaml")).tree})
tracking.register(settings, "key", Path("package"), "champion")
"""
ASK = """
import mlflow, sys, pandas
model = mlflow.pyfunc.load_model("models:/" + sys.argv[1] + "@champion")
assert "pipeline" not in sys.modules
found = model.predict(pandas.DataFrame({"text": ["abc", "ab"]}))
print(found["label"].to_list(), model.metadata.signature.inputs.input_names(), list(model.input_example.columns))
"""


def test_a_registered_champion_answers_far_from_its_project(texts: Path, tmp_path: Path) -> None:
    needs.packages("mlflow", "pandas")
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    shutil.copytree(texts, project)
    elsewhere.mkdir()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["MLFLOW_TRACKING_URI"] = f"sqlite:///{tmp_path / 'runs.db'}"
    done = subprocess.run(
        [sys.executable, "-c", REGISTER], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr, done.stderr
    shutil.rmtree(project / "pipeline")
    asked = [sys.executable, "-c", ASK, str(tiny.PARAMS["name"])]
    done = subprocess.run(asked, cwd=elsewhere, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip().splitlines()[-1:] == ["['odd', 'even'] ['text'] ['text']"], done.stderr


def test_a_package_that_is_replaced_meanwhile_ends_the_work(texts: Path, tmp_path: Path) -> None:
    """No file holds answers of two models: each process opens the package that the work began with."""
    with folders.importable(texts):
        from pipeline.base.failure import Failure
        from pipeline.predicting.output import Output
        from pipeline.predicting.workers import Task, Worker

        output = Output(path=tmp_path / "answers.csv", parts=tmp_path / "parts")
        task = Task(package=texts / "package", revision="0" * 64, source=texts, output=output)
        with pytest.raises(Failure) as failed:
            Worker(task)
        assert (failed.value.code, "was replaced meanwhile" in failed.value.message) == ("TS861", True)

"""The hub: a commit is pinned and kept to, subsets are chosen, classes have names and pictures are files."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from tests import needs
from tests.collecting.hub import DATASET, Hub, serving
from trainerspec.collecting import collect as collecting
from trainerspec.collecting.collect import Result
from trainerspec.collecting.wanted import Before, Trouble, Wanted

needs.packages("huggingface_hub", "pyarrow")
Collect = Callable[..., Result]
TABLE = b"text,label\na good day,1\n"
CARD = b"""---
configs:
- config_name: en
  data_files:
  - split: train
    path: en/train-*.csv
- config_name: de
  data_files: de/**
---
# Pets
"""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    with serving() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        yield server


def refused(collect: Collect, value: str = DATASET, **options: str) -> Trouble:
    with pytest.raises(Trouble) as told:
        collect("hub", value, **options)
    return told.value


def test_the_commit_is_pinned_and_kept_to(tmp_path: Path, hub: Hub, collect: Collect) -> None:
    hub.commits.append({"README.md": b"# Pets", "train.csv": TABLE, ".gitattributes": b"x"})
    first = collect("hub", DATASET).now
    assert first.pinned == {"revision": hub.sha(0)}
    assert list(first.files) == ["train.csv"]
    hub.commits.append({"train.csv": TABLE + b"a bad day,0\n"})
    wanted = Wanted(kind="hub", value=DATASET, root=tmp_path)
    again = collecting.collect(wanted, tmp_path / "other", print, pinned=Before(pinned=first.pinned)).now
    assert again.fingerprint == first.fingerprint
    newest = collect("hub", DATASET).now
    assert newest.pinned == {"revision": hub.sha(1)}
    assert newest.fingerprint != first.fingerprint
    assert collect("hub", DATASET, revision=hub.sha(0)).now.fingerprint == first.fingerprint


def test_subsets_are_those_of_the_card_or_of_folders(hub: Hub, collect: Collect) -> None:
    hub.commits.append({"README.md": CARD, "en/train-0.csv": TABLE, "en/notes.csv": TABLE, "de/train.csv": TABLE})
    assert list(collect("hub", DATASET, subset="en").now.files) == ["en/train-0.csv"]
    assert list(collect("hub", DATASET, subset="de").now.files) == ["de/train.csv"]
    for options in ({}, {"subset": "fr"}):
        told = refused(collect, **options)
        assert (told.code, "`en`, `de`" in told.hint) == ("TS411", True)
    hub.commits.append({"en/train.csv": TABLE, "de/train.csv": TABLE})
    assert list(collect("hub", DATASET, subset="de").now.files) == ["de/train.csv"]


def test_a_program_is_not_run(hub: Hub, collect: Collect) -> None:
    hub.commits.append({"pets.py": b"raise SystemExit", "README.md": b"# Pets"})
    told = refused(collect)
    assert (told.code, "is not run" in told.message, "refs/convert/parquet" in told.hint) == ("TS411", True, True)


def test_classes_have_names_and_pictures_are_files(tmp_path: Path, hub: Hub, collect: Collect) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(picture, "PNG")
    frame = pl.DataFrame(
        {
            "image": [{"bytes": picture.getvalue(), "path": "a.png"}, {"bytes": picture.getvalue(), "path": None}],
            "label": [1, -1],
            "tags": [[0, 1], []],
        }
    )
    names = {"_type": "ClassLabel", "names": ["cat", "dog"]}
    features = {"image": {"_type": "Image"}, "label": names, "tags": {"_type": "List", "feature": names}}
    told, content = {"huggingface": json.dumps({"info": {"features": features}})}, io.BytesIO()
    frame.write_parquet(content, use_pyarrow=True, pyarrow_options={"compression": "snappy"})
    hub.commits.append({"data/train-00000.parquet": described(content.getvalue(), told)})
    taken = collect("hub", DATASET).now
    data = tmp_path / "project" / "collected" / "data"
    seen = pl.read_parquet(data / "data" / "train-00000.parquet")
    assert seen["label"].to_list() == ["dog", None]
    assert seen["tags"].to_list() == [["cat", "dog"], []]
    assert [Image.open(data / name).size for name in seen["image"]] == [(4, 4), (4, 4)]
    assert taken.files["data/train-00000.parquet"].content


def described(content: bytes, metadata: dict[str, str]) -> bytes:
    """Return a Parquet file with metadata of its schema, as `datasets` writes it."""
    parquet = needs.module("pyarrow.parquet")
    out = io.BytesIO()
    parquet.write_table(parquet.read_table(io.BytesIO(content)).replace_schema_metadata(metadata), out)
    return out.getvalue()


def test_faults_are_told(hub: Hub, collect: Collect, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.commits.append({"train.csv": TABLE, "../x.csv": TABLE})
    assert refused(collect).code == "TS434"
    assert "no data set `org/none`" in refused(collect, "org/none").message
    assert "no revision `v9`" in refused(collect, revision="v9").message
    hub.gated = True
    told = refused(collect)
    assert (told.code, "HF_TOKEN" in told.hint) == ("TS433", True)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    told = refused(collect)
    assert (told.code, "check the network" in told.hint) == ("TS433", True)

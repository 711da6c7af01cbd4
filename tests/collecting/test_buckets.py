"""s3 on a real server: one file, a prefix, an archive; resumed; keys from the environment; faults told."""

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import needs
from tests.releasing import seaweed
from trainerspec.collecting.collect import WORK, Result
from trainerspec.collecting.transfers.parts import part
from trainerspec.collecting.wanted import Trouble

needs.packages("pyarrow", "boto3")
Collect = Callable[..., Result]
BIG = bytes(range(256)) * 40_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[seaweed.Server]:
    boto3 = needs.module("boto3")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("pets/cats/1.txt", "meow")
        archive.writestr("pets/dogs/1.txt", "woof")
    with seaweed.seaweed(tmp_path_factory.mktemp("s3")) as running:
        client = boto3.client(
            "s3", endpoint_url=running.endpoint, region_name="us-east-1",
            aws_access_key_id=seaweed.KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=seaweed.KEYS["AWS_SECRET_ACCESS_KEY"],
        )  # fmt: skip
        for key, content in {
            "news/a.csv": b"text,label\na,b\n", "news/more/b.csv": b"text,label\nc,d\n", "big.bin": BIG,
            "pets.zip": packed.getvalue(),
        }.items():  # fmt: skip
            client.put_object(Bucket=seaweed.BUCKET, Key=key, Body=content)
        yield running


@pytest.fixture(autouse=True)
def _environment(server: seaweed.Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in seaweed.KEYS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.endpoint)


def refused(collect: Collect, uri: str) -> Trouble:
    with pytest.raises(Trouble) as told:
        collect("uri", uri)
    return told.value


def test_a_file_a_prefix_and_an_archive(collect: Collect) -> None:
    assert list(collect("uri", "s3://models/news/a.csv").now.files) == ["a.csv"]
    assert list(collect("uri", "s3://models/news/").now.files) == ["a.csv", "more/b.csv"]
    assert list(collect("uri", "s3://models/pets.zip").now.files) == ["cats/1.txt", "dogs/1.txt"]


def test_a_transfer_goes_on_where_it_ended(tmp_path: Path, collect: Collect) -> None:
    collect("uri", "s3://models/big.bin")
    data = tmp_path / "project" / "collected" / "data" / "big.bin"
    assert data.read_bytes() == BIG
    arrow = needs.module("pyarrow.fs")
    from trainerspec.collecting.transfers import buckets

    info = buckets.connect("s3", "models/big.bin").get_file_info("models/big.bin")
    assert info.type == arrow.FileType.File
    parts = tmp_path / "project" / WORK / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    begun = part(parts, "models/big.bin")
    with begun.open({"modified": str(info.mtime_ns), "size": str(info.size)}, 0) as file:
        file.write(b"?" * 5_000_000)  # bytes that tell whether they were kept
    collect("uri", "s3://models/big.bin")
    assert data.read_bytes() == b"?" * 5_000_000 + BIG[5_000_000:]


def test_faults_are_told(collect: Collect, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "is not there" in refused(collect, "s3://models/none.csv").message
    told = refused(collect, "s3://models-none/a.csv")
    assert told.code == "TS433"
    monkeypatch.setattr("trainerspec.collecting.transfers.buckets.TRIES", 1)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong-secret")
    told = refused(collect, "s3://models/news/a.csv")
    assert (told.code, "AWS_ACCESS_KEY_ID" in told.hint) == ("TS433", True)
    assert "wrong-secret" not in told.message
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    assert refused(collect, "s3://models/news/a.csv").code == "TS433"

"""gs and az on emulators: one file, a prefix, what is not there."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import needs
from tests.collecting import clouds
from trainerspec.collecting.collect import Result
from trainerspec.collecting.wanted import Trouble

needs.packages("pyarrow")
Collect = Callable[..., Result]


def hold(scheme: str) -> None:
    """Put two tables into the bucket or container `pets`."""
    from trainerspec.collecting.transfers import buckets

    system = buckets.connect(scheme, "pets")
    if scheme == "az":
        system.create_dir("pets")
    for key in ("news/a.csv", "news/more/b.csv"):
        with system.open_output_stream(f"pets/{key}") as file:
            file.write(b"text,label\na,b\n")


def fetches(scheme: str, collect: Collect) -> None:
    hold(scheme)
    assert list(collect("uri", f"{scheme}://pets/news/a.csv").now.files) == ["a.csv"]
    assert list(collect("uri", f"{scheme}://pets/news/").now.files) == ["a.csv", "more/b.csv"]
    with pytest.raises(Trouble) as told:
        collect("uri", f"{scheme}://pets/gone")
    assert (told.value.code, "is not there" in told.value.message) == ("TS433", True)


def test_gs(tmp_path_factory: pytest.TempPathFactory, collect: Collect, monkeypatch: pytest.MonkeyPatch) -> None:
    with clouds.gs(tmp_path_factory.mktemp("gs")) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        fetches("gs", collect)


@pytest.mark.sources
def test_az(tmp_path_factory: pytest.TempPathFactory, collect: Collect, monkeypatch: pytest.MonkeyPatch) -> None:
    with clouds.az(tmp_path_factory.mktemp("az")) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        fetches("az", collect)


def test_az_without_an_account(tmp_path: Path, collect: Collect, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_ACCOUNT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(Trouble) as told:
        collect("uri", "az://pets/news")
    assert (told.value.code, "AZURE_STORAGE_CONNECTION_STRING" in told.value.hint) == ("TS433", True)

"""A full disk, as the libraries that write tell it."""

import errno
import resource
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests import needs
from trainerspec.reading import disk


def parquet(path: Path) -> None:
    pl.DataFrame({"a": np.random.default_rng(7).random(50_000)}).write_parquet(path)


def delimited(path: Path) -> None:
    pl.DataFrame({"a": np.random.default_rng(7).random(50_000)}).write_csv(path)


def tensors(path: Path) -> None:
    needs.packages("safetensors")
    from safetensors.numpy import save_file

    save_file({"a": np.random.default_rng(7).random(50_000)}, path)


@pytest.fixture
def small() -> Iterator[None]:
    """Let no file be larger than 8 KiB."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("write", [parquet, delimited, tensors])
def test_its_number_is_told(write: Callable[[Path], None], small: None, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="large") as told, disk.writing(tmp_path / "a"):
        write(tmp_path / "a")
    assert (told.value.errno, told.value.filename) == (errno.EFBIG, str(tmp_path / "a"))


def test_other_errors_stay(tmp_path: Path) -> None:
    with pytest.raises(pl.exceptions.ColumnNotFoundError), disk.writing(tmp_path / "a"):
        pl.DataFrame({"a": [1]}).select("b")
    with pytest.raises(FileNotFoundError) as told, disk.writing(tmp_path / "a"):
        (tmp_path / "none").read_text()
    assert told.value.filename == str(tmp_path / "none")

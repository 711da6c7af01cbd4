"""http and https: resumed, checked, not fetched twice; every fault is told, and nothing half is kept."""

import errno
import gzip
import hashlib
import os
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.collecting.http import Files
from trainerspec.collecting import snapshot
from trainerspec.collecting.collect import Result
from trainerspec.collecting.wanted import Trouble

CONTENT = os.urandom(3_000_000)
Collect = Callable[..., Result]


def kept(tmp_path: Path, name: str = "a.csv") -> bytes:
    return (tmp_path / "project" / "collected" / "data" / name).read_bytes()


def test_a_transfer_that_breaks_off_goes_on_where_it_ended(tmp_path: Path, files: Files, collect: Collect) -> None:
    files.content["a.csv"], files.breaks = CONTENT, [1_000_000, 700_001, 1]
    found = collect("uri", files.url("a.csv"))
    assert kept(tmp_path) == CONTENT
    assert [one.get("Range") for one in files.asked] == [None, "bytes=1000000-", "bytes=1700001-", "bytes=1700002-"]
    assert all(one["If-Range"] for one in files.asked[1:])
    assert found.now.files["a.csv"].sha256 == hashlib.sha256(CONTENT).hexdigest()


def test_a_later_command_goes_on_too(tmp_path: Path, files: Files, collect: Collect) -> None:
    files.content["a.csv"], files.breaks = CONTENT, [1_000_000, *[0] * 4]
    with pytest.raises(Trouble) as told:
        collect("uri", files.url("a.csv"))
    assert (told.value.code, "1,000,000 bytes are kept" in told.value.message) == ("TS433", True)
    assert not (tmp_path / "project" / "collected").exists()
    collect("uri", files.url("a.csv"))
    assert files.asked[-1]["Range"] == "bytes=1000000-"
    assert kept(tmp_path) == CONTENT


def test_a_file_that_changed_midway_begins_anew(tmp_path: Path, files: Files, collect: Collect) -> None:
    files.content["a.csv"], files.breaks = CONTENT, [1_000_000, *[0] * 4]
    with pytest.raises(Trouble):
        collect("uri", files.url("a.csv"))
    files.content["a.csv"] = other = os.urandom(2_000_000)
    collect("uri", files.url("a.csv"))
    assert kept(tmp_path) == other


@pytest.mark.parametrize(("ranges", "validators"), [(False, True), (True, False)])
def test_a_server_without_ranges_or_validators(
    tmp_path: Path, files: Files, collect: Collect, ranges: bool, validators: bool
) -> None:
    files.content["a.csv"], files.breaks = CONTENT, [1_000_000]
    files.ranges, files.validators = ranges, validators
    collect("uri", files.url("a.csv"))
    assert kept(tmp_path) == CONTENT


def test_damaged_bytes_are_refused(tmp_path: Path, files: Files, collect: Collect) -> None:
    files.content["a.csv"], files.digest = CONTENT, "sha-256=:AAAA:"
    with pytest.raises(Trouble) as told:
        collect("uri", files.url("a.csv"))
    assert told.value.code == "TS436"
    assert not (tmp_path / "project" / "collected").exists()


def test_unchanged_content_is_not_sent_again(files: Files, collect: Collect) -> None:
    files.content["a.csv"] = b"text,label\na,b\n"
    first = collect("uri", files.url("a.csv"))
    again = collect("uri", files.url("a.csv"))
    assert files.asked[-1]["If-None-Match"]
    assert again.now == first.now


def test_a_busy_server_is_asked_again_and_a_refusal_is_not(files: Files, collect: Collect) -> None:
    files.content["a.csv"], files.statuses = b"a,b\n1,2\n", [503, 429]
    collect("uri", files.url("a.csv"))
    assert len(files.asked) == 3
    for status, words in {403: "does not allow", 401: "login", 404: "not there"}.items():
        files.statuses, before = [status], len(files.asked)
        with pytest.raises(Trouble) as told:
            collect("uri", f"{files.url('a.csv')}?{status}")
        assert (told.value.code, words in told.value.message) == ("TS433", True)
        assert len(files.asked) == before + 1


def test_nobody_answers(collect: Collect) -> None:
    with pytest.raises(Trouble) as told:
        collect("uri", "http://127.0.0.1:9/a.csv")
    assert (told.value.code, "refused" in told.value.message) == ("TS433", True)


def test_a_redirect_leads_to_http_only(files: Files, collect: Collect) -> None:
    files.content["b.csv"] = b"a,b\n1,2\n"
    files.redirect |= {"a.csv": files.url("b.csv"), "c.csv": "file:///etc/passwd", "d.csv": "ftp://127.0.0.1/x"}
    assert collect("uri", files.url("a.csv")).now.bytes == 8
    for path in ("c.csv", "d.csv"):
        with pytest.raises(Trouble) as told:
            collect("uri", files.url(path))
        assert told.value.code == "TS433"


def test_a_full_disk_is_no_fault_of_the_server(files: Files, collect: Collect) -> None:
    files.content["a.csv"] = CONTENT
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        with pytest.raises(OSError, match="large") as told:
            collect("uri", files.url("a.csv"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (told.value.errno, len(files.asked)) == (errno.EFBIG, 1)


def test_a_file_has_the_ending_of_its_type(files: Files, collect: Collect) -> None:
    files.content["export"], files.redirect["latest"] = b"a,b\n1,2\n", files.url("export")
    files.headers = {"Content-Type": "text/csv; charset=utf-8"}
    assert list(collect("uri", files.url("latest?format=x")).now.files) == ["latest.csv"]
    files.headers = {"Content-Disposition": 'attachment; filename="../../rows.jsonl"'}
    assert list(collect("uri", files.url("export")).now.files) == ["rows.jsonl"]


def test_a_packed_table_stays_as_it_is(tmp_path: Path, files: Files, collect: Collect) -> None:
    files.content["a.csv.gz"] = gzip.compress(b"a,b\n1,2\n")
    taken = collect("uri", files.url("a.csv.gz")).now
    assert list(taken.files) == ["a.csv.gz"]
    assert snapshot.place(tmp_path, taken) == tmp_path / "data" / "a.csv.gz"

"""One file at an http or https address: resumed where it broke off, checked against what the server says of it."""

import base64
import hashlib
import http.client
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPMessage
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit
from urllib.request import Request

from ...reading.content import is_table
from ..wanted import DISK, Before, Found, Say, Trouble, Wanted, fault, is_archive
from .parts import Meter, Part, part
from .redirects import opener

SECONDS = 30.0
"""Without a byte."""
TRIES = 5
"""In a row in which nothing came."""
WAIT = 0.5
"""Seconds before the second try; twice as long before each one after it."""
STEP = 2**20
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
ENDINGS = {
    "text/csv": ".csv",
    "application/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "application/json": ".json",
    "application/x-ndjson": ".jsonl",
    "application/jsonl": ".jsonl",
    "application/vnd.apache.parquet": ".parquet",
    "application/zip": ".zip",
    "application/x-tar": ".tar",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}
"""What files of a type are called."""
SAID = {"etag": "ETag", "modified": "Last-Modified"}
_LENGTHS = re.compile(r"bytes (\d+)-\d*/(\d+|\*)")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a server says of the file before it sends it."""

    about: Mapping[str, str]
    """`etag` and `modified`, as far as it tells."""
    start: int
    total: int | None
    digests: Mapping[str, str]
    """Algorithm to hexadecimal digest of the whole file."""
    name: str


def collect(wanted: Wanted, into: Path, parts: Path, before: Before, say: Say) -> Found:
    """Download the file. Raises Trouble TS433 and TS436."""
    transit = part(parts, wanted.value)
    headers = {"User-Agent": "trainerspec", "Accept-Encoding": "identity"}
    if before.validators.get("etag") and not transit.about():
        headers["If-None-Match"] = before.validators["etag"]
    failed, size, why = 0, -1, ""
    while failed < TRIES:
        if failed:
            time.sleep(WAIT * 2 ** (failed - 1))
        try:
            answer = _attempt(wanted, transit, headers, say)
        except HTTPError as error:
            if error.code == 304:
                return Found(validators=before.validators, unchanged=True)
            if error.code not in AGAIN:
                raise refused(wanted, error) from error
            answer, why = None, f"HTTP {error.code}"
        except (URLError, OSError, http.client.HTTPException, EOFError) as error:
            if getattr(error, "errno", None) in DISK:
                raise
            answer, why = None, str(getattr(error, "reason", "") or error or type(error).__name__)
        if answer is not None:
            verify(transit, answer, wanted)
            transit.finish(into / answer.name)
            return Found(validators=answer.about)
        came = transit.path.stat().st_size if transit.path.is_file() else 0
        failed, size = (1 if came > size >= 0 else failed + 1), came
        say(f"broke off ({why}); trying again")
    kept = f"; {size:,} bytes are kept, and the next try goes on from there" if size > 0 else ""
    raise Trouble("TS433", f"`{wanted.shown}` cannot be fetched: {why}{kept}", hint="check the network, then try again")


def _attempt(wanted: Wanted, transit: Part, headers: Mapping[str, str], say: Say) -> Answer:
    """Ask for what is missing, and write it. Raises HTTPError, OSError and EOFError when it breaks off."""
    told = transit.about()
    offset = transit.held(told)
    condition = told.get("etag", "") if not told.get("etag", "W/").startswith("W/") else told.get("modified", "")
    asked = dict(headers)
    if offset and condition:
        asked |= {"Range": f"bytes={offset}-", "If-Range": condition}
    try:
        with opener().open(Request(wanted.value, headers=asked), timeout=SECONDS) as reply:
            answer = said(reply.status, reply.headers, (wanted.value, str(reply.url)))
            if answer.start not in (0, offset):
                raise http.client.HTTPException("the server sends another part than was asked for")
            _write(reply, transit, answer, say)
    except HTTPError as error:
        if error.code != 416:
            raise
        transit.drop()  # what is here is not part of what the server has
        raise EOFError("the file at the server became shorter") from error
    return answer


def _write(reply: IO[bytes], transit: Part, answer: Answer, say: Say) -> None:
    meter, done = Meter(answer.total), answer.start
    with transit.open(answer.about, answer.start) as file:
        while chunk := reply.read(STEP):
            file.write(chunk)
            done += len(chunk)
            if line := meter.line(done):
                say(line)
    if answer.total is not None and done < answer.total:
        raise EOFError(f"{done:,} of {answer.total:,} bytes came")


def said(status: int, headers: HTTPMessage, addresses: Sequence[str]) -> Answer:
    """Read the head of an answer; the `addresses` are those that were asked, the one that answers last."""
    called = name(addresses, headers)
    about = {key: str(headers[name]) for key, name in SAID.items() if headers[name]}
    span = _LENGTHS.fullmatch(headers.get("Content-Range", "")) if status == 206 else None
    if span:
        total = int(span[2]) if span[2] != "*" else None
        return Answer(about=about, start=int(span[1]), total=total, digests=digests(headers, whole=False), name=called)
    length = headers.get("Content-Length", "")
    total = int(length) if length.isdigit() else None
    return Answer(about=about, start=0, total=total, digests=digests(headers, whole=True), name=called)


def digests(headers: HTTPMessage, *, whole: bool) -> dict[str, str]:
    """Return the digests of the file that an answer tells: RFC 9530, RFC 3230, and Content-MD5 of a `whole` answer."""
    found = {}
    for header in ("Repr-Digest", "Digest"):
        for algorithm, value in re.findall(
            r"(sha-?256|sha-?512|md5)=:?([A-Za-z0-9+/=]+):?", headers.get(header, ""), re.IGNORECASE
        ):
            found[algorithm.lower().replace("-", "")] = value
    if whole and headers.get("Content-MD5"):
        found.setdefault("md5", str(headers["Content-MD5"]))
    made = {}
    for algorithm, value in found.items():
        try:
            made[algorithm] = base64.b64decode(value, validate=True).hex()
        except ValueError:
            continue
    return made


def verify(transit: Part, answer: Answer, wanted: Wanted) -> None:
    """Compare what came with the digests that the server told. Raises Trouble TS436."""
    for algorithm, expected in answer.digests.items():
        with transit.path.open("rb") as file:
            found = hashlib.file_digest(file, algorithm).hexdigest()
        if found != expected:
            transit.drop()
            message = (
                f"`{wanted.shown}` was damaged on the way: its {algorithm} is {found[:16]}, told was {expected[:16]}"
            )
            raise Trouble("TS436", message, hint="try again; if it stays, the server tells or keeps it wrong")


def refused(wanted: Wanted, error: HTTPError) -> Trouble:
    """Say that a server refuses a file."""
    why = {401: "it asks for a login", 403: "it does not allow it", 404: "it is not there", 410: "it is gone"}
    reason = why.get(error.code, str(error.reason))
    hint = "correct the address; a file behind a login is downloaded by hand and named as a `path` source"
    return Trouble("TS433", f"`{wanted.shown}` cannot be fetched: {reason} (HTTP {error.code})", hint=hint)


def name(addresses: Sequence[str], headers: HTTPMessage) -> str:
    """Return a name for the file: what the server calls it, or the end of an address, with the ending of its type.

    >>> name(["https://example.com/a/pets%20.zip?x=1"], HTTPMessage())
    'pets .zip'
    >>> csv = HTTPMessage()
    >>> csv["Content-Type"] = "text/csv; charset=utf-8"
    >>> name(["https://example.com/export?format=csv"], csv)
    'export.csv'
    """
    ends = [PurePosixPath(unquote(urlsplit(address).path)).name for address in addresses]
    given = [PurePosixPath((headers.get_filename() or "").replace("\\", "/")).name, *ends]
    usable = [one for one in given if one and not fault(one) and not one.startswith(".")]
    known = next((one for one in usable if is_table(one) or is_archive(one)), "")
    if known:
        return known
    return f"{(usable or ['data'])[0]}{ENDINGS.get(headers.get_content_type(), '')}"

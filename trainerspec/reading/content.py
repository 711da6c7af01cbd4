"""Bytes of a file, unpacked and as UTF-8."""

import bz2
import codecs
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from importlib import import_module, util
from pathlib import Path
from types import ModuleType
from typing import Protocol, cast

from .folders import about
from .notes import Note, Unreadable

WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})
SEPARATED = frozenset({".csv", ".tsv", ".tab", ".psv", ".dat", ".data"})
RECORDS = frozenset({".jsonl", ".ndjson", ".json"})
DATABASES = frozenset({".sqlite", ".sqlite3", ".db", ".db3"})
SUFFIXES = SEPARATED | RECORDS | {".parquet"} | WORKBOOKS | DATABASES
"""How files that hold tables end."""
PACKED = frozenset({".gz", ".bz2", ".xz", ".zip", ".zst"})
ZSTANDARD = "pyarrow"
"""The package that unpacks Zstandard."""
MOST = 8 * 2**30
"""Bytes that a packed file may unpack to."""
RATIO = 1100
"""Times its own size that a packed file may unpack to, above `FREE` bytes: DEFLATE reaches 1032."""
FREE = 64 * 2**20
STEP = 2**20
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
WHY = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError, RuntimeError)
"""How the unpackers of the standard library say that a file is damaged, encrypted or packed in another way.

zipfile raises RuntimeError without a password, and NotImplementedError for a compression that it does not know.
"""


class Readable(Protocol):
    """What the unpackers of the standard library have in common."""

    def read(self, size: int, /) -> bytes: ...


def suffix(path: Path) -> str:
    """Return the ending that tells the format, without that of the packing.

    >>> suffix(Path("tickets.CSV.gz")), suffix(Path("tickets.csv")), suffix(Path("tickets.zip"))
    ('.csv', '.csv', '.zip')
    """
    last = path.suffix.lower()
    inner = Path(path.stem).suffix.lower()
    return inner if last in PACKED and inner else last


def is_table(name: str) -> bool:
    """Tell a table by its file name.

    >>> is_table("a.csv.gz"), is_table("b.xlsx"), is_table("c.zip"), is_table("d.png")
    (True, True, True, False)
    """
    found = suffix(Path(name))
    return found in SUFFIXES or found == ".zip"


def packed(path: Path) -> bool:
    """Tell whether a file's name says that it is packed."""
    return path.suffix.lower() in PACKED


def load(path: Path) -> bytes:
    """Return a file's content: unpacked, as UTF-8 without a byte-order mark, lines ended by LF or CRLF.

    Raises Unreadable: `unreadable`, `archive` (damaged, encrypted, several files, or one that unpacks to too much),
    `encoding` (with the line of the first byte that is not UTF-8).
    """
    try:
        content = _unpacked(path) if packed(path) else path.read_bytes()
    except WHY as error:
        raise Unreadable(unreadable(path, error)) from error
    return text(content, path)


def text(content: bytes, path: Path) -> bytes:
    """Return a text file's content as UTF-8 without a byte-order mark; CR alone becomes LF."""
    if content[:2] in UTF16:
        try:
            content = content.decode("utf-16").encode()
        except UnicodeError as error:
            note = Note(kind="encoding", message=f"`{path.name}` begins as UTF-16 but is not: {error}", file=path.name)
            raise Unreadable(note) from error
    content = content.removeprefix(codecs.BOM_UTF8)
    check(content, path)
    if b"\r" in content and b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    return content


def check(content: bytes, path: Path) -> None:
    """Raise Unreadable at the first byte that is not UTF-8."""
    try:
        codecs.utf_8_decode(content, "strict", True)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"`{path.name}` is not UTF-8: byte 0x{content[error.start]:02x} in line {line} (offset {error.start})"
        hint = f"convert it: `iconv -f WINDOWS-1252 -t UTF-8 {path.name} -o fixed{path.suffix}`"
        raise Unreadable(Note(kind="encoding", message=message, file=path.name, line=line, hint=hint)) from error


def unreadable(path: Path, error: BaseException) -> Note:
    """Say that a file cannot be opened or unpacked."""
    reason = _reason(error)
    hint = "check the permissions" if isinstance(error, PermissionError) else "unpack it by hand, or get it again"
    return Note(kind="unreadable", message=f"cannot read `{path.name}`: {reason}", file=path.name, hint=hint)


def _reason(error: BaseException) -> str:
    """Say in our words why a file cannot be opened or unpacked."""
    if strerror := getattr(error, "strerror", None):
        return str(strerror).lower()
    if isinstance(error, EOFError) or "truncated" in str(error).lower():
        return "it is cut off"
    if isinstance(error, RuntimeError) and not isinstance(error, NotImplementedError):
        return "it is protected by a password"
    if isinstance(error, NotImplementedError):
        return "it is packed in a way that is not known"
    return "it is damaged, or not packed as its name says"


def opened(path: Path, stack: ExitStack) -> Readable:
    """Open a file for reading, unpacked where its name says that it is packed. Raises Unreadable and `WHY`."""
    kind = path.suffix.lower()
    if kind == ".zip":
        archive = stack.enter_context(zipfile.ZipFile(path))
        return stack.enter_context(archive.open(member(archive, path)))
    if kind == ".zst":
        arrow = _arrow(path)
        return cast(Readable, stack.enter_context(arrow.CompressedInputStream(arrow.OSFile(str(path)), "zstd")))
    if kind == ".gz":
        return stack.enter_context(gzip.open(path, "rb"))
    if kind == ".bz2":
        return stack.enter_context(bz2.open(path, "rb"))
    if kind == ".xz":
        return stack.enter_context(lzma.open(path, "rb"))
    return stack.enter_context(path.open("rb"))


def _arrow(path: Path) -> ModuleType:
    """Return the package that unpacks Zstandard."""
    if util.find_spec(ZSTANDARD) is None:
        message = f"`{path.name}` is packed with Zstandard, which needs the package `{ZSTANDARD}`"
        hint = f"`pip install {ZSTANDARD}`, or unpack it: `zstd -d {path.name}`"
        raise Unreadable(Note(kind="package", message=message, file=path.name, hint=hint))
    return import_module(ZSTANDARD)


def _unpacked(path: Path) -> bytes:
    most = min(MOST, max(FREE, RATIO * path.stat().st_size))
    with ExitStack() as stack:
        return _bounded(opened(path, stack), most, path)


def member(archive: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    """Return the one file of a zip; raises Unreadable where it holds none or several."""
    files = [
        one
        for one in archive.infolist()
        if not one.is_dir() and not Path(one.filename).name.startswith(".") and "__MACOSX" not in one.filename
    ]
    files = [one for one in files if not about(one.filename)] or files
    if len(files) != 1:
        message = f"`{path.name}` holds {len(files) or 'no'} files, one table is read"
        note = Note(kind="archive", message=message, file=path.name, hint="unpack it, then give the folder")
        raise Unreadable(note)
    return files[0]


def _bounded(file: Readable, most: int, path: Path) -> bytes:
    out = io.BytesIO()
    for chunk in _chunks(file):
        if out.tell() + len(chunk) > most:
            message = f"`{path.name}` unpacks to more than {most // 2**20} MiB"
            raise Unreadable(Note(kind="archive", message=message, file=path.name, hint="unpack it by hand"))
        out.write(chunk)
    return out.getvalue()


def _chunks(file: Readable) -> Iterator[bytes]:
    while chunk := file.read(STEP):
        yield chunk

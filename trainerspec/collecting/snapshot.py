"""A snapshot: files that were fetched once, and what they were fetched from, with a digest of each.

It lies in `collected/`: the files in `data/`, all else in `source.json`. The fingerprint depends on names and contents
alone, of rows on the rows alone, so it is the same for whoever collects the same data.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .wanted import Before, Found, Trouble, Wanted, fault

FOLDER = Path("collected")
DATA = "data"
ABOUT = "source.json"
FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class File:
    bytes: int
    sha256: str
    content: str = ""
    """Of rows: a digest that depends on nothing else, such as the version of the library that wrote them."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    kind: str
    value: str
    options: Mapping[str, str]
    files: Mapping[str, File]
    """By their path below `data/`, sorted."""
    pinned: Mapping[str, str] = field(default_factory=dict)
    validators: Mapping[str, str] = field(default_factory=dict)
    rows: int | None = None

    @property
    def fingerprint(self) -> str:
        """Return `sha256:<hex>` over names and contents."""
        total = hashlib.sha256()
        for name, file in sorted(self.files.items()):
            total.update(f"{name}\0{file.content or file.sha256}\n".encode())
        return f"sha256:{total.hexdigest()}"

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files.values())

    @property
    def before(self) -> Before:
        """Return what a collector is told of it."""
        return Before(pinned=self.pinned, validators=self.validators)

    def fits(self, wanted: Wanted) -> bool:
        """Tell whether it is a snapshot of this source."""
        return (self.kind, self.value, dict(self.options)) == (wanted.kind, wanted.value, dict(wanted.options))

    def about(self) -> str:
        """Say how much it holds."""
        rows = f"{self.rows:,} rows, " if self.rows is not None else ""
        count = len(self.files)
        return f"{rows}{count:,} file{'s' if count != 1 else ''}, {size(self.bytes)}"


def size(count: int) -> str:
    """Write a number of bytes.

    >>> size(812), size(2_400_000)
    ('812 bytes', '2.4 MB')
    """
    return f"{count:,} bytes" if count < 10_000 else f"{count / 1e6:.3g} MB"


def digested(folder: Path, found: Found) -> dict[str, File]:
    """Digest every file below a folder."""
    files = {}
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        name = path.relative_to(folder).as_posix()
        files[name] = File(bytes=path.stat().st_size, sha256=sha256(path), content=found.content.get(name, ""))
    return files


def write(folder: Path, taken: Snapshot) -> None:
    """Write source.json beside the files."""
    described = {"format": FORMAT, "fingerprint": taken.fingerprint, **asdict(taken)}
    text = json.dumps(described, ensure_ascii=False, indent=2, sort_keys=True)
    (folder / ABOUT).write_text(text + "\n", encoding="utf-8")


def read(folder: Path) -> Snapshot | None:
    """Read what a snapshot says of itself; None when there is none of this version, or a link is in its place.

    Nor is one that lists files elsewhere a snapshot.
    """
    try:
        if folder.is_symlink() or (folder / DATA).is_symlink() or (folder / ABOUT).is_symlink():
            return None
        found = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        files = {str(name): File(**one) for name, one in found["files"].items()}
        taken = Snapshot(
            kind=found["kind"],
            value=found["value"],
            options=found["options"],
            files=files,
            pinned=found["pinned"],
            validators=found["validators"],
            rows=found["rows"],
        )
        sound = found["format"] == FORMAT and files and not any(map(fault, files))
        return taken if sound else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def differences(folder: Path, taken: Snapshot) -> list[str]:
    """Name the files that are not as they were collected: changed, missing, added, or a link in their place."""
    data = folder / DATA
    there = {path.relative_to(data).as_posix() for path in data.rglob("*") if path.is_symlink() or path.is_file()}
    wrong = [name for name in sorted(taken.files) if not _same(data, name, taken.files[name])]
    return [*wrong, *sorted(there - set(taken.files))]


def _same(data: Path, name: str, file: File) -> bool:
    path = data / name
    if any(one.is_symlink() for one in (path, *path.parents) if one.is_relative_to(data)):
        return False
    return path.is_file() and path.stat().st_size == file.bytes and sha256(path) == file.sha256


def place(folder: Path, taken: Snapshot) -> Path:
    """Return what is read as the data: the folder of files, or the only file."""
    data = folder / DATA
    return data / next(iter(taken.files)) if len(taken.files) == 1 else data


def taken(folder: Path, fingerprint: str) -> Snapshot:
    """Return the snapshot of this fingerprint.

    Raises Trouble TS430 when there is none, and TS435 when it is another one, or a file of it was changed.
    """
    found = read(folder)
    if found is None:
        raise Trouble("TS430", f"`{folder}` holds no collected data", hint="run `trainerspec collect`")
    if found.fingerprint != fingerprint:
        raise Trouble("TS435", f"`{folder}` holds other data than was built with", hint="run `trainerspec build`")
    if wrong := differences(folder, found):
        raise edited(folder, wrong)
    return found


def edited(folder: Path, wrong: list[str]) -> Trouble:
    """Say that files of a snapshot were changed."""
    shown = ", ".join(f"`{name}`" for name in wrong[:3]) + (f" and {len(wrong) - 3} more" if len(wrong) > 3 else "")
    hint = "run `trainerspec collect --refresh`; to work on an edited copy, name it as a `path` source"
    return Trouble("TS435", f"files in `{folder}` are not as they were collected: {shown}", hint=hint)


def sha256(path: Path) -> str:
    """Return a file's sha256, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

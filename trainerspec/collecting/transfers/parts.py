"""A file in transit: what came of it stays on the disk, so that the next try goes on where the last one ended."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO


@dataclass(frozen=True, kw_only=True)
class Part:
    """The part of one file that came so far, and what the server said of that file."""

    path: Path

    @property
    def _about(self) -> Path:
        return self.path.with_suffix(".json")

    def held(self, about: Mapping[str, str]) -> int:
        """Return the bytes that are here of a file of which the server says this; another file begins anew."""
        if about and self.about() == about and self.path.is_file():
            return self.path.stat().st_size
        return 0

    def about(self) -> Mapping[str, str]:
        """Return what the server said when the part began."""
        try:
            found = json.loads(self._about.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}

    def open(self, about: Mapping[str, str], offset: int) -> IO[bytes]:
        """Open it to go on at an offset; at 0 it begins anew."""
        if not offset:
            self.path.write_bytes(b"")
            self._about.write_text(json.dumps(dict(about)), encoding="utf-8")
        file = self.path.open("r+b")
        file.seek(offset)
        file.truncate()
        return file

    def finish(self, place: Path) -> None:
        """Move the whole file to its place."""
        place.parent.mkdir(parents=True, exist_ok=True)
        self.path.rename(place)
        self._about.unlink(missing_ok=True)

    def drop(self) -> None:
        """Forget it."""
        self.path.unlink(missing_ok=True)
        self._about.unlink(missing_ok=True)


def part(folder: Path, name: str) -> Part:
    """Return the part of the file of a name."""
    return Part(path=folder / f"{sha256(name.encode()).hexdigest()[:24]}.part")


class Meter:
    """Says how far a transfer is, every tenth of it."""

    def __init__(self, total: int | None) -> None:
        self.total, self.told = total, 0.0

    def line(self, done: int) -> str:
        """Return a line when there is something to say."""
        step = max(self.total / 10, 2**23) if self.total else 2**25
        if done - self.told < step:
            return ""
        self.told = float(done)
        share = f" of {self.total / 1e6:,.1f} MB" if self.total else ""
        return f"{done / 1e6:,.1f}{share or ' MB'}"

"""A disk that is full while a library writes: told as the system tells it."""

import errno
import os
import re
from pathlib import Path
from types import TracebackType

NUMBER = re.compile(r"\(os error (\d+)\)")
"""How libraries in Rust (Polars, safetensors) end the message of an error of the system."""


class writing:
    """Raise OSError with its number where a library has it in words only, whatever error it raises.

    >>> with writing(Path("a.parquet")):
    ...     raise ValueError("underlying IO error: No space left on device (os error 28)")
    Traceback (most recent call last):
    OSError: [Errno 28] No space left on device: 'a.parquet'
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        found = NUMBER.search(str(error)) if isinstance(error, Exception) else None
        if found and int(found[1]) in errno.errorcode and getattr(error, "errno", None) is None:
            place = () if self.path is None else (str(self.path),)
            raise OSError(int(found[1]), os.strerror(int(found[1])), *place) from error

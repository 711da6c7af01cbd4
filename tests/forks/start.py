"""Start the server of forks, with a DVC that reads dvc.lock fast.

DVC reads dvc.lock whenever a stage has ended, by the parser that keeps comments: in pure Python, a third of its
processor time. Here the same library's C parser reads it. What is written then is the same, byte by byte, as
tests/e2e/test_run.py shows; dvc.yaml and all else is read as ever.
"""

import runpy
import sys
from pathlib import Path

from dvc.utils.serialize import _yaml

keeping_comments = _yaml.parse_yaml_for_update


def parsed(text: str, path: str) -> object:
    """Read a file that DVC is about to change; dvc.lock, which nobody else writes, has no comments to keep."""
    return (_yaml.parse_yaml if Path(path).name == "dvc.lock" else keeping_comments)(text, path)


if __name__ == "__main__":
    _yaml.parse_yaml_for_update = parsed
    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name="__main__")

"""Measure how far answers are from torch's at every hop, task by task, and write the gaps to a file.

    python -m benchmarks.parity --metrics metrics/parity.json

Runs `tests/contract/test_tasks.py -k parity`, which needs tritonserver in an environment of its own (`make
.venv-triton/.ready`, and TRAINERSPEC_TRITON_PYTHON), and takes the gaps that the tests record.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from benchmarks.measured import ROOT, Value, write


def gaps(report: Path) -> dict[str, Value]:
    """Read the gaps out of a JUnit report: `TASK.HOP` to the largest difference of an answer."""
    properties = ElementTree.parse(report).getroot().iter("property")
    named = [(str(one.get("name")), float(str(one.get("value")))) for one in properties]
    return {name.removeprefix("gap."): value for name, value in named if name.startswith("gap.")}


def main() -> None:
    """Run the tests and write what they recorded.

    Raises SystemExit when they fail, or recorded nothing.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--metrics", type=Path, required=True, metavar="FILE", help="write the gaps to this file")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        words = ["tests/contract/test_tasks.py", "-k", "parity", "-n", "0", f"--junitxml={report}"]
        done = subprocess.run([sys.executable, "-m", "pytest", "-q", *words], cwd=ROOT)
        if done.returncode:
            raise SystemExit(done.returncode)
        found = gaps(report)
    if not found:
        raise SystemExit("no gap was recorded: set TRAINERSPEC_TRITON_PYTHON (`make .venv-triton/.ready`)")
    write(asked.metrics, found)


if __name__ == "__main__":
    main()

"""Record the sha256 of every wheel that a package's image installs: `make hashes`, after constraints.txt changed.

pip resolves templates/_shared/image/*.in for the image's Python and platform, with the versions of constraints.txt, and
tells the digests that the package index has; nothing is installed. What pip finds beyond those pins is an error.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from trainerspec.backends.docs import PYTHON  # noqa: E402
from trainerspec.backends.pins import lines, listed, normal, pins  # noqa: E402

GLIBC, OLDEST = 36, 17
"""The C library of the image (Debian 12), and the oldest for which wheels are made: 2.36, 2.17."""
OLDER = ("manylinux2014", "manylinux_2_12", "manylinux2010", "manylinux_2_5", "manylinux1", "linux")
HEADER = (
    "# Made by `make hashes`: all that {what}, with the sha256 of its wheel for Python {python} on Linux, x86-64.\n"
)


def resolved(names: list[str]) -> dict[str, tuple[str, str]]:
    """Return version and sha256 of all that these requirements need in the image, by normal name."""
    platforms = [*(f"manylinux_2_{minor}" for minor in range(GLIBC, OLDEST - 1, -1)), *OLDER]
    with tempfile.TemporaryDirectory() as place:
        report = Path(place) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
        command += ["--only-binary", ":all:", "--implementation", "cp", "--python-version", PYTHON]
        command += [word for abi in (f"cp{PYTHON.replace('.', '')}", "abi3", "none") for word in ("--abi", abi)]
        command += [word for one in platforms for word in ("--platform", f"{one}_x86_64")]
        command += ["--target", place, "--report", str(report), "--constraint", str(ROOT / "constraints.txt"), *names]
        subprocess.run(command, check=True)
        found = json.loads(report.read_text(encoding="utf-8"))["install"]
    return {
        normal(one["metadata"]["name"]): (
            one["metadata"]["version"],
            one["download_info"]["archive_info"]["hashes"]["sha256"],
        )
        for one in found
    }


def main() -> None:
    """Write a file of pinned requirements for the server, and one for what the engine job needs beside it."""
    known = {normal(name): version for name, version in pins().items()}
    names = {part: lines(listed(f"{part}.in").read_text(encoding="utf-8")) for part in ("serving", "engine")}
    serving = resolved(names["serving"])
    engine = resolved([*names["serving"], *names["engine"]])
    unpinned = [f"{name}=={version}" for name, (version, _) in engine.items() if known.get(name) != version]
    if unpinned:
        sys.exit(f"constraints.txt does not pin {', '.join(sorted(unpinned))}")
    parts = {"serving": serving, "engine": {name: one for name, one in engine.items() if name not in serving}}
    told = {"serving": "the server needs", "engine": "the engine job needs beside that"}
    for part, found in parts.items():
        rows = [f"{name}=={version} --hash=sha256:{digest}\n" for name, (version, digest) in sorted(found.items())]
        path = listed(f"{part}.txt")
        path.write_text(HEADER.format(what=told[part], python=PYTHON) + "".join(rows), encoding="utf-8")
        print(f"{path.relative_to(ROOT)}: {len(rows)} packages")


if __name__ == "__main__":
    main()

"""Record the sha256 of every wheel that a package's image installs: `make hashes`, after constraints.txt changed.

pip resolves templates/_shared/image/*.in for the image's Python on Linux, x86-64, with the versions of constraints.txt.
For 64-bit Arm it finds the wheel of each of these versions; aarch64.in names another one where there is none. The
digests are those that the package index tells; nothing is installed. What pip finds beyond those pins is an error, and
so is what only Arm would need.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from trainerspec.backends.docs import PYTHON  # noqa: E402
from trainerspec.backends.pins import lines, listed, normal, pins  # noqa: E402

GLIBC, OLDEST = 36, 17
"""The C library of the image (Debian 12), and the oldest for which wheels are made: 2.36, 2.17."""
OLDER = {
    "x86_64": ("manylinux2014", "manylinux_2_12", "manylinux2010", "manylinux_2_5", "manylinux1", "linux"),
    "aarch64": ("manylinux2014", "linux"),
}
HEADER = (
    "# Made by `make hashes`: all that {what}, with the sha256 of its wheels for Python {python} on Linux, "
    "x86-64 and 64-bit Arm.\n"
)


@dataclass(frozen=True, kw_only=True)
class Wheel:
    """One wheel that pip would install."""

    version: str
    digest: str
    needs: tuple[Requirement, ...]


def resolved(machine: str, names: Iterable[str], *options: str) -> dict[str, Wheel]:
    """Return what pip would install of these requirements in the image on a machine, by normal name."""
    platforms = [*(f"manylinux_2_{minor}" for minor in range(GLIBC, OLDEST - 1, -1)), *OLDER[machine]]
    with tempfile.TemporaryDirectory() as place:
        report = Path(place) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
        command += ["--only-binary", ":all:", "--implementation", "cp", "--python-version", PYTHON]
        command += [word for abi in (f"cp{PYTHON.replace('.', '')}", "abi3", "none") for word in ("--abi", abi)]
        command += [word for one in platforms for word in ("--platform", f"{one}_{machine}")]
        subprocess.run([*command, "--target", place, "--report", str(report), *options, *names], check=True)
        found = json.loads(report.read_text(encoding="utf-8"))["install"]
    return {normal(one["metadata"]["name"]): wheel(one) for one in found}


def wheel(told: Mapping[str, dict]) -> Wheel:  # type: ignore[type-arg]
    """Read one entry of pip's report."""
    about = told["metadata"]
    return Wheel(
        version=about["version"],
        digest=told["download_info"]["archive_info"]["hashes"]["sha256"],
        needs=tuple(map(Requirement, about.get("requires_dist", ()))),
    )


def on_arm(known: Mapping[str, Wheel]) -> dict[str, Wheel]:
    """Return the same for 64-bit Arm; exits when it needs a package that is not among them."""
    instead = {normal(one.name): one for one in map(Requirement, lines(listed("aarch64.in").read_text("utf-8")))}
    names = [str(instead.get(name, f"{name}=={one.version}")) for name, one in known.items()]
    found = resolved("aarch64", names, "--no-deps")
    there = {"platform_machine": "aarch64", "extra": ""}
    for name, one in found.items():
        for need in one.needs:
            if (need.marker is None or need.marker.evaluate(there)) and normal(need.name) not in known:
                sys.exit(f"{name} needs {need.name} on 64-bit Arm, which is not on the list")
    return found


def row(name: str, one: Wheel, arm: Wheel) -> str:
    """Write one requirement: both wheels of it, or a line a machine where the versions differ.

    >>> mine = Wheel(version="1", digest="aa", needs=())
    >>> row("a", mine, mine), row("a", mine, Wheel(version="1", digest="bb", needs=()))
    ('a==1 --hash=sha256:aa\\n', 'a==1 --hash=sha256:aa --hash=sha256:bb\\n')
    """
    if one.version == arm.version:
        digests = dict.fromkeys((one.digest, arm.digest))
        return f"{name}=={one.version} {' '.join(f'--hash=sha256:{digest}' for digest in digests)}\n"
    pairs = (("!=", one), ("==", arm))
    return "".join(
        f'{name}=={wheel.version} ; platform_machine {sign} "aarch64" --hash=sha256:{wheel.digest}\n'
        for sign, wheel in pairs
    )


def main() -> None:
    """Write a file of pinned requirements for the server, and one for what the engine job needs beside it."""
    known = {normal(name): version for name, version in pins().items()}
    names = {part: lines(listed(f"{part}.in").read_text(encoding="utf-8")) for part in ("serving", "engine")}
    held = ("--constraint", str(ROOT / "constraints.txt"))
    serving = resolved("x86_64", names["serving"], *held)
    engine = resolved("x86_64", [*names["serving"], *names["engine"]], *held)
    unpinned = [f"{name}=={one.version}" for name, one in engine.items() if known.get(name) != one.version]
    if unpinned:
        sys.exit(f"constraints.txt does not pin {', '.join(sorted(unpinned))}")
    arm = on_arm(engine)
    parts = {"serving": serving, "engine": {name: one for name, one in engine.items() if name not in serving}}
    told = {"serving": "the server needs", "engine": "the engine job needs beside that"}
    for part, found in parts.items():
        rows = [row(name, one, arm[name]) for name, one in sorted(found.items())]
        path = listed(f"{part}.txt")
        path.write_text(HEADER.format(what=told[part], python=PYTHON) + "".join(rows), encoding="utf-8")
        print(f"{path.relative_to(ROOT)}: {len(rows)} packages")


if __name__ == "__main__":
    main()

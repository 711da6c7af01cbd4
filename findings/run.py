"""Run findings and tell which changed: `make findings`, or `python findings/run.py NAME...`.

Exit status: 0 all as stated, 1 one changed, 2 none changed but one could not be tried, or a file breaks the form.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

FOLDER = Path(__file__).parent
FIELDS = ("Finding", "Versions", "Guess", "Seen", "Docs")
UNTRIED = 3
"""Exit status of a finding whose packages could not be installed."""
CHANGED = 1
SECONDS = 300.0

Verdict = Literal["same", "changed", "not tried"]


@dataclass(frozen=True, kw_only=True)
class Result:
    verdict: Verdict
    seconds: float
    said: str
    """What the script printed: the diff, or why it could not be tried."""


def faults(text: str) -> list[str]:
    """Return what a finding's text lacks of the form in README.md.

    >>> faults("# Finding: a\\n# Versions: b 1\\n# Guess: c\\n# Seen: d\\n# Docs: e\\nmktemp -d; pip install b==1")
    []
    >>> faults("# Finding: a\\n# Versions: b 1\\n# Guess:\\n# Seen: d\\n# Docs: e\\nmktemp -d; pip install b")
    ['`# Guess:` is missing or empty', '`b` is not pinned (name==version)']
    """
    found = [
        f"`# {field}:` is missing or empty"
        for field in FIELDS
        if not re.search(rf"^# {field}: *\S", text, re.MULTILINE)
    ]
    if "mktemp -d" not in text:
        found.append("it does not work in a temporary folder (mktemp -d)")
    if re.search(r"^[^#\n]*\btrainerspec\b", text, re.MULTILINE):
        found.append("it uses trainerspec")
    installs = re.findall(r"pip install ([^|;&<>\n]*)", text)
    packages = [
        word.strip("'\"")
        for line in installs
        for word in line.split()
        if not word.startswith("-") and not word.isdigit()
    ]
    if not packages and "npm install" not in text:
        found.append("it installs no package")
    found += [f"`{package}` is not pinned (name==version)" for package in packages if "==" not in package]
    return found


def try_out(script: Path, seconds: float = SECONDS) -> Result:
    """Run one finding in a process group of its own, which ends with it."""
    began = time.monotonic()
    process = subprocess.Popen(
        ["bash", str(script)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        text=True, errors="replace", start_new_session=True,
    )  # fmt: skip
    try:
        said, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        end(process)
        return Result(verdict="not tried", seconds=seconds, said=f"stopped after {seconds:.0f} s\n")
    except KeyboardInterrupt:
        end(process)
        raise
    verdicts: dict[int, Verdict] = {0: "same", UNTRIED: "not tried"}
    return Result(verdict=verdicts.get(process.returncode, "changed"), seconds=time.monotonic() - began, said=said)


def end(process: subprocess.Popen[str]) -> None:
    """Let a finding delete its folder, and kill what is left of it."""
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.communicate(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def chosen(folder: Path, names: Sequence[str]) -> list[Path]:
    """Return the scripts of these names, or all. Exits with 2 when a name or a script's form is wrong."""
    known = {path.stem: path for path in sorted(folder.glob("*.sh"))}
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no finding `{unknown[0]}`; there are: {', '.join(known) or 'none'}", file=sys.stderr)
        raise SystemExit(2)
    scripts = [known[name] for name in names] or list(known.values())
    wrong = [f"{path.name}: {fault}" for path in scripts for fault in faults(path.read_text(encoding="utf-8"))]
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        raise SystemExit(2)
    return scripts


def main(words: Sequence[str] | None = None, folder: Path = FOLDER) -> int:
    """Run findings in the order of their names, and return the exit status."""
    parser = argparse.ArgumentParser(description="Run findings and tell which changed.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="findings to run (all when none is named)")
    parser.add_argument("--timeout", type=float, default=SECONDS, metavar="SECONDS", help="for each (%(default).0f)")
    asked = parser.parse_args(words)
    scripts = chosen(folder, asked.names)
    results: list[Result] = []
    for number, script in enumerate(scripts, start=1):
        print(f"[{number}/{len(scripts)}] {script.stem} ... ", end="", flush=True)
        result = try_out(script, asked.timeout)
        results.append(result)
        print(f"{result.verdict} ({result.seconds:.0f} s)")
        if result.verdict != "same":
            print("".join(f"    {line}\n" for line in result.said.splitlines()), end="")
    counts = {verdict: sum(one.verdict == verdict for one in results) for verdict in ("same", "changed", "not tried")}
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    return 1 if counts["changed"] else 2 if counts["not tried"] else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)

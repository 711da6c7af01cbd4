"""Say at which git commit a project stands, and which of the files that its stages are made from differ from it."""

import os
import re
import shutil
import subprocess
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

GUARDED = ("-c", "safe.bareRepository=explicit", "-c", "core.fsmonitor=false", "--literal-pathspecs")
"""Nothing of a checkout is taken for git's own configuration."""
WRITTEN = ("trainer.yaml", "trainer.lock", "params.yaml", "dvc.yaml")
"""What a person or `trainerspec build` writes, beside what the stages name."""
MADE = ("outs", "metrics", "plots")
SHORT = re.compile(r"(?:[\w.-]+@)?([\w-][\w.-]+):(?![/\\])(.+)")
"""The short form of an address: user@host:path."""
MOST = 20
"""Changed files that are named."""


@dataclass(frozen=True, kw_only=True)
class Revision:
    """Where the project stood in git."""

    commit: str
    folder: str
    """The project's folder in the repository; empty for its root."""
    remote: str
    """Where `origin` lies, without a name or a password; empty where that is a folder, or nothing."""
    changed: tuple[str, ...]
    """Files that differ from the commit, at most MOST."""
    differing: int
    """How many there are in all."""


def revision(project: Path) -> Revision | None:
    """Return the commit of a project; None outside git, without git, or before the first commit."""
    if shutil.which("git") is None:
        return None
    commit = git(project, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if not commit:
        return None
    prefix = (git(project, "rev-parse", "--show-prefix") or "").rstrip("\n")
    words = ("status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--", *sources(project))
    told = (git(project, *words) or "").split("\0")
    changed = sorted({line[3:].removeprefix(prefix) for line in told if line} - set(made(project)))
    return Revision(
        commit=commit.strip(),
        folder=prefix.rstrip("/"),
        remote=public((git(project, "remote", "get-url", "origin") or "").strip()),
        changed=tuple(changed[:MOST]),
        differing=len(changed),
    )


def git(project: Path, *words: str) -> str | None:
    """Return what git prints; None when it refuses."""
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
    command = ["git", *GUARDED, *words]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, check=False)
    return done.stdout.decode(errors="replace") if done.returncode == 0 else None


def stages(project: Path) -> Iterator[Mapping[str, object]]:
    """Yield the stages of dvc.yaml; none where there is no such file."""
    try:
        tree = YAML(typ="safe").load((project / "dvc.yaml").read_text(encoding="utf-8"))
    except (FileNotFoundError, YAMLError):
        return
    found = tree.get("stages") if isinstance(tree, Mapping) else None
    yield from (one for one in (found.values() if isinstance(found, Mapping) else ()) if isinstance(one, Mapping))


def sources(project: Path) -> list[str]:
    """Return what the stages are made from and none of them makes, within the project's folder."""
    needed = {path for stage in stages(project) for path in paths(stage.get("deps"))} | set(WRITTEN)
    inside = {path for path in needed if not os.path.isabs(path) and not os.path.normpath(path).startswith("..")}
    return sorted(inside - set(made(project)))


def made(project: Path) -> list[str]:
    """Return what the stages make."""
    return [path for stage in stages(project) for key in MADE for path in paths(stage.get(key))]


def paths(listed: object) -> list[str]:
    """Return the paths of a list in dvc.yaml: texts, or mappings of a path to its options.

    >>> paths(["a", {"b": {"cache": False}}])
    ['a', 'b']
    """
    items: Sequence[object] = listed if isinstance(listed, list) else ()
    return [str(path) for item in items for path in (item if isinstance(item, Mapping) else (item,))]


def public(remote: str) -> str:
    """Return an address that others can use, without who asks; empty for a folder of this machine.

    >>> public("https://me:secret@git.example.com/ml/news.git?x=1"), public("git@git.example.com:ml/news.git")
    ('git+https://git.example.com/ml/news.git', 'git+ssh://git.example.com/ml/news.git')
    >>> public("/srv/news.git"), public("file:///srv/news.git"), public("")
    ('', '', '')
    """
    if "://" not in remote:
        short = SHORT.fullmatch(remote)
        return f"git+ssh://{short[1]}/{short[2]}" if short else ""
    try:
        parts = urllib.parse.urlsplit(remote)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    if parts.scheme not in ("https", "http", "ssh", "git") or not parts.hostname:
        return ""
    return f"git+{parts.scheme}://{parts.hostname}{port}{parts.path}"

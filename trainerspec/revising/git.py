"""Commits of a project's own files: on the branch that is there, or on a new one beside it."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.workspace.git import run

NOBODY = {
    "GIT_AUTHOR_NAME": "trainerspec",
    "GIT_AUTHOR_EMAIL": "trainerspec@localhost",
    "GIT_COMMITTER_NAME": "trainerspec",
    "GIT_COMMITTER_EMAIL": "trainerspec@localhost",
}
"""Who commits where git knows nobody."""


def branch(folder: Path, name: str, files: Mapping[str, bytes], gone: Iterable[str], message: str) -> str:
    """Commit files, by their path below `folder`, on a new branch from HEAD; gives the commit.

    Neither the working tree nor the index nor the branch that is checked out change. Of the files only those are
    taken that HEAD has, and new ones beside them that git does not ignore. Raises Stopped with TS843 when git refuses.
    """
    prefix = git(folder, "rev-parse", "--show-prefix")
    top = Path(git(folder, "rev-parse", "--show-toplevel"))
    head = git(folder, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    git(folder, "check-ref-format", "--branch", name)
    tracked = set(git(folder, "ls-tree", "-r", "-z", "--name-only", "--full-name", "HEAD", ".").split("\0"))
    ignored = set(_ignored(folder, list(files)))
    built = f"{prefix}trainer.lock" in tracked
    taken = {
        f"{prefix}{path}": content
        for path, content in files.items()
        if path == "trainer.yaml" or f"{prefix}{path}" in tracked or (built and path not in ignored)
    }
    with TemporaryDirectory() as place:
        index = {"GIT_INDEX_FILE": str(Path(place) / "index")}
        git(top, "read-tree", head, extra=index)
        for path, content in taken.items():
            blob = git(top, "hash-object", "-w", "--stdin", stdin=content)
            git(top, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", extra=index)
        for path in gone:
            git(top, "update-index", "--force-remove", f"{prefix}{path}", extra=index)
        tree = git(top, "write-tree", extra=index)
    commit = git(top, "commit-tree", tree, "-p", head, "-F", "-", stdin=message.encode(), extra=_identity(folder))
    git(top, "update-ref", "-m", "trainerspec revise", f"refs/heads/{name}", commit, "0" * len(commit))
    return commit


def commit(folder: Path, paths: Sequence[str], message: str) -> str:
    """Commit these files, by their path below `folder`, on the branch that is there; gives HEAD, new or old.

    Nothing else is committed, whatever is staged. Gives nothing where there is no git.
    Raises Stopped with TS843 when git refuses.
    """
    if not has_git(folder):
        return ""
    ignored = set(_ignored(folder, list(paths)))
    some = [path for path in paths if path not in ignored and ((folder / path).exists() or _tracked(folder, path))]
    if some:
        git(folder, "add", "--all", "--", *some)
    if some and git(folder, "status", "--porcelain", "--", *some):
        git(folder, "commit", "--quiet", "--no-verify", "--message", message, "--", *some, extra=_identity(folder))
    return git(folder, "rev-parse", "--short", "HEAD")


def has_git(folder: Path) -> bool:
    """Tell whether git looks after the folder."""
    try:
        git(folder, "rev-parse", "--is-inside-work-tree")
    except Stopped:
        return False
    return True


def git(folder: Path, *words: str, stdin: bytes = b"", extra: Mapping[str, str] | None = None) -> str:
    """Run git and give what it printed. Raises Stopped with TS843 when it fails or is not there."""
    try:
        done = run(folder, *words, stdin=stdin, extra=extra)
    except FileNotFoundError as error:
        raise Stopped((_refused("git is not installed"),)) from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise Stopped((_refused(f"`git {' '.join(words[:2])}`: {said[-1] if said else f'status {done.returncode}'}"),))
    return done.stdout.decode(errors="replace").strip()


def _refused(why: str) -> Diagnostic:
    hint = "commit the project first, and choose a branch name that is not taken"
    return Diagnostic(code="TS843", message=f"git refused: {why}", hint=hint)


def _ignored(folder: Path, paths: Sequence[str]) -> list[str]:
    done = run(folder, "check-ignore", "--stdin", "-z", stdin="\0".join(paths).encode())
    return done.stdout.decode().split("\0")


def _tracked(folder: Path, path: str) -> bool:
    return bool(git(folder, "ls-files", "--", path))


def _identity(folder: Path) -> Mapping[str, str]:
    """Name a committer where git knows none."""
    known = run(folder, "var", "GIT_COMMITTER_IDENT").returncode == 0
    return {} if known else NOBODY

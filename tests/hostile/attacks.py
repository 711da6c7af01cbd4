"""What a checkout may hold to reach files outside it: each plants one attack in a built project."""

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

CANARY = "canary-5f1c"
"""Stands in every file outside: where a command prints it, it has read what it should not."""


VARIABLE = "PLANTED_SECRET"
"""Of the environment; it holds the canary too."""


def outside(place: Path) -> Path:
    """Make the folder outside the checkout: secrets, a shell's start-up file, a module."""
    place.mkdir()
    (place / "secret.txt").write_text(f"{CANARY}: secret\n")
    (place / ".bashrc").write_text(f"# {CANARY}\n")
    (place / "module.py").write_text(f'"""{CANARY}."""\n')
    (place / "tree").mkdir()
    (place / "tree" / "train.py").write_text(f"# {CANARY}\n")
    (place / "lock.yaml").write_text(f"{CANARY}: [1, 2]\n")
    (place / "kept").mkdir()
    (place / "kept" / "file.txt").write_text(CANARY)
    return place


def journal(project: Path, away: Path) -> None:
    """Commit the journal of a write that nobody began, with what it would replace and remove."""
    place = project / ".trainerspec" / "write"
    place.mkdir(parents=True, exist_ok=True)
    (place / "0").write_text("overwritten\n")
    steps = {
        "replace": [["0", f"../{away.name}/.bashrc"], ["0", str(away / "secret.txt")], ["0", ".git/hooks/pre-commit"]],
        "remove": [f"../{away.name}/module.py", str(away / "kept" / "file.txt")],
    }
    (place / "journal.json").write_text(json.dumps(steps))


def journal_with_nonce(project: Path, away: Path) -> None:
    """Commit the journal in the form in which this version writes it, beside a waiting room."""
    nonce = "0" * 32
    place = project / ".trainerspec" / "write" / nonce
    place.mkdir(parents=True, exist_ok=True)
    (place / "nonce").write_text(nonce)
    (place / "0").write_text("overwritten\n")
    digest = sha256(b"overwritten\n").hexdigest()
    steps = {
        "folder": str(project),
        "nonce": nonce,
        "replace": [["0", f"../{away.name}/.bashrc", digest]],
        "remove": [f"../{away.name}/module.py"],
    }
    for name in ("journal.json", f"{sha256(str(project).encode()).hexdigest()}.json"):
        (place / name).write_text(json.dumps(steps))
        (place.parent / name).write_text(json.dumps(steps))


def lock_key(path: str) -> Callable[[Path, Path], None]:
    """List a file in trainer.lock that no build may write, with the digest that it has."""

    def plant(project: Path, away: Path) -> None:
        named = path.format(away=away)
        target = project / named
        digest = sha256(target.read_bytes()).hexdigest() if target.is_file() else "0" * 64
        lock = project / "trainer.lock"
        text = lock.read_text()
        assert text.rstrip().rpartition("\nfiles:\n")[1], "`files` is the last key"
        lock.write_text(f"{text}  {json.dumps(named)}: {digest}\n")

    return plant


def link(path: str, to: str) -> Callable[[Path, Path], None]:
    """Put a symbolic link where the project has a file or folder, or may have one."""

    def plant(project: Path, away: Path) -> None:
        place = project / path
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        place.unlink(missing_ok=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(away / to)

    return plant


def bare_repository(project: Path, away: Path) -> None:
    """Commit what git takes for a repository without a working tree, whose configuration names commands to run."""
    shutil.rmtree(project / ".git")
    (project / "objects").mkdir()
    (project / "refs" / "heads").mkdir(parents=True)
    (project / "refs" / "heads" / "main").write_text("1" * 40 + "\n")
    (project / "HEAD").write_text("ref: refs/heads/main\n")
    command = f"touch {away}/pwned;"
    (project / "config").write_text(
        f"""[core]
    repositoryformatversion = 1
    bare = true
    sshCommand = {command}
    fsmonitor = {command}
    pager = {command}
[extensions]
    partialClone = origin
[remote "origin"]
    url = ssh://a/b
    promisor = true
    partialclonefilter = blob:none
[diff]
    external = {command}
"""
    )


def modules(project: Path, away: Path) -> None:
    """Commit modules that are called like those that the compiler imports, and programs like those that it runs."""
    code = f"open({str(away / 'pwned')!r}, 'w')\n"
    for name in ("sitecustomize", "usercustomize", "click", "polars", "re2", "yaml", "jsonschema", "jinja2", "tomllib"):
        (project / f"{name}.py").write_text(code)
    (project / "trainerspec").mkdir()
    (project / "trainerspec" / "__init__.py").write_text(code)
    for name in ("git", "dvc", "python", "sh"):
        (project / name).write_text(f"#!/bin/sh\ntouch {away}/pwned\n")
        (project / name).chmod(0o755)


def data_link(path: str, to: str) -> Callable[[Path, Path], None]:
    """Commit a symbolic link among the data, or in their place."""

    def plant(project: Path, away: Path) -> None:
        link(path, to)(project, away)
        subprocess.run(["git", "add", "-f", path], cwd=project, check=True, capture_output=True)

    return plant


def snapshot(project: Path, away: Path) -> None:
    """Commit what a source was collected to, whose one file lies outside."""
    spec = project / "trainer.yaml"
    spec.write_text(spec.read_text().replace("source: {path: notes}", "source: {path: notes.zip}"))
    secret = away / "secret.txt"
    about = {"bytes": secret.stat().st_size, "sha256": sha256(secret.read_bytes()).hexdigest(), "content": ""}
    told: dict[str, object] = {"format": 1, "kind": "path", "value": "notes.zip", "options": {}, "rows": None}
    told |= {"files": {f"../../../{away.name}/secret.txt": about}, "pinned": {}, "validators": {}}
    (project / "collected" / "data").mkdir(parents=True)
    (project / "collected" / "source.json").write_text(json.dumps(told))


def environment(project: Path, away: Path) -> None:
    """Name a variable of the environment, which holds a secret, as the address of a database."""
    spec = project / "trainer.yaml"
    source = f'{{sql: "select text, label from notes", connection: {VARIABLE}}}'
    spec.write_text(spec.read_text().replace("source: {path: notes}", f"source: {source}"))


ATTACKS: Mapping[str, Callable[[Path, Path], None]] = {
    "journal": journal,
    "journal-with-nonce": journal_with_nonce,
    "bare-repository": bare_repository,
    "modules": modules,
    "snapshot": snapshot,
    "environment": environment,
    "lock-parent": lock_key("../outside/secret.txt"),
    "lock-absolute": lock_key("{away}/module.py"),
    "lock-winding": lock_key("pipeline/../../outside/.bashrc"),
    "lock-git": lock_key(".git/config"),
    "lock-custom": lock_key("custom/model.py"),
    "lock-spec": lock_key("trainer.yaml"),
    "lock-home": lock_key("~/.bashrc"),
    "link-pipeline": link("pipeline", "tree"),
    "link-module": link("pipeline/train.py", "module.py"),
    "link-params": link("params.yaml", "secret.txt"),
    "link-lock": link("trainer.lock", "lock.yaml"),
    "link-gate": link("gate.json", "secret.txt"),
    "link-metrics": link("metrics.json", "secret.txt"),
    "link-dvc-yaml": link("dvc.yaml", "lock.yaml"),
    "link-dvc-lock": link("dvc.lock", "lock.yaml"),
    "link-build": link("build", "tree"),
    "link-work": link("work", "tree"),
    "link-package": link("package", "tree"),
    "link-spec": link("trainer.yaml", "secret.txt"),
    "link-custom": link("custom", "tree"),
    "link-custom-module": link("custom/model.py", "module.py"),
    "link-custom-deep": link("custom/pipeline/train.py", "module.py"),
    "link-docs": link("docs", "kept"),
    "link-state": link(".trainerspec", "tree"),
    "link-write": link(".trainerspec/write", "kept"),
    "link-agents": link(".trainerspec/agents", "kept"),
    "link-memory": link(".trainerspec/agents/model.jsonl", ".bashrc"),
    "link-data": data_link("notes", "tree"),
    "link-data-folder": data_link("notes/fruit", "kept"),
    "link-data-file": data_link("notes/fruit/000.txt", "secret.txt"),
    "link-sops": link(".trainerspec/sops", "kept"),
    "link-sop": link(".trainerspec/sops/own.yaml", "lock.yaml"),
    "link-template": link(".trainerspec/templates/text-classification", "tree"),
    "link-dangling": link("custom/model.py", "nothing-here"),
}

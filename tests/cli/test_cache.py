"""The cache changes how long commands take, and nothing of what they write."""

import os
import subprocess
import sys
from pathlib import Path

from tests.e2e.conftest import SPEC, write_notes

LOADED = "import sys; from trainerspec.cli.main import main\ntry: main(sys.argv[1:])\nfinally: print(*sys.modules)"


def command(folder: Path, cache: Path, *words: str) -> tuple[str, set[str]]:
    """Run a command; return what it printed, and the modules that it loaded."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *words], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    *shown, modules = done.stdout.splitlines()
    return "\n".join(shown), set(modules.split())


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".trainerspec" not in path.parts
    }


def test_the_same_bytes_with_a_cache_and_without(tmp_path: Path) -> None:
    made = []
    for name, cache in (("cold", "one"), ("warm", "one"), ("other", "two")):
        folder = tmp_path / name / "tiny"
        write_notes(folder / "notes")
        (folder / "trainer.yaml").write_text(SPEC, encoding="utf-8")
        command(folder, tmp_path / cache, "build")
        made.append(files(folder))
    assert made[0] == made[1] == made[2]


def test_what_was_seen_before_loads_no_slow_library_and_what_is_new_does(tmp_path: Path) -> None:
    folder, cache = tmp_path / "tiny", tmp_path / "cache"
    write_notes(folder / "notes")
    (folder / "trainer.yaml").write_text(SPEC, encoding="utf-8")
    first, loaded = command(folder, cache, "plan")
    assert {"lark", "jsonschema", "polars"} <= loaded
    assert not cache.exists(), "`plan` writes nothing, here neither"
    command(folder, cache, "build")
    again, loaded = command(folder, cache, "plan")
    assert again == first
    assert {"lark", "jsonschema", "polars", "jinja2"} & loaded == set()
    one = next(path for path in sorted((folder / "notes").rglob("*")) if path.is_file())
    one.write_bytes(one.read_bytes() + b" and one word more than there was")
    assert "polars" in command(folder, cache, "plan")[1], "other data are looked at"

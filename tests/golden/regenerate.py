"""Make the golden trees anew: `make golden`. Their diff shows what a change of the compiler changes for users.

What the compiler generates is kept whole; of files that are copied from templates/ as they are, a line
`path sha256` in copies.txt says that they are emitted. trainer.lock is kept without its list of digests, which says the same.
"""

import shutil
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests import handmade  # noqa: E402
from tests.golden import packages  # noqa: E402

TREE = Path(__file__).parent / "text-classification"
COPIES = Path(__file__).parent / "copies.txt"


def golden() -> Mapping[Path, bytes]:
    """Return every golden file with its content."""
    files, copied = dict(handmade.project().files), {choice.target for choice in handmade.planned().copies}
    lock, _, _ = files["trainer.lock"].partition(b"\nfiles:\n")
    lines = [f"{path} {sha256(files[path]).hexdigest()}\n" for path in sorted(copied)]
    kept = {TREE / path: content for path, content in files.items() if path not in copied}
    return {**kept, TREE / "trainer.lock": lock + b"\n", COPIES: "".join(lines).encode()}


def main() -> None:
    """Write templates/_shared/packages.json, then the tree, which holds it."""
    packages.FILE.write_text(packages.text(), encoding="utf-8")
    shutil.rmtree(TREE, ignore_errors=True)
    made = golden()
    for path, content in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    print(f"{TREE.relative_to(ROOT)}: {len(made) - 1} files; {COPIES.name}: {len(made[COPIES].splitlines())} lines")


if __name__ == "__main__":
    main()

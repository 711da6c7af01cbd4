"""Make the golden trees anew: `make golden`. Their diff shows what a change of the compiler changes for users."""

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests import handmade  # noqa: E402
from tests.golden import packages  # noqa: E402

TREE = Path(__file__).parent / "text-classification"


def main() -> None:
    """Write templates/_shared/packages.txt, then the tree, which holds it."""
    packages.FILE.write_text(packages.text(), encoding="utf-8")
    shutil.rmtree(TREE, ignore_errors=True)
    files = handmade.project().files
    for path, content in files.items():
        target = TREE / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    print(f"{TREE.relative_to(ROOT)}: {len(files)} files")


if __name__ == "__main__":
    main()

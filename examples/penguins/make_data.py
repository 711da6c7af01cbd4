"""Write the penguins of the `palmerpenguins` wheel as one CSV file, as it comes.

    python examples/penguins/make_data.py FOLDER

The data set (Horst, Hill, Gorman 2020) is CC0; it is copied on this machine only and never committed.
"""

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path


def table() -> Path:
    """Return the file inside the wheel.

    Raises SystemExit when the wheel is not installed.
    """
    spec = find_spec("palmerpenguins")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("palmerpenguins is not installed: run `make setup`")
    return Path(spec.submodule_search_locations[0]) / "data" / "penguins.csv"


def main(folder: Path) -> None:
    """Copy the table to `folder/data/penguins.csv`."""
    target = folder / "data" / "penguins.csv"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(table(), target)
    print(f"{len(target.read_text(encoding='utf-8').splitlines()) - 1} penguins in {target}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

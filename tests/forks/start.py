"""Start the server of forks, whose DVC reads and writes dvc.lock as fast as that of `trainerspec run` does."""

import runpy
import sys

from trainerspec.running.quick_dvc import quicken

if __name__ == "__main__":
    quicken()
    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name="__main__")

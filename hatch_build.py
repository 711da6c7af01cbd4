"""Put into the wheel what follows from its files: `trainerspec/_prepared/`, which the first run reads."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Hatch's hook of this name in this file."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Prepare before the files are gathered; an installation that points at a checkout has it in the checkout."""
        # pip names the place of what a build requires in PYTHONPATH
        path = os.pathsep.join(part for part in (self.root, os.environ.get("PYTHONPATH", "")) if part)
        environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
        subprocess.run([sys.executable, "-m", "trainerspec.preparing"], cwd=self.root, env=environment, check=True)
        if version == "standard":
            build_data["artifacts"].append(f"{Path('trainerspec', '_prepared').as_posix()}/*.bin")

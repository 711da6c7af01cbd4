"""What the last build of a folder took objectives to mean, by its params.yaml."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from trainerspec.catalog.model import Task
from trainerspec.ir.json import Json
from trainerspec.ir.record import record
from trainerspec.language import yaml
from trainerspec.language.expression import of_class
from trainerspec.workspace.inside import read

NAME = "params.yaml"


@record(frozen=True, kw_only=True)
class LastBuild:
    """The classes and the objectives that were built; empty before the first build."""

    labels: tuple[str, ...] = ()
    objectives: Sequence[Mapping[str, Json]] = ()

    def meanings(self, task: Task) -> Mapping[str, str]:
        """Return the class that each metric which counts one was taken to count, where its objective named none.

        Builds before there were positive classes took the last of two.
        """
        if len(self.labels) != 2:
            return {}
        found: dict[str, str] = {}
        for name in (one.name for one in task.metrics.values() if one.binary):
            for row in self.objectives:
                metric, label = str(row.get("metric")), row.get("class")
                if metric == name:
                    found[name] = self.labels[-1]
                elif label and metric == of_class(name, str(label)) and metric not in str(row.get("text")):
                    found[name] = str(label)
        return found


def last_build(folder: Path) -> LastBuild:
    """Read params.yaml; one that is not there, or cannot be read, tells nothing, and the next build replaces it."""
    try:
        content = yaml.load(read(folder, NAME) or b"")
    except (OSError, ValueError):
        return LastBuild()
    if not isinstance(content, Mapping):
        return LastBuild()
    labels, rows = content.get("labels"), content.get("objectives")
    return LastBuild(
        labels=tuple(str(one) for one in labels) if isinstance(labels, list) else (),
        objectives=[row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else (),
    )

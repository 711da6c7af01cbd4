"""Read the files of phrases, grammar/vocabulary/*.yaml and sops/task/refusals.yaml: one phrase a line, by language."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML

LANGUAGES = frozenset(["mul", "en", "de", "es", "fr", "it", "nl", "pt", "ru", "hi", "hi-Latn", "zh", "ja", "ko"])
"""Languages and scripts by their BCP 47 tags; `mul` for phrases with words of several, or of none."""


def read_phrases(path: Path) -> Mapping[str, Any]:
    """Read one file; lists by language become one list."""
    return cast(Mapping[str, Any], joined(YAML(typ="safe").load(path.read_text(encoding="utf-8"))))


def joined(node: Any) -> Any:
    """Put the lists of a mapping from languages together, in any depth.

    >>> joined({"image": {"en": ["photo"], "de": ["bild", "foto"]}, "any": ["x"]})
    {'image': ['photo', 'bild', 'foto'], 'any': ['x']}
    """
    if isinstance(node, Mapping):
        if node and node.keys() <= LANGUAGES and all(isinstance(one, list) for one in node.values()):
            return [phrase for phrases in node.values() for phrase in phrases]
        return {key: joined(value) for key, value in node.items()}
    return [joined(one) for one in node] if isinstance(node, list) else node

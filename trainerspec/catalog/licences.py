"""The policy on licences: which a base model may have, and which only for some uses."""

from collections.abc import Mapping
from dataclasses import field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from trainerspec.catalog import files
from trainerspec.ir.json import Json
from trainerspec.ir.record import record

Verdict = Literal["allowed", "unclear", "forbidden", "unlisted"]
USES = ("commercial", "non-commercial", "research")
BROKEN = "TS551"


@record(frozen=True, kw_only=True)
class Licences:
    """SPDX identifiers."""

    allowed: tuple[str, ...] = ()
    limited: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Pattern (`CC-BY-NC-*`) to the uses that such a licence permits."""

    def uses(self, licence: str) -> tuple[str, ...]:
        """Return the uses that a limited licence permits; nothing for others."""
        found = (uses for pattern, uses in self.limited.items() if fnmatchcase(licence.lower(), pattern.lower()))
        return next(found, ())

    def judge(self, licence: str, use: str) -> Verdict:
        """Tell whether a licence permits a use; `use` is empty when nobody stated it.

        >>> policy = Licences(allowed=("MIT",), limited={"CC-BY-NC-*": ("research",)})
        >>> [policy.judge("CC-BY-NC-4.0", use) for use in ("research", "commercial", "")]
        ['allowed', 'forbidden', 'unclear']
        >>> policy.judge("MIT", "commercial"), policy.judge("GPL-3.0-only", "research")
        ('allowed', 'unlisted')
        """
        if licence in self.allowed:
            return "allowed"
        uses = self.uses(licence)
        if not uses:
            return "unlisted"
        return "allowed" if use in uses else "forbidden" if use else "unclear"


def read(content: Json, path: Path) -> Licences:
    """Read licences.yaml. Raises Stopped."""
    allowed = content.get("allowed") if isinstance(content, Mapping) else None
    limited = content.get("limited", {}) if isinstance(content, Mapping) else None
    if not isinstance(allowed, list) or not all(isinstance(one, str) for one in allowed):
        raise files.stop(BROKEN, path, "`allowed` is to be a list of SPDX identifiers")
    if not isinstance(limited, Mapping) or not all(
        isinstance(one, list) and set(one) <= set(USES) for one in limited.values()
    ):
        raise files.stop(BROKEN, path, f"`limited` is to give each licence a list of uses: {', '.join(USES)}")
    return Licences(
        allowed=tuple(str(one) for one in allowed),
        limited={str(name): tuple(str(use) for use in uses) for name, uses in limited.items()},  # type: ignore[union-attr]
    )

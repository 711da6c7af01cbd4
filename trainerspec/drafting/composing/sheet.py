"""A document in the making, with evidence for every field and questions for what is missing."""

from dataclasses import dataclass, field
from typing import Any, Literal

from trainerspec.ir.draft import Evidence, Question


@dataclass(kw_only=True)
class Sheet:
    """A document in the making."""

    spec: dict[str, Any]
    evidence: list[Evidence] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    impossible: list[tuple[str, str]] = field(default_factory=list)
    """Bounds that no model can meet: why, and the words."""

    def tell(self, path: str, status: Literal["stated", "inferred", "default"], quote: str, why: str = "") -> None:
        """Note from where a field comes; what is stated without words to quote is inferred."""
        quote = quote if quote in self.spec["request"] else ""  # across what was squeezed
        self.evidence.append(
            Evidence(path=path, status=status if quote or status != "stated" else "inferred", quote=quote, why=why)
        )

    def because(self, why: str) -> None:
        """Say why the task is this one, where that is not for the words of the request."""
        self.evidence = [one for one in self.evidence if one.path != "/task/type"]
        self.tell("/task/type", "inferred", "", why)

    def ask(self, path: str, question: str) -> None:
        """Note what the request does not say."""
        self.questions.append(Question(path=path, question=question))

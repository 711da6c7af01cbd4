"""Any request becomes a draft with evidence for every field, or a reasoned refusal.

`draft.py` is the straight line: `reading/` the text, the `policy/`, the `fields/` that it states, what the `data/`
adds, `composing/` the spec. `answer.py` puts answers to open questions in. `assisting/` lets a language model correct
it.
"""

from trainerspec.drafting.answer import answer
from trainerspec.drafting.draft import draft

__all__ = ["answer", "draft"]

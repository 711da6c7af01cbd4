"""Any request becomes a draft with evidence for every field, or a reasoned refusal.

`draft.py` is the straight line: `reading/` the text, the `policy/`, the `fields/` that it states, what the `data/`
adds, `composing/` the spec. `intent/` is a second reader; `weigh.py` asks where it and the rules differ, and
`refuse.py` says no. `answer.py` puts answers in. `assisting/` lets a language model correct the draft.
"""

from trainerspec.drafting.answer import answer, judge
from trainerspec.drafting.draft import draft

__all__ = ["answer", "draft", "judge"]

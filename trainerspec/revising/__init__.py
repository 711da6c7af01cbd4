"""From results to a better trainer.yaml; start with `revise.py`.

`load_case` puts together what is looked at: `evidence` of the run and the `history` of earlier rounds, as a
`revision`'s case. `search` finds the SOP steps that apply, `llm_proposals` asks a model. `auto` is the loop around
it; `adopt` takes values that were tried, `compare` tells what a change changes, `git` commits it.
"""

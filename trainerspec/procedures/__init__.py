"""Standard operating procedures (SOPs): how slots are filled, step by step, by rules or by a language model.

`procedure.py` has the records; `sop_file.py` reads one file of sops/ and `sops.py` all of them. `slot_context.py` is
one decision to take, `visible_names.py` what its expressions may name, `reason.py` how its reason is written.
`rules.py` and `language_model.py` fill slots, `choose_filler.py` picks one of the two; `agent.py` and its `memory.py`
keep the record. The pass `decide` puts them to work.
"""

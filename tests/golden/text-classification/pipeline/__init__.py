"""The stages of this project; each runs with `python -m pipeline.<stage>`, all of them with `dvc repro`."""

"""What a run leaves, as names for SOPs."""

import json

from trainerspec.running.run_files import parity


def test_parity_names_the_format_that_shipped_and_those_that_lost(tmp_path):
    assert parity(tmp_path) == {"lost": []}
    rows = [
        {"precision": "int8", "verdict": "lost", "drop": 0.1},
        {"precision": "fp16", "verdict": "kept", "drop": 0.0},
        {"precision": "fp32", "verdict": "spare"},
    ]
    about = {"precision": "fp16", "preferred": "int8", "drop": 0.001, "candidates": rows}
    path = tmp_path / "build" / "artifact" / "parity.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(about))
    assert parity(tmp_path) == {"precision": "fp16", "drop": 0.001, "lost": ["int8"]}

"""Language models behind any OpenAI-compatible endpoint; start with `model.py`.

`ask` asks until the answer is right, `limits` caps the cost, `endpoint` connects, `replay` follows a script or
replays a transcript.
"""

"""Synthetic requests for golden.jsonl: replayed at every hop from torch to the cluster; none of them is user data."""

RAW: dict[str, list[str] | list[int]] = {
    "prompt": [
        "a cat",
        "a picture of a dog",
        "please draw a horse!",
        "zebra",
        "ein kleiner Vogel",
        "キリン",
        "",
        "a very long prompt that goes on and on " * 20,
    ],
    "seed": [0, 1, 7, 42, 2**31, 2**62, -1, 123456789],
}

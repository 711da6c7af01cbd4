"""Synthetic pictures and phrases for golden.jsonl, replayed at every hop from torch to the cluster; no user data."""

from pipeline.pictures.drawn import BALLS, BOXES, picture

RAW: dict[str, list[str | bytes]] = {
    "image": [
        picture((160, 120), "white", BALLS),
        picture((160, 120), "white", BALLS),
        picture((120, 160), "black", BOXES),
        picture((120, 160), "black", BOXES, orientation=6),
        picture((160, 120), "white", BALLS, mode="L"),
        picture((160, 120), "white", BALLS, mode="P"),
        picture((320, 60), "grey", BALLS),
        picture((1, 1), "red", []),
    ],
    "phrase": [
        "the red ball",
        "the ball on the right",
        "the box above the orange one",
        "the white ball",
        "the lower ball",
        "la pelota roja",
        "the smaller of the two balls that lie side by side on a wide grey ground " * 4,
        "",
    ],
}

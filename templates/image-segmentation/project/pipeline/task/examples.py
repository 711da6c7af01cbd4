"""Synthetic pictures for golden.jsonl: replayed at every hop from torch to the cluster; none is user data."""

from pipeline.pictures.drawn import BALLS, BOXES, picture

RAW: dict[str, list[bytes]] = {
    "image": [
        picture((160, 120), "white", BALLS),
        picture((120, 160), "black", BOXES),
        picture((120, 160), "black", BOXES, orientation=6),
        picture((160, 120), "white", BALLS, mode="L"),
        picture((160, 120), "white", BALLS, mode="P"),
        picture((320, 60), "grey", BALLS),
        picture((160, 120), "grey", []),
        picture((1, 1), "red", []),
    ]
}

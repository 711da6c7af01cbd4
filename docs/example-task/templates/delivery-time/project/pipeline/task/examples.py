"""Made deliveries for golden.jsonl: replayed at every hop from torch to the cluster."""

RAW: dict[str, list[float]] = {
    "distance": [12.0, 0.0, 350.5, 80.0, 1200.0, 45.25],
    "weight": [1.5, 0.1, 20.0, float("nan"), 3.0, 30.0],
}

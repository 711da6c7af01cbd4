"""Settings as params.yaml has them, for backends that need no more."""

from trainerspec.ir.json import JsonObject


def tensor(name: str, datatype: str, *shape: int, kind: str = "tensor", **more: str) -> JsonObject:
    """Return a port."""
    return {"name": name, "kind": kind, "datatype": datatype, "shape": list(shape), **more}


NEWS: JsonObject = {
    "name": "news-desk",
    "version": "0.1.0",
    "task": "text-classification",
    "labels": ["business", 'say "hi"', "Ärger"],
    "compute": {"train": "cpu", "threads": 2},
    "serve": {"runtime": "triton", "engine": "onnx", "precision": "fp32", "max_batch_size": 32, "instances": 1},
    "contract": {
        "raw": [tensor("text", "BYTES", -1, kind="text", role="text")],
        "tensors": {
            "inputs": [tensor("input_ids", "INT64", -1, -1), tensor("attention_mask", "INT64", -1, -1)],
            "outputs": [tensor("probabilities", "FP32", -1, 3)],
        },
        "answer": [tensor("label", "BYTES", -1, kind="label"), tensor("scores", "FP32", -1, 3, kind="scores")],
    },
}
GROUNDING: JsonObject = {
    **NEWS,
    "name": "find-it",
    "task": "visual-grounding",
    "labels": [],
    "contract": {
        "raw": [
            tensor("image", "BYTES", -1, kind="image", media_type="image/*"),
            tensor("phrase", "BYTES", -1, kind="phrase"),
        ],
        "tensors": {
            "inputs": [tensor("pixels", "FP32", -1, 3, 224, 224), tensor("seed", "INT64", -1)],
            "outputs": [tensor("boxes", "FP32", -1, 4), tensor("score", "FP32", -1)],
        },
        "answer": [tensor("box", "FP32", -1, 4, kind="box"), tensor("score", "FP32", -1, kind="score")],
    },
}

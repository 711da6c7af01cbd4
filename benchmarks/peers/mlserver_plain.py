"""MLServer on a package's graph, as its documentation writes a custom runtime, for `mlserver start`.

`python mlserver_plain.py PACKAGE FOLDER PORT` writes the settings; MLServer imports `Plain` from here.
"""

import json
import os
import sys
from pathlib import Path

import onnxruntime
from mlserver import MLModel
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import InferenceRequest, InferenceResponse


class Plain(MLModel):
    """Tokenise, run, answer."""

    async def load(self) -> bool:
        folder = Path(os.environ["PACKAGE"])
        sys.path.insert(0, str(folder))
        from pipeline.task import processing

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        (graph,) = folder.glob("model_repository/*/1/model.onnx")
        self.session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        self.names = [node.name for node in self.session.get_outputs()]
        self.processor = processing.load(folder)
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        raw = {tensor.name: StringCodec.decode_input(tensor) for tensor in payload.inputs}
        tensors = dict(zip(self.names, self.session.run(self.names, self.processor.encode(raw)), strict=True))
        answer = self.processor.decode(tensors, raw)
        outputs = [
            StringCodec.encode_output("label", answer["label"]),
            NumpyCodec.encode_output("scores", answer["scores"]),
        ]
        return InferenceResponse(model_name=self.name, id=payload.id, outputs=outputs)


def settings(folder: Path, port: int) -> None:
    """Write what `mlserver start` reads: no worker processes, which cost more than they bring on few cores."""
    folder.mkdir(parents=True, exist_ok=True)
    server = {
        "http_port": port,
        "grpc_port": port + 1,
        "metrics_port": port + 2,
        "host": "127.0.0.1",
        "parallel_workers": 0,
    }
    (folder / "settings.json").write_text(json.dumps({**server, "debug": False}))
    (folder / "model-settings.json").write_text(json.dumps({"name": "plain", "implementation": "mlserver_plain.Plain"}))


if __name__ == "__main__":
    settings(Path(sys.argv[2]), int(sys.argv[3]))

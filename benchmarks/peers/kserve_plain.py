"""The example server of kserve's documentation on a package's graph: `python kserve_plain.py PACKAGE PORT`."""

import sys
from pathlib import Path
from typing import Any

import kserve
import onnxruntime
from kserve import InferOutput, InferRequest, InferResponse

FOLDER, PORT = Path(sys.argv[1]), sys.argv[2]
sys.path.insert(0, str(FOLDER))
from pipeline.task import processing  # noqa: E402


class Plain(kserve.Model):
    """Tokenise, run, answer."""

    def load(self) -> bool:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        (graph,) = FOLDER.glob("model_repository/*/1/model.onnx")
        self.session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        self.names = [node.name for node in self.session.get_outputs()]
        self.processor = processing.load(FOLDER)
        self.ready = True
        return True

    def predict(self, payload: InferRequest, headers: Any = None) -> InferResponse:
        raw = {tensor.name: tensor.data for tensor in payload.inputs}
        tensors = dict(zip(self.names, self.session.run(self.names, self.processor.encode(raw)), strict=True))
        answer = self.processor.decode(tensors, raw)
        outputs = [InferOutput("label", [len(answer["label"])], "BYTES", data=list(answer["label"]))]
        outputs.append(
            InferOutput("scores", list(answer["scores"].shape), "FP32", data=answer["scores"].ravel().tolist())
        )
        return InferResponse(payload.id or "1", self.name, outputs)


if __name__ == "__main__":
    model = Plain("plain")
    model.load()
    kserve.ModelServer(http_port=int(PORT), enable_grpc=False, enable_latency_logging=False).start([model])

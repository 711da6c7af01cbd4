"""Warm Triton with a golden input, alone and in the largest batch: the first sender waits no longer than the next."""

import re
from pathlib import Path

import numpy as np

from pipeline.base.contract import Array, Port
from pipeline.base.files import write_bytes
from pipeline.protocol import wire
from pipeline.server.bundle import Bundle
from pipeline.server.golden import golden_lines, raw_of


def write(repository: Path, packed: Bundle) -> None:
    """Write the input's tensors beside the graph, and `model_warmup` that names them into config.pbtxt."""
    raw = raw_of(next(golden_lines(packed.folder)), packed.contract)
    tensors = packed.processor.encode(raw)
    ports = packed.contract.inputs
    for port in ports:
        write_bytes(repository / "warmup" / port.name, wire.to_bytes(np.ascontiguousarray(tensors[port.name])))
    batched = all(port.shape[0] == -1 for port in ports)
    described = [tensor(port, tensors[port.name], batched=batched) for port in ports]
    sizes = sorted({1, packed.max_batch}) if batched else [0]
    config = repository / "config.pbtxt"
    kept = re.sub(r"^model_warmup \{\n.*?^\}\n", "", config.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    write_bytes(config, (kept + "".join(request(size, described) for size in sizes)).encode())


def request(size: int, described: list[str]) -> str:
    """Return one warm-up request; Triton repeats the one row to fill the batch."""
    return f'model_warmup {{\n  name: "golden-{size}"\n  batch_size: {size}\n{"".join(described)}}}\n'


def tensor(port: Port, array: Array, *, batched: bool) -> str:
    """Return one input of a warm-up request; its dims leave the batch out."""
    kind = "TYPE_STRING" if port.datatype == "BYTES" else f"TYPE_{port.datatype}"
    dims = list(array.shape[1:] if batched else array.shape) or [1]
    value = f'data_type: {kind} dims: {dims} input_data_file: "{port.name}"'
    return f'  inputs {{\n    key: "{port.name}"\n    value {{ {value} }}\n  }}\n'

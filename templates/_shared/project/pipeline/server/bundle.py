"""Open a package: its contract, its own encode and decode, its graph."""

import hashlib
import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as errors

from pipeline.base import contract, params
from pipeline.base.contract import Array, Contract, Port, Raw
from pipeline.base.failure import Failure
from pipeline.base.files import below, read_json, sha256
from pipeline.base.params import Params
from pipeline.server.golden import Answer, golden_lines

FACTORS = (1.0, 0.8, 1.2, 0.9, 1.1, 1.0)
EXAMPLES, SHOWN = "examples.jsonl", 6
"""Rows of the data that a package may hold, and how many are shown."""
"""How large the numbers of examples are, of a column's middle value."""
BROKEN = (
    *(AssertionError, AttributeError, ImportError, LookupError, NameError, OSError, SyntaxError, TypeError, ValueError),
    *(errors.Fail, errors.InvalidArgument, errors.InvalidGraph, errors.InvalidProtobuf, errors.NoSuchFile),
    *(errors.NotImplemented, errors.RuntimeException),
)
"""What a folder that is no whole package raises when it is opened."""


class Processor(Protocol):
    """What processing.py's `load` gives."""

    def encode(self, raw: Raw, /) -> Mapping[str, Array]: ...

    def decode(self, tensors: Mapping[str, Array], raw: Raw, /) -> Answer: ...


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """A package in memory. `session` is None where the graph runs elsewhere."""

    folder: Path
    settings: Params
    name: str
    revision: str
    """The sha256 of package.json: which package this is."""
    contract: Contract
    verdict: str
    """What the gate said; `fail` for a model that is not a release."""
    max_batch: int
    processor: Processor
    session: onnxruntime.InferenceSession | None

    def run(self, tensors: Mapping[str, Array]) -> dict[str, Array]:
        """Run the graph. Raises RuntimeError when it runs elsewhere."""
        if self.session is None:
            raise RuntimeError("this process holds no graph")
        names = [port.name for port in self.contract.outputs]
        return dict(zip(names, self.session.run(names, dict(tensors)), strict=True))

    def answer(self, raw: Raw) -> Answer:
        """Encode, run, decode."""
        return self.processor.decode(self.run(self.processor.encode(raw)), raw)


def graph(folder: Path, name: str) -> Path:
    """Return the place of the graph in a package."""
    return folder / "model_repository" / name / "1" / "model.onnx"


def open_bundle(folder: Path, *, threads: int = 1, remote: bool = False) -> Bundle:
    """Open a package. Raises Failure TS860 when the folder is none, TS861 when its parts do not fit."""
    if not (folder / "package.json").is_file():
        hint = "the package stage makes it: `trainerspec run`, or `dvc repro package`"
        raise Failure("TS860", f"there is no package in {folder}", hint=hint)
    try:
        check_digests(folder, remote=remote)
        settings = params.load(folder / "params.yaml")
        return assemble(folder, settings, threads=threads, remote=remote)
    except BROKEN as error:
        message = f"the package in {folder} cannot be opened: {type(error).__name__}: {str(error)[:200]}"
        raise Failure("TS861", message, hint="build it again: `dvc repro --force package`") from error


def check_digests(folder: Path, *, remote: bool) -> None:
    """Compare the files with package.json. Raises Failure TS861 when one is missing, changed or half copied."""
    listed = read_json(folder / "package.json").get("files")
    if not isinstance(listed, dict):
        raise Failure("TS861", f"{folder}/package.json lists no files", hint="package again")
    for name, digest in listed.items():
        if remote and name.startswith("model_repository/"):
            continue
        path = below(folder, name)
        if path is None or not path.is_file() or sha256(path) != digest:
            what = "is not the one that was packaged" if path and path.is_file() else "is missing"
            hint = "copy the package again, or build it again: `dvc repro --force package`"
            raise Failure("TS861", f"`{name}` of the package {what}", hint=hint, evidence={"file": name})


def assemble(folder: Path, settings: Params, *, threads: int = 1, remote: bool = False) -> Bundle:
    """Open a folder that is laid out as a package."""
    name, agreed = settings.text("name"), contract.load(settings)
    listing = folder / "package.json"
    running = None if remote else session(graph(folder, name), threads)
    if running is not None:
        check_signature(agreed, running)
    return Bundle(
        folder=folder,
        settings=settings,
        name=name,
        revision=hashlib.sha256(listing.read_bytes()).hexdigest() if listing.exists() else "",
        contract=agreed,
        verdict=str(read_json(listing).get("verdict", "")) if listing.exists() else "",
        max_batch=settings.integer("serve.max_batch_size"),
        processor=processor(folder),
        session=running,
    )


def session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    """Open a graph with a fixed number of threads that sleep when there is nothing to do."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def processor(folder: Path) -> Processor:
    """Load the package's own processing.py, whatever `pipeline` the working directory holds."""
    path = folder / "pipeline" / "task" / "processing.py"
    spec = importlib.util.spec_from_file_location(
        f"processing_{hashlib.sha256(path.read_bytes()).hexdigest()[:12]}", path
    )
    if spec is None or spec.loader is None:
        raise Failure("TS861", f"{path} is not a Python module", hint="package again: `dvc repro --force package`")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    loaded: Processor = module.load(folder)
    return loaded


def check_signature(agreed: Contract, running: onnxruntime.InferenceSession) -> None:
    """Compare the graph's own signature with the contract. Raises Failure TS861 with every difference."""
    sides = (("input", agreed.inputs, running.get_inputs()), ("output", agreed.outputs, running.get_outputs()))
    wrong: list[str] = []
    for side, wanted, found in sides:
        nodes = {node.name: node for node in found}
        wrong += [
            f"the graph's {side} `{name}` is not in the contract"
            for name in nodes
            if name not in {p.name for p in wanted}
        ]
        for port in wanted:
            node = nodes.get(port.name)
            if node is None:
                wrong.append(f"{side} {port} is not in the graph")
            elif node.type != ELEMENTS.get(port.datatype):
                wrong.append(f"{side} {port} is {node.type} in the graph")
            elif not same_shape(port, node.shape):
                wrong.append(f"{side} {port} has shape {node.shape} in the graph")
    if wrong:
        hint = "pipeline/export.py and the contract of the task must say the same"
        raise Failure("TS861", "; ".join(wrong), hint=hint, evidence={"differences": wrong})


ELEMENTS = {
    "BOOL": "tensor(bool)",
    "INT8": "tensor(int8)",
    "INT16": "tensor(int16)",
    "INT32": "tensor(int32)",
    "INT64": "tensor(int64)",
    "UINT8": "tensor(uint8)",
    "FP16": "tensor(float16)",
    "FP32": "tensor(float)",
    "FP64": "tensor(double)",
    "BYTES": "tensor(string)",
}


def same_shape(port: Port, shape: Sequence[object]) -> bool:
    """Tell whether a graph's shape (its free sizes have names) says what the port says; the batch must be free."""
    if len(shape) != len(port.shape):
        return False
    free = [not isinstance(size, int) for size in shape]
    return free[0] and all(f or size == want for f, size, want in zip(free[1:], shape[1:], port.shape[1:], strict=True))


def examples(folder: Path, agreed: Contract) -> list[dict[str, object]]:
    """Return a few inputs: rows of the data that the package holds, or what looks like them.

    That is what columns are known to hold, and of the rest golden inputs.
    """
    if (folder / EXAMPLES).is_file():
        return [row_of(line) for line in golden_lines(folder, EXAMPLES)]
    found = []
    for place, (line, factor) in enumerate(zip(golden_lines(folder), FACTORS, strict=False)):
        kept = row_of(line)
        found.append({port.name: usual(port, place, factor, kept[port.name]) for port in agreed.raw})
    return found


def row_of(line: Mapping[str, object]) -> dict[str, object]:
    """Return the inputs that a line holds."""
    kept = line["raw"]
    assert isinstance(kept, dict)
    return kept


def usual(port: Port, place: int, factor: float, other: object) -> object:
    """Return a value that a column is known to hold, or one about as large; `other` where nothing is known.

    >>> port = Port(name="since", kind="column", datatype="BYTES", shape=(-1,), values=("2021-05-02T00:00:00",))
    >>> usual(port, 3, 1.0, "")
    '2021-05-02'
    >>> usual(Port(name="age", kind="column", datatype="INT64", shape=(-1,), typical=40), 1, 0.8, None)
    32
    """
    if port.values:
        return port.values[place % len(port.values)].removesuffix("T00:00:00")
    if port.typical is None:
        return other
    number = port.typical * factor
    return round(number) if isinstance(port.typical, int) else float(f"{number:.4g}")

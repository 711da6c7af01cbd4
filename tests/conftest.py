"""Records that tests of several areas start from."""

import os
import signal
from pathlib import Path

import pytest

from tests import shared
from tests.e2e.conftest import SPEC, call, write_notes
from trainerspec.catalog.model import Card, IoContract, Metric, Slot, Task
from trainerspec.ir.document import Document
from trainerspec.ir.source import Source
from trainerspec.language.document import parse_document

GOOD = """\
trainerspec: 1
name: news-desk
version: 0.1.0
request: |
  Sort our news articles into five topics, 95% accurate, under 20 ms on CPU
questions: []
task:
  type: text-classification
  inputs: {text: text}
  outputs: {label: topic}
  labels: [business, entertainment, politics, sport, tech]
data:
  source: {path: data/articles}
  layout: auto
  clean: [drop_missing, drop_duplicates, {where: "length(text) >= 20"}]
  split: {train: 80%, validation: 10%, test: 10%, by: stratified, seed: 7}
model:
  base: auto
  train: {epochs: 3, learning_rate: 2.0e-05, batch_size: auto}
objectives:
  - maximize macro_f1
  - accuracy >= 95%
  - latency.p95 <= 20 ms on cpu
compute: {train: cpu}
serve: {runtime: triton, engine: onnx, precision: auto}
"""


def _slot(path: str, **schema: object) -> Slot:
    return Slot(path=path, title=path, schema=schema, description=f"The {path}.")  # type: ignore[arg-type]


def pytest_configure() -> None:
    """Take SIGINT, which jobs in a shell's background ignore: commands under test would inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.setdefault("BENCHMARK_PATIENCE", "0")  # benchmarks of tests run beside other tests, and wait for none
    os.environ |= {"TRAINERSPEC_FORKS": "0", "TRAINERSPEC_FORKS_SECONDS": "600"}  # forks of tests: tests/forks


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes long first, for several workers: none is left alone with it at the end."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: [item.get_closest_marker(name) is None for name in ("e2e", "slow")])


@pytest.fixture(scope="session", autouse=True)
def state_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the journals of writes out of the home of whoever runs the tests."""
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="session")
def text_task() -> Task:
    """A small text-classification task made of records, independent of templates/."""
    metrics = [
        Metric(name="accuracy", title="Accuracy", unit="ratio", better="higher"),
        Metric(name="macro_f1", title="F1", unit="ratio", better="higher"),
        Metric(name="auroc", title="AUROC", unit="ratio", better="higher"),
        Metric(name="log_loss", title="Log loss", unit="number", better="lower"),
        Metric(name="latency.p95", title="Latency", unit="seconds", better="lower", device=True),
        Metric(name="throughput", title="Throughput", unit="per_second", better="higher", device=True),
        Metric(name="model.size", title="Size", unit="bytes", better="lower"),
    ]
    slots = [
        _slot("data.layout", type="string"),
        _slot("data.max_length", type="integer", minimum=8, maximum=512),
        _slot("data.augment", type="string", enum=["none"]),
        _slot("model.base", type="string"),
        _slot("model.train.strategy", type="string", enum=["fine-tune", "frozen-features", "from-scratch"]),
        _slot("model.train.epochs", type="integer", minimum=1, maximum=1000),
        _slot("model.train.batch_size", type="integer", minimum=1, maximum=4096),
        _slot("model.train.learning_rate", type="number", exclusiveMinimum=0, maximum=1),
        _slot("compute.train", type="string", enum=["cpu", "gpu"]),
        _slot("compute.threads", type="integer", minimum=1),
        _slot("serve.runtime", type="string", enum=["triton"]),
        _slot("serve.engine", type="string", enum=["onnx", "tensorrt"]),
        _slot("serve.precision", type="string", enum=["fp32", "fp16", "int8"]),
    ]
    return Task(
        name="text-classification",
        title="Text classification",
        folder=Path("templates/text-classification"),
        inputs={"text": "The text"},
        outputs={"label": "The class"},
        labels="required",
        contract=IoContract(raw=(), tensor_inputs=(), tensor_outputs=(), answer=()),
        layouts=("folders", "table"),
        options={
            "type": "object",
            "additionalProperties": False,
            "properties": {"multilingual": {"type": "boolean", "default": False}},
        },
        metrics={metric.name: metric for metric in metrics},
        slots={slot.path: slot for slot in slots},
        stages=(),
        variants=(),
        hooks=(),
        cards={"minilm-l6": Card(id="minilm-l6", title="MiniLM", sources=(), licence="apache-2.0", facts={}, files={})},
        hints={},
        defaults={
            "data": {
                "clean": ["drop_missing", "drop_duplicates"],
                "split": {"by": "stratified", "train": "80%", "validation": "10%", "test": "10%", "seed": 7},
            },
            "objectives": ["maximize macro_f1"],
        },
    )


@pytest.fixture(scope="session")
def good_text() -> str:
    """A trainer.yaml without fault, that uses every section."""
    return GOOD


@pytest.fixture
def good_document(good_text: str) -> Document:
    """The faultless trainer.yaml, read."""
    outcome = parse_document(Source(name="trainer.yaml", text=good_text))
    assert outcome.value is not None
    return outcome.value


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small project that was built, without git; tests must leave it as it is."""
    return shared.once(tmp_path_factory, "built", lambda folder: made(folder / "tiny", 10, "build")) / "tiny"


@pytest.fixture(scope="session")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project that was built and run to its package; tests must leave it as it is."""
    return shared.once(tmp_path_factory, "packaged", lambda folder: made(folder / "tiny", 40, "build", "run")) / "tiny"


def made(folder: Path, each: int, *commands: str) -> None:
    """Write a spec and notes, and run some commands there."""
    write_notes(folder / "notes", each)
    (folder / "trainer.yaml").write_text(SPEC)
    for command in commands:
        done = call("trainerspec", command, cwd=folder)
        assert done.returncode == 0, done.stdout + done.stderr

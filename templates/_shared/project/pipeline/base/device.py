"""Choose the device, fix its threads and make torch repeat itself. Import it before torch."""

import os

os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch

from pipeline.base.failure import Failure


def choose(wanted: str, threads: int, seed: int) -> torch.device:
    """Return the device for `cpu` or `gpu`, with deterministic algorithms, fixed threads and a fixed seed.

    Raises Failure TS831 when a GPU is wanted and none is here.
    """
    if wanted == "gpu" and not torch.cuda.is_available():
        hint = "run on a machine with a GPU, or set `compute: {train: cpu}` in trainer.yaml"
        raise Failure("TS831", "`compute.train` is gpu, and torch sees no GPU here", hint=hint)
    torch.set_num_threads(threads)
    torch.set_deterministic_debug_mode("error")  # as use_deterministic_algorithms, less the import of torch._inductor
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.manual_seed(seed)
    return torch.device("cuda" if wanted == "gpu" else "cpu")

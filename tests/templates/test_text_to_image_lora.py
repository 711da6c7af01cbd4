"""A Stable Diffusion pipeline from the hub gets adapters: chosen by plan, trained, exported, the same picture again."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests import needs
from tests.templates import folders

TASK = "text-to-image"
VARIANTS = {"pipeline/task/model.py": "variants/model_diffusion.py", "pipeline/train.py": "variants/train_lora.py"}
COMMIT = "0123456789abcdef0123456789abcdef01234567"
SPEC = f"""
trainerspec: 1
name: shapes-to-order
version: 0.1.0
request: Draw circles, crosses and squares with our pipeline
task: {{type: {TASK}}}
data: {{source: {{path: data/shapes}}, image_size: 16, max_length: 16}}
model:
  base: hub:tiny/painter@{COMMIT}
  train: {{epochs: 1, batch_size: 32}}
  sampler: {{steps: 2, guidance: 3.0}}
compute: {{train: cpu}}
"""


def tiny(folder: Path) -> Path:
    """Save a randomly initialised pipeline of the Stable Diffusion kind: half a megabyte."""
    import torch
    from diffusers import AutoencoderKL, DDPMScheduler, StableDiffusionPipeline, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    torch.manual_seed(0)
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True)
    (folder / "vocab.json").write_text(json.dumps({word: index for index, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = CLIPTokenizer(vocab=str(folder / "vocab.json"), merges=str(folder / "merges.txt"))
    shape = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    places = {"max_position_embeddings": 16, "bos_token_id": 52, "eos_token_id": 53}
    config = CLIPTextConfig(**shape, **places, vocab_size=len(words))
    painter = UNet2DConditionModel(
        sample_size=8,
        block_out_channels=(8, 16),
        layers_per_block=1,
        norm_num_groups=4,
        cross_attention_dim=16,
        attention_head_dim=8,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
    )
    coder = AutoencoderKL(
        block_out_channels=(8, 8),
        norm_num_groups=4,
        latent_channels=4,
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
    )
    StableDiffusionPipeline(
        vae=coder,
        text_encoder=CLIPTextModel(config),
        tokenizer=tokenizer,
        unet=painter,
        scheduler=DDPMScheduler(beta_schedule="scaled_linear", clip_sample=False, steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder / "base")
    return folder / "base"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that holds the pipeline as the hub's client caches it."""
    needs.packages("diffusers")
    needs.packages("peft")
    home = tmp_path_factory.mktemp("hub")
    snapshots = home / "hub" / "models--tiny--painter" / "snapshots"
    snapshots.mkdir(parents=True)
    shutil.copytree(tiny(home / "made"), snapshots / COMMIT)
    return home


@pytest.fixture
def project(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Build a project on the pipeline, with its data prepared."""
    monkeypatch.setenv("HF_HOME", str(cache))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "trainer.yaml").write_text(SPEC)
    folders.sample(TASK).write(folder / "data", rows=120)
    done = folders.call(folder, "trainerspec", "build")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def sha(folder: Path) -> str:
    return str(json.loads((folder / "training.json").read_text())["weights.sha256"])


STAGES = """
import runpy, sys
import numpy as np
from pathlib import Path

for words in ("prepare", "train", "train --out again", "export", "optimize"):
    sys.argv = words.split()
    runpy.run_module(f"pipeline.{sys.argv[0]}", run_name="__main__")

from pipeline.graph import inference
from pipeline.task import processing

folder = Path("build/artifact")
processor, session = processing.load(folder), inference.session(folder, 1)


def draw(prompts, seeds):
    return inference.outputs(session, processor.encode({"prompt": prompts, "seed": seeds}))["picture"]


one, other = draw(["a circle", "a square"], [7, 8]), draw(["a square", "a longer word", "a circle"], [8, 1, 7])
print(one.shape, np.abs(one[0] - other[2]).max() < 1e-5, np.abs(one[1] - other[0]).max() < 1e-5)
print(np.abs(draw(["a circle"], [7]) - draw(["a circle"], [9])).max() > 1e-3)
"""
"""All stages in one process: importing diffusers costs more than the rest."""


@pytest.mark.slow
def test_adapters_are_trained_and_the_sampler_is_one_graph(project: Path) -> None:
    from safetensors.numpy import load_file

    assert "strategy: lora" in (project / "params.yaml").read_text()
    assert '"peft"' in (project / "pyproject.toml").read_text()
    assert "peft==" in (project / "constraints.txt").read_text()
    (project / "everything.py").write_text(STAGES)
    done = folders.call(project, "everything")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-2:] == ["(2, 1, 16, 16) True True", "True"]
    assert sha(project / "build") == sha(project / "again")
    state = load_file(project / "build/model/weights.safetensors")
    assert all("lora" in name for name in state)
    assert any(np.abs(value).max() > 0 for name, value in state.items() if "lora_B" in name)
    assert (project / "build/plots/train/epoch-001.png").exists()


def test_a_pipeline_of_another_kind_is_refused_with_its_name(tmp_path: Path) -> None:
    needs.packages("diffusers")
    needs.packages("peft")
    for part in ("text_encoder", "tokenizer", "unet", "vae", "scheduler"):
        (tmp_path / "base" / part).mkdir(parents=True)
    (tmp_path / "base/model_index.json").write_text('{"_class_name": "StableDiffusionXLPipeline"}')
    source = {"kind": "path", "name": str(tmp_path / "base")}
    with folders.importable(folders.modules(tmp_path / "code", TASK, VARIANTS)):
        from pipeline.base.failure import Failure
        from pipeline.base.params import Params
        from pipeline.task import model

        settings = Params({"model": {"base": {"id": "hub:tiny/painter", "sources": [source]}}})
        with pytest.raises(Failure, match="it is a StableDiffusionXLPipeline"):
            model.base(settings)
        (tmp_path / "base/vae").rmdir()
        with pytest.raises(Failure, match="it has no vae"):
            model.base(settings)

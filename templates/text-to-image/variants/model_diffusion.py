"""A Stable Diffusion pipeline with low-rank adapters (LoRA): build, save, load, and the sampler that is exported.

The base keeps its weights and stays where `model.base.sources` says; build/model holds the adapters alone, in PEFT's
format.
"""

import json
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from diffusers.schedulers.scheduling_ddpm import DDPMScheduler
from diffusers.utils.logging import disable_progress_bar, set_verbosity_error
from peft import LoraConfig, get_peft_model_state_dict, set_peft_model_state_dict
from peft.tuners.lora import LoraLayer
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import AutoTokenizer, CLIPTextModel

from pipeline.base import params
from pipeline.base.failure import Failure
from pipeline.base.params import Params
from pipeline.pretrained import weights
from pipeline.task import processing
from pipeline.task.processing import Processor

RANK = 8
"""Width of the adapters (Hu et al. 2021, https://arxiv.org/abs/2106.09685)."""
ADAPTED = ["to_q", "to_k", "to_v", "to_out.0"]
"""What of the painter's attention is adapted."""
PARTS = ("text_encoder", "tokenizer", "unet", "vae", "scheduler")
FETCHED = (
    "model_index.json",
    "scheduler/*.json",
    "text_encoder/*.json",
    "text_encoder/model.safetensors",
    "tokenizer/*",
    *(f"{part}/{file}" for part in ("unet", "vae") for file in ("config.json", "diffusion_pytorch_model.safetensors")),
)
"""Of the base's files on the hub: no second format, no safety checker."""
KINDS = ("StableDiffusionPipeline", "")
WEIGHTS = "weights.safetensors"


class Pipeline(nn.Module):
    """The parts of the base that are used."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        set_verbosity_error()
        disable_progress_bar()
        self.reader = CLIPTextModel.from_pretrained(folder / "text_encoder", dtype=torch.float32)
        self.painter = UNet2DConditionModel.from_pretrained(folder / "unet")  # type: ignore[no-untyped-call]
        self.coder = AutoencoderKL.from_pretrained(folder / "vae")  # type: ignore[no-untyped-call]
        self.requires_grad_(False).eval()
        self.scale = 2 ** (len(self.coder.config.block_out_channels) - 1)
        """Pixels of a picture's side for one of the latent picture's."""

    def read(self, input_ids: Tensor) -> Tensor:
        """Return the states of prompts that are padded to the full length (prompts x tokens x width)."""
        states: Tensor = self.reader(input_ids=input_ids).last_hidden_state
        return states

    def look(self, pictures: Tensor) -> Tensor:
        """Return the latent pictures of pictures (-1..1, one or three channels)."""
        latent = self.coder.encode(pictures.expand(-1, 3, -1, -1)).latent_dist.mode()
        scaled: Tensor = latent * self.coder.config.scaling_factor
        return scaled

    def show(self, latent: Tensor, channels: int) -> Tensor:
        """Return the pictures (0..1) of latent pictures."""
        pictures: Tensor = self.coder.decode(latent / self.coder.config.scaling_factor).sample
        pictures = (pictures * 0.5 + 0.5).clamp(0, 1)
        return pictures.mean(dim=1, keepdim=True) if channels == 1 else pictures

    def start(self, noise: Tensor) -> Tensor:
        """Take as much of a picture of noise as a latent picture needs."""
        count, side = self.painter.config.in_channels, noise.shape[2] // self.scale
        return noise.flatten(1)[:, : count * side * side].reshape(-1, count, side, side)


class Sampler(nn.Module):
    """What is exported: a prompt's tokens and noise in, the picture out, all steps of DDIM in one graph."""

    def __init__(
        self, pipeline: Pipeline, scheduler: DDIMScheduler, nothing: Tensor, *, guidance: float, pad_id: int
    ) -> None:
        super().__init__()
        self.pipeline, self.scheduler, self.guidance, self.pad_id = pipeline, scheduler, guidance, pad_id
        self.nothing: Tensor
        self.register_buffer("nothing", nothing)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, noise: Tensor) -> Tensor:
        """Return pictures x channels x size x size, values 0..1."""
        asked = self.pipeline.read(attention_mask * input_ids + (1 - attention_mask) * self.pad_id)
        free = self.pipeline.read(self.nothing).expand_as(asked)
        state, words = self.pipeline.start(noise), torch.cat([asked, free])
        for time in self.scheduler.timesteps.tolist():
            one, other = self.pipeline.painter(torch.cat([state, state]), time, words).sample.chunk(2)
            found = other + self.guidance * (one - other)
            state = self.scheduler.step(found, time, state, eta=0.0, return_dict=False)[0]
        return self.pipeline.show(state, noise.shape[1])


def base(settings: Params) -> Path:
    """Find the base; raises Failure TS830 when it is not found, TS839 when it is of another kind."""
    folder = weights.locate(settings.mappings("model.base.sources"), FETCHED)
    missing = [part for part in PARTS if not (folder / part).is_dir()]
    about = folder / "model_index.json"
    kind = str(json.loads(about.read_text(encoding="utf-8")).get("_class_name", "")) if about.exists() else ""
    if missing or kind not in KINDS:
        lacks = f"it has no {', '.join(missing)}" if missing else f"it is a {kind}"
        hint = "choose a pipeline with one CLIP text encoder, a UNet and an autoencoder, or the catalog's own base"
        raise Failure("TS839", f"`{settings.text('model.base.id')}` is not Stable Diffusion 1 or 2: {lacks}", hint=hint)
    return folder


def build(settings: Params) -> tuple[Pipeline, Processor]:
    """Return the base with new adapters, which change nothing yet, and the processor.

    Raises Failure TS830 or TS839 when the base cannot be used, or cannot draw pictures of that size.
    """
    folder = base(settings)
    pipeline = Pipeline(folder)
    size = settings.integer("data.image_size")
    step = pipeline.scale * 2 ** (len(pipeline.painter.config.block_out_channels) - 1)
    if size % step:
        hint = f"set `data: {{image_size: {max(step, round(size / step) * step)}}}` in trainer.yaml"
        raise Failure("TS839", f"`data.image_size` is {size}, the base needs a multiple of {step}", hint=hint)
    longest, most = settings.integer("data.max_length"), pipeline.reader.config.max_position_embeddings
    if longest > most:
        raise Failure("TS839", f"`data.max_length` is {longest}, the base reads {most} tokens", hint=f"at most {most}")
    tokens = AutoTokenizer.from_pretrained(folder / "tokenizer")
    processor = Processor(
        Tokenizer.from_str(tokens.backend_tokenizer.to_str()),
        size=size,
        channels=settings.integer("data.channels"),
        max_length=longest,
        pad_id=tokens.pad_token_id,
        padded=True,
    )
    adapt(pipeline, RANK, settings.number("model.train.dropout"))
    return pipeline, processor


def adapt(pipeline: Pipeline, rank: int, dropout: float) -> None:
    """Put adapters beside the painter's attention."""
    config = LoraConfig(r=rank, lora_alpha=rank, lora_dropout=dropout, target_modules=ADAPTED)
    pipeline.painter.add_adapter(config)


def adapters(pipeline: Pipeline) -> nn.Module:
    """Return the layers that are trained, and nothing else, as one module."""
    layers = [layer for layer in pipeline.painter.modules() if isinstance(layer, LoraLayer)]
    parts = [part["default"] for layer in layers for part in (layer.lora_A, layer.lora_B)]
    return nn.ModuleList(parts)


def noising(settings: Params) -> DDPMScheduler:
    """Return the base's way of adding noise."""
    found: DDPMScheduler = DDPMScheduler.from_pretrained(base(settings) / "scheduler")
    return found


def sampler(pipeline: Pipeline, processor: Processor, settings: Params) -> Sampler:
    """Put the sampler on a pipeline, with the steps and the guidance of params.yaml."""
    scheduler = DDIMScheduler.from_pretrained(base(settings) / "scheduler")
    scheduler.set_timesteps(settings.integer("model.sampler.steps"))
    nothing = torch.from_numpy(processor.tokens([""])["input_ids"])
    guidance = settings.number("model.sampler.guidance")
    return Sampler(pipeline, scheduler, nothing, guidance=guidance, pad_id=processor.pad_id)


def save(pipeline: Pipeline, processor: Processor, folder: Path) -> None:
    """Write weights.safetensors (the adapters), lora.json and the processor's files."""
    state = get_peft_model_state_dict(pipeline.painter)
    save_file({name: value.detach().cpu().contiguous() for name, value in state.items()}, folder / WEIGHTS)
    (folder / "lora.json").write_text(json.dumps({"rank": RANK, "target_modules": ADAPTED}) + "\n")
    processing.save(processor, folder)


def load(folder: Path, settings: Params) -> Pipeline:
    """Read the base and merge the trained adapters into it."""
    pipeline = Pipeline(base(settings))
    adapt(pipeline, json.loads((folder / "lora.json").read_text())["rank"], 0.0)
    set_peft_model_state_dict(pipeline.painter, load_file(folder / WEIGHTS))
    pipeline.painter.fuse_lora()
    pipeline.painter.unload_lora()
    return pipeline.requires_grad_(False).eval()


def served(folder: Path) -> nn.Module:
    """Read the sampler that is exported."""
    settings = params.load()
    return sampler(load(folder, settings), processing.load(folder), settings).eval()

"""The painter: a small U-Net that says which way noise must move to become the picture that a prompt asks for."""

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTHS = (64, 128)
"""Channels at the two resolutions."""
BLOCKS = 2
CONDITION = 256
"""Width of the vector that holds prompt and time."""
FREQUENCIES = 64
HEADS = 4


class Block(nn.Module):
    """Two convolutions, steered by prompt and time, and a way around them."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.first_norm = nn.GroupNorm(8, before)
        self.first = nn.Conv2d(before, after, 3, padding=1)
        self.steer = nn.Linear(CONDITION, 2 * after)
        self.second_norm = nn.GroupNorm(8, after)
        self.second = nn.Conv2d(after, after, 3, padding=1)
        self.around = nn.Conv2d(before, after, 1) if before != after else nn.Identity()
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(cast(Tensor, self.second.bias))

    def forward(self, state: Tensor, condition: Tensor) -> Tensor:
        """Return the block's output; `condition` has one row a picture, or one for all."""
        inner = self.first(functional.silu(self.first_norm(state)))
        scale, shift = self.steer(condition)[:, :, None, None].chunk(2, dim=1)
        inner = functional.silu(self.second_norm(inner) * (1 + scale) + shift)
        result: Tensor = self.around(state) + self.second(inner)
        return result


class Attention(nn.Module):
    """Each place looks at all places."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(8, width)
        self.take = nn.Conv2d(width, 3 * width, 1)
        self.give = nn.Conv2d(width, width, 1)
        nn.init.zeros_(self.give.weight)
        nn.init.zeros_(cast(Tensor, self.give.bias))

    def forward(self, state: Tensor) -> Tensor:
        """Return the state with what was seen added."""
        count, width, height, across = state.shape
        query, key, value = (
            part.reshape(count, HEADS, width // HEADS, height * across).transpose(2, 3)
            for part in self.take(self.norm(state)).chunk(3, dim=1)
        )
        weights = torch.softmax(query @ key.transpose(2, 3) / math.sqrt(width // HEADS), dim=-1)
        seen = (weights @ value).transpose(2, 3).reshape(count, width, height, across)
        result: Tensor = state + self.give(seen)
        return result


class Painter(nn.Module):
    """Pictures between noise and data (-1..1), times 0..1 and prompt vectors to velocities."""

    def __init__(self, channels: int, size: int, prompt: int) -> None:
        super().__init__()
        self.channels, self.size, self.prompt = channels, size, prompt
        self.fold = 2 if size <= 40 else 4
        inner = channels * self.fold**2
        fine, coarse = WIDTHS
        self.time = nn.Sequential(nn.Linear(2 * FREQUENCIES, CONDITION), nn.SiLU(), nn.Linear(CONDITION, CONDITION))
        self.words = nn.Sequential(nn.Linear(prompt, CONDITION), nn.SiLU(), nn.Linear(CONDITION, CONDITION))
        self.nothing = nn.Parameter(torch.zeros(1, prompt))
        self.enter = nn.Conv2d(inner, fine, 3, padding=1)
        self.down_fine = nn.ModuleList(Block(fine, fine) for _ in range(BLOCKS))
        self.shrink = nn.Conv2d(fine, coarse, 3, 2, 1)
        self.down_coarse = nn.ModuleList(Block(coarse, coarse) for _ in range(BLOCKS))
        self.middle, self.look = Block(coarse, coarse), Attention(coarse)
        self.up_coarse = nn.ModuleList(Block(2 * coarse, coarse) for _ in range(BLOCKS))
        self.grow = nn.Conv2d(coarse, 4 * fine, 1)
        self.up_fine = nn.ModuleList(Block(2 * fine, fine) for _ in range(BLOCKS))
        self.leave_norm = nn.GroupNorm(8, fine)
        self.leave = nn.Conv2d(fine, inner, 3, padding=1)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(cast(Tensor, self.leave.bias))

    def forward(self, noisy: Tensor, time: Tensor, prompt: Tensor) -> Tensor:
        """Return velocities (pictures x channels x size x size) for times (pictures, or one for all)."""
        steps = torch.arange(FREQUENCIES, device=noisy.device, dtype=torch.float32)
        angles = time.float()[:, None] * torch.exp(steps * (math.log(1000.0) / FREQUENCIES))[None]
        condition = functional.silu(self.time(torch.cat([angles.sin(), angles.cos()], dim=1)) + self.words(prompt))
        state = self.enter(functional.pixel_unshuffle(noisy, self.fold))
        kept = []
        for block in self.down_fine:
            state = block(state, condition)
            kept.append(state)
        state = self.shrink(state)
        for block in self.down_coarse:
            state = block(state, condition)
            kept.append(state)
        state = self.look(self.middle(state, condition))
        for block in self.up_coarse:
            state = block(torch.cat([state, kept.pop()], dim=1), condition)
        state = functional.pixel_shuffle(self.grow(state), 2)
        for block in self.up_fine:
            state = block(torch.cat([state, kept.pop()], dim=1), condition)
        return functional.pixel_shuffle(self.leave(functional.silu(self.leave_norm(state))), self.fold)


def sample(painter: Painter, noise: Tensor, prompt: Tensor, steps: int, guidance: float) -> Tensor:
    """Follow the velocities from noise to pictures (0..1) in Euler steps of equal length, the prompt exaggerated.

    Classifier-free guidance (Ho and Salimans 2022): away from what no prompt gives, towards what this prompt gives.
    """
    state = noise
    both = torch.cat([prompt, painter.nothing.expand_as(prompt)])
    for step in range(steps):
        time = torch.full((1,), step / steps, device=noise.device)
        if guidance == 1:
            velocity = painter(state, time, prompt)
        else:
            asked, free = painter(torch.cat([state, state]), time, both).chunk(2)
            velocity = free + guidance * (asked - free)
        state = state + velocity / steps
    return (state * 0.5 + 0.5).clamp(0, 1)

"""The part that is trained: it reads a phrase word by word, walks over the picture's places, and points at one.

A picture is a grid of places with frozen features; a phrase is a row of words with frozen states. In each round the
head attends to words, lets them scale and shift what it sees (FiLM, Perez et al. 2018,
https://arxiv.org/abs/1709.07871), looks around each place, and picks a place; the next round sees where every other
place lies from there. In the end each place has a score, and a box given by the distances to its four sides.
"""

import torch
from torch import Tensor, nn

ROUNDS = 3


class Around(nn.Module):
    """Mix each place with its surroundings (5 x 5), at half the width."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.narrow = nn.Linear(width, width // 2)
        self.near = nn.Conv2d(width // 2, width // 2, 5, padding=2, groups=width // 2, bias=False)
        self.bias = nn.Parameter(torch.zeros(width // 2, 1, 1))
        self.drop = nn.Dropout2d(dropout)
        self.widen = nn.Linear(width // 2, width)

    def forward(self, places: Tensor) -> Tensor:
        """Return places (rows x grid x grid x width)."""
        narrow: Tensor = self.narrow(places).permute(0, 3, 1, 2)
        # a CPU takes more than twice the time for this kernel's gradient in bf16, and for that of a bias in it
        with torch.autocast(narrow.device.type, enabled=False):
            near = self.near(narrow.float()).to(narrow.dtype)
        mixed: Tensor = self.widen(nn.functional.gelu(self.drop(near + self.bias).permute(0, 2, 3, 1)))
        return mixed


class Round(nn.Module):
    """Attend to words, read the picture by them, pick a place."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.query = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.film = nn.Linear(width, 3 * width)
        self.where = nn.Linear(6, width)
        self.around = Around(width, dropout)
        self.pick = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 1))
        self.remember = nn.Sequential(nn.Linear(3 * width, width), nn.GELU(), nn.Linear(width, width))

    def forward(
        self, places: Tensor, words: Tensor, mask: Tensor, state: Tensor, relation: Tensor, grid: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the places, the state (rows x width) and the relation (rows x grid x grid x 6) for the next round."""
        rows, high, wide, width = places.shape
        match = (words * self.query(state).unsqueeze(1)).sum(dim=-1) / width**0.5
        share = torch.softmax(match + (mask - 1) * 1e4, dim=1).unsqueeze(-1)
        read = (words * share).sum(dim=1)
        scale, shift, gate = self.film(read).reshape(rows, 1, 1, 3 * width).chunk(3, dim=-1)
        seen = self.norm(places) * (1 + scale) + shift + self.where(relation) * gate
        places = places + self.around(seen)
        chance = torch.softmax(self.pick(places).reshape(rows, high * wide), dim=1)
        spot = chance @ grid.reshape(high * wide, 2)
        found = torch.bmm(chance.unsqueeze(1), places.reshape(rows, high * wide, width)).squeeze(1)
        state = state + self.remember(torch.cat([state, read, found], dim=-1))
        away = grid - spot.reshape(rows, 1, 1, 2)
        relation = torch.cat(
            [away, away.abs(), chance.reshape(rows, high, wide, 1) * 10, torch.ones_like(away[..., :1])], dim=-1
        )
        return places, state, relation


class Head(nn.Module):
    """Score every place and give it a box."""

    mean: Tensor
    spread: Tensor
    grid: Tensor

    def __init__(self, features: int, words: int, width: int, side: int, *, dropout: float) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("spread", torch.ones(features))
        centres = (torch.arange(side) + 0.5) / side
        rows, columns = torch.meshgrid(centres, centres, indexing="ij")
        self.register_buffer("grid", torch.stack([columns, rows], dim=-1), persistent=False)
        self.hide = nn.Dropout(dropout)
        self.see = nn.Linear(features, width)
        self.place = nn.Linear(4, width)
        self.seen = nn.LayerNorm(width)
        self.first = Around(width, dropout)
        self.read = nn.Sequential(nn.Linear(words, width), nn.LayerNorm(width))
        self.rounds = nn.ModuleList([Round(width, dropout) for _ in range(ROUNDS)])
        self.score = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, width // 2), nn.GELU(), nn.Linear(width // 2, 1)
        )
        self.outline = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.GELU(), nn.Linear(width, 4))
        self.adjust = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 4))

    def look(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return places (pictures x grid x grid x width) and their boxes, both without regard to a phrase."""
        grid = self.grid.to(features.dtype)
        known = (features - self.mean.to(features.dtype)) * (1 / self.spread).to(features.dtype)
        known = known * self.hide(torch.ones_like(known[:, :1, :1]))
        coordinates = torch.cat([grid, (grid - 0.5).abs()], dim=-1)
        places = self.seen(self.see(known) + self.place(coordinates))
        places = places + self.first(places)
        return places, self.outline(places)

    def point(self, places: Tensor, sides: Tensor, words: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return scores (rows x grid x grid) and boxes (rows x grid x grid x 4, shares of the square) for phrases."""
        known, mask = self.read(words), mask.to(words.dtype)
        state = (known * mask.unsqueeze(-1)).sum(dim=1) / mask.sum(dim=1, keepdim=True)
        relation = torch.zeros_like(places[..., :6])
        for one in self.rounds:
            places, state, relation = one(places, known, mask, state, relation, self.grid)
        scores = self.score(places).squeeze(-1)
        return scores, self.boxes(sides + self.adjust(places))

    def boxes(self, sides: Tensor) -> Tensor:
        """Turn the four distances of each place into boxes x0 y0 x1 y1."""
        away = nn.functional.softplus(sides.float() - 2.0)
        return torch.cat([self.grid - away[..., :2], self.grid + away[..., 2:]], dim=-1)

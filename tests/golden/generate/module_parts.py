"""What modules written from a graph are made of beside `torch.nn`: `from generate.module_parts import *`."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.ops import roi_pool

__all__ = [
    "Submodules",
    "F",
    "L2Norm",
    "MaskedConv2d",
    "Tensor",
    "causal_mask",
    "lstm_gates",
    "nn",
    "regions_pooled",
    "states_first",
    "torch",
]


class Submodules(nn.Module):
    """Modules under names."""

    def __init__(self, **modules: nn.Module) -> None:
        super().__init__()
        for name, module in modules.items():
            self.add_module(name, module)


class MaskedConv2d(nn.Conv2d):
    """The masked convolution of PixelCNN over one color (van den Oord et al. 2016, arXiv 1601.06759)."""

    def __init__(self, channels: int, filters: int, kernel: tuple[int, int], mask: str, **arguments: object) -> None:
        super().__init__(channels, filters, kernel, **arguments)  # type: ignore[arg-type]
        seen = torch.zeros(kernel)
        row, column = kernel[0] // 2, kernel[1] // 2
        seen[:row] = 1
        seen[row, : column + (mask == "B")] = 1
        self.register_buffer("seen", seen, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return self._conv_forward(x, self.weight * self.seen, self.bias)


class L2Norm(nn.Module):
    """The channels of each position as a vector of length one, scaled (Liu et al. 2015, arXiv 1506.04579)."""

    def __init__(self, channels: int, scale: float, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full([channels], scale))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.normalize(x, dim=1, eps=self.eps) * self.weight.reshape(-1, *[1] * (x.dim() - 2))


def causal_mask(time: int) -> Tensor:
    """True where a step must not look: at later ones."""
    return torch.ones(time, time, dtype=torch.bool).triu(1)


def lstm_gates(sums: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    """The gates of an LSTM: h and c after the step, from the sums of i, f, g and o along the channels."""
    i, f, g, o = sums.chunk(4, 1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def regions_pooled(x: Tensor, regions: Tensor, size: tuple[int, int], scale: float) -> Tensor:
    """The regions of each sample, `[samples, regions, 4]`, as `[samples, regions, channels, height, width]`."""
    pooled: Tensor = roi_pool(x, list(regions), size, scale)
    return pooled.unflatten(0, regions.shape[:2])


def states_first(result: tuple[Tensor, tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor, Tensor]:
    """Output, h and c of an LSTM, all of them with the samples first."""
    output, (h, c) = result
    return output, h.transpose(0, 1), c.transpose(0, 1)

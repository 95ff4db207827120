"""Random float32 numbers and classes, the same for the same name and seed."""

import math
import zlib

import torch
from torch import Tensor


class Draw:
    """A source of random tensors."""

    def __init__(self, name: str, seed: int) -> None:
        self.generator = torch.Generator().manual_seed(zlib.crc32(f"{name} {seed}".encode()))

    def normal(self, *shape: int) -> Tensor:
        """Standard normal numbers."""
        return torch.randn(shape, generator=self.generator)

    def uniform(self, shape: list[int], low: float, high: float) -> Tensor:
        """Numbers between `low` and `high`."""
        return low + (high - low) * torch.rand(shape, generator=self.generator)

    def spaced(self, shape: list[int], low: float, high: float) -> Tensor:
        """Evenly spaced numbers in random order. No two are equal, so a maximum is never a tie, and none is zero if
        `low` is `-high`, so an activation that bends there has a derivative at each of them.
        """
        count = math.prod(shape)
        order = torch.randperm(count, generator=self.generator)
        return (low + (order.double() + 0.25) * (high - low) / count).float().reshape(shape)

    def classes(self, shape: list[int], count: int) -> Tensor:
        """Whole numbers below `count`."""
        return torch.randint(count, shape, generator=self.generator)

    def parameter(self, shape: list[int], fan_in: int) -> Tensor:
        """A parameter as PyTorch initializes those of linear, convolution and recurrent layers."""
        bound = 1 / math.sqrt(fan_in)
        return self.uniform(shape, -bound, bound)

    def seed(self) -> int:
        """A seed for PyTorch's own generator."""
        return int(torch.randint(2**31, (), generator=self.generator))

"""Tensors in a few numbers: full-size gradients are hundreds of megabytes.

A digest is the norm, the product with numbers in [-1, 1) that are made anew where it is compared, and some of the numbers themselves. So a
wrong number at any place is seen, as is one at another place.
"""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from . import exact

# In float64 what is zero by its formula is below this share of the other gradients (the bias of a convolution before a batch norm).
VANISHED = 1e-10


@dataclass(frozen=True)
class Digest:
    """Norm, product and samples of a tensor of so many numbers."""

    numbers: int
    values: np.ndarray

    @property
    def scale(self) -> float:
        """The root of the mean square."""
        return float(self.values[0] / np.sqrt(self.numbers))


def positions(name: str, numbers: int, count: int) -> np.ndarray:
    """Which numbers are kept: all, or so many of them."""
    if numbers <= count:
        return np.arange(numbers)
    return (exact.bits(f"{name}.positions", count) * np.uint64(numbers) >> np.uint64(24)).astype(np.int64)


def digest(name: str, tensor: Tensor, count: int) -> Digest:
    """A tensor's, of which so many numbers are kept."""
    numbers = tensor.numel()
    flat = tensor.detach().double().flatten().numpy()
    product = exact.numbers(f"{name}.product", numbers).astype(np.float64)
    at = positions(name, numbers, count)
    kept = np.zeros(count)
    kept[: len(at)] = flat[at]
    return Digest(numbers, np.concatenate([[np.sqrt(flat @ flat), flat @ product], kept]))


def deviations(group: list[Digest], others: list[Digest]) -> list[float]:
    """How far each of the others lies off: the largest difference of norm and product relative to the norm, of a number relative to the root
    of the mean square. Among what vanishes, relative to the largest of the group."""
    largest = max((digest.scale for digest in group), default=0.0)
    result = []
    for digest, other in zip(group, others):
        scale = digest.scale if digest.scale > VANISHED * largest else largest
        difference = np.abs(other.values - digest.values)
        difference[:2] /= np.sqrt(digest.numbers)
        result.append(float(difference.max() / scale) if scale > 0 else 0.0)
    return result

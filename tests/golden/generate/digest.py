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
    """A tensor of so many numbers; for each precision norm, product, samples."""

    numbers: int
    digests: list[np.ndarray]


def positions(name: str, numbers: int, count: int) -> np.ndarray:
    """Which numbers are kept: all, or so many of them."""
    if numbers <= count:
        return np.arange(numbers)
    return (exact.bits(f"{name}.positions", count) * np.uint64(numbers) >> np.uint64(24)).astype(np.int64)


def digest(name: str, tensors: list[Tensor], count: int) -> Digest:
    """Of the same tensor in several precisions."""
    numbers = tensors[0].numel()
    product = exact.numbers(f"{name}.product", numbers).astype(np.float64)
    at = positions(name, numbers, count)
    result = []
    for tensor in tensors:
        flat = tensor.detach().double().flatten().numpy()
        kept = np.zeros(count)
        kept[: len(at)] = flat[at]
        result.append(np.concatenate([[np.sqrt(flat @ flat), flat @ product], kept]))
    return Digest(numbers, result)


def deviations(group: list[Digest]) -> list[float]:
    """How far the second precision lies off the first: the largest difference of norm and product relative to the norm, of a number relative
    to the root of the mean square. Among what vanishes, relative to the largest of the group."""
    scales = [digest.digests[0][0] / np.sqrt(digest.numbers) for digest in group]
    largest = max(scales, default=0.0)
    result = []
    for digest, scale in zip(group, scales):
        scale = scale if scale > VANISHED * largest else largest
        difference = np.abs(digest.digests[1] - digest.digests[0])
        difference[:2] /= np.sqrt(digest.numbers)
        result.append(float(difference.max() / scale) if scale > 0 else 0.0)
    return result

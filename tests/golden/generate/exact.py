"""Numbers that two languages make alike, bit for bit: parameters of full-size networks are too many to be stored.

`tests/corpus/src/exact.rs` is the same in Rust. A library's generator would have to be the same one in both, seeded and
converted to floats alike; these few lines are easier to hold against each other. Number i of a name is the i-th output of SplitMix64
(Steele et al. 2014, "Fast Splittable Pseudorandom Number Generators") that starts at the name's FNV-1a hash.
"""

import numpy as np

# Not all at once: the numbers in between are as many again.
_CHUNK = 1 << 20


def seed(name: str) -> int:
    """FNV-1a of 64 bits."""
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = (state ^ byte) * 0x100000001B3 % (1 << 64)
    return state


def bits(name: str, count: int, start: int = 0) -> np.ndarray:
    """24 bits for each of so many numbers."""
    with np.errstate(over="ignore"):
        z = np.uint64(seed(name)) + np.arange(start + 1, start + count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return (z ^ (z >> np.uint64(31))) >> np.uint64(40)


def numbers(name: str, count: int, center: float = 0.0, half_width: float = 1.0) -> np.ndarray:
    """Uniform in `center` ± `half_width`, in float32: one product and one sum, each rounded once."""
    result = np.empty(count, np.float32)
    for start in range(0, count, _CHUNK):
        many = min(_CHUNK, count - start)
        # In [-1, 1), exactly.
        unit = bits(name, many, start).astype(np.float32) * np.float32(2**-23) - np.float32(1)
        result[start : start + many] = np.float32(center) + np.float32(half_width) * unit
    return result


def below(name: str, count: int, bound: int) -> np.ndarray:
    """Indices below `bound`, which is small against 2²⁴."""
    return (bits(name, count) % np.uint64(bound)).astype(np.int64)


def regions(name: str, count: int, width: int, height: int) -> np.ndarray:
    """Corners x1, y1, x2, y2 of so many regions within an image, at whole pixels."""
    drawn = bits(name, 4 * count).astype(np.int64).reshape(-1, 4)
    x1, y1 = drawn[:, 0] % (width // 2), drawn[:, 1] % (height // 2)
    x2 = x1 + width // 8 + drawn[:, 2] % (width // 4)
    y2 = y1 + height // 8 + drawn[:, 3] % (height // 4)
    return np.stack([x1, y1, x2, y2], 1).astype(np.float32)

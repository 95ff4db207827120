"""Quantization with one scale."""

import torch

from .activations import _spaced
from .case import Config
from .op import Op, Tensors, defaults, layer


def _fake_quantize() -> Op:
    """Quantized and dequantized again, with the gradient of the straight-through estimator."""

    def forward(config: Config, tensors: Tensors) -> Tensors:
        scale, zero_point = config["scale"], config["zero_point"]
        return {"output": torch.fake_quantize_per_tensor_affine(tensors["input"], scale, zero_point, -128, 127)}

    return layer(_spaced(-6, 6), forward, defaults(zero_point=0))


OPS = {"fake_quantize": _fake_quantize()}

"""Convolutions in one and two dimensions, and transposed ones."""

import math
from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

from .case import Case, Config
from .draw import Draw
from .op import Op, Tensors, defaults, layer

_WINDOW: Config = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True}


def _kernel(case: Case, config: Config) -> list[int]:
    """The kernel's extent in each dimension."""
    size = config["kernel"]
    return size if isinstance(size, list) else [size] * (len(case.shape) - 2)


def _convolution(function: Callable[..., Tensor]) -> Op:
    def draw(case: Case, config: Config, draw: Draw) -> Tensors:
        weight = [config["out"], config["in"] // config["groups"], *_kernel(case, config)]
        return _tensors(case, config, draw, weight)

    return layer(draw, _forward(function, "stride", "padding", "dilation", "groups"), defaults(**_WINDOW))


def _transposed() -> Op:
    def draw(case: Case, config: Config, draw: Draw) -> Tensors:
        weight = [config["in"], config["out"] // config["groups"], *_kernel(case, config)]
        return _tensors(case, config, draw, weight)

    forward = _forward(F.conv_transpose2d, "stride", "padding", "output_padding", "dilation", "groups")
    return layer(draw, forward, defaults(**_WINDOW, output_padding=0))


def _tensors(case: Case, config: Config, draw: Draw, weight: list[int]) -> Tensors:
    # As PyTorch does, for transposed convolutions too: the second axis counts as what goes in.
    fan_in = math.prod(weight[1:])
    tensors = {"input": draw.normal(*case.shape), "weight": draw.parameter(weight, fan_in)}
    if config["bias"]:
        tensors["bias"] = draw.parameter([config["out"]], fan_in)
    return tensors


def _forward(function: Callable[..., Tensor], *arguments: str) -> Callable[[Config, Tensors], Tensors]:
    def forward(config: Config, tensors: Tensors) -> Tensors:
        chosen = {name: config[name] for name in arguments}
        return {"output": function(tensors["input"], tensors["weight"], tensors.get("bias"), **chosen)}

    return forward


OPS = {
    "conv1d": _convolution(F.conv1d),
    "conv2d": _convolution(F.conv2d),
    "depthwise_conv2d": _convolution(F.conv2d),
    "conv_transpose2d": _transposed(),
}

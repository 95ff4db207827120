"""Convolutions in one and two dimensions, transposed, masked and separable ones, and padding."""

import math
from collections.abc import Callable

import torch
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

    plain = _forward(function, "stride", "padding", "dilation", "groups")

    def forward(config: Config, tensors: Tensors) -> Tensors:
        mode = config.get("padding_mode", "zeros")
        if mode == "zeros":
            return plain(config, tensors)
        # As the modules of torch.nn do: as many on both sides of each axis, the last axis first.
        count = tensors["input"].dim() - 2
        sides = config["padding"] if isinstance(config["padding"], list) else [config["padding"]] * count
        pads = [side for side in reversed(sides) for _ in range(2)]
        padded = F.pad(tensors["input"], pads, mode)
        return plain({**config, "padding": 0}, {**tensors, "input": padded})

    return layer(draw, forward, defaults(**_WINDOW))


def _masked() -> Op:
    """The masked convolution of PixelCNN (van den Oord et al. 2016, arXiv 1601.06759)."""

    def draw(case: Case, config: Config, draw: Draw) -> Tensors:
        return _tensors(case, config, draw, [config["out"], config["in"], *_kernel(case, config)])

    def forward(config: Config, tensors: Tensors) -> Tensors:
        weight = tensors["weight"]
        filters, channels, height, width = weight.shape
        row, column, colors = height // 2, width // 2, config["colors"]
        mask = torch.zeros_like(weight)
        mask[:, :, :row] = 1
        mask[:, :, row, :column] = 1
        # Of the pixel itself a color sees those before it, with mask B itself too.
        of_filter = torch.arange(filters) * colors // filters
        of_channel = torch.arange(channels) * colors // channels
        seen = of_channel[None] < of_filter[:, None] + (config["mask"] == "B")
        mask[:, :, row, column] = seen.to(weight.dtype)
        padding = [size // 2 for size in (height, width)]
        return {"output": F.conv2d(tensors["input"], weight * mask, tensors.get("bias"), padding=padding)}

    return layer(draw, forward, defaults(mask="B", colors=1, bias=True))


def _separable() -> Op:
    def draw(case: Case, config: Config, draw: Draw) -> Tensors:
        middle, kernel = config["in"] * config["multiplier"], _kernel(case, config)
        return {
            "input": draw.normal(*case.shape),
            "depthwise.weight": draw.parameter([middle, 1, *kernel], math.prod(kernel)),
            "pointwise.weight": draw.parameter([config["out"], middle, 1, 1], middle),
            "pointwise.bias": draw.parameter([config["out"]], middle),
        }

    def forward(config: Config, tensors: Tensors) -> Tensors:
        window = {"stride": config["stride"], "padding": config["padding"], "groups": config["in"]}
        middle = F.conv2d(tensors["input"], tensors["depthwise.weight"], **window)
        return {"output": F.conv2d(middle, tensors["pointwise.weight"], tensors["pointwise.bias"])}

    return layer(draw, forward, defaults(multiplier=1, stride=1, padding=0))


def _pad() -> Op:
    def draw(case: Case, config: Config, draw: Draw) -> Tensors:
        return {"input": draw.normal(*case.shape)}

    def forward(config: Config, tensors: Tensors) -> Tensors:
        value = {"value": config["value"]} if config["mode"] == "constant" else {}
        return {"output": F.pad(tensors["input"], config["pad"], config["mode"], **value)}

    return layer(draw, forward, defaults(value=0.0))


def _transposed(function: Callable[..., Tensor]) -> Op:
    def draw(case: Case, config: Config, draw: Draw) -> Tensors:
        weight = [config["in"], config["out"] // config["groups"], *_kernel(case, config)]
        return _tensors(case, config, draw, weight)

    forward = _forward(function, "stride", "padding", "output_padding", "dilation", "groups")
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
    "masked_conv2d": _masked(),
    "pad": _pad(),
    "separable_conv2d": _separable(),
    "conv_transpose1d": _transposed(F.conv_transpose1d),
    "conv_transpose2d": _transposed(F.conv_transpose2d),
}

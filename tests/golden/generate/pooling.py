"""Pooling, its inverse, and upsampling."""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

from .case import Case, Config
from .draw import Draw
from .op import Op, Tensors, defaults, layer


def _normal(case: Case, _: Config, draw: Draw) -> Tensors:
    return {"input": draw.normal(*case.shape)}


def _spaced(case: Case, _: Config, draw: Draw) -> Tensors:
    return {"input": draw.spaced(case.shape, -2, 2)}


def _pool(
    function: Callable[..., Tensor], *arguments: str, draw: Callable[[Case, Config, Draw], Tensors] = _normal, **values: object
) -> Op:
    """`function` of the input, with the window of the configuration if it has one."""

    def forward(config: Config, tensors: Tensors) -> Tensors:
        window = {"kernel_size": config["kernel"]} if "kernel" in config else {}
        chosen = {name: config[name] for name in (*arguments, *values)}
        return {"output": function(tensors["input"], **window, **chosen)}

    return layer(draw, forward, defaults(**values))


def _unpool() -> Op:
    def draw(case: Case, config: Config, draw: Draw) -> Tensors:
        image = draw.spaced(config["output_size"], -2, 2)
        pooled, indices = F.max_pool2d(image, config["kernel"], config["stride"], return_indices=True)
        return {"input": pooled, "indices": indices}

    def forward(config: Config, tensors: Tensors) -> Tensors:
        size = config["output_size"][2:]
        return {
            "output": F.max_unpool2d(tensors["input"], tensors["indices"], config["kernel"], config["stride"], output_size=size)
        }

    return layer(draw, forward, defaults(indices="flat h*W+w in the unpooled plane"))


def _upsample(mode: str, **values: object) -> Op:
    def forward(config: Config, tensors: Tensors) -> Tensors:
        chosen = {name: config[name] for name in ("align_corners", "antialias") if name in config}
        return {"output": F.interpolate(tensors["input"], config["size"], mode=mode, **chosen)}

    return layer(_normal, forward, defaults(**values))


OPS = {
    "max_pool2d": _pool(F.max_pool2d, "stride", draw=_spaced, padding=0, dilation=1, ceil_mode=False),
    "avg_pool2d": _pool(F.avg_pool2d, "stride", padding=0, ceil_mode=False, count_include_pad=True),
    "adaptive_avg_pool2d": _pool(F.adaptive_avg_pool2d, "output_size"),
    "global_avg_pool2d": _pool(F.adaptive_avg_pool2d, "output_size"),
    "max_unpool2d": _unpool(),
    "upsample_nearest2d": _upsample("nearest"),
    "upsample_bilinear2d": _upsample("bilinear", align_corners=False, antialias=False),
}

"""Pooling, its inverse, and upsampling."""

from collections.abc import Callable

import torch
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


def _over_time(
    function: Callable[..., Tensor], *arguments: str, draw: Callable[[Case, Config, Draw], Tensors] = _normal, **values: object
) -> Op:
    """The same over sequences, [batch, time, features], whose features are PyTorch's channels."""

    def forward(config: Config, tensors: Tensors) -> Tensors:
        chosen = {name: config[name] for name in (*arguments, *values)}
        return {"output": function(tensors["input"].transpose(1, 2), config["kernel"], **chosen).transpose(1, 2)}

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


# Corners in an image eight times as large as the map: within it, beyond it, of one position, the wrong way round.
_REGIONS = [
    [3.0, 5.0, 41.0, 30.0],
    [9.0, 18.0, 34.0, 51.0],
    [-30.0, -14.0, 21.0, 19.0],
    [26.0, 10.0, 95.0, 77.0],
    [17.0, 15.0, 17.0, 15.0],
    [30.0, 27.0, 13.0, 6.0],
]


def _regions(function: str, *arguments: str, **values: object) -> Op:
    """torchvision's pools over regions, of which each sample has as many as any other."""

    def draw(case: Case, config: Config, draw: Draw) -> Tensors:
        samples = case.shape[0]
        regions = [[_REGIONS[(i + k) % len(_REGIONS)] for i in range(config["regions"])] for k in range(samples)]
        return {"input": draw.spaced(case.shape, -2, 2), "rois": torch.tensor(regions)}

    def forward(config: Config, tensors: Tensors) -> Tensors:
        # Only what makes these vectors needs it.
        from torchvision import ops

        boxes = list(tensors["rois"])
        chosen = {name: config[name] for name in (*arguments, *values)}
        output = getattr(ops, function)(tensors["input"], boxes, config["output_size"], config["spatial_scale"], **chosen)
        # No gradient flows to the regions: torchvision has none, which counts as zeros.
        return {"output": output.unflatten(0, (len(boxes), -1)) + 0 * tensors["rois"].sum()}

    return layer(draw, forward, defaults(**values))


OPS = {
    "max_pool2d": _pool(F.max_pool2d, "stride", draw=_spaced, padding=0, dilation=1, ceil_mode=False),
    "avg_pool2d": _pool(F.avg_pool2d, "stride", padding=0, ceil_mode=False, count_include_pad=True),
    "adaptive_avg_pool2d": _pool(F.adaptive_avg_pool2d, "output_size"),
    "adaptive_max_pool2d": _pool(F.adaptive_max_pool2d, "output_size", draw=_spaced),
    "max_pool1d": _over_time(F.max_pool1d, "stride", draw=_spaced, padding=0, dilation=1, ceil_mode=False),
    "avg_pool1d": _over_time(F.avg_pool1d, "stride", padding=0, ceil_mode=False, count_include_pad=True),
    "global_avg_pool2d": _pool(F.adaptive_avg_pool2d, "output_size"),
    "max_unpool2d": _unpool(),
    "roi_pool": _regions("roi_pool"),
    "roi_align": _regions("roi_align", sampling_ratio=-1, aligned=False),
    "upsample_nearest2d": _upsample("nearest"),
    "upsample_bilinear2d": _upsample("bilinear", align_corners=False, antialias=False),
}

"""Normalization."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from .case import Case, Config
from .draw import Draw
from .op import Op, Tensors, defaults, layer


def _affine(config: Config, draw: Draw, shape: list[int]) -> Tensors:
    """Scale and shift, where the layer has them."""
    if not config["affine"]:
        return {}
    return {"weight": draw.uniform(shape, 0.5, 1.5), "bias": 0.3 * draw.normal(*shape)}


def _batch_norm() -> Op:
    def draw(case: Case, config: Config, draw: Draw) -> Tensors:
        channels = [case.shape[1]]
        return {
            "input": 1.5 * draw.normal(*case.shape) + 0.3,
            **_affine(config, draw, channels),
            "running_mean": 0.3 * draw.normal(*channels),
            "running_var": draw.uniform(channels, 0.5, 1.5),
        }

    def forward(config: Config, tensors: Tensors) -> Tensors:
        mean, variance = tensors["running_mean"].clone(), tensors["running_var"].clone()
        output = F.batch_norm(
            tensors["input"],
            mean,
            variance,
            tensors.get("weight"),
            tensors.get("bias"),
            config["train"],
            config["momentum"],
            config["eps"],
        )
        after = {"after_running_mean": mean, "after_running_var": variance} if config["train"] else {}
        return {"output": output, **after}

    note = "running_* are before the call, after_running_* after it (train); running_var uses the unbiased variance"
    config = defaults(eps=1e-5, momentum=0.1, affine=True, note=note)
    return layer(draw, forward, config, constant=["running_mean", "running_var"])


def _layer_norm() -> Op:
    def draw(case: Case, config: Config, draw: Draw) -> Tensors:
        return {"input": 2 * draw.normal(*case.shape), **_affine(config, draw, config["normalized_shape"])}

    def forward(config: Config, tensors: Tensors) -> Tensors:
        output = F.layer_norm(
            tensors["input"], config["normalized_shape"], tensors.get("weight"), tensors.get("bias"), config["eps"]
        )
        return {"output": output}

    return layer(draw, forward, defaults(eps=1e-5, affine=True))


def _rms_norm() -> Op:
    def draw(case: Case, config: Config, draw: Draw) -> Tensors:
        weight = {"weight": draw.uniform(config["normalized_shape"], 0.5, 1.5)} if config["affine"] else {}
        return {"input": 2 * draw.normal(*case.shape) + 0.5, **weight}

    def forward(config: Config, tensors: Tensors) -> Tensors:
        output = F.rms_norm(tensors["input"], config["normalized_shape"], tensors.get("weight"), config["eps"])
        return {"output": output}

    return layer(draw, forward, defaults(eps=torch.finfo(torch.float32).eps, affine=True))


def _l2_norm() -> Op:
    """What SSD does: the channels of each position as a vector of length one, then scaled."""

    def draw(case: Case, _: Config, draw: Draw) -> Tensors:
        return {"input": draw.normal(*case.shape), "weight": draw.uniform([case.shape[1]], 0.5, 20)}

    def forward(config: Config, tensors: Tensors) -> Tensors:
        x, weight = tensors["input"], tensors["weight"]
        shape = [-1] + [1] * (x.dim() - 2)
        return {"output": F.normalize(x, dim=1, eps=config["eps"]) * weight.reshape(shape)}

    return layer(draw, forward, defaults(eps=1e-12))


def _channels(config: Config) -> int:
    """The axis of the channels: the second one; of a sequence [time, features] the last."""
    return 2 if config.get("sequence", False) else 1


def _over(function: Callable[[Tensor], Tensor], x: Tensor, channels: int) -> Tensor:
    """`function`, which takes the channels second, of values with the channels on this axis."""
    return function(x.transpose(1, channels)).transpose(1, channels)


def _group_norm() -> Op:
    def draw(case: Case, config: Config, draw: Draw) -> Tensors:
        channels = case.shape[_channels(config)]
        return {"input": 2 * draw.normal(*case.shape), **_affine(config, draw, [channels])}

    def forward(config: Config, tensors: Tensors) -> Tensors:
        def norm(x: Tensor) -> Tensor:
            return F.group_norm(x, config["groups"], tensors.get("weight"), tensors.get("bias"), config["eps"])

        return {"output": _over(norm, tensors["input"], _channels(config))}

    return layer(draw, forward, defaults(eps=1e-5, affine=True))


def _instance_norm() -> Op:
    def draw(case: Case, config: Config, draw: Draw) -> Tensors:
        channels = case.shape[_channels(config)]
        return {"input": 2 * draw.normal(*case.shape) + 0.5, **_affine(config, draw, [channels])}

    def forward(config: Config, tensors: Tensors) -> Tensors:
        def norm(x: Tensor) -> Tensor:
            return F.instance_norm(x, weight=tensors.get("weight"), bias=tensors.get("bias"), eps=config["eps"])

        return {"output": _over(norm, tensors["input"], _channels(config))}

    return layer(draw, forward, defaults(eps=1e-5, affine=False))


def _local_response_norm() -> Op:
    def draw(case: Case, _: Config, draw: Draw) -> Tensors:
        return {"input": 2 * draw.normal(*case.shape)}

    def forward(config: Config, tensors: Tensors) -> Tensors:
        numbers = (config[name] for name in ("size", "alpha", "beta", "k"))
        return {"output": F.local_response_norm(tensors["input"], *numbers)}

    return layer(draw, forward, defaults(alpha=1e-4, beta=0.75, k=1.0))


OPS = {
    "batch_norm": _batch_norm(),
    "layer_norm": _layer_norm(),
    "rms_norm": _rms_norm(),
    "l2_norm": _l2_norm(),
    "group_norm": _group_norm(),
    "instance_norm": _instance_norm(),
    "local_response_norm": _local_response_norm(),
}

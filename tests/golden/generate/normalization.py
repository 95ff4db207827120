"""Batch, layer and group normalization."""

import torch.nn.functional as F

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


def _group_norm() -> Op:
    def draw(case: Case, config: Config, draw: Draw) -> Tensors:
        return {"input": 2 * draw.normal(*case.shape), **_affine(config, draw, [case.shape[1]])}

    def forward(config: Config, tensors: Tensors) -> Tensors:
        output = F.group_norm(tensors["input"], config["groups"], tensors.get("weight"), tensors.get("bias"), config["eps"])
        return {"output": output}

    return layer(draw, forward, defaults(eps=1e-5, affine=True))


OPS = {"batch_norm": _batch_norm(), "layer_norm": _layer_norm(), "group_norm": _group_norm()}

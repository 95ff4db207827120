"""Weights that are made of parameters: `torch.nn.utils.parametrizations`."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call
from torch.nn.utils import parametrizations

from .case import Case, Config
from .draw import Draw
from .op import Op, Tensors, defaults, layer

_LAYERS = {
    "linear": nn.Linear,
    "conv1d": nn.Conv1d,
    "conv2d": nn.Conv2d,
    "depthwise_conv2d": nn.Conv2d,
    "conv_transpose1d": nn.ConvTranspose1d,
    "conv_transpose2d": nn.ConvTranspose2d,
}

_DEFAULTS: Config = {"stride": 1, "padding": 0, "groups": 1, "bias": True}


def _module(config: Config) -> nn.Module:
    kind = _LAYERS[config["layer"]]
    if config["layer"] == "linear":
        return kind(config["in"], config["out"], bias=config["bias"])
    window = {name: config[name] for name in ("stride", "padding", "groups", "bias")}
    return kind(config["in"], config["out"], config["kernel"], **window)


def _drawn(case: Case, config: Config, draw: Draw) -> Tensors:
    """The input, the weight and the bias."""
    module = _module(config)
    fan_in = module.weight[0].numel()
    tensors = {"input": draw.normal(*case.shape), "weight": draw.parameter(list(module.weight.shape), fan_in)}
    if config["bias"]:
        tensors["bias"] = draw.parameter([config["out"]], fan_in)
    return tensors


def _weight_norm() -> Op:
    def draw(case: Case, config: Config, draw: Draw) -> Tensors:
        tensors = _drawn(case, config, draw)
        direction = tensors.pop("weight")
        length = torch.norm_except_dim(direction, 2, 0)
        # Others than the lengths that they begin as.
        tensors["weight.g"] = length * draw.uniform(list(length.shape), 0.5, 1.5)
        return tensors | {"weight.v": direction}

    def forward(config: Config, tensors: Tensors) -> Tensors:
        module = parametrizations.weight_norm(_module(config).to(tensors["input"].dtype))
        state = {
            "parametrizations.weight.original0": tensors["weight.g"],
            "parametrizations.weight.original1": tensors["weight.v"],
        }
        if config["bias"]:
            state["bias"] = tensors["bias"]
        return {"output": functional_call(module, state, (tensors["input"],))}

    return layer(draw, forward, defaults(**_DEFAULTS))


def _spectral_norm() -> Op:
    def draw(case: Case, config: Config, draw: Draw) -> Tensors:
        tensors = _drawn(case, config, draw)
        weight = tensors.pop("weight")
        matrix = (weight.transpose(0, 1) if "transpose" in config["layer"] else weight).flatten(1)
        u, v = draw.normal(matrix.shape[0]), draw.normal(matrix.shape[1])
        # On their way to the singular vectors, and not there yet.
        for _ in range(3):
            u = F.normalize(matrix @ v, dim=0)
            v = F.normalize(matrix.T @ u, dim=0)
        return tensors | {"weight.original": weight, "weight.u": u, "weight.v": v}

    def forward(config: Config, tensors: Tensors) -> Tensors:
        module = parametrizations.spectral_norm(_module(config).to(tensors["input"].dtype))
        module.train(config["train"])
        vectors = {name: tensors[f"weight.{name}"].clone() for name in ("u", "v")}
        state = {"parametrizations.weight.original": tensors["weight.original"]}
        state |= {f"parametrizations.weight.0._{name}": vector for name, vector in vectors.items()}
        if config["bias"]:
            state["bias"] = tensors["bias"]
        output = functional_call(module, state, (tensors["input"],))
        return {"output": output} | {f"after_weight.{name}": vector for name, vector in vectors.items()}

    return layer(draw, forward, defaults(**_DEFAULTS, train=True), constant=("weight.u", "weight.v"))


OPS = {"weight_norm": _weight_norm(), "spectral_norm": _spectral_norm()}

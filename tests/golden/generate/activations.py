"""Element-wise activations, and those over the channels."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from .case import Case, Config
from .draw import Draw
from .op import Op, Tensors, defaults, layer


def _spaced(low: float, high: float) -> Callable[[Case, Config, Draw], Tensors]:
    """The values of the line if it has them, or else numbers between these two."""

    def draw(case: Case, _: Config, draw: Draw) -> Tensors:
        values = case.line.get("values")
        return {"input": draw.spaced(case.shape, low, high) if values is None else torch.tensor(values)}

    return draw


_AROUND_ZERO = _spaced(-6, 6)
_POSITIVE = _spaced(0, 6)


def _elementwise(
    function: Callable[..., Tensor], draw: Callable[[Case, Config, Draw], Tensors] = _AROUND_ZERO, **arguments: object
) -> Op:
    """`function` of the input, and of the arguments that the configuration gives it."""

    def forward(config: Config, tensors: Tensors) -> Tensors:
        return {"output": function(tensors["input"], **{name: config[name] for name in arguments})}

    return layer(draw, forward, defaults(**arguments))


def _prelu() -> Op:
    def draw(case: Case, config: Config, draw: Draw) -> Tensors:
        return _AROUND_ZERO(case, config, draw) | {"weight": draw.uniform([config["num_parameters"]], 0.1, 0.5)}

    def forward(_: Config, tensors: Tensors) -> Tensors:
        return {"output": F.prelu(tensors["input"], tensors["weight"])}

    return layer(draw, forward)


def _logits(case: Case, _: Config, draw: Draw) -> Tensors:
    # In images so far from zero that exp overflows unless the largest is subtracted first.
    return {"input": 2 * draw.normal(*case.shape) + (100 if len(case.shape) > 2 else 0)}


def _maxout() -> Op:
    def forward(config: Config, tensors: Tensors) -> Tensors:
        dim = config["dim"]
        return {"output": torch.unflatten(tensors["input"], dim, (-1, config["k"])).max(dim + 1).values}

    return layer(_AROUND_ZERO, forward, defaults(dim=1, formula="out[:,j] = max over i<k of in[:, j*k+i]"))


OPS = {
    "sigmoid": _elementwise(torch.sigmoid),
    "tanh": _elementwise(torch.tanh),
    "relu": _elementwise(F.relu),
    "relu6": _elementwise(F.relu6),
    "leaky_relu": _elementwise(F.leaky_relu, negative_slope=0.01),
    "elu": _elementwise(F.elu, alpha=1.0),
    "selu": _elementwise(F.selu),
    "gelu": _elementwise(F.gelu, approximate="none"),
    "silu": _elementwise(F.silu),
    "softplus": _elementwise(F.softplus, beta=1.0, threshold=20.0),
    "hardsigmoid": _elementwise(F.hardsigmoid),
    "hardswish": _elementwise(F.hardswish),
    "log_sigmoid": _elementwise(F.logsigmoid),
    "softsign": _elementwise(F.softsign),
    "mish": _elementwise(F.mish),
    "abs": _elementwise(torch.abs),
    "sqrt": _elementwise(torch.sqrt, _POSITIVE),
    "log": _elementwise(torch.log, _POSITIVE),
    "prelu": _prelu(),
    "softmax": _elementwise(F.softmax, _logits, dim=1),
    "softmin": _elementwise(F.softmin, _logits, dim=1),
    "glu": _elementwise(F.glu, dim=1),
    "log_softmax": _elementwise(F.log_softmax, _logits, dim=1),
    "maxout": _maxout(),
}

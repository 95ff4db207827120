"""Gradients clipped by their norm or by value."""

import torch
from torch.nn.utils import clip_grad_norm_, clip_grad_value_

from .case import Case, Config
from .draw import Draw
from .op import Op, Tensors, defaults

_SHAPES = [[3, 4], [5], [2, 2, 3]]


def _draw(_: Case, __: Config, draw: Draw) -> Tensors:
    return {f"grad{i}": draw.normal(*shape) for i, shape in enumerate(_SHAPES)}


def _parameters(sources: Tensors) -> list[torch.Tensor]:
    """Parameters with these gradients; their own values do not matter."""
    parameters = []
    for grad in sources.values():
        parameter = torch.zeros_like(grad, requires_grad=True)
        parameter.grad = grad.clone()
        parameters.append(parameter)
    return parameters


def _clipped(parameters: list[torch.Tensor]) -> Tensors:
    return {f"clipped{i}": parameter.grad for i, parameter in enumerate(parameters) if parameter.grad is not None}


def _by_norm(_: Case, config: Config, sources: Tensors) -> Tensors:
    parameters = _parameters(sources)
    norm = clip_grad_norm_(parameters, config["max_norm"], float(config["norm_type"]))
    return _clipped(parameters) | {"total_norm": norm}


def _by_value(_: Case, config: Config, sources: Tensors) -> Tensors:
    parameters = _parameters(sources)
    clip_grad_value_(parameters, config["clip_value"])
    return _clipped(parameters)


OPS = {
    "clip_grad_norm": Op(defaults(note="coef = min(1, max_norm / (total + 1e-6))"), _draw, _by_norm, measured=False),
    "clip_grad_value": Op(defaults(), _draw, _by_value, measured=False),
}

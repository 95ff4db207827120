"""Ten steps of each optimizer on a small problem."""

import torch
from torch import optim

from .case import Case, Config
from .draw import Draw
from .op import Op, Tensors, defaults

STEPS = 10


def _draw(_: Case, __: Config, draw: Draw) -> Tensors:
    return {
        "input": draw.normal(8, 4),
        "target": draw.normal(8, 3),
        "W_step0": draw.parameter([3, 4], 4),
        "b_step0": draw.parameter([3], 4),
    }


def _compute(_: Case, config: Config, sources: Tensors) -> Tensors:
    parameters = {name: sources[f"{name}_step0"].clone().requires_grad_() for name in ("W", "b")}
    optimizer = _optimizer(config, list(parameters.values()))
    results: Tensors = {}
    losses = []
    for step in range(1, STEPS + 1):
        optimizer.zero_grad()
        output = torch.tanh(sources["input"] @ parameters["W"].T + parameters["b"])
        loss = (output - sources["target"]).square().mean()
        loss.backward()
        losses.append(loss.detach())
        for name, parameter in parameters.items():
            assert parameter.grad is not None
            results[f"grad_{name}_step{step}"] = parameter.grad.clone()
        optimizer.step()
        for name, parameter in parameters.items():
            results[f"{name}_step{step}"] = parameter.detach().clone()
    return results | {"losses": torch.stack(losses)}


def _optimizer(config: Config, parameters: list[torch.Tensor]) -> optim.Optimizer:
    arguments = {key: value for key, value in config.items() if key not in ("class", "problem")}
    if config["class"] == "AdamW":
        del arguments["decoupled_weight_decay"]  # which is what makes Adam AdamW
    optimizer: optim.Optimizer = getattr(optim, config["class"])(parameters, **arguments)
    return optimizer


OPS = {
    "optimizer": Op(
        defaults(
            problem="loss = mean((tanh(input @ W^T + b) - target)^2);"
            " grad_*_stepN are the gradients used by step N; X_stepN the value after it"
        ),
        _draw,
        _compute,
        measured=False,
    )
}

"""Steps of each optimizer on a small problem: PyTorch's, and Lion and LAMB as their papers write them."""

from collections.abc import Callable, Iterable

import torch
from torch import optim

from .case import Case, Config
from .draw import Draw
from .op import Op, Tensors, defaults

# Of a case that does not say how many.
STEPS = 10


class Lion(optim.Optimizer):
    """Chen et al. 2023, "Symbolic discovery of optimization algorithms", program 1."""

    def __init__(self, parameters: Iterable[dict[str, object]], lr: float, betas: list[float], weight_decay: float) -> None:
        super().__init__(parameters, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One step."""
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for parameter in group["params"]:
                gradient = parameter.grad
                mean = self.state[parameter].setdefault("mean", torch.zeros_like(parameter))
                update = torch.sign(beta1 * mean + (1 - beta1) * gradient)
                parameter -= group["lr"] * (update + group["weight_decay"] * parameter)
                mean.copy_(beta2 * mean + (1 - beta2) * gradient)


class LAMB(optim.Optimizer):
    """You et al. 2020, "Large batch optimization for deep learning", algorithm 2 with the identity for phi; a quotient of norms of which one is 0
    counts as 1.
    """

    def __init__(
        self, parameters: Iterable[dict[str, object]], lr: float, betas: list[float], eps: float, weight_decay: float
    ) -> None:
        super().__init__(parameters, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "t": 0})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One step."""
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            group["t"] += 1
            for parameter in group["params"]:
                gradient = parameter.grad
                state = self.state[parameter]
                m = state.setdefault("m", torch.zeros_like(parameter))
                v = state.setdefault("v", torch.zeros_like(parameter))
                m.copy_(beta1 * m + (1 - beta1) * gradient)
                v.copy_(beta2 * v + (1 - beta2) * gradient.square())
                ratio = (m / (1 - beta1 ** group["t"])) / ((v / (1 - beta2 ** group["t"])).sqrt() + group["eps"])
                update = ratio + group["weight_decay"] * parameter
                norms = float(parameter.norm()), float(update.norm())
                trust = norms[0] / norms[1] if 0.0 not in norms else 1.0
                parameter -= group["lr"] * trust * update


_OWN = {"Lion": Lion, "LAMB": LAMB}


def _draw(_: Case, config: Config, draw: Draw) -> Tensors:
    sources = {
        "input": draw.normal(8, 4),
        "target": draw.normal(8, 3),
        "W_step0": draw.parameter([3, 4], 4),
        "b_step0": draw.parameter([3], 4),
    }
    if config.get("bias") == "zero":
        sources["b_step0"] = torch.zeros(3)
    return sources


def _compute(_: Case, config: Config, sources: Tensors) -> Tensors:
    parameters = {name: sources[f"{name}_step0"].clone().requires_grad_() for name in ("W", "b")}
    optimizer = _optimizer(config, parameters)
    results: Tensors = {}
    losses = []
    for step in range(1, config.get("steps", STEPS) + 1):
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


def _optimizer(config: Config, named: dict[str, torch.Tensor]) -> optim.Optimizer:
    own = config.get("groups", {})
    parameters = [{"params": [parameter], **own.get(name, {})} for name, parameter in named.items()]
    arguments = {key: value for key, value in config.items() if key not in ("class", "problem", "steps", "bias", "groups")}
    if config["class"] == "AdamW":
        del arguments["decoupled_weight_decay"]  # which is what makes Adam AdamW
    name = config["class"]
    optimizer: optim.Optimizer = (_OWN.get(name) or getattr(optim, name))(parameters, **arguments)
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

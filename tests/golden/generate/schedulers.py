"""The learning rates that each schedule gives to thirty-one steps."""

import torch
from torch import Tensor
from torch.optim import SGD, lr_scheduler

from .case import Case, Config
from .draw import Draw
from .op import Op, Tensors

STEPS = 31


def _config(case: Case) -> Config:
    plateau = case.given["class"] == "ReduceLROnPlateau"
    note = (
        "lr[i+1] is the rate after step(lr_metric[i])"
        if plateau
        else "lr[i] is used for step i (i = scheduler.step() calls so far)"
    )
    return {"base_lr": 0.1, "note": note} | case.given


def _draw(_: Case, config: Config, __: Draw) -> Tensors:
    if config["class"] != "ReduceLROnPlateau":
        return {}
    falling = [1 / (1 + 0.3 * step) for step in range(8)]
    flat = [0.29 + 0.002 * (2 * step % 5) for step in range(8, STEPS - 1)]
    return {"lr_metric": torch.tensor(falling + flat, dtype=torch.float64)}


def _compute(_: Case, config: Config, sources: Tensors) -> Tensors:
    optimizer = SGD([torch.zeros(1, requires_grad=True)], config["base_lr"], momentum=0.9)
    cyclic = config["class"] == "CyclicLR"
    own = ("class", "note") if cyclic else ("class", "base_lr", "note")
    arguments = {key: value for key, value in config.items() if key not in own}
    scheduler = getattr(lr_scheduler, config["class"])(optimizer, **arguments)
    group = optimizer.param_groups[0]
    rates, momenta = [group["lr"]], [group["momentum"]]
    for step in range(STEPS - 1):
        optimizer.step()
        scheduler.step(*([float(sources["lr_metric"][step])] if "lr_metric" in sources else []))
        rates.append(group["lr"])
        momenta.append(group["momentum"])
    one_cycle = {"lr_momentum": _float64(momenta)} if cyclic or config["class"] == "OneCycleLR" else {}
    return {"lr": _float64(rates)} | one_cycle


def _float64(numbers: list[float]) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


OPS = {"lr_scheduler": Op(_config, _draw, _compute, measured=False)}

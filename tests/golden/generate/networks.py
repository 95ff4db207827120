"""Whole networks: one pass, its gradients, and a few steps of training on the same batch; also two networks against each other."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn, optim
from torch.nn.utils import clip_grad_norm_

from .case import Case, Config
from .draw import Draw
from .models import MODELS, discriminator, generator
from .op import Op, Tensors


def _config(case: Case) -> Config:
    arch = str(MODELS[case.line["model"]]())
    return {"arch": arch, "optimizer": None, "clip_grad_norm": None, "train": True, "steps": 3} | case.given


def _draw(case: Case, config: Config, draw: Draw) -> Tensors:
    model = _initialized(MODELS[case.line["model"]], draw, statistics=not config["train"])
    inputs = _inputs(model, case.shape, draw)
    target = _target(config["loss"], model.eval()(inputs), draw)
    return {"input": inputs, "target": target} | _state(model)


def _initialized(make: Callable[[], nn.Module], draw: Draw, statistics: bool) -> nn.Module:
    """A network with PyTorch's initialization; its batch norms with `statistics` look as after some training."""
    with torch.random.fork_rng():
        torch.manual_seed(draw.seed())
        model = make()
    for module in model.modules():
        if statistics and isinstance(module, nn.BatchNorm2d):
            shape = list(module.weight.shape)
            with torch.no_grad():
                module.weight.copy_(draw.uniform(shape, 0.5, 1.5))
                module.bias.copy_(0.3 * draw.normal(*shape))
            assert module.running_mean is not None and module.running_var is not None
            module.running_mean.copy_(0.2 * draw.normal(*shape))
            module.running_var.copy_(draw.uniform(shape, 0.5, 1.5))
    return model


def _inputs(model: nn.Module, shape: list[int], draw: Draw) -> Tensor:
    for module in model.modules():
        if isinstance(module, nn.Embedding):
            return draw.classes(shape, module.num_embeddings)
    return draw.normal(*shape)


def _target(loss: str, output: Tensor, draw: Draw) -> Tensor:
    *positions, last = output.shape
    match loss.split()[0]:
        case "cross_entropy":
            return draw.classes(positions, last)
        case "mse":
            return draw.uniform([*positions, last], -1, 1)
        case _:
            return draw.classes([*positions, last], 2).float()


def _loss(loss: str, output: Tensor, target: Tensor) -> Tensor:
    match loss.split()[0]:
        case "cross_entropy":
            return F.cross_entropy(output.flatten(0, -2), target.flatten())
        case "mse":
            return F.mse_loss(output, target)
        case "bce":
            return F.binary_cross_entropy(output, target)
        case "bce_with_logits":
            return F.binary_cross_entropy_with_logits(output, target)
        case name:
            raise ValueError(f"the loss {name} is not known to the generator yet")


def _optimizer(words: str, model: nn.Module) -> optim.Optimizer:
    """`SGD lr 0.05 momentum 0.9`, `Adam lr 2e-4 betas 0.5,0.999`"""
    name, *rest = words.removesuffix(" for both").split()
    arguments: Config = {}
    for key, value in zip(rest[::2], rest[1::2]):
        numbers = [float(number) for number in value.split(",")]
        arguments[key] = numbers[0] if len(numbers) == 1 else tuple(numbers)
    optimizer: optim.Optimizer = getattr(optim, name)(model.parameters(), **arguments)
    return optimizer


def _state(model: nn.Module, prefix: str = "") -> Tensors:
    """Parameters and buffers, without the counts of batches."""
    state = model.state_dict().items()
    return {prefix + name: tensor.detach().clone() for name, tensor in state if tensor.is_floating_point()}


def _grads(model: nn.Module, prefix: str = "") -> Tensors:
    named = model.named_parameters()
    return {f"grad_{prefix}{name}": p.grad.clone() for name, p in named if p.grad is not None}


def _loaded(model: nn.Module, sources: Tensors, prefix: str = "") -> nn.Module:
    """The network with the sources' parameters and in their precision."""
    state = {name: sources[prefix + name] for name in _state(model)}
    model.to(next(iter(state.values())).dtype).load_state_dict(state, strict=False)
    return model


def _compute(case: Case, config: Config, sources: Tensors) -> Tensors:
    model = _loaded(MODELS[case.line["model"]](), sources).train(config["train"])
    optimizer = _optimizer(config["optimizer"], model) if config["optimizer"] else None
    inputs = sources["input"].clone()
    inputs.requires_grad_(inputs.is_floating_point())
    steps = config["steps"]
    results: Tensors = {}
    losses = []
    for step in range(1, max(steps, 1) + 1):
        model.zero_grad()
        output = model(inputs)
        loss = _loss(config["loss"], output, sources["target"])
        loss.backward()
        losses.append(loss.detach())
        if step == 1:
            results |= {"output": output, "loss": loss}
            if inputs.grad is not None:
                results["grad_input"] = inputs.grad.clone()
            results |= _grads(model)
        if config["clip_grad_norm"] is not None:
            norm = clip_grad_norm_(model.parameters(), config["clip_grad_norm"])
            results.setdefault("total_norm", norm)
        if optimizer is not None:
            optimizer.step()
        if steps > 0 and step in case.line.get("after", [steps]):
            results |= _state(model, f"after{step}_")
    return results | ({"losses": torch.stack(losses)} if steps > 0 else {})


_GAN_STEPS = 3


def _gan_config(case: Case) -> Config:
    return {
        "arch": {"G": str(generator()), "D": str(discriminator())},
        "losses": "[step][D real, D fake, G]",
        "steps": "per iteration: fake=G(z); D grads from bce(D(real),1)+bce(D(fake.detach()),0); D step;"
        " G grads from bce(D_updated(fake),1); G step;"
        " BN in train mode, three D forward passes per iteration update its running stats",
    } | case.given


def _gan_draw(case: Case, _: Config, draw: Draw) -> Tensors:
    g = _initialized(generator, draw, statistics=False)
    d = _initialized(discriminator, draw, statistics=False)
    z = draw.normal(*case.shape)
    real = draw.uniform(list(g.eval()(z).shape), -1, 1)
    return {"z": z, "real": real} | _state(g, "G.") | _state(d, "D.")


def _gan_compute(_: Case, config: Config, sources: Tensors) -> Tensors:
    g, d = _loaded(generator(), sources, "G."), _loaded(discriminator(), sources, "D.")
    g_optimizer, d_optimizer = _optimizer(config["optimizer"], g), _optimizer(config["optimizer"], d)
    results: Tensors = {}
    losses = []
    for step in range(1, _GAN_STEPS + 1):
        fake = g(sources["z"])
        d.zero_grad()
        on_real = _towards(d(sources["real"]), 1)
        on_fake = _towards(d(fake.detach()), 0)
        (on_real + on_fake).backward()
        if step == 1:
            results |= {"fake": fake} | _grads(d, "D.")
        d_optimizer.step()

        g.zero_grad()
        on_g = _towards(d(fake), 1)
        on_g.backward()
        if step == 1:
            results |= _grads(g, "G.")
        g_optimizer.step()
        losses.append(torch.stack([on_real, on_fake, on_g]))
    after = _state(g, f"after{_GAN_STEPS}_G.") | _state(d, f"after{_GAN_STEPS}_D.")
    return results | {"losses": torch.stack(losses)} | after


def _towards(output: Tensor, label: float) -> Tensor:
    return F.binary_cross_entropy(output, torch.full_like(output, label))


OPS = {"network": Op(_config, _draw, _compute), "gan": Op(_gan_config, _gan_draw, _gan_compute, name="network")}

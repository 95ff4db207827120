"""What a network looks at: saliency, Grad-CAM, attacks, class visualization and feature inversion of one small network, in evaluation."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from .case import Case, Config
from .draw import Draw
from .op import Op, Tensors, defaults

Function = Callable[[Tensor], Tensor]


def _draw(case: Case, _: Config, draw: Draw) -> Tensors:
    return {
        "input": draw.uniform(case.shape, 0.0, 1.0),
        "target": draw.classes([case.shape[0]], 5),
        "start": 0.1 * draw.normal(*case.shape),
        "conv1.weight": draw.parameter([4, 2, 3, 3], 18),
        "conv1.bias": draw.parameter([4], 18),
        "conv2.weight": 3 * draw.parameter([6, 4, 3, 3], 36),
        "conv2.bias": draw.parameter([6], 36),
        "fc.weight": 2 * draw.parameter([5, 96], 96),
        "fc.bias": draw.parameter([5], 96),
    }


def _maps(sources: Tensors, x: Tensor) -> Tensor:
    """What the second convolution gives after its ReLU."""
    x = F.max_pool2d(F.softplus(F.conv2d(x, sources["conv1.weight"], sources["conv1.bias"], padding=1)), 2)
    return F.relu(F.conv2d(x, sources["conv2.weight"], sources["conv2.bias"], padding=1))


def _logits(sources: Tensors, maps: Tensor) -> Tensor:
    return F.linear(maps.flatten(1), sources["fc.weight"], sources["fc.bias"])


def _gradient(function: Function, x: Tensor) -> Tensor:
    x = x.detach().clone().requires_grad_()
    return torch.autograd.grad(function(x), x)[0]


def _total_variation(x: Tensor) -> Tensor:
    return (x[..., 1:, :] - x[..., :-1, :]).square().sum() + (x[..., 1:] - x[..., :-1]).square().sum()


def _blurred(x: Tensor, deviation: float) -> Tensor:
    """Along one axis after the other; beyond a border the image goes on as at the border."""
    radius = int(torch.tensor(3 * deviation).ceil())
    places = torch.arange(-radius, radius + 1, dtype=x.dtype)
    weights = torch.exp(-0.5 * (places / deviation) ** 2)
    weights = (weights / weights.sum()).expand(x.shape[1], 1, 1, -1)
    x = F.conv2d(F.pad(x, (radius, radius, 0, 0), "replicate"), weights, groups=x.shape[1])
    return F.conv2d(F.pad(x, (0, 0, radius, radius), "replicate"), weights.mT, groups=x.shape[1])


def _ascent(config: Config, start: Tensor, grows: Function) -> Tensor:
    x = start
    for step in range(1, config["steps"] + 1):

        def regularized(x: Tensor) -> Tensor:
            return grows(x) - config["l2"] * x.square().sum() - config["total_variation"] * _total_variation(x)

        x = x + config["rate"] * _gradient(regularized, x)
        if step % config["blur_every"] == 0:
            x = _blurred(x, config["blur"])
    return x


def _compute(_: Case, config: Config, sources: Tensors) -> Tensors:
    x, target, epsilon = sources["input"], sources["target"], config["epsilon"]

    def score(logits: Tensor) -> Tensor:
        return logits.gather(1, target[:, None]).sum()

    def loss(x: Tensor) -> Tensor:
        return F.cross_entropy(_logits(sources, _maps(sources, x)), target)

    maps = _maps(sources, x)
    weights = _gradient(lambda maps: score(_logits(sources, maps)), maps).mean((2, 3), keepdim=True)
    attacked = x
    for _step in range(config["steps"]):
        attacked = attacked + config["step"] * _gradient(loss, attacked).sign()
        attacked = attacked.clamp(x - epsilon, x + epsilon).clamp(0.0, 1.0)
    squares = maps.square().sum((1, 2, 3))

    def nearness(x: Tensor) -> Tensor:
        return -((_maps(sources, x) - maps).square().sum((1, 2, 3)) / squares).sum()

    return {
        "saliency": _gradient(lambda x: score(_logits(sources, _maps(sources, x))), x),
        "grad_cam": F.relu((weights * maps).sum(1, keepdim=True)),
        "fgsm": x + epsilon * _gradient(loss, x).sign(),
        "pgd": attacked,
        "visualized": _ascent(config, sources["start"], lambda x: score(_logits(sources, _maps(sources, x)))),
        "inverted": _ascent(config, sources["start"], nearness),
    }


_CONFIG = defaults(epsilon=0.05, step=0.02, steps=7, rate=0.3, l2=0.02, total_variation=0.05, blur=0.6, blur_every=3, classes=5)

OPS = {"explain": Op(_CONFIG, _draw, _compute)}

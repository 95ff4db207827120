"""Losses: the value, and the gradient with respect to the input."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from .case import Case, Config
from .draw import Draw
from .op import Op, Tensors, defaults, layer

_CONSTANT = ["target", "weight", "pos_weight"]

Source = Callable[[list[int], Draw], Tensor]


def _scores(shape: list[int], draw: Draw) -> Tensor:
    return 2 * draw.normal(*shape)


def _probabilities(shape: list[int], draw: Draw) -> Tensor:
    return draw.uniform(shape, 0.05, 0.95)


def _log_probabilities(shape: list[int], draw: Draw) -> Tensor:
    return _scores(shape, draw).log_softmax(1)


def _distributions(shape: list[int], draw: Draw) -> Tensor:
    return _scores(shape, draw).softmax(1)


def _labels(shape: list[int], draw: Draw) -> Tensor:
    """0 or 1."""
    return draw.classes(shape, 2).float()


def _signs(shape: list[int], draw: Draw) -> Tensor:
    """-1 or 1."""
    return 2 * _labels(shape, draw) - 1


def _classes(shape: list[int], draw: Draw) -> Tensor:
    """A class for each position; the second axis is that of the scores."""
    return draw.classes([shape[0], *shape[2:]], shape[1])


def _loss(function: Callable[..., Tensor], inputs: Source, targets: Source, **values: object) -> Op:
    """`function` of input and target, and of the arguments that the configuration gives it."""

    def draw(case: Case, _: Config, draw: Draw) -> Tensors:
        return {"input": inputs(case.shape, draw), "target": targets(case.shape, draw)}

    def forward(config: Config, tensors: Tensors) -> Tensors:
        chosen = {name: config[name] for name in values if name not in ("formula", "input")}
        return {"output": function(tensors["input"], tensors["target"], **chosen)}

    return layer(draw, forward, defaults(**values), _CONSTANT)


def _bce_with_logits() -> Op:
    def draw(case: Case, config: Config, draw: Draw) -> Tensors:
        tensors = {"input": _scores(case.shape, draw), "target": _labels(case.shape, draw)}
        if config.get("pos_weight"):
            tensors["pos_weight"] = draw.uniform([case.shape[1]], 0.5, 2.5)
        return tensors

    def forward(config: Config, tensors: Tensors) -> Tensors:
        output = F.binary_cross_entropy_with_logits(
            tensors["input"], tensors["target"], pos_weight=tensors.get("pos_weight"), reduction=config["reduction"]
        )
        return {"output": output}

    return layer(draw, forward, defaults(reduction="mean"), _CONSTANT)


def _cross_entropy() -> Op:
    def draw(case: Case, config: Config, draw: Draw) -> Tensors:
        soft = config.get("target") == "probabilities"
        target = (_distributions if soft else _classes)(case.shape, draw)
        if "ignore_index" in config:
            target[1] = config["ignore_index"]
        tensors = {"input": _scores(case.shape, draw), "target": target}
        if config.get("weight"):
            tensors["weight"] = draw.uniform([case.shape[1]], 0.5, 1.5)
        return tensors

    def forward(config: Config, tensors: Tensors) -> Tensors:
        chosen = {name: config[name] for name in ("ignore_index", "label_smoothing") if name in config}
        output = F.cross_entropy(
            tensors["input"], tensors["target"], tensors.get("weight"), reduction=config["reduction"], **chosen
        )
        return {"output": output}

    return layer(draw, forward, defaults(reduction="mean"), _CONSTANT)


def _kl_div() -> Op:
    def draw(case: Case, config: Config, draw: Draw) -> Tensors:
        targets = _log_probabilities if config["log_target"] else _distributions
        return {"input": _log_probabilities(case.shape, draw), "target": targets(case.shape, draw)}

    def forward(config: Config, tensors: Tensors) -> Tensors:
        output = F.kl_div(tensors["input"], tensors["target"], reduction=config["reduction"], log_target=config["log_target"])
        return {"output": output}

    return layer(draw, forward, defaults(reduction="mean", log_target=False), _CONSTANT)


def _focal(x: Tensor, target: Tensor, alpha: float, gamma: float, reduction: str) -> Tensor:
    """Lin et al. 2017, "Focal Loss for Dense Object Detection"."""
    p = torch.sigmoid(x)
    p_t = p * target + (1 - p) * (1 - target)
    alpha_t = alpha * target + (1 - alpha) * (1 - target)
    entropy = F.binary_cross_entropy_with_logits(x, target, reduction="none")
    losses = alpha_t * (1 - p_t) ** gamma * entropy
    return losses.mean() if reduction == "mean" else losses.sum()


def _hinge(x: Tensor, target: Tensor) -> Tensor:
    return (1 - target * x).clamp(min=0).mean()


def _svm_hinge(x: Tensor, target: Tensor, margin: float) -> Tensor:
    return F.multi_margin_loss(x, target, margin=margin) * x.shape[1]


OPS = {
    "l1_loss": _loss(F.l1_loss, _scores, _scores, reduction="mean"),
    "mse_loss": _loss(F.mse_loss, _scores, _scores, reduction="mean"),
    "huber_loss": _loss(F.huber_loss, _scores, _scores, reduction="mean", delta=1.0),
    "smooth_l1_loss": _loss(F.smooth_l1_loss, _scores, _scores, reduction="mean", beta=1.0),
    "hinge_embedding_loss": _loss(F.hinge_embedding_loss, _scores, _signs, margin=1.0),
    "hinge_loss": _loss(_hinge, _scores, _signs, formula="mean(max(0, 1 - t*x)), t in {-1, 1}"),
    "multi_margin_loss": _loss(
        F.multi_margin_loss,
        _scores,
        _classes,
        reduction="mean",
        margin=1.0,
        p=1,
        formula="per row sum_{j!=y} max(0, 1 - x[y] + x[j]) / C; mean over rows" " (multi-class SVM hinge, torch divides by C)",
    ),
    "svm_hinge": _loss(
        _svm_hinge,
        _scores,
        _classes,
        margin=1.0,
        formula="mean over rows of sum_{j!=y} max(0, 1 - x[y] + x[j]) (CS231n: no division by C)",
    ),
    "bce": _loss(F.binary_cross_entropy, _probabilities, _labels, reduction="mean"),
    "bce_with_logits": _bce_with_logits(),
    "cross_entropy": _cross_entropy(),
    "nll_loss": _loss(F.nll_loss, _log_probabilities, _classes, reduction="mean", input="log-probabilities"),
    "sigmoid_focal_loss": _loss(
        _focal,
        _scores,
        _labels,
        reduction="mean",
        alpha=0.25,
        gamma=2.0,
        formula="a_t*(1-p_t)^gamma*bce_with_logits(x,t); p=sigmoid(x), p_t=p*t+(1-p)*(1-t)," " a_t=alpha*t+(1-alpha)*(1-t)",
    ),
    "kl_div": _kl_div(),
}

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


def _epsilon_insensitive(x: Tensor, target: Tensor, epsilon: float, reduction: str) -> Tensor:
    """Vapnik 1995."""
    losses = ((x - target).abs() - epsilon).clamp(min=0)
    return losses.mean() if reduction == "mean" else losses.sum()


def _softmax_focal() -> Op:
    """Lin et al. 2017 with a softmax; the mean divides by the weights, as that of cross-entropy does."""

    def draw(case: Case, _: Config, draw: Draw) -> Tensors:
        weight = draw.uniform([case.shape[1]], 0.5, 1.5)
        return {"input": _scores(case.shape, draw), "target": _classes(case.shape, draw), "weight": weight}

    def forward(config: Config, tensors: Tensors) -> Tensors:
        entropy = F.cross_entropy(tensors["input"], tensors["target"], reduction="none")
        weights = tensors["weight"][tensors["target"]]
        losses = weights * (1 - (-entropy).exp()) ** config["gamma"] * entropy
        return {"output": losses.sum() / weights.sum()}

    return layer(draw, forward, defaults(gamma=2.0, reduction="mean"), _CONSTANT)


def _dice() -> Op:
    """Milletari et al. 2016, smoothed: of classes the mean over samples and classes, of numbers over samples."""

    def draw(case: Case, config: Config, draw: Draw) -> Tensors:
        targets = _classes if config["target"] == "classes" else _labels
        return {"input": _scores(case.shape, draw), "target": targets(case.shape, draw)}

    def forward(config: Config, tensors: Tensors) -> Tensors:
        x, target = tensors["input"], tensors["target"]
        if config["target"] == "classes":
            p, t = x.softmax(1).flatten(2), F.one_hot(target, x.shape[1]).movedim(-1, 1).flatten(2).to(x.dtype)
        else:
            p, t = x.sigmoid().flatten(1), target.flatten(1)
        below = (p**2 + t**2 if config["squared"] else p + t).sum(-1)
        losses = 1 - (2 * (p * t).sum(-1) + config["smooth"]) / (below + config["smooth"])
        return {"output": losses.mean() if config["reduction"] == "mean" else losses.sum()}

    return layer(draw, forward, defaults(reduction="mean", target="classes", smooth=1.0, squared=False), _CONSTANT)


def _multilabel_soft_margin() -> Op:
    def draw(case: Case, _: Config, draw: Draw) -> Tensors:
        weight = draw.uniform([case.shape[1]], 0.5, 1.5)
        return {"input": _scores(case.shape, draw), "target": _labels(case.shape, draw), "weight": weight}

    def forward(config: Config, tensors: Tensors) -> Tensors:
        x, target, weight = tensors["input"], tensors["target"], tensors["weight"]
        return {"output": F.multilabel_soft_margin_loss(x, target, weight, reduction=config["reduction"])}

    return layer(draw, forward, defaults(reduction="mean"), _CONSTANT)


def _poisson_nll() -> Op:
    def draw(case: Case, config: Config, draw: Draw) -> Tensors:
        rates = draw.normal(*case.shape) if config["log_input"] else draw.uniform(case.shape, 0.1, 5.0)
        return {"input": rates, "target": draw.classes(case.shape, 6).float()}

    def forward(config: Config, tensors: Tensors) -> Tensors:
        chosen = {name: config[name] for name in ("log_input", "full", "reduction")}
        return {"output": F.poisson_nll_loss(tensors["input"], tensors["target"], **chosen)}

    return layer(draw, forward, defaults(reduction="mean", log_input=True, full=False), _CONSTANT)


def _gaussian_nll() -> Op:
    def draw(case: Case, config: Config, draw: Draw) -> Tensors:
        variances = [case.shape[0], 1] if config["one"] else case.shape
        tensors = {"input": _scores(case.shape, draw), "var": draw.uniform(variances, 0.2, 3.0)}
        # One below eps, which is taken for eps.
        if config["eps"] > 0.1:
            tensors["var"][0, 0] = 0.5 * config["eps"]
        return tensors | {"target": _scores(case.shape, draw)}

    def forward(config: Config, tensors: Tensors) -> Tensors:
        chosen = {name: config[name] for name in ("full", "eps", "reduction")}
        return {"output": F.gaussian_nll_loss(tensors["input"], tensors["target"], tensors["var"], **chosen)}

    return layer(draw, forward, defaults(reduction="mean", full=False, eps=1e-6, one=False), _CONSTANT)


def _triplet_margin() -> Op:
    names = ("anchor", "positive", "negative")

    def draw(case: Case, _: Config, draw: Draw) -> Tensors:
        return {name: _scores(case.shape, draw) for name in names}

    def forward(config: Config, tensors: Tensors) -> Tensors:
        return {"output": F.triplet_margin_loss(*(tensors[name] for name in names), **config)}

    return layer(draw, forward, defaults(reduction="mean", margin=1.0, p=2.0, swap=False), _CONSTANT)


def _cosine_embedding() -> Op:
    def draw(case: Case, _: Config, draw: Draw) -> Tensors:
        first, second = _scores(case.shape, draw), _scores(case.shape, draw)
        return {"input1": first, "input2": second, "target": _signs([case.shape[0]], draw)}

    def forward(config: Config, tensors: Tensors) -> Tensors:
        return {"output": F.cosine_embedding_loss(tensors["input1"], tensors["input2"], tensors["target"], **config)}

    return layer(draw, forward, defaults(reduction="mean", margin=0.0), _CONSTANT)


def _ctc() -> Op:
    """Of [samples, steps, classes]; a target ends at its first blank."""

    def draw(case: Case, config: Config, draw: Draw) -> Tensors:
        samples, steps, classes = case.shape
        target = torch.full([samples, config["most"]], config["blank"])
        labels = [label for label in range(classes) if label != config["blank"]]
        for sample, length in enumerate(config["lengths"]):
            target[sample, :length] = torch.tensor(labels)[draw.classes([length], len(labels))]
        # Equal labels in a row.
        target[0, 1] = target[0, 0]
        scores = _scores(case.shape, draw).log_softmax(2)
        return {"input": scores, "target": target, "input_lengths": torch.tensor(config["steps"])}

    def forward(config: Config, tensors: Tensors) -> Tensors:
        output = F.ctc_loss(
            tensors["input"].transpose(0, 1),
            tensors["target"],
            tensors["input_lengths"],
            torch.tensor(config["lengths"]),
            blank=config["blank"],
            reduction=config["reduction"],
            zero_infinity=config["zero_infinity"],
        )
        return {"output": output}

    return layer(draw, forward, defaults(reduction="mean", blank=0, zero_infinity=False), _CONSTANT)


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
    "epsilon_insensitive": _loss(
        _epsilon_insensitive, _scores, _scores, reduction="mean", epsilon=0.1, formula="max(0, |x - t| - epsilon)"
    ),
    "softmax_focal": _softmax_focal(),
    "dice": _dice(),
    "multilabel_soft_margin_loss": _multilabel_soft_margin(),
    "poisson_nll_loss": _poisson_nll(),
    "gaussian_nll_loss": _gaussian_nll(),
    "triplet_margin_loss": _triplet_margin(),
    "cosine_embedding_loss": _cosine_embedding(),
    "ctc_loss": _ctc(),
}

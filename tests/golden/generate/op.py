"""What an operation is to the generator, and the gradients of a layer."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import torch
from torch import Tensor

from .case import Case, Config
from .draw import Draw

Tensors = dict[str, Tensor]


@dataclass(frozen=True)
class Op:
    """An operation: where its numbers come from and what is computed from them."""

    # The configuration as the file stores it.
    config: Callable[[Case], Config]
    # The sources: inputs, parameters, upstream gradients, targets; float32 or int64.
    draw: Callable[[Case, Config, Draw], Tensors]
    # The results, from the sources in float32 or float64.
    compute: Callable[[Case, Config, Tensors], Tensors]
    # Whether the file says how far PyTorch's own float32 results are off.
    measured: bool = True
    # The name that the files have it under, if not that of the table.
    name: str | None = None


def defaults(**values: object) -> Callable[[Case], Config]:
    """The configuration of a line, completed with these values."""
    return lambda case: values | case.given


def layer(
    draw: Callable[[Case, Config, Draw], Tensors],
    forward: Callable[[Config, Tensors], Tensors],
    config: Callable[[Case], Config] = defaults(),
    constant: Collection[str] = (),
) -> Op:
    """A layer or loss: `draw` gives inputs and parameters, `forward` the outputs, autograd the gradients of everything but the
    integers and what is named `constant`. Outputs named `after_…` are new states, through which no gradient flows.
    """

    def draw_with_upstream(case: Case, config: Config, draw_: Draw) -> Tensors:
        tensors = draw(case, config, draw_)
        for name, output in _differentiable(forward(config, tensors)).items():
            one = output.dim() == 0
            tensors[_upstream(name)] = torch.ones(()) if one else draw_.normal(*output.shape)
        return tensors

    def compute(_: Case, config: Config, sources: Tensors) -> Tensors:
        upstreams = {name: tensor for name, tensor in sources.items() if name.startswith("grad_output")}
        own = {name: tensor.clone() for name, tensor in sources.items() if name not in upstreams}
        leaves = {name: tensor for name, tensor in own.items() if tensor.is_floating_point() and name not in constant}
        for tensor in leaves.values():
            tensor.requires_grad_()
        results = forward(config, own)
        outputs = _differentiable(results)
        grads = torch.autograd.grad(
            list(outputs.values()), list(leaves.values()), [upstreams[_upstream(name)] for name in outputs]
        )
        return results | {f"grad_{name}": grad for name, grad in zip(leaves, grads)}

    return Op(config, draw_with_upstream, compute)


def _differentiable(outputs: Tensors) -> Tensors:
    return {name: output for name, output in outputs.items() if not name.startswith("after_")}


def _upstream(output: str) -> str:
    return "grad_output" if output == "output" else f"grad_output_{output}"

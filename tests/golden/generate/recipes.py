"""What the parameters and inputs of a network of the corpus are: for each tensor a center and a half width of `exact.numbers`.

Wide enough that no layer's output vanishes or grows: by the inputs that a sum has, as initializations do.
"""

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from . import exact
from .graph import Graph, Named, Node

# Numbers uniform in center ± half width.
Width: TypeAlias = tuple[float, float]

_RELUS = {"Relu", "Relu6", "LeakyRelu", "Gelu"}
_PRODUCTS = {"Conv", "Conv1d", "ConvTranspose", "Dense", "DepthwiseConv"}


def single(number: float, digits: int = 4) -> float:
    """A float32 of few digits."""
    return float(np.float32(f"{number:.{digits}g}"))


def widths(graph: Graph) -> dict[str, Width]:
    """For each parameter and buffer by its path; `calibrate` settles what batch norm takes for the statistics."""
    result: dict[str, Width] = {}
    for node in graph.nodes:
        for i in node.tensors:
            parameter = graph.parameters[i]
            name = parameter.path.rsplit(".", 1)[-1]
            result[parameter.path] = _width(graph, node, name, parameter.dims)
    return result


def _width(graph: Graph, node: Node, name: str, dims: list[int]) -> Width:
    match node.layer, name:
        case "BatchNorm" | "LayerNorm", "weight":
            return 1.0, 0.5
        case "BatchNorm" | "LayerNorm", "bias":
            return 0.0, single(0.3)
        case "BatchNorm", "running_mean":
            return 0.0, single(0.2)
        case "BatchNorm", "running_var":
            return 1.0, 0.5
        case "L2Norm", _:
            scale = float(node.arguments["scale"])  # type: ignore[arg-type]
            return scale, scale / 2
        case "Embedding", _:
            return 0.0, single(math.sqrt(3))
        case "Lstm" | "Gru", _:
            return 0.0, single(1 / math.sqrt(node.arguments["hidden"]))  # type: ignore[arg-type]
        case _, _ if "bias" in name:
            return 0.0, single(0.1)
    return 0.0, single(math.sqrt((6 if _meets_relu(graph, node) else 3) / _fan_in(node, dims)))


def _fan_in(node: Node, dims: list[int]) -> float:
    """The inputs of one sum."""
    if node.layer != "ConvTranspose":
        return math.prod(dims[1:])
    stride = node.arguments["stride"]
    rows, columns = stride if isinstance(stride, list) else (stride, stride)
    return dims[0] * math.prod(dims[2:]) / (rows * columns)  # type: ignore[operator]


def _meets_relu(graph: Graph, node: Node) -> bool:
    return any(reader.layer in _RELUS for value in node.outputs for reader in graph.readers[value])


@dataclass(frozen=True)
class Input:
    """An input: numbers, indices or regions."""

    name: str
    dims: list[int]
    bound: int | None = None
    # The image that regions lie in.
    image: tuple[int, int] | None = None

    def about(self) -> dict[str, Any]:
        """For the metadata of the file."""
        if self.image is not None:
            return {"kind": "regions", "width": self.image[0], "height": self.image[1]}
        return {"kind": "numbers"} if self.bound is None else {"kind": "indices", "bound": self.bound}

    def batch(self, samples: int) -> Tensor:
        """So many samples."""
        count = samples * math.prod(self.dims)
        if self.image is not None:
            made = exact.regions(self.name, count // 4, *self.image)
        elif self.bound is not None:
            made = exact.below(self.name, count, self.bound)
        else:
            made = exact.numbers(self.name, count)
        return torch.from_numpy(made).reshape(samples, *self.dims)


def inputs(graph: Graph) -> list[Input]:
    """The inputs of a network."""
    return [_input(graph, i, named) for i, named in enumerate(graph.inputs)]


def _input(graph: Graph, i: int, named: Named) -> Input:
    name = f"{graph.name}.input.{i}"
    for node in graph.readers[named.value]:
        if node.layer == "RoiPool" and node.inputs[1] == named.value:
            _, height, width = graph.values[node.inputs[0]].type.dims
            scale = float(node.arguments["scale"])  # type: ignore[arg-type]
            return Input(name, named.type.dims, image=(round(width / scale), round(height / scale)))
    return Input(name, named.type.dims, named.type.bound)


def load(graph: Graph, model: nn.Module, given: dict[str, Width]) -> None:
    """Gives the module its numbers."""
    state = model.state_dict()
    with torch.no_grad():
        for parameter in graph.parameters:
            made = exact.numbers(f"{graph.name}.{parameter.path}", parameter.numbers, *given[parameter.path])
            state[parameter.path].copy_(torch.from_numpy(made).reshape(parameter.dims))


def move(graph: Graph, model: nn.Module, draw: int) -> None:
    """Moves each parameter by up to a millionth, as much as float32 loses in a few layers."""
    with torch.no_grad():
        for parameter in graph.parameters:
            if not parameter.buffer:
                drawn = exact.numbers(f"{graph.name}.{parameter.path}.moved.{draw}", parameter.numbers, 1.0, 2**-20)
                model.get_parameter(parameter.path).mul_(torch.from_numpy(drawn).reshape(parameter.dims))


def calibrate(graph: Graph, model: nn.Module, given: dict[str, Width], batches: list[Tensor]) -> None:
    """Running statistics of about what each batch norm sees: without, a hundred layers would let values grow or vanish beyond all bounds."""
    norms = [(path, module) for path, module in model.named_modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    if not norms:
        return
    settled: set[str] = set()

    def settle(path: str) -> Any:
        def hook(module: nn.Module, arguments: tuple[Tensor]) -> None:
            if path in settled:
                return
            settled.add(path)
            square = float(arguments[0].square().mean())
            given[f"{path}.running_mean"] = 0.0, single(0.2 * math.sqrt(square))
            given[f"{path}.running_var"] = single(square), single(square / 2)
            for name in ("running_mean", "running_var"):
                buffer: Tensor = getattr(module, name)
                made = exact.numbers(f"{graph.name}.{path}.{name}", buffer.numel(), *given[f"{path}.{name}"])
                buffer.copy_(torch.from_numpy(made))

        return hook

    hooks = [module.register_forward_pre_hook(settle(path)) for path, module in norms]
    with torch.no_grad():
        model.eval()(*batches)
    for hook in hooks:
        hook.remove()

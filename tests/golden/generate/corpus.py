"""The networks of the corpus: what PyTorch computes from the modules that `from_graph` writes; `tests/corpus` computes the same with Fireclay.

Exact is float64. How far PyTorch lies off in float32 is measured beside it, for each result: that is what Fireclay's numbers are held against.
"""

import json
import time
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from . import exact, recipes
from .digest import Digest, deviations, digest
from .from_graph import make
from .graph import MANIFEST, Graph

FOLDER = MANIFEST.parent / "results"

# Samples of a batch; the largest take one, since float64 takes their memory twice.
_SAMPLES = 2
_ONE_SAMPLE = {"FastRcnn", "UNet572", "Vgg16Trunk"}

# Numbers that are kept of each output, and of each gradient.
_OF_OUTPUTS, _OF_GRADIENTS = 64, 16

# The step changes the loss by about this share of its size.
_STEP = 0.02

# How often PyTorch computes in float32: once from the parameters themselves, then from parameters moved by up to a millionth. A ReLU or a pool decides by
# the last bits of a number where two are as good as equal, and a gradient goes another way then: that a single run does not is luck. The larger a
# network the more often it happens in each. Where numbers are unpooled, not only a gradient goes another way, but a number.
_MOVED, _MOVED_LARGE, _MOVED_UNPOOLED = 12, 2, 60
# Numbers of a sample's values, and of parameters, from which on it is large.
_LARGE, _LARGE_PARAMETERS = 3_000_000, 100_000_000

# Tensors by the name of their digest.
Group: TypeAlias = dict[str, Tensor]


def runs(graph: Graph) -> list[str]:
    """The modes that are compared: where random numbers are drawn while training, no two libraries draw the same ones."""
    if graph.draws:
        return ["eval"]
    return ["train", "eval"] if graph.normalizes else ["train"]


def results(graph: Graph) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors of a network's file, and its metadata."""
    model = make(graph).double()
    samples = 1 if graph.name in _ONE_SAMPLE else _SAMPLES
    described = recipes.inputs(graph)
    batches = [given.batch(samples) for given in described]
    given = recipes.widths(graph)
    recipes.load(graph, model, given)
    recipes.calibrate(graph, model, given, [_cast(batch, torch.float64) for batch in batches])

    paths = [parameter.path for parameter in graph.parameters]
    tensors = {"parameters": torch.tensor([given[path] for path in paths])}
    outputs = sum(output.type.numbers for output in graph.outputs) * samples
    # Of one sign: where all terms of a gradient add up, one that went another way is a small part of it.
    weight = recipes.single(np.sqrt(1 / outputs))
    about: dict[str, Any] = {
        "network": graph.name,
        "torch": str(torch.__version__),
        "samples": samples,
        "inputs": [described_.about() for described_ in described],
        "weight": weight,
        "parameters": paths,
        "rates": {},
    }
    for mode in runs(graph):
        rates: dict[str, float] = {}
        exact_ = _digests(graph, _run(graph, model.double(), given, batches, weight, mode, rates))
        worst = {name: np.zeros(len(group)) for name, group in exact_.items()}
        for draw in range(1 + _draws(graph)):
            single = _digests(graph, _run(graph, model.float(), given, batches, weight, mode, rates, draw))
            worst = {name: np.maximum(off, deviations(exact_[name], single[name])) for name, off in worst.items()}
        for name, group in exact_.items():
            rows = [np.append(entry.values, off) for entry, off in zip(group, worst[name])]
            if not all(np.isfinite(row).all() for row in rows):
                raise ValueError(f"{graph.name}: {mode}.{name} is not finite")
            if rows:
                tensors[f"{mode}.{name}"] = torch.from_numpy(np.stack(rows)).float()
        about["rates"][mode] = rates[mode]
    return tensors, about


def _draws(graph: Graph) -> int:
    if any(node.layer == "MaxUnpool" for node in graph.nodes):
        return _MOVED_UNPOOLED
    values = sum(value.type.numbers for value in graph.values)
    parameters = sum(parameter.numbers for parameter in graph.parameters)
    return _MOVED_LARGE if values > _LARGE or parameters > _LARGE_PARAMETERS else _MOVED


def _run(
    graph: Graph,
    model: nn.Module,
    given: dict[str, recipes.Width],
    batches: list[Tensor],
    weight: float,
    mode: str,
    rates: dict[str, float],
    draw: int = 0,
) -> dict[str, Group]:
    """One pass forward and back, one step of SGD, and what comes out after it, in the precision of the module."""
    recipes.load(graph, model, given)
    if draw > 0:
        recipes.move(graph, model, draw)
    model.train(mode == "train")
    precision = next(model.parameters()).dtype
    values = [_cast(batch, precision).clone() for batch in batches]
    differentiable = {i: value.requires_grad_() for i, value in enumerate(values) if _differentiable(graph, i)}
    outputs = _outputs(model(*values))
    weights = [
        torch.from_numpy(exact.numbers(f"{graph.name}.weight.{i}", output.numel(), weight, weight / 2)).reshape(output.shape)
        for i, output in enumerate(outputs)
    ]
    weighted = [output * weight_.to(precision) for output, weight_ in zip(outputs, weights)]
    loss = sum((part.sum() for part in weighted), torch.zeros((), dtype=precision))
    size = torch.sqrt(sum((part.detach().square().sum() for part in weighted), torch.zeros((), dtype=precision)))
    state = model.state_dict()
    buffers = {f"buffer.{p.path}": state[p.path].clone() for p in graph.parameters if p.buffer and mode == "train"}
    loss.backward()

    learned = {p.path: model.get_parameter(p.path) for p in graph.parameters if p.learned}
    gradients: Group = {}
    for path, parameter in learned.items():
        if parameter.grad is None:
            # No output depends on it, as on the last residual sum of WaveNet's stack.
            parameter.grad = torch.zeros_like(parameter)
        gradients[f"gradient.{path}"] = parameter.grad
    if mode not in rates:
        squares = sum(float(gradient.square().sum()) for gradient in gradients.values())
        rates[mode] = recipes.single(_STEP * float(size) / squares)
    with torch.no_grad():
        for parameter in learned.values():
            parameter -= rates[mode] * parameter.grad  # type: ignore[operator]
        after = _outputs(model(*(value.detach() for value in values)))
    model.zero_grad(set_to_none=True)
    return {
        "outputs": {f"output.{i}": output.detach() for i, output in enumerate(outputs)},
        # Its digest is the loss itself and what it is measured by, since its terms may cancel.
        "loss": {"loss": torch.stack([loss.detach(), size])},
        "gradients": gradients,
        "input_gradients": {f"input.{i}": value.grad for i, value in differentiable.items() if value.grad is not None},
        "buffers": buffers,
        "after": {f"after.{i}": output for i, output in enumerate(after)},
    }


def _digests(graph: Graph, groups: dict[str, Group]) -> dict[str, list[Digest]]:
    """Of each tensor; then it is let go."""

    def of(group: Group, count: int) -> list[Digest]:
        return [digest(f"{graph.name}.{name}", group.pop(name), count) for name in list(group)]

    few = ("gradients", "input_gradients", "buffers")
    return {name: of(group, _OF_GRADIENTS if name in few else _OF_OUTPUTS) for name, group in groups.items()}


def _differentiable(graph: Graph, i: int) -> bool:
    """Whether an input gets a gradient: indices do not, nor do regions."""
    readers = graph.readers[graph.inputs[i].value]
    regions = any(node.layer == "RoiPool" and node.inputs[1] == graph.inputs[i].value for node in readers)
    return graph.inputs[i].type.bound is None and not regions


def _cast(batch: Tensor, precision: torch.dtype) -> Tensor:
    return batch.to(precision) if batch.is_floating_point() else batch


def _outputs(given: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return given if isinstance(given, tuple) else (given,)


def write(graphs: list[Graph], folder: Path) -> None:
    """Writes a file for each network."""
    folder.mkdir(parents=True, exist_ok=True)
    for graph in graphs:
        start = time.monotonic()
        tensors, about = results(graph)
        save_file(tensors, folder / f"{graph.name}.safetensors", {"corpus": json.dumps(about)})
        print(f"made {graph.name} in {time.monotonic() - start:.0f} s", flush=True)

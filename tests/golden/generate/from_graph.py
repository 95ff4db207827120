"""Writes a graph as a PyTorch module, as source text, and makes the module of it.

Each layer of the declaration is a line of `forward`, in its order; modules have the names of the declaration's labels, so that `state_dict` has the names of
Fireclay's parameters.
"""

import keyword
import re
from collections.abc import Iterator
from typing import TypeAlias, Union

from torch import nn

from .from_functions import FUNCTIONS
from .from_layers import PARAMETRIC, Use, Written
from .graph import Graph, Node
from .module_parts import __all__ as PARTS

KINDS = PARAMETRIC | FUNCTIONS

# A module's submodules by name; a leaf is the expression that makes it.
Tree: TypeAlias = dict[str, Union["Tree", str]]


# What the text of a module needs before it.
IMPORTS = "from generate.module_parts import *\n\n\n"


def source(graph: Graph) -> str:
    """The module as Python source: what `make` runs."""
    names = _names(graph)
    tree: Tree = {}
    lines = []
    for node in graph.nodes:
        path = _module_path(graph, node)
        written = KINDS[node.layer](_use(graph, node, names, path))
        if written.module is not None:
            _place(tree, path, _frozen(graph, node, written.module))
        lines.append(f"{', '.join(names[value] for value in node.outputs)} = {written.expression}")
    inputs = ", ".join(f"{names[named.value]}: Tensor" for named in graph.inputs)
    outputs = ", ".join(names[named.value] for named in graph.outputs)
    one = len(graph.outputs) == 1
    gives = "Tensor" if one else f"tuple[{', '.join(['Tensor'] * len(graph.outputs))}]"
    return "\n".join(
        [
            f"class {graph.name}(nn.Module):",
            "    def __init__(self) -> None:",
            "        super().__init__()",
            *(f"        self.{name} = {text}" for name, text in _written(_sequences(tree))),
            "",
            f"    def forward(self, {inputs}) -> {gives}:",
            *(f"        {line}" for line in lines),
            f"        return {outputs}",
            "",
        ]
    )


def make(graph: Graph) -> nn.Module:
    """The module. Its parameters are PyTorch's first ones."""
    scope: dict[str, type[nn.Module]] = {}
    exec(compile(IMPORTS + source(graph), f"<{graph.name}>", "exec"), scope)
    module = scope[graph.name]()
    own = {name: list(tensor.shape) for name, tensor in module.state_dict().items() if not name.endswith("num_batches_tracked")}
    declared = {parameter.path: parameter.dims for parameter in graph.parameters}
    if own != declared:
        differ = sorted(name for name in own.keys() | declared.keys() if own.get(name) != declared.get(name))
        raise ValueError(f"{graph.name}: parameters have other names or shapes in PyTorch: {differ}")
    return module


def _names(graph: Graph) -> dict[int, str]:
    """For each value an identifier of Python."""
    names: dict[int, str] = {}
    taken = {"self", *PARTS}
    for value in graph.values:
        wanted = re.sub(r"\W", "_", value.name)
        if keyword.iskeyword(wanted) or wanted[:1].isdigit():
            wanted = f"_{wanted}"
        name, number = wanted, 2
        while name in taken:
            name, number = f"{wanted}_{number}", number + 1
        taken.add(name)
        names[value.value] = name
    return names


def _use(graph: Graph, node: Node, names: dict[int, str], path: list[str]) -> Use:
    takes = [graph.values[value].type for value in node.inputs]
    gives = [graph.values[value].type for value in node.outputs]
    prefix = len(".".join(path)) + 1
    shapes = {graph.parameters[i].path[prefix:]: graph.parameters[i].dims for i in node.tensors}
    inputs = [names[value] for value in node.inputs]
    if not inputs:
        # Samples and precision come from an input of the network.
        inputs = [names[named.value] for named in graph.inputs if named.type.bound is None][:1]
    return Use(node, inputs, takes, gives, shapes, _access(path))


def _module_path(graph: Graph, node: Node) -> list[str]:
    """What the paths of a node's parameters have in common, without their own names."""
    paths = [graph.parameters[i].path.split(".")[:-1] for i in node.tensors]
    if not paths:
        return []
    return min(paths, key=len)


def _access(path: list[str]) -> str:
    return "self" + "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in path)


def _frozen(graph: Graph, node: Node, made: str) -> str:
    frozen = any(graph.parameters[i].frozen for i in node.tensors)
    return f"{made}.requires_grad_(False)" if frozen else made


def _place(tree: Tree, path: list[str], made: str) -> None:
    """Puts a module into the tree; one that is applied again is there already."""
    *parents, last = path
    for part in parents:
        inner = tree.setdefault(part, {})
        if isinstance(inner, str):
            raise ValueError(f"{'.'.join(path)}: a module is within a layer")
        tree = inner
    if tree.setdefault(last, made) != made:
        raise ValueError(f"{'.'.join(path)}: the layers of one label differ")


def _sequences(tree: Tree) -> Tree:
    """Lists count all their elements, those without parameters too: those are `Identity`, which `forward` does not call."""
    tree = {name: inner if isinstance(inner, str) else _sequences(inner) for name, inner in tree.items()}
    if tree and all(name.isdigit() for name in tree):
        return {str(i): tree.get(str(i), "nn.Identity()") for i in range(1 + max(map(int, tree)))}
    return tree


def _written(tree: Tree, indent: int = 8) -> Iterator[tuple[str, str]]:
    """The modules of a level, each with the expression that makes it."""
    for name, inner in tree.items():
        if isinstance(inner, str):
            yield name, inner
            continue
        is_list = all(part.isdigit() for part in inner)
        within = " " * (indent + 4)
        parts = [part if is_list else f"{label}={part}" for label, part in _written(inner, indent + 4)]
        body = "".join(f"{within}{part},\n" for part in parts)
        opening, closing = ("nn.ModuleList([", "])") if is_list else ("Submodules(", ")")
        yield name, f"{opening}\n{body}{' ' * indent}{closing}"

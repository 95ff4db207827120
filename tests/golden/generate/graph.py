"""A network as the compiler's graph: what `tests/corpus/graphs` prints as JSON."""

import json
import math
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self, TypeAlias, Union

MANIFEST = Path(__file__).parents[2] / "corpus" / "Cargo.toml"

# `None` is `_`, a dictionary a range or the type of a value.
Argument: TypeAlias = Union[int, float, bool, str, None, list["Argument"], dict[str, Any]]


@dataclass(frozen=True)
class ValueType:
    """The type of a value of one sample: the sizes of a tensor, or `length` indices below `bound`, or one index."""

    dims: list[int]
    bound: int | None = None

    @classmethod
    def read(cls, entry: dict[str, Any]) -> Self:
        """From JSON."""
        if "dtype" in entry:
            raise ValueError(f"values of {entry['dtype']} are not known to the generator yet")
        if "bound" in entry:
            return cls([entry["len"]] if "len" in entry else [], entry["bound"])
        return cls(entry["dims"])

    @property
    def numbers(self) -> int:
        """How many numbers a sample has."""
        return math.prod(self.dims)


@dataclass(frozen=True)
class Named:
    """A value that has a name: an input or an output of the network, or any other."""

    name: str
    type: ValueType
    # The place in `Graph.values`.
    value: int
    # An output that exists only while training.
    train: bool = False


@dataclass(frozen=True)
class Parameter:
    """A parameter or a buffer."""

    path: str
    dims: list[int]
    buffer: bool
    frozen: bool

    @property
    def learned(self) -> bool:
        """Whether it gets a gradient."""
        return not (self.buffer or self.frozen)

    @property
    def numbers(self) -> int:
        """How many numbers it has."""
        return math.prod(self.dims)


@dataclass(frozen=True)
class Node:
    """A layer: its kind, its arguments, which values it takes and gives, which parameters are its own."""

    layer: str
    arguments: dict[str, Argument]
    path: str
    inputs: list[int]
    outputs: list[int]
    tensors: list[int]
    frozen: bool


@dataclass(frozen=True)
class Graph:
    """A network: nodes in topological order."""

    name: str
    inputs: list[Named]
    outputs: list[Named]
    values: list[Named]
    parameters: list[Parameter]
    nodes: list[Node]

    @classmethod
    def read(cls, entry: dict[str, Any]) -> Self:
        """From JSON."""
        types = [ValueType.read(value["type"]) for value in entry["values"]]
        values = [Named(value["name"], type_, i) for i, (value, type_) in enumerate(zip(entry["values"], types))]

        def ends(kind: str) -> list[Named]:
            named = entry[kind]
            return [Named(end["name"] or "output", types[end["value"]], end["value"], end.get("train", False)) for end in named]

        parameters = [Parameter(**tensor) for tensor in entry["tensors"]]
        nodes = [Node(**node) for node in entry["nodes"]]
        return cls(entry["name"], ends("inputs"), ends("outputs"), values, parameters, nodes)

    @cached_property
    def readers(self) -> dict[int, list[Node]]:
        """The nodes that take each value."""
        readers: dict[int, list[Node]] = {value.value: [] for value in self.values}
        for node in self.nodes:
            for value in node.inputs:
                readers[value].append(node)
        return readers

    @property
    def draws(self) -> bool:
        """Whether it draws random numbers while training."""
        chances = [node.arguments.get(name) for node in self.nodes for name in ("probability", "drop", "dropout")]
        return any(chances)

    @property
    def normalizes(self) -> bool:
        """Whether it normalizes by statistics of the batch."""
        return any(node.layer == "BatchNorm" for node in self.nodes)


def read_graphs(path: Path | None) -> dict[str, Graph]:
    """The graphs of a file, or those of the corpus, which the compiler is asked for."""
    if path is None:
        command = ["cargo", "run", "--quiet", "--locked", "--manifest-path", str(MANIFEST), "-p", "fireclay-corpus-graphs"]
        text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    else:
        text = path.read_text()
    graphs = [Graph.read(entry) for entry in json.loads(text)]
    return {graph.name: graph for graph in graphs}

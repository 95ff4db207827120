"""How each kind of layer is written with PyTorch: the module that holds its parameters, and the expression that applies it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from .graph import Argument, Node, ValueType


@dataclass(frozen=True)
class Use:
    """A node, as its rule sees it."""

    node: Node
    # What its inputs are called, and the types of inputs and outputs.
    inputs: list[str]
    takes: list[ValueType]
    gives: list[ValueType]
    # The shapes of its parameters, by their own names: `weight`.
    shapes: dict[str, list[int]]
    # Its module: `self.layer1[0].conv1`.
    module: str

    def __getitem__(self, name: str) -> Argument:
        """An argument; `None` where it is not given and has no default."""
        return self.node.arguments.get(name)

    def number(self, name: str) -> int:
        """An argument that is a number."""
        value = self[name]
        if not isinstance(value, int):
            raise ValueError(f"{self.node.layer}: {name} = {value} is not known to the generator yet")
        return value

    def pair(self, name: str) -> tuple[int, int]:
        """An argument for height and width."""
        match self[name]:
            case int(value):
                return value, value
            case [int(height), int(width)]:
                return height, width
            case value:
                raise ValueError(f"{self.node.layer}: {name} = {value} is not known to the generator yet")

    def only(self, name: str, *known: Argument) -> None:
        """Refuses an argument that has another value than those that the rule knows."""
        if self[name] not in known:
            raise ValueError(f"{self.node.layer}: {name} = {self[name]} is not known to the generator yet")

    @property
    def x(self) -> str:
        """The first input."""
        return self.inputs[0]


@dataclass(frozen=True)
class Written:
    """A layer in PyTorch."""

    # Of its outputs; several are a tuple.
    expression: str
    # What makes the module, where the layer has parameters.
    module: str | None = None


Rule: TypeAlias = Callable[[Use], Written]
Sides: TypeAlias = tuple[int, int]


def apart(n: int, kernel: int, stride: int, dilation: int, pad: Argument) -> Sides:
    """The padding of one axis of n positions, before and after."""
    reach = dilation * (kernel - 1) + 1
    match pad:
        case int(both):
            return both, both
        case [int(before), int(after)]:
            return before, after
        case "valid":
            return 0, 0
        case "half":
            return reach // 2, reach // 2
        case "full":
            return reach - 1, reach - 1
        case "causal":
            return reach - 1, 0
        case "same":
            total = max((-(-n // stride) - 1) * stride + reach - n, 0)
            return total // 2, total - total // 2
    raise ValueError(f"pad = {pad} is not known to the generator yet")


def sides(use: Use) -> tuple[Sides, Sides]:
    """The padding of an image, before and after, for height and width."""
    pad = use["pad"]
    each = pad if isinstance(pad, list) else [pad, pad]
    kernel, stride = use.pair("kernel"), use.pair("stride")
    dilation = use.pair("dilation") if "dilation" in use.node.arguments else (1, 1)
    height, width = (apart(use.takes[0].dims[1 + i], kernel[i], stride[i], dilation[i], each[i]) for i in (0, 1))
    return height, width


def short(pair: tuple[int, int]) -> str:
    """`3` for `(3, 3)`."""
    return str(pair[0]) if pair[0] == pair[1] else str(pair)


def options(**values: tuple[object, object]) -> str:
    """Arguments that are not what PyTorch takes them for by itself: `, stride=2`; each is given with that default."""
    return "".join(f", {name}={value}" for name, (value, default) in values.items() if str(value) != str(default))


def padded(use: Use) -> tuple[str, str]:
    """The input, padded where the two sides of an axis differ, and else the argument `padding`."""
    (top, bottom), (left, right) = sides(use)
    if (top, left) != (bottom, right):
        return f"F.pad({use.x}, ({left}, {right}, {top}, {bottom}))", "0"
    return use.x, short((top, left))


def _conv(use: Use) -> Written:
    use.only("pad_mode", "zeros", None)
    use.only("colors", None, 1)
    use.only("weight", None)
    x, padding = padded(use)
    filters, per_group, *kernel = use.shapes["weight"]
    channels = use.takes[0].dims[0]
    more = options(
        stride=(short(use.pair("stride")), 1),
        padding=(padding, 0),
        dilation=(short(use.pair("dilation")), 1),
        groups=(channels // per_group, 1),
        bias=("bias" in use.shapes, True),
    )
    if use["mask"] is not None:
        made = f'MaskedConv2d({channels}, {filters}, {tuple(kernel)}, "{use["mask"]}"{more})'
    else:
        made = f"nn.Conv2d({channels}, {filters}, {short((kernel[0], kernel[1]))}{more})"
    return Written(f"{use.module}({x})", made)


def _conv_transpose(use: Use) -> Written:
    use.only("groups", 1)
    use.only("weight", None)
    (top, bottom), (left, right) = sides(use)
    if (top, left) != (bottom, right) or use["pad"] == "same":
        raise ValueError(f"ConvTranspose: pad = {use['pad']} is not known to the generator yet")
    channels, filters, *kernel = use.shapes["weight"]
    stride, dilation = use.pair("stride"), use.pair("dilation")
    # What the output has beyond the smallest one.
    least = [
        (use.takes[0].dims[1 + i] - 1) * stride[i] - 2 * pad + dilation[i] * (kernel[i] - 1) + 1
        for i, pad in enumerate((top, left))
    ]
    output_padding = use.gives[0].dims[1] - least[0], use.gives[0].dims[2] - least[1]
    more = options(
        stride=(short(stride), 1),
        padding=(short((top, left)), 0),
        output_padding=(short(output_padding), 0),
        dilation=(short(dilation), 1),
        bias=("bias" in use.shapes, True),
    )
    made = f"nn.ConvTranspose2d({channels}, {filters}, {short((kernel[0], kernel[1]))}{more})"
    return Written(f"{use.module}({use.x})", made)


def _conv1d(use: Use) -> Written:
    use.only("pad_mode", "zeros")
    use.only("weight", None)
    kernel, stride, dilation = (use.number(name) for name in ("kernel", "stride", "dilation"))
    before, after = apart(use.takes[0].dims[0], kernel, stride, dilation, use["pad"])
    # PyTorch has the channels before the time.
    x = f"{use.x}.transpose(1, 2)"
    if before != after:
        x = f"F.pad({x}, ({before}, {after}))"
    filters, per_group, _ = use.shapes["weight"]
    channels = use.takes[0].dims[1]
    more = options(
        stride=(stride, 1),
        padding=(before if before == after else 0, 0),
        dilation=(dilation, 1),
        groups=(channels // per_group, 1),
        bias=("bias" in use.shapes, True),
    )
    return Written(f"{use.module}({x}).transpose(1, 2)", f"nn.Conv1d({channels}, {filters}, {kernel}{more})")


def _dense(use: Use) -> Written:
    use.only("weight", None)
    outputs, inputs = use.shapes["weight"]
    more = options(bias=("bias" in use.shapes, True))
    return Written(f"{use.module}({use.x})", f"nn.Linear({inputs}, {outputs}{more})")


def _embedding(use: Use) -> Written:
    use.only("padding_index", None)
    count, features = use.shapes["weight"]
    return Written(f"{use.module}({use.x})", f"nn.Embedding({count}, {features})")


def _batch_norm(use: Use) -> Written:
    if use.node.frozen:
        raise ValueError("a frozen BatchNorm is not known to the generator yet")
    (channels,) = use.shapes["running_mean"]
    dimensions = 2 if len(use.takes[0].dims) == 3 else 1
    if len(use.takes[0].dims) not in (1, 3):
        raise ValueError("a BatchNorm over time is not known to the generator yet")
    more = options(eps=(use["eps"], 1e-5), momentum=(use["momentum"], 0.1), affine=("weight" in use.shapes, True))
    return Written(f"{use.module}({use.x})", f"nn.BatchNorm{dimensions}d({channels}{more})")


def _layer_norm(use: Use) -> Written:
    use.only("axis", None)
    use.only("affine", True)
    sizes = use.shapes["weight"]
    more = options(eps=(use["eps"], 1e-5), bias=("bias" in use.shapes, True))
    return Written(f"{use.module}({use.x})", f"nn.LayerNorm({sizes[0] if len(sizes) == 1 else sizes}{more})")


def _l2_norm(use: Use) -> Written:
    if len(use.takes[0].dims) == 2:
        raise ValueError("an L2Norm over time is not known to the generator yet")
    (channels,) = use.shapes["weight"]
    return Written(f"{use.module}({use.x})", f"L2Norm({channels}, {float(use['scale'])}, {use['eps']})")


def _lrn(use: Use) -> Written:
    numbers = ", ".join(str(use[name]) for name in ("size", "alpha", "beta", "k"))
    return Written(f"F.local_response_norm({use.x}, {numbers})")


def _recurrent(kind: str) -> Rule:
    def rule(use: Use) -> Written:
        use.only("last", False)
        if kind != "LSTM" and len(use.inputs) + len(use.gives) > 2:
            raise ValueError(f"states of {use.node.layer} as values are not known to the generator yet")
        rows, features = use.shapes["weight_ih_l0"]
        more = options(
            num_layers=(use["layers"], 1),
            bias=("bias_ih_l0" in use.shapes, True),
            batch_first=(True, False),
            dropout=(use["dropout"], 0.0),
            bidirectional=(use["bidirectional"], False),
        )
        made = f"nn.{kind}({features}, {use.shapes['weight_hh_l0'][1]}{more})"
        given = use.x
        if len(use.inputs) > 1:
            h, c = use.inputs[1:]
            given = f"{use.x}, ({h}.transpose(0, 1), {c}.transpose(0, 1))"
        called = f"{use.module}({given})"
        return Written(f"states_first({called})" if len(use.gives) > 1 else f"{called}[0]", made)

    return rule


def _attention(use: Use) -> Written:
    time, features = use.takes[0].dims
    mask = f", attn_mask=causal_mask({time})" if use["causal"] else ""
    more = options(bias=("in_proj_bias" in use.shapes, True))
    made = f"nn.MultiheadAttention({features}, {use['heads']}{more}, batch_first=True)"
    return Written(f"{use.module}({use.x}, {use.x}, {use.x}, need_weights=False{mask})[0]", made)


PARAMETRIC: dict[str, Rule] = {
    "Attention": _attention,
    "BatchNorm": _batch_norm,
    "Conv": _conv,
    "Conv1d": _conv1d,
    "ConvTranspose": _conv_transpose,
    "Dense": _dense,
    "DepthwiseConv": _conv,
    "Embedding": _embedding,
    "Gru": _recurrent("GRU"),
    "L2Norm": _l2_norm,
    "LayerNorm": _layer_norm,
    "Lrn": _lrn,
    "Lstm": _recurrent("LSTM"),
}

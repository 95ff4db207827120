"""How layers without parameters are written with PyTorch."""

from .from_layers import Rule, Use, Written, options, short, sides
from .graph import Argument

# The axes of one sample's values, by their number; the batch's is before them.
_AXES = {
    1: ["features"],
    2: ["time", "features"],
    3: ["channels", "height", "width"],
    4: ["regions", "channels", "height", "width"],
}


def _dim(rank: int, axis: Argument) -> int:
    """The number of an axis of values of so many, in PyTorch, where the batch is axis 0; without one that of the channels."""
    if axis is None:
        return {3: 1, 4: 2}.get(rank, rank)
    return 1 + (axis if isinstance(axis, int) else _AXES[rank].index(str(axis)))


def _function(text: str) -> Rule:
    """An expression of the first input, with arguments in braces."""
    return lambda use: Written(text.format(x=use.x, **use.node.arguments))


def _binary(symbol: str) -> Rule:
    def rule(use: Use) -> Written:
        number = use["number"]
        if number is None:
            return Written(f"{use.inputs[0]} {symbol} {use.inputs[1]}")
        both = f"{number} {symbol} {use.x}" if use["number_first"] else f"{use.x} {symbol} {number}"
        return Written(both)

    return rule


def _pool_padding(use: Use) -> str:
    (top, bottom), (left, right) = sides(use)
    if (top, left) != (bottom, right):
        raise ValueError(f"{use.node.layer}: pad = {use['pad']} is not known to the generator yet")
    return short((top, left))


def _max_pool(use: Use) -> Written:
    more = options(
        stride=(short(use.pair("stride")), short(use.pair("kernel"))),
        padding=(_pool_padding(use), 0),
        dilation=(short(use.pair("dilation")), 1),
        ceil_mode=(use["ceil"], False),
        return_indices=(use["indices"], False),
    )
    return Written(f"F.max_pool2d({use.x}, {short(use.pair('kernel'))}{more})")


def _avg_pool(use: Use) -> Written:
    more = options(
        stride=(short(use.pair("stride")), short(use.pair("kernel"))),
        padding=(_pool_padding(use), 0),
        ceil_mode=(use["ceil"], False),
        count_include_pad=(use["count_pad"], True),
    )
    return Written(f"F.avg_pool2d({use.x}, {short(use.pair('kernel'))}{more})")


def _max_unpool(use: Use) -> Written:
    use.only("pad", 0)
    size = tuple(use.gives[0].dims[1:])
    more = options(stride=(short(use.pair("stride")), short(use.pair("kernel"))))
    # One index for each number, in a row: PyTorch has them in the shape of the values.
    return Written(f"F.max_unpool2d({use.x}, {use.inputs[1]}, {short(use.pair('kernel'))}{more}, output_size={size})")


def _roi_pool(use: Use) -> Written:
    return Written(f"regions_pooled({use.x}, {use.inputs[1]}, {use.pair('size')}, {use['scale']})")


def _concat(use: Use) -> Written:
    dim = _dim(len(use.takes[0].dims), use["axis"])
    return Written(f"torch.cat(({', '.join(use.inputs)},), {dim})")


def _split(use: Use) -> Written:
    dim = _dim(len(use.takes[0].dims), use["axis"])
    sizes = [part.dims[dim - 1] for part in use.gives]
    return Written(f"{use.x}.chunk({len(sizes)}, {dim})" if len(set(sizes)) == 1 else f"{use.x}.split({sizes}, {dim})")


def _view(use: Use) -> Written:
    sizes = ", ".join(str(size) for size in use.gives[0].dims)
    return Written(f"{use.x}.flatten(1)" if len(use.gives[0].dims) == 1 else f"{use.x}.reshape(-1, {sizes})")


def _permute(use: Use) -> Written:
    rank = len(use.takes[0].dims)
    order = [_dim(rank, use[place]) for place in ("first", "second", "third", "fourth")[:rank]]
    return Written(f"{use.x}.permute(0, {', '.join(map(str, order))})")


def _slice(use: Use) -> Written:
    names = _AXES[len(use.takes[0].dims)]

    def positions(axis: str) -> str:
        match use[axis]:
            case {"from": start, "to": end}:
                return f"{'' if start is None else start}:{'' if end is None else end}"
            case _:
                return ":"

    return Written(f"{use.x}[:, {', '.join(positions(axis) for axis in names)}]")


def _crop(use: Use) -> Written:
    (_, height, width), (_, rows, columns) = use.takes[0].dims, use.gives[0].dims
    top, left = (height - rows) // 2, (width - columns) // 2
    return Written(f"{use.x}[:, :, {top}:{top + rows}, {left}:{left + columns}]")


def _elements(use: Use) -> Written:
    """What `each` and `scan` take apart along the first axis, and put together again; of one alone it is a view."""
    if len(use.gives) > 1:
        return Written(f"{use.x}.unbind(1)[:{len(use.gives)}]")
    if len(use.inputs) > 1:
        return Written(f"torch.stack(({', '.join(use.inputs)}), 1)")
    if use.takes[0].numbers != use.gives[0].numbers:
        return Written(f"{use.x}[:, 0]")
    return _view(use)


def _mean(use: Use) -> Written:
    use.only("axis", None)
    # PyTorch has nothing that leaves out values while training.
    return Written(f"torch.stack(({', '.join(use.inputs)},)).mean(0)")


def _filled(kind: str) -> Rule:
    """`x` is an input of the network, which tells the samples and the precision."""

    def rule(use: Use) -> Written:
        sizes = ", ".join(str(size) for size in use.gives[0].dims)
        return Written(f"{use.x}.new_{kind}(len({use.x}), {sizes})")

    return rule


def _gelu(use: Use) -> Written:
    return Written(f"F.gelu({use.x}{options(approximate=(repr(use['approximate']), repr('none')))})")


FUNCTIONS: dict[str, Rule] = {
    "AvgPool": _avg_pool,
    "Crop": _crop,
    "Dropout": _function("F.dropout({x}, {probability}, self.training)"),
    "Exp": _function("{x}.exp()"),
    "Flatten": _view,
    "Gelu": _gelu,
    "GlobalAvgPool": _function("{x}.mean((2, 3))"),
    "LeakyRelu": _function("F.leaky_relu({x}, {slope})"),
    "LstmGates": lambda use: Written(f"lstm_gates({', '.join(use.inputs)})"),
    "MaxPool": _max_pool,
    "MaxUnpool": _max_unpool,
    "Permute": _permute,
    "Relu": _function("F.relu({x})"),
    "Relu6": _function("F.relu6({x})"),
    "Reshape": _view,
    "RoiPool": _roi_pool,
    "Sigmoid": _function("{x}.sigmoid()"),
    "Slice": _slice,
    "SpaceToDepth": _function("F.pixel_unshuffle({x}, {block})"),
    "Tanh": _function("{x}.tanh()"),
    "add": _binary("+"),
    "concat": _concat,
    "div": _binary("/"),
    "each": _elements,
    "mean": _mean,
    "mul": _binary("*"),
    "ones": _filled("ones"),
    "scan": _elements,
    "split": _split,
    "sub": _binary("-"),
    "zeros": _filled("zeros"),
}

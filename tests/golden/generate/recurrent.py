"""Recurrent layers: simple ones (tanh, relu), LSTM, GRU."""

import torch
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from .case import Case, Config
from .draw import Draw
from .op import Op, Tensors, defaults, layer

# The gates of each, in the order in which PyTorch stacks their rows.
_GATES = {
    "rnn_tanh": (1, "-"),
    "rnn_relu": (1, "-"),
    "lstm": (4, "i,f,g,o"),
    "gru": (3, "r,z,n; n = tanh(W_in x + b_in + r*(W_hn h + b_hn)); h' = (1-z)*n + z*h"),
}


def _parameters(config: Config, gates: int) -> dict[str, list[int]]:
    """Names and shapes of the parameters, in PyTorch's order."""
    hidden, directions = config["hidden"], 1 + config["bidirectional"]
    shapes = {}
    for number in range(config["layers"]):
        features = config["input_size"] if number == 0 else hidden * directions
        for suffix in ["", "_reverse"][:directions]:
            shapes[f"weight_ih_l{number}{suffix}"] = [gates * hidden, features]
            shapes[f"weight_hh_l{number}{suffix}"] = [gates * hidden, hidden]
            if config["bias"]:
                shapes[f"bias_ih_l{number}{suffix}"] = [gates * hidden]
                shapes[f"bias_hh_l{number}{suffix}"] = [gates * hidden]
    return shapes


def _recurrent(op: str) -> Op:
    gates, order = _GATES[op]
    states = ["h", "c"] if op == "lstm" else ["h"]

    def state_shape(config: Config, shape: list[int] | torch.Size) -> list[int]:
        samples = shape[0] if config["batch_first"] else shape[1]
        return [config["layers"] * (1 + config["bidirectional"]), samples, config["hidden"]]

    def draw(case: Case, config: Config, draw: Draw) -> Tensors:
        tensors = {"input": draw.normal(*case.shape)}
        if config["initial_state"] != "zeros":
            tensors |= {f"{state}0": draw.normal(*state_shape(config, case.shape)) for state in states}
        if "lengths" in config:
            tensors["lengths"] = torch.tensor(config["lengths"])
        shapes = _parameters(config, gates)
        return tensors | {name: draw.parameter(shape, config["hidden"]) for name, shape in shapes.items()}

    def forward(config: Config, tensors: Tensors) -> Tensors:
        inputs = tensors["input"]
        zeros = inputs.new_zeros(state_shape(config, inputs.shape))
        first = [tensors.get(f"{state}0", zeros) for state in states]
        weights = [tensors[name] for name in _parameters(config, gates)]
        settings = [
            weights,
            config["bias"],
            config["layers"],
            0.0,  # dropout
            False,  # training, which matters to dropout alone
            config["bidirectional"],
        ]
        if "lengths" not in config:
            states_in = first if op == "lstm" else first[0]
            output, *last = getattr(torch, op)(inputs, states_in, *settings, config["batch_first"])
        else:
            # What `nn.LSTM` and its relatives do with a `PackedSequence`: its samples are sorted by length.
            packed = pack_padded_sequence(inputs, tensors["lengths"], config["batch_first"], enforce_sorted=False)
            assert packed.sorted_indices is not None and packed.unsorted_indices is not None
            first = [state.index_select(1, packed.sorted_indices) for state in first]
            states_in = first if op == "lstm" else first[0]
            data, *last = getattr(torch, op)(packed.data, packed.batch_sizes, states_in, *settings)
            output, _ = pad_packed_sequence(
                PackedSequence(data, packed.batch_sizes, packed.sorted_indices, packed.unsorted_indices),
                config["batch_first"],
                total_length=inputs.shape[1 if config["batch_first"] else 0],
            )
            last = [state.index_select(1, packed.unsorted_indices) for state in last]
        return {"output": output} | {f"{state}_n": tensor for state, tensor in zip(states, last)}

    config = defaults(layers=1, bidirectional=False, bias=True, batch_first=True, gates=order, initial_state="h0/c0")
    return layer(draw, forward, config)


OPS = {op: _recurrent(op) for op in _GATES}

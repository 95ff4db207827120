"""All operations, by the names of the tables in `cases.toml`."""

from . import (
    activations,
    attention,
    clipping,
    convolutions,
    dense,
    explain,
    losses,
    metrics,
    networks,
    normalization,
    normalized,
    optimizers,
    pooling,
    quantization,
    recurrent,
    schedulers,
)

_FAMILIES = (
    dense,
    convolutions,
    pooling,
    normalization,
    normalized,
    activations,
    attention,
    quantization,
    losses,
    metrics,
    recurrent,
    optimizers,
    schedulers,
    clipping,
    networks,
    explain,
)

OPS = {name: op for family in _FAMILIES for name, op in family.OPS.items()}

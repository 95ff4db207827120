"""Attention, reductions, powers, products of values."""

import torch
import torch.nn.functional as F

from .case import Case, Config
from .draw import Draw
from .op import Op, Tensors, defaults, layer


def _attention() -> Op:
    def draw(case: Case, _: Config, draw: Draw) -> Tensors:
        features = case.shape[-1]
        return {
            "input": draw.normal(*case.shape),
            "in_proj_weight": draw.parameter([3 * features, features], features),
            "in_proj_bias": draw.normal(3 * features) * 0.1,
            "out_proj.weight": draw.parameter([features, features], features),
            "out_proj.bias": draw.normal(features) * 0.1,
        }

    def forward(config: Config, tensors: Tensors) -> Tensors:
        # `nn.MultiheadAttention(features, heads, batch_first = True)` of x, x, x.
        x = tensors["input"].transpose(0, 1)
        time, _, features = x.shape
        mask = torch.ones(time, time, dtype=torch.bool).triu(1) if config["causal"] else None
        output, _ = F.multi_head_attention_forward(
            x, x, x, features, config["heads"], tensors["in_proj_weight"], tensors["in_proj_bias"], None, None, False, 0.0,
            tensors["out_proj.weight"], tensors["out_proj.bias"], training=False, need_weights=False, attn_mask=mask,
        )  # fmt: skip
        return {"output": output.transpose(0, 1)}

    return layer(draw, forward, defaults(causal=False))


def _of_input(forward) -> Op:
    return layer(lambda case, _, draw: {"input": draw.normal(*case.shape)}, lambda c, t: {"output": forward(c, t["input"])})


OPS = {
    "attention": _attention(),
    "pow": _of_input(lambda config, x: x.pow(config["exponent"])),
    "amax": _of_input(lambda config, x: x.amax(config["dim"])),
    "mean": _of_input(lambda config, x: x.mean(config["dim"])),
    "gram": _of_input(lambda _, x: torch.matmul(x, x.transpose(1, 2))),
}

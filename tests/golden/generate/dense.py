"""Linear layers, embeddings, dropout."""

import torch.nn.functional as F

from .case import Case, Config
from .draw import Draw
from .op import Op, Tensors, defaults, layer


def _linear() -> Op:
    def draw(_: Case, config: Config, draw: Draw) -> Tensors:
        features, outputs = config["in"], config["out"]
        tensors = {"input": draw.normal(*config["input_shape"]), "weight": draw.parameter([outputs, features], features)}
        if config["bias"]:
            tensors["bias"] = draw.parameter([outputs], features)
        return tensors

    def forward(_: Config, tensors: Tensors) -> Tensors:
        return {"output": F.linear(tensors["input"], tensors["weight"], tensors.get("bias"))}

    return layer(draw, forward, defaults(bias=True))


def _embedding() -> Op:
    def draw(case: Case, config: Config, draw: Draw) -> Tensors:
        weight = draw.normal(config["num"], config["dim"])
        if config["padding_idx"] is not None:
            weight[config["padding_idx"]] = 0
        return {"input": draw.classes(case.shape, config["num"]), "weight": weight}

    def forward(config: Config, tensors: Tensors) -> Tensors:
        return {"output": F.embedding(tensors["input"], tensors["weight"], config["padding_idx"])}

    return layer(draw, forward, defaults(padding_idx=None))


def _dropout() -> Op:
    def draw(case: Case, _: Config, draw: Draw) -> Tensors:
        return {"input": draw.normal(*case.shape)}

    def forward(config: Config, tensors: Tensors) -> Tensors:
        # What it leaves out while training is random, and so never the same in two libraries.
        assert not config["train"], "dropout while training has no golden vector"
        return {"output": F.dropout(tensors["input"], config["p"], training=False)}

    return layer(draw, forward, defaults(train=False))


OPS = {"linear": _linear(), "embedding": _embedding(), "dropout": _dropout()}

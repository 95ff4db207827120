"""PyTorch's layers one at a time, on one thread: reads `name batch,batch seconds` line by line, answers with JSON lines and an empty one.

Eager; maps both contiguous and channels_last. Forward is that of training (with a graph), backward the gradients of the input and of all parameters;
`infer` is one sample in inference mode. The names and sizes are those of `benches/src/layers/networks.rs`.
"""
import json, os, statistics, sys, time
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import torch
from torch import nn
import torch.nn.functional as F
from torch.nn.utils import parametrizations
import torchvision.ops as ops
torch.set_num_threads(1)
torch.manual_seed(0)

MAP, LARGE, TIME, RECURRENT, VECTOR = (64, 32, 32), (64, 56, 56), (128, 256), (64, 64), (1000,)


class Do(nn.Module):
    """A function as a layer."""

    def __init__(self, f):
        super().__init__()
        self.f = f

    def forward(self, x):
        return self.f(x)


class Masked(nn.Conv2d):
    """What PixelCNN calls a mask of type B."""

    def __init__(self):
        super().__init__(64, 64, 3, padding=1)
        mask = torch.ones(3, 3)
        mask[1, 2:], mask[2] = 0, 0
        self.register_buffer("mask", mask)

    def forward(self, x):
        return F.conv2d(x, self.weight * self.mask, self.bias, padding=1)


class OverChannels(nn.Module):
    """A norm over the channels of a map, whose last axis they become for it."""

    def __init__(self, norm):
        super().__init__()
        self.norm = norm

    def forward(self, x):
        return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last if x.is_contiguous(memory_format=torch.channels_last) else torch.contiguous_format)


class L2(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.full((1, 64, 1, 1), 20.0))

    def forward(self, x):
        return F.normalize(x, dim=1) * self.weight


class Recurrent(nn.Module):
    def __init__(self, cell, **more):
        super().__init__()
        self.cell = cell(64, 128, batch_first=True, **more)

    def forward(self, x):
        return self.cell(x)[0]


class Attends(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(64, 4, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x, need_weights=False)[0]


class Causal(nn.Conv1d):
    def forward(self, x):
        return super().forward(F.pad(x, (2, 0)))


class Regions(nn.Module):
    """Sixteen boxes of each sample, as in `samples.rs`."""

    def __init__(self, f, **more):
        super().__init__()
        self.f, self.more, side = f, more, 32
        self.boxes = torch.tensor([corners(side, region) for region in range(16)])

    def forward(self, x):
        return self.f(x, [self.boxes] * x.shape[0], 7, **self.more)


def corners(side, region):
    first = [side * (0.05 + 0.05 * ((region * 5 + axis * 3) % 8)) for axis in range(2)]
    return first + [at + side * (0.25 + 0.0625 * (region % 4)) for at in first]


def unpool(x):
    return F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2)


def swapped(x):
    a, b = x.chunk(2, 1)
    return torch.cat((b, a), 1)


def maxout(x):
    n, c, h, w = x.shape
    return x.view(n, c // 2, 2, h, w).amax(2)


def maxout_any(x):
    return maxout(x) if x.is_contiguous() else torch.maximum(x[:, 0::2], x[:, 1::2])


# name: (layer, sizes of a sample)
LAYERS = {
    "masked_conv": (Masked, MAP),
    "depthwise_conv": (lambda: nn.Conv2d(64, 64, 3, padding=1, groups=64), MAP),
    "batch_norm": (lambda: nn.BatchNorm2d(64), MAP),
    "group_norm": (lambda: nn.GroupNorm(8, 64), MAP),
    "instance_norm": (lambda: nn.InstanceNorm2d(64, affine=True), MAP),
    "layer_norm_image": (lambda: nn.LayerNorm(MAP), MAP),
    "layer_norm_channels": (lambda: OverChannels(nn.LayerNorm(64)), MAP),
    "rms_norm_channels": (lambda: OverChannels(nn.RMSNorm(64)), MAP),
    "l2_norm": (L2, MAP),
    "lrn": (lambda: nn.LocalResponseNorm(5), MAP),
    "max_pool_2": (lambda: nn.MaxPool2d(2), MAP),
    "max_pool_3": (lambda: nn.MaxPool2d(3, 2, 1), MAP),
    "avg_pool_2": (lambda: nn.AvgPool2d(2), MAP),
    "avg_pool_3": (lambda: nn.AvgPool2d(3, 1, 1), MAP),
    "adaptive_avg_pool": (lambda: nn.AdaptiveAvgPool2d(7), MAP),
    "upsample_nearest": (lambda: nn.Upsample(scale_factor=2), MAP),
    "upsample_bilinear": (lambda: nn.Upsample(scale_factor=2, mode="bilinear"), MAP),
    "softmax_channels": (lambda: nn.Softmax(1), MAP),
    "log_softmax_channels": (lambda: nn.LogSoftmax(1), MAP),
    "prelu": (lambda: nn.PReLU(64), MAP),
    "maxout": (lambda: Do(maxout_any), MAP),
    "glu": (lambda: nn.GLU(1), MAP),
    "gelu": (nn.GELU, MAP),
    "silu": (nn.SiLU, MAP),
    "space_to_depth": (lambda: nn.PixelUnshuffle(2), MAP),
    "depth_to_space": (lambda: nn.PixelShuffle(2), MAP),
    "permute": (lambda: Do(lambda x: x.permute(0, 2, 3, 1).contiguous()), MAP),
    "pad_reflect": (lambda: nn.ReflectionPad2d(1), MAP),
    "group_norm_56": (lambda: nn.GroupNorm(8, 64), LARGE),
    "upsample_bilinear_56": (lambda: nn.Upsample(scale_factor=2, mode="bilinear"), LARGE),
    "max_pool_3_56": (lambda: nn.MaxPool2d(3, 2, 1), LARGE),
    "global_avg_pool": (lambda: Do(lambda x: x.mean((2, 3))), MAP),
    "global_max_pool": (lambda: nn.AdaptiveMaxPool2d(1), MAP),
    "mean_plane": (lambda: Do(lambda x: x.mean((2, 3))), MAP),
    "max_channels": (lambda: Do(lambda x: x.amax(1, keepdim=True)), MAP),
    "roi_pool": (lambda: Regions(ops.roi_pool), MAP),
    "roi_align": (lambda: Regions(ops.roi_align, sampling_ratio=2, aligned=True), MAP),
    "max_pool_unpool": (lambda: Do(unpool), MAP),
    "concat": (lambda: Do(lambda x: torch.cat((x, x), 1)), MAP),
    "split_concat": (lambda: Do(swapped), MAP),
    # PyTorch's convolutions over time take [features, time].
    "conv1d_causal": (lambda: Causal(256, 64, 3), (256, 128)),
    "conv1d_dilated": (lambda: nn.Conv1d(256, 64, 3, dilation=4, padding=4), (256, 128)),
    "conv_transpose1d": (lambda: nn.ConvTranspose1d(256, 64, 4, 2, 1), (256, 128)),
    "layer_norm": (lambda: nn.LayerNorm(256), TIME),
    "rms_norm": (lambda: nn.RMSNorm(256), TIME),
    "batch_norm_sequence": (lambda: nn.BatchNorm1d(256), (256, 128)),
    "group_norm_sequence": (lambda: nn.GroupNorm(8, 256), (256, 128)),
    "softmax": (lambda: nn.Softmax(-1), TIME),
    "log_softmax": (lambda: nn.LogSoftmax(-1), TIME),
    "glu_sequence": (lambda: nn.GLU(-1), TIME),
    "gelu_sequence": (nn.GELU, TIME),
    "max_pool1d": (lambda: nn.MaxPool1d(2), (256, 128)),
    "lstm": (lambda: Recurrent(nn.LSTM), RECURRENT),
    "gru": (lambda: Recurrent(nn.GRU), RECURRENT),
    "rnn": (lambda: Recurrent(nn.RNN), RECURRENT),
    "lstm_bidirectional": (lambda: Recurrent(nn.LSTM, bidirectional=True), RECURRENT),
    "gru_bidirectional": (lambda: Recurrent(nn.GRU, bidirectional=True), RECURRENT),
    "attention": (Attends, RECURRENT),
    "softmax_1000": (lambda: nn.Softmax(-1), VECTOR),
    "log_softmax_1000": (lambda: nn.LogSoftmax(-1), VECTOR),
    "layer_norm_1000": (lambda: nn.LayerNorm(1000), VECTOR),
    # The whole pass: the layers around it, too.
    "dense": (lambda: around(nn.Linear(1000, 512)), (16,)),
    "dense_weight_norm": (lambda: around(parametrizations.weight_norm(nn.Linear(1000, 512))), (16,)),
    "dense_spectral_norm": (lambda: around(parametrizations.spectral_norm(nn.Linear(1000, 512))), (16,)),
    "embedding": (lambda: nn.Embedding(1000, 64), None),
}


def around(layer):
    return nn.Sequential(nn.Linear(16, 1000), nn.Tanh(), layer, nn.Linear(512, 16), nn.ReLU())


def sample(sizes, batch, last):
    if sizes is None:
        return (torch.arange(batch * 128) * 7919 % 1000).view(batch, 128)
    x = torch.tanh(torch.randn(batch, *sizes))
    return x.contiguous(memory_format=torch.channels_last) if last else x


def repeat(step, seconds):
    for _ in range(3):
        step()
    times, begin = [], time.perf_counter()
    while len(times) < 10 or (time.perf_counter() - begin < seconds and len(times) < 20000):
        times.append(step())
    return zip(*times)


def training(build, sizes, batch, last, seconds):
    layer, x = build().train(), sample(sizes, batch, last)
    wanted = list(layer.parameters())
    if x.is_floating_point():
        wanted.insert(0, x.requires_grad_())
    y = layer(x)
    dy = torch.randn_like(y)

    def step():
        a = time.perf_counter()
        y = layer(x)
        b = time.perf_counter()
        torch.autograd.grad(y, wanted, dy)
        return b - a, time.perf_counter() - b
    return repeat(step, seconds)


def inference(build, sizes, last, seconds):
    layer, x = build().eval(), sample(sizes, 1, last)
    with torch.inference_mode():
        def step():
            a = time.perf_counter()
            layer(x)
            return (time.perf_counter() - a,)
        return repeat(step, seconds)


def measure(name, batches, seconds):
    build, sizes = LAYERS[name]
    # With its channels last in memory a permutation to [h, w, c] has nothing to do.
    last = sizes and len(sizes) == 3 and name != "permute"
    modes = [("eager", False)] + ([("eager_cl", True)] if last else [])
    for mode, last in modes:
        def emit(phase, batch, times):
            times = [1e3 * t for t in times]
            print(json.dumps({"layer": name, "phase": phase, "batch": batch, "peer": "torch", "mode": mode, "median_ms": statistics.median(times), "min_ms": min(times)}))
        for batch in batches:
            for phase, times in zip(("forward", "backward"), training(build, sizes, batch, last, seconds)):
                emit(phase, batch, times)
        for times in inference(build, sizes, last, seconds):
            emit("infer", 1, times)


for line in sys.stdin:
    name, batches, seconds = line.split()
    try:
        measure(name, [int(batch) for batch in batches.split(",")], float(seconds))
    except Exception as error:
        print(f"# {name}: {error}", file=sys.stderr)
    print(flush=True)

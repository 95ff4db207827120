"""Builds the inference workloads as NHWC float32 .tflite files by hand (LiteRT's own flatbuffer schema), random He weights.

  venv/bin/python litert_build.py && venv/bin/python bench_ort.py --litert --threads 1 --out results_litert.jsonl
Same shapes and work as the torch modules; 'SAME' padding where torch pads symmetrically; ReLU fused into the op.
"""
import os, sys
import numpy as np, flatbuffers
import ai_edge_litert.schema_py_generated as S
HERE = os.path.dirname(os.path.abspath(__file__))
OP, OPT, ACT, PAD = S.BuiltinOperator, S.BuiltinOptions, S.ActivationFunctionType, S.Padding
RNG = np.random.default_rng(0)


class B:
    def __init__(self):
        self.m, self.g, self.codes = S.ModelT(), S.SubGraphT(), {}
        self.m.version, self.m.operatorCodes, self.m.subgraphs, self.m.buffers = 3, [], [self.g], [S.BufferT()]
        self.g.tensors, self.g.operators, self.g.inputs, self.g.outputs = [], [], [], []

    def t(self, shape, data=None):
        t = S.TensorT(); t.shape = [int(d) for d in shape]; t.type = S.TensorType.FLOAT32; t.name = f"t{len(self.g.tensors)}"; t.buffer = 0
        if data is not None:
            if data.dtype == np.int32:
                t.type = S.TensorType.INT32
            b = S.BufferT(); b.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
            self.m.buffers.append(b); t.buffer = len(self.m.buffers) - 1
        self.g.tensors.append(t)
        return len(self.g.tensors) - 1

    def w(self, shape, fan):
        return self.t(shape, (RNG.standard_normal(shape) * np.sqrt(2.0 / fan)).astype(np.float32))

    def sh(self, i):
        return list(self.g.tensors[i].shape)

    def inp(self, *shape):
        i = self.t(shape); self.g.inputs.append(i); return i

    def op(self, code, ins, out_shapes, opt_type=0, opt=None, version=1):
        if code not in self.codes:
            c = S.OperatorCodeT(); c.builtinCode = code; c.deprecatedBuiltinCode = min(code, 127); c.version = version
            self.m.operatorCodes.append(c); self.codes[code] = len(self.m.operatorCodes) - 1
        o = S.OperatorT(); o.opcodeIndex = self.codes[code]; o.inputs = list(ins); o.outputs = [self.t(s) for s in out_shapes]
        o.builtinOptionsType, o.builtinOptions = opt_type, opt
        self.g.operators.append(o)
        return o.outputs[0] if len(out_shapes) == 1 else o.outputs

    @staticmethod
    def osz(n, k, s, pad):
        return -(-n // s) if pad == PAD.SAME else (n - k) // s + 1

    def conv(self, x, co, k, s=1, pad=PAD.SAME, act=ACT.RELU):
        kh, kw = k if isinstance(k, tuple) else (k, k); n, h, w, ci = self.sh(x)
        o = S.Conv2DOptionsT(); o.padding, o.strideH, o.strideW, o.fusedActivationFunction = pad, s, s, act; o.dilationHFactor = o.dilationWFactor = 1
        return self.op(OP.CONV_2D, [x, self.w((co, kh, kw, ci), kh * kw * ci), self.w((co,), 1e4)], [(n, self.osz(h, kh, s, pad), self.osz(w, kw, s, pad), co)], OPT.Conv2DOptions, o)

    def dw(self, x, k=3, s=1, act=ACT.RELU):
        n, h, w, c = self.sh(x)
        o = S.DepthwiseConv2DOptionsT(); o.padding, o.strideH, o.strideW, o.fusedActivationFunction, o.depthMultiplier = PAD.SAME, s, s, act, 1; o.dilationHFactor = o.dilationWFactor = 1
        return self.op(OP.DEPTHWISE_CONV_2D, [x, self.w((1, k, k, c), k * k), self.w((c,), 1e4)], [(n, -(-h // s), -(-w // s), c)], OPT.DepthwiseConv2DOptions, o)

    def fc(self, x, co, act=ACT.NONE):
        n, ci = self.sh(x)
        o = S.FullyConnectedOptionsT(); o.fusedActivationFunction = act
        return self.op(OP.FULLY_CONNECTED, [x, self.w((co, ci), ci), self.w((co,), 1e4)], [(n, co)], OPT.FullyConnectedOptions, o)

    def pool(self, x, k, s, pad=PAD.VALID, avg=False):
        kh, kw = k if isinstance(k, tuple) else (k, k); n, h, w, c = self.sh(x)
        o = S.Pool2DOptionsT(); o.padding, o.strideH, o.strideW, o.filterHeight, o.filterWidth, o.fusedActivationFunction = pad, s, s, kh, kw, ACT.NONE
        return self.op(OP.AVERAGE_POOL_2D if avg else OP.MAX_POOL_2D, [x], [(n, self.osz(h, kh, s, pad), self.osz(w, kw, s, pad), c)], OPT.Pool2DOptions, o)

    def gap(self, x):
        n, h, w, c = self.sh(x)
        return self.reshape(self.pool(x, (h, w), 1, avg=True), (n, c))

    def add(self, a, b, act=ACT.RELU):
        o = S.AddOptionsT(); o.fusedActivationFunction = act
        return self.op(OP.ADD, [a, b], [self.sh(a)], OPT.AddOptions, o)

    def mul(self, a, b):
        o = S.MulOptionsT(); o.fusedActivationFunction = ACT.NONE
        return self.op(OP.MUL, [a, b], [self.sh(a)], OPT.MulOptions, o)

    def un(self, code, a):
        return self.op(code, [a], [self.sh(a)])

    def cat(self, xs, axis=-1):
        s = self.sh(xs[0]); ax = axis % len(s); s[ax] = sum(self.sh(x)[ax] for x in xs)
        o = S.ConcatenationOptionsT(); o.axis, o.fusedActivationFunction = ax, ACT.NONE
        return self.op(OP.CONCATENATION, xs, [s], OPT.ConcatenationOptions, o)

    def split4(self, x):
        n, c = self.sh(x); o = S.SplitOptionsT(); o.numSplits = 4
        return self.op(OP.SPLIT, [self.t((), np.array(1, np.int32)), x], [(n, c // 4)] * 4, OPT.SplitOptions, o)

    def reshape(self, x, shape):
        o = S.ReshapeOptionsT(); o.newShape = list(shape)
        return self.op(OP.RESHAPE, [x, self.t((len(shape),), np.array(shape, np.int32))], [shape], OPT.ReshapeOptions, o)

    def flat(self, x):
        return self.reshape(x, (1, int(np.prod(self.sh(x)))))

    def save(self, name, *outs):
        self.g.outputs = list(outs)
        fb = flatbuffers.Builder(1024); fb.Finish(self.m.Pack(fb), b"TFL3")
        os.makedirs(HERE + "/litert", exist_ok=True)
        open(f"{HERE}/litert/{name}.tflite", "wb").write(fb.Output())


def fcs(b, x, dims):
    for i, d in enumerate(dims):
        x = b.fc(x, d, ACT.RELU if i < len(dims) - 1 else ACT.NONE)
    return x


def basic(b, x, co, s):
    y = b.conv(b.conv(x, co, 3, s), co, 3, act=ACT.NONE)
    return b.add(y, b.conv(x, co, 1, s, act=ACT.NONE) if s != 1 or b.sh(x)[3] != co else x)


def resnet(b, n):
    x = b.conv(b.inp(1, 32, 32, 3), 16, 3)
    for st, co in enumerate((16, 32, 64)):
        for i in range(n):
            x = basic(b, x, co, 2 if st and not i else 1)
    return b.fc(b.gap(x), 10)


def build(name):
    b = B(); V = PAD.VALID
    if name == "I1_mlp": o = fcs(b, b.inp(1, 784), [256, 128, 10])
    elif name == "I2_lenet":
        x = b.pool(b.conv(b.inp(1, 28, 28, 1), 6, 5), 2, 2); x = b.pool(b.conv(x, 16, 5, 1, V), 2, 2); o = fcs(b, b.flat(x), [120, 84, 10])
    elif name == "I3_resnet20": o = resnet(b, 3)
    elif name == "I7_resnet8": o = resnet(b, 1)
    elif name == "I4_lstm64_step":   # state in and out as tensors; the copy back is not in the timing
        x, h, c = b.inp(1, 1), b.inp(1, 64), b.inp(1, 64)
        i, f, g, q = b.split4(b.fc(b.cat([x, h]), 256)); sg = lambda t: b.un(OP.LOGISTIC, t)
        c2 = b.add(b.mul(sg(f), c), b.mul(sg(i), b.un(OP.TANH, g)), ACT.NONE); h2 = b.mul(sg(q), b.un(OP.TANH, c2))
        return b.save(name, b.fc(h2, 1), h2, c2)
    elif name == "I5_fc_autoencoder": o = fcs(b, b.inp(1, 640), [128] * 4 + [8] + [128] * 4 + [640])
    elif name == "I6_ds_cnn":
        x = b.conv(b.inp(1, 49, 10, 1), 64, (10, 4), 2)
        for _ in range(4): x = b.conv(b.dw(x), 64, 1)
        o = b.fc(b.gap(x), 12)
    elif name == "I8_mobilenet_v1_025":
        x = b.conv(b.inp(1, 96, 96, 3), 8, 3, 2)
        for co, s in [(16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2)] + [(128, 1)] * 5 + [(256, 2), (256, 1)]: x = b.conv(b.dw(x, 3, s), co, 1)
        o = b.fc(b.gap(x), 2)
    elif name == "I9_squeezenet1_1":
        x = b.pool(b.conv(b.inp(1, 224, 224, 3), 64, 3, 2, V), 3, 2)
        for j, (sq, e) in enumerate([(16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256)]):
            if j in (2, 4): x = b.pool(x, 3, 2)
            s = b.conv(x, sq, 1); x = b.cat([b.conv(s, e, 1), b.conv(s, e, 3)])
        o = b.gap(b.conv(x, 1000, 1))
    elif name == "I10_resnet18":
        x = b.pool(b.conv(b.inp(1, 224, 224, 3), 64, 7, 2), 3, 2, PAD.SAME)
        for st, co in enumerate((64, 128, 256, 512)):
            for i in range(2): x = basic(b, x, co, 2 if st and not i else 1)
        o = b.fc(b.gap(x), 1000)
    elif name == "I11_vgg16":
        x = b.inp(1, 224, 224, 3)
        for c in [64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0]: x = b.conv(x, c, 3) if c else b.pool(x, 2, 2)
        o = fcs(b, b.flat(x), [4096, 4096, 1000])
    b.save(name, o)


NAMES = ["I1_mlp", "I2_lenet", "I3_resnet20", "I4_lstm64_step", "I5_fc_autoencoder", "I6_ds_cnn", "I7_resnet8", "I8_mobilenet_v1_025",
         "I9_squeezenet1_1", "I10_resnet18", "I11_vgg16"]
if __name__ == "__main__":
    for n in [n for n in NAMES if len(sys.argv) == 1 or n.split("_")[0] in sys.argv[1:]]:
        build(n); print(n, os.path.getsize(f"{HERE}/litert/{n}.tflite"))

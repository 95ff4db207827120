//! The layers and operations of `network!`, by name: documentation alone, none of them is used by a program.
//!
//! Editors find these behind the names of a declaration; `docs/language.md` has them in tables.
//!
//! Made of the declarations of the layers: `UPDATE_SNAPSHOTS=1 cargo test -p fireclay-compiler --lib page`.

#![allow(non_camel_case_types, missing_debug_implementations, reason = "names as declarations write them")]

/// `Abs`
///
/// `|x|`
pub struct Abs;

/// `AdaptiveAvgPool(size)`
///
/// `[c, h, w]` → `[c, size, size]`, or `size = (height, width)`: window i of n over h reaches from ⌊i·h / n⌋ to ⌈(i + 1)·h / n⌉
pub struct AdaptiveAvgPool;

/// `AdaptiveAvgPool1d(size)`
///
/// `[time, features]` → `[size, features]`, windows over time as those of `AdaptiveAvgPool`
pub struct AdaptiveAvgPool1d;

/// `AdaptiveMaxPool(size)`
///
/// as `AdaptiveAvgPool`, the largest number of each window
pub struct AdaptiveMaxPool;

/// `AdaptiveMaxPool1d(size)`
///
/// as `AdaptiveAvgPool1d`, the largest number of each window
pub struct AdaptiveMaxPool1d;

/// `AlphaDropout(probability = 0.5)`
///
/// any shape, after `Selu`: its least value in place of numbers; mean and variance stay (Klambauer et al. 2017, arXiv 1706.02515)
pub struct AlphaDropout;

/// `Attention(heads, causal = false, bias = true)`
///
/// `[t, f]` → `[t, f]`: `softmax(q·kᵀ / √d)·v` in each head, q, k and v being products of x (Vaswani et al. 2017, arXiv 1706.03762); with `causal` no step looks at a later one
///
/// Parameters: `in_proj_weight [3·f, f]`, `in_proj_bias`, `out_proj.weight [f, f]`, `out_proj.bias`
pub struct Attention;

/// `AvgPool(kernel, stride = kernel, pad = 0, ceil = false, count_pad = true)`
///
/// as `MaxPool`; padding counts as zeros unless `count_pad = false`
pub struct AvgPool;

/// `AvgPool1d(kernel, stride = kernel, pad = 0, ceil = false, count_pad = true)`
///
/// as `MaxPool1d`; padding counts as zeros unless `count_pad = false`
pub struct AvgPool1d;

/// `BatchNorm(affine = true, eps = 1e-5, momentum = 0.1)`
///
/// `[c, h, w]`, per channel; `[f]` and `[t, f]`, per feature
///
/// Parameters: `weight`, `bias`; buffers `running_mean`, `running_var`
pub struct BatchNorm;

/// `Conv(channels, kernel, stride = 1, pad = 0, pad_mode = zeros or reflect or replicate or circular, dilation = 1, groups = 1, bias = true, mask, colors, init, weight)`
///
/// `[c, h, w]` → `[channels, (h + p − K) / stride + 1, …]`; `mask = A` or `B` sees only pixels before each, of `colors` also those before it (van den Oord et al. 2016, arXiv 1601.06759)
///
/// Parameters: `weight [channels, c / groups, kh, kw]`, `bias`; `weight = plain`, `weight_norm` or `spectral_norm`
pub struct Conv;

/// `Conv1d(channels, kernel, stride = 1, pad = 0, pad_mode = zeros or reflect or replicate or circular, dilation = 1, groups = 1, bias = true, init, weight)`
///
/// `[t, f]` → `[(t + p − K) / stride + 1, channels]`
///
/// Parameters: `weight [channels, f / groups, k]`, `bias`; `weight = plain`, `weight_norm` or `spectral_norm`
pub struct Conv1d;

/// `ConvTranspose(channels, kernel, stride = 1, pad = 0, output_pad, like, dilation = 1, groups = 1, bias = true, init, weight)`
///
/// `[c, h, w]` → `[channels, stride·(h − 1) + output_pad + K − p, …]`; `output_pad = auto`, or `like = value` to have that value's size
///
/// Parameters: `weight [c, channels / groups, kh, kw]`, `bias`; `weight = tie(label)` is that of the `Conv` which it turns around; `weight = plain`, `weight_norm` or `spectral_norm`
pub struct ConvTranspose;

/// `ConvTranspose1d(channels, kernel, stride = 1, pad = 0, output_pad, like, dilation = 1, groups = 1, bias = true, init, weight)`
///
/// `[t, f]` → `[stride·(t − 1) + output_pad + K − p, channels]`; `output_pad = auto`, or `like = value`, as `ConvTranspose`
///
/// Parameters: `weight [f, channels / groups, k]`, `bias`; `weight = plain`, `weight_norm` or `spectral_norm`
pub struct ConvTranspose1d;

/// `Crop(size, like)`
///
/// `[c, h, w]` → `[c, size, size]`, from the middle; an odd row or column that is left over stays after it; `like = value` takes that value's height and width
pub struct Crop;

/// `Dense(features, bias = true, init, weight)`
///
/// `[f]` → `[features]`; `[t, f]` → `[t, features]`
///
/// Parameters: `weight [features, f]`, `bias`; `weight = tie(label)` is that of another `Dense`, transposed, or of an `Embedding`; `weight = plain`, `weight_norm` or `spectral_norm`
pub struct Dense;

/// `DepthToSpace(block)`
///
/// `[c, h, w]` → `[c / block², h·block, w·block]`, as `pixel_shuffle` (Shi et al. 2016, arXiv 1609.05158)
pub struct DepthToSpace;

/// `DepthwiseConv(kernel, multiplier = 1, stride = 1, pad = 0, pad_mode = zeros or reflect or replicate or circular, dilation = 1, bias = true, init, weight)`
///
/// `[c, h, w]` → `[c · multiplier, …]`
///
/// Parameters: `weight [c · multiplier, 1, kh, kw]`, `bias`; `weight = plain`, `weight_norm` or `spectral_norm`
pub struct DepthwiseConv;

/// `Dequantize(scale, zero_point = 0)`
///
/// any shape; `i8` to `f32`
pub struct Dequantize;

/// `DiagonalBiLstm(hidden, colors = 1, bias = true)`
///
/// `[c, h, w]` → `[hidden, h, w]`: LSTMs along the diagonals, from the left and from the right; each pixel has seen all before it, and itself (the same paper, section 3.2)
///
/// Parameters: `left.input.weight [4·hidden, c, 1, 1]`, `left.input.bias`, `left.state.weight [4·hidden, hidden, 2, 1]`, `right.…`
pub struct DiagonalBiLstm;

/// `DropPath(probability, inverted = true)`
///
/// any shape: all of a sample, as the branch of a residual block, `x + (x -> … -> DropPath(0.1))` (stochastic depth: Huang et al. 2016, arXiv 1603.09382)
pub struct DropPath;

/// `Dropout(probability = 0.5, inverted = true)`
///
/// any shape; while training, the rest scaled up; with `inverted = false` all scaled down while evaluating instead (Srivastava et al. 2014)
pub struct Dropout;

/// `Elu(alpha = 1.0)`
///
/// x above zero, `alpha·(eˣ − 1)` below (Clevert et al. 2015, arXiv 1511.07289)
pub struct Elu;

/// `Embedding(features, padding_index, init)`
///
/// `[0..n; t]` → `[t, features]`, `[0..n]` → `[features]`
///
/// Parameters: `weight [n, features]`
pub struct Embedding;

/// `Exp`
///
/// `eˣ`
pub struct Exp;

/// `Flatten`
///
/// anything → `[all]`
pub struct Flatten;

/// `Flip(axis)`
///
/// any shape, as `Flip(width)` or `Flip((height, width))`: these axes from their ends to their beginnings
pub struct Flip;

/// `Gelu(approximate = none or tanh)`
///
/// `x·Φ(x)`, where Φ is the normal distribution; `approximate = tanh`: `x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³)))` (Hendrycks and Gimpel 2016, arXiv 1606.08415)
pub struct Gelu;

/// `GlobalAvgPool`
///
/// `[c, h, w]` → `[c]`, the mean of each channel
pub struct GlobalAvgPool;

/// `GlobalAvgPool1d`
///
/// `[time, features]` → `[features]`, the mean over time
pub struct GlobalAvgPool1d;

/// `GlobalMaxPool`
///
/// `[c, h, w]` → `[c]`, the largest number of each channel
pub struct GlobalMaxPool;

/// `GlobalMaxPool1d`
///
/// `[time, features]` → `[features]`, the largest number over time
pub struct GlobalMaxPool1d;

/// `Glu(axis)`
///
/// `[c, h, w]` → `[c / 2, h, w]`, `[f]` → `[f / 2]`: `a·sigmoid(b)`, a the first half of the channels (or features), b the second (Dauphin et al. 2016, arXiv 1612.08083)
pub struct Glu;

/// `GroupNorm(groups, affine = true, eps = 1e-5)`
///
/// `[c, h, w]`, `[f]`, or `[t, f]` over all of time: per sample and group of channels (or features) (Wu and He 2018, arXiv 1803.08494)
///
/// Parameters: `weight`, `bias`, one per channel
pub struct GroupNorm;

/// `Gru(hidden, layers = 1, bidirectional = false, dropout = 0.0, bias = true, state, last = false)`
///
/// as `Lstm`; its state is `h` alone: `(y, h)`
///
/// Parameters: `weight_ih_l0 [3·hidden, f]`, …
pub struct Gru;

/// `GruCell(hidden, bias = true)`
///
/// one step of a `Gru`: `(x, h)` → `h`
///
/// Parameters: `weight_ih [3·hidden, f]`, …
pub struct GruCell;

/// `HardSigmoid`
///
/// `min(max(x + 3, 0), 6) / 6` (Courbariaux et al. 2015, arXiv 1511.00363, with the slope of arXiv 1905.02244)
pub struct HardSigmoid;

/// `HardSwish`
///
/// `x·min(max(x + 3, 0), 6) / 6` (Howard et al. 2019, arXiv 1905.02244)
pub struct HardSwish;

/// `InstanceNorm(affine = false, eps = 1e-5)`
///
/// `[c, h, w]`, per sample and channel; `[t, f]`, per sample and feature over all of time (Ulyanov et al. 2016, arXiv 1607.08022)
///
/// Parameters: with `affine`: `weight`, `bias`, one per channel
pub struct InstanceNorm;

/// `L2Norm(scale = 20.0, eps = 1e-12)`
///
/// `[c, h, w]`, the channels at each position (or features): `x / max(length of x, eps)`, scaled (Liu et al. 2015, arXiv 1506.04579)
///
/// Parameters: `weight`, one per channel, `scale` at first
pub struct L2Norm;

/// `LayerNorm(axis, affine = true, bias = true, eps = 1e-5)`
///
/// any shape, per step (or image): `(x − mean) / √(variance + eps)`; `axis = channels` or `axis = (height, width)` otherwise (Ba et al. 2016, arXiv 1607.06450)
///
/// Parameters: `weight`, `bias`, of the sizes that it goes over
pub struct LayerNorm;

/// `LeakyRelu(slope = 0.01)`
///
/// x above zero, `slope·x` below (Maas et al. 2013)
pub struct LeakyRelu;

/// `Log`
///
/// The natural logarithm, `ln x`: −∞ at zero, NaN below
pub struct Log;

/// `LogSigmoid`
///
/// `ln(1 / (1 + e⁻ˣ))`
pub struct LogSigmoid;

/// `LogSoftmax(axis)`
///
/// the logarithm of `Softmax`, `x − ln Σ eˣ`
pub struct LogSoftmax;

/// `Lrn(size, alpha = 0.0001, beta = 0.75, k = 1.0)`
///
/// `[c, h, w]`: `x / (k + alpha·Σx² / size)^beta`, the sum over `size` neighboring channels (PyTorch's `LocalResponseNorm`; Krizhevsky et al. 2012)
pub struct Lrn;

/// `Lstm(hidden, layers = 1, bidirectional = false, dropout = 0.0, bias = true, state, last = false)`
///
/// `[t, f]` → `[t, hidden]` (twice as wide in both directions), `[hidden]` with `last`; `state = out` gives `(y, (h, c))`, and `(x, (h, c))` takes one; an index behind them, `(x, n)`, is the number of steps that are there
///
/// Parameters: `weight_ih_l0 [4·hidden, f]`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, …
pub struct Lstm;

/// `LstmCell(hidden, bias = true)`
///
/// one step of an `Lstm`: `(x, (h, c))`, of sizes `[f]` and `[hidden]`, → `(h, c)`; x alone starts from zeros
///
/// Parameters: `weight_ih [4·hidden, f]`, `weight_hh [4·hidden, hidden]`, `bias_ih`, `bias_hh`
pub struct LstmCell;

/// `LstmGates`
///
/// the gates of an `Lstm` alone, for a cell with other products: `(x, c)`, of sizes `[4·f]` and `[f]` or `[4·c, h, w]` and `[c, h, w]`, → `(h, c)`; x is the sum of the products of i, f, g and o
pub struct LstmGates;

/// `MaxPool(kernel, stride = kernel, pad = 0, dilation = 1, ceil = false, indices = false)`
///
/// as `Conv`, rounded up with `ceil`; with `indices` a tuple of values and `[0..height·width; …]`, where each stood in its map
pub struct MaxPool;

/// `MaxPool1d(kernel, stride = kernel, pad = 0, dilation = 1, ceil = false)`
///
/// `[time, features]` → `[(time + p − K) / stride + 1, features]`, rounded up with `ceil`
pub struct MaxPool1d;

/// `MaxUnpool(kernel = 2, stride = kernel, pad = 0, size, like)`
///
/// values and their indices → the map that a `MaxPool` of this window took them from, zeros elsewhere; or `size = (height, width)`, or `like = value` to have that value's size
pub struct MaxUnpool;

/// `Maxout(pieces, axis)`
///
/// `[c, h, w]` → `[c / pieces, h, w]`, `[f]` → `[f / pieces]`: channel j is the largest of `pieces` channels from `j·pieces` on (Goodfellow et al. 2013, arXiv 1302.4389)
pub struct Maxout;

/// `Mish`
///
/// `x·tanh(ln(1 + eˣ))` (Misra 2019, arXiv 1908.08681)
pub struct Mish;

/// `OneHot`
///
/// `[0..n]` → `[n]`, `[0..n; t]` → `[t, n]`: 1 at the index, 0 elsewhere
pub struct OneHot;

/// `PRelu(per_channel = false, init = 0.25)`
///
/// any shape; x above zero, `slope·x` below, with a learned slope (He et al. 2015, arXiv 1502.01852)
///
/// Parameters: `weight [1]`, or one per channel (or feature)
pub struct PRelu;

/// `Pad(pad, mode = zeros or reflect or replicate or circular, value = 0.0)`
///
/// `[c, h, w]` or `[t, f]` with `pad` around it or before and after: `value`, or with `mode` its mirror image (`reflect`), its edge (`replicate`), its other side (`circular`)
pub struct Pad;

/// `Param(sizes, init)`
///
/// nothing → a learned value of these sizes, at first zeros: `let scale = Param([64], init = ones);`
///
/// Parameters: one, called as its `let`: `scale [64]`
pub struct Param;

/// `Permute(first, second, third, fourth)`
///
/// the axes in another order, by number or name: `Permute(1, 2, 0)` or `Permute(height, width, channels)` of `[c, h, w]` gives `[h, w, c]`
pub struct Permute;

/// `Pow(exponent)`
///
/// any shape; every number to a power: NaN where it is negative and the power no integer
pub struct Pow;

/// `Quantize(scale, zero_point = 0)`
///
/// any shape; `f32` to `i8`
pub struct Quantize;

/// `Relu`
///
/// `max(0, x)` (Nair and Hinton 2010); NaN passes
pub struct Relu;

/// `Relu6`
///
/// `min(max(0, x), 6)` (Krizhevsky 2010)
pub struct Relu6;

/// `Reshape(sizes)`
///
/// as many numbers, as `Reshape([c, h, w])`; one size may be `_`
pub struct Reshape;

/// `RmsNorm(axis, affine = true, eps = 1.1920929e-7)`
///
/// as `LayerNorm`: `x / √(mean(x²) + eps)` (Zhang and Sennrich 2019, arXiv 1910.07467)
///
/// Parameters: `weight`
pub struct RmsNorm;

/// `Rnn(hidden, layers = 1, bidirectional = false, dropout = 0.0, bias = true, state, last = false, nonlinearity = tanh or relu)`
///
/// as `Gru`; `nonlinearity = tanh` or `relu`
///
/// Parameters: `weight_ih_l0 [hidden, f]`, …
pub struct Rnn;

/// `RnnCell(hidden, bias = true, nonlinearity = tanh or relu)`
///
/// one step of an `Rnn`: `(x, h)` → `h`
///
/// Parameters: `weight_ih [hidden, f]`, …
pub struct RnnCell;

/// `RoiAlign(size, scale = 1.0, sampling_ratio = 0, aligned = false)`
///
/// as `RoiPool`, the mean of `sampling_ratio`² points of each bin, each between four positions (0: as many as the bin has positions); `aligned` takes the middle of the first position for ½ (He et al. 2017, arXiv 1703.06870)
pub struct RoiAlign;

/// `RoiPool(size, scale = 1.0)`
///
/// `[c, h, w]` and regions `[n, 4]` (x1, y1, x2, y2; times `scale` they are positions of the map) → `[n, c, size, size]`, the largest number of each bin; regions get no gradient (Girshick 2015, arXiv 1504.08083)
pub struct RoiPool;

/// `RowLstm(hidden, kernel = 3, mask = B or A, colors = 1, bias = true)`
///
/// `[c, h, w]` → `[hidden, h, w]`: an LSTM that goes row by row, whose products are convolutions along the rows, of x with a mask (PixelRNN: van den Oord et al. 2016, arXiv 1601.06759)
///
/// Parameters: `input.weight [4·hidden, c, 1, kernel]`, `input.bias`, `state.weight [4·hidden, hidden, 1, kernel]`
pub struct RowLstm;

/// `Selu`
///
/// `s·x` above zero, `s·a·(eˣ − 1)` below, with s = 1.0507 and a = 1.6733 (Klambauer et al. 2017, arXiv 1706.02515)
pub struct Selu;

/// `SeparableConv(channels, kernel, multiplier = 1, stride = 1, pad = 0, pad_mode = zeros or reflect or replicate or circular, dilation = 1, bias = true, init)`
///
/// as `DepthwiseConv(kernel, …, bias = false) -> Conv(channels, 1)` (Chollet 2017, arXiv 1610.02357)
///
/// Parameters: `depthwise.weight [c · multiplier, 1, kh, kw]`, `pointwise.weight [channels, c · multiplier, 1, 1]`, `pointwise.bias`
pub struct SeparableConv;

/// `Sigmoid`
///
/// `1 / (1 + e⁻ˣ)`
pub struct Sigmoid;

/// `Silu`
///
/// `x·sigmoid(x)`, also called swish (Elfwing et al. 2017, arXiv 1702.03118)
pub struct Silu;

/// `Slice(time, features, channels, height, width, regions)`
///
/// any shape, as `Slice(height = 2..5)`: the numbers between two positions of one axis or several; `..5`, `2..`, and `-3..` for the last three
pub struct Slice;

/// `Softmax(axis)`
///
/// `eˣ / Σ eˣ` over channels of an image, else over the last axis; `axis = time`, `height`, … otherwise
pub struct Softmax;

/// `Softmin(axis)`
///
/// `Softmax` of −x
pub struct Softmin;

/// `Softplus(beta = 1.0, threshold = 20.0)`
///
/// `ln(1 + e^(beta·x)) / beta`; x itself where `beta·x` is above the threshold (Dugas et al. 2000)
pub struct Softplus;

/// `Softsign`
///
/// `x / (1 + |x|)` (Turian et al. 2009)
pub struct Softsign;

/// `SpaceToDepth(block)`
///
/// `[c, h, w]` → `[c·block², h / block, w / block]`, as `pixel_unshuffle`
pub struct SpaceToDepth;

/// `SpatialDropout(probability = 0.5)`
///
/// `[c, h, w]`: whole channels; `[t, f]`: features at all steps (Tompson et al. 2015, arXiv 1411.4280)
pub struct SpatialDropout;

/// `Sqrt`
///
/// `√x`: NaN below zero
pub struct Sqrt;

/// `Squeeze(axis)`
///
/// without the axes of size 1, or that axis alone: `Squeeze(channels)` of `[1, h, w]` gives `[h, w]`
pub struct Squeeze;

/// `Step(index)`
///
/// `[t, f]` → `[f]`: one step, as `Step(last)`, `Step(first)`, `Step(3)`, or `Step(-2)` from the end
pub struct Step;

/// `Tanh`
///
/// The hyperbolic tangent, `(eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)`
pub struct Tanh;

/// `Upsample(scale = 2, size, like, mode = nearest or bilinear or bed_of_nails, align_corners = false)`
///
/// `[c, h, w]` → `[c, scale·h, scale·w]`; or `size = (height, width)`, or `like = value` to have that value's size. `bed_of_nails` has each number in the first position of its window and zeros beside it
pub struct Upsample;

/// `add(number, number_first = false)`
///
/// equal ranks; axes of size 1 stretch
pub struct add;

/// `argmax(axis)`
///
/// the index of the largest along some axes, or of all
pub struct argmax;

/// `concat(axis)`
///
/// joins values along an axis
pub struct concat;

/// `div(number, number_first = false)`
///
/// equal ranks; axes of size 1 stretch
pub struct div;

/// `greater(number, number_first = false)`
///
/// equal ranks; axes of size 1 stretch
pub struct greater;

/// `greater_equal(number, number_first = false)`
///
/// equal ranks; axes of size 1 stretch
pub struct greater_equal;

/// `matmul`
///
/// the product of two values
pub struct matmul;

/// `max(number, axis, keep = false)`
///
/// over some axes, or all
pub struct max;

/// `mean(drop = 0.0, axis, keep = false)`
///
/// the mean of values of one shape; with `drop` each is left out with this probability while training, and one at least is kept
pub struct mean;

/// `min(number, axis, keep = false)`
///
/// over some axes, or all
pub struct min;

/// `mul(number, number_first = false)`
///
/// equal ranks; axes of size 1 stretch
pub struct mul;

/// `ones(sizes)`
///
/// a value without input
pub struct ones;

/// `split(parts, axis)`
///
/// parts along an axis: so many equal ones, or a list of their sizes
pub struct split;

/// `stop_gradient`
///
/// the value, without a gradient
pub struct stop_gradient;

/// `sub(number, number_first = false)`
///
/// equal ranks; axes of size 1 stretch
pub struct sub;

/// `sum(axis, keep = false)`
///
/// over some axes, or all
pub struct sum;

/// `where`
///
/// one of two values, number by number
pub struct r#where;

/// `zeros(sizes)`
///
/// a value without input
pub struct zeros;

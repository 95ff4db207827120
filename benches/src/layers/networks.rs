//! The networks: one for each layer and size.

use super::Layer;
use super::Measure::{Bytes, Pass, Products};
use super::Saved::{Input, Nothing, Output};
use fireclay::prelude::*;

/// All layers, family by family.
pub const ALL: &[&[Layer]] = &[MAPS, POINTS, REGIONS, JOINED, SEQUENCES, RECURRENT, VECTORS, INDEXED];

/// Layers of `$from` with their names and how they are measured, each in a network `$take -> pre -> Tanh -> layer -> post -> end`.
macro_rules! layers {
    ($family:ident: $input:tt, $pre:expr, $post:expr, $end:expr; $($name:literal $net:ident $measure:expr, $layer:expr;)*) => {
        network! {
            $(pub $net(x: $input) -> [16] { x -> pre: $pre -> act: Tanh -> layer: $layer -> post: $post -> end: $end })*
        }
        layers!(list $family: $($name $net $measure;)*);
    };
    (list $family:ident: $($name:literal $net:ident $measure:expr;)*) => {
        const $family: &[Layer] = &[$(Layer { name: $name, measure: $measure, run: |bench| bench.network::<$net, _>() }),*];
    };
}

layers! { MAPS: [16, 32, 32], Conv(64, 1), Conv(16, 1), GlobalAvgPool;
    "masked_conv" MaskedConv Products, Conv(64, 3, pad = 1, mask = B);
    "depthwise_conv" Depthwise Products, DepthwiseConv(3, pad = 1);
    "batch_norm" BatchNorms Bytes(Input), BatchNorm;
    "group_norm" GroupNorms Bytes(Input), GroupNorm(8);
    "instance_norm" InstanceNorms Bytes(Input), InstanceNorm(affine = true);
    "layer_norm_image" LayerNormImage Bytes(Input), LayerNorm;
    "layer_norm_channels" LayerNormChannels Bytes(Input), LayerNorm(axis = channels);
    "rms_norm_channels" RmsNormChannels Bytes(Input), RmsNorm(axis = channels);
    "l2_norm" L2Norms Bytes(Input), L2Norm;
    "lrn" Lrns Bytes(Input), Lrn(5);
    "max_pool_2" MaxPool2 Bytes(Input), MaxPool(2);
    "max_pool_3" MaxPool3 Bytes(Input), MaxPool(3, stride = 2, pad = 1);
    "avg_pool_2" AvgPool2 Bytes(Nothing), AvgPool(2);
    "avg_pool_3" AvgPool3 Bytes(Nothing), AvgPool(3, stride = 1, pad = 1);
    "adaptive_avg_pool" AdaptiveAvg Bytes(Nothing), AdaptiveAvgPool(7);
    "upsample_nearest" Nearest Bytes(Nothing), Upsample(2);
    "upsample_bilinear" Bilinear Bytes(Nothing), Upsample(2, mode = bilinear);
    "softmax_channels" SoftmaxChannels Bytes(Output), Softmax;
    "log_softmax_channels" LogSoftmaxChannels Bytes(Output), LogSoftmax;
    "prelu" PRelus Bytes(Input), PRelu(per_channel = true);
    "maxout" Maxouts Bytes(Input), Maxout(2);
    "glu" Glus Bytes(Input), Glu;
    "gelu" Gelus Bytes(Input), Gelu;
    "silu" Silus Bytes(Input), Silu;
    "space_to_depth" ToDepth Bytes(Nothing), SpaceToDepth(2);
    "depth_to_space" ToSpace Bytes(Nothing), DepthToSpace(2);
    "permute" Permuted Bytes(Nothing), Permute(1, 2, 0);
    "pad_reflect" PadReflect Bytes(Nothing), Pad(1, mode = reflect);
}

network! {
    pub GroupNormLarge(x: [16, 56, 56]) -> [16] { x -> pre: Conv(64, 1) -> act: Tanh -> layer: GroupNorm(8) -> post: Conv(16, 1) -> end: GlobalAvgPool }
    pub BilinearLarge(x: [16, 56, 56]) -> [16] {
        x -> pre: Conv(64, 1) -> act: Tanh -> layer: Upsample(2, mode = bilinear) -> post: Conv(16, 1) -> end: GlobalAvgPool
    }
    pub MaxPoolLarge(x: [16, 56, 56]) -> [16] {
        x -> pre: Conv(64, 1) -> act: Tanh -> layer: MaxPool(3, stride = 2, pad = 1) -> post: Conv(16, 1) -> end: GlobalAvgPool
    }
    pub GlobalAvg(x: [16, 32, 32]) -> [16] { x -> pre: Conv(64, 1) -> act: Tanh -> layer: GlobalAvgPool -> post: Dense(16) }
    pub GlobalMax(x: [16, 32, 32]) -> [16] { x -> pre: Conv(64, 1) -> act: Tanh -> layer: GlobalMaxPool -> post: Dense(16) }
    pub MeanPlane(x: [16, 32, 32]) -> [16] {
        let h = x -> pre: Conv(64, 1) -> act: Tanh;
        mean(h, axis = (height, width)) -> post: Dense(16)
    }
    pub MaxChannels(x: [16, 32, 32]) -> [16] {
        let h = x -> pre: Conv(64, 1) -> act: Tanh;
        max(h, axis = channels, keep = true) -> post: Conv(16, 1) -> end: GlobalAvgPool
    }
}

layers! { list POINTS:
    "group_norm_56" GroupNormLarge Bytes(Input);
    "upsample_bilinear_56" BilinearLarge Bytes(Nothing);
    "max_pool_3_56" MaxPoolLarge Bytes(Input);
    "global_avg_pool" GlobalAvg Bytes(Nothing);
    "global_max_pool" GlobalMax Bytes(Input);
    "mean_plane" MeanPlane Bytes(Nothing);
    "max_channels" MaxChannels Bytes(Input);
}

network! {
    pub Pooled(map: [16, 32, 32], rois: [16, 4]) -> [16] {
        let h = map -> pre: Conv(64, 1) -> act: Tanh;
        (h, rois) -> layer: RoiPool(7) -> flat: Reshape([16, 3136]) -> post: Dense(16) -> end: GlobalAvgPool1d
    }
    pub Aligned(map: [16, 32, 32], rois: [16, 4]) -> [16] {
        let h = map -> pre: Conv(64, 1) -> act: Tanh;
        (h, rois) -> layer: RoiAlign(7, sampling_ratio = 2, aligned = true) -> flat: Reshape([16, 3136]) -> post: Dense(16) -> end: GlobalAvgPool1d
    }
}

layers! { list REGIONS:
    "roi_pool" Pooled Bytes(Input);
    "roi_align" Aligned Bytes(Nothing);
}

network! {
    pub Unpooled(x: [16, 32, 32]) -> [16] {
        let (y, at) = x -> pre: Conv(64, 1) -> act: Tanh -> pool: MaxPool(2, indices = true);
        (y, at) -> layer: MaxUnpool(2) -> post: Conv(16, 1) -> end: GlobalAvgPool
    }
    pub Joined(x: [16, 32, 32]) -> [16] {
        let h = x -> pre: Conv(64, 1) -> act: Tanh;
        concat(h, h) -> post: Conv(16, 1) -> end: GlobalAvgPool
    }
    pub Shuffled(x: [16, 32, 32]) -> [16] {
        let (a, b) = split(x -> pre: Conv(64, 1) -> act: Tanh, 2);
        concat(b, a) -> post: Conv(16, 1) -> end: GlobalAvgPool
    }
}

layers! { list JOINED:
    "max_pool_unpool" Unpooled Bytes(Nothing);
    "concat" Joined Bytes(Nothing);
    "split_concat" Shuffled Bytes(Nothing);
}

layers! { SEQUENCES: [128, 16], Conv1d(256, 1), Dense(16), GlobalAvgPool1d;
    "conv1d_causal" CausalConv Products, Conv1d(64, 3, pad = causal);
    "conv1d_dilated" DilatedConv Products, Conv1d(64, 3, dilation = 4, pad = 4);
    "conv_transpose1d" Transposed Products, ConvTranspose1d(64, 4, stride = 2, pad = 1);
    "layer_norm" LayerNorms Bytes(Input), LayerNorm;
    "rms_norm" RmsNorms Bytes(Input), RmsNorm;
    "batch_norm_sequence" BatchNormSequence Bytes(Input), BatchNorm;
    "group_norm_sequence" GroupNormSequence Bytes(Input), GroupNorm(8);
    "softmax" Softmaxes Bytes(Output), Softmax;
    "log_softmax" LogSoftmaxes Bytes(Output), LogSoftmax;
    "glu_sequence" GluSequence Bytes(Input), Glu;
    "gelu_sequence" GeluSequence Bytes(Input), Gelu;
    "max_pool1d" MaxPools1d Bytes(Input), MaxPool1d(2);
}

layers! { RECURRENT: [64, 16], Conv1d(64, 1), Dense(16), GlobalAvgPool1d;
    "lstm" Lstms Products, Lstm(128);
    "gru" Grus Products, Gru(128);
    "rnn" Rnns Products, Rnn(128);
    "lstm_bidirectional" BiLstms Products, Lstm(128, bidirectional = true);
    "gru_bidirectional" BiGrus Products, Gru(128, bidirectional = true);
    "attention" Attends Products, Attention(4);
}

layers! { VECTORS: [16], Dense(1000), Dense(16), Relu;
    "softmax_1000" Softmax1000 Bytes(Output), Softmax;
    "log_softmax_1000" LogSoftmax1000 Bytes(Output), LogSoftmax;
    "layer_norm_1000" LayerNorm1000 Bytes(Input), LayerNorm;
    "dense" Denses Pass, Dense(512);
    "dense_weight_norm" WeightNormDense Pass, Dense(512, weight = weight_norm);
    "dense_spectral_norm" SpectralNormDense Pass, Dense(512, weight = spectral_norm);
}

network! {
    pub Embedded(x: [0..1000; 128]) -> [16] { x -> layer: Embedding(64) -> post: Dense(16) -> end: GlobalAvgPool1d }
}

layers! { list INDEXED:
    "embedding" Embedded Bytes(Nothing);
}

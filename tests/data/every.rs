//! All that packing meets: batch norms after convolutions with and without bias, after a depthwise and a transposed one, after a dense
//! layer; weights that are made of parameters before that; one that can not be folded; layers without panels; an output that exists for training alone; a network within.

use fireclay::prelude::*;

network! {
    pub Trunk(image: [3, 8, 8]) -> [8, 8, 8] {
        image -> conv1: Conv(8, 3, pad = 1, bias = false) -> BatchNorm -> Relu
              -> dw: DepthwiseConv(3, pad = 1) -> BatchNorm(affine = false) -> Relu
    }

    pub Every(image: [3, 8, 8], codes: [0..9; 4]) -> (class: [5], map: [2, 16, 16], #[train] aux: [7]) {
        let x = image -> trunk: net Trunk -> conv2: Conv(20, 3, pad = 1, weight = weight_norm) -> BatchNorm -> Relu;
        let wide = x -> MaxPool(2) -> bn: BatchNorm;
        let map = x -> up: ConvTranspose(2, 2, stride = 2, bias = false, weight = spectral_norm) -> BatchNorm -> Sigmoid;
        let text = codes -> embed: Embedding(6) -> rnn: Lstm(5);
        let flat = concat(wide -> Flatten, text -> Flatten);
        (class: flat -> fc1: Dense(12, weight = spectral_norm) -> BatchNorm -> Relu -> fc2: Dense(5), map, aux: flat -> head: Dense(7))
    }
}

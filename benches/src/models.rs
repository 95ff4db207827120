//! The networks, as `PEERS.md`'s programs declare them.

use fireclay::prelude::*;

network! {
    pub Mlp(x: [784]) -> [10] { x -> fc1: Dense(256) -> Relu -> fc2: Dense(128) -> Relu -> fc3: Dense(10) }

    pub LeNet(image: [1, 28, 28]) -> [10] {
        image
            -> conv1: Conv(6, 5, pad = 2) -> Relu -> MaxPool(2)
            -> conv2: Conv(16, 5)         -> Relu -> MaxPool(2)
            -> Flatten
            -> fc1: Dense(120) -> Relu -> fc2: Dense(84) -> Relu -> fc3: Dense(10)
    }

    pub CharLstm(text: [0..96; 64]) -> [64, 96] { text -> embed: Embedding(64) -> lstm: Lstm(256) -> out: Dense(96) }

    #[fireclay(step)]
    pub LstmStep(x: [2, 1]) -> [2, 1] { x -> lstm: Lstm(64) -> out: Dense(1) }
    #[fireclay(step)]
    pub LstmStep16(x: [2, 1]) -> [2, 1] { x -> lstm: Lstm(16) -> out: Dense(1) }
    #[fireclay(step)]
    pub LstmStep24(x: [2, 1]) -> [2, 1] { x -> lstm: Lstm(24) -> out: Dense(1) }

    pub Autoencoder(x: [640]) -> [640] {
        x -> a: [Dense(128) -> Relu; 4] -> code: Dense(8) -> Relu -> b: [Dense(128) -> Relu; 4] -> out: Dense(640)
    }

    /// Silero VAD, a chunk of 32 ms, as `examples/voice_activity.rs` declares it.
    pub Silero(before: [64, 1], chunk: [512, 1], h: [1, 128], c: [1, 128]) -> (speech: [1], before: [64, 1], h: [1, 128], c: [1, 128]) {
        let spectrum = concat(before, chunk, axis = time) -> Pad((0, 64), mode = reflect) -> stft: Conv1d(258, 256, stride = 128, bias = false);
        let (re, im) = split(spectrum, 2);
        let features = re * re + im * im -> Sqrt -> conv0: Conv1d(128, 3, pad = 1) -> Relu -> conv1: Conv1d(64, 3, stride = 2, pad = 1) -> Relu
            -> conv2: Conv1d(64, 3, stride = 2, pad = 1) -> Relu -> conv3: Conv1d(128, 3, pad = 1) -> Relu;
        let (y, (h, c)) = (features, (h, c)) -> lstm: Lstm(128, state = out);
        (speech: y -> Relu -> out: Conv1d(1, 1) -> Sigmoid -> Flatten, before: chunk -> Slice(time = 448..), h, c)
    }
}

network! {
    default Conv(bias = false);

    block Basic(x; channels, stride = 1) {
        let main = x
            -> conv1: Conv(channels, 3, pad = 1, stride = stride) -> bn1: BatchNorm -> Relu
            -> conv2: Conv(channels, 3, pad = 1)                  -> bn2: BatchNorm;
        let skip = if stride == 1 && x.channels == channels { x } else { x -> downsample: [Conv(channels, 1, stride = stride), BatchNorm] };
        main + skip -> Relu
    }

    block Stage(x; channels, n, stride = 2) { x -> [Basic(channels, if i == 0 { stride } else { 1 }); i in 0..n] }

    block Cifar(x; n) {
        x -> conv1: Conv(16, 3, pad = 1) -> bn1: BatchNorm -> Relu
          -> layer1: Stage(16, n, stride = 1) -> layer2: Stage(32, n) -> layer3: Stage(64, n) -> GlobalAvgPool -> fc: Dense(10)
    }

    pub ResNet20(image: [3, 32, 32]) -> [10] { image -> Cifar(3) }
    pub ResNet8(image: [3, 32, 32]) -> [10] { image -> Cifar(1) }

    pub ResNet18(image: [3, 224, 224]) -> [1000] {
        image
            -> conv1: Conv(64, 7, stride = 2, pad = 3) -> bn1: BatchNorm -> Relu -> MaxPool(3, stride = 2, pad = 1)
            -> layer1: Stage(64, 2, stride = 1) -> layer2: Stage(128, 2) -> layer3: Stage(256, 2) -> layer4: Stage(512, 2)
            -> GlobalAvgPool -> fc: Dense(1000)
    }
}

network! {
    default ConvTranspose(stride = 2, pad = 1, bias = false);
    default Conv(stride = 2, pad = 1, bias = false);

    pub Generator(z: [100, 1, 1]) -> [3, 32, 32] {
        z
            -> up1: ConvTranspose(256, 4, stride = 1, pad = 0) -> BatchNorm -> Relu
            -> up2: ConvTranspose(128, 4)                      -> BatchNorm -> Relu
            -> up3: ConvTranspose(64, 4)                       -> BatchNorm -> Relu
            -> up4: ConvTranspose(3, 4)                        -> Tanh
    }

    pub Discriminator(image: [3, 32, 32]) -> [1] {
        image
            -> c1: Conv(64, 4)               -> LeakyRelu(0.2)
            -> c2: Conv(128, 4) -> BatchNorm -> LeakyRelu(0.2)
            -> c3: Conv(256, 4) -> BatchNorm -> LeakyRelu(0.2)
            -> c4: Conv(1, 4, stride = 1, pad = 0) -> Sigmoid -> Flatten
    }
}

network! {
    block Separable(x; channels, stride = 1) {
        x -> dw: DepthwiseConv(3, pad = 1, stride = stride) -> Relu -> pw: Conv(channels, 1) -> Relu
    }

    pub DsCnn(mfcc: [1, 49, 10]) -> [12] {
        mfcc
            -> stem: Conv(64, (10, 4), stride = 2, pad = ((4, 5), (1, 1))) -> Relu as [64, 25, 5]
            -> body: [Separable(64); 4] -> GlobalAvgPool -> fc: Dense(12)
    }

    pub MobileNet(image: [3, 96, 96]) -> [2] {
        image
            -> stem: Conv(8, 3, stride = 2, pad = 1) -> Relu
            -> body: [
                Separable(16), Separable(32, stride = 2), Separable(32), Separable(64, stride = 2), Separable(64),
                Separable(128, stride = 2), Separable(128), Separable(128), Separable(128), Separable(128), Separable(128),
                Separable(256, stride = 2), Separable(256),
            ]
            -> GlobalAvgPool -> fc: Dense(2)
    }

    block Fire(x; squeeze, expand) {
        let s = x -> s: Conv(squeeze, 1) -> Relu;
        concat(s -> e1: Conv(expand, 1) -> Relu, s -> e3: Conv(expand, 3, pad = 1) -> Relu)
    }

    pub SqueezeNet(image: [3, 224, 224]) -> [1000] {
        image
            -> conv1: Conv(64, 3, stride = 2) -> Relu -> MaxPool(3, stride = 2, ceil = true)
            -> f1: Fire(16, 64) -> f2: Fire(16, 64) -> MaxPool(3, stride = 2, ceil = true)
            -> f3: Fire(32, 128) -> f4: Fire(32, 128) -> MaxPool(3, stride = 2, ceil = true)
            -> f5: Fire(48, 192) -> f6: Fire(48, 192) -> f7: Fire(64, 256) -> f8: Fire(64, 256)
            -> conv2: Conv(1000, 1) -> Relu -> GlobalAvgPool
    }

    pub Vgg16(image: [3, 224, 224]) -> [1000] {
        default Conv(pad = 1);
        image
            -> b1: [Conv(64, 3) -> Relu; 2]  -> MaxPool(2)
            -> b2: [Conv(128, 3) -> Relu; 2] -> MaxPool(2)
            -> b3: [Conv(256, 3) -> Relu; 3] -> MaxPool(2)
            -> b4: [Conv(512, 3) -> Relu; 3] -> MaxPool(2)
            -> b5: [Conv(512, 3) -> Relu; 3] -> MaxPool(2)
            -> Flatten -> fc1: Dense(4096) -> Relu -> fc2: Dense(4096) -> Relu -> fc3: Dense(1000)
    }
}

network! {
    default Conv(pad = 1);

    block Two(x; channels) { x -> c1: Conv(channels, 3) -> Relu -> c2: Conv(channels, 3) -> Relu }

    pub UNet(image: [3, 64, 64]) -> [1, 64, 64] {
        let a = image -> d1: Two(16);
        let b = a -> MaxPool(2) -> d2: Two(32);
        let c = b -> MaxPool(2) -> d3: Two(64);
        let b = concat(c -> u2: ConvTranspose(32, 2, stride = 2), b) -> e2: Two(32);
        let a = concat(b -> u1: ConvTranspose(16, 2, stride = 2), a) -> e1: Two(16);
        a -> head: Conv(1, 1, pad = 0)
    }

    /// The same over an image of its paper's size.
    pub UNet572(image: [3, 572, 572]) -> [1, 572, 572] {
        let a = image -> d1: Two(16);
        let b = a -> MaxPool(2) -> d2: Two(32);
        let c = b -> MaxPool(2) -> d3: Two(64);
        let b = concat(c -> u2: ConvTranspose(32, 2, stride = 2), b) -> e2: Two(32);
        let a = concat(b -> u1: ConvTranspose(16, 2, stride = 2), a) -> e1: Two(16);
        a -> head: Conv(1, 1, pad = 0)
    }

    pub Vgg11(image: [3, 32, 32]) -> [10] {
        image
            -> c1: Conv(64, 3) -> Relu -> MaxPool(2) -> c2: Conv(128, 3) -> Relu -> MaxPool(2)
            -> c3: [Conv(256, 3) -> Relu; 2] -> MaxPool(2) -> c4: [Conv(512, 3) -> Relu; 2] -> MaxPool(2)
            -> c5: [Conv(512, 3) -> Relu; 2] -> MaxPool(2) -> Flatten -> fc: Dense(10)
    }

    block Growing(x; by) { concat(x, x -> bn: BatchNorm -> Relu -> conv: Conv(by, 3, bias = false)) }

    pub DenseBlock(image: [3, 32, 32]) -> [10] {
        image -> stem: Conv(24, 3, bias = false) -> layers: [Growing(12); 6] -> bn: BatchNorm -> Relu -> GlobalAvgPool -> fc: Dense(10)
    }

    block Normed(x; channels, stride = 1) {
        x -> dw: DepthwiseConv(3, pad = 1, stride = stride, bias = false) -> bn1: BatchNorm -> Relu
          -> pw: Conv(channels, 1, pad = 0, bias = false) -> bn2: BatchNorm -> Relu
    }

    pub MobileNetTrain(image: [3, 96, 96]) -> [10] {
        image
            -> stem: Conv(8, 3, stride = 2, bias = false) -> BatchNorm -> Relu
            -> body: [
                Normed(16), Normed(32, stride = 2), Normed(32), Normed(64, stride = 2), Normed(64),
                Normed(128, stride = 2), Normed(128), Normed(128), Normed(128), Normed(128), Normed(128),
                Normed(256, stride = 2), Normed(256),
            ]
            -> GlobalAvgPool -> fc: Dense(10)
    }

    /// A classifier of sequences.
    pub GruClassifier(x: [32, 20]) -> [10] { x -> gru: Gru(64, layers = 2, last = true) -> fc: Dense(10) }

    pub Tiny(x: [4]) -> [4] { x -> fc1: Dense(32) -> Tanh -> fc2: Dense(16) -> Tanh -> fc3: Dense(4) }
}

/// A table of what the networks take, for `docs/performance.md`.
pub fn counts() {
    fn line<N: Network>() {
        println!("| {} | {} | {} | {} |", N::INFO.name, N::PARAMETERS, N::MACS, N::MEMORY);
    }
    println!("| network | parameters | multiply-accumulates, one sample | bytes of one inference |\n|---|---:|---:|---:|");
    line::<Mlp>();
    line::<LeNet>();
    line::<ResNet20>();
    line::<CharLstm>();
    line::<Generator>();
    line::<Discriminator>();
    line::<Autoencoder>();
    line::<DsCnn>();
    line::<ResNet8>();
    line::<MobileNet>();
    line::<SqueezeNet>();
    line::<ResNet18>();
    line::<Vgg16>();
}

use fireclay::prelude::*;

network! {
    const WIDTH = 64;
    default Conv(bias = false);

    block Bottleneck(x; channels, stride = 1) {
        let main = x
            -> conv1: Conv(channels, 1)                           -> bn1: BatchNorm -> Relu
            -> conv2: Conv(channels, 3, pad = 1, stride = stride) -> bn2: BatchNorm -> Relu
            -> conv3: Conv(4 * channels, 1)                       -> bn3: BatchNorm;
        let skip = if stride == 1 && x.channels == 4 * channels { x } else { x -> downsample: [Conv(4 * channels, 1, stride = stride), BatchNorm] };
        main + skip -> Relu
    }

    block Stage(x; channels, n, stride = 2) { x -> [Bottleneck(channels, if i == 0 { stride } else { 1 }); i in 0..n] }

    pub ResNet152(image: [3, 224, 224]) -> [1000] {
        image
            -> conv1: Conv(WIDTH, 7, stride = 2, pad = 3) -> bn1: BatchNorm -> Relu -> MaxPool(3, stride = 2, pad = 1)
            -> layer1: Stage(WIDTH, 3, stride = 1) -> layer2: Stage(2 * WIDTH, 8) -> layer3: Stage(4 * WIDTH, 36) -> layer4: Stage(8 * WIDTH, 3)
            -> GlobalAvgPool -> fc: Dense(1000)
    }
}

fn main() {
    let mut net = ResNet152::init(&mut rng(0));
    let (mut memory, mut grads, mut sgd) = (ResNet152::memory(1), ResNet152::grads(), Sgd::new(0.01).on(&*net));
    let (x, y) = (Batch::zeros(1), IndexBatch::<1000>::from_samples([Index::new(0).expect("a class")]));
    grads.zero();
    println!("loss {}", net.train(&x, CrossEntropy, &y, &mut memory, &mut grads));
    sgd.step(&mut *net, &grads);
    let (packed, image) = (net.pack(), Tensor::<shape![3, 224, 224]>::boxed());
    println!("{}", packed.infer(&*image, &mut ResNet152::infer_memory())[0]);
}

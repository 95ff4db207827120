use fireclay::prelude::*;

network! {
    const WIDTH = 16;
    default Conv(bias = false);

    block Basic(x; channels, stride = 1) {
        let main = x
            -> conv1: Conv(channels, 3, pad = 1, stride = stride) -> bn1: BatchNorm -> Relu
            -> conv2: Conv(channels, 3, pad = 1)                  -> bn2: BatchNorm;
        let skip = if stride == 1 && x.channels == channels { x } else { x -> downsample: [Conv(channels, 1, stride = stride), BatchNorm] };
        main + skip -> Relu
    }

    block Stage(x; channels, n, stride = 2) { x -> [Basic(channels, if i == 0 { stride } else { 1 }); i in 0..n] }

    pub ResNet20(image: [3, 32, 32]) -> [10] {
        image
            -> conv1: Conv(WIDTH, 3, pad = 1) -> bn1: BatchNorm -> Relu
            -> layer1: Stage(WIDTH, 3, stride = 1) -> layer2: Stage(2 * WIDTH, 3) -> layer3: Stage(4 * WIDTH, 3)
            -> GlobalAvgPool -> fc: Dense(10)
    }
}

fn main() {
    let mut net = ResNet20::init(&mut rng(0));
    let (mut memory, mut grads, mut sgd) = (ResNet20::memory(1), ResNet20::grads(), Sgd::new(0.01).on(&*net));
    let (x, y) = (Batch::zeros(1), IndexBatch::<10>::from_samples([Index::new(0).expect("a class")]));
    grads.zero();
    println!("loss {}", net.train(&x, CrossEntropy, &y, &mut memory, &mut grads));
    sgd.step(&mut *net, &grads);
    let (packed, image) = (net.pack(), Tensor::<shape![3, 32, 32]>::boxed());
    println!("{}", packed.infer(&*image, &mut ResNet20::infer_memory())[0]);
}

use fireclay::prelude::*;

network! {
    const WIDTH = 64;
    default Conv(bias = false);
    default MaxPool(ceil = true);

    block Unit(x; channels, kernel, stride = 1) {
        x -> conv: Conv(channels, kernel, stride = stride, pad = kernel / 2) -> bn: BatchNorm -> Relu
    }

    block Inception(x; a, b0, b, c0, c, d) {
        concat(
            x -> branch1: Unit(a, 1),
            x -> branch2: [Unit(b0, 1), Unit(b, 3)],
            x -> branch3: [Unit(c0, 1), Unit(c, 3)],
            x -> MaxPool(3, stride = 1, pad = 1) -> branch4: Unit(d, 1),
        )
    }

    pub GoogLeNet(image: [3, 224, 224]) -> [1000] {
        image
            -> conv1: Unit(WIDTH, 7, stride = 2) -> MaxPool(3, stride = 2)
            -> conv2: Unit(WIDTH, 1) -> conv3: Unit(3 * WIDTH, 3) -> MaxPool(3, stride = 2)
            -> i3a: Inception(64, 96, 128, 16, 32, 32)    -> i3b: Inception(128, 128, 192, 32, 96, 64) -> MaxPool(3, stride = 2)
            -> i4a: Inception(192, 96, 208, 16, 48, 64)   -> i4b: Inception(160, 112, 224, 24, 64, 64)
            -> i4c: Inception(128, 128, 256, 24, 64, 64)  -> i4d: Inception(112, 144, 288, 32, 64, 64)
            -> i4e: Inception(256, 160, 320, 32, 128, 128) -> MaxPool(2, stride = 2)
            -> i5a: Inception(256, 160, 320, 32, 128, 128) -> i5b: Inception(384, 192, 384, 48, 128, 128)
            -> GlobalAvgPool -> Dropout(0.2) -> fc: Dense(1000)
    }
}

fn main() {
    let mut net = GoogLeNet::init(&mut rng(0));
    let (mut memory, mut grads, mut sgd) = (GoogLeNet::memory(1), GoogLeNet::grads(), Sgd::new(0.01).on(&*net));
    let (x, y) = (Batch::zeros(1), IndexBatch::<1000>::from_samples([Index::new(0).expect("a class")]));
    grads.zero();
    println!("loss {}", net.train(&x, CrossEntropy, &y, &mut memory, &mut grads));
    sgd.step(&mut *net, &grads);
    let (packed, image) = (net.pack(), Tensor::<shape![3, 224, 224]>::boxed());
    println!("{}", packed.infer(&*image, &mut GoogLeNet::infer_memory())[0]);
}

use fireclay::prelude::*;

network! {
    const WIDTH = 64;

    block Stage(x; channels, n) { x -> [Conv(channels, 3, pad = 1) -> Relu; n] -> MaxPool(2) }

    pub Vgg16(image: [3, 224, 224]) -> [1000] {
        image
            -> s1: Stage(WIDTH, 2) -> s2: Stage(2 * WIDTH, 2) -> s3: Stage(4 * WIDTH, 3) -> s4: Stage(8 * WIDTH, 3) -> s5: Stage(8 * WIDTH, 3)
            -> Flatten -> fc6: Dense(4096) -> Relu -> Dropout(0.5) -> fc7: Dense(4096) -> Relu -> Dropout(0.5) -> fc8: Dense(1000)
    }
}

fn main() {
    let mut net = Vgg16::init(&mut rng(0));
    let (mut memory, mut grads, mut sgd) = (Vgg16::memory(1), Vgg16::grads(), Sgd::new(0.01).on(&*net));
    let (x, y) = (Batch::zeros(1), IndexBatch::<1000>::from_samples([Index::new(0).expect("a class")]));
    grads.zero();
    println!("loss {}", net.train(&x, CrossEntropy, &y, &mut memory, &mut grads));
    sgd.step(&mut *net, &grads);
    let (packed, image) = (net.pack(), Tensor::<shape![3, 224, 224]>::boxed());
    println!("{}", packed.infer(&*image, &mut Vgg16::infer_memory())[0]);
}

use fireclay::prelude::*;

network! {
    const WIDTH = 6;

    pub LeNet(image: [1, 28, 28]) -> [10] {
        image
            -> conv1: Conv(WIDTH, 5, pad = 2) -> Relu -> MaxPool(2)
            -> conv2: Conv(16, 5)             -> Relu -> MaxPool(2)
            -> Flatten
            -> fc1: Dense(120) -> Relu -> fc2: Dense(84) -> Relu -> fc3: Dense(10)
    }
}

fn main() {
    let mut net = LeNet::init(&mut rng(0));
    let (mut memory, mut grads, mut sgd) = (LeNet::memory(1), LeNet::grads(), Sgd::new(0.01).on(&*net));
    let (x, y) = (Batch::zeros(1), IndexBatch::<10>::from_samples([Index::new(0).expect("a class")]));
    grads.zero();
    println!("loss {}", net.train(&x, CrossEntropy, &y, &mut memory, &mut grads));
    sgd.step(&mut *net, &grads);
    let (packed, image) = (net.pack(), Tensor::<shape![1, 28, 28]>::boxed());
    println!("{}", packed.infer(&*image, &mut LeNet::infer_memory())[0]);
}

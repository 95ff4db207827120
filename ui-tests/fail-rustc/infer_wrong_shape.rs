use fireclay::prelude::*;

network! {
    pub LeNet(image: [1, 28, 28]) -> [10] { image -> Flatten -> fc: Dense(10) }
}

fn main() {
    let net = LeNet::init(&mut rng(1));
    let photo: Tensor<shape![1, 32, 32]> = Tensor::zeros();
    net.infer(&photo, &mut LeNet::infer_memory());
}

//! A network of 138 million parameters, in a debug build, on a thread with a small stack: nothing large ever stands on it.

use fireclay::prelude::*;

network! {
    pub Vgg16(image: [3, 224, 224]) -> [1000] {
        block Stage(x; channels, n) {
            x -> [Conv(channels, 3, pad = 1) -> Relu; n] -> MaxPool(2)
        }
        image
            -> s1: Stage(64, 2) -> s2: Stage(128, 2) -> s3: Stage(256, 3) -> s4: Stage(512, 3) -> s5: Stage(512, 3)
            -> Flatten
            -> fc6: Dense(4096) -> Relu -> Dropout(0.5) -> fc7: Dense(4096) -> Relu -> Dropout(0.5) -> fc8: Dense(1000)
    }
}

#[test]
fn vgg16_is_made_in_place_and_infers() {
    const STACK: usize = 512 * 1024;
    let run = || {
        let mut net = Vgg16::zeros();
        assert_eq!(Vgg16::PARAMETERS, 138_357_544);
        // Ones along one path: a centre tap of each convolution, one input of each dense layer.
        for tensor in Vgg16::INFO.tensors.iter().filter(|t| t.path.ends_with("weight")) {
            let at = tensor.offset + if tensor.dims.len() == 4 { 4 } else { 0 };
            net.params_mut().as_mut_slice()[at] = 1.0;
        }
        let mut memory = Vgg16::infer_memory();
        let mut image = Tensor::<shape![3, 224, 224]>::boxed();
        image[0][0][0] = 3.0;
        image[0][1][1] = 2.0;
        let logits = net.infer(&*image, &mut memory);
        assert_eq!((logits[0], logits[1]), (3.0, 0.0));
    };
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(run).expect("a thread");
    thread.join().expect("no overflow");
}

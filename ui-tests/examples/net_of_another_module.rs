//! `net` takes a path like any other: to a network of another module, or its name where `use` brought it. The field has the other network's own type.
#![deny(warnings)]

use fireclay::prelude::*;
use zoo::Head;

mod zoo {
    use fireclay::prelude::*;

    network! {
        const WIDTH = 4;
        default Conv(pad = 1, bias = false);
        block Twice(x; channels) {
            x -> conv1: Conv(channels, 3) -> BatchNorm -> Relu -> conv2: Conv(channels, 3) -> BatchNorm -> Relu
        }

        pub Trunk(image: [1, 8, 8]) -> [4, 4, 4] {
            image -> body: Twice(WIDTH) -> MaxPool(2)
        }

        /// Beside it, but no part of it.
        pub(super) Head(x: [4, 4, 4]) -> (class: [3], mean: [4]) {
            let mean = x -> GlobalAvgPool;
            (class: x -> Flatten -> fc: Dense(3), mean)
        }
    }
}

network! {
    // Here another default holds; the trunk keeps its own.
    default Conv(pad = 0, bias = true);

    pub Whole(image: [1, 8, 8]) -> (class: [3], mean: [4], other: [4, 6, 6]) {
        let (class, mean) = image -> trunk: net zoo::Trunk -> head: net Head;
        (class, mean, other: image -> conv: Conv(4, 3))
    }

    pub Siamese(left: [1, 8, 8], right: [1, 8, 8]) -> [4, 4, 4] {
        (left -> twin: net crate::zoo::Trunk) + (right -> twin)
    }

    pub Tuned(image: [1, 8, 8]) -> [3] {
        image -> #[frozen] trunk: net zoo::Trunk -> Flatten -> fc: Dense(3)
    }
}

fn main() {
    let trunk = zoo::Trunk::init(&mut rng(1));
    let head = Head::init(&mut rng(2));
    let mut whole = Whole::init(&mut rng(3));
    whole.trunk = *trunk.params();
    whole.buffers_mut().trunk = *trunk.buffers();
    whole.head.copy_from(head.params());
    let image = Tensor::from_fn(|i| (i as f32 / 7.0).sin());
    let (class, mean) = *head.predict(&trunk.predict(&image));
    let (whole_class, whole_mean, _) = *whole.predict(&image);
    assert_eq!((class, mean), (whole_class, whole_mean));

    assert!(whole.tensor("trunk.body.conv1_bn.weight").is_some());
    assert_eq!(Siamese::PARAMETERS, zoo::Trunk::PARAMETERS);
    assert_eq!(Tuned::grads().as_slice().len(), 64 * 3 + 3);
}

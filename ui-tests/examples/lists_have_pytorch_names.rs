//! Nested lists, indices, and elements without parameters: the names are those of `Sequential`.

use fireclay::prelude::*;

network! {
    block Basic(x; channels) {
        x + (x -> conv1: Conv(channels, 3, pad = 1, bias = false) -> bn1: BatchNorm)
    }

    pub Net(image: [1, 8, 8]) -> [3] {
        image
            -> stem: [Conv(4, 3, bias = false), BatchNorm, Relu]
            -> layers: [[Basic(4) -> Relu; 2], Conv(6, 1)]
            -> grow: [Conv(6 + i, 1, bias = false); i in 0..2]
            -> GlobalAvgPool -> fc: Dense(3, bias = false)
    }
}

fn main() {
    let names: Vec<String> = Net::INFO.tensors.iter().map(|t| format!("{} {:?}", t.path, t.dims)).collect();
    let learned = |name: &str| names.iter().filter(|n| n.starts_with(name)).count();
    assert!(names.contains(&"stem.0.weight [4, 1, 3, 3]".to_owned()), "{names:#?}");
    assert!(names.contains(&"stem.1.running_mean [4]".to_owned()), "{names:#?}");
    assert!(names.contains(&"layers.0.0.conv1.weight [4, 4, 3, 3]".to_owned()), "{names:#?}");
    assert!(names.contains(&"layers.0.1.bn1.weight [4]".to_owned()), "{names:#?}");
    assert!(names.contains(&"layers.1.weight [6, 4, 1, 1]".to_owned()), "{names:#?}");
    assert!(names.contains(&"grow.1.weight [7, 6, 1, 1]".to_owned()), "{names:#?}");
    assert_eq!((learned("stem.2"), learned("fc.")), (0, 1));
    assert_eq!(Net::summary().to_string().lines().last().map(|l| l.contains("parameters")), Some(true));
}

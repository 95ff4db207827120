//! Networks that are another one at other sizes, blocks from elsewhere, and weights of other layers.

use crate::graph::{TensorInfo, show};

/// `pub A = B(…); pub B = A(…);`
pub fn like_cycle(names: &[String]) -> String {
    format!("networks that are each other at other sizes: {}", names.join(" → "))
}

/// `pub A = B(…);` of a generic `B`
pub fn like_generic(name: &str) -> String {
    format!("not yet: {name}, a network with type parameters, at other sizes")
}

/// `pub A = B(img: …);`
pub fn like_input(network: &str, name: &str, inputs: &[String], near: Option<&str>) -> String {
    format!("{network} has no input `{name}`: it takes {}{}", super::list(inputs), super::meant(near))
}

/// A layer's weights would have another shape.
pub fn like_weights(network: &str, there: &TensorInfo, here: &TensorInfo, layer: &str) -> String {
    let help = match layer {
        "Dense" => {
            "\n  help: a `Dense` sees all of its input; a `Conv` with a kernel as large as its map, or `GlobalAvgPool` before it, takes any size"
        }
        _ => "",
    };
    format!(
        "{} has the shape {} in {network}, and would have {} at these sizes; the parameters are {network}'s own{help}",
        here.path,
        show(&there.dims),
        show(&here.dims)
    )
}

/// An `if` that asks for sizes takes another branch.
pub fn like_other_weights(network: &str, there: &str, here: &str) -> String {
    format!("{network} has the parameter {there} here, and would have {here} at these sizes; the parameters are {network}'s own")
}

/// The same, where all are alike up to the end.
pub fn like_count(network: &str, there: usize, here: usize) -> String {
    format!(
        "{network} has {there} tensors of parameters, and would have {here} at these sizes; the parameters are {network}'s own"
    )
}

/// `use zoo::Trunk;` of a network
pub fn use_of_network(path: &str) -> String {
    format!("{path} is a network, and `use` brings blocks\n  help: `net {path}`")
}

/// `net zoo::Basic` of a block
pub fn net_of_block(path: &str) -> String {
    format!(
        "{path} is a block, and `net` puts networks in\n  help: `use {path};` beside the network, and then its name as a stage"
    )
}

/// Nothing was carried here.
pub fn use_from_elsewhere(path: &str) -> String {
    super::not_yet(&format!("`use {path};` where no rustc fetches it"))
}

/// `use zoo::Basic; block Basic(…) { … }`
pub fn used_twice(name: &str) -> String {
    format!("a block called {name} is there already\n  help: `use … as …;` gives it another name")
}

/// `tie(fcc)`
pub fn tie_unknown(label: &str, near: Option<&str>) -> String {
    format!("tie: nothing before it is labeled `{label}`{}", super::meant(near))
}

/// A label without a weight.
pub fn tie_nothing(label: &str) -> String {
    format!("tie: `{label}` is no layer with a weight")
}

/// `#[frozen]` before a layer whose weight learns elsewhere.
pub fn tie_frozen(label: &str) -> String {
    format!("the weight of `{label}` learns, so it cannot be frozen here\n  help: `#[frozen]` before `{label}`")
}

/// `weight = enc`
pub fn tie_without_word(code: &str) -> String {
    format!("a layer takes the weight of another one by `tie`\n  help: `{code}`")
}

//! Makes `tests/data/every.safetensors` anew, for `weights_macro.rs`: `cargo test --test weights_macro_file -- --ignored`.

use fireclay::prelude::*;

#[path = "data/every.rs"]
mod zoo;

#[test]
#[ignore = "writes a file of the repository"]
fn make_the_file() {
    let mut net = zoo::Every::init(&mut rng(7));
    let names: Vec<&str> = zoo::Every::INFO.tensors.iter().map(|t| t.path).collect();
    // As after training: statistics, batch norms' parameters and magnitudes are not what they begin as.
    for (n, name) in names.iter().enumerate() {
        let shift = if name.ends_with("var") || name.ends_with("bn.weight") { 0.6 } else { 0.0 };
        let numbers = net.tensor_mut(name).expect("there");
        if name.ends_with("weight.g") {
            numbers.iter_mut().enumerate().for_each(|(i, x)| *x *= 0.5 + (i % 7) as f32 / 5.0);
        }
        if name.contains("bn") {
            numbers.iter_mut().enumerate().for_each(|(i, x)| *x = shift + ((i * 7 + n * 3) % 13) as f32 / 30.0);
        }
    }
    net.save("tests/data/every.safetensors").expect("a file");
}

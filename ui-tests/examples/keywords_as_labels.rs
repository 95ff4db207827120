//! Keywords as labels, values and inputs: fields are raw identifiers, saved names are plain.

use fireclay::prelude::*;

network! {
    pub Net(r#in: [4]) -> [2] {
        let hidden = r#in -> box: Dense(4) -> gen: Dense(3);
        hidden -> match: Dense(2)
    }
}

fn main() {
    let net = Net::init(&mut rng(1));
    assert_eq!(net.r#box.weight.as_slice().len(), 16);
    assert_eq!(net.r#match.bias.as_slice(), [0.0; 2]);
    let paths: Vec<&str> = Net::INFO.tensors.iter().map(|t| t.path).collect();
    assert_eq!(paths, ["box.weight", "box.bias", "gen.weight", "gen.bias", "match.weight", "match.bias"]);
}

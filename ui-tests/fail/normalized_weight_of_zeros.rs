use fireclay::prelude::*;

network! {
    pub Critic(x: [8]) -> [1] {
        x -> fc1: Dense(16, weight = weight_norm, init = zeros) -> Relu -> fc2: Dense(1, weight = spectral)
    }
}

fn main() {}

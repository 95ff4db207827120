use fireclay::prelude::*;

network! {
    pub Critic(x: [8]) -> [1] { x -> fc1: Dense(16) -> SpectralNorm -> fc2: Dense(1) }
}

fn main() {}

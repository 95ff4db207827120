use fireclay::prelude::*;

network! {
    pub Seven(image: [1, 8, 8]) -> [7] { image -> Flatten -> fc: Dense(7) }
}

fn main() -> fireclay::Result<()> {
    let (train, _) = Digits::split()?;
    let mut net = Seven::init(&mut rng(1));
    Trainer::new(CrossEntropy, Adam::new(1e-3)).fit(&mut net, &train)?;
    Ok(())
}

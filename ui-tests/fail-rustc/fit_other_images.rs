use fireclay::prelude::*;

network! {
    pub Cifar(image: [3, 32, 32]) -> [10] { image -> Flatten -> fc: Dense(10) }
}

fn main() -> fireclay::Result<()> {
    let (train, _) = Digits::split()?;
    let mut net = Cifar::init(&mut rng(1));
    Trainer::new(CrossEntropy, Adam::new(1e-3)).fit(&mut net, &train)?;
    Ok(())
}

use fireclay::{metrics::Mae, prelude::*};

network! { pub Linear(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc: Dense(10) } }

fn main() -> fireclay::Result<()> {
    let (train, test) = Digits::split()?;
    let mut net = Linear::init(&mut rng(1));
    Trainer::new(CrossEntropy, Adam::new(0.01)).validate(&test, (Accuracy, Mae::new())).fit(&mut net, &train)?;
    Ok(())
}

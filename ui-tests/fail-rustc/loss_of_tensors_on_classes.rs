use fireclay::prelude::*;

network! {
    pub Net(image: [1, 8, 8]) -> [10] { image -> Flatten -> fc: Dense(10) }
}

fn main() -> fireclay::Result<()> {
    let (train, _) = Digits::split()?;
    let mut net = Net::init(&mut rng(1));
    Trainer::new(Mse, Adam::new(1e-3)).fit(&mut net, &train)?;
    Ok(())
}

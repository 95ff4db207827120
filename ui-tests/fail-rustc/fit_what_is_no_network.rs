use fireclay::prelude::*;

struct Net;

fn main() -> fireclay::Result<()> {
    let (train, _) = Digits::split()?;
    Trainer::new(CrossEntropy, Adam::new(1e-3)).fit(&mut Net, &train)?;
    Ok(())
}

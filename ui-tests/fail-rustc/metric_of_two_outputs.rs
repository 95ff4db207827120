use fireclay::prelude::*;

network! {
    pub Two(x: [4]) -> (class: [3], size: [1]) { (class: x -> a: Dense(3), size: x -> b: Dense(1)) }
}

fn main() -> fireclay::Result<()> {
    let target = (Index::<3>::new(0).expect("below 3"), Tensor::from([0.0; 1]));
    let data = fireclay::data::Samples::new(vec![Tensor::from([0.0; 4])], vec![target])?;
    let two = Two::init(&mut rng(1));
    println!("{}", two.evaluate(&data, Accuracy));
    Ok(())
}

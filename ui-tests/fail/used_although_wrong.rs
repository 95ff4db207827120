use fireclay::prelude::*;

network! {
    #[fireclay(step)]
    #[allow(dead_code)]
    pub Wrong(x: [8, 4]) -> [8, 2] {
        x -> lstm: Lstm(3) -> fc: Dnse(2)
    }
}

fn main() -> fireclay::Result<()> {
    let mut net = Wrong::init(&mut rng(1));
    let x = Tensor::from_fn(|i| i as f32);
    println!("{} {:?}", net.fc.weight[0][1], net.lstm.bias_ih_l0.as_slice());
    println!("{:?} {}", net.predict(&x), Wrong::summary());
    net.infer(&x, &mut Wrong::infer_memory());
    net.pack().infer(&x, &mut Wrong::infer_memory_for(4));

    let (mut memory, mut grads) = (Wrong::memory(8), Wrong::grads());
    let mut adam = Adam::new(1e-3).on(&net);
    let (inputs, targets) = (Batch::zeros(8), Batch::zeros(8));
    net.forward(Mode::Train, &inputs, &mut memory).loss(Mse, &targets);
    net.backward(&mut memory, &mut grads);
    net.train(&inputs, Mse, &targets, &mut memory, &mut grads);
    grads.fc.weight.as_mut_slice().fill(0.0);
    adam.step(&mut net, &grads);
    net.save("wrong.safetensors")?;

    let mut state = Wrong::state();
    net.step(Tensor::zeros(), &mut state);
    let _ = net.clone();
    Ok(())
}

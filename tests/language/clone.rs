//! `clone` and `clone_from` are of whole networks, whatever is in front of them: parameters and running statistics.

use fireclay::prelude::*;

network! {
    pub Normed(x: [6]) -> [3] { x -> hidden: Dense(8) -> bn: BatchNorm -> Relu -> fc: Dense(3) }
    pub Large(x: [1000]) -> [1000] { x -> fc1: Dense(1000) -> BatchNorm -> fc2: Dense(1000) }
    pub Generic<Hidden: Dim>(x: [4]) -> [2] { x -> fc1: Dense(Hidden) -> Relu -> fc2: Dense(2) }
}

/// A network whose running statistics are no longer the first ones.
fn trained() -> Box<Normed> {
    let mut net = Normed::init(&mut rng(1));
    let (mut memory, x) = (Normed::memory(32), Batch::from_fn(32, |i, j| ((i * 5 + j * 3) % 7) as f32));
    net.forward(Mode::Train, &x, &mut memory);
    assert_ne!(net.buffers().bn.running_mean.as_slice(), [0.0; 8]);
    net
}

fn same(a: &Normed, b: &Normed) -> bool {
    a.params().as_slice() == b.params().as_slice() && a.buffers().as_slice() == b.buffers().as_slice()
}

#[test]
fn every_clone_is_a_whole_network() {
    #[derive(Clone)]
    struct Agent {
        net: Box<Normed>,
    }

    let net = trained();
    let by_reference: &Normed = &net;
    let copies: [Box<Normed>; 5] =
        [net.clone(), by_reference.clone(), Box::clone(&net), Agent { net: net.clone() }.clone().net, net.boxed_clone()];
    assert!(copies.iter().all(|copy| same(copy, &net)));
    assert!(vec![net.clone(); 3].iter().all(|copy| same(copy, &net)));

    // A copy stands on its own.
    let [mut copy, ..] = copies;
    let before = net.predict(&Tensor::from([1.0; 6]));
    assert_eq!(copy.predict(&Tensor::from([1.0; 6])), before);
    copy.hidden.bias[0] += 1.0;
    assert!(!same(&copy, &net));
    assert_eq!(net.predict(&Tensor::from([1.0; 6])), before);
}

#[test]
fn clone_from_takes_statistics_along() {
    let net = trained();
    let mut boxed = Normed::init(&mut rng(2));
    boxed.clone_from(&net);
    assert!(same(&boxed, &net));
    let mut other = Normed::init(&mut rng(3));
    let by_reference: &mut Normed = &mut other;
    by_reference.clone_from(&net);
    assert!(same(by_reference, &net));
    let mut code = Normed::init(&mut rng(4));
    code.copy_from(&net);
    assert!(same(&code, &net));
}

#[test]
fn blocks_alone_are_copied_by_name() {
    let net = trained();
    let mut other = Normed::init(&mut rng(5));
    other.params_mut().copy_from(net.params());
    assert_eq!(other.params().as_slice(), net.params().as_slice());
    assert_ne!(other.buffers().as_slice(), net.buffers().as_slice());
    other.hidden = net.hidden;
    *other.buffers_mut() = *net.buffers();
    assert!(same(&other, &net));
}

#[test]
fn generic_networks_are_cloned_too() {
    let net = Generic::<Const<5>>::init(&mut rng(6));
    let mut copy = net.clone();
    copy.fc1.weight[0][0] += 1.0;
    copy.clone_from(&net);
    assert_eq!(copy.params().as_slice(), net.params().as_slice());
}

#[test]
fn eight_megabytes_are_cloned_on_a_small_stack() {
    let run = || {
        let net = Large::init(&mut rng(7));
        let mut copy = net.clone();
        copy.params_mut().as_mut_slice().fill(0.0);
        copy.clone_from(&net);
        assert_eq!(copy.params().as_slice(), net.params().as_slice());
    };
    std::thread::Builder::new().stack_size(512 * 1024).spawn(run).expect("a thread").join().expect("no overflow");
}

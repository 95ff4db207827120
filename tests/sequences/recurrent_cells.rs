//! `LstmCell`, `GruCell`, `RnnCell`: within `scan` they are `Lstm`, `Gru`, `Rnn`, and in a loop by hand too: values, states, all gradients.

use fireclay::prelude::*;

const TIME: usize = 7;

#[track_caller]
fn close(what: &str, found: &[f32], wanted: &[f32]) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    for (i, (a, b)) in found.iter().zip(wanted).enumerate() {
        assert!((a - b).abs() <= 1e-5 * (1.0 + b.abs()), "{what}: number {i} is {a}, not {b}");
    }
}

/// Both networks have one layer's parameters, in the same order.
macro_rules! agrees {
    ($Scanned:ident, $Layer:ident, $states:tt, ($($state:ident),*)) => {
        for samples in [1, 3, 19] {
            let mut layer = $Layer::init(&mut rng(1));
            let mut scanned = $Scanned::zeros();
            scanned.params_mut().as_mut_slice().copy_from_slice(layer.params().as_slice());
            let x = Batch::<shape![7, 3]>::normal(samples, &mut rng(2));
            let y = Batch::<shape![7, 5]>::normal(samples, &mut rng(3));
            $(let $state = Batch::<shape![5]>::normal(samples, &mut rng(4));)*
            let (mut memory, mut grads) = ($Scanned::memory(samples), $Scanned::grads());
            let loss = scanned.forward(Mode::Train, (&x, $(&$state),*), &mut memory).loss($states, (&y, $(&$state),*));
            scanned.backward(&mut memory, &mut grads);
            let (mut layer_memory, mut layer_grads) = ($Layer::memory(samples), $Layer::grads());
            let wanted = layer.forward(Mode::Train, (&x, $(&$state),*), &mut layer_memory).loss($states, (&y, $(&$state),*));
            layer.backward(&mut layer_memory, &mut layer_grads);
            close("loss", &[loss], &[wanted]);
            close("parameters", grads.as_slice(), layer_grads.as_slice());
            assert!(grads.as_slice().iter().any(|d| d.abs() > 1e-3));
            let found = scanned.backward_input(&mut memory);
            let wanted = layer.backward_input(&mut layer_memory);
            close("dx", &found.0.to_vec(), &wanted.0.to_vec());
            close("dh", &found.1.to_vec(), &wanted.1.to_vec());
            // With packed weights.
            let sample = (x.sample(samples - 1), $($state.sample(samples - 1)),*);
            let (found, wanted) = (scanned.predict(&sample), layer.predict(&sample));
            close("y", found.0.as_slice(), wanted.0.as_slice());
            close("h", found.1.as_slice(), wanted.1.as_slice());
            assert_eq!(&found.0.as_slice()[(TIME - 1) * 5..], found.1.as_slice(), "the last step is the last state");
        }
    };
}

macro_rules! one_state {
    ($module:ident, $Cell:ident, $Layer:ident $(, $word:ident)?) => {
        mod $module {
            use super::*;

            network! {
                pub Scanned(x: [7, 3], h: [5]) -> (y: [7, 5], last: [5]) {
                    let (y, last) = (x, h) -> cell: scan($Cell(5 $(, nonlinearity = $word)?));
                    (y, last)
                }
                pub Layered(x: [7, 3], h: [5]) -> (y: [7, 5], last: [5]) {
                    let (y, last) = (x, h -> Reshape([1, 5])) -> r: $Layer(5, state = out $(, nonlinearity = $word)?);
                    (y, last: last -> Flatten)
                }
            }

            #[test]
            fn in_scan_it_is_the_layer() {
                assert!(Scanned::zeros().tensor("cell.weight_ih").is_some() && Scanned::zeros().tensor("cell.bias_hh").is_some());
                agrees!(Scanned, Layered, (Mse, Mse), (h));
            }
        }
    };
}

one_state!(gru, GruCell, Gru);
one_state!(tanh, RnnCell, Rnn);
one_state!(relu, RnnCell, Rnn, relu);

network! {
    pub ScannedLstm(x: [7, 3], h: [5], c: [5]) -> (y: [7, 5], hn: [5], cn: [5]) {
        let (y, (hn, cn)) = (x, (h, c)) -> cell: scan(LstmCell(5));
        (y, hn, cn)
    }
    pub LayeredLstm(x: [7, 3], h: [5], c: [5]) -> (y: [7, 5], hn: [5], cn: [5]) {
        let (y, (hn, cn)) = (x, (h -> Reshape([1, 5]), c -> Reshape([1, 5]))) -> r: Lstm(5, state = out);
        (y, hn: hn -> Flatten, cn: cn -> Flatten)
    }
}

#[test]
fn an_lstm_cell_in_scan_is_the_lstm() {
    agrees!(ScannedLstm, LayeredLstm, (Mse, Mse, Mse), (h, c));
}

network! {
    /// A loop by hand: one set of weights, from zeros on.
    pub ByHand(a: [3], b: [3], c: [3]) -> [5] {
        let s = a -> cell: LstmCell(5, bias = false);
        let s = (b, s) -> cell;
        let (h, _c) = (c, s) -> cell;
        h
    }
    pub Whole(x: [3, 3]) -> [5] { x -> cell: Lstm(5, bias = false, last = true) }
}

#[test]
fn a_loop_by_hand_shares_its_weights() {
    assert_eq!(ByHand::PARAMETERS, 20 * 3 + 20 * 5);
    let (mut whole, mut by_hand) = (Whole::init(&mut rng(1)), ByHand::zeros());
    by_hand.params_mut().as_mut_slice().copy_from_slice(whole.params().as_slice());
    let x = Batch::<shape![3, 3]>::normal(4, &mut rng(2));
    let y = Batch::<shape![5]>::normal(4, &mut rng(3));
    let step = |t: usize| Batch::<shape![3]>::from_fn(4, |i, j| x.sample(i)[t][j]);
    let (a, b, c) = (step(0), step(1), step(2));
    let (mut memory, mut grads) = (ByHand::memory(4), ByHand::grads());
    let loss = by_hand.train((&a, &b, &c), Mse, &y, &mut memory, &mut grads);
    let (mut whole_memory, mut whole_grads) = (Whole::memory(4), Whole::grads());
    let wanted = whole.train(&x, Mse, &y, &mut whole_memory, &mut whole_grads);
    close("loss", &[loss], &[wanted]);
    close("gradients", grads.as_slice(), whole_grads.as_slice());
    let found = by_hand.predict(&(a.sample(0), b.sample(0), c.sample(0)));
    close("inference", found.as_slice(), whole.predict(&x.sample(0)).as_slice());
}

network! {
    block Gated(x, h, count; n) {
        let f = concat(x, h) -> forget: Dense(n) -> Sigmoid;
        let next = f * h + (1 - f) * (concat(x, h) -> update: Dense(n) -> Tanh);
        (next * 0.5, next, count + 1)
    }

    /// States of one value, of two, and two states, beside a layer with a state of its own.
    #[fireclay(step)]
    pub Stepped(x: [7, 3]) -> (y: [7, 4], counts: [7, 1]) {
        let (a, _h) = (x, zeros([5])) -> gru: scan(GruCell(5));
        let (b, _state) = (a -> middle: Gru(6), (zeros([5]), zeros([5]))) -> lstm: scan(LstmCell(5));
        let (c, _h, _n) = (b, zeros([4]), zeros([4])) -> own: scan(Gated(4));
        let (counts, _n) = (x, zeros([1])) -> scan(Count);
        (y: c, counts)
    }
    block Count(x, n) { let next = n + 1 + 0 * mean(x, keep = true); (next, next) }
}

#[test]
fn scan_step_by_step_is_the_whole() {
    let net = Stepped::init(&mut rng(1));
    let packed = net.pack();
    let x = Tensor::<shape![7, 3]>::from_fn(|i| ((i * 7 % 11) as f32 - 5.0) / 3.0);
    let (whole, counts) = *net.predict(&x);
    let (mut plain_state, mut state) = (Stepped::state(), Stepped::state());
    for round in 0..2 {
        for t in 0..TIME {
            let step = Tensor::from(x[t]);
            let (plain, count) = fireclay::step_plain(&*net, &step, &mut plain_state);
            let (found, _) = packed.step(step, &mut state);
            close(&format!("step {t}"), plain.as_slice(), &whole[t]);
            close(&format!("step {t}, packed"), found.as_slice(), &whole[t]);
            assert_eq!((count.as_slice(), counts[t]), (&[t as f32 + 1.0][..], [t as f32 + 1.0]), "round {round}");
        }
        plain_state.reset();
        state.reset();
    }
}

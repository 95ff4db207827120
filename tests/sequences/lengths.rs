//! Sequences of a batch that differ in length: each sample gives what it gives alone at its own length, and so do its gradients; nothing of what stands
//! behind its end reaches a result.

use fireclay::prelude::*;

#[track_caller]
fn close(what: &str, found: &[f32], wanted: &[f32]) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    for (i, (a, b)) in found.iter().zip(wanted).enumerate() {
        assert!((a - b).abs() <= 2e-6 * (1.0 + b.abs()), "{what}: number {i} is {a}, not {b}");
    }
}

const TIME: usize = 5;
/// Every length, none too, more than sixteen samples.
const SAMPLES: usize = 20;

fn length(i: usize) -> usize {
    i * 7 % (TIME + 1)
}

fn lengths() -> IndexBatch<6> {
    IndexBatch::from_samples((0..SAMPLES).map(|i| Index::new(length(i)).expect("at most five")))
}

/// A layer of two, in both directions, with its states in and out; and the same at each length.
macro_rules! cell {
    ($cell:ident: $Layer:ident($($more:tt)*), ($($state:ident),*), ($($after:ident),*), $given:tt, $made:tt) => {
        mod $cell {
            use super::*;

            network! {
                pub Padded(x: [5, 3], $($state: [4, 2]),*, n: [0..6]) -> (y: [5, 4], $($after: [4, 2]),*) {
                    let (y, $made) = (x, $given, n) -> r: $Layer(2, layers = 2, bidirectional = true, state = out $($more)*);
                    (y, $($after),*)
                }
                pub Whole(x: [5, 3], $($state: [4, 2]),*) -> (y: [5, 4], $($after: [4, 2]),*) {
                    let (y, $made) = (x, $given) -> r: $Layer(2, layers = 2, bidirectional = true, state = out $($more)*);
                    (y, $($after),*)
                }
                pub Whole4 = Whole(x: [4, 3]);
                pub Whole3 = Whole(x: [3, 3]);
                pub Whole2 = Whole(x: [2, 3]);
                pub Whole1 = Whole(x: [1, 3]);
            }

            #[test]
            fn each_sample_as_if_alone() {
                let mut padded = Padded::init(&mut rng(1));
                let mut whole = Whole::zeros();
                whole.params_mut().as_mut_slice().copy_from_slice(padded.params().as_slice());
                let x = Batch::<shape![5, 3]>::normal(SAMPLES, &mut rng(2));
                let dy = Batch::<shape![5, 4]>::normal(SAMPLES, &mut rng(3));
                let mut states = rng(4);
                $(let $state = Batch::<shape![4, 2]>::normal(SAMPLES, &mut states);)*
                $(let $after = Batch::<shape![4, 2]>::normal(SAMPLES, &mut states);)*
                // What a sample gives alone: outputs, the gradient of x, that of the parameters.
                macro_rules! alone {
                    ($Net:ident, $n:literal, $whole:ident, $i:ident, $x:ident, $dy:ident) => {{
                        let net = $Net::of_mut(&mut *$whole);
                        let x = Batch::<shape![$n, 3]>::from_fn(1, |_, j| $x.sample($i).as_slice()[j]);
                        let dy = Batch::<shape![$n, 4]>::from_fn(1, |_, j| $dy.sample($i).as_slice()[j]);
                        $(let $state = Batch::<shape![4, 2]>::from_samples([&$state.sample($i)]);)*
                        $(let $after = Batch::<shape![4, 2]>::from_samples([&$after.sample($i)]);)*
                        let (mut memory, mut grads) = ($Net::memory(1), $Net::grads());
                        let out = net.forward(Mode::Train, (&x, $(&$state),*), &mut memory).output();
                        let outputs = [out.0.to_vec(), out.1.to_vec()].concat();
                        net.backward_from((&dy, $(&$after),*), &mut memory, &mut grads);
                        let dx = net.backward_input_from((&dy, $(&$after),*), &mut memory);
                        let dx = [dx.0.to_vec(), dx.1.to_vec()].concat();
                        (outputs, dx, grads.as_slice().to_vec())
                    }};
                }
                let n = lengths();
                let (mut memory, mut grads) = (Padded::memory(SAMPLES), Padded::grads());
                let out = padded.forward(Mode::Train, (&x, $(&$state),*, &n), &mut memory).output();
                let (y, h) = (out.0.clone(), out.1.clone());
                padded.backward_from((&dy, $(&$after),*), &mut memory, &mut grads);
                let dx = padded.backward_input_from((&dy, $(&$after),*), &mut memory);
                let (dx, dh) = (dx.0.clone(), dx.1.clone());
                let mut of_params = vec![0.0; grads.as_slice().len()];
                let whole = &mut whole;
                for i in 0..SAMPLES {
                    let (y, h, dx, dh) = (y.sample(i), h.sample(i), dx.sample(i), dh.sample(i));
                    let len = length(i);
                    let what = format!("sample {i} of {len} steps");
                    assert!(y.as_slice()[len * 4..].iter().chain(&dx.as_slice()[len * 3..]).all(|y| *y == 0.0), "{what}");
                    let predicted = padded.predict(&(x.sample(i), $($state.sample(i)),*, Index::new(len).expect("at most five")));
                    close(&what, predicted.0.as_slice(), y.as_slice());
                    close(&what, predicted.1.as_slice(), h.as_slice());
                    let (outputs, gradients, of) = match len {
                        5 => alone!(Whole, 5, whole, i, x, dy),
                        4 => alone!(Whole4, 4, whole, i, x, dy),
                        3 => alone!(Whole3, 3, whole, i, x, dy),
                        2 => alone!(Whole2, 2, whole, i, x, dy),
                        1 => alone!(Whole1, 1, whole, i, x, dy),
                        _ => {
                            assert_eq!(h.as_slice(), first!($($state),*).sample(i).as_slice(), "no step: the state stays");
                            assert_eq!(dh.as_slice(), first!($($after),*).sample(i).as_slice());
                            continue;
                        }
                    };
                    close(&what, &[&y.as_slice()[..len * 4], h.as_slice()].concat(), &outputs);
                    close(&what, &[&dx.as_slice()[..len * 3], dh.as_slice()].concat(), &gradients);
                    of_params.iter_mut().zip(of).for_each(|(sum, d)| *sum += d);
                }
                close("parameters", grads.as_slice(), &of_params);

                // What stands behind the end is nobody's business.
                let other = Batch::<shape![5, 3]>::from_fn(SAMPLES, |i, j| if j / 3 < length(i) { x.sample(i).as_slice()[j] } else { 9.5 });
                let mut again = Padded::grads();
                let out = padded.forward(Mode::Train, (&other, $(&$state),*, &n), &mut memory).output();
                assert_eq!((out.0.to_vec(), out.1.to_vec()), (y.to_vec(), h.to_vec()));
                padded.backward_from((&dy, $(&$after),*), &mut memory, &mut again);
                assert_eq!(again.as_slice(), grads.as_slice());
            }
        }
    };
}

macro_rules! first {
    ($first:ident $(, $rest:ident)*) => {
        $first
    };
}

cell!(lstm: Lstm(), (h, c), (hn, cn), (h, c), (hn, cn));
cell!(gru: Gru(), (h), (hn), h, hn);
cell!(rnn: Rnn(, nonlinearity = relu), (h), (hn), h, hn);

network! {
    /// The class of a text by its last word, of texts of any length up to five.
    pub Texts(text: [0..9; 5], n: [0..6]) -> [3] {
        let e = text -> embed: Embedding(4);
        (e, n) -> gru: Gru(6, last = true) -> fc: Dense(3)
    }
    pub Short(text: [0..9; 2]) -> [3] { text -> embed: Embedding(4) -> gru: Gru(6, last = true) -> fc: Dense(3) }
}

#[test]
fn the_last_step_is_the_last_of_each() {
    let mut texts = Texts::init(&mut rng(1));
    let mut short = Short::zeros();
    short.params_mut().as_mut_slice().copy_from_slice(texts.params().as_slice());
    let word = |w: usize| Index::<9>::new(w).expect("below nine");
    let of = |i: usize, t: usize| word((3 * i + 5 * t) % 9);
    let long = IndicesBatch::<9, 5>::from_sequences((0..3).map(|i| Indices::from_fn(|t| if t < 2 { of(i, t) } else { word(8) })));
    let two = IndicesBatch::<9, 2>::from_sequences((0..3).map(|i| Indices::from_fn(|t| of(i, t))));
    let n = IndexBatch::from_samples([2; 3].map(|n| Index::<6>::new(n).expect("at most five")));
    let classes = IndexBatch::from_samples([0, 1, 2].map(|c| Index::<3>::new(c).expect("below three")));
    let (mut memory, mut grads) = (Texts::memory(3), Texts::grads());
    let loss = texts.train((&long, &n), CrossEntropy, &classes, &mut memory, &mut grads);
    let (mut short_memory, mut short_grads) = (Short::memory(3), Short::grads());
    let wanted = short.train(&two, CrossEntropy, &classes, &mut short_memory, &mut short_grads);
    close("loss", &[loss], &[wanted]);
    close("gradients", grads.as_slice(), short_grads.as_slice());
}

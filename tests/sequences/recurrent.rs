//! `Gru` and `Rnn` in every form: layers, directions, dropout, states, steps, packed weights, batches, over an embedding, frozen. (`time.rs`
//! has the tests of `Lstm`; the kernels of all three are held to the formulas by the runtime's own tests.)

use fireclay::prelude::*;

const SAMPLES: usize = 19;

fn text(i: usize) -> Indices<12, 10> {
    Indices::from_fn(|t| Index::new((i * 5 + t * 7 + t * t) % 12).expect("below 12"))
}

fn texts() -> IndicesBatch<12, 10> {
    IndicesBatch::from_sequences((0..SAMPLES).map(text))
}

#[track_caller]
fn close(what: &str, found: &[f32], wanted: &[f32], most: f32) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    for (i, (a, b)) in found.iter().zip(wanted).enumerate() {
        assert!((a - b).abs() <= most * (1.0 + b.abs()), "{what}: number {i} is {a}, not {b}");
    }
}

/// The mean squared error, in f64: differences of numbers rounded to f32 would be too coarse.
fn error<S: Shape>(y: &Batch<S>, target: &Batch<S>) -> f64 {
    let (y, target) = (y.to_vec(), target.to_vec());
    y.iter().zip(&target).map(|(y, t)| f64::from(y - t).powi(2)).sum::<f64>() / y.len() as f64
}

/// The slope of the loss along the gradient of each tensor is the gradient's square.
macro_rules! gradients_agree_with_differences {
    ($Net:ident, $net:ident, $loss:expr, $grads:ident) => {
        for tensor in $Net::INFO.tensors {
            let Some(gradient) = $grads.tensor(tensor.path).map(<[f32]>::to_vec) else { continue };
            let square: f64 = gradient.iter().map(|d| f64::from(*d).powi(2)).sum();
            assert!(square > 0.0, "{}: the gradient is zero", tensor.path);
            // Small, for a ReLU has corners.
            let step = 5e-4 / square.sqrt();
            let mut moved = |by: f64| {
                let saved = $net.tensor(tensor.path).expect("a tensor").to_vec();
                let to = $net.tensor_mut(tensor.path).expect("a tensor");
                to.iter_mut().zip(&gradient).for_each(|(w, d)| *w += (by * f64::from(*d)) as f32);
                let loss: f64 = $loss(&mut $net);
                $net.tensor_mut(tensor.path).expect("a tensor").copy_from_slice(&saved);
                loss
            };
            let slope = (moved(step) - moved(-step)) / (2.0 * step);
            assert!((slope - square).abs() < 0.03 * square + 1e-9, "{}: {slope} by differences, {square}", tensor.path);
        }
    };
}

macro_rules! cell {
    ($cell:ident: $Layer:ident($($more:tt)*)) => {
        mod $cell {
            use super::*;

            network! {
                #[fireclay(step)]
                pub Stepped(text: [0..12; 10]) -> [10, 12] {
                    text -> embed: Embedding(6) -> r: $Layer(9, layers = 2, dropout = 0.2 $($more)*) -> out: Dense(12)
                }

                /// Its states as a value.
                pub Carried(x: [5, 3], h: [2, 4]) -> (y: [5, 4], after: [2, 4]) {
                    let (y, after) = (x, h) -> r: $Layer(4, layers = 2, state = out $($more)*);
                    (y, after)
                }

                /// The same parameters over twice as many steps.
                pub Long(x: [10, 3]) -> [10, 4] { x -> r: $Layer(4, layers = 2 $($more)*) }

                pub Deep(x: [4, 3]) -> [2] {
                    x -> both: $Layer(3, layers = 2, bidirectional = true, dropout = 0.3 $($more)*) -> Tanh
                      -> end: $Layer(4, layers = 2, dropout = 0.25, last = true $($more)*)
                      -> fc: Dense(2)
                }

                pub Frozen(x: [4, 3]) -> [2] {
                    x -> first: Dense(5) -> #[frozen] r: $Layer(6, bias = false $($more)*) -> Flatten -> fc: Dense(2)
                }

                /// Several vectors of hidden units, and what is left of them.
                pub Wide(x: [3, 7]) -> [3, 218] {
                    x -> a: $Layer(44, bidirectional = true $($more)*) -> b: $Layer(109, bidirectional = true, bias = false $($more)*)
                }

                /// An embedding that trains with the layer.
                pub Joined(text: [0..12; 10], h: [4, 5]) -> (y: [10, 10], after: [4, 5]) {
                    let e = text -> e: Embedding(6, padding_index = 3);
                    let (y, after) = (e, h) -> r: $Layer(5, layers = 2, bidirectional = true, state = out $($more)*);
                    (y, after)
                }

                /// The same, but the embedding is read by somebody else.
                pub Unjoined(text: [0..12; 10], h: [4, 5]) -> (y: [10, 10], after: [4, 5], rows: [10, 6]) {
                    let e = text -> e: Embedding(6, padding_index = 3);
                    let (y, after) = (e, h) -> r: $Layer(5, layers = 2, bidirectional = true, state = out $($more)*);
                    (y, after, rows: e)
                }
            }

            #[test]
            fn a_step_at_a_time_is_the_whole() {
                let net = Stepped::init(&mut rng(3));
                let (packed, mut state, mut memory) = (net.pack(), Stepped::state(), Stepped::infer_memory());
                assert_eq!(state.as_slice().len(), 2 * 9);
                for i in 0..3 {
                    let whole = *fireclay::infer_plain(&*net, &text(i), &mut memory);
                    close("packed", packed.infer(&text(i), &mut memory).as_slice(), whole.as_slice(), 2e-6);
                    for packed_steps in [0, 1, 4] {
                        state.reset();
                        for t in 0..10 {
                            let next = text(i).as_slice()[t];
                            let plain = packed_steps == 0 || t % packed_steps == 3;
                            let found =
                                if plain { fireclay::step_plain(&*net, &next, &mut state) } else { packed.step(next, &mut state) };
                            close(&format!("step {t}"), found.as_slice(), &whole[t], 2e-6);
                        }
                    }
                }
            }

            #[test]
            fn every_form_infers_the_same() {
                let mut net = Wide::init(&mut rng(4));
                let x = Batch::<shape![3, 7]>::from_fn(SAMPLES, |i, j| ((i * 29 + j * 11) % 17) as f32 / 8.0 - 1.0);
                let (mut memory, mut train, packed) = (Wide::infer_memory_for(SAMPLES), Wide::memory(SAMPLES), net.pack());
                let wanted = net.forward(Mode::Eval, &x, &mut train).output().to_vec();
                close("infer_batch", &net.infer_batch(&x, &mut memory).to_vec(), &wanted, 2e-6);
                close("infer_batch, packed", &packed.infer_batch(&x, &mut memory).to_vec(), &wanted, 2e-6);
                for (i, wanted) in wanted.chunks(3 * 218).enumerate().step_by(6) {
                    let x = x.sample(i);
                    let mut memory = Wide::infer_memory();
                    close("predict", net.predict(&x).as_slice(), wanted, 2e-6);
                    close("plain", fireclay::infer_plain(&*net, &x, &mut memory).as_slice(), wanted, 2e-6);
                }
            }

            /// Two pieces with the state carried are one sequence, forward and (with the state's gradient carried back) backward.
            #[test]
            fn pieces_with_a_carried_state_are_the_whole() {
                let mut pieces = Carried::init(&mut rng(5));
                let mut long = Long::zeros();
                long.params_mut().as_mut_slice().copy_from_slice(pieces.params().as_slice());
                let x = |i: usize, t: usize, f: usize| ((i * 31 + t * 17 + f * 7) % 13) as f32 / 6.0 - 1.0;
                let whole = Batch::<shape![10, 3]>::from_fn(SAMPLES, |i, j| x(i, j / 3, j % 3));
                let part = |from: usize| Batch::<shape![5, 3]>::from_fn(SAMPLES, |i, j| x(i, from + j / 3, j % 3));
                let weight = |j: usize| ((j * 5) % 7) as f32 - 3.0;
                let dy = Batch::<shape![10, 4]>::from_fn(SAMPLES, |_, j| weight(j));
                let dy_of = |from: usize| Batch::<shape![5, 4]>::from_fn(SAMPLES, |_, j| weight(from * 4 + j));

                let (mut memory, mut grads) = (Long::memory(SAMPLES), Long::grads());
                let y = long.forward(Mode::Train, &whole, &mut memory).output().to_vec();
                long.backward_from(&dy, &mut memory, &mut grads);
                let dx = long.backward_input_from(&dy, &mut memory).to_vec();

                let (mut first, mut second) = (Carried::memory(SAMPLES), Carried::memory(SAMPLES));
                let (mut piece_grads, zero, x0, x1) = (Carried::grads(), Batch::zeros(SAMPLES), part(0), part(5));
                let (y0, h) = pieces.forward(Mode::Train, (&x0, &zero), &mut first).output();
                let (y1, _) = pieces.forward(Mode::Train, (&x1, h), &mut second).output();
                let joined: Vec<f32> =
                    (0..SAMPLES).flat_map(|i| [y0.sample(i).as_slice(), y1.sample(i).as_slice()].concat()).collect();
                close("y", &joined, &y, 1e-5);
                let (_, dh) = pieces.backward_input_from((&dy_of(5), &zero), &mut second);
                let dh = Batch::from_slice(&dh.to_vec()).expect("h");
                pieces.backward_from((&dy_of(5), &zero), &mut second, &mut piece_grads);
                pieces.backward_from((&dy_of(0), &dh), &mut first, &mut piece_grads);
                close("gradients", piece_grads.as_slice(), grads.as_slice(), 1e-5);
                let (dx0, _) = pieces.backward_input_from((&dy_of(0), &dh), &mut first);
                let first_half: Vec<f32> = dx.chunks(30).flat_map(|sample| &sample[..15]).copied().collect();
                close("dx of the first piece", &dx0.to_vec(), &first_half, 1e-5);
            }

            #[test]
            fn gradients_of_layers_directions_and_dropout() {
                let mut net = Deep::init(&mut rng(1));
                // A ReLU's units are to live.
                for tensor in Deep::INFO.tensors.iter().filter(|tensor| tensor.path.contains("bias")) {
                    net.tensor_mut(tensor.path).expect("a tensor").iter_mut().for_each(|b| *b += 0.4);
                }
                let x = Batch::<shape![4, 3]>::from_fn(SAMPLES, |i, j| ((i * 29 + j * 11) % 17) as f32 / 8.0 - 1.0);
                let target = Batch::<shape![2]>::from_fn(SAMPLES, |i, j| ((i + j) % 5) as f32 / 4.0);
                let mut memory = Deep::memory(SAMPLES);
                for mode in [Mode::Train, Mode::Eval] {
                    // The seed set anew drops the same.
                    let at = f64::from(net.forward(mode, &x, memory.seed(7)).loss(Mse, &target));
                    let mut grads = Deep::grads();
                    net.backward(&mut memory, &mut grads);
                    let mut loss = |net: &mut Deep| error(net.forward(mode, &x, memory.seed(7)).output(), &target);
                    assert!((loss(&mut net) - at).abs() < 1e-6 * at);
                    gradients_agree_with_differences!(Deep, net, loss, grads);
                }
            }

            /// What is frozen has no gradient, and lets that of what stands before it through.
            #[test]
            fn gradients_through_what_is_frozen() {
                let mut net = Frozen::init(&mut rng(2));
                let x = Batch::<shape![4, 3]>::from_fn(SAMPLES, |i, j| ((i * 29 + j * 11) % 17) as f32 / 8.0 - 1.0);
                let target = Batch::<shape![2]>::from_fn(SAMPLES, |i, j| ((i + j) % 5) as f32 / 4.0);
                let (mut memory, mut grads) = (Frozen::memory(SAMPLES), Frozen::grads());
                net.train(&x, Mse, &target, &mut memory, &mut grads);
                let before = net.r.weight_hh_l0;
                let mut loss = |net: &mut Frozen| error(net.forward(Mode::Train, &x, &mut memory).output(), &target);
                gradients_agree_with_differences!(Frozen, net, loss, grads);
                Sgd::new(0.1).on(&net).step(&mut net, &grads);
                assert_eq!(net.r.weight_hh_l0, before);
            }

            #[test]
            fn an_embedding_that_trains_with_it_has_the_same_gradients() {
                let state = |salt: usize| Batch::<shape![4, 5]>::from_fn(SAMPLES, |i, j| ((i * 3 + j * salt) % 7) as f32 * 0.2 - 0.6);
                let (h, after) = (state(2), state(3));
                let y: Batch<shape![10, 10]> = Batch::from_fn(SAMPLES, |i, j| ((i * 5 + j) % 11) as f32 * 0.1);
                let rows: Batch<shape![10, 6]> = Batch::zeros(SAMPLES);

                let mut joined = Joined::init(&mut rng(1));
                let (mut memory, mut grads) = (Joined::memory(SAMPLES), Joined::grads());
                let first = joined.forward(Mode::Train, (&texts(), &h), &mut memory).loss((Mse, Mse), (&y, &after));
                joined.backward(&mut memory, &mut grads);
                let mut apart = Unjoined::init(&mut rng(1));
                let (mut memory, mut wanted) = (Unjoined::memory(SAMPLES), Unjoined::grads());
                let losses = (Mse, Mse, Mse.weight(0.0));
                let second = apart.forward(Mode::Train, (&texts(), &h), &mut memory).loss(losses, (&y, &after, &rows));
                apart.backward(&mut memory, &mut wanted);
                close("loss", &[first], &[second], 1e-6);
                close("gradients", grads.as_slice(), wanted.as_slice(), 2e-6);
                let (padding, most) = (&grads.as_slice()[3 * 6..4 * 6], wanted.as_slice().iter().fold(0.0_f32, |m, g| m.max(g.abs())));
                assert!(padding.iter().all(|g| *g == 0.0) && most > 1e-3, "{padding:?} {most}");
            }

            #[test]
            fn it_learns() {
                let mut net = Stepped::init(&mut rng(1));
                let follow = |by: usize| {
                    IndicesBatch::<12, 10>::from_sequences(
                        (0..32).map(|i| Indices::from_fn(|t| Index::new((i + (t + by) * 5) % 12).expect("below 12"))),
                    )
                };
                let (x, y, mut memory, mut grads) = (follow(0), follow(1), Stepped::memory(32), Stepped::grads());
                let mut adam = Adam::new(2e-2).on(&net);
                for _ in 0..120 {
                    grads.zero();
                    net.train(&x, CrossEntropy, &y, &mut memory, &mut grads);
                    adam.step(&mut net, &grads);
                }
                let (mut state, mut c) = (Stepped::state(), Index::<12>::new(3).expect("below 12"));
                for _ in 0..8 {
                    let next = net.step(c, &mut state).softmax(0.1).sample(&mut rng(1));
                    assert_eq!(next.get(), (c.get() + 5) % 12);
                    c = next;
                }
            }
        }
    };
}

cell!(gru: Gru());
cell!(rnn: Rnn());
cell!(rnn_relu: Rnn(, nonlinearity = relu));

//! Every activation behind a convolution and in a sequence: all forms that run it against its declaration in `f64`.

use fireclay::prelude::*;
use fireclay_ir::activation::{Activation, Double};

const SAMPLES: usize = 19;

fn number(i: usize) -> f32 {
    (i as u32).wrapping_mul(2_654_435_761).wrapping_add(12_345) as f32 / 2.0_f32.powi(31) - 1.0
}

#[track_caller]
fn close<A: Activation>(what: &str, found: &[f32], before: &[f32]) {
    let f = A::with(&A::ARGUMENTS.iter().map(|argument| argument.kind.default()).collect::<Vec<_>>());
    assert_eq!(found.len(), before.len());
    for (y, x) in found.iter().zip(before) {
        let wanted = f.value(Double((*x).into())).0;
        // What stands before it is rounded as each form rounds sums.
        assert!((f64::from(*y) - wanted).abs() <= 2e-5, "{} {what}: at {x} it is {y}, not {wanted}", A::NAME);
    }
}

macro_rules! networks {
    ($($file:ident $Name:ident $backward:ident;)*) => {
        $(mod $file {
            use super::*;
            network! {
                /// Its values before the activation are between 1 and 3: √x and ln x vary little there.
                pub Image(x: [3, 5, 5]) -> [20, 5, 5] { x -> c: Conv(20, 3, pad = 1) -> $Name }
                pub Before(x: [3, 5, 5]) -> [20, 5, 5] { x -> c: Conv(20, 3, pad = 1) }
                #[fireclay(step)]
                pub Sequence(x: [4, 3]) -> [4, 6] { x -> d: Dense(6) -> $Name }
                pub SequenceBefore(x: [4, 3]) -> [4, 6] { x -> d: Dense(6) }
            }

            #[test]
            fn image() {
                let mut net = Image::init(&mut rng(1));
                net.c.weight.as_mut_slice().iter_mut().enumerate().for_each(|(i, w)| *w = number(i) / 27.0);
                net.c.bias.as_mut_slice().fill(2.0);
                let mut before = Before::zeros();
                before.params_mut().as_mut_slice().copy_from_slice(net.params().as_slice());
                let x: Batch<shape![3, 5, 5]> = Batch::from_fn(SAMPLES, |i, j| number(i * 75 + j));
                let wanted = before.infer_batch(&x, &mut Before::infer_memory_for(SAMPLES)).to_vec();
                assert!(wanted.iter().all(|x| (1.0..3.0).contains(x)));
                let mut memory = Image::memory(SAMPLES);
                close::<fireclay_ir::activation::$Name>("forward", &net.forward(Mode::Train, &x, &mut memory).output().to_vec(), &wanted);
                let mut infer = Image::infer_memory_for(SAMPLES);
                close::<fireclay_ir::activation::$Name>("infer_batch", &net.infer_batch(&x, &mut infer).to_vec(), &wanted);
                let packed = net.pack();
                for i in 0..SAMPLES {
                    let (x, wanted) = (x.sample(i), &wanted[i * 500..][..500]);
                    close::<fireclay_ir::activation::$Name>("packed", packed.infer(&x, &mut infer).as_slice(), wanted);
                    close::<fireclay_ir::activation::$Name>("without std", fireclay::infer_plain(&*net, &x, &mut infer).as_slice(), wanted);
                }
            }

            #[test]
            fn step_by_step() {
                let mut net = Sequence::init(&mut rng(1));
                net.d.bias.as_mut_slice().fill(4.0);
                let mut before = SequenceBefore::zeros();
                before.params_mut().as_mut_slice().copy_from_slice(net.params().as_slice());
                let x = Tensor::<shape![4, 3]>::from_fn(number);
                let wanted = before.predict(&x);
                let mut state = Sequence::state();
                for t in 0..4 {
                    let y = net.step(&Tensor::<shape![3]>::from_fn(|i| number(t * 3 + i)), &mut state);
                    close::<fireclay_ir::activation::$Name>("step", y.as_slice(), &wanted.as_slice()[t * 6..][..6]);
                }
            }
        })*
    };
}
fireclay_ir::activations!(networks);

//! Convolutions as networks are made of them: causal ones step by step.

use fireclay::prelude::*;

network! {
    block Res(x, skip; d) {
        let (t, s) = x -> dil: Conv1d(12, 2, dilation = d, pad = causal) -> split(2);
        let gated = (t -> Tanh) * (s -> Sigmoid);
        (x + (gated -> res: Conv1d(5, 1)), skip + (gated -> skip: Conv1d(3, 1)))
    }

    /// As WaveNet (van den Oord et al. 2016, arXiv 1609.03499).
    #[fireclay(step)]
    pub Wave(audio: [20, 1]) -> [20, 3] {
        let x = audio -> first: Conv1d(5, 2, pad = causal);
        let (_, y) = (x, x -> start: Conv1d(3, 1)) -> stack: [Res(1 << i); i in 0..3];
        y -> Relu -> out: Conv1d(3, 1)
    }
}

#[test]
fn a_causal_convolution_goes_step_by_step() {
    let net = Wave::init(&mut rng(3));
    let (packed, mut state, mut memory) = (net.pack(), Wave::state(), Wave::infer_memory());
    // The inputs that each reaches back to, and where the oldest stands.
    assert_eq!(state.as_slice().len(), (1 + 1) + (5 + 1) + (2 * 5 + 1) + (4 * 5 + 1));
    let audio = Tensor::<shape![20, 1]>::from_fn(|i| ((i * 7 % 11) as f32 - 5.0) / 4.0);
    let whole = *fireclay::infer_plain(&*net, &audio, &mut memory);
    let at_once = *packed.infer(&audio, &mut memory);
    let close = |what: &str, found: &[f32], wanted: &[f32]| {
        for (f, w) in found.iter().zip(wanted) {
            assert!((f - w).abs() <= 2e-6, "{what}: {found:?}, not {wanted:?}");
        }
    };
    close("packed", at_once.as_slice(), whole.as_slice());
    for packed_steps in [0, 1, 4] {
        state.reset();
        for t in 0..20 {
            let next = Tensor::<shape![1]>::from([audio.as_slice()[t]]);
            let plain = packed_steps == 0 || t % packed_steps == 3;
            let found = if plain { fireclay::step_plain(&*net, &next, &mut state) } else { packed.step(next, &mut state) };
            close(&format!("step {t}"), found.as_slice(), &whole.as_slice()[3 * t..][..3]);
        }
    }
}

//! Inference: one sample with packed weights, or a batch.

use crate::models::{
    Autoencoder, DsCnn, LeNet, LstmStep, LstmStep16, LstmStep24, Mlp, MobileNet, ResNet8, ResNet18, ResNet20, Silero, SqueezeNet,
    Vgg16,
};
use crate::timing::{Job, Run};
use crate::train::{number, numbers};
use fireclay::prelude::*;
use std::hint::black_box;

/// What runs under a name: threads and samples are told.
type Work = fn(&Run, Option<usize>);

/// By name.
pub const ALL: &[(&str, Work)] = &[
    ("mlp", |run, batch| infer::<Mlp, _>(run, "I1_mlp", batch)),
    ("lenet", |run, batch| infer::<LeNet, _>(run, "I2_lenet", batch)),
    ("resnet20", |run, batch| infer::<ResNet20, _>(run, "I3_resnet20", batch)),
    ("lstm", |run, _| lstm::<LstmStep>(run, "I4_lstm64_step")),
    ("lstm16", |run, _| lstm::<LstmStep16>(run, "I4_lstm16_step")),
    ("lstm24", |run, _| lstm::<LstmStep24>(run, "I4_lstm24_step")),
    ("autoencoder", |run, batch| infer::<Autoencoder, _>(run, "I5_fc_autoencoder", batch)),
    ("dscnn", |run, batch| infer::<DsCnn, _>(run, "I6_ds_cnn", batch)),
    ("resnet8", |run, batch| infer::<ResNet8, _>(run, "I7_resnet8", batch)),
    ("mobilenet", |run, batch| infer::<MobileNet, _>(run, "I8_mobilenet_v1_025", batch)),
    ("squeezenet", |run, batch| infer::<SqueezeNet, _>(run, "I9_squeezenet1_1", batch)),
    ("resnet18", |run, batch| infer::<ResNet18, _>(run, "I10_resnet18", batch)),
    ("vgg16", |run, batch| infer::<Vgg16, _>(run, "I11_vgg16", batch)),
    ("silero", |run, _| silero(run)),
];

fn infer<N, S>(run: &Run, workload: &str, batch: Option<usize>)
where
    N: Network<Input = Tensor<S>>,
    S: Shape,
{
    let net = N::init(&mut rng(0)).pack();
    if let Some(samples) = batch {
        let mut memory = N::infer_memory_for(samples);
        memory.threads(run.threads);
        let x = numbers::<S>(samples);
        let workload = format!("{workload}_batch{samples}");
        let job = Job { workload: &workload, mode: "packed", network: Some(N::INFO), samples: samples as f64, steps: 1 };
        run.measure(&job, || {
            black_box(net.infer_batch(&x, &mut memory));
        });
    } else {
        let mut memory = N::infer_memory();
        memory.threads(run.threads);
        let x = Tensor::<S>::from_fn(number);
        run.measure(&Job { workload, mode: "packed", network: Some(N::INFO), samples: 1.0, steps: 1 }, || {
            black_box(net.infer(&x, &mut memory));
        });
    }
}

/// A chunk of sound after another, with what is carried from one to the next, by the published weights.
fn silero(run: &Run) {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/data/silero/silero_vad_16k.safetensors");
    let net = match Silero::open(file) {
        Ok(net) => net.pack(),
        Err(error) => return eprintln!("{error}"),
    };
    let mut memory = Silero::infer_memory();
    memory.threads(run.threads);
    let mut input = (Tensor::zeros(), Tensor::from_fn(number), Tensor::zeros(), Tensor::zeros());
    let job = Job { workload: "I12_silero_vad", mode: "packed", network: Some(Silero::INFO), samples: 1.0, steps: 1 };
    run.measure(&job, || {
        let (_, before, h, c) = net.infer(&input, &mut memory);
        (input.0, input.2, input.3) = (*before, *h, *c);
    });
}

/// One step of a stream, with its state.
fn lstm<N>(run: &Run, workload: &str)
where
    N: Stepping<StepInput = Tensor<shape![1]>>,
{
    let net = N::init(&mut rng(0)).pack();
    let mut state = State::<N>::new();
    let x = Tensor::from([0.3]);
    // The table is that of the declaration's two steps. A step is so short that reading the clock would show: many are one run.
    const STEPS: u32 = 64;
    let job = Job { workload, mode: "packed", network: Some(N::INFO), samples: f64::from(STEPS) / 2.0, steps: STEPS };
    run.measure(&job, || {
        for _ in 0..STEPS {
            black_box(net.step(black_box(x), &mut state));
        }
    });
}

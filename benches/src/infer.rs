//! Inference: one sample with packed weights, or a batch.

use crate::models::{Autoencoder, DsCnn, LeNet, LstmStep, Mlp, MobileNet, ResNet8, ResNet18, ResNet20, SqueezeNet, Vgg16};
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
    ("lstm", lstm),
    ("autoencoder", |run, batch| infer::<Autoencoder, _>(run, "I5_fc_autoencoder", batch)),
    ("dscnn", |run, batch| infer::<DsCnn, _>(run, "I6_ds_cnn", batch)),
    ("resnet8", |run, batch| infer::<ResNet8, _>(run, "I7_resnet8", batch)),
    ("mobilenet", |run, batch| infer::<MobileNet, _>(run, "I8_mobilenet_v1_025", batch)),
    ("squeezenet", |run, batch| infer::<SqueezeNet, _>(run, "I9_squeezenet1_1", batch)),
    ("resnet18", |run, batch| infer::<ResNet18, _>(run, "I10_resnet18", batch)),
    ("vgg16", |run, batch| infer::<Vgg16, _>(run, "I11_vgg16", batch)),
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
        let job = Job { workload: &workload, mode: "packed", network: Some(N::INFO), samples: samples as f64 };
        run.measure(&job, || {
            black_box(net.infer_batch(&x, &mut memory));
        });
    } else {
        let mut memory = N::infer_memory();
        let x = Tensor::<S>::from_fn(number);
        run.measure(&Job { workload, mode: "packed", network: Some(N::INFO), samples: 1.0 }, || {
            black_box(net.infer(&x, &mut memory));
        });
    }
}

/// One step of a stream, with its state.
fn lstm(run: &Run, _: Option<usize>) {
    let net = LstmStep::init(&mut rng(0));
    let mut state = LstmStep::state();
    let x = Tensor::from([0.3]);
    // The table is that of the declaration's two steps.
    let job = Job { workload: "I4_lstm64_step", mode: "step", network: Some(LstmStep::INFO), samples: 0.5 };
    run.measure(&job, || {
        black_box(net.step(x, &mut state));
    });
}

//! Weights that are made of parameters, `weight = weight_norm` and `weight = spectral_norm`: what they begin as, their gradients, inference in all its forms, training,
//! files. (Both forms of training: `forms.rs`. Against PyTorch: `golden`.)

use fireclay::check::GradientCheck;
use fireclay::prelude::*;
use fireclay::{InnerValue, infer_plain};

network! {
    /// Every layer that takes it; one in two places, one behind which a batch norm is folded.
    pub Lengths(image: [3, 8, 7]) -> [5] {
        let x = image -> c1: Conv(8, 3, pad = same, bias = false, weight = weight_norm) -> bn: BatchNorm -> Tanh;
        let y = x -> dw: DepthwiseConv(3, pad = 1, weight = weight_norm) -> Tanh -> c2: Conv(8, 3, pad = same, groups = 2, weight = weight_norm) -> c2 -> Tanh;
        let z = y -> up: ConvTranspose(4, 4, stride = 2, pad = 1, weight = weight_norm) -> Tanh -> down: Conv(4, 2, stride = 2, weight = weight_norm);
        let steps = z -> Reshape([8, 28]) -> s1: Conv1d(6, 3, pad = same, weight = weight_norm) -> Tanh -> s2: ConvTranspose1d(5, 2, stride = 2, weight = weight_norm);
        steps -> rows: Dense(4, weight = weight_norm) -> Tanh -> Flatten -> fc: Dense(66, weight = weight_norm) -> Tanh -> out: Dense(5, weight = weight_norm)
    }

    /// The same without, under the same names.
    pub Plain(image: [3, 8, 7]) -> [5] {
        let x = image -> c1: Conv(8, 3, pad = same, bias = false) -> bn: BatchNorm -> Tanh;
        let y = x -> dw: DepthwiseConv(3, pad = 1) -> Tanh -> c2: Conv(8, 3, pad = same, groups = 2) -> c2 -> Tanh;
        let z = y -> up: ConvTranspose(4, 4, stride = 2, pad = 1) -> Tanh -> down: Conv(4, 2, stride = 2);
        let steps = z -> Reshape([8, 28]) -> s1: Conv1d(6, 3, pad = same) -> Tanh -> s2: ConvTranspose1d(5, 2, stride = 2);
        steps -> rows: Dense(4) -> Tanh -> Flatten -> fc: Dense(66) -> Tanh -> out: Dense(5)
    }

    #[fireclay(inner_values)]
    pub Singular(image: [3, 8, 7]) -> [5] {
        let x = image -> c1: Conv(8, 3, pad = same, bias = false, weight = spectral_norm) -> bn: BatchNorm -> Tanh;
        let y = x -> dw: DepthwiseConv(3, pad = 1, weight = spectral_norm) -> Tanh -> c2: Conv(8, 3, pad = same, groups = 2, weight = spectral_norm) -> c2 -> Tanh;
        let z = y -> up: ConvTranspose(4, 4, stride = 2, pad = 1, weight = spectral_norm) -> Tanh -> down: Conv(4, 2, stride = 2, weight = spectral_norm);
        let steps = z -> Reshape([8, 28]) -> s1: Conv1d(6, 3, pad = same, weight = spectral_norm) -> Tanh -> s2: ConvTranspose1d(5, 2, stride = 2, weight = spectral_norm);
        steps -> rows: Dense(4, weight = spectral_norm) -> Tanh -> Flatten -> fc: Dense(66, weight = spectral_norm) -> Tanh -> #[frozen] out: Dense(5, weight = spectral_norm)
    }

    /// Step by step, with weights that are made once for each.
    #[fireclay(step)]
    pub Steps(x: [9, 4]) -> [9, 3] {
        x -> c: Conv1d(6, 3, pad = causal, weight = weight_norm) -> Tanh -> fc: Dense(3, weight = spectral_norm)
    }

    pub Typed<In: Dim, Out: Dim>(x: [In]) -> [3] { x -> fc: Dense(Out, weight = weight_norm) -> Tanh -> out: Dense(3, weight = spectral_norm) }

    pub TypedImage<C: Dim>(x: [C, 5, 4]) -> [3] {
        x -> c1: Conv(C, 3, pad = 1, weight = weight_norm) -> Tanh -> Flatten -> out: Dense(3, weight = spectral_norm)
    }

    pub Critic(x: [24]) -> [1] { x -> fc1: Dense(20, weight = spectral_norm) -> LeakyRelu(0.2) -> fc2: Dense(1, weight = weight_norm) }

    pub Around(x: [24]) -> [1] { x -> critic: net Critic -> Tanh }
}

fn number(i: usize, j: usize) -> f32 {
    ((i * 7919 + j * 104_729 + 13) % 2003) as f32 / 1001.0 - 1.0
}

fn images(samples: usize) -> Batch<shape![3, 8, 7]> {
    Batch::from_fn(samples, number)
}

#[track_caller]
fn close(what: &str, found: &[f32], wanted: &[f32]) {
    let largest = wanted.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    assert!(found.len() == wanted.len() && largest > 1e-3, "{what}: {largest}");
    for (i, (f, w)) in found.iter().zip(wanted).enumerate() {
        assert!((f - w).abs() <= 3e-5 * largest, "{what}: number {i} is {f}, not {w}");
    }
}

/// The largest singular value of a matrix, by a power iteration of its own.
fn largest_singular_value(rows: usize, matrix: &[f32]) -> f64 {
    let columns = matrix.len() / rows;
    let mut v: Vec<f64> = (0..columns).map(|i| f64::from(number(i, 5))).collect();
    let mut sigma = 0.0;
    for _ in 0..2000 {
        let row = |r: usize| &matrix[r * columns..][..columns];
        let u: Vec<f64> = (0..rows).map(|r| row(r).iter().zip(&v).map(|(w, v)| f64::from(*w) * v).sum()).collect();
        v = (0..columns).map(|c| (0..rows).map(|r| f64::from(row(r)[c]) * u[r]).sum()).collect();
        let length = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
        let long = length(&v);
        sigma = long / length(&u);
        v.iter_mut().for_each(|v| *v /= long);
    }
    sigma
}

#[test]
fn a_weight_norm_begins_as_the_layer_without_it() {
    let (net, plain) = (Lengths::init(&mut rng(4)), Plain::init(&mut rng(4)));
    assert_eq!(net.c1.weight.v.as_slice(), plain.c1.weight.as_slice());
    assert_eq!(Lengths::PARAMETERS, Plain::PARAMETERS + 8 + 8 + 8 + 8 + 4 + 6 + 6 + 4 + 66 + 5);
    let shapes = |path: &str| Lengths::INFO.tensors.iter().find(|t| t.path == path).map(|t| t.dims);
    assert_eq!((shapes("c1.weight.g"), shapes("fc.weight.g")), (Some(&[8, 1, 1, 1][..]), Some(&[66, 1][..])));
    assert_eq!(shapes("up.weight.g"), Some(&[8, 1, 1, 1][..]), "as PyTorch's: along the first axis");
    for i in 0..3 {
        let x = images(3).sample(i);
        close("Lengths", net.predict(&x).as_slice(), plain.predict(&x).as_slice());
    }
}

#[test]
fn a_spectral_norm_begins_near_the_singular_vectors() {
    let net = Singular::init(&mut rng(4));
    let sigma = largest_singular_value(66, net.fc.weight.original.as_slice());
    let (w, u, v) =
        (net.fc.weight.original.as_slice(), net.buffers().fc.weight.u.as_slice(), net.buffers().fc.weight.v.as_slice());
    let found: f32 = w.chunks_exact(v.len()).zip(u).map(|(row, u)| u * row.iter().zip(v).map(|(w, v)| w * v).sum::<f32>()).sum();
    assert!((f64::from(found) / sigma - 1.0).abs() < 0.03, "{found} of {sigma}");
    let shapes = |path: &str| Singular::INFO.tensors.iter().find(|t| t.path == path).map(|t| t.dims);
    assert_eq!((shapes("up.weight.u"), shapes("up.weight.v")), (Some(&[4][..]), Some(&[8 * 16][..])), "as many rows as outputs");
}

#[test]
fn gradients() {
    let (x, y) = (images(3), Batch::<shape![5]>::from_fn(3, |i, j| number(j, i)));
    let check = GradientCheck::new().numbers(5);
    let mut net = Lengths::init(&mut rng(4));
    // Magnitudes that are no longer the lengths.
    net.params_mut().as_mut_slice().iter_mut().enumerate().for_each(|(i, p)| *p *= 1.0 + 0.3 * number(i, 3));
    let report = check.run(&net, &x, Mse, &y).expect("right");
    assert!(report.numbers > 200 && report.layouts.len() == 2, "{report:?}");
    // In training u and v follow the weight, and are constants of the gradient: the function is another one.
    let report = check.mode(Mode::Eval).run(&Singular::init(&mut rng(4)), &x, Mse, &y).expect("right");
    assert!(report.numbers > 150 && report.layouts.len() == 2, "{report:?}");
}

macro_rules! infers_alike {
    ($net:ident, $network:ty) => {{
        let mut $net = <$network>::init(&mut rng(4));
        // Statistics and weights as after a while.
        let (mut memory, mut grads) = (<$network>::memory(20), <$network>::grads());
        let y = Batch::<shape![5]>::from_fn(20, |i, j| number(j, i));
        let mut sgd = Sgd::new(0.1).on(&*$net);
        for _ in 0..3 {
            grads.zero();
            let _ = $net.train(&images(20), Mse, &y, &mut memory, &mut grads);
            sgd.step(&mut *$net, &grads);
        }
        let wanted = $net.forward_eval(&images(20), &mut memory).output().to_vec();
        let mut infer = <$network>::infer_memory_for(20);
        let packed = $net.pack();
        close("a batch", &$net.infer_batch(&images(20), &mut infer).to_vec(), &wanted);
        for (i, wanted) in wanted.chunks_exact(5).enumerate() {
            let x = images(20).sample(i);
            close("without std", infer_plain(&*$net, &x, &mut infer).as_slice(), wanted);
            close("packed", packed.predict(&x).as_slice(), wanted);
            assert_eq!($net.predict(&x).as_slice(), packed.predict(&x).as_slice());
        }
        // Inference packs what it reads, and nothing of what that is made of.
        assert_eq!(<$network as Network>::INFER.packed, <Plain as Network>::INFER.packed);
        // And a file has all of it.
        let again = <$network>::from_bytes(&$net.to_bytes().expect("bytes")).expect("a network");
        assert_eq!(again.predict(&images(1).sample(0)), $net.predict(&images(1).sample(0)));
        assert_eq!(again.buffers().as_slice(), $net.buffers().as_slice());
    }};
}

#[test]
fn inference_in_all_forms() {
    infers_alike!(net, Lengths);
    infers_alike!(net, Singular);
}

#[test]
fn step_by_step() {
    let (net, x) = (Steps::init(&mut rng(2)), Tensor::<shape![9, 4]>::from_fn(|i| number(i, 1)));
    let whole = net.predict(&x);
    let (packed, mut state, mut other, mut plain) = (net.pack(), Steps::state(), Steps::state(), Steps::state());
    for t in 0..9 {
        let step = Tensor::from_fn(|i| x[t][i]);
        for y in
            [net.step(step, &mut state), packed.step(step, &mut other), fireclay::__private::step_plain(&*net, &step, &mut plain)]
        {
            close("a step", y.as_slice(), &whole[t]);
        }
    }
}

#[test]
fn sizes_that_are_types() {
    alike::<Typed<Const<6>, Const<4>>, shape![6]>();
    alike::<TypedImage<Const<3>>, shape![3, 5, 4]>();
}

/// Gradients are those of differences, and all forms give the same.
fn alike<N: Network<Input = Tensor<S>, Output = Tensor<shape![3]>, TrainOutput = Tensor<shape![3]>>, S: Shape>() {
    let (mut net, x) = (N::init(&mut rng(2)), Batch::<S>::from_fn(18, number));
    let (mut memory, mut grads) = (N::memory(18), N::grads());
    let y = Batch::<shape![3]>::from_fn(18, |i, j| number(j, i));
    let check = GradientCheck::new().mode(Mode::Eval).run(&*net, &x, Mse, &y).expect("right");
    assert!(check.numbers > 30, "{check:?}");
    let _ = net.train(&x, Mse, &y, &mut memory, &mut grads);
    let wanted = net.forward_eval(&x, &mut memory).output().to_vec();
    close("packed", net.predict(&x.sample(0)).as_slice(), &wanted[..3]);
    close("without std", infer_plain(&*net, &x.sample(0), &mut N::infer_memory()).as_slice(), &wanted[..3]);
}

/// A spectral norm keeps up with a weight that learns.
#[test]
fn the_largest_singular_value_goes_to_one() {
    let mut net = Critic::init(&mut rng(3));
    let (mut memory, mut grads) = (Critic::memory(32), Critic::grads());
    let x = Batch::<shape![24]>::from_fn(32, number);
    let y = Batch::<shape![1]>::from_fn(32, |i, _| number(i, 2));
    let mut sgd = Sgd::new(0.02).on(&*net);
    let (mut first, mut last) = (0.0, 0.0);
    for step in 0..400 {
        grads.zero();
        last = net.train(&x, Mse, &y, &mut memory, &mut grads);
        first = if step == 0 { last } else { first };
        sgd.step(&mut *net, &grads);
    }
    assert!(last < 0.5 * first, "it learns: {first}, {last}");
    let (w, u, v) =
        (net.fc1.weight.original.as_slice(), net.buffers().fc1.weight.u.as_slice(), net.buffers().fc1.weight.v.as_slice());
    let sigma: f32 = w.chunks_exact(24).zip(u).map(|(row, u)| u * row.iter().zip(v).map(|(w, v)| w * v).sum::<f32>()).sum();
    let of_w = largest_singular_value(20, w);
    let of_weight = of_w / f64::from(sigma);
    assert!((of_weight - 1.0).abs() < 1e-3 && (of_w - 1.0).abs() > 0.05, "{of_w}, and of the weight {of_weight}");
}

/// A forward pass of another batch, in another memory, moves u and v on: gradients are those of the pass that they are of.
#[test]
fn a_pass_keeps_its_own_singular_vectors() {
    let y = Batch::<shape![5]>::from_fn(4, |i, j| number(j, i));
    let run = |between: bool| {
        let mut net = Singular::init(&mut rng(4));
        let (mut memory, mut other, mut grads) = (Singular::memory(4), Singular::memory(2), Singular::grads());
        let loss = net.forward(Mode::Train, &images(4), &mut memory).loss(Mse, &y);
        if between {
            let before = net.buffers().fc.weight.u.as_slice().to_vec();
            let _ = net.forward(Mode::Train, &images(2), &mut other);
            assert_ne!(net.buffers().fc.weight.u.as_slice(), before.as_slice());
        }
        net.backward(&mut memory, &mut grads);
        (loss, grads.as_slice().to_vec())
    };
    assert_eq!(run(false), run(true));
}

#[test]
fn gradients_are_added_and_threads_change_no_bit() {
    let y = Batch::<shape![5]>::from_fn(40, |i, j| number(j, i));
    let run = |threads: usize| {
        let mut net = Lengths::init(&mut rng(4));
        let (mut memory, mut grads) = (Lengths::memory(40), Lengths::grads());
        memory.threads(threads);
        let _ = net.forward(Mode::Eval, &images(40), &mut memory).loss(Mse, &y);
        net.backward(&mut memory, &mut grads);
        let once = grads.as_slice().to_vec();
        net.backward(&mut memory, &mut grads);
        close("twice", grads.as_slice(), &once.iter().map(|g| 2.0 * g).collect::<Vec<_>>());
        once
    };
    assert_eq!(run(1), run(2));
}

#[test]
fn what_is_frozen_stays() {
    let mut net = Singular::init(&mut rng(4));
    let (buffers, weight) = (net.buffers().out.weight.u.as_slice().to_vec(), net.out.weight.original.as_slice().to_vec());
    let (mut memory, mut grads) = (Singular::memory(4), Singular::grads());
    let _ = net.train(&images(4), Mse, &Batch::<shape![5]>::zeros(4), &mut memory, &mut grads);
    assert_eq!((net.buffers().out.weight.u.as_slice(), net.out.weight.original.as_slice()), (&*buffers, &*weight));
    assert!(grads.tensor("out.weight.original").is_none() && grads.tensor("fc.weight.original").is_some());
}

#[test]
fn inner_values() {
    const MAPS: InnerValue<Singular, shape![8, 8, 7]> = InnerValue::of("c1");
    let net = Singular::init(&mut rng(4));
    let (mut memory, mut inner) = (Singular::memory(3), Singular::inner_memory(3));
    let wanted = net.forward_eval(&images(3), &mut memory).output().to_vec();
    let mut pass = net.forward_eval(&images(3), &mut inner);
    let _ = pass.loss(Mse, 0.0);
    close("outputs", &pass.output().to_vec(), &wanted);
    net.backward_input(&mut inner);
    assert!(inner.inner_gradient(MAPS).to_vec().iter().any(|g| *g != 0.0));
}

/// As `docs/from-pytorch.md` has it.
fn names(name: &str) -> Option<String> {
    let name =
        name.replace("parametrizations.weight.original0", "weight.g").replace("parametrizations.weight.original1", "weight.v");
    Some(name.replace("parametrizations.weight.0._", "weight.").replace("parametrizations.", ""))
}

/// PyTorch's names, of the file that this network would be there.
#[test]
fn weights_of_pytorch_by_their_names() {
    let theirs = |name: &str| {
        let parts = [
            ("fc1.weight.original", "fc1.parametrizations.weight.original"),
            ("fc1.weight.u", "fc1.parametrizations.weight.0._u"),
        ];
        let more =
            [("fc1.weight.v", "fc1.parametrizations.weight.0._v"), ("fc2.weight.g", "fc2.parametrizations.weight.original0")];
        let last = [("fc2.weight.v", "fc2.parametrizations.weight.original1")];
        let known = parts.iter().chain(&more).chain(&last).find(|(ours, _)| *ours == name);
        known.map_or(name.to_owned(), |(_, theirs)| (*theirs).to_owned())
    };
    for tensor in Critic::INFO.tensors {
        assert_eq!(names(&theirs(tensor.path)).as_deref(), Some(tensor.path));
        assert!(tensor.path.ends_with("bias") || theirs(tensor.path) != tensor.path, "{}", tensor.path);
    }
}

#[test]
fn a_gradient_report_knows_the_layer() {
    let (net, mut grads) = (Critic::init(&mut rng(1)), Critic::grads());
    grads.as_mut_slice().fill(1.0);
    let report = fireclay::check::GradientReport::of(&net, &grads);
    assert_eq!(report.layers().iter().map(|layer| layer.name).collect::<Vec<_>>(), ["fc1", "fc2"]);
}

#[test]
fn a_network_within_another() {
    let (critic, x) = (Critic::init(&mut rng(1)), Tensor::from_fn(|i| number(i, 1)));
    let mut around = Around::zeros();
    around.params_mut().critic = *critic.params();
    around.buffers_mut().critic = *critic.buffers();
    let wanted = critic.predict(&x)[0].tanh();
    assert!((around.predict(&x)[0] - wanted).abs() < 1e-6 && wanted != 0.0);
}

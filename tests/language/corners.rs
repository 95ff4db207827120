//! Corners that were wrong once: padding lanes, NaN, seeds between passes, two that save at once.

use fireclay::data::Samples;
use fireclay::metrics::ConfusionMatrix;
use fireclay::prelude::*;
use fireclay::{Error, LANES};

network! {
    pub Line(x: [1]) -> [1] { x -> fc: Dense(1) }
    pub Scores(x: [1]) -> [2] { x -> fc: Dense(2) }
    pub Dropped(x: [64]) -> [64] { x -> Dropout(0.5) }
    pub Wide(a: [1], b: [1]) -> (v: [1], w: [1], x: [1], y: [1], z: [1]) {
        let h = concat(a, b) -> fc: Dense(1);
        (v: 1 * h, w: 2 * h, x: 3 * h, y: 4 * h, z: 5 * h)
    }
}

type Points = Samples<Tensor<shape![1]>, Tensor<shape![1]>>;

fn points() -> Points {
    (0..20).map(|i| i as f32 / 20.0).map(|x| (Tensor::from([x]), Tensor::from([2.0 * x]))).collect()
}

#[test]
fn what_lies_beside_the_last_sample_does_not_matter() {
    let mut x = Batch::<shape![1]>::from_fn(LANES, |i, _| if i == LANES - 1 { f32::NAN } else { i as f32 });
    x.set_len(LANES - 1);
    let mut net = Line::init(&mut rng(1));
    let (mut memory, mut grads, mut again) = (Line::memory(LANES), Line::grads(), Line::grads());
    let loss = net.train(&x, Mse, 1.0, &mut memory, &mut grads);
    let other = net.forward(Mode::Train, &x, &mut memory).loss(Mse, 1.0);
    net.backward(&mut memory, &mut again);
    assert_eq!((loss, grads.as_slice()), (other, again.as_slice()));
    assert!(grads.as_slice().iter().all(|d| d.is_finite()));
}

#[test]
fn nan_is_neither_the_largest_nor_right() {
    let nan = Tensor::<shape![3]>::from([f32::NAN; 3]);
    assert_eq!(nan.argmax(), 0);
    assert_eq!(Tensor::<shape![3]>::from([f32::NAN, -1.0, f32::NAN]).argmax(), 1);
    let zero = Index::<3>::new(0_usize).expect("below 3");
    assert_eq!(Accuracy.score(&nan, &zero), 0.0);
    let infinite = Tensor::<shape![3]>::from([0.0, f32::INFINITY, 1.0]);
    assert_eq!(infinite.softmax(1.0).sample(&mut rng(1)).get(), 1);
}

#[test]
fn a_confusion_matrix_counts_nan_by_itself() {
    let classes = |x: f32, class: usize| (Tensor::from([x]), Index::<2>::new(class).expect("0 or 1"));
    let data: Samples<Tensor<shape![1]>, Index<2>> =
        [classes(1.0, 0), classes(f32::NAN, 0), classes(-1.0, 1)].into_iter().collect();
    let mut net = Scores::zeros();
    net.fc.weight = Tensor::from([[1.0], [-1.0]]);
    let matrix = ConfusionMatrix::of(&*net, &data);
    let [zero, one] = [0, 1].map(|class: usize| Index::<2>::new(class).expect("0 or 1"));
    assert_eq!((matrix.count(zero, zero), matrix.unanswered(zero), matrix.count(one, one), matrix.total()), (1, 1, 1, 3));
    assert_eq!(matrix.to_string(), "actual \\ predicted\n       0   1 NaN\n   0   1   ·   1\n   1   ·   1   ·");
}

#[test]
fn backward_drops_what_forward_dropped() {
    let mut net = Dropped::zeros();
    let mut memory = Dropped::memory(1);
    let x = Batch::<shape![64]>::from_fn(1, |_, _| 1.0);
    let y = net.forward(Mode::Train, &x, memory.seed(1)).output().to_vec();
    net.forward(Mode::Train, &x, memory.seed(1)).loss(Mse.sum(), 0.0);
    memory.seed(9);
    let dx = net.backward_input(&mut memory).to_vec();
    assert!(y.iter().zip(&dx).all(|(y, d)| (*y == 0.0) == (*d == 0.0)));
}

/// The output, but NaN at first.
struct Late(std::sync::atomic::AtomicUsize);

impl Metric<Tensor<shape![1]>, Tensor<shape![1]>> for Late {
    fn name(&self) -> &'static str {
        "late"
    }
    fn higher_is_better(&self) -> bool {
        true
    }
    fn score(&self, output: &Tensor<shape![1]>, _: &Tensor<shape![1]>) -> f32 {
        let calls = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if calls < 20 { f32::NAN } else { output[0] }
    }
}

#[test]
fn a_metric_that_is_no_number_is_not_the_best() -> Result<(), Error> {
    let data = points();
    let trainer = Trainer::new(Mse, Sgd::new(0.1)).epochs(4).progress(ProgressBar::Off).validate(&data, Late(0.into()));
    let mut net = Line::zeros();
    let history = trainer.fit(&mut net, &data)?;
    assert!(history.epochs()[0].metric.is_some_and(f32::is_nan));
    assert_eq!(history.best().map(|e| e.number), Some(4));
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fireclay-late-{}.svg", std::process::id()));
    history.plot(path)
}

#[test]
fn a_plateau_of_the_metric_hears_the_metric() -> Result<(), Error> {
    let data = points();
    let trainer = Trainer::new(Mse, Sgd::new(0.05)).epochs(6).progress(ProgressBar::Off);
    // Outputs grow from zero, so the metric is better in every epoch and the rate stays.
    let trainer = trainer.schedule(Plateau::new(0.5, 0).larger_is_better()).validate(&data, Late(20.into()));
    let history = trainer.fit(&mut Line::zeros(), &data)?;
    assert!(history.epochs().iter().all(|e| e.learning_rate == 0.05), "{history}");
    Ok(())
}

#[test]
fn two_save_to_one_place() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fireclay-two-{}.safetensors", std::process::id()));
    let net = Line::init(&mut rng(1));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..50).for_each(|_| net.save(&path).expect("a file that can be written")));
        }
    });
    assert_eq!(Line::open(&path).expect("a whole file").fc.weight, net.fc.weight);
}

#[test]
fn five_outputs_are_trained() -> Result<(), Error> {
    let one = || Tensor::<shape![1]>::from([1.0]);
    let data: Samples<<Wide as Network>::Input, <Wide as Network>::Output> =
        (0..4).map(|_| ((one(), one()), (one(), one(), one(), one(), one()))).collect();
    let mut net = Wide::init(&mut rng(1));
    let trainer = Trainer::new((Mse, Mse, Mse, Mse, Mse), Sgd::new(0.001)).epochs(3).progress(ProgressBar::Off);
    let history = trainer.fit(&mut net, &data)?;
    assert!(history.epochs()[2].loss < history.epochs()[0].loss);
    Ok(())
}

#[test]
#[should_panic(expected = "backward without a loss: call `.loss(…)`")]
fn backward_does_not_take_the_gradient_of_an_earlier_loss() {
    let x = Batch::<shape![1]>::from_fn(4, |i, _| i as f32);
    let mut net = Line::init(&mut rng(1));
    let (mut memory, mut grads) = (Line::memory(4), Line::grads());
    net.forward(Mode::Train, &x, &mut memory).loss(Mse, 1.0);
    net.backward(&mut memory, &mut grads);
    net.forward(Mode::Train, &x, &mut memory);
    net.backward(&mut memory, &mut grads);
}

/// On a machine of 32 bits a product that wraps around would be too little memory; here only absurd numbers get there.
#[test]
fn memory_that_cannot_be_addressed_is_refused_with_both_numbers() {
    let said = |f: fn()| {
        let error = std::panic::catch_unwind(f).expect_err("more than there can be");
        error.downcast_ref::<String>().expect("a message").clone()
    };
    let capacity = usize::MAX;
    let micros = capacity.div_ceil(LANES);
    let message = said(|| drop(Batch::<shape![64]>::with_capacity(usize::MAX)));
    assert!(message.contains(&format!("{micros} × {} bytes", 4 * 64 * LANES)), "{message}");
    let message = said(|| drop(IndicesBatch::<10, 8>::with_capacity(usize::MAX)));
    assert!(message.contains(&format!("{micros} × {} bytes", 4 * 8 * LANES)), "{message}");
    for message in [said(|| drop(Dropped::memory(usize::MAX))), said(|| drop(Dropped::infer_memory_for(usize::MAX)))] {
        assert!(message.contains("larger than this machine can address"), "{message}");
    }
}

network! {
    block Residual(x) { x + (x -> a: Dense(4) -> Tanh) }
    pub Drawn(r#in: [4], words: [0..9; 2]) -> (y: [4], #[train] aux: [2, 3]) {
        (y: r#in -> body: [Residual; 2], aux: words -> embed: Embedding(3))
    }
}

#[test]
fn a_network_is_drawn() {
    let diagram = Drawn::diagram();
    let edges: Vec<_> = diagram.nodes.iter().map(|node| (node.path.as_str(), node.inputs.clone())).collect();
    let wanted: [(&str, &[usize]); 11] = [
        ("in", &[]),
        ("words", &[]),
        ("body.0.a", &[0]),
        ("body.0.a_tanh", &[2]),
        ("body.0.add", &[0, 3]),
        ("body.1.a", &[4]),
        ("body.1.a_tanh", &[5]),
        ("body.1.add", &[4, 6]),
        ("embed", &[1]),
        ("y", &[7]),
        ("aux", &[8]),
    ];
    assert_eq!(edges, wanted.map(|(path, inputs)| (path, inputs.to_vec())));
    assert_eq!(diagram.nodes[10].shape, "[2, 3]");
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fireclay-drawn-{}.svg", std::process::id()));
    let net = Drawn::zeros();
    net.svg(&file).expect("a file");
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), diagram.svg());
    std::fs::remove_file(&file).expect("the file");
    let error = net.svg(file.join("net.svg")).expect_err("no folder").to_string();
    assert!(error.contains("net.svg"), "{error}");
}

//! A playground: a shallow and a deep network on points that are not linearly separable.
//!
//! As playground.tensorflow.org (Smilkov and Carter 2016) has it: two circles, an exclusive or, two spirals.
//! The boundary of one hidden layer of four neurons has a few bends: enough for the circle and the exclusive or.
//! That of three layers of thirty-two follows the spirals, which the shallow network cannot.
//! The background is the output of each network at each place, the points are those that it learned from; the figures are accuracies on other points.

use fireclay::data::Samples;
use fireclay::picture::{COLORS, Picture, WHITE, blend};
use fireclay::prelude::*;
use fireclay::trainer::Teaches;
use fireclay_examples::{Args, Report, Result};

network! {
    /// One hidden layer.
    pub Shallow(point: [2]) -> [2] { point -> hidden: Dense(4) -> Tanh -> out: Dense(2) }
    /// Three of them.
    pub Deep(point: [2]) -> [2] { point -> hidden: [Dense(32) -> Relu; 3] -> out: Dense(2) }
}

type Point = Tensor<shape![2]>;
type Points = Samples<Point, Index<2>>;

/// Points from −1 to 1 and which of two classes they are of.
fn points(kind: &str, count: usize, seed: u64) -> Points {
    let mut rng = rng(seed);
    let mut point = |i: usize| {
        let (class, share) = (i % 2, rng.uniform());
        let angle = match kind {
            "spirals" => 9.0 * share.sqrt() + class as f32 * std::f32::consts::PI,
            _ => std::f32::consts::TAU * share,
        };
        let [x, y] = match kind {
            "circles" => [(0.3 + 0.45 * class as f32) * angle.cos(), (0.3 + 0.45 * class as f32) * angle.sin()],
            "xor" => {
                let [x, y] = [0.1 + 0.8 * rng.uniform(), 0.1 + 0.8 * rng.uniform()];
                let side = if share < 0.5 { 1.0 } else { -1.0 };
                [side * x, if class == 0 { side * y } else { -side * y }]
            }
            _ => [0.95 * share.sqrt() * angle.cos(), 0.95 * share.sqrt() * angle.sin()],
        };
        (Tensor::from_fn(|i| [x, y][i] + 0.03 * rng.normal()), Index::new(class).expect("a class"))
    };
    (0..count).map(&mut point).collect()
}

/// Trains a network of either kind; its accuracy on other points, and a picture of its outputs.
fn learn<N>(kind: &str, epochs: usize, args: &Args) -> Result<(f32, Picture)>
where
    N: Network<Input = Point, Output = Tensor<shape![2]>, TrainOutput = Tensor<shape![2]>>,
    Points: Teaches<N, CrossEntropy>,
{
    let (train, test) = (points(kind, 400, args.seed), points(kind, 1000, args.seed + 1));
    let mut net = N::init(&mut rng(args.seed));
    Trainer::new(CrossEntropy, Adam::new(0.01))
        .batch(20)
        .epochs(epochs)
        .seed(args.seed)
        .schedule(Cosine)
        .progress(ProgressBar::Off)
        .fit(&mut net, &train)?;
    let accuracy = net.evaluate(&test, Accuracy);
    println!("{kind}, {}: {:.1} % on other points", N::INFO.name, 100.0 * accuracy);
    const SIDE: usize = 180;
    let place = |at: usize| 2.4 * at as f32 / SIDE as f32 - 1.2;
    let says = |x: f32, y: f32| net.predict(&Tensor::from([x, y])).softmax(1.0)[1];
    let mut picture =
        Picture::from_fn(SIDE, SIDE, |x, y| blend(WHITE, blend(COLORS[0], COLORS[1], says(place(x), place(y))), 0.6));
    for (point, class) in train.iter().take(200) {
        let at = |x: f32| (x + 1.2) / 2.4 * SIDE as f32;
        picture.dot([at(point[0]), at(point[1])], 5, WHITE);
        picture.dot([at(point[0]), at(point[1])], 3, COLORS[class.get()]);
    }
    terminal(says);
    Ok((accuracy, picture.captioned(&format!("{} {:.1} %", N::INFO.name, 100.0 * accuracy))))
}

/// The same in a terminal.
fn terminal(says: impl Fn(f32, f32) -> f32) {
    for y in 0..12 {
        let shade = |x: usize| [' ', '░', '▒', '▓', '█'][(says(x as f32 / 12.0 - 1.0, y as f32 / 6.0 - 0.92) * 4.99) as usize];
        println!("    {}", (0..24).map(shade).collect::<String>());
    }
}

/// Trains both on all.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("playground", args);
    let mut pictures = Vec::new();
    for (kind, wanted) in [("circles", 0.98), ("xor", 0.98), ("spirals", 0.95)] {
        let epochs = args.of(500, 60);
        let (shallow, left) = learn::<Shallow>(kind, epochs, args)?;
        let (deep, right) = learn::<Deep>(kind, epochs, args)?;
        report.figure(&format!("{kind}, shallow"), shallow);
        report.at_least(&format!("{kind}, deep"), deep, wanted);
        pictures.push(Picture::grid([left, right], 1));
    }
    let gain = report["spirals, deep"] - report["spirals, shallow"];
    report.at_least("gain of depth on spirals", gain, 0.15);
    report.picture("boundaries.png", &Picture::grid(pictures, 3))?;
    report.finish()
}

fn main() -> Result {
    run(&Args::parse().without_data()?).map(drop)
}

/// Chance is right for half of the points, and so is a straight line for circles and the exclusive or.
#[test]
fn learns() {
    let report = run(&Args::quick()).expect("runs");
    assert!(report["circles, deep"] > 0.9 && report["xor, deep"] > 0.9 && report["spirals, deep"] > 0.8);
}

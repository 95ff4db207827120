//! Detection by a grid: you only look once.
//!
//! Redmon et al. 2016, "You only look once: unified, real-time object detection", arXiv 1506.02640, with the focal loss of Lin et al. 2017
//! (arXiv 1708.02002) in place of its weights against the many empty cells.
//! A scene of 48×48 pixels has 6×6 cells. The cell that an object's center is in says that there is one (focal loss), how large it is and where in the cell its center
//! is (squared error), and of which class (cross-entropy, over such cells alone). Non-maximum suppression leaves one box of several on the same object.
//! Up to three real digits over textures; each epoch has new scenes, those of the test have other digits.
//! The picture has what was found, with its class.

use fireclay::loss::{Focal, per_sample};
use fireclay::metrics::Detection;
use fireclay::prelude::*;
use fireclay::vision::{Scene, Scenes, center_size, corners};
use fireclay_examples::{Args, Report, Result, measure, suppressed};

network! {
    block Stage(x; c) { x -> conv: Conv(c, 3, pad = 1, bias = false) -> BatchNorm -> LeakyRelu(0.1) }

    /// For each cell the logit of an object, its box, and logits of its class.
    pub Yolo(image: [3, 48, 48]) -> (object: [1, 6, 6], place: [4, 6, 6], class: [10, 6, 6]) {
        let f = image -> s1: Stage(16) -> MaxPool(2) -> s2: Stage(32) -> s3: Stage(32) -> MaxPool(2)
            -> s4: Stage(64) -> s5: Stage(64) -> MaxPool(2) -> s6: Stage(96) -> s7: Stage(96);
        (object: f -> object: Conv(1, 1), place: f -> place: Conv(4, 1) -> Sigmoid, class: f -> class: Conv(10, 1))
    }
}

const SIDE: f32 = 48.0;
const CELL: f32 = 8.0;
const CELLS: usize = 6;
/// In the targets of classes: a cell in which nothing is.
const NOTHING: usize = 10;

type Place = Tensor<shape![4, 6, 6]>;
/// Whether there is an object, where (after a number that says whether that counts), and its class.
type Target = (Tensor<shape![1, 6, 6]>, Tensor<shape![5, 6, 6]>, Indices<11, 36>);

/// What the cells are to say of a scene.
fn target(scene: &Scene, (objects, places, class): &mut Target) {
    let mut classes = [NOTHING; CELLS * CELLS];
    (*objects, *places) = (Tensor::zeros(), Tensor::zeros());
    for object in &scene.objects {
        let [x, y, width, height] = center_size(object.corners);
        let (column, row) = ((x / CELL) as usize, (y / CELL) as usize);
        objects[0][row][column] = 1.0;
        let code = [1.0, (x / CELL).fract(), (y / CELL).fract(), width / SIDE, height / SIDE];
        code.iter().enumerate().for_each(|(i, number)| places[i][row][column] = *number);
        classes[row * CELLS + column] = object.class;
    }
    *class = Indices::from_fn(|cell| Index::new(classes[cell]).expect("a class"));
}

/// The squared error of the boxes of cells that have one.
fn place_error(y: &Place, target: &Tensor<shape![5, 6, 6]>, dy: &mut Place) -> f32 {
    const CELLS: usize = 36;
    let (y, target, mut sum) = (y.as_slice(), target.as_slice(), 0.0);
    for (i, dy) in dy.as_mut_slice().iter_mut().enumerate().filter(|(i, _)| target[i % CELLS] > 0.0) {
        // Sizes are shares of the scene, which count as much as places in a cell.
        let weight = if i / CELLS < 2 { 1.0 } else { (SIDE / CELL).powi(2) / 4.0 };
        let error = y[i] - target[CELLS + i];
        sum += weight * error * error;
        *dy = 2.0 * weight * error;
    }
    sum
}

/// The boxes that the network finds.
fn detect(net: &Yolo, scene: &Scene) -> Vec<Detection> {
    let (object, place, class) = *net.predict(&scene.image());
    let of_cell = |cell: usize| {
        let (row, column) = (cell / CELLS, cell % CELLS);
        let logits: Tensor<shape![10]> = Tensor::from_fn(|k| class[k][row][column]);
        let found = logits.argmax();
        let score = logits.softmax(1.0)[found] / (1.0 + (-object[0][row][column]).exp());
        let [x, y, width, height] = [0, 1, 2, 3].map(|i| place[i][row][column]);
        let center = [(column as f32 + x) * CELL, (row as f32 + y) * CELL];
        Detection { corners: corners([center[0], center[1], width * SIDE, height * SIDE]), score, class: found }
    };
    let all: Vec<Detection> = (0..CELLS * CELLS).map(of_cell).filter(|found| found.score > 0.05).collect();
    suppressed(&all, 0.5, true)
}

/// Trains, measures, draws.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("yolo", args);
    println!("{}\n", Yolo::summary());
    let digits = args.digits()?;
    let scenes = |digits| Scenes::new(digits, 48).objects(1..=3).sizes(14..=20).below(args.of(10, 2));
    let (training, test) = args.scenes(&digits, scenes);

    let mut net = Yolo::init(&mut rng(args.seed));
    let losses = (Focal.batch_mean(), per_sample(place_error), CrossEntropy.unlabeled());
    Trainer::new(losses, AdamW::new(4e-3).weight_decay(0.02))
        .batch(16)
        .epochs(args.of(24, 4))
        .seed(args.seed)
        .schedule(OneCycle::new(4e-3))
        .progress(args.progress())
        .fit(&mut net, &training.samples(args.of(1000, 600), target))?;

    measure(&mut report, &test.draw_many(args.of(500, 50)), 0.85, |scene| detect(&net, scene))?;
    report.finish()
}

fn main() -> Result {
    run(&Args::parse()).map(drop)
}

/// There are two classes: right boxes with guessed classes have a mAP of about a half, boxes in places by chance of less than 0.01.
#[test]
fn detects() {
    assert!(run(&Args::quick()).expect("runs")["mAP@0.5"] > 0.65);
}

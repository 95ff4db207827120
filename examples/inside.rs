//! Inside a network: its filters, what it looks at, and visualizations of its classes.
//!
//! Filters and activations (Zeiler and Fergus 2014, arXiv 1311.2901); saliency and class visualization by gradient ascent (Simonyan et al. 2014,
//! arXiv 1312.6034); feature inversion (Mahendran and Vedaldi 2015, arXiv 1412.0035); Grad-CAM (Selvaraju et al. 2017, arXiv 1610.02391).
//! The network says which digit there is in a scene, and nobody has told it where: the figures say how often the maximum of Grad-CAM meets the digit's
//! box (the pointing game of Zhang et al. 2016, arXiv 1608.00507), how often the middle of the scene does, and how much of the saliency is in the box.
//! All of it is a few calls of `fireclay::explain`. The picture has, row by row: scenes, activations, saliency, Grad-CAM, inversions of the features
//! of the second layer, visualizations of the ten classes, and the filters of the first layer.

use fireclay::InnerValue;
use fireclay::explain::{Ascent, grad_cam, invert, saliency, visualize};
use fireclay::picture::{Picture, blend, heat};
use fireclay::prelude::*;
use fireclay::vision::{Scene, Scenes};
use fireclay_examples::{Args, Report, Result};

network! {
    /// The digit in a scene.
    #[fireclay(inner_values)]
    pub Seen(image: [3, 32, 32]) -> [10] {
        image -> conv1: Conv(16, 3, pad = 1) -> BatchNorm -> Relu -> MaxPool(2) -> conv2: Conv(32, 3, pad = 1) -> BatchNorm -> Relu -> MaxPool(2)
            -> conv3: Conv(64, 3, pad = 1) -> BatchNorm -> Relu -> conv4: Conv(64, 3, pad = 1) -> BatchNorm -> Relu
            -> MaxPool(8) -> Flatten -> Dropout(0.2) -> fc: Dense(10)
    }
}
/// Second layer: what is inverted. Last one: where Grad-CAM looks.
const SECOND: InnerValue<Seen, shape![32, 16, 16]> = InnerValue::of("conv2_relu");
const LAST: InnerValue<Seen, shape![64, 8, 8]> = InnerValue::of("conv4_relu");

type Image = Tensor<shape![3, 32, 32]>;

fn class(scene: &Scene, class: &mut Index<10>) {
    *class = Index::new(scene.objects[0].class).expect("a class");
}

/// Numbers as shares of the largest.
fn shares(numbers: &[f32]) -> Vec<f32> {
    let most = numbers.iter().fold(1e-12_f32, |most, x| most.max(*x));
    numbers.iter().map(|x| x / most).collect()
}

/// Trains, looks, draws.
fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("inside", args);
    println!("{}\n", Seen::summary());
    let digits = args.digits()?;
    let (training, test) = args.scenes(&digits, |digits| Scenes::new(digits, 32).sizes(12..=18));
    let mut net = Seen::init(&mut rng(args.seed));
    Trainer::new(CrossEntropy, AdamW::new(4e-3).weight_decay(0.02))
        .batch(32)
        .epochs(args.of(16, 8))
        .seed(args.seed)
        .schedule(OneCycle::new(4e-3))
        .progress(args.progress())
        .fit(&mut net, &training.samples(args.of(2000, 1600), class))?;
    report.at_least("test accuracy", net.evaluate(&test.samples(args.of(1000, 100), class), Accuracy), 0.95);

    let test = test.draw_many(args.of(200, 32));
    let images: Vec<Image> = test.iter().map(Scene::image).collect();
    let (x, y) =
        (Batch::from_samples(&images), IndexBatch::from_indices(&test.iter().map(|s| s.objects[0].class).collect::<Vec<_>>())?);
    let (gradients, heats) = (saliency(&net, &x, &y), grad_cam(&net, LAST, &x, &y));
    // Of each pixel the largest of its three colors.
    let pixels = |i: usize| -> Vec<f32> {
        let gradient = gradients.sample(i);
        (0..1024).map(|at| (0..3).map(|c| gradient.as_slice()[c * 1024 + at].abs()).fold(0.0, f32::max)).collect()
    };
    let (mut pointed, mut middle, mut within, mut area) = (0, 0, 0.0, 0.0);
    for (i, scene) in test.iter().enumerate() {
        let near = |x: f32, y: f32, pixels: f32| {
            let [left, top, right, bottom] = scene.objects[0].corners;
            (left - pixels..right + pixels).contains(&x) && (top - pixels..bottom + pixels).contains(&y)
        };
        let (warmest, pixels) = (heats.sample(i).argmax(), pixels(i));
        // A place of the map is four pixels wide; it meets the box if its middle is no more than two away from it.
        pointed += usize::from(near((warmest % 8 * 4 + 2) as f32, (warmest / 8 * 4 + 2) as f32, 2.0));
        middle += usize::from(near(16.0, 16.0, 2.0));
        let of_box = (0..1024).filter(|at| near((at % 32) as f32 + 0.5, (at / 32) as f32 + 0.5, 0.0));
        within += of_box.clone().map(|at| pixels[at]).sum::<f32>() / pixels.iter().sum::<f32>();
        area += of_box.count() as f32 / 1024.0;
    }
    let count = test.len() as f32;
    report.at_least("Grad-CAM points to the box", pointed as f32 / count, 0.85);
    report.figure("the middle of the scene points to the box", middle as f32 / count);
    report.figure("share of the box in the scene", area / count);
    report.at_least("saliency in the box relative to its share", within / area, 2.0);

    let ascent = Ascent::new(args.of(200, 40), 0.5).l2(0.02).total_variation(0.005).jitter(2, args.seed);
    let start = Batch::from_fn(10, |_, _| 0.3);
    let visualized = visualize(&net, &start, &IndexBatch::from_indices(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9])?, &ascent);
    let right = (0..10).filter(|k| net.predict(&visualized.sample(*k)).argmax() == *k).count();
    report.at_least("class visualizations of ten that are classified as their class", right as f64, 10.0);

    let few = Batch::from_samples(&images[..10]);
    let maps = net.inner_values(SECOND, &few);
    let back = invert(&net, SECOND, &maps, &Batch::from_fn(10, |_, _| 0.3), &Ascent::new(args.of(400, 60), 3.0));
    let (found, there) = (net.inner_values(SECOND, &back).to_vec(), maps.to_vec());
    let off = found.iter().zip(&there).map(|(a, b)| (a - b).powi(2)).sum::<f32>() / there.iter().map(|b| b * b).sum::<f32>();
    report.at_most("inversion: relative squared error of the features", off, 0.05);

    let mut rows: Vec<Picture> = images[..10].iter().map(|image| Picture::of(image).enlarged(2)).collect();
    let maps = net.inner_values(LAST, &few);
    let strongest = |i: usize| maps.sample(i).argmax() / 64;
    let map = |i: usize| shares(&maps.sample(i).as_slice()[strongest(i) * 64..][..64]);
    let heated = |numbers: Vec<f32>, side: usize| Picture::from_fn(side, side, |x, y| heat(numbers[y * side + x]));
    rows.extend((0..10).map(|i| heated(map(i), 8).enlarged(8)));
    rows.extend((0..10).map(|i| heated(shares(&pixels(i)), 32).enlarged(2)));
    rows.extend((0..10).map(|i| {
        let (warm, scene) = (shares(heats.sample(i).as_slice()), Picture::of(&images[i]));
        let mixed = |x, y| blend(scene.pixel(x, y).unwrap_or_default(), heat(warm[y / 4 * 8 + x / 4]), 0.6);
        Picture::from_fn(32, 32, mixed).enlarged(2)
    }));
    rows.extend((0..10).map(|i| Picture::of(&back.sample(i)).enlarged(2)));
    rows.extend((0..10).map(|k| Picture::of(&visualized.sample(k)).enlarged(2)));
    let filters = net.conv1.weight.as_slice();
    let most = filters.iter().fold(0.0_f32, |most, w| most.max(w.abs()));
    let filter = |i: usize| filters[27 * i..27 * (i + 1)].iter().map(|w| 0.5 + 0.5 * w / most).collect::<Vec<_>>();
    rows.extend((0..10).map(|i| Picture::of_numbers(&filter(i), 3, 3).enlarged(21)));
    report.picture("inside.png", &Picture::grid(rows, 10))?;
    report.finish()
}

fn main() -> Result {
    run(&Args::parse()).map(drop)
}

/// Chance is right once in ten times; pointing always to the middle, which most boxes cover, meets about two in three.
#[test]
fn looks_at_the_digit() {
    let report = run(&Args::quick()).expect("runs");
    assert!(report["test accuracy"] > 0.5 && report["Grad-CAM points to the box"] > 0.75);
    assert!(report["Grad-CAM points to the box"] > report["the middle of the scene points to the box"]);
    assert!(report["saliency in the box relative to its share"] > 1.5);
    assert!(report["class visualizations of ten that are classified as their class"] >= 8.0);
    assert!(report["inversion: relative squared error of the features"] < 0.3);
}

//! Augmentation and normalization: what they do on the average, at their bounds, and always alike.

use fireclay::data::augment::{
    Augmentation, Brightness, Contrast, Crop, Cutout, HorizontalFlip, Noise, Rotate, Scale, Shift, VerticalFlip,
};
use fireclay::data::normalize::Per;
use fireclay::data::{Method, Normalization, Samples, sample_seed};
use fireclay::prelude::*;

type Image = Tensor<shape![2, 5, 6]>;

/// An image without two equal pixels, all of them within 0.2…0.8.
fn image() -> Image {
    Image::from_fn(|i| 0.2 + 0.6 * ((i * 37) % 60) as f32 / 60.0)
}

fn one(image: Image) -> Samples<Image, Index<2>> {
    [(image, Index::default())].into_iter().collect()
}

/// What an augmentation makes of an image, with each of these seeds.
fn made(image: Image, augmentation: impl Augmentation, seeds: u64) -> Vec<Image> {
    let data = one(image).augment(augmentation);
    let made = (0..seeds).map(|seed| {
        let (mut x, mut class) = (Image::zeros(), Index::default());
        data.fill(0, seed, &mut x, &mut class).expect("in memory");
        x
    });
    made.collect()
}

/// The mean over seeds of a number of each image.
fn mean(images: &[Image], f: impl Fn(&Image) -> f32) -> f32 {
    images.iter().map(f).sum::<f32>() / images.len() as f32
}

fn share(images: &[Image], f: impl Fn(&Image) -> bool) -> f32 {
    mean(images, |x| if f(x) { 1.0 } else { 0.0 })
}

#[test]
fn flips() {
    let x = image();
    let left_right = Image::from_fn(|i| x.as_slice()[i / 6 * 6 + 5 - i % 6]);
    let images = made(x, HorizontalFlip::new(0.3), 3000);
    assert!(images.iter().all(|y| *y == x || *y == left_right));
    assert!((share(&images, |y| *y == left_right) - 0.3).abs() < 0.03);
    let up_down = Image::from_fn(|i| x.as_slice()[i / 30 * 30 + (4 - i % 30 / 6) * 6 + i % 6]);
    assert!(made(x, VerticalFlip::new(1.0), 5).iter().all(|y| *y == up_down));
    assert!(made(x, (VerticalFlip::new(0.0), HorizontalFlip::new(0.0)), 5).iter().all(|y| *y == x));
    let both = made(x, (VerticalFlip::new(0.5), HorizontalFlip::new(0.5)), 2000);
    assert!((share(&both, |y| *y == up_down) - 0.25).abs() < 0.04, "one does not follow from the other");
}

#[test]
fn crops_are_all_offsets_alike() {
    let x = image();
    let at = |c: usize, y: isize, x_: isize| {
        if (0..5).contains(&y) && (0..6).contains(&x_) { x[c][y as usize][x_ as usize] } else { -1.0 }
    };
    let offsets: Vec<(isize, isize)> = (-2..=2).flat_map(|dy| (-2..=2).map(move |dx| (dy, dx))).collect();
    let moved = |(dy, dx): (isize, isize)| Image::from_fn(|i| at(i / 30, (i % 30 / 6) as isize - dy, (i % 6) as isize - dx));
    let all: Vec<Image> = offsets.iter().map(|offset| moved(*offset)).collect();
    let images = made(x, Crop::new(2).fill(-1.0), 5000);
    assert!(images.iter().all(|y| all.contains(y)));
    for wanted in &all {
        assert!((share(&images, |y| y == wanted) - 0.04).abs() < 0.012);
    }
    // A share of the height 5 is 1 pixel, of the width 6 as well.
    let shifted = made(x, Shift::new(0.2).fill(-1.0), 500);
    assert!(shifted.iter().all(|y| all.contains(y)));
    assert!(shifted.iter().any(|y| *y == moved((1, -1))) && !shifted.iter().any(|y| *y == moved((2, 0))));
    assert!(made(x, Crop::new(0), 3).iter().all(|y| *y == x));
}

#[test]
fn rotations_and_scales() {
    let x = image();
    for y in made(x, (Rotate::new(0.0), Scale::new(1.0, 1.0)), 3) {
        assert_eq!(y, x, "nothing turned, nothing scaled");
    }
    // A plane stays a plane inside, turned.
    let plane = Image::from_fn(|i| (i % 6) as f32);
    for y in made(plane, Rotate::new(30.0), 50) {
        let (row, column) = (y[0][2][3] - y[0][2][2], y[0][3][2] - y[0][2][2]);
        assert!((row.hypot(column) - 1.0).abs() < 1e-4, "a slope of 1, in another direction: {row}, {column}");
        assert!(row >= 30_f32.to_radians().cos() - 1e-4);
        assert!((y[0][2][2] + y[0][2][3] - 5.0).abs() < 1e-4, "about the center");
    }
    let slopes = made(plane, Rotate::new(30.0), 2000);
    assert!(mean(&slopes, |y| y[0][3][2] - y[0][2][2]).abs() < 0.03, "both directions alike");
    for y in made(plane, Scale::new(2.0, 4.0), 50) {
        let slope = y[0][2][3] - y[0][2][2];
        assert!((0.25..=0.5).contains(&slope), "two to four times as large: {slope}");
    }
    for y in made(x, Scale::new(0.25, 0.25).fill(7.0), 3) {
        assert_eq!(y[1][0][0], 7.0);
    }
}

#[test]
fn brightness_contrast_and_noise() {
    let x = image();
    for y in made(x, Brightness::new(0.2), 50) {
        let factor = y[0][0][0] / x[0][0][0];
        assert!((0.8..=1.2).contains(&factor));
        assert!(y.as_slice().iter().zip(x.as_slice()).all(|(y, x)| (y - factor * x).abs() < 1e-6));
    }
    assert!((mean(&made(x, Brightness::new(0.2), 3000), |y| y[0][0][0] / x[0][0][0]) - 1.0).abs() < 0.01);
    assert!(made(x, Brightness::new(9.0), 200).iter().all(|y| y.as_slice().iter().all(|p| (0.0..=1.0).contains(p))));
    let average = |x: &Image| x.as_slice().iter().sum::<f32>() / 60.0;
    for y in made(x, Contrast::new(0.3), 50) {
        assert!((average(&y) - average(&x)).abs() < 1e-5, "the mean stays");
        let factor = (y[1][2][3] - average(&x)) / (x[1][2][3] - average(&x));
        assert!((0.699..=1.301).contains(&factor));
    }
    let noisy = made(x, Noise::new(0.5), 500);
    let noise: Vec<f32> = noisy.iter().flat_map(|y| (0..60).map(|i| y.as_slice()[i] - x.as_slice()[i])).collect();
    let variance = noise.iter().map(|n| n * n).sum::<f32>() / noise.len() as f32;
    assert!((variance.sqrt() - 0.5).abs() < 0.01, "{}", variance.sqrt());
    assert!((noise.iter().sum::<f32>() / noise.len() as f32).abs() < 0.01);
}

#[test]
fn cutouts_are_squares_that_the_border_cuts() {
    let x = image();
    let images = made(x, Cutout::new(2).fill(9.0), 3000);
    for y in &images {
        let holes: Vec<usize> = (0..60).filter(|i| y.as_slice()[*i] == 9.0).collect();
        assert!([2, 4, 8].contains(&holes.len()), "{holes:?}");
        assert!((0..60).all(|i| holes.contains(&i) || y.as_slice()[i] == x.as_slice()[i]));
        assert!(holes.iter().all(|i| holes.contains(&((i + 30) % 60))), "the same in all channels");
    }
    // Two of five rows times two of six columns hold any place that is not the last.
    assert!((share(&images, |y| y[0][2][3] == 9.0) - 4.0 / 30.0).abs() < 0.02);
    assert!((share(&images, |y| y[0][4][5] == 9.0) - 1.0 / 30.0).abs() < 0.012);
    assert!(made(x, Cutout::new(usize::MAX), 3).iter().any(|y| y.as_slice().contains(&0.0)));
}

#[test]
fn the_same_seed_is_the_same_sample_and_layers_differ() {
    let all = || (Crop::new(2), Rotate::new(20.0), Noise::new(0.1), Cutout::new(2));
    assert_eq!(made(image(), all(), 20), made(image(), all(), 20));
    let twice = one(image()).augment(Noise::new(1.0)).augment(Noise::new(1.0));
    let (mut x, mut class) = (Image::zeros(), Index::default());
    twice.fill(0, 3, &mut x, &mut class).expect("in memory");
    let first = made(image(), Noise::new(1.0), 4)[3];
    let doubled = Image::from_fn(|i| 2.0 * first.as_slice()[i] - image().as_slice()[i]);
    assert_ne!(x, doubled, "two layers of noise are not the same noise twice");
}

#[test]
fn mixed_samples_have_mixed_targets() {
    let data: Samples<Tensor<shape![1]>, Index<4>> =
        (0..4).map(|i| (Tensor::from([i as f32]), Index::new(i).expect("below 4"))).collect();
    let mixed = data.one_hot().mix_up(0.4);
    let (mut x, mut target) = (Tensor::zeros(), Tensor::<shape![4]>::zeros());
    let (mut own, mut others) = (0.0, [0.0_f32; 4]);
    for epoch in 0..2000 {
        mixed.fill(1, sample_seed(1, epoch, 1), &mut x, &mut target).expect("in memory");
        assert!((target.as_slice().iter().sum::<f32>() - 1.0).abs() < 1e-5);
        let expected: f32 = (0..4).map(|k| k as f32 * target[k]).sum();
        assert!((x[0] - expected).abs() < 1e-5, "the input is of what the target says");
        own += target[1] / 2000.0;
        others.iter_mut().zip(target.as_slice()).for_each(|(sum, t)| *sum += t / 2000.0);
    }
    // Half of itself, and a quarter of the other half, as the other may be itself.
    assert!((own - 0.625).abs() < 0.03, "{own}");
    assert!([0, 2, 3].iter().all(|k| (others[*k] - 0.125).abs() < 0.02), "{others:?}");
}

fn table() -> Samples<Tensor<shape![3]>, Tensor<shape![1]>> {
    let row = |i: usize| {
        let t = i as f32;
        (Tensor::from([t, 100.0 + 7.0 * t, (0.1 * t).exp()]), Tensor::from([1000.0 * t]))
    };
    (0..50).map(row).collect()
}

#[test]
fn normalizations_do_what_they_say_and_back() {
    let data = table();
    for method in [Method::ZScore, Method::MinMax, Method::Logistic, Method::LogNormal, Method::Tanh] {
        let data = if method == Method::LogNormal { data.pick(&(1..50).collect::<Vec<_>>()) } else { data.clone() };
        let fit = Normalization::fit(method, &data).expect("finite");
        assert_eq!(fit.parameters().len(), 3);
        let mut columns = [const { Vec::new() }; 3];
        for (x, _) in data.iter() {
            let mut y = *x;
            fit.apply(&mut y);
            (0..3).for_each(|c| columns[c].push(y[c]));
            fit.invert(&mut y);
            assert!((0..3).all(|c| (y[c] - x[c]).abs() <= 1e-3 * x[c].abs().max(1.0)), "{method:?}: {x:?} became {y:?}");
        }
        for column in columns {
            let mean = column.iter().sum::<f32>() / column.len() as f32;
            let variance = column.iter().map(|y| (y - mean).powi(2)).sum::<f32>() / column.len() as f32;
            let (least, most) = column.iter().fold((f32::MAX, f32::MIN), |(a, b), y| (a.min(*y), b.max(*y)));
            match method {
                Method::ZScore => assert!(mean.abs() < 1e-5 && (variance - 1.0).abs() < 1e-5),
                Method::MinMax => assert!(least == 0.0 && (most - 1.0).abs() < 1e-6),
                Method::Tanh => assert!(least > -1.0 && most < 1.0 && mean.abs() < 0.2),
                _ => assert!(least > 0.0 && most < 1.0 && (mean - 0.5).abs() < 0.1, "{method:?}: {mean}"),
            }
            assert!(column.is_sorted());
        }
        let back = Normalization::from_metadata("x", fit.to_metadata("x")).expect("whole");
        assert_eq!(back, fit);
        let map: std::collections::HashMap<String, String> = fit.to_metadata("x").into_iter().collect();
        assert_eq!(Normalization::<shape![3]>::from_metadata("x", &map).expect("whole"), fit);
    }
}

#[test]
fn targets_are_normalized_and_predictions_taken_back() {
    let fit = Normalization::fit_targets(Method::MinMax, &table()).expect("finite");
    let data = table().normalize_targets(&fit);
    let (mut x, mut target) = (Tensor::zeros(), Tensor::zeros());
    data.fill(49, 0, &mut x, &mut target).expect("in memory");
    assert_eq!((x[0], target[0]), (49.0, 1.0));
    fit.invert(&mut target);
    assert_eq!(target[0], 49_000.0);
}

#[test]
fn groups_are_those_asked_for() {
    let data = one(image());
    assert_eq!(Normalization::fit_per(Per::Tensor, Method::MinMax, &data).expect("finite").parameters().len(), 1);
    let rows = Normalization::fit_per(Per::Axis(1), Method::MinMax, &data).expect("finite");
    let mut x = image();
    rows.apply(&mut x);
    for y in 0..5 {
        let row: Vec<f32> = (0..2).flat_map(|c| x[c][y]).collect();
        assert_eq!(row.iter().copied().fold(f32::MAX, f32::min), 0.0);
        assert_eq!(row.iter().copied().fold(f32::MIN, f32::max), 1.0);
    }
}

#[test]
fn what_cannot_be_normalized_is_named() {
    let with = |x: f32| -> Samples<Tensor<shape![2]>, Index<2>> {
        [1.0, 2.0, x].into_iter().map(|x| (Tensor::from([5.0, x]), Index::default())).collect()
    };
    let fit = |method, x| Normalization::fit(method, &with(x)).map(drop).expect_err("refused").to_string();
    assert_eq!(fit(Method::ZScore, f32::NAN), "ZScore: number 1 of the input of sample 2 is NaN; data to normalize by is finite");
    let positive = "LogNormal: number 1 of the input of sample 2 is 0.0; a log-normal distribution is of numbers greater than 0";
    assert_eq!(fit(Method::LogNormal, 0.0), positive);
    // A column of equal numbers is divided by nothing.
    let constant = Normalization::fit(Method::ZScore, &with(3.0)).expect("finite");
    assert_eq!(constant.parameters()[0], [5.0, 1.0]);

    let pairs = constant.to_metadata("input");
    let read = |name: &str, change: fn(&mut [(String, String); 4])| {
        let mut pairs = pairs.clone();
        change(&mut pairs);
        Normalization::<shape![2]>::from_metadata(name, pairs).map(drop).expect_err("refused").to_string()
    };
    assert!(read("output", |_| ()).contains("normalization.output.method: is missing"));
    assert!(read("input", |p| p[0].1 = "zscore".to_owned()).contains("`zscore` is none of z-score, min-max"));
    assert!(read("input", |p| p[1].1 = "3".to_owned()).contains("it is of tensors of [3], not [2]"));
    assert!(read("input", |p| p[2].1 = "1".to_owned()).contains("`1` is neither `all` nor an axis of [2]"));
    assert!(read("input", |p| p[3].1.push_str("\n0 1")).contains("3 lines where 2 belong"));
    assert!(read("input", |p| p[3].1 = "1 0\n2 NaN".to_owned()).contains("a line is not two numbers"));
}

//! Scenes: real digits over textures, with all that can be known of them.

use super::{Corners, SceneSamples, iou};
use crate::data::Digits;
use crate::{Rng, Shape, Tensor, Values, rng};
use core::ops::RangeInclusive;

/// A digit in a scene.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// The digit.
    pub class: usize,
    /// The box around its ink.
    pub corners: Corners,
    /// The pixels of the scene that its ink covers, row by row.
    pub mask: Vec<bool>,
}

/// An image with digits, and what is to be found in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// What it was drawn from.
    pub seed: u64,
    /// Height and width in pixels.
    pub side: usize,
    /// `[3][side][side]`, from 0 to 1: red, green, blue.
    pub pixels: Vec<f32>,
    /// The digits, the one in front last.
    pub objects: Vec<Object>,
}

impl Scene {
    /// Its pixels as a network takes them, `[3, side, side]`.
    ///
    /// # Panics
    /// If the shape is another one.
    #[must_use]
    #[track_caller]
    pub fn image<S: Shape>(&self) -> Tensor<S> {
        let mut image = Tensor::zeros();
        assert!(self.fill(&mut image), "the image of a scene is {}, not {:?}", self.dims(), S::DIMS);
        image
    }

    /// Writes the image, if it has this shape.
    pub(super) fn fill<S: Shape>(&self, image: &mut Tensor<S>) -> bool {
        let fits = *S::DIMS == [3, self.side, self.side];
        if fits {
            image.as_mut_slice().copy_from_slice(&self.pixels);
        }
        fits
    }

    pub(super) fn dims(&self) -> String {
        format!("{:?}", [3, self.side, self.side])
    }

    /// The class of each pixel: 0 for the background, and 1 more than the digit where there is ink.
    #[must_use]
    pub fn classes(&self) -> Vec<usize> {
        let mut classes = vec![0; self.side * self.side];
        for object in &self.objects {
            for (class, _) in classes.iter_mut().zip(&object.mask).filter(|(_, ink)| **ink) {
                *class = object.class + 1;
            }
        }
        classes
    }
}

/// Draws scenes: real digits ([`Digits`]), enlarged, in bright colors, over dark textures. The same seed gives the same scene. Digits do not lie over each other's boxes.
///
/// ```
/// use fireclay::{prelude::*, vision::Scenes};
/// let (train, _) = Digits::split()?;
/// let scene = Scenes::new(&train, 64).objects(2..=3).draw(7);
/// assert!((2..=3).contains(&scene.objects.len()));
/// assert_eq!(scene.pixels.len(), 3 * 64 * 64);
/// # Ok::<(), fireclay::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Scenes<'a> {
    digits: &'a Digits,
    side: usize,
    objects: RangeInclusive<usize>,
    sizes: RangeInclusive<usize>,
    classes: usize,
}

impl<'a> Scenes<'a> {
    /// One digit of 12 to 20 pixels in each scene of so many by so many pixels (fewer where the scene is smaller).
    ///
    /// # Panics
    /// If there are no digits, or a scene has fewer than 8 pixels a side.
    #[track_caller]
    pub fn new(digits: &'a Digits, side: usize) -> Self {
        assert!(!digits.is_empty(), "scenes of no digits");
        assert!(side >= 8, "side = {side}: a digit has 8 pixels a side");
        Self { digits, side, objects: 1..=1, sizes: 12.min(side)..=20.min(side), classes: 10 }
    }

    /// How many digits there are in a scene; fewer where there is no room for more.
    ///
    /// # Panics
    /// If the range is empty.
    #[track_caller]
    pub fn objects(mut self, objects: RangeInclusive<usize>) -> Self {
        assert!(!objects.is_empty(), "objects {objects:?}: from the fewest to the most");
        self.objects = objects;
        self
    }

    /// How many pixels a digit's square has a side.
    ///
    /// # Panics
    /// If the range is empty, or does not fit a scene.
    #[track_caller]
    pub fn sizes(mut self, sizes: RangeInclusive<usize>) -> Self {
        assert!(!sizes.is_empty(), "sizes {sizes:?}: from the smallest to the largest");
        assert!(*sizes.start() >= 4 && *sizes.end() <= self.side, "sizes {sizes:?} in a scene of {} pixels", self.side);
        self.sizes = sizes;
        self
    }

    /// Only digits below this one.
    ///
    /// # Panics
    /// If it is 0 or above 10, or there are no such digits.
    #[track_caller]
    pub fn below(mut self, classes: usize) -> Self {
        assert!((1..=10).contains(&classes), "{classes} classes of ten digits");
        assert!(self.digits.iter().any(|(_, class)| class.get() < classes), "no digit is below {classes}");
        self.classes = classes;
        self
    }

    /// The scene of a seed.
    #[must_use]
    pub fn draw(&self, seed: u64) -> Scene {
        let mut rng = rng(seed);
        let mut scene = Scene { seed, side: self.side, pixels: texture(self.side, &mut rng), objects: Vec::new() };
        let count = between(&self.objects, &mut rng);
        let mut taken: Vec<Corners> = Vec::new();
        // A place that is taken is drawn again; a crowded scene has fewer digits in the end.
        for _ in 0..20 * count {
            if scene.objects.len() == count {
                break;
            }
            let size = between(&self.sizes, &mut rng);
            let [left, top] = core::array::from_fn(|_| rng.below(self.side - size + 1));
            #[expect(clippy::cast_precision_loss, reason = "pixels")]
            let square = [left, top, left + size, top + size].map(|x| x as f32);
            if taken.iter().all(|other| iou(other, &square) == 0.0) {
                taken.push(square);
                self.put(&mut scene, [left, top, size], &mut rng);
            }
        }
        scene
    }

    /// Scenes of the seeds from `first` on.
    #[must_use]
    pub fn draw_many(&self, count: usize, first: u64) -> Vec<Scene> {
        (first..).take(count).map(|seed| self.draw(seed)).collect()
    }

    /// So many scenes as a data set: new ones for each seed, so in each epoch of a [`Trainer`](crate::trainer::Trainer). `f` writes what is to be found in a scene; the
    /// image is the scene's.
    ///
    /// ```
    /// use fireclay::{prelude::*, vision::Scenes};
    /// network! { pub Seen(image: [3, 16, 16]) -> [10] { image -> conv: Conv(8, 5) -> Relu -> MaxPool(4) -> Flatten -> fc: Dense(10) } }
    /// let (train, _) = Digits::split()?;
    /// let scenes = Scenes::new(&train, 16).samples(64, |scene, class: &mut Index<10>| *class = Index::new(scene.objects[0].class).unwrap());
    /// let mut net = Seen::init(&mut rng(1));
    /// Trainer::new(CrossEntropy, Adam::new(0.01)).epochs(2).progress(ProgressBar::Off).fit(&mut net, &scenes)?;
    /// # Ok::<(), fireclay::Error>(())
    /// ```
    pub fn samples<T: Values, F: Fn(&Scene, &mut T) + Sync>(&self, count: usize, f: F) -> SceneSamples<'a, T, F> {
        SceneSamples::new(self.clone(), count, f)
    }

    fn put(&self, scene: &mut Scene, [left, top, size]: [usize; 3], rng: &mut Rng) {
        let (image, class) = loop {
            let i = rng.below(self.digits.len());
            if self.digits.target(i).get() < self.classes {
                break (self.digits.input(i), self.digits.target(i).get());
            }
        };
        let color: [f32; 3] = core::array::from_fn(|_| 0.6 + 0.4 * rng.uniform());
        let (side, mut mask) = (self.side, vec![false; self.side * self.side]);
        let mut corners = [f32::INFINITY, f32::INFINITY, 0.0, 0.0];
        for y in 0..size {
            for x in 0..size {
                let (ink, at) = (enlarged(image.as_slice(), size, x, y), (top + y) * side + left + x);
                for (c, color) in color.iter().enumerate() {
                    let pixel = &mut scene.pixels[c * side * side + at];
                    *pixel += ink * (color - *pixel);
                }
                if ink > 0.4 {
                    mask[at] = true;
                    #[expect(clippy::cast_precision_loss, reason = "pixels")]
                    let [x, y] = [left + x, top + y].map(|x| x as f32);
                    corners = [corners[0].min(x), corners[1].min(y), corners[2].max(x + 1.0), corners[3].max(y + 1.0)];
                }
            }
        }
        scene.objects.push(Object { class, corners, mask });
    }
}

fn between(range: &RangeInclusive<usize>, rng: &mut Rng) -> usize {
    range.start() + rng.below(range.end().saturating_sub(*range.start()) + 1)
}

/// The ink of a digit of 8×8 that is enlarged to `size`, between its pixels by how near they are.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pixels")]
fn enlarged(digit: &[f32], size: usize, x: usize, y: usize) -> f32 {
    let at = |place: usize| {
        let place = ((place as f32 + 0.5) * 8.0 / size as f32 - 0.5).clamp(0.0, 7.0);
        (place as usize, (place as usize + 1).min(7), place.fract())
    };
    let ((x0, x1, right), (y0, y1, down)) = (at(x), at(y));
    let row = |y: usize| digit[y * 8 + x0] * (1.0 - right) + digit[y * 8 + x1] * right;
    row(y0) * (1.0 - down) + row(y1) * down
}

/// Dark waves in each of three colors, and a little noise.
#[expect(clippy::cast_precision_loss, reason = "pixels")]
fn texture(side: usize, rng: &mut Rng) -> Vec<f32> {
    let mut pixels = Vec::with_capacity(3 * side * side);
    let waves: [[f32; 3]; 3] = core::array::from_fn(|_| [1.2 * rng.normal(), 1.2 * rng.normal(), 6.3 * rng.uniform()]);
    for _ in 0..3 {
        let (base, strength): (f32, [f32; 3]) = (0.1 + 0.3 * rng.uniform(), core::array::from_fn(|_| 0.08 * rng.uniform()));
        for at in 0..side * side {
            let (x, y) = ((at % side) as f32, (at / side) as f32);
            let sum: f32 = waves.iter().zip(strength).map(|([a, b, phase], s)| s * (a * x + b * y + phase).sin()).sum();
            pixels.push((base + sum + 0.03 * rng.normal()).clamp(0.0, 1.0));
        }
    }
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Result, shape};

    #[test]
    #[should_panic(expected = "the image of a scene is [3, 16, 16], not [3, 32, 32]")]
    fn a_scene_has_one_shape() {
        let (digits, _) = Digits::split().expect("embedded");
        let _: Tensor<shape![3, 32, 32]> = Scenes::new(&digits, 16).draw(1).image();
    }

    #[test]
    #[should_panic(expected = "sizes 14..=10: from the smallest to the largest")]
    #[expect(clippy::reversed_empty_ranges, reason = "refused")]
    fn sizes_are_a_range() {
        let (digits, _) = Digits::split().expect("embedded");
        let _ = Scenes::new(&digits, 16).sizes(14..=10);
    }

    #[test]
    #[should_panic(expected = "objects 3..=1: from the fewest to the most")]
    #[expect(clippy::reversed_empty_ranges, reason = "refused")]
    fn objects_are_a_range() {
        let (digits, _) = Digits::split().expect("embedded");
        let _ = Scenes::new(&digits, 16).objects(3..=1);
    }

    #[test]
    #[should_panic(expected = "no digit is below 3")]
    fn digits_that_are_not_there_are_not_drawn() {
        // Of 183 threes a 365th rounds to one, of at most 182 others to none.
        let (threes, _) = Digits::load().expect("embedded").split_stratified(1.0 / 365.0, 1);
        assert!(threes.len() == 1 && threes.target(0).get() == 3);
        let _ = Scenes::new(&threes, 16).below(3);
    }

    #[test]
    fn a_scene_follows_from_its_seed_and_knows_where_its_digits_are() -> Result<()> {
        let (digits, _) = Digits::split()?;
        let scenes = Scenes::new(&digits, 48).objects(3..=3).sizes(10..=14);
        assert_eq!(scenes.draw(3), scenes.draw(3));
        assert_ne!(scenes.draw(3), scenes.draw(4));
        let scene = scenes.draw(3);
        assert_eq!(scene.objects.len(), 3);
        assert!(scene.pixels.iter().all(|p| (0.0..=1.0).contains(p)));
        let (classes, mut ink) = (scene.classes(), 0);
        for object in &scene.objects {
            for (at, _) in object.mask.iter().enumerate().filter(|(_, inked)| **inked) {
                let (x, y, [left, top, right, bottom]) = ((at % 48) as f32, (at / 48) as f32, object.corners);
                assert!(left <= x && x + 1.0 <= right && top <= y && y + 1.0 <= bottom);
                assert_eq!(classes[at], object.class + 1);
                ink += 1;
            }
        }
        assert_eq!(classes.iter().filter(|class| **class > 0).count(), ink);
        assert!(scenes.clone().below(3).draw_many(20, 0).iter().flat_map(|s| s.objects.iter()).all(|o| o.class < 3));
        Ok(())
    }
}

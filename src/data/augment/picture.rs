//! An image that is changed where it lies.

/// The numbers of an input as an image: `[channels][height][width]`. A matrix is one channel, a row one of height 1.
#[derive(Debug)]
pub struct Picture<'a> {
    numbers: &'a mut [f32],
    channels: usize,
    height: usize,
    width: usize,
    scratch: &'a mut Vec<f32>,
}

impl<'a> Picture<'a> {
    pub(super) fn new(numbers: &'a mut [f32], dims: &[usize], scratch: &'a mut Vec<f32>) -> Self {
        let (outer, [height, width]) = match dims {
            [outer @ .., height, width] => (outer, [*height, *width]),
            [width] => (&[][..], [1, *width]),
            [] => (&[][..], [1, 1]),
        };
        Self { numbers, channels: outer.iter().product(), height, width, scratch }
    }

    /// How many channels.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// How many rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// How many numbers in a row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// All numbers, channel by channel, row by row.
    #[must_use]
    pub fn numbers(&self) -> &[f32] {
        self.numbers
    }

    /// The same, to be changed.
    pub fn numbers_mut(&mut self) -> &mut [f32] {
        self.numbers
    }

    /// The rows of all channels, to be changed.
    pub fn rows_mut(&mut self) -> impl Iterator<Item = &mut [f32]> {
        self.numbers.chunks_exact_mut(self.width.max(1))
    }

    /// The channels, to be changed.
    pub fn channels_mut(&mut self) -> impl Iterator<Item = &mut [f32]> {
        self.numbers.chunks_exact_mut((self.height * self.width).max(1))
    }

    /// Writes each number anew: `f(the channel as it was, y, x)`.
    pub fn remake(&mut self, f: impl Fn(&[f32], usize, usize) -> f32) {
        self.scratch.clear();
        self.scratch.extend_from_slice(self.numbers);
        let area = (self.height * self.width).max(1);
        for (old, new) in self.scratch.chunks_exact(area).zip(self.numbers.chunks_exact_mut(area)) {
            for (at, x) in new.iter_mut().enumerate() {
                *x = f(old, at / self.width, at % self.width);
            }
        }
    }
}

//! `RowLstm` and `DiagonalBiLstm`: no pixel sees a later one, values are those of plain loops, gradients those of finite differences.

use fireclay::prelude::*;

const HEIGHT: usize = 4;
const WIDTH: usize = 5;
const PIXELS: usize = HEIGHT * WIDTH;

network! {
    pub Rows(image: [2, 4, 5]) -> [3, 4, 5] { image -> rows: RowLstm(3) }
    pub RowsWide(image: [2, 4, 5]) -> [3, 4, 5] { image -> rows: RowLstm(3, 5, mask = A, bias = false) }
    pub RowsOfColors(image: [3, 4, 5]) -> [6, 4, 5] { image -> rows: RowLstm(6, mask = A, colors = 3) }
    pub Diagonals(image: [2, 4, 5]) -> [3, 4, 5] { image -> d: DiagonalBiLstm(3) }
    pub DiagonalsOfColors(image: [3, 4, 5]) -> [6, 4, 5] { image -> d: DiagonalBiLstm(6, colors = 3) }
    /// As in the paper: a masked convolution, then layers with a residual connection.
    pub PixelRnn(image: [1, 4, 5]) -> [2, 4, 5] {
        default Conv(pad = same);
        let first = image -> first: Conv(4, 3, mask = A);
        let rows = first + (first -> rows: RowLstm(4));
        rows + (rows -> diagonals: DiagonalBiLstm(4)) -> Tanh -> out: Conv(2, 1, mask = B)
    }
    pub Gates(sums: [12], c: [3]) -> (h: [3], next: [3]) { let (h, next) = (sums, c) -> LstmGates; (h, next) }
    pub GatesByHand(sums: [12], c: [3]) -> (h: [3], next: [3]) {
        let (i, f, g, o) = split(sums, 4);
        let next = (f -> Sigmoid) * c + (i -> Sigmoid) * (g -> Tanh);
        (h: (o -> Sigmoid) * (next -> Tanh), next)
    }
    pub Turned(image: [2, 4, 5]) -> [2, 4, 5] { image -> Flip((height, width)) }
}

/// What comes out, pixel by pixel, of an image whose numbers are given so.
fn outputs<N: Network<Input = Tensor<A>, Output = Tensor<B>>, A: Shape, B: Shape>(net: &N, image: &[f32]) -> Vec<Vec<f32>> {
    let mut x = Tensor::<A>::boxed();
    x.as_mut_slice().copy_from_slice(image);
    let y = net.predict(&x);
    let y = y.as_slice();
    (0..PIXELS).map(|p| y[p..].iter().step_by(PIXELS).copied().collect()).collect()
}

fn numbers(len: usize) -> Vec<f32> {
    let mut rng = rng(7);
    (0..len).map(|_| rng.normal()).collect()
}

/// Changes each color of each pixel: `own` tells whether color `a` of a pixel sees its color `b`; what is before it in the order is unchanged.
/// Gives for each pixel those that see it.
fn sees_no_later_pixel<N, A: Shape, B: Shape>(colors: usize, own: impl Fn(usize, usize) -> bool) -> Vec<Vec<usize>>
where
    N: Network<Input = Tensor<A>, Output = Tensor<B>>,
{
    let net = N::init(&mut rng(1));
    let image = numbers(A::LEN);
    let before = outputs(&*net, &image);
    let (inputs, channels) = (A::LEN / PIXELS, B::LEN / PIXELS);
    let mut seen_by = vec![Vec::new(); PIXELS];
    for pixel in 0..PIXELS {
        for color in 0..colors {
            let mut other = image.clone();
            for channel in color * inputs / colors..(color + 1) * inputs / colors {
                other[channel * PIXELS + pixel] += 1.0;
            }
            let after = outputs(&*net, &other);
            assert_eq!(before[..pixel], after[..pixel], "{}: what comes before pixel {pixel}", N::INFO.name);
            for of in 0..colors {
                let range = of * channels / colors..(of + 1) * channels / colors;
                let changed = before[pixel][range.clone()] != after[pixel][range];
                assert_eq!(changed, own(of, color), "{}: color {of} of pixel {pixel} and its color {color}", N::INFO.name);
            }
            if color == 0 {
                seen_by[pixel] = (0..PIXELS).filter(|p| before[*p] != after[*p]).collect();
            }
        }
    }
    seen_by
}

#[test]
fn no_pixel_sees_a_later_one() {
    let seen = sees_no_later_pixel::<Rows, _, _>(1, |_, _| true);
    // The triangle above: a row below, one more on each side.
    assert_eq!(seen[2], [2, 3, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    sees_no_later_pixel::<RowsWide, _, _>(1, |_, _| false);
    sees_no_later_pixel::<RowsOfColors, _, _>(3, |of, color| color < of);
    for (pixel, seen) in sees_no_later_pixel::<Diagonals, _, _>(1, |_, _| true).iter().enumerate() {
        assert_eq!(*seen, (pixel..PIXELS).collect::<Vec<_>>(), "all that comes after pixel {pixel} sees it");
    }
    sees_no_later_pixel::<DiagonalsOfColors, _, _>(3, |of, color| color <= of);
    sees_no_later_pixel::<PixelRnn, _, _>(1, |_, _| false);
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// An LSTM's step from its four sums.
fn cell(sums: [f64; 4], c: f64) -> (f64, f64) {
    let c = sigmoid(sums[1]) * c + sigmoid(sums[0]) * sums[2].tanh();
    (sigmoid(sums[3]) * c.tanh(), c)
}

/// The weights of one direction: `[4·hidden][inputs][taps]`, `[4·hidden]`, `[4·hidden][hidden][taps]`.
struct Weights<'w> {
    input: &'w [f32],
    bias: Option<&'w [f32]>,
    state: &'w [f32],
}

const HIDDEN: usize = 3;
const CHANNELS: usize = 2;

impl Weights<'_> {
    /// The sums of a hidden unit, from x and h at so many places each (`None`: outside), of which only the first `seen` of x count.
    fn sums(&self, unit: usize, x: &[Option<[f64; CHANNELS]>], seen: usize, h: &[Option<[f64; HIDDEN]>]) -> [f64; 4] {
        let kernel = x.len();
        [0, 1, 2, 3].map(|gate| {
            let row = gate * HIDDEN + unit;
            let mut sum = self.bias.map_or(0.0, |bias| f64::from(bias[row]));
            for (tap, x) in x.iter().enumerate().take(seen) {
                for c in 0..CHANNELS {
                    sum += x.map_or(0.0, |x| x[c]) * f64::from(self.input[(row * CHANNELS + c) * kernel + tap]);
                }
            }
            let taps = h.len();
            for (tap, h) in h.iter().enumerate() {
                for c in 0..HIDDEN {
                    sum += h.map_or(0.0, |h| h[c]) * f64::from(self.state[(row * HIDDEN + c) * taps + tap]);
                }
            }
            sum
        })
    }
}

type Map<const N: usize> = Vec<[f64; N]>;

fn pixels(image: &[f32]) -> Map<CHANNELS> {
    (0..PIXELS).map(|p| std::array::from_fn(|c| f64::from(image[c * PIXELS + p]))).collect()
}

fn at<const N: usize>(map: &[[f64; N]], row: isize, column: isize) -> Option<[f64; N]> {
    let inside = (0..HEIGHT.cast_signed()).contains(&row) && (0..WIDTH.cast_signed()).contains(&column);
    inside.then(|| map[row.cast_unsigned() * WIDTH + column.cast_unsigned()])
}

fn rows(weights: &Weights<'_>, image: &[f32], kernel: isize, own: bool) -> Map<HIDDEN> {
    let x = pixels(image);
    let (mut h, mut c) = (vec![[0.0; HIDDEN]; PIXELS], vec![[0.0; HIDDEN]; PIXELS]);
    for row in 0..HEIGHT.cast_signed() {
        for column in 0..WIDTH.cast_signed() {
            let around = |tap: isize| column + tap - kernel / 2;
            let seen: Vec<_> = (0..kernel).map(|tap| at(&x, row, around(tap))).collect();
            let above: Vec<_> = (0..kernel).map(|tap| at(&h, row - 1, around(tap))).collect();
            let count = kernel.cast_unsigned() / 2 + usize::from(own);
            let p = row.cast_unsigned() * WIDTH + column.cast_unsigned();
            for unit in 0..HIDDEN {
                let before = at(&c, row - 1, column).map_or(0.0, |c| c[unit]);
                (h[p][unit], c[p][unit]) = cell(weights.sums(unit, &seen, count, &above), before);
            }
        }
    }
    h
}

/// From the top left; with `step` −1 from the top right. The state before that goes on by itself is that of the same row.
fn diagonal(weights: &Weights<'_>, image: &[f32], step: isize) -> Map<HIDDEN> {
    let x = pixels(image);
    let (mut h, mut c) = (vec![[0.0; HIDDEN]; PIXELS], vec![[0.0; HIDDEN]; PIXELS]);
    for row in 0..HEIGHT.cast_signed() {
        for n in 0..WIDTH.cast_signed() {
            let column = if step > 0 { n } else { WIDTH.cast_signed() - 1 - n };
            let before = [at(&h, row - 1, column), at(&h, row, column - step)];
            let p = row.cast_unsigned() * WIDTH + column.cast_unsigned();
            for unit in 0..HIDDEN {
                let kept = at(&c, row, column - step).map_or(0.0, |c| c[unit]);
                (h[p][unit], c[p][unit]) = cell(weights.sums(unit, &[at(&x, row, column)], 1, &before), kept);
            }
        }
    }
    h
}

fn close(what: &str, found: &[Vec<f32>], wanted: &[[f64; HIDDEN]]) {
    for (p, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        for (a, b) in found.iter().zip(wanted) {
            assert!((f64::from(*a) - b).abs() < 1e-5, "{what}: pixel {p} is {found:?}, not {wanted:?}");
        }
    }
}

#[test]
fn values_are_those_of_plain_loops() {
    let image = numbers(CHANNELS * PIXELS);
    let net = Rows::init(&mut rng(3));
    let of = |name: &str| net.tensor(name).expect("a tensor");
    assert_eq!(Rows::PARAMETERS, 12 * 2 * 3 + 12 + 12 * 3 * 3);
    let weights = Weights { input: of("rows.input.weight"), bias: Some(of("rows.input.bias")), state: of("rows.state.weight") };
    close("RowLstm", &outputs(&*net, &image), &rows(&weights, &image, 3, true));
    let net = RowsWide::init(&mut rng(3));
    let of = |name: &str| net.tensor(name).expect("a tensor");
    let weights = Weights { input: of("rows.input.weight"), bias: None, state: of("rows.state.weight") };
    close("RowLstm(3, 5, mask = A)", &outputs(&*net, &image), &rows(&weights, &image, 5, false));

    let mut net = Diagonals::init(&mut rng(3));
    // No bias is zero.
    net.params_mut().as_mut_slice().iter_mut().for_each(|w| *w += 0.1);
    let of = |name: &str| net.tensor(name).expect("a tensor");
    let [left, right] = ["left", "right"].map(|side| Weights {
        input: of(&format!("d.{side}.input.weight")),
        bias: Some(of(&format!("d.{side}.input.bias"))),
        state: of(&format!("d.{side}.state.weight")),
    });
    let mut wanted = diagonal(&left, &image, 1);
    let from_right = diagonal(&right, &image, -1);
    for p in WIDTH..PIXELS {
        wanted[p].iter_mut().zip(&from_right[p - WIDTH]).for_each(|(sum, h)| *sum += h);
    }
    close("DiagonalBiLstm", &outputs(&*net, &image), &wanted);
}

/// The slope along random directions of parameters and inputs, against central differences.
macro_rules! gradients {
    ($($Net:ident[$image:ty, $out:ty]),*) => {
        $(for samples in [1, 3, 17] {
            let mut net = $Net::init(&mut rng(1));
            net.params_mut().as_mut_slice().iter_mut().for_each(|w| *w += 0.05);
            let (x, y) = (Batch::<$image>::normal(samples, &mut rng(2)), Batch::<$out>::normal(samples, &mut rng(3)));
            let (mut memory, mut grads) = ($Net::memory(samples), $Net::grads());
            net.train(&x, Mse, &y, &mut memory, &mut grads);
            net.forward(Mode::Train, &x, &mut memory).loss(Mse, &y);
            let dx = net.backward_input(&mut memory).to_vec();
            let (start, image) = (net.params().as_slice().to_vec(), x.to_vec());
            for seed in 0..4 {
                let mut rng = rng(10 + seed);
                let along: Vec<f32> = (0..start.len()).map(|_| rng.normal()).collect();
                let along_x: Vec<f32> = (0..image.len()).map(|_| rng.normal()).collect();
                let mut at = |step: f32| {
                    let to = net.params_mut().as_mut_slice().iter_mut();
                    to.zip(&start).zip(&along).for_each(|((w, s), d)| *w = s + step * d);
                    let x: Vec<f32> = image.iter().zip(&along_x).map(|(x, d)| x + step * d).collect();
                    let output = net.forward(Mode::Train, &Batch::from_slice(&x).expect("whole samples"), &mut memory).output().to_vec();
                    let error = output.iter().zip(y.to_vec()).map(|(y, t)| f64::from(y - t).powi(2)).sum::<f64>();
                    error / output.len() as f64
                };
                let difference = (at(1e-3) - at(-1e-3)) / 2e-3;
                let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
                let slope = dot(grads.as_slice(), &along) + dot(&dx, &along_x);
                assert!((difference - slope).abs() < 2e-3 * (0.1 + slope.abs()), "{}: {difference}, not {slope}", $Net::INFO.name);
            }
        })*
    };
}

#[test]
fn gradients_are_those_of_differences() {
    gradients!(Rows[shape![2, 4, 5], shape![3, 4, 5]], RowsOfColors[shape![3, 4, 5], shape![6, 4, 5]]);
    gradients!(Diagonals[shape![2, 4, 5], shape![3, 4, 5]], PixelRnn[shape![1, 4, 5], shape![2, 4, 5]]);
}

#[test]
fn gates_are_those_written_by_hand() {
    for samples in [1, 5, 17] {
        let (sums, c) = (Batch::<shape![12]>::normal(samples, &mut rng(2)), Batch::<shape![3]>::normal(samples, &mut rng(3)));
        let (h, next) = (Batch::<shape![3]>::normal(samples, &mut rng(4)), Batch::<shape![3]>::normal(samples, &mut rng(5)));
        let (mut net, mut by_hand) = (Gates::init(&mut rng(1)), GatesByHand::init(&mut rng(1)));
        let (mut memory, mut by_hand_memory) = (Gates::memory(samples), GatesByHand::memory(samples));
        let loss = net.forward(Mode::Train, (&sums, &c), &mut memory).loss((Mse, Mse), (&h, &next));
        let wanted = by_hand.forward(Mode::Train, (&sums, &c), &mut by_hand_memory).loss((Mse, Mse), (&h, &next));
        assert!((loss - wanted).abs() < 1e-6);
        let (dx, dc) = net.backward_input(&mut memory);
        let (wanted_x, wanted_c) = by_hand.backward_input(&mut by_hand_memory);
        let near = |a: Vec<f32>, b: Vec<f32>| a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-6) && a.len() == b.len();
        assert!(near(dx.to_vec(), wanted_x.to_vec()) && near(dc.to_vec(), wanted_c.to_vec()));
    }
}

#[test]
fn what_is_turned_around_twice_is_as_it_was() {
    let net = Turned::init(&mut rng(1));
    let x = Tensor::<shape![2, 4, 5]>::from_fn(|i| i as f32);
    let y = net.predict(&x);
    assert_eq!(y[1][0][0], x[1][3][4]);
    assert_eq!(net.predict(&y).as_slice(), x.as_slice());
}

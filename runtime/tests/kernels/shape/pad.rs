//! Padding: every position of y is the number, or one of x.

use crate::kernels::geometry::{Pad, PadMode};
use crate::{Numbers, WIDTHS, at_each_level};
use std::format;
use std::vec;

/// The position of `len` at a place that may lie outside, as the literature says.
fn folded(mode: PadMode, at: isize, len: isize) -> Option<isize> {
    match mode {
        PadMode::Zeros => (0..len).contains(&at).then_some(at),
        PadMode::Replicate => Some(at.clamp(0, len - 1)),
        PadMode::Circular => Some(at.rem_euclid(len)),
        PadMode::Reflect => Some((len - 1) - ((len - 1) - at.abs()).abs()),
    }
}

#[test]
fn all_modes() {
    for (channels, [height, width], [top, left, bottom, right]) in
        [(2, [3, 4], [1, 2, 2, 0]), (3, [4, 3], [0, 0, 0, 2]), (1, [5, 2], [3, 1, 0, 1]), (2, [2, 3], [1, 2, 1, 2])]
    {
        for mode in [PadMode::Zeros, PadMode::Reflect, PadMode::Replicate, PadMode::Circular] {
            let (out_height, out_width) = (height + top + bottom, width + left + right);
            let g = Pad { channels, height, width, out_height, out_width, before: [top, left], mode };
            let signed = |n: usize| isize::try_from(n).expect("small");
            let of_x = |i: usize| {
                let (row, column) = (i / out_width % out_height, i % out_width);
                let row = folded(mode, signed(row) - signed(top), signed(height))?;
                let column = folded(mode, signed(column) - signed(left), signed(width))?;
                Some((i / out_width / out_height * height + row as usize) * width + column as usize)
            };
            let places: Vec<Option<usize>> = (0..channels * out_height * out_width).map(of_x).collect();
            for w in WIDTHS {
                let x = Numbers::new(1).take(channels * height * width * w);
                let dy = Numbers::new(2).take(places.len() * w);
                let number = |n: usize| places[n / w].map_or(0.5, |i| x[i * w + n % w]);
                let wanted: Vec<f32> = (0..places.len() * w).map(number).collect();
                at_each_level(|| {
                    let mut y = vec![f32::NAN; wanted.len()];
                    call!(w, pad_forward(&g, 0.5, x.as_ptr(), y.as_mut_ptr()));
                    assert_eq!(y, wanted, "{g:?}");
                    {
                        let mut wanted = vec![0.0; x.len()];
                        for (n, d) in dy.iter().enumerate() {
                            if let Some(i) = places[n / w] {
                                wanted[i * w + n % w] += f64::from(*d);
                            }
                        }
                        crate::assert_gradient(&wanted, 9, &format!("{g:?}"), |dx, add| {
                            call!(w, pad_backward(&g, dy.as_ptr(), dx, add));
                        });
                    }
                });
            }
        }
    }
}

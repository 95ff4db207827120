//! Copies in another order, and their gradients.

use crate::kernels::geometry::Strided;
use crate::{Numbers, WIDTHS, at_each_level};
use std::vec;

/// A slice of a row, a permutation, a crop, blocks of 2×2 as channels, a map turned around, its rows alone, rows that become columns sixteen at a time, blocks of two columns and back.
const CASES: [Strided; 12] = [
    Strided { sizes: [1, 1, 1, 1, 5], x: [0, 0, 0, 0, 1], y: [0, 0, 0, 0, 1], from: 2, x_len: 9 },
    Strided { sizes: [1, 1, 3, 4, 2], x: [0, 0, 4, 1, 12], y: [0, 0, 8, 2, 1], from: 0, x_len: 24 },
    Strided { sizes: [1, 1, 2, 3, 2], x: [0, 0, 20, 5, 1], y: [0, 0, 6, 2, 1], from: 6, x_len: 40 },
    Strided { sizes: [3, 2, 2, 2, 3], x: [24, 6, 1, 12, 2], y: [24, 12, 6, 3, 1], from: 0, x_len: 72 },
    Strided { sizes: [1, 1, 1, 3, 8], x: [0, 0, 0, 8, -1], y: [0, 0, 0, 8, 1], from: 7, x_len: 24 },
    Strided { sizes: [1, 1, 3, 4, 2], x: [0, 0, 8, -2, 1], y: [0, 0, 8, 2, 1], from: 6, x_len: 24 },
    Strided { sizes: [1, 2, 1, 19, 35], x: [0, 665, 0, 1, 19], y: [0, 665, 0, 35, 1], from: 0, x_len: 1330 },
    Strided { sizes: [1, 1, 16, 2, 32], x: [0, 0, 1, 16, 32], y: [0, 0, 64, 32, 1], from: 5, x_len: 1040 },
    Strided { sizes: [2, 5, 2, 19, 2], x: [380, 19, 190, 1, 95], y: [380, 76, 38, 2, 1], from: 0, x_len: 760 },
    Strided { sizes: [2, 2, 2, 3, 19], x: [228, 38, 1, 76, 2], y: [228, 114, 57, 19, 1], from: 0, x_len: 456 },
    Strided { sizes: [1, 1, 1, 150, 17], x: [0, 0, 0, 1, 150], y: [0, 0, 0, 17, 1], from: 0, x_len: 2550 },
    Strided { sizes: [1, 1, 1, 17, 150], x: [0, 0, 0, 1, 17], y: [0, 0, 0, 150, 1], from: 0, x_len: 2550 },
];

fn places(g: &Strided) -> Vec<(usize, usize)> {
    let len: usize = g.sizes.iter().product();
    let place = |mut i: usize| {
        let (mut x, mut y) = (g.from.cast_signed(), 0);
        for axis in (0..5).rev() {
            let at = i % g.sizes[axis];
            (x, y) = (x + at.cast_signed() * g.x[axis], y + at * g.y[axis]);
            i /= g.sizes[axis];
        }
        (x.cast_unsigned(), y)
    };
    (0..len).map(place).collect()
}

#[test]
fn another_order() {
    at_each_level(|| {
        for (g, width) in CASES.iter().flat_map(|g| WIDTHS.map(|width| (g, width))) {
            let places = places(g);
            let mut numbers = Numbers::new(places.len());
            let (x, dy) = (numbers.take(g.x_len * width), numbers.take(places.len() * width));
            let (mut y, mut wanted) = (vec![f32::NAN; dy.len()], vec![0.0; dy.len()]);
            let there = numbers.take(x.len());
            let (mut dx, mut added) = (vec![0.0; x.len()], there.clone());
            for (from, to) in places {
                for lane in 0..width {
                    let (from, to) = (from * width + lane, to * width + lane);
                    wanted[to] = x[from];
                    dx[from] = dy[to];
                    added[from] += dy[to];
                }
            }
            call!(width, copy_strided(g, x.as_ptr(), y.as_mut_ptr()));
            assert_eq!(y, wanted, "{g:?}, width {width}");
            for (accumulate, wanted) in [(false, dx), (true, added)] {
                let mut found = if accumulate { there.clone() } else { vec![f32::NAN; x.len()] };
                call!(width, copy_strided_backward(g, dy.as_ptr(), found.as_mut_ptr(), accumulate));
                assert_eq!(found, wanted, "{g:?}, width {width}, accumulate {accumulate}");
            }
        }
    });
}

//! Unpooling.

use super::{Numbers, WIDTHS, at_each_level};
use crate::kernels::geometry::Unpool;
use std::format;
use std::vec;

/// Sizes, and indices among which some are equal.
fn for_each(test: impl Fn(&Unpool, usize, &[u32])) {
    at_each_level(|| {
        for [len, out_len] in [[1, 1], [6, 24], [12, 63], [5, 7]] {
            let g = Unpool { channels: 3, len, out_len };
            for width in WIDTHS {
                let mut numbers = Numbers::new(len);
                let indices: Vec<u32> = (0..g.channels * len * width).map(|_| numbers.next() % out_len as u32).collect();
                test(&g, width, &indices);
            }
        }
    });
}

/// Where the number at `i` goes.
fn place(g: &Unpool, width: usize, indices: &[u32], i: usize) -> usize {
    (i / width / g.len * g.out_len + indices[i] as usize) * width + i % width
}

#[test]
fn forward() {
    for_each(|g, width, indices| {
        let x = Numbers::new(1).take(indices.len());
        let mut wanted = vec![0.0; g.channels * g.out_len * width];
        x.iter().enumerate().for_each(|(i, x)| wanted[place(g, width, indices, i)] = *x);
        let mut y = vec![f32::NAN; wanted.len()];
        call!(width, max_unpool_forward(g, x.as_ptr(), indices.as_ptr(), y.as_mut_ptr()));
        assert_eq!(y, wanted, "{g:?}, width {width}");
    });
}

#[test]
fn backward() {
    for_each(|g, width, indices| {
        let dy = Numbers::new(2).take(g.channels * g.out_len * width);
        let wanted: Vec<f64> = (0..indices.len()).map(|i| f64::from(dy[place(g, width, indices, i)])).collect();
        super::assert_gradient(&wanted, 1, &format!("{g:?}, width {width}"), |dx, accumulate| {
            call!(width, max_unpool_backward(g, indices.as_ptr(), dy.as_ptr(), dx, accumulate));
        });
    });
}

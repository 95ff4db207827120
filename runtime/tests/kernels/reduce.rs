//! Reductions against plain sums, values without an input, choices and products of values.

use super::{Numbers, WIDTHS, assert_close, at_each_level, wide};
use crate::kernels::geometry::{Attend, Product, Reduce, ReduceOp, Select};
use std::format;
use std::vec;

/// For each result the places of its numbers.
fn places(g: &Reduce) -> Vec<Vec<usize>> {
    let grid = |sizes: [usize; 2], strides: [usize; 2]| -> Vec<usize> {
        (0..sizes[0] * sizes[1]).map(|i| i / sizes[1] * strides[0] + i % sizes[1] * strides[1]).collect()
    };
    let numbers = grid(g.reduced, g.reduced_strides);
    grid(g.kept, g.kept_strides).iter().map(|first| numbers.iter().map(|at| first + at).collect()).collect()
}

#[test]
fn reductions() {
    // All, over the rows of a map, over alternating axes of [3, 4, 5, 6]; results and numbers that fill vectors of one sample, or strips.
    let all = [
        ([[1, 1], [0, 0]], [[1, 23], [0, 1]]),
        ([[1, 7], [0, 1]], [[1, 5], [0, 7]]),
        ([[4, 6], [30, 1]], [[3, 5], [120, 6]]),
        ([[1, 3], [0, 87]], [[1, 87], [0, 1]]),
        ([[2, 37], [222, 1]], [[1, 6], [0, 37]]),
        ([[1, 530], [0, 1]], [[1, 3], [0, 530]]),
        ([[2, 18], [36, 1]], [[3, 2], [72, 18]]),
    ];
    at_each_level(|| {
        for (kept, reduced, op) in
            all.iter().flat_map(|(k, r)| [ReduceOp::Sum, ReduceOp::Mean, ReduceOp::Max, ReduceOp::Min].map(|op| (*k, *r, op)))
        {
            let g = Reduce { op, kept: kept[0], kept_strides: kept[1], reduced: reduced[0], reduced_strides: reduced[1] };
            let places = places(&g);
            let (count, len) = (g.count(), places.len() * g.count());
            for width in WIDTHS {
                let mut numbers = Numbers::new(len);
                // Quarters, some of which are equal.
                let x: Vec<f32> = numbers.take(len * width).iter().map(|x| (4.0 * x).round() / 4.0).collect();
                let dy = numbers.take(places.len() * width);
                let (mut wanted, mut dx) = (vec![0.0; dy.len()], vec![0.0; x.len()]);
                let mut largest = vec![0; dy.len()];
                for (at, lane) in (0..places.len()).flat_map(|at| (0..width).map(move |lane| (at, lane))) {
                    let of: Vec<f64> = places[at].iter().map(|i| f64::from(x[i * width + lane])).collect();
                    let (sum, d) = (of.iter().sum::<f64>(), f64::from(dy[at * width + lane]));
                    let most = of.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                    let least = of.iter().copied().fold(f64::INFINITY, f64::min);
                    let (y, to): (f64, Vec<f64>) = match op {
                        ReduceOp::Sum => (sum, vec![1.0; count]),
                        ReduceOp::Mean => (sum / count as f64, vec![1.0 / count as f64; count]),
                        ReduceOp::Max | ReduceOp::Min => {
                            let y = if op == ReduceOp::Max { most } else { least };
                            let ties = of.iter().filter(|x| **x == y).count() as f64;
                            (y, of.iter().map(|x| if *x == y { 1.0 / ties } else { 0.0 }).collect())
                        }
                    };
                    wanted[at * width + lane] = y;
                    largest[at * width + lane] = of.iter().position(|x| *x == most).expect("one is the largest") as u32;
                    places[at].iter().zip(to).for_each(|(i, share)| dx[i * width + lane] = share * d);
                }
                let what = format!("{g:?}, width {width}");
                let mut y = vec![f32::NAN; dy.len()];
                call!(width, reduce_forward(&g, x.as_ptr(), y.as_mut_ptr()));
                assert_close(wide(&y), wanted, count, &what);
                let mut found = vec![u32::MAX; dy.len()];
                call!(width, arg_max(&g, x.as_ptr(), found.as_mut_ptr()));
                assert_eq!(found, largest, "{what}");
                super::assert_gradient(&dx, 1, &what, |dx, accumulate| {
                    call!(width, reduce_backward(&g, x.as_ptr(), y.as_ptr(), dy.as_ptr(), dx, accumulate));
                });
            }
        }
    });
}

#[test]
fn largest_that_is_not_a_number() {
    let g = Reduce { op: ReduceOp::Max, kept: [1, 1], kept_strides: [0, 0], reduced: [1, 4], reduced_strides: [0, 1] };
    let (x, mut y, mut place) = ([1.0, f32::NAN, 5.0, f32::NAN], 0.0, 7);
    call!(1, reduce_forward(&g, x.as_ptr(), &raw mut y));
    call!(1, arg_max(&g, x.as_ptr(), &raw mut place));
    assert!(y.is_nan() && place == 1, "{y} at {place}");
}

#[test]
fn values_of_nothing_and_of_indices() {
    at_each_level(|| {
        for width in WIDTHS {
            let param = [1.0, -2.0, 0.5];
            let mut y = vec![f32::NAN; 3 * width];
            call!(width, fill(3, 1.5, y.as_mut_ptr()));
            assert_eq!(y, vec![1.5; 3 * width]);
            call!(width, param_value(3, param.as_ptr(), y.as_mut_ptr()));
            assert!(y.chunks(width).zip(param).all(|(v, p)| v.iter().all(|x| *x == p)));
            let x: Vec<u32> = (0..3 * width as u32).map(|i| i * 7 % 5).collect();
            let mut rows = vec![f32::NAN; 15 * width];
            call!(width, one_hot(3, 5, x.as_ptr(), rows.as_mut_ptr()));
            for (i, found) in rows.iter().enumerate() {
                let (place, lane) = (i / width, i % width);
                let wanted = if x[place / 5 * width + lane] as usize == place % 5 { 1.0 } else { 0.0 };
                assert_eq!(*found, wanted, "number {i}, width {width}");
            }
            let mut copy = vec![f32::NAN; y.len()];
            call!(width, keep(3, y.as_ptr(), copy.as_mut_ptr()));
            assert_eq!(copy, y);
            {
                let mut to = [1.0; 3];
                call!(width, param_value_backward(3, y.as_ptr(), to.as_mut_ptr()));
                assert_eq!(to, param.map(|p| 1.0 + p * width as f32));
                call!(width, no_gradient(3, copy.as_mut_ptr(), true));
                assert_eq!(copy, y);
                call!(width, no_gradient(3, copy.as_mut_ptr(), false));
                assert_eq!(copy, vec![0.0; y.len()]);
            }
        }
    });
}

#[test]
fn choices() {
    at_each_level(|| {
        for width in WIDTHS {
            // A mask of rows, a whole value, a row.
            let g = Select { dims: [1, 2, 3, 5], mask: [0, 0, 1, 0], a: [0, 15, 5, 1], b: [0, 0, 0, 1] };
            let mut numbers = Numbers::new(9);
            let mask: Vec<f32> = (0..3 * width).map(|i| [0.0, 1.0, -0.5, f32::NAN][i * 3 % 4]).collect();
            let (a, b, dy) = (numbers.take(30 * width), numbers.take(5 * width), numbers.take(30 * width));
            let (mut wanted, mut da, mut db) = (vec![0.0; 30 * width], vec![0.0; 30 * width], vec![0.0; 5 * width]);
            for i in 0..30 * width {
                let (place, lane) = (i / width, i % width);
                let b_at = place % 5 * width + lane;
                if mask[place / 5 % 3 * width + lane] == 0.0 {
                    wanted[i] = b[b_at];
                    db[b_at] += f64::from(dy[i]);
                } else {
                    wanted[i] = a[i];
                    da[i] += f64::from(dy[i]);
                }
            }
            let mut y = vec![f32::NAN; wanted.len()];
            call!(width, select(&g, mask.as_ptr(), a.as_ptr(), b.as_ptr(), y.as_mut_ptr()));
            assert_eq!(y, wanted, "width {width}");
            {
                super::assert_gradient(&da, 1, "a", |to, add| {
                    call!(width, select_backward_a(&g, mask.as_ptr(), dy.as_ptr(), to, add))
                });
                super::assert_gradient(&db, 6, "b", |to, add| {
                    call!(width, select_backward_b(&g, mask.as_ptr(), dy.as_ptr(), to, add))
                });
            }
        }
    });
}

#[test]
fn products_of_values() {
    at_each_level(|| {
        // Small, transposed, odd; one that is left to matrixmultiply.
        for (batch, rows, cols, inner, turned) in
            [(1, 1, 1, 1, false), (2, 5, 3, 7, false), (3, 4, 6, 2, true), (1, 17, 19, 23, true)]
        {
            let [a_len, b_len, y_len] = [rows * inner, inner * cols, rows * cols];
            let b = if turned { [b_len, 1, inner] } else { [b_len, cols, 1] };
            let g =
                Product { batch, rows, cols, inner, from: [2, 1, 3], a: [a_len, inner, 1], b, y: [y_len, cols, 1], scale: 0.5 };
            for width in WIDTHS {
                let mut numbers = Numbers::new(inner);
                let (x, w) = (numbers.take((2 + batch * a_len) * width), numbers.take((1 + batch * b_len) * width));
                let there = numbers.take((3 + batch * y_len) * width);
                let mut wanted = wide(&there);
                let mut added = wide(&there);
                for i in 0..batch * y_len * width {
                    let (place, lane) = (i / width, i % width);
                    let (n, row, col) = (place / y_len, place / cols % rows, place % cols);
                    let of = |values: &[f32], from: usize, s: [usize; 3], i: usize, j: usize| {
                        f64::from(values[(from + n * s[0] + i * s[1] + j * s[2]) * width + lane])
                    };
                    let sum: f64 = (0..inner).map(|k| of(&x, 2, g.a, row, k) * of(&w, 1, g.b, k, col)).sum();
                    wanted[3 * width + i] = 0.5 * sum;
                    added[3 * width + i] += 0.5 * sum;
                }
                let mut y = there.clone();
                call!(width, product_forward(&g, x.as_ptr(), w.as_ptr(), y.as_mut_ptr()));
                assert_close(wide(&y), wanted, inner, &format!("{g:?}, width {width}"));
                {
                    y.copy_from_slice(&there);
                    call!(width, product_backward(&g, x.as_ptr(), w.as_ptr(), y.as_mut_ptr(), true));
                    assert_close(wide(&y), added, inner, &format!("{g:?}, width {width}, added"));
                }
            }
        }
    });
}

#[test]
fn weights_of_an_attention() {
    at_each_level(|| {
        // Of 20 steps a row of one sample fills vectors.
        let cases = [(5, false), (5, true), (20, false), (20, true)];
        for ((time, causal), width) in cases.into_iter().flat_map(|case| WIDTHS.map(|width| (case, width))) {
            let g = Attend { heads: 2, time, causal };
            let (mut numbers, len) = (Numbers::new(4), 2 * time * time * width);
            let scores = numbers.take(len);
            let dp = numbers.take(len);
            let (mut wanted, mut ds) = (vec![0.0; len], vec![0.0; len]);
            for (row, lane) in (0..2 * time).flat_map(|row| (0..width).map(move |lane| (row, lane))) {
                let at = |k: usize| (row * time + k) * width + lane;
                let len = if causal { row % time + 1 } else { time };
                let sum: f64 = (0..len).map(|k| f64::from(scores[at(k)]).exp()).sum();
                (0..len).for_each(|k| wanted[at(k)] = f64::from(scores[at(k)]).exp() / sum);
                let dot: f64 = (0..len).map(|k| wanted[at(k)] * f64::from(dp[at(k)])).sum();
                (0..len).for_each(|k| ds[at(k)] = wanted[at(k)] * (f64::from(dp[at(k)]) - dot));
            }
            let mut p = scores;
            call!(width, attend_forward(&g, p.as_mut_ptr()));
            assert_close(wide(&p), wanted, 5, &format!("{g:?}, width {width}"));
            {
                let mut d = dp;
                call!(width, attend_backward(&g, p.as_ptr(), d.as_mut_ptr()));
                assert_close(wide(&d), ds, 5, &format!("{g:?}, width {width}"));
            }
        }
    });
}

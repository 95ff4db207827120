//! Random geometries: every layout and packing against direct sums, forward and gradients, on every instruction set.

use super::train_chw16c;
use super::{chw16c, direct, small_channel, winograd_chw16c};
use crate::kernels::geometry::Conv;
use crate::{WIDTHS, at_each_level};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use std::boxed::Box;

/// Input, kernel, stride, padding before and after, dilation of one axis: kernels as large as the input, strides larger than the kernel,
/// maps of one, as much padding as a kernel reaches, and one more.
fn axis() -> impl Strategy<Value = [usize; 6]> {
    (1_usize..=12, 1_usize..=5, 1_usize..=4, 1_usize..=3).prop_flat_map(|(input, kernel, stride, dilation)| {
        let reach = dilation * (kernel - 1);
        // At least as much padding as makes the kernel fit.
        let least = (reach + 1).saturating_sub(input).div_ceil(2);
        (least..=reach.max(least) + 1, least..=reach.max(least) + 1)
            .prop_map(move |(before, after)| [input, kernel, stride, before, after, dilation])
    })
}

fn conv_of(channels: usize, filters: usize, groups: usize, axes: [[usize; 6]; 2]) -> Conv {
    let out = |[input, kernel, stride, before, after, dilation]: [usize; 6]| {
        (input + before + after - dilation * (kernel - 1) - 1) / stride + 1
    };
    let [rows, cols] = axes;
    Conv {
        channels,
        height: rows[0],
        width: cols[0],
        filters,
        out_height: out(rows),
        out_width: out(cols),
        kernel: [rows[1], cols[1]],
        stride: [rows[2], cols[2]],
        pad: [rows[3], cols[3]],
        dilation: [rows[5], cols[5]],
        groups,
    }
}

fn geometry() -> impl Strategy<Value = Conv> {
    let channels = prop_oneof![4 => 1_usize..=20, 1 => Just(32_usize)];
    (channels.clone(), channels, prop_oneof![3 => Just(1_usize), 1 => 2_usize..=3], axis(), axis())
        .prop_map(|(channels, filters, groups, rows, cols)| conv_of(channels * groups, filters * groups, groups, [rows, cols]))
}

fn config(cases: u32) -> ProptestConfig {
    // What was found goes into the tests beside this one, not into a file.
    let failure_persistence = Some(Box::new(FileFailurePersistence::Off) as Box<_>);
    ProptestConfig {
        // Fewer where PROPTEST_CASES says so: an emulator takes its time.
        cases: if cfg!(miri) { 1 } else { cases.min(ProptestConfig::default().cases) },
        failure_persistence,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(120))]

    #[test]
    fn convolutions(g in geometry()) {
        for width in WIDTHS {
            let case = direct::Case::new(g, width, g.channels + g.filters);
            at_each_level(|| {
                direct::check_forward(&case);
                direct::check_transposed_forward(&case);
                {
                    direct::check_backward_input(&case);
                    direct::check_transposed_backward_input(&case);
                    direct::check_backward_weight(&case);
                }
            });
        }
        chw16c::check_direct(&g);
        train_chw16c::check_direct(&g);
        if g.groups == 1 && g.filters <= 8 && g.stride[1] <= 2 {
            small_channel::check_forward(&g);
        }
        if g.groups == 1 {
            small_channel::check_transposed(&g);
        }
    }

    #[test]
    fn depthwise(g in geometry()) {
        let g = Conv { filters: g.channels, groups: g.channels, ..g };
        for width in WIDTHS {
            let case = direct::Case::new(g, width, g.channels);
            at_each_level(|| {
                direct::check_forward(&case);
                {
                    direct::check_backward_input(&case);
                    direct::check_backward_weight(&case);
                }
            });
        }
        chw16c::check_depthwise(&g);
    }

    #[test]
    fn minimal_filtering_along_the_row(
        channels in 1_usize..=20, filters in 1_usize..=20, high in 1_usize..=5, size in prop::array::uniform2(1_usize..=40),
        pad in prop::array::uniform4(0_usize..=4),
    ) {
        let axis = |i: usize, kernel: usize| [size[i], kernel, 1, pad[2 * i], pad[2 * i + 1], 1];
        prop_assume!(size[0] + pad[0] + pad[1] >= high && size[1] + pad[2] + pad[3] >= 5);
        let g = conv_of(channels, filters, 1, [axis(0, high), axis(1, 5)]);
        winograd_chw16c::check_row(&g);
    }

    #[test]
    fn minimal_filtering(channels in 1_usize..=40, filters in 1_usize..=40, size in prop::array::uniform2(1_usize..=14), pad in prop::array::uniform4(0_usize..=2)) {
        let axis = |i: usize| [size[i], 3, 1, pad[2 * i], pad[2 * i + 1], 1];
        prop_assume!((0..2).all(|i| size[i] + pad[2 * i] + pad[2 * i + 1] >= 3));
        let g = conv_of(channels, filters, 1, [axis(0), axis(1)]);
        winograd_chw16c::check_winograd(&g);
        train_chw16c::check_minimal(&g);
        super::winograd::check(g, channels);
    }

    #[test]
    fn minimal_filtering_of_stride_two(channels in 1_usize..=40, filters in 1_usize..=40, size in prop::array::uniform2(1_usize..=18), pad in prop::array::uniform4(0_usize..=3)) {
        let axis = |i: usize| [size[i], 4, 2, pad[2 * i], pad[2 * i + 1], 1];
        prop_assume!((0..2).all(|i| size[i] + pad[2 * i] + pad[2 * i + 1] >= 4));
        let g = conv_of(channels, filters, 1, [axis(0), axis(1)]);
        super::winograd::check(g, channels);
    }
}

//! `InstanceNorm(affine = false, eps = 1e-5)`: every channel of every sample with mean 0 and variance 1 (Ulyanov et al. 2016,
//! arXiv 1607.08022). It is a group norm whose groups are single channels.

use super::group_norm::built;
use crate::graph::Size;
use crate::layers::{Build, Built, Layer, Param};

/// The layer kind `InstanceNorm`.
#[derive(Debug)]
pub struct InstanceNorm;

const PARAMS: &[Param] = &[Param::named("affine").flag(false), Param::named("eps").float(1e-5)];

impl Layer for InstanceNorm {
    fn name(&self) -> &'static str {
        "InstanceNorm"
    }

    fn short(&self) -> &'static str {
        "in"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "`[c, h, w]`, per sample and channel; `[t, f]`, per sample and feature over all of time (Ulyanov et al. 2016, arXiv 1607.08022)",
            "with `affine`: `weight`, `bias`, one per channel",
        ]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let dims = cx.tensor(self, 0)?;
        let line = cx.input_line(0);
        let one = Size::Num(1);
        let (outer, channels, size) = match dims.as_slice() {
            [time, features] => (time.clone(), features.clone(), one),
            [channels, height, width] => (one, channels.clone(), height.times(width)),
            _ => {
                let text = format!("takes [channels, height, width] or [time, features]; it receives {}{line}", cx.inputs[0]);
                return cx.fail_layer(self, text);
            }
        };
        if outer.num() == Some(1) && size.num() == Some(1) {
            return cx.fail(cx.span, format_args!("each channel is a single value, which becomes zero{line}"));
        }
        built(cx, self, [channels.clone(), outer, channels, size])
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::ChannelBlocks;
    use crate::layers::tests::Case;

    #[test]
    fn groups_of_one_channel() {
        for (source, input, params, geometry) in [
            ("InstanceNorm", &[6, 4, 5][..], "", "groups : 6 , outer : 1 , channels : 6 , size : 20 , eps : 0.00001"),
            ("InstanceNorm(affine = true)", &[7, 6], "weight[6] bias[6]", "groups : 6 , outer : 7 , channels : 6 , size : 1"),
        ] {
            let case = Case::new(source, &[input]);
            assert_eq!(case.params(), params, "{source}");
            let value = case.built().op.geometry().expect("a constant").value.to_string();
            assert!(value.contains(geometry), "{value}");
        }
    }

    /// Sixteen channels side by side, as sixteen samples: unless each has numbers of its own.
    #[test]
    fn over_channels() {
        let blocks = [ChannelBlocks { channels: 18, map: 20 }];
        let over = Case::new("InstanceNorm", &[&[18, 4, 5]]).built().op.over_channels(&blocks).expect("channel by channel");
        let value = over.geometry().expect("a constant").value.to_string();
        assert!(value.contains("groups : 2 , outer : 1 , channels : 2 , size : 20"), "{value}");
        for other in ["InstanceNorm(affine = true)", "GroupNorm(9, affine = false)"] {
            assert!(Case::new(other, &[&[18, 4, 5]]).built().op.over_channels(&blocks).is_none());
        }
    }

    #[test]
    fn mistakes() {
        Case::new("n: InstanceNorm", &[&[6, 1, 1]])
            .fails("InstanceNorm", "n: each channel is a single value, which becomes zero\n  input: [6, 1, 1], from stage0");
        Case::new("n: InstanceNorm", &[&[6]]).fails(
            "InstanceNorm",
            "n: InstanceNorm takes [channels, height, width] or [time, features]; it receives [6]\n  input: [6], from stage0",
        );
        Case::new("InstanceNorm(eps = 0)", &[&[6, 2, 2]]).complains("0", "eps = 0.0 must be greater than 0");
    }
}

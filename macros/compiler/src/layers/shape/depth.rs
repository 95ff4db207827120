//! `SpaceToDepth(n)`, `DepthToSpace(n)`: blocks of n×n positions as channels, and back, in the order of PyTorch's `pixel_unshuffle` and
//! `pixel_shuffle` (Shi et al. 2016, arXiv 1609.05158).

use super::moved::Moved;
use crate::layers::{Build, Built, Layer, Param};

/// The layer kinds `SpaceToDepth` and `DepthToSpace`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blocks {
    /// From height and width to channels.
    SpaceToDepth,
    /// From channels to height and width.
    DepthToSpace,
}

const PARAMS: &[Param] = &[Param::required("block")];

impl Layer for Blocks {
    fn name(&self) -> &'static str {
        match self {
            Self::SpaceToDepth => "SpaceToDepth",
            Self::DepthToSpace => "DepthToSpace",
        }
    }

    fn short(&self) -> &'static str {
        match self {
            Self::SpaceToDepth => "space_to_depth",
            Self::DepthToSpace => "depth_to_space",
        }
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        match self {
            Self::SpaceToDepth => ["`[c, h, w]` → `[c·block², h / block, w / block]`, as `pixel_unshuffle`", ""],
            Self::DepthToSpace => {
                ["`[c, h, w]` → `[c / block², h·block, w·block]`, as `pixel_shuffle` (Shi et al. 2016, arXiv 1609.05158)", ""]
            }
        }
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        let [channels, height, width] = cx.image(self)?;
        let n = cx.number("block", 1)?;
        let map = height.saturating_mul(width);
        let (area, span, line) = (n.saturating_mul(n), cx.arg_span("block"), cx.input_line(0));
        let fitting = |fits: &dyn Fn(usize) -> bool| {
            let fitting: Vec<String> = (2..=64).filter(|n| fits(*n)).take(3).map(|n| n.to_string()).collect();
            if fitting.is_empty() { String::new() } else { format!("\n  help: {} would fit", fitting.join(", ")) }
        };
        match self {
            Self::SpaceToDepth => {
                if !height.is_multiple_of(n) || !width.is_multiple_of(n) {
                    let help = fitting(&|n| height.is_multiple_of(n) && width.is_multiple_of(n));
                    return cx.fail(span, format_args!("{height}×{width} is not made of blocks of {n}×{n}{line}{help}"));
                }
                let (rows, columns) = (height / n, width / n);
                let axes = vec![(channels, map), (n, width), (n, 1), (rows, n.saturating_mul(width)), (columns, n)];
                Some(Moved::built(cx, self, &[channels, height, width], 0, axes, [channels.saturating_mul(area), rows, columns]))
            }
            Self::DepthToSpace => {
                if !channels.is_multiple_of(area) {
                    let help = fitting(&|n| channels.is_multiple_of(n * n));
                    return cx.fail(span, format_args!("{channels} channels are not blocks of {n}·{n} numbers{line}{help}"));
                }
                let (filters, of_row) = (channels / area, n.saturating_mul(map));
                let axes = vec![(filters, area.saturating_mul(map)), (height, width), (n, of_row), (width, 1), (n, map)];
                let sizes = [filters, height.saturating_mul(n), width.saturating_mul(n)];
                Some(Moved::built(cx, self, &[channels, height, width], 0, axes, sizes))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn sizes() {
        assert_eq!(Case::new("SpaceToDepth(2)", &[&[3, 4, 6]]).gives(), "[12, 2, 3]");
        assert_eq!(Case::new("DepthToSpace(3)", &[&[18, 4, 6]]).gives(), "[2, 12, 18]");
    }

    #[test]
    fn mistakes() {
        Case::new("SpaceToDepth(4)", &[&[3, 6, 12]]).fails(
            "4",
            "SpaceToDepth: 6×12 is not made of blocks of 4×4\n  input: [3, 6, 12], from stage0\n  help: 2, 3, 6 would fit",
        );
        Case::new("DepthToSpace(2)", &[&[9, 6, 12]])
            .complains("2", "9 channels are not blocks of 2·2 numbers\n  input: [9, 6, 12], from stage0\n  help: 3 would fit");
        Case::new("SpaceToDepth(0)", &[&[3, 6, 12]]).complains("0", "block = 0 must be at least 1");
    }
}

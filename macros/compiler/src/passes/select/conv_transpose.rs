//! Which algorithm computes a transposed convolution for one sample. The numbers of its geometry are those of the convolution back: it reads what
//! that writes. (In training it takes the convolution's own choices.)

use super::conv::MOST_COPIES;
use super::cost::Price;
use super::{Algorithm, Candidate, Choice, choose};
use fireclay_ir::geometry::Conv;
use fireclay_ir::sizes::{conv_chw16c_fits, conv_transpose_small_channel_scratch};

/// One sample from `chw16c`, to `chw16c`.
#[must_use]
pub fn from_chw16c(g: &Conv) -> Option<Choice> {
    let fits = (conv_chw16c_fits(g), "its groups do not fill vectors");
    let (results, sources) = (g.channels, g.filters);
    choose(vec![
        Candidate::new(Algorithm::Direct, Price::of_lanes(results), &[fits]),
        Candidate::new(
            Algorithm::SmallChannel,
            Price::taps_in_lanes(sources),
            &[
                fits,
                (g.groups == 1, "there are several groups"),
                (results < 16, "its results fill a vector"),
                (conv_transpose_small_channel_scratch(g) <= MOST_COPIES, "it would copy too much"),
            ],
        ),
    ])
}

/// One sample from `chw`, to `chw16c`: an image with few channels.
#[must_use]
pub fn from_chw(g: &Conv) -> Option<Choice> {
    let conditions =
        [(conv_chw16c_fits(g), "its groups do not fill vectors"), (g.groups == 1 && g.filters < 16, "its channels fill vectors")];
    choose(vec![Candidate::new(Algorithm::Direct, Price::of_lanes(g.channels), &conditions)])
}

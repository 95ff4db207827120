//! Pictures of what a network sees and finds: grids of images, boxes, masks and text as PNG ([`Picture`]), curves and points as SVG ([`Plot`]).

mod canvas;
mod plot;

pub use canvas::Picture;
pub use plot::Plot;

/// Red, green, blue.
pub type Color = [u8; 3];

/// Black.
pub const BLACK: Color = [0, 0, 0];
/// White.
pub const WHITE: Color = [255, 255, 255];

/// Eight colors that color-blind people tell apart: blue, orange, green, purple, sky blue, amber, yellow, gray (Okabe and Ito 2008).
pub const COLORS: [Color; 8] =
    [[0, 114, 178], [213, 94, 0], [0, 158, 115], [204, 121, 167], [86, 180, 233], [230, 159, 0], [240, 228, 66], [120, 120, 120]];

/// The color of a number from −1 (blue) over 0 (white) to 1 (orange), for what has a sign.
#[must_use]
pub fn signed(x: f32) -> Color {
    blend(WHITE, if x < 0.0 { COLORS[0] } else { COLORS[1] }, x.abs())
}

/// The color of a number from 0 (black) over purple and orange to 1 (light yellow), for heat maps.
#[must_use]
pub fn heat(x: f32) -> Color {
    const STOPS: [Color; 5] = [[0, 0, 4], [81, 18, 124], [183, 55, 121], [252, 137, 97], [252, 253, 191]];
    let place = if x.is_nan() { 0.0 } else { x.clamp(0.0, 1.0) * 4.0 };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 4")]
    let first = (place as usize).min(3);
    #[expect(clippy::cast_precision_loss, reason = "from 0 to 3")]
    blend(STOPS[first], STOPS[first + 1], place - first as f32)
}

/// A color between two: the first at 0, the second at 1.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts of floats cut at both ends")]
pub fn blend(from: Color, to: Color, share: f32) -> Color {
    let share = share.clamp(0.0, 1.0);
    core::array::from_fn(|c| (f32::from(from[c]) * (1.0 - share) + f32::from(to[c]) * share).round() as u8)
}

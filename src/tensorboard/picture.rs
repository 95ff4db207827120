//! Tensors as PNG images.

use png::{BitDepth, ColorType, Encoder};

/// Whether these are the extents of an image.
pub(super) const fn is_image(dims: &[usize]) -> bool {
    match dims {
        [height, width] | [1 | 3 | 4, height, width] => *height > 0 && *width > 0,
        _ => false,
    }
}

/// Channels, height and width.
pub(super) fn extents(dims: &[usize]) -> [usize; 3] {
    match *dims {
        [channels, height, width] => [channels, height, width],
        [height, width] => [1, height, width],
        _ => [0; 3],
    }
}

/// The bytes of a PNG file.
pub(super) fn png([channels, height, width]: [usize; 3], numbers: &[f32]) -> Result<Vec<u8>, String> {
    let side = |side: usize| u32::try_from(side).map_err(|_| format!("a side of {side} pixels is too long for a PNG file"));
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, side(width)?, side(height)?);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_color(match channels {
        1 => ColorType::Grayscale,
        3 => ColorType::Rgb,
        _ => ColorType::Rgba,
    });
    // The file has the channels of a pixel side by side.
    let pixels = height * width;
    let data: Vec<u8> = (0..pixels).flat_map(|at| (0..channels).map(move |c| byte(numbers[c * pixels + at]))).collect();
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&data));
    written.map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// The nearest byte; NaN is black.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts of floats cut at both ends")]
fn byte(x: f32) -> u8 {
    (x * 255.0).round() as u8
}

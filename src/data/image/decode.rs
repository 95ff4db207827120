//! PNG and JPEG.

use crate::data::files::{instead, wrong};
use crate::{Error, Result};
use std::io::Cursor;
use std::path::Path;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

/// An image of bytes, `[height][width][channels]`, with one channel (gray) or three.
pub(crate) struct Image {
    pub width: usize,
    pub height: usize,
    pub channels: usize,
    pub bytes: Vec<u8>,
}

/// Pixels of an image at most, four times what the largest cameras give: a small file may promise any number.
const MOST: usize = 1 << 30;

/// The image of a file, by what it holds.
pub(crate) fn open(path: &Path) -> Result<Image> {
    let bytes = std::fs::read(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    let decoded = match bytes.as_slice() {
        [0x89, b'P', b'N', b'G', ..] => png(&bytes),
        [0xFF, 0xD8, ..] => jpeg(&bytes),
        [] => Err("is empty".to_owned()),
        _ => Err(format!("is {}, neither PNG nor JPEG", instead(&bytes).unwrap_or("something else"))),
    };
    let image = decoded.map_err(|reason| wrong(path, reason))?;
    let expected = image.width * image.height * image.channels;
    if expected == 0 || image.bytes.len() != expected {
        return Err(wrong(
            path,
            format!("is an image of {}×{} pixels and {} bytes", image.width, image.height, image.bytes.len()),
        ));
    }
    Ok(image)
}

fn png(bytes: &[u8]) -> std::result::Result<Image, String> {
    let not = |error: png::DecodingError| format!("is not a whole PNG file: {error}");
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: MOST });
    // Palettes and gray of few bits are spread, of 16 bits the upper 8 are kept.
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(not)?;
    let size = reader.output_buffer_size().filter(|size| *size <= MOST).ok_or("is a PNG file of too many pixels")?;
    let mut bytes = vec![0; size];
    let frame = reader.next_frame(&mut bytes).map_err(not)?;
    bytes.truncate(frame.buffer_size());
    let (channels, kept) = match frame.color_type {
        png::ColorType::Grayscale => (1, 1),
        png::ColorType::GrayscaleAlpha => (2, 1),
        png::ColorType::Rgba => (4, 3),
        png::ColorType::Rgb | png::ColorType::Indexed => (3, 3),
    };
    if channels != kept {
        bytes = bytes.chunks_exact(channels).flat_map(|pixel| &pixel[..kept]).copied().collect();
    }
    Ok(Image { width: frame.width as usize, height: frame.height as usize, channels: kept, bytes })
}

fn jpeg(bytes: &[u8]) -> std::result::Result<Image, String> {
    let not = |error: zune_jpeg::errors::DecodeErrors| format!("is not a whole JPEG file: {error}");
    // Not strict, a file that is cut short would be an image whose end is gray.
    let options = DecoderOptions::default().set_strict_mode(true);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(not)?;
    let (output, channels) = match decoder.input_colorspace() {
        Some(ColorSpace::Luma) => (ColorSpace::Luma, 1),
        Some(ColorSpace::YCbCr | ColorSpace::RGB) => (ColorSpace::RGB, 3),
        Some(ColorSpace::CMYK | ColorSpace::YCCK) => {
            return Err("is a JPEG file of inks (CMYK), whose colors nothing here knows: save it as RGB".to_owned());
        }
        other => return Err(format!("is a JPEG file of the color space {other:?}: save it as RGB")),
    };
    decoder.set_options(options.jpeg_set_out_colorspace(output));
    let bytes = decoder.decode().map_err(not)?;
    let info = decoder.info().ok_or("is a JPEG file without a header")?;
    Ok(Image { width: usize::from(info.width), height: usize::from(info.height), channels, bytes })
}

impl Image {
    /// In color, or in gray as Pillow converts it (ITU-R BT.601).
    pub fn with_channels(self, channels: usize) -> Self {
        let bytes = match (self.channels, channels) {
            (1, 3) => self.bytes.iter().flat_map(|gray| [*gray; 3]).collect(),
            (3, 1) => {
                let gray = |pixel: &[u8]| {
                    let [r, g, b] = [0, 1, 2].map(|i| u32::from(pixel[i]));
                    ((r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16) as u8
                };
                self.bytes.chunks_exact(3).map(gray).collect()
            }
            _ => return self,
        };
        Self { channels, bytes, ..self }
    }
}

//! Anchors: the boxes that a detector begins with.

use super::Corners;

/// Anchors around the places of a map (Ren et al. 2015, arXiv 1506.01497), row by row, and at each place for each ratio of height to width each size (the root of
/// the area). Places are `stride` pixels apart, the first at 0; corners are rounded to whole pixels before they are moved there, as torchvision's
/// `AnchorGenerator` has it.
///
/// ```
/// use fireclay::vision::anchors;
/// let boxes = anchors([2, 2], 16.0, &[8.0], &[1.0]);
/// assert_eq!(boxes[1], [12.0, -4.0, 20.0, 4.0]); // to the right of the first one
/// ```
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "places of a map")]
pub fn anchors([height, width]: [usize; 2], stride: f32, sizes: &[f32], ratios: &[f32]) -> Vec<Corners> {
    let around = |ratio: f32, size: f32| {
        let (half_width, half_height) = (size / ratio.sqrt() / 2.0, size * ratio.sqrt() / 2.0);
        [-half_width, -half_height, half_width, half_height].map(f32::round_ties_even)
    };
    let cell: Vec<Corners> = ratios.iter().flat_map(|ratio| sizes.iter().map(move |size| around(*ratio, *size))).collect();
    let places = (0..height).flat_map(|y| (0..width).map(move |x| [x as f32 * stride, y as f32 * stride]));
    places.flat_map(|[x, y]| cell.iter().map(move |c| [c[0] + x, c[1] + y, c[2] + x, c[3] + y])).collect()
}

//! What systems that find things in images share: boxes, anchors, matching, and scenes to learn from.
//!
//! Boxes are corners in pixels, `[left, top, right, bottom]`, as torchvision has them; its numbers are what these functions give
//! (`tests/data_sets/vision.rs`). How well boxes are found is [`metrics::MeanAveragePrecision`](crate::metrics::MeanAveragePrecision).

mod anchors;
mod boxes;
mod matching;
mod multibox;
#[cfg(feature = "data")]
mod scene_samples;
#[cfg(feature = "data")]
mod scenes;

pub use anchors::anchors;
pub use boxes::{BoxCoder, Corners, batched_nms, center_size, clip, corners, iou, mask_iou, nms};
pub use matching::{Match, match_anchors};
pub use multibox::{Rows, box_targets, detections, multibox_loss};
#[cfg(feature = "data")]
pub use scene_samples::SceneSamples;
#[cfg(feature = "data")]
pub use scenes::{Object, Scene, Scenes};

pub(crate) use boxes::overlap;

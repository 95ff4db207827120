//! Data sets, augmentation, files of images, boxes.
//!
//! One program for many files: each program that is linked costs seconds.

mod augment;
mod datasets;
mod images;
mod loaders;
mod vision;

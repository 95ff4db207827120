//! The events of TensorBoard, by the numbers of their fields in `event.proto` and `summary.proto` of the package `tensorboard`.

use super::histogram::Histogram;
use super::message::Message;
use crc::{CRC_32_ISCSI, Crc, Table};

/// The first event of a file.
pub(super) fn version(wall_time: f64) -> Vec<u8> {
    let writer = Message::new().bytes(1, b"fireclay");
    record(Message::new().double(1, wall_time).bytes(3, b"brain.Event:2").bytes(10, writer.as_bytes()).as_bytes())
}

/// An event of one value.
pub(super) fn event(wall_time: f64, step: usize, value: &Message) -> Vec<u8> {
    let summary = Message::new().bytes(1, value.as_bytes());
    record(Message::new().double(1, wall_time).integer(2, step as u64).bytes(5, summary.as_bytes()).as_bytes())
}

pub(super) fn scalar(tag: &str, value: f32) -> Message {
    Message::new().bytes(1, tag.as_bytes()).chosen_float(2, value)
}

/// An image as the bytes of a PNG file.
pub(super) fn image(tag: &str, [channels, height, width]: [usize; 3], png: &[u8]) -> Message {
    let image = Message::new().integer(1, height as u64).integer(2, width as u64).integer(3, channels as u64).bytes(4, png);
    Message::new().bytes(1, tag.as_bytes()).bytes(4, image.as_bytes())
}

pub(super) fn histogram(tag: &str, histogram: &Histogram) -> Message {
    let Histogram { min, max, count, sum, sum_of_squares, limits, buckets } = histogram;
    let message = Message::new().double(1, *min).double(2, *max).double(3, *count).double(4, *sum).double(5, *sum_of_squares);
    let message = message.doubles(6, limits).doubles(7, buckets);
    Message::new().bytes(1, tag.as_bytes()).bytes(5, message.as_bytes())
}

/// Its table is made while compiling.
static CRC_32C: Crc<u32, Table<1>> = Crc::<u32, Table<1>>::new(&CRC_32_ISCSI);

/// A record of a TFRecord file: the length, the message, and a checksum after each.
fn record(message: &[u8]) -> Vec<u8> {
    let length = (message.len() as u64).to_le_bytes();
    [&length, &checksum(&length)[..], message, &checksum(message)].concat()
}

/// CRC-32C, masked as TensorFlow does it: a checksum of bytes that hold checksums themselves would be a poor one.
fn checksum(bytes: &[u8]) -> [u8; 4] {
    CRC_32C.checksum(bytes).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}

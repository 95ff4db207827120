//! Messages of protocol buffers, as far as event files need them.

/// A message: fields one after the other, each a key and a value. As everywhere in proto3, a field of zero is left out.
#[derive(Debug, Default)]
pub(super) struct Message(Vec<u8>);

/// How a value is written, in the last bits of its key.
const VARINT: u8 = 0;
const FIXED_64: u8 = 1;
const BYTES: u8 = 2;
const FIXED_32: u8 = 5;

impl Message {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn integer(mut self, field: u8, value: u64) -> Self {
        if value != 0 {
            self.key(field, VARINT);
            self.varint(value);
        }
        self
    }

    pub fn double(mut self, field: u8, value: f64) -> Self {
        // Negative zero is written.
        if value.to_bits() != 0 {
            self.key(field, FIXED_64);
            self.0.extend(value.to_le_bytes());
        }
        self
    }

    /// One of several fields of which one is there: zero is written too.
    pub fn chosen_float(mut self, field: u8, value: f32) -> Self {
        self.key(field, FIXED_32);
        self.0.extend(value.to_le_bytes());
        self
    }

    /// Text, bytes, or a message.
    pub fn bytes(mut self, field: u8, bytes: &[u8]) -> Self {
        self.key(field, BYTES);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    /// A list of numbers.
    pub fn doubles(self, field: u8, values: &[f64]) -> Self {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.bytes(field, &bytes)
    }

    /// Fields beyond 15 would have a key of two bytes; event files have none.
    fn key(&mut self, field: u8, how: u8) {
        self.0.push(field << 3 | how);
    }

    /// Seven bits in each byte, the lowest first; the highest bit says that more follow.
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

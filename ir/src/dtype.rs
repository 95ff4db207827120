//! [`Dtype`]: the type of the numbers in a tensor, buffer or operand.

use core::fmt;

/// The type of the numbers in a tensor, buffer or operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Dtype {
    /// `f32`: values, gradients, parameters.
    #[default]
    F32,
    /// `i8`: quantized values.
    I8,
    /// `i32`: sums of products of quantized values.
    I32,
    /// `u32`: indices.
    U32,
}

impl Dtype {
    /// All dtypes.
    pub const ALL: [Self; 4] = [Self::F32, Self::I8, Self::I32, Self::U32];

    /// Bytes of one number.
    #[must_use]
    pub const fn size(self) -> usize {
        match self {
            Self::I8 => 1,
            Self::F32 | Self::I32 | Self::U32 => 4,
        }
    }

    /// The alignment of one number, in bytes.
    #[must_use]
    pub const fn align(self) -> usize {
        self.size()
    }

    /// `f32`, as Rust calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::I8 => "i8",
            Self::I32 => "i32",
            Self::U32 => "u32",
        }
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Dtype;
    use std::string::ToString;

    #[test]
    fn sizes_are_those_of_rust() {
        let rust = [
            ("f32", size_of::<f32>(), align_of::<f32>()),
            ("i8", size_of::<i8>(), align_of::<i8>()),
            ("i32", size_of::<i32>(), align_of::<i32>()),
            ("u32", size_of::<u32>(), align_of::<u32>()),
        ];
        for (dtype, (name, size, align)) in Dtype::ALL.into_iter().zip(rust) {
            assert_eq!((dtype.to_string().as_str(), dtype.size(), dtype.align()), (name, size, align));
        }
    }
}

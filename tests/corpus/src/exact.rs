//! Numbers that two languages make alike, bit for bit: parameters of full-size networks are too many to be stored.
//!
//! `tests/golden/generate/exact.py` is the same in Python, with the reason why no library's generator is.

/// The 24 bits of each number of a name: the outputs of SplitMix64 that starts at the name's FNV-1a hash.
pub fn bits(name: &str) -> impl Iterator<Item = u64> + use<> {
    let seed =
        name.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |state, byte| (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3));
    (1_u64..).map(move |i| {
        let z = seed.wrapping_add(i.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) >> 40
    })
}

/// Numbers uniform in `center` ± `half_width`: one product and one sum, each rounded once.
#[expect(clippy::cast_precision_loss, reason = "24 bits")]
pub fn numbers(name: &str, [center, half_width]: [f32; 2]) -> impl Iterator<Item = f32> + use<> {
    bits(name).map(move |bits| center + half_width * (bits as f32 / (1 << 23) as f32 - 1.0))
}

/// Numbers in [-1, 1).
pub fn units(name: &str) -> impl Iterator<Item = f32> + use<> {
    numbers(name, [0.0, 1.0])
}

/// Indices below `bound`.
pub fn below(name: &str, bound: u64) -> impl Iterator<Item = u64> + use<> {
    bits(name).map(move |bits| bits % bound)
}

/// Corners x1, y1, x2, y2 of regions within an image, at whole pixels.
#[expect(clippy::cast_precision_loss, reason = "pixels of an image")]
pub fn regions(name: &str, [width, height]: [u64; 2]) -> impl Iterator<Item = f32> + use<> {
    let mut bits = bits(name);
    std::iter::from_fn(move || {
        let mut next = || bits.next().unwrap_or_default();
        let (x1, y1) = (next() % (width / 2), next() % (height / 2));
        let (x2, y2) = (x1 + width / 8 + next() % (width / 4), y1 + height / 8 + next() % (height / 4));
        Some([x1, y1, x2, y2].map(|position| position as f32))
    })
    .flatten()
}

/// Which of so many numbers are kept: all, or `count` of them.
pub fn positions(name: &str, numbers: usize, count: usize) -> Vec<usize> {
    if numbers <= count {
        return (0..numbers).collect();
    }
    let place = |bits: u64| ((u128::from(bits) * numbers as u128) >> 24) as usize;
    bits(&format!("{name}.positions")).take(count).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::{bits, numbers};

    /// As `exact.py` gives them.
    #[test]
    fn as_in_python() {
        assert_eq!(bits("AlexNet.conv1.weight").take(4).collect::<Vec<_>>(), [2_644_029, 2_146_436, 10_095_575, 1_260_255]);
        assert_eq!(numbers("a", [1.0, 0.1]).next().map(f32::to_bits), Some(1_064_922_816));
    }
}

//! Settings that make no sense are refused where they are set: a panic that names the setting, the number and what is allowed.
//!
//! The message is put together by hand: builders that are `const fn` cannot format. (In a constant it is an error of the compiler.)

/// A message in the making; what has no room is cut off.
pub(crate) struct Message {
    bytes: [u8; 400],
    len: usize,
}

impl Message {
    pub(crate) const EMPTY: Self = Self { bytes: [0; 400], len: 0 };

    const fn new(setting: &str) -> Self {
        Self::EMPTY.text(setting).text(" = ")
    }

    const fn byte(mut self, byte: u8) -> Self {
        if self.len < self.bytes.len() {
            self.bytes[self.len] = byte;
            self.len += 1;
        }
        self
    }

    pub(crate) const fn text(mut self, text: &str) -> Self {
        let (bytes, mut i) = (text.as_bytes(), 0);
        while i < bytes.len() {
            self = self.byte(bytes[i]);
            i += 1;
        }
        self
    }

    pub(crate) const fn whole(mut self, n: u64) -> Self {
        if n >= 10 {
            self = self.whole(n / 10);
        }
        self.byte(b'0' + (n % 10) as u8)
    }

    /// `digits / unit`, where `unit` is a power of ten.
    const fn point(mut self, digits: u64, mut unit: u64) -> Self {
        self = self.whole(digits / unit).byte(b'.');
        if unit == 1 {
            return self.byte(b'0');
        }
        while unit > 1 {
            unit /= 10;
            self = self.byte(b'0' + (digits / unit % 10) as u8);
        }
        self
    }

    /// With seven digits at most, as `{:?}` writes them: `-0.1`, `2.0`, `1e-8`.
    const fn number(mut self, x: f32) -> Self {
        if x.is_nan() {
            return self.text("NaN");
        }
        if x.is_sign_negative() {
            self = self.byte(b'-');
        }
        let mut size = x.abs() as f64;
        if size == f64::INFINITY {
            return self.text("inf");
        }
        if size == 0.0 {
            return self.text("0.0");
        }
        // Seven digits before the point, and the power of ten of the first.
        let mut power = 6;
        while size >= 9_999_999.5 {
            size /= 10.0;
            power += 1;
        }
        while size < 999_999.95 {
            size *= 10.0;
            power -= 1;
        }
        let (mut digits, mut count) = ((size + 0.5) as u64, 7);
        while digits % 10 == 0 {
            digits /= 10;
            count -= 1;
        }
        let after = count - 1 - power;
        if power < -4 || power > 15 {
            self = if count == 1 { self.whole(digits) } else { self.point(digits, ten(count - 1)) };
            self = self.text(if power < 0 { "e-" } else { "e" });
            self.whole(power.unsigned_abs() as u64)
        } else if after > 0 {
            self.point(digits, ten(after))
        } else {
            self.point(digits * ten(-after), 1)
        }
    }

    #[track_caller]
    const fn refuse(&self, allowed: &str) -> ! {
        Self { bytes: self.bytes, len: self.len }.text(" must be ").text(allowed).panic()
    }

    /// With another message after it.
    pub(crate) const fn message(self, other: &Self) -> Self {
        self.text(other.as_str())
    }

    pub(crate) const fn as_str(&self) -> &str {
        match core::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            // A name of other letters than these was cut off within one.
            Err(_) => "a setting is out of its range",
        }
    }

    #[track_caller]
    pub(crate) const fn panic(&self) -> ! {
        panic!("{}", self.as_str())
    }
}

const fn ten(power: i32) -> u64 {
    10_u64.pow(power.unsigned_abs())
}

macro_rules! ranges {
    ($($(#[$doc:meta])* $name:ident, |$x:ident| $ok:expr, $allowed:literal;)*) => {
        $($(#[$doc])*
        #[track_caller]
        pub(crate) const fn $name(setting: &str, $x: f32) {
            let ok = $ok;
            if !ok {
                Message::new(setting).number($x).refuse($allowed);
            }
        })*
    };
}

ranges! {
    /// Any number but infinity and NaN.
    finite, |x| x.is_finite(), "a finite number";
    /// From 0 on.
    not_negative, |x| x >= 0.0 && x.is_finite(), "a finite number of at least 0";
    /// More than 0.
    positive, |x| x > 0.0 && x.is_finite(), "a finite number greater than 0";
    /// More than 0, or no limit at all.
    limit, |x| x > 0.0, "greater than 0";
    /// A share of a whole.
    share, |x| x >= 0.0 && x <= 1.0, "from 0 to 1";
    /// A share that leaves something.
    below_one, |x| x >= 0.0 && x < 1.0, "at least 0 and less than 1";
}

/// A count of something there must be.
#[track_caller]
pub(crate) const fn at_least_one(setting: &str, n: usize) {
    if n == 0 {
        Message::new(setting).whole(0).refuse("at least 1");
    }
}

/// Weights, of which at least one counts.
#[track_caller]
pub(crate) fn weights(setting: &str, weights: &[f32]) {
    for weight in weights {
        not_negative(setting, *weight);
    }
    assert!(weights.iter().any(|weight| *weight > 0.0), "{setting} = {weights:?}: at least one must be greater than 0");
}

#[cfg(test)]
mod tests {
    use super::Message;

    #[test]
    fn numbers_are_written_as_debug_writes_them() {
        let numbers = [
            0.0,
            -0.0,
            0.1,
            -0.1,
            1.0,
            2.0,
            -2.0,
            1.5,
            10.0,
            100.0,
            123.456,
            999_999.0,
            1_234_567.0,
            0.001,
            0.012_5,
            1.000_001,
            1e-8,
            -2.5e-8,
            1e20,
            -1.5e30,
            3e38,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::NAN,
            0.999_999,
            9.999_999,
            0.000_1,
        ];
        for x in numbers {
            let message = Message::EMPTY.number(x);
            let text = core::str::from_utf8(&message.bytes[..message.len]).expect("digits");
            assert_eq!(text, format!("{x:?}"));
        }
    }

    #[test]
    #[should_panic(expected = "Sgd: learning rate = -0.1 must be a finite number of at least 0")]
    fn a_message_names_the_setting_the_number_and_the_range() {
        super::not_negative("Sgd: learning rate", -0.1);
    }
}

//! Sizes that are types, checked with their numbers where a network is built: in a constant each of these panics is an error of the compiler.

use crate::setting::Message;

/// The windows over `of` positions: `⌊(of + pads − extent) / stride⌋ + 1`.
#[must_use]
#[track_caller]
pub const fn windows(of: usize, pads: usize, extent: usize, stride: usize) -> usize {
    let Some(room) = (of + pads).checked_sub(extent) else {
        let message = Message::EMPTY.text("a kernel that reaches over ").whole(extent as u64).text(" does not fit ");
        let message = message.whole(of as u64).text(" positions");
        if pads == 0 {
            message.panic()
        }
        message.text(" and ").whole(pads as u64).text(" of padding").panic()
    };
    room / stride + 1
}

/// A distance from one number to another that stands behind it.
#[must_use]
#[track_caller]
pub const fn stride(n: usize) -> isize {
    n.cast_signed()
}

/// The largest.
#[must_use]
#[track_caller]
pub const fn most<const N: usize>(of: [usize; N]) -> usize {
    let (mut most, mut i) = (0, 0);
    while i < N {
        most = if of[i] > most { of[i] } else { most };
        i += 1;
    }
    most
}

/// The size, which so many groups must divide.
#[must_use]
#[track_caller]
pub const fn grouped(channels: usize, groups: usize, layer: &str) -> usize {
    if !channels.is_multiple_of(groups) {
        let message = Message::EMPTY.text(layer).text(": groups = ").whole(groups as u64).text(" does not divide its ");
        message.whole(channels as u64).text(" channels").panic()
    }
    channels
}

/// Requires that a formula gives what the declaration says: `what` names where.
#[track_caller]
pub const fn same_sizes(what: &str, got: &[usize], wanted: &[usize]) {
    let (mut equal, mut i) = (got.len() == wanted.len(), 0);
    while equal && i < got.len() {
        equal = got[i] == wanted[i];
        i += 1;
    }
    if !equal {
        Message::EMPTY.text(what).text(" is ").dims(got).text(", not ").dims(wanted).panic()
    }
}

impl Message {
    /// `[3, 28, 28]`
    const fn dims(mut self, dims: &[usize]) -> Self {
        let mut i = 0;
        while i < dims.len() {
            self = self.text(if i == 0 { "[" } else { ", " }).whole(dims[i] as u64);
            i += 1;
        }
        self.text("]")
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::{grouped, most, same_sizes, windows};

    fn message(refused: impl FnOnce() + std::panic::UnwindSafe) -> String {
        let panic = std::panic::catch_unwind(refused).expect_err("it is refused");
        panic.downcast_ref::<String>().expect("a message").clone()
    }

    #[test]
    fn what_fits() {
        assert_eq!([windows(9, 2, 3, 2), windows(5, 0, 5, 1), most([3, 7, 5]), grouped(12, 4, "gn")], [5, 1, 7, 12]);
        same_sizes("y", &[8, 4], &[8, 4]);
    }

    #[test]
    fn what_does_not_fit_is_told_with_its_numbers() {
        assert_eq!(message(|| _ = windows(3, 1, 5, 1)), "a kernel that reaches over 5 does not fit 3 positions and 1 of padding");
        assert_eq!(message(|| _ = windows(3, 0, 5, 1)), "a kernel that reaches over 5 does not fit 3 positions");
        assert_eq!(message(|| _ = grouped(6, 4, "gn")), "gn: groups = 4 does not divide its 6 channels");
        assert_eq!(message(|| same_sizes("Net: y", &[1, 28], &[1, 27])), "Net: y is [1, 28], not [1, 27]");
    }
}

//! The one tolerance.

use crate::{Array, Golden};

/// Compares results with a golden file, and remembers everything that is off.
#[derive(Debug)]
pub struct Check<'a> {
    file: &'a Golden,
    relative: f64,
    /// Of gradients.
    floor: f64,
    compared: usize,
    off: Vec<String>,
}

impl<'a> Check<'a> {
    /// Nothing compared yet.
    #[must_use]
    pub fn new(file: &'a Golden) -> Self {
        let relative = file.torch_f32_err.map_or(3e-5, |err| (16.0 * err).clamp(3e-5, 1e-4));
        let gradients = file.tensors.iter().filter(|(name, _)| name.starts_with("grad_") && !name.starts_with("grad_output"));
        let largest = gradients.map(|(_, array)| array.largest()).fold(0.0, f64::max);
        Self { file, relative, floor: 1e-6 * largest, compared: 0, off: Vec::new() }
    }

    /// |x − ref| ≤ t · max|ref| + f, where t is 16 times PyTorch's own error, but at least 3e-5 and at most 1e-4, and f is 1e-6 times the
    /// largest gradient of the file for gradients, 1e-7 otherwise.
    pub fn close(&mut self, what: &str, got: &[f32], reference: &Array) {
        let floor = if what.starts_with("grad") { self.floor } else { 1e-7 };
        let bound = self.relative * reference.largest() + floor;
        self.compared += 1;
        if got.len() != reference.values.len() {
            self.off.push(format!("{what}: {} numbers, PyTorch has {} {:?}", got.len(), reference.values.len(), reference.dims));
            return;
        }
        let off = |(x, r): (&f32, &f64)| (f64::from(*x) - r).abs();
        let pairs = || got.iter().zip(&reference.values);
        let wrong = pairs().filter(|pair| off(*pair) > bound || off(*pair).is_nan()).count();
        if wrong > 0 {
            let worst = pairs().enumerate().max_by(|a, b| off(a.1).total_cmp(&off(b.1)));
            if let Some((i, (x, r))) = worst {
                self.off.push(format!(
                    "{what}: {wrong} of {} are off; at {i} it is {x}, PyTorch's {r}, allowed ±{bound:.3e}",
                    got.len()
                ));
            }
        }
    }

    /// As [`Check::close`], with the tensor of that name, which the file must have.
    pub fn named(&mut self, name: &str, got: &[f32]) {
        self.against(name, name, got);
    }

    /// As [`Check::close`] with a tensor of the file; `what` tells what it is.
    pub fn against(&mut self, name: &str, what: &str, got: &[f32]) {
        match self.file.get(name) {
            Some(reference) => self.close(what, got, reference),
            None => self.off.push(format!("the file has no {name}")),
        }
    }

    /// Something else went wrong.
    pub fn fail(&mut self, text: String) {
        self.off.push(text);
    }

    /// Ends the test.
    ///
    /// # Panics
    /// If anything is off, or nothing was compared.
    #[track_caller]
    pub fn finish(self) {
        let file = self.file.path.display();
        assert!(self.off.is_empty(), "{file}, {} {}\n  {}", self.file.op, self.file.config, self.off.join("\n  "));
        assert!(self.compared > 0, "{file}: nothing was compared");
    }
}

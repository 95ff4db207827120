//! `Flatten`: all numbers as one vector. Nothing runs: it is the same memory.

use crate::graph::{Attributes, BackwardStep, Count, Dispatch, Family, Op, Traits, ValueType};
use crate::layers::{Build, Built, Layer, Param};

/// The layer kind `Flatten`.
#[derive(Debug)]
pub struct Flatten;

impl Layer for Flatten {
    fn name(&self) -> &'static str {
        "Flatten"
    }

    fn short(&self) -> &'static str {
        "flatten"
    }

    fn params(&self) -> &'static [Param] {
        &[]
    }

    fn doc(&self) -> [&'static str; 2] {
        ["anything → `[all]`", ""]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 1)?;
        let (dtype, mut dims) = cx.any_tensor(self, 0)?;
        if dims.len() != 1 {
            dims = vec![Count::product(&dims).into()];
        }
        let output = ValueType::tensor(dtype, dims);
        Some(Built::new(View { attributes: cx.attributes(self) }, [output], Vec::new()))
    }
}

/// A view: the same memory under another shape.
#[derive(Debug)]
pub(super) struct View {
    pub(super) attributes: Attributes,
}

impl Op for View {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn traits(&self) -> Traits {
        Traits { view: true, init: Family::Transparent, ..Traits::default() }
    }

    fn forward(&self) -> Vec<Dispatch> {
        Vec::new()
    }

    fn backward(&self) -> Vec<BackwardStep> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::{Size, ValueType};
    use crate::layers::tests::Case;
    use proc_macro2::{Ident, Span};

    #[test]
    fn one_vector() {
        assert_eq!(Case::new("Flatten", &[&[16, 5, 5]]).gives(), "[400]");
        assert_eq!(Case::new("Flatten", &[&[7]]).gives(), "[7]");
        let ty = Size::Type(Ident::new("In", Span::call_site()));
        assert_eq!(Case::of("Flatten", vec![ValueType::Tensor(vec![ty.clone()])]).gives(), "[In]");
        let image = vec![ty.clone(), Size::Num(4), Size::Num(4)];
        assert_eq!(Case::of("Flatten", vec![ValueType::Tensor(image)]).gives(), "[16 * In]");
    }
}

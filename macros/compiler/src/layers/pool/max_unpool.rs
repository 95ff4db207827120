//! `(x, at) -> MaxUnpool`: puts each number back where `MaxPool(…, indices = true)` took it from; the rest is zero.

use crate::graph::ValueType;
use crate::layers::support::formula::Axis;
use crate::layers::support::window::LIMIT;
use crate::layers::support::{shape_only, tensor};
use crate::layers::{Build, Built, Layer, Param};

/// The layer kind `MaxUnpool`.
#[derive(Debug)]
pub struct MaxUnpool;

const PARAMS: &[Param] =
    &[Param::positional("kernel").int(2), Param::named("stride").same_as("kernel"), Param::named("pad").int(0)];

impl Layer for MaxUnpool {
    fn name(&self) -> &'static str {
        "MaxUnpool"
    }

    fn short(&self) -> &'static str {
        "unpool"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        ["values and their indices → the map they were taken from", ""]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        cx.values(self, 2)?;
        let input = cx.image_at(self, 0)?;
        let numbers = input.iter().fold(1_usize, |n, size| n.saturating_mul(*size));
        let ValueType::Indices { bound, len } = cx.inputs[1] else {
            let text =
                format!("takes values and the indices of where they stood; the second is {}{}", cx.inputs[1], cx.input_line(1));
            return cx.fail_layer(self, text);
        };
        if len != numbers {
            let text = format!("takes an index for each of {numbers} values; there are {len}{}", cx.input_line(1));
            return cx.fail_layer(self, text);
        }
        let kernel = cx.pair("kernel", 1)?;
        let stride = cx.pair("stride", 1)?;
        let pad = cx.pair("pad", 0)?;
        let [channels, height, width] = input;
        let sizes = [0, 1].map(|i| Axis::new(kernel[i], stride[i]).padded((pad[i], pad[i])).transposed([height, width][i], 0));
        match sizes {
            [Some(height), Some(width)] if height.max(width) <= LIMIT && height * width < bound => {
                let text =
                    format!("its output has {height}×{width} positions, but the pool's input had {bound}{}", cx.input_line(1));
                cx.fail_layer(self, text)
            }
            [Some(height), Some(width)] if height.max(width) <= LIMIT => {
                Some(shape_only::built(cx, self, [tensor([channels, height, width])], Vec::new()))
            }
            _ => cx.fail(cx.arg_span("pad"), "the padding leaves nothing of its output, or it is too large"),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn doubles_as_the_pool_halved() {
        let on = |source, bound, len| {
            let values = crate::graph::ValueType::Tensor([32, 8, 8].map(crate::graph::Size::Num).to_vec());
            Case::of(source, vec![values, crate::graph::ValueType::Indices { bound, len }])
        };
        assert_eq!(on("MaxUnpool", 256, 2048).gives(), "[32, 16, 16]");
        assert_eq!(on("MaxUnpool(3, stride = 2, pad = 1)", 225, 2048).gives(), "[32, 15, 15]");
        Case::new("MaxUnpool", &[&[32, 8, 8]]).fails("MaxUnpool", "MaxUnpool takes 2 values; it receives 1");
        Case::new("MaxUnpool", &[&[32, 8, 8], &[32, 8, 8]]).complains("MaxUnpool", "the second is [32, 8, 8]");
        on("MaxUnpool", 256, 1024).complains("MaxUnpool", "takes an index for each of 2048 values; there are 1024");
        on("MaxUnpool", 289, 2048).complains("MaxUnpool", "its output has 16×16 positions, but the pool's input had 289");
    }
}

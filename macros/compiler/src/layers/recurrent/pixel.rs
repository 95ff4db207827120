//! `RowLstm(hidden, kernel, mask, colors, bias)`, `DiagonalBiLstm(hidden, colors, bias)`: the recurrent layers of PixelRNN (van den Oord et al. 2016,
//! arXiv 1601.06759). They are blocks, written in the language (`pixel.fireclay`); here stands what they take.

use crate::layers::shape::elements::view;
use crate::layers::support::tensor;
use crate::layers::{Build, Built, Layer, Param};

/// The blocks.
pub(crate) const BLOCKS: &str = include_str!("pixel.fireclay");

/// The layer kind `RowLstm`.
#[derive(Debug)]
pub struct RowLstm;

/// The layer kind `DiagonalBiLstm`.
#[derive(Debug)]
pub struct DiagonalBiLstm;

const PARAMS: &[Param] = &[
    Param::required("hidden"),
    Param::positional("kernel").int(3),
    Param::named("mask").word("B").words(&["A", "B"]),
    Param::named("colors").int(1),
    Param::named("bias").flag(true),
];

const DIAGONAL: &[Param] = &[Param::required("hidden"), Param::named("colors").int(1), Param::named("bias").flag(true)];

impl Layer for RowLstm {
    fn name(&self) -> &'static str {
        "RowLstm"
    }

    fn short(&self) -> &'static str {
        "row_lstm"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "`[c, h, w]` → `[hidden, h, w]`: an LSTM that goes row by row, whose products are convolutions along the rows, of x with a mask (PixelRNN: van den Oord et al. 2016, arXiv 1601.06759)",
            "`input.weight [4·hidden, c, 1, kernel]`, `input.bias`, `state.weight [4·hidden, hidden, 1, kernel]`",
        ]
    }

    fn is_block(&self) -> bool {
        true
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        let kernel = cx.number("kernel", 1);
        let kernel = kernel?;
        if kernel.is_multiple_of(2) {
            let text = format!("kernel = {kernel} has no middle\n  help: kernel = {}", kernel.saturating_add(1));
            return cx.fail(cx.arg_span("kernel"), text);
        }
        cx.word("mask", &["A", "B"])?;
        of_image(self, cx)
    }
}

impl Layer for DiagonalBiLstm {
    fn name(&self) -> &'static str {
        "DiagonalBiLstm"
    }

    fn short(&self) -> &'static str {
        "diagonal"
    }

    fn params(&self) -> &'static [Param] {
        DIAGONAL
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "`[c, h, w]` → `[hidden, h, w]`: LSTMs along the diagonals, from the left and from the right; each pixel has seen all before it, and itself (the same paper, section 3.2)",
            "`left.input.weight [4·hidden, c, 1, 1]`, `left.input.bias`, `left.state.weight [4·hidden, hidden, 2, 1]`, `right.…`",
        ]
    }

    fn is_block(&self) -> bool {
        true
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        of_image(self, cx)
    }
}

/// What both take: everything that the blocks ask of their arguments.
fn of_image(layer: &dyn Layer, cx: &mut Build<'_>) -> Option<Built> {
    /// The most steps over an image.
    const STEPS: usize = 1024;
    let [channels, height, width] = cx.image(layer)?;
    let (hidden, colors) = (cx.number("hidden", 1), cx.number("colors", 1));
    let (hidden, colors) = (hidden?, colors?);
    cx.flag("bias")?;
    for (count, what, span) in
        [(channels, "input channels", cx.arg_span("colors")), (hidden, "hidden channels", cx.arg_span("hidden"))]
    {
        if !count.is_multiple_of(colors) {
            let line = cx.input_line(0);
            return cx.fail(span, format_args!("its {count} {what} are not as many of each of {colors} colors{line}"));
        }
    }
    if cx.step {
        let text = "goes over a whole image by itself, which `#[fireclay(step)]` does not take apart";
        return cx.fail_layer(layer, text);
    }
    let steps = if layer.params().len() == DIAGONAL.len() { height.saturating_add(width) - 1 } else { height };
    if steps > STEPS {
        let line = cx.input_line(0);
        return cx.fail_layer(layer, format_args!("takes at most {STEPS} steps over an image; here there are {steps}{line}"));
    }
    // The blocks make its operations.
    Some(view(cx.attributes(layer), tensor([hidden, height, width])))
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    #[test]
    fn sizes() {
        assert_eq!(Case::new("RowLstm(16)", &[&[1, 28, 28]]).gives(), "[16, 28, 28]");
        assert_eq!(Case::new("DiagonalBiLstm(6, colors = 3)", &[&[3, 9, 7]]).gives(), "[6, 9, 7]");
    }

    #[test]
    fn mistakes() {
        let on = |source| Case::new(source, &[&[2, 9, 7]]);
        on("r: RowLstm(16, 4)").fails("4", "r: kernel = 4 has no middle\n  help: kernel = 5");
        on("r: RowLstm(16, mask = C)").fails("C", "r: mask takes A or B, not `C`");
        on("r: RowLstm(16, colors = 3)").complains("3", "its 2 input channels are not as many of each of 3 colors");
        on("d: DiagonalBiLstm(5, colors = 2)").complains("5", "its 5 hidden channels are not as many of each of 2 colors");
        Case::new("d: DiagonalBiLstm(5)", &[&[9, 7]])
            .complains("DiagonalBiLstm", "takes [channels, height, width]; it receives [9, 7]");
        Case::new("d: DiagonalBiLstm(5)", &[&[1, 1000, 30]]).complains("DiagonalBiLstm", "takes at most 1024 steps");
    }
}

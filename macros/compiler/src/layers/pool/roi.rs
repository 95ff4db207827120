//! `(map, rois) -> RoiPool(size, scale = 1.0)`, `RoiAlign(size, …)`: every channel of each region as an image of one size, as torchvision's.

use crate::graph::{Arg, Attributes, BackwardStep, Call, Dispatch, Family, Geometry, Inference, Op, Traits, Workspace, kernels};
use crate::layers::support::input::{Image, cross};
use crate::layers::support::tensor;
use crate::layers::support::tokens::{float, number};
use crate::layers::support::window::LIMIT;
use crate::layers::{ArgValue, Build, Built, Layer, Param};
use fireclay_ir::LANES;
use fireclay_ir::geometry::Roi;
use fireclay_ir::sizes::{roi_align_scratch, roi_pool_scratch};
use quote::quote;

/// The layer kind `RoiPool` (Girshick 2015, arXiv 1504.08083).
#[derive(Debug)]
pub struct RoiPool;

/// The layer kind `RoiAlign` (He et al. 2017, arXiv 1703.06870).
#[derive(Debug)]
pub struct RoiAlign;

const POOL: &[Param] = &[Param::required("size"), Param::named("scale").float(1.0)];

const ALIGN: &[Param] = &[
    Param::required("size"),
    Param::named("scale").float(1.0),
    Param::named("sampling_ratio").int(0),
    Param::named("aligned").flag(false),
];

impl Layer for RoiPool {
    fn name(&self) -> &'static str {
        "RoiPool"
    }

    fn short(&self) -> &'static str {
        "roi"
    }

    fn params(&self) -> &'static [Param] {
        POOL
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "`[c, h, w]` and regions `[n, 4]` (x1, y1, x2, y2; times `scale` they are positions of the map) → `[n, c, size, size]`, the largest number of each bin; regions get no \
             gradient (Girshick 2015, arXiv 1504.08083)",
            "",
        ]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        let (input, regions) = (map(cx, self)?, regions(cx, self)?);
        let g = geometry(cx, input, regions, 0, false)?;
        Some(built(RoiOp { attributes: cx.attributes(self), g, align: false }))
    }
}

impl Layer for RoiAlign {
    fn name(&self) -> &'static str {
        "RoiAlign"
    }

    fn short(&self) -> &'static str {
        "roi"
    }

    fn params(&self) -> &'static [Param] {
        ALIGN
    }

    fn doc(&self) -> [&'static str; 2] {
        [
            "as `RoiPool`, the mean of `sampling_ratio`² points of each bin, each between four positions (0: as many as the bin has positions); `aligned` takes the middle of \
             the first position for ½ (He et al. 2017, arXiv 1703.06870)",
            "",
        ]
    }

    fn build(&self, cx: &mut Build<'_>) -> Option<Built> {
        const MOST: usize = 1 << 10;
        let (input, regions) = (map(cx, self)?, regions(cx, self)?);
        let sampling = match cx.value("sampling_ratio") {
            // As torchvision's −1.
            Some((ArgValue::Int(n), _)) if n < 0 => 0,
            _ => cx.number("sampling_ratio", 0)?,
        };
        if sampling > MOST {
            return cx
                .fail(cx.arg_span("sampling_ratio"), format_args!("sampling_ratio = {sampling} is too large: at most {MOST}"));
        }
        let aligned = cx.flag("aligned")?;
        let g = geometry(cx, input, regions, sampling, aligned)?;
        Some(built(RoiOp { attributes: cx.attributes(self), g, align: true }))
    }
}

/// The first of two values.
fn map(cx: &mut Build<'_>, layer: &dyn Layer) -> Option<Image> {
    cx.values(layer, 2)?;
    cx.image_at(layer, 0)
}

/// The number of regions.
fn regions(cx: &mut Build<'_>, layer: &dyn Layer) -> Option<usize> {
    let dims = cx.tensor(layer, 1)?;
    if let [n, 4] = *cx.numbers(layer, 1, &dims)? {
        return Some(n);
    }
    let (ty, line) = (&cx.inputs[1], cx.input_line(1));
    cx.fail_layer(layer, format!("takes a map and regions [n, 4], the corners x1, y1, x2, y2; the second is {ty}{line}"))
}

fn geometry(cx: &mut Build<'_>, input: Image, regions: usize, sampling: usize, aligned: bool) -> Option<Roi> {
    let [channels, height, width] = input;
    let [out_height, out_width] = cx.pair("size", 1)?;
    if out_height.max(out_width) > LIMIT {
        return cx.fail(cx.arg_span("size"), format_args!("an output of {} is too large", cross([out_height, out_width])));
    }
    let scale = cx.float("scale")?;
    if scale <= 0.0 {
        return cx.fail(cx.arg_span("scale"), format_args!("scale = {scale:?} must be greater than 0"));
    }
    Some(Roi { regions, channels, height, width, out_height, out_width, scale, sampling, aligned })
}

fn built(op: RoiOp) -> Built {
    let output = tensor([op.g.regions, op.g.channels, op.g.out_height, op.g.out_width]);
    Built::new(op, [output], Vec::new())
}

#[derive(Debug)]
struct RoiOp {
    attributes: Attributes,
    g: Roi,
    align: bool,
}

impl RoiOp {
    /// The forward pass, which writes where the largest numbers stand to `indices`.
    fn call(&self, indices: Arg) -> Call {
        let (g, x, rois, y, scratch) = (Arg::Geometry, Arg::Input(0), Arg::Input(1), Arg::Output(0), Arg::Scratch);
        if self.align {
            Call::from(kernels::roi_align_forward { g, x, rois, y, scratch })
        } else {
            Call::from(kernels::roi_pool_forward { g, x, rois, y, indices, scratch })
        }
    }
}

impl Op for RoiOp {
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn geometry(&self) -> Option<Geometry> {
        let [regions, channels, height, width] = [self.g.regions, self.g.channels, self.g.height, self.g.width].map(number);
        let [out_height, out_width, sampling] = [self.g.out_height, self.g.out_width, self.g.sampling].map(number);
        let (scale, aligned) = (float(self.g.scale), self.g.aligned);
        let value = quote! {
            __f::k::Roi {
                regions: #regions, channels: #channels, height: #height, width: #width, out_height: #out_height, out_width: #out_width,
                scale: #scale, sampling: #sampling, aligned: #aligned,
            }
        };
        Some(Geometry::new(quote!(__f::k::Roi), value))
    }

    fn traits(&self) -> Traits {
        Traits { init: Family::Transparent, ..Traits::default() }
    }

    fn workspace(&self) -> Workspace {
        let scratch = if self.align { roi_align_scratch(&self.g) } else { roi_pool_scratch(&self.g) };
        // Where the largest number of each bin stands, for the gradient.
        let [regions, channels] = [self.g.regions, self.g.channels];
        let bins = regions.saturating_mul(channels).saturating_mul(self.g.out_height).saturating_mul(self.g.out_width);
        let saved = if self.align { Vec::new() } else { vec![bins.into()] };
        Workspace { saved, scratch: scratch.saturating_mul(LANES).into(), ..Workspace::default() }
    }

    fn forward(&self) -> Vec<Dispatch> {
        vec![Dispatch::Micro(self.call(Arg::Saved(0)))]
    }

    fn infer(&self) -> Inference {
        if self.align { Inference::Same } else { Inference::Calls(vec![self.call(Arg::Null)]) }
    }

    fn backward(&self) -> Vec<BackwardStep> {
        let corners = number(self.g.regions.saturating_mul(4));
        let (len, dx, accumulate) = (Arg::Value(quote!(#corners)), Arg::GradInput(1), Arg::Accumulate(1));
        let none = BackwardStep::input(1, Call::from(kernels::no_gradient { len, dx, accumulate }));
        let (g, rois, dy, dx, accumulate) =
            (Arg::Geometry, Arg::Input(1), Arg::GradOutput(0), Arg::GradInput(0), Arg::Accumulate(0));
        let call = if self.align {
            Call::from(kernels::roi_align_backward { g, rois, dy, dx, accumulate, scratch: Arg::Scratch })
        } else {
            Call::from(kernels::roi_pool_backward { g, indices: Arg::Saved(0), dy, dx, accumulate })
        };
        vec![none, BackwardStep::input(0, call)]
    }
}

#[cfg(test)]
mod tests {
    use crate::layers::tests::Case;

    fn on(source: &str) -> Case {
        Case::new(source, &[&[512, 37, 50], &[128, 4]])
    }

    #[test]
    fn sizes() {
        assert_eq!(on("RoiPool(7, scale = 0.0625)").gives(), "[128, 512, 7, 7]");
        assert_eq!(on("RoiAlign((7, 5), sampling_ratio = -1)").gives(), "[128, 512, 7, 5]");
        let geometry = on("RoiAlign(7, scale = 0.25, sampling_ratio = 2, aligned = true)").built().op.geometry();
        let value = geometry.expect("a constant").value.to_string();
        assert!(value.contains("regions : 128 , channels : 512"), "{value}");
        assert!(value.contains("scale : 0.25 , sampling : 2 , aligned : true"), "{value}");
    }

    #[test]
    fn mistakes() {
        Case::new("RoiPool(7)", &[&[512, 37, 50]]).fails("RoiPool", "RoiPool takes 2 values; it receives 1");
        Case::new("RoiPool(7)", &[&[8, 9, 9], &[128, 5]]).complains("RoiPool", "x1, y1, x2, y2; the second is [128, 5]");
        Case::new("RoiAlign(7)", &[&[128, 4], &[8, 9, 9]]).complains("RoiAlign", "it receives [128, 4]");
        on("RoiPool(0)").complains("0", "size = 0 must be at least 1");
        on("RoiPool(7, scale = 0)").complains("0", "scale = 0.0 must be greater than 0");
        on("RoiAlign(7, sampling_ratio = 5000)").complains("5000", "sampling_ratio = 5000 is too large: at most 1024");
    }
}

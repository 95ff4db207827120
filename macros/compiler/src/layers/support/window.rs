//! The window of a convolution or a pool, which moves over height and width.

use super::formula::Axis;
use super::input::{ImageSizes, cross, tensor_of};
use super::pad;
use super::tokens::{pair, values};
use crate::graph::{Count, Geometry, Size};
use crate::layers::Build;
use proc_macro2::TokenStream;
use quote::quote;

/// A window over an image, all its own sizes known.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    /// Height and width.
    pub(crate) axes: [Axis; 2],
    /// The output's height and width.
    pub(crate) out: [Size; 2],
    /// The last window may hang over the end (pools).
    ceil: bool,
    /// The window of a pool, whose padding is at most half of it.
    pool: bool,
    /// Windows share the image evenly, as far as that goes.
    adaptive: bool,
}

/// The largest extent of an axis: keeps every product of two within `u64`.
pub(crate) const LIMIT: usize = 1 << 30;

/// The axes of the arguments `kernel`, `stride`, `dilation`, without padding.
pub(crate) fn axes(cx: &mut Build<'_>) -> Option<[Axis; 2]> {
    let kernel = cx.pair("kernel", 1);
    // A pool's stride is its kernel where none is given: it would fail for the same reason.
    let own_stride = kernel.is_some() || cx.args.get("stride").is_some();
    let stride = if own_stride { cx.pair("stride", 1) } else { None };
    let dilation = if cx.takes("dilation") { cx.pair("dilation", 1) } else { Some([1, 1]) };
    let (kernel, stride, dilation) = (kernel?, stride?, dilation?);
    Some([0, 1].map(|i| Axis { kernel: kernel[i], stride: stride[i], dilation: dilation[i], before: 0, after: 0 }))
}

impl Window {
    /// One window over the whole image.
    pub(crate) fn whole(sizes: [&Size; 2]) -> Self {
        Self::adaptive(sizes, [&Size::Num(1), &Size::Num(1)])
    }

    /// So many windows that share an image: side by side where that goes.
    pub(crate) fn adaptive(sizes: [&Size; 2], out: [&Size; 2]) -> Self {
        let even = |i: usize| match (sizes[i].num(), out[i].num()) {
            (Some(size), Some(out)) => size.is_multiple_of(out).then(|| size / out),
            _ => (sizes[i] == out[i]).then_some(1),
        };
        let axes = if let (Some(height), Some(width)) = (even(0), even(1)) { Some([height, width]) } else { None };
        let adaptive = axes.is_none();
        let axes = axes.map_or([Axis::new(1, 1); 2], |axes| axes.map(|kernel| Axis::new(kernel, kernel)));
        Self { axes, out: out.map(Clone::clone), ceil: false, pool: true, adaptive }
    }

    /// Windows over time alone, which give so many steps: over `[time, features]` as an image of one channel.
    pub(crate) fn over_time(axis: Axis, steps: Size, features: Size) -> Self {
        Self { axes: [axis, Axis::new(1, 1)], out: [steps, features], ceil: false, pool: true, adaptive: false }
    }

    /// Whether it is 2×2, side by side, and what fills no window is left out.
    pub(crate) fn halves(&self, [_, height, width]: &ImageSizes) -> bool {
        let two = |axis: &Axis| [axis.kernel, axis.stride, axis.before, axis.dilation] == [2, 2, 0, 1];
        let half = |size: &Size, out: &Size| size.num().is_some_and(|n| out.num() == Some(n / 2));
        !self.adaptive && self.axes.iter().all(two) && half(height, &self.out[0]) && half(width, &self.out[1])
    }

    /// The window of a convolution.
    pub(crate) fn conv(cx: &mut Build<'_>, input: &ImageSizes, filters: &Size) -> Option<Self> {
        let axes = axes(cx)?;
        let axes = padded(cx, axes, input)?;
        let window = Self { axes, out: [Size::Num(0), Size::Num(0)], ceil: false, pool: false, adaptive: false };
        window.fitted(cx, input, filters)
    }

    /// The window of a pool.
    pub(crate) fn pool(cx: &mut Build<'_>, input: &ImageSizes) -> Option<Self> {
        let axes = axes(cx)?;
        let axes = padded(cx, axes, input)?;
        let ceil = cx.flag("ceil")?;
        for axis in &axes {
            let (most, most_allowed) = (axis.before.max(axis.after), axis.extent() / 2);
            if most > most_allowed {
                let kernel = cross(axes.map(|axis| axis.extent()));
                let text = format!("pad = {most} is more than half of its {kernel} window: at most {most_allowed} fits");
                return cx.fail(cx.arg_span("pad"), text);
            }
        }
        let window = Self { axes, out: [Size::Num(0), Size::Num(0)], ceil, pool: true, adaptive: false };
        let window = window.fitted(cx, input, &input[0])?;
        for (i, side) in ["rows", "columns"].into_iter().enumerate() {
            let (axis, size) = (&window.axes[i], &input[i + 1]);
            let blind = match (size.num(), window.out[i].num()) {
                (Some(n), Some(outputs)) => axis.blind_window(n, outputs),
                // Padding of half a window is seen by none alone, unless its positions are spread.
                _ if axis.dilation > 1 && axis.before + axis.after > 0 => {
                    let text = format!("not yet: padding and dilation over {size}, a size that is a type\n  help: pad = 0");
                    return cx.fail(cx.arg_span("dilation"), text);
                }
                _ => None,
            };
            if let Some(window) = blind {
                let text = format!(
                    "window {window} over the {size} {side} sees padding only{}\n  help: a smaller dilation, or a smaller pad",
                    cx.input_line(0)
                );
                return cx.fail(cx.arg_span("dilation"), text);
            }
        }
        Some(window)
    }

    /// The window with the size of its output; reports a kernel that does not fit.
    fn fitted(mut self, cx: &mut Build<'_>, input: &ImageSizes, channels: &Size) -> Option<Self> {
        let out = |i: usize| match &input[i + 1] {
            Size::Num(n) => self.axes[i].pool(*n, self.ceil).map(Size::Num),
            size => self.axes[i].over(size),
        };
        if let Some(size) = input[1..].iter().find(|size| self.ceil && size.num().is_none()) {
            let text = format!("not yet: ceil = true over {size}, a size that is a type");
            return cx.fail(cx.arg_span("ceil"), text);
        }
        match (out(0), out(1)) {
            (Some(height), Some(width)) if height.num().max(width.num()) <= Some(LIMIT) => {
                self.out = [height, width];
                Some(self)
            }
            (Some(height), Some(width)) => {
                cx.fail(cx.arg_span("pad"), format_args!("an output of {height}×{width} is too large"))
            }
            _ => {
                let text = self.too_large(cx, input, channels);
                cx.fail(cx.arg_span("kernel"), text)
            }
        }
    }

    /// The message `a 5×5 kernel does not fit its 4×4 input`, with arguments that would.
    fn too_large(&self, cx: &Build<'_>, [_, height, width]: &ImageSizes, channels: &Size) -> String {
        // A size that is a type takes any kernel: it is not what does not fit.
        let sizes = [height, width].map(Size::num);
        let shown = [height, width].map(ToString::to_string).join("×");
        let axes = &self.axes;
        let kernel = cross(axes.map(|axis| axis.kernel));
        let reach = match axes.map(|axis| axis.dilation) {
            [1, 1] => String::new(),
            _ => format!(" reaches over {}, which", cross(axes.map(|axis| axis.extent()))),
        };
        let pad = show_pad(axes);
        let most = [0, 1].map(|i| sizes[i].map_or("…".to_owned(), |n| axes[i].largest_kernel(n).to_string())).join("×");
        let line = cx.input_line(0);
        let help = self.ways_out(sizes.map(|n| n.unwrap_or(LIMIT)), [height, width], channels).join("; ");
        format!(
            "a {kernel} kernel{reach} does not fit its {shown} input{line}\n  with pad = {pad} the kernel may be at most {most}\n  help: {help}"
        )
    }

    /// Arguments with which the window fits, each with the output.
    fn ways_out(&self, sizes: [usize; 2], written: [&Size; 2], channels: &Size) -> Vec<String> {
        let outputs = |axes: [Axis; 2]| {
            let [height, width] = [0, 1].map(|i| match written[i] {
                Size::Num(n) => axes[i].pool(*n, self.ceil).map(Size::Num),
                size => axes[i].over(size),
            });
            Some(tensor_of([channels.clone(), height?, width?]))
        };
        let with_pad = |pad: usize| outputs(self.axes.map(|axis| axis.padded((pad, pad))));
        let most = self.axes.map(|axis| if self.pool { axis.extent() / 2 } else { axis.extent() });
        let smallest = [0, 1].map(|i| self.axes[i].extent().saturating_sub(sizes[i]).div_ceil(2)).into_iter().max().unwrap_or(0);
        let mut ways = Vec::new();
        if smallest <= most[0].min(most[1])
            && let Some(shape) = with_pad(smallest)
        {
            ways.push(format!("pad = {smallest} gives {shape}"));
        }
        let same = [0, 1].map(|i| self.axes[i].padded(self.axes[i].same(sizes[i])));
        let same_fits = (0..2).all(|i| same[i].after <= most[i]);
        if same_fits && let Some(shape) = outputs(same) {
            ways.push(format!("pad = same gives {shape}"));
        }
        if ways.is_empty() {
            let kernel = [0, 1].map(|i| self.axes[i].largest_kernel(sizes[i]));
            ways.push(format!("a kernel of at most {}", cross(kernel)));
        }
        ways
    }

    /// A field of both axes.
    fn both(&self, field: impl Fn(&Axis) -> usize) -> [usize; 2] {
        [field(&self.axes[0]), field(&self.axes[1])]
    }

    /// The geometry of a pool: `__f::k::Pool { … }`.
    pub(crate) fn pool_geometry(&self, [channels, height, width]: &ImageSizes, count_pad: bool) -> Geometry {
        let [channels, height, width] = values([channels, height, width]);
        let [out_height, out_width] = values(self.out.each_ref());
        let [kernel, stride, dilation]: [TokenStream; 3] =
            [|a: &Axis| a.kernel, |a: &Axis| a.stride, |a: &Axis| a.dilation].map(|f| pair(self.both(f)));
        let (pad, pad_after) = (pair(self.both(|a| a.before)), pair(self.both(|a| a.after)));
        let adaptive = self.adaptive;
        Geometry::new(
            quote!(__f::k::Pool),
            quote! {
                __f::k::Pool {
                    channels: #channels, height: #height, width: #width, out_height: #out_height, out_width: #out_width,
                    kernel: #kernel, stride: #stride, pad: #pad, pad_after: #pad_after, dilation: #dilation, count_pad: #count_pad,
                    adaptive: #adaptive,
                }
            },
        )
    }
}

/// The axes with the argument `pad`.
fn padded(cx: &mut Build<'_>, axes: [Axis; 2], [_, height, width]: &ImageSizes) -> Option<[Axis; 2]> {
    let pads = pad::image(cx, [&axes[0], &axes[1]])?;
    let (rows, columns) = (pads[0].sides_of(cx, &axes[0], height)?, pads[1].sides_of(cx, &axes[1], width)?);
    Some([axes[0].padded(rows), axes[1].padded(columns)])
}

impl Axis {
    /// The outputs over a size that may be a type; `None` where it is a number and the kernel does not fit.
    pub(crate) fn over(&self, size: &Size) -> Option<Size> {
        Count::from(size.clone()).windows(self.before + self.after, self.extent(), self.stride).map(Size::from)
    }

    /// The outputs of a transposed convolution over a size that is a type, where a number says whether anything is left:
    /// `stride·n + (output_pad + extent − stride − pads)`.
    pub(crate) fn transposed_over(&self, size: &Size, output_pad: usize) -> Size {
        let (more, less) = (output_pad + self.extent(), self.stride + self.before + self.after);
        let written = Count::from(size.clone()).times(&self.stride.into());
        match more.checked_sub(less) {
            Some(more) => written.plus(&more.into()).into(),
            None => written.less(less - more).into(),
        }
    }
}

/// The padding as one would write it: `0`, `(1, 2)`, `((0, 1), (0, 1))`.
fn show_pad(axes: &[Axis; 2]) -> String {
    let [[top, bottom], [left, right]] = axes.map(|axis| [axis.before, axis.after]);
    if top == bottom && left == right {
        if top == left { top.to_string() } else { format!("({top}, {left})") }
    } else {
        format!("(({top}, {bottom}), ({left}, {right}))")
    }
}

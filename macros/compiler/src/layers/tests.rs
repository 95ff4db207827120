//! What the tests of layers are written with: a layer in the words of the source; and a test of all layers.

use super::support::tensor;
use super::{ArgValue, Args, Build, Built, LAYERS, Layer, find};
use crate::graph::{Size, ValueType, wrong_dtype};
use crate::report::Report;
use fireclay_ir::Dtype;
use proc_macro2::Span;
use std::rc::Rc;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr, Ident, Lit, Token};

/// A layer with its inputs.
pub(crate) struct Case {
    layer: Ident,
    label: String,
    inputs: Vec<ValueType>,
    origins: Vec<String>,
    input_spans: Vec<Span>,
    args: Args,
}

impl Case {
    /// `conv1: Conv(6, 5, pad = 2)`, applied to tensors of these sizes.
    pub(crate) fn new(source: &str, inputs: &[&[usize]]) -> Self {
        let inputs: Vec<ValueType> = inputs.iter().map(|dims| tensor(dims.iter().copied())).collect();
        Self::of(source, inputs)
    }

    /// The same, applied to values of any type.
    pub(crate) fn of(source: &str, inputs: Vec<ValueType>) -> Self {
        let read = |input: ParseStream<'_>| {
            let mut layer = input.call(Ident::parse_any)?;
            let mut label = layer.to_string();
            if input.peek(Token![:]) {
                input.parse::<Token![:]>()?;
                layer = input.parse()?;
            } else {
                label = layer.to_string();
            }
            let mut args = Punctuated::<Expr, Token![,]>::new();
            if input.peek(syn::token::Paren) {
                let content;
                syn::parenthesized!(content in input);
                args = Punctuated::parse_terminated(&content)?;
            }
            Ok((layer, label, args))
        };
        let (layer, label, given) = read.parse_str(source).expect("a layer");
        let params = find(&layer.to_string()).expect("a known layer").params();
        let mut args = Args::default();
        for (i, arg) in given.iter().enumerate() {
            match arg {
                Expr::Assign(assign) => {
                    let name = word(&assign.left).expect("a name");
                    args.set(&name, value(&assign.right, name == "like"), assign.right.span());
                }
                expr => args.set(params[i].name, value(expr, false), expr.span()),
            }
        }
        let parts: Punctuated<Ident, Token![,]> =
            Punctuated::parse_separated_nonempty.parse_str("part0, part1, part2, part3, part4").expect("names");
        let input_spans = parts.iter().take(inputs.len()).map(Ident::span).collect();
        let origins = (0..inputs.len()).map(|i| format!("from stage{i}")).collect();
        Self { layer, label, inputs, origins, input_spans, args }
    }

    /// An unusual label: that of an operator is `main + skip`.
    pub(crate) fn label(mut self, label: &str) -> Self {
        self.label = label.to_owned();
        self
    }

    /// Where the first value comes from.
    pub(crate) fn origin(mut self, origin: &str) -> Self {
        self.origins[0] = origin.to_owned();
        self
    }

    /// Calls something that takes a [`Build`].
    pub(crate) fn with<T>(&self, f: impl FnOnce(&mut Build<'_>) -> T) -> T {
        self.run(f).0
    }

    fn run<T>(&self, f: impl FnOnce(&mut Build<'_>) -> T) -> (T, Report) {
        let mut report = Report::default();
        let result = f(&mut Build {
            step: false,
            exact: false,
            inputs: &self.inputs,
            origins: &self.origins,
            input_spans: &self.input_spans,
            args: &self.args,
            params: find(&self.layer.to_string()).expect("a known layer").params(),
            span: self.layer.span(),
            label: &self.label,
            report: &mut report,
        });
        (result, report)
    }

    /// What it builds: there must be no message.
    pub(crate) fn built(&self) -> Built {
        let layer = find(&self.layer.to_string()).expect("a known layer");
        let (built, report) = self.run(|cx| layer.build(cx));
        assert!(report.is_clean(), "{:?}", report.messages());
        built.expect("nothing was reported")
    }

    /// The outputs as text: `[6, 28, 28]`.
    pub(crate) fn gives(&self) -> String {
        let outputs: Vec<String> = self.built().outputs.iter().map(ToString::to_string).collect();
        outputs.join(" ")
    }

    /// The parameters as text: `weight[6, 1, 5, 5] bias[6]`.
    pub(crate) fn params(&self) -> String {
        let params: Vec<String> =
            self.built().params.iter().map(|p| format!("{}{}", p.name, crate::graph::show(&p.dims))).collect();
        params.join(" ")
    }

    /// The messages, each as the token it stands on and the text.
    pub(crate) fn errors(&self) -> Vec<(String, String)> {
        let layer = find(&self.layer.to_string()).expect("a known layer");
        let (built, report) = self.run(|cx| layer.build(cx));
        assert!(built.is_none() && !report.is_clean(), "{:?} gives {built:?}", self.layer);
        report.messages().iter().map(|m| (m.span.source_text().unwrap_or_default(), m.text.clone())).collect()
    }

    /// The only message must stand on this token and say this.
    #[track_caller]
    pub(crate) fn fails(&self, token: &str, text: &str) {
        assert_eq!(self.errors(), [(token.to_owned(), text.to_owned())]);
    }

    /// The only message must stand on this token and contain this.
    #[track_caller]
    pub(crate) fn complains(&self, token: &str, text: &str) {
        let errors = self.errors();
        assert!(errors.len() == 1 && errors[0].0 == token && errors[0].1.contains(text), "{errors:?}");
    }
}

fn word(expr: &Expr) -> Option<String> {
    let Expr::Path(path) = expr else { return None };
    path.path.get_ident().map(ToString::to_string)
}

fn value(expr: &Expr, like: bool) -> ArgValue {
    let list = |items: &Punctuated<Expr, Token![,]>| items.iter().map(|item| value(item, false)).collect::<Vec<_>>();
    match expr {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Int(n) => ArgValue::Int(n.base10_parse().expect("a number")),
            Lit::Float(x) => ArgValue::Float(x.base10_parse().expect("a number")),
            Lit::Bool(b) => ArgValue::Bool(b.value),
            _ => panic!("not a number"),
        },
        Expr::Unary(unary) => match value(&unary.expr, false) {
            ArgValue::Int(n) => ArgValue::Int(-n),
            ArgValue::Float(x) => ArgValue::Float(-x),
            other => panic!("-{other}"),
        },
        Expr::Tuple(tuple) => ArgValue::Tuple(list(&tuple.elems)),
        Expr::Array(array) if like => {
            let sizes = list(&array.elems).into_iter().map(|size| match size {
                ArgValue::Int(n) => usize::try_from(n).expect("a size"),
                other => panic!("{other}"),
            });
            ArgValue::Value(tensor(sizes))
        }
        Expr::Array(array) => ArgValue::List(list(&array.elems)),
        Expr::Range(range) => {
            let end = |end: &Option<Box<Expr>>| match value(end.as_ref()?, false) {
                ArgValue::Int(n) => Some(n),
                other => panic!("{other}"),
            };
            ArgValue::Range(end(&range.start), end(&range.end))
        }
        Expr::Infer(_) => ArgValue::Wild,
        expr => {
            let name = word(expr).expect("a word");
            // Types begin with a capital and have more letters than the words `A` and `B`.
            if name.len() > 1 && name.starts_with(char::is_uppercase) {
                ArgValue::Type(Size::Type(Ident::new(&name, expr.span())))
            } else {
                ArgValue::Word(name)
            }
        }
    }
}

/// Numbers that repeat.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % n
    }

    fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }

    fn value(&mut self, words: &[&str], depth: usize) -> ArgValue {
        match self.below(if depth == 0 { 10 } else { 12 }) {
            0..=4 => ArgValue::Int(self.pick(&[1, 2, 3, 4, 5, 8])),
            5 => ArgValue::Int(self.pick(&[0, -1, 1 << 29, i64::MAX, i64::MIN])),
            6 => ArgValue::Float(self.pick(&[0.5, 0.0, -1.0, 1e300, f64::NAN])),
            7 => ArgValue::Bool(self.below(2) == 0),
            8 if !words.is_empty() => ArgValue::Word(self.pick(words).to_owned()),
            9 => self.pick(&[
                ArgValue::Wild,
                ArgValue::Range(Some(0), Some(4)),
                ArgValue::Range(None, Some(-1)),
                ArgValue::Type(Size::Type(Ident::new("Out", Span::call_site()))),
                ArgValue::Value(tensor([4, 9, 9])),
                ArgValue::Word("unheard".to_owned()),
            ]),
            n => {
                let items = (0..self.below(4)).map(|_| self.value(words, depth.saturating_sub(1))).collect();
                if n % 2 == 0 { ArgValue::Tuple(items) } else { ArgValue::List(items) }
            }
        }
    }

    fn input(&mut self) -> ValueType {
        let size = |dice: &mut Self| match dice.below(12) {
            0 => Size::Type(Ident::new("In", Span::call_site())),
            1 => Size::Num(dice.pick(&[1 << 29, 1 << 40])),
            n => Size::Num(n),
        };
        match self.below(12) {
            0 => ValueType::Indices { bound: 9, len: 4 },
            1 => ValueType::Index { bound: 9 },
            2..=3 => ValueType::Tensor(vec![size(self)]),
            4..=5 => ValueType::Tensor(vec![size(self), size(self)]),
            6 => ValueType::Tensor(vec![size(self), size(self), size(self), size(self)]),
            7 => tensor([4, 9, 9]),
            8 => ValueType::Typed(Dtype::I8, vec![size(self), size(self), size(self)]),
            _ => ValueType::Tensor(vec![size(self), size(self), size(self)]),
        }
    }
}

/// Calls every method of an operation.
fn ask(layer: &dyn Layer, inputs: &[ValueType], built: &Built) {
    let op = &built.op;
    assert_eq!(wrong_dtype(&**op, inputs, &built.outputs), None);
    assert_eq!(wrong_dtype(&*crate::passes::select::training::of(Rc::clone(op)), inputs, &built.outputs), None);
    for op in [Some(Rc::clone(op)), op.freeze()].into_iter().flatten() {
        assert!(
            op.attributes().to_string().starts_with(layer.name())
                || op.attributes().to_string().contains(['+', '-', '*', '/', '<', '>']),
            "{}",
            op.attributes().to_string()
        );
        let _ = (
            op.macs(),
            op.geometry(),
            crate::passes::select::product::packed(&*op),
            crate::passes::select::explain::training(&*op),
            crate::passes::select::training::of(Rc::clone(&op)),
            op.workspace(),
            op.infer(),
            op.backward(),
        );
        let runs = !op.forward().is_empty();
        assert!(runs != op.traits().view, "{}", op.attributes().to_string());
    }
    assert!(!built.outputs.is_empty());
    let sizes = built.outputs.iter().filter_map(ValueType::dims).chain(built.params.iter().map(|p| p.dims.as_slice()));
    assert!(sizes.flatten().all(|size| size.num() != Some(0)), "{built:?}");
}

#[test]
fn no_layer_panics_and_every_refusal_says_why() {
    let mut dice = Dice(7);
    for layer in LAYERS.iter() {
        let mut good = 0;
        for _ in 0..20_000 {
            let inputs: Vec<ValueType> = if dice.below(20) == 0 {
                vec![tensor([4, 9, 9]), ValueType::Indices { bound: 18 * 18, len: 4 * 9 * 9 }]
            } else if dice.below(20) == 0 {
                vec![tensor([4, 9, 9]), tensor([3, 4])]
            } else if dice.below(20) == 0 {
                vec![tensor([8, 3, 5]), tensor([2, 3, 5])]
            } else if dice.below(3) == 0 {
                let one = dice.input();
                vec![one; 1 + dice.below(3)]
            } else {
                (0..1 + dice.below(4) / 3).map(|_| dice.input()).collect()
            };
            let mut args = Args::default();
            for param in layer.params() {
                let one_of = if param.is_required() { 20 } else { 8 };
                if (dice.below(one_of) == 0) != param.is_required() {
                    args.set(param.name, dice.value(param.words, 1), Span::call_site());
                }
            }
            let origins: Vec<String> = inputs.iter().map(|_| "from somewhere".to_owned()).collect();
            let input_spans = vec![Span::call_site(); inputs.len()];
            let mut report = Report::default();
            let built = layer.build(&mut Build {
                step: false,
                exact: false,
                inputs: &inputs,
                origins: &origins,
                input_spans: &input_spans,
                args: &args,
                params: layer.params(),
                span: Span::call_site(),
                label: layer.name(),
                report: &mut report,
            });
            assert_eq!(built.is_some(), report.is_clean(), "{} {inputs:?} {args:?} {:?}", layer.name(), report.messages());
            assert!(report.messages().iter().all(|m| m.text.starts_with(layer.name())), "{:?}", report.messages());
            if let Some(built) = built {
                good += 1;
                ask(*layer, &inputs, &built);
            }
        }
        // Few random lists of sizes have the right count, and few ranges lie inside.
        let enough = match layer.name() {
            // They take no value.
            "zeros" | "ones" | "Param" => 0,
            "Reshape" | "Slice" | "Permute" | "matmul" => 1,
            _ => 80,
        };
        assert!(good >= enough, "{} was built {good} times only", layer.name());
    }
}

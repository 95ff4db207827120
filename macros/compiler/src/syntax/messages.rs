//! The wordings about syntax.

use proc_macro2::Ident;

/// `"same size"`
pub const STRING: &str = "a string has no meaning here";

/// `pad: 1`
pub fn colon_argument(name: &Ident, value: &str) -> String {
    format!("an argument takes `=`, not `:`\n  help: `{name} = {value}`")
}

/// `[20; 12]`
pub fn bound_alone(bound: &str, len: &str) -> String {
    format!("indices state where they begin and end\n  help: indices below {bound} are written `[0..{bound}; {len}]`")
}

/// `[f32; 16]`
pub fn element_type(sizes: &str) -> String {
    format!("numbers are always f32, which is not written\n  help: sizes alone: `[{sizes}]`")
}

/// `conv-1:`, `"conv1":`
pub fn label_spelling(what: &str, meant: &Ident, quoted: bool) -> String {
    let rule = if quoted { "stands without quotes" } else { "is one identifier" };
    format!("{what} {rule}\n  help: `{meant}`")
}

/// `Dense(10)(x)`
pub fn applied(value: &str, layer: &str) -> String {
    format!("a layer stands right of `->`\n  help: `{value} -> {layer}`")
}

/// `Sequential(Conv(8, 3), Relu)`
pub fn sequential(name: &Ident, stages: &str) -> String {
    format!("stages stand in a list, without `{name}`\n  help: `[{stages}]`")
}

/// `for i in 0..3 { Relu }`
pub fn for_loop(stages: &str, over: &str) -> String {
    format!("a repetition is a list\n  help: `[{stages}; {over}]`")
}

/// `x -> Dense(32), Relu`
pub fn comma_between_stages(stages: &str) -> String {
    format!("stages are joined by `->`\n  help: `-> {stages}`")
}

/// `8usize`
pub fn suffix(digits: &str) -> String {
    format!("a number has no suffix here\n  help: `{digits}`")
}

/// After a complete stage.
pub fn sum_after_stage(left: &str, op: char, right: &str) -> String {
    format!("`{left} {op} {right}`: right of `->` stands a layer, not a sum\n  help: ({left}) {op} {right}")
}

/// `const N: usize = 16;`
pub fn typed_constant(name: &Ident, value: &str) -> String {
    format!("a constant of a network has no type\n  help: `const {name} = {value};`")
}

/// `<const N: usize>`
pub fn const_parameter(name: &Ident) -> String {
    format!("a size that is a parameter is a type here, of the trait `Dim`\n  help: `<{name}: Dim>`, given as `Const<128>`")
}

/// `<In>`
pub fn bare_parameter(name: &Ident) -> String {
    format!("a parameter of a network is a size, of the trait `Dim`\n  help: `<{name}: Dim>`")
}

/// `nn.Linear(10)`
pub fn module(code: &str) -> String {
    format!("layers and operations stand without a module before them\n  help: `{code}`")
}

/// `x.flatten()`
pub fn method(help: Option<&str>) -> String {
    let help = help.map(|help| format!("\n  help: {help}")).unwrap_or_default();
    format!("a value has no methods: a layer stands right of `->`{help}")
}

/// `weight_norm(Conv(8, 3))`
pub fn wrapper(name: &Ident, help: &str) -> String {
    format!("no layer or block is called `{name}`\n  help: {help}")
}

/// `x -> Block<Const<8>>`
pub const TYPE_ARGUMENTS: &str = "right of `->` a name has no type parameters\n  help: a layer and a block take arguments in parentheses; a network with type parameters inside another one is written as a block, which takes values of any size";

/// `Dense 10`
pub fn bare_argument(name: &Ident) -> String {
    format!("arguments stand in parentheses: `{name}(…)`")
}

/// After a stage that is not followed by anything that may follow.
pub const AFTER_STAGE: &str = "after a layer stands `->`, `as [sizes]`, `,` or `;`";
/// `if` beside an operator.
pub const IF_OPERAND: &str = "`if` is not an operand\n  help: bind it first: `let a = if … { … } else { … };`";
/// `{ }`
pub const EMPTY_BODY: &str = "this body is empty\n  help: a body is a flow: `x -> Dense(10)`";
/// `return x`
pub const RETURN: &str = "a body ends with its flow, without `return`\n  help: remove `return`";
/// `for i in 0..3 { … }` in a body.
pub const FOR_STATEMENT: &str =
    "a body has no loops: a repetition is a stage\n  help: `x -> [Relu; 3]`, or `x -> [Dense(8 << i); i in 0..3]`";
/// `x, y`
pub const BARE_TUPLE: &str = "several values stand in parentheses\n  help: `(first: x, second: y)`";
/// `out[-1]`
pub const INDEX: &str = "a value has no index\n  help: the last step of a sequence is `-> Step(last)`, which a recurrent layer gives with `last = true`; `split` gives parts";
/// No final flow.
pub const NO_RESULT: &str = "a body ends with the flow it results in, without `;`";
/// A `;` behind it.
pub const RESULT_SEMICOLON: &str = "a body ends with the flow it results in, without `;`\n  help: remove the `;`";
/// A missing semicolon.
pub const MISSING_SEMICOLON: &str = "a `let` ends with `;`";
/// `<'a>`
pub const LIFETIME: &str = "a network borrows nothing, so it has no lifetimes\n  help: a size is `<In: Dim>`";
/// `;` where nothing ends with it.
pub const STRAY_SEMICOLON: &str = "nothing ends here\n  help: remove this `;`";
/// `x -> Relu; -> Dense(4)`
pub const GOES_ON: &str = "this `;` ends the flow, and `->` goes on with it\n  help: remove the `;`";
/// `true:`
pub const LABEL_LITERAL: &str = "`true` and `false` are literals, no names\n  help: another name, such as `yes`";
/// `let mut`.
pub const LET_MUT: &str = "nothing in a network is changed: `let` without `mut` (a name may be bound again)";
/// `label = Layer`.
pub const LABEL_EQUALS: &str = "a label is followed by `:`, not `=`";
/// Labels beginning with digits.
pub const LABEL_DIGIT: &str = "a label starts with a letter";
/// Paths as labels.
pub const LABEL_RESERVED: &str = "this word cannot be a label: Rust keeps it for itself";
/// Arrows.
pub const ARROW: &str = "the arrow between layers is `->`";
/// Not an item.
pub const ITEM: &str = "expected a network such as `pub Name(x: [784]) -> [10] { … }`, or `block`, `default`, `const`";
/// `fn`.
pub const FN: &str = "a network is declared without `fn`\n  help: `pub Name(x: [784]) -> [10] { … }`";
/// `struct`.
pub const STRUCT: &str = "a network is declared without `struct`\n  help: `pub Name(x: [784]) -> [10] { … }`";
/// Nothing at all.
pub const EMPTY: &str = "nothing is declared here\n  help: `pub Name(x: [784]) -> [10] { x -> fc: Dense(10) }`";
/// `pub Sliding = Window;`
pub const LIKE: &str =
    "a network that is another one at other sizes names its inputs\n  help: `pub Large = Small(image: [1, 64, 64]);`";
/// `weight = tie(3)`
pub const TIE: &str = "`tie` takes a label, such as `tie(fc)` or `tie(encoder.fc)`";
/// `x -> each`
pub const EACH: &str = "`each` and `scan` take stages\n  help: `each(Dense(64) -> Relu)`, `scan(Cell(64))`";
/// `..a: x`
pub const SPLICE_NAME: &str =
    "`..` puts in the values of a tuple, with the names that they have: there is no name for all of them";
/// `pub use path::Block;`
pub const USE: &str = "`use` brings a block into this `network!` alone: it has no `pub`";
/// `use zoo::{A, B};`, `use zoo::*;`
pub const USE_ONE: &str = "`use` brings one block\n  help: `use zoo::Basic;`, or `use zoo::Basic as Residual;`";
/// No outputs.
pub const NO_OUTPUTS: &str = "a network promises its outputs\n  help: `-> [10]` or `-> (class: [10], corners: [4])`";
/// No inputs.
pub const NO_INPUTS: &str = "a network takes at least one input\n  help: `(image: [1, 28, 28])`";
/// Not an output attribute.
pub const OUTPUT_ATTRIBUTE: &str = "an output has no attribute but `#[train]` and `#[cfg(…)]`";
/// Not a stage attribute.
pub const STAGE_ATTRIBUTE: &str = "a stage has no attribute but `#[frozen]` and `#[cfg(…)]`";
/// Sizes in brackets.
pub const VALUE_TYPE: &str = "expected sizes in brackets: `[1, 28, 28]`, `[0..96; 64]` or `[0..10]`";
/// A missing comma between arguments.
pub const COMMA: &str = "expected `,` between arguments";
/// Several elements repeated.
pub const REPEAT_SEVERAL: &str = "only one element can be repeated\n  help: make it one with `->`: `[A -> B; 2]`";
/// An empty list.
pub const EMPTY_LIST: &str = "a list has at least one element";
/// Not a stage.
pub const STAGE: &str = "right of `->` stands a layer, a block, a list, a label used again, or `net Name`";
/// Not a flow.
pub const FLOW: &str = "expected a value, such as `x`, `x -> Relu` or `concat(a, b)`";
/// Not a term.
pub const TERM: &str = "expected a number, a word, or an expression of them";
/// Large numbers.
pub const TOO_LARGE: &str = "this number is too large";
/// Operators on values that have none.
pub const VALUE_OPERATOR: &str = "values are combined with `+`, `-`, `*` and `/`";
/// After `a < b` another comparison.
pub const COMPARED_TWICE: &str = "a comparison compares two values; put parentheses around the first";
/// Missing `else`.
pub const NO_ELSE: &str = "an `if` that gives a value needs an `else`\n  help: as a stage, `-> if c { Relu }` may do without";
/// `block` syntax.
pub const BLOCK: &str = "a block is `block Name(x; channels, stride = 1) { … }`: values before `;`, numbers after";
/// Something behind the final flow.
pub const AFTER_RESULT: &str =
    "nothing may follow the flow that a body results in\n  help: bind what comes before it: `let a = …;`";
/// Left of `=`.
pub const PATTERN: &str = "expected a name, `_`, or `(a, b)`";
/// Between the elements of a tuple.
pub const TUPLE: &str = "expected `,` or `)`";
/// After `default` and `const`.
pub const SEMICOLON: &str = "expected `;`";
/// No braces.
pub const BODY: &str = "expected `{` and what the network does";
/// Between inputs.
pub const INPUT_COMMA: &str = "expected `,` between inputs";
/// Not an input.
pub const INPUT: &str = "an input is `name: [sizes]`";
/// Between outputs.
pub const OUTPUT_COMMA: &str = "expected `,` between outputs";
/// Not an output.
pub const OUTPUT: &str = "an output is `name: [sizes]`";
/// After a repetition.
pub const AFTER_REPEAT: &str = "expected `]` after the repetition";
/// Between the elements of a list.
pub const LIST: &str = "expected `,`, `->`, `;` or `]`";
/// Between sizes.
pub const SIZE_COMMA: &str = "expected `,` between sizes";
/// `x = …;`
pub const BIND: &str = "a value is bound with `let`\n  help: `let y = x -> Relu;`";
/// `x -> Relu; y`
pub const LOOSE_FLOW: &str =
    "this goes nowhere: only the last flow of a body stands alone, without `;`\n  help: bind it: `let a = …;`";
/// `let a: [4] = …`
pub const LET_TYPE: &str = "a `let` states no shape\n  help: after a stage: `x -> Relu as [64, 8, 8]`";
/// `default Conv;`
pub const DEFAULT: &str = "a default is `default Conv(pad = same, bias = false);`";
/// `=>` before outputs.
pub const ARROW_OUTPUTS: &str = "outputs stand behind `->`";
/// `a >> b`, `a as b`
pub const TERM_OPERATOR: &str = "numbers know `+ - * / % <<`, `== != < <= > >=`, `&& || !`, and `a..b`";
/// `f(3)`
pub const TERM_CALL: &str = "numbers know no functions";
/// `x.4`, `x.a.b`
pub const FIELD: &str = "expected one axis of a value, such as `x.channels`";

/// Brackets without end.
pub fn too_deep(limit: usize) -> String {
    format!(
        "a declaration nests at most {limit} deep; brackets within brackets count, and operators in a row\n  help: bind the inner part first: `let a = …;` for values, `const A = …;` for numbers"
    )
}

/// `//!`
pub const INNER_ATTRIBUTE: &str =
    "`//!` and `#![…]` describe what they stand in, which is a macro call here\n  help: `///` or `#[…]` before the network";
/// `#[inline] block B(x) { … }`
pub const ITEM_ATTRIBUTE: &str = "`block`, `const` and `default` have no attributes but `#[cfg(…)]` and documentation";
/// `pub block B(x) { … }`
pub const ITEM_PUB: &str = "a `const` or `default` is known in its own `network!` alone: it has no `pub`";
/// `#[cfg(a)] x -> Relu`
pub const FLOW_ATTRIBUTE: &str = "the flow that a body results in has no attributes\n  help: `#[cfg(…)] let a = …;` twice, under opposite conditions, and then `a`";
/// `#[inline] let a = …;`
pub const LET_ATTRIBUTE: &str = "a `let` has no attribute but `#[cfg(…)]`";
/// `(#[inline] a, b)`
pub const ELEMENT_ATTRIBUTE: &str = "an element of a tuple has no attribute but `#[cfg(…)]`";
/// `(#[inline] x: [4])`
pub const INPUT_ATTRIBUTE: &str = "an input has no attribute but `#[cfg(…)]`";
/// `block self(x) { … }`
pub const NAME_RESERVED: &str = "this word cannot be a name: Rust keeps it for itself";
/// `pub __f(x: [4]) -> [4] { … }`
pub const NAME_INTERNAL: &str = "a name that begins with `__` is kept for what the macro writes";

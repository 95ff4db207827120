//! What newcomers write, and where its message leads them: each program's messages, in order, with the tokens they stand on.

mod lower_common;

use lower_common::{errors, fails, run};

/// Each message's token and text.
#[track_caller]
fn says(source: &str, expected: &[(&str, &str)]) {
    let all = errors(source);
    let all: Vec<(&str, &str)> = all.iter().map(|(token, text)| (token.as_str(), text.as_str())).collect();
    assert_eq!(all, expected, "in: {source}");
}

/// The only message, of a body over an image.
#[track_caller]
fn image(body: &str, token: &str, text: &str) {
    fails(&format!("pub N(x: [1, 8, 8]) -> [4] {{ {body} }}"), token, text);
}

/// The only message, of a body over a vector.
#[track_caller]
fn vector(body: &str, token: &str, text: &str) {
    fails(&format!("pub N(x: [4]) -> [4] {{ {body} }}"), token, text);
}

/// The only message, of a body over a sequence.
#[track_caller]
fn sequence(body: &str, token: &str, text: &str) {
    fails(&format!("pub N(x: [12, 4]) -> [12, 16] {{ {body} }}"), token, text);
}

#[test]
fn operators_as_functions() {
    vector("let y = x -> Relu; add(x, y)", "add", "`add` is written `+`\n  help: `x + y`");
    vector("let y = x -> Relu; sub(x, y)", "sub", "`sub` is written `-`\n  help: `x - y`");
    vector("let y = x -> Relu; mul(x, 2) + y", "mul", "`mul` is written `*`\n  help: `(x * 2)`");
    vector("sub(1, x) -> Relu", "sub", "`sub` is written `-`\n  help: `1 - x`");
    vector("Multiply(x, x -> Relu)", "Multiply", "`Multiply` is written `*`\n  help: `x * (x -> Relu)`");
}

#[test]
fn arguments_without_names() {
    vector("x -> Gelu(tanh)", "tanh", "Gelu takes its arguments by name only\n  help: `Gelu(approximate = tanh)`");
    vector("x -> Elu(0.1, 3)", "3", "Elu takes 1 argument without a name: alpha\n  help: `Elu(0.1)`");
    vector("x -> Relu(0.1)", "0.1", "Relu takes no arguments\n  help: `Relu`");
    image(
        "x -> Conv(4, 8, valid) -> Flatten",
        "valid",
        "Conv takes 2 arguments without a name: channels, kernel\n  help: `Conv(4, 8, pad = valid)`",
    );
    sequence(
        "x -> r: Rnn(16, activation = relu)",
        "activation",
        "Rnn has no argument `activation`\n  help: did you mean `nonlinearity`? Rnn takes hidden, layers, bidirectional, dropout, bias, state, last, nonlinearity",
    );
}

#[test]
fn helps_have_the_names_that_arguments_have_here() {
    let of = |source: &str| errors(source).into_iter().map(|(_, text)| text).collect::<String>();
    let all = of("pub N(x: [1, 8, 8]) -> [8, 8, 8] { x -> Conv2d(1, 8, 3, padding = 1, bias = False) }");
    assert!(all.contains("`Conv(8, 3, pad = 1, bias = false)`"), "{all}");
    let all = of("pub N(x: [12, 8]) -> [12, 16] { x -> g: Gru(8, 16, batch_first = true) }");
    assert!(all.contains("`Gru(16)`"), "{all}");
    let all = of("pub N(x: [1, 8, 8]) -> [8, 8, 8] { conv2d(x, 8, 3, padding = \"same\") }");
    assert!(all.contains("`x -> Conv(8, 3, pad = same)`"), "{all}");
}

#[test]
fn types_at_the_border() {
    fails(
        "pub N(text: [20; 12]) -> [12, 4] { text -> e: Embedding(4) }",
        "20",
        "indices state where they begin and end\n  help: indices below 20 are written `[0..20; 12]`",
    );
    fails(
        "pub N(x: [f32; 4]) -> [4] { x -> Relu }",
        "f32",
        "numbers are always f32, which is not written\n  help: sizes alone: `[4]`",
    );
    fails(
        "pub N(x: [f32, 4]) -> [4] { x -> Relu }",
        "f32",
        "numbers are always f32, which is not written\n  help: sizes alone: `[4]`",
    );
    fails("pub N(in-put: [4]) -> [4] { in_put -> Relu }", "in", "a name is one identifier\n  help: `in_put`");
    fails("pub N(x: [4]) -> (\"y\": [4]) { (y: x) }", "\"y\"", "a name stands without quotes\n  help: `y`");
    // Neither hides the mistakes of the body.
    let all = errors("pub N(x: [f32; 4]) -> [4] { x -> Rleu }");
    assert!(all.len() == 2 && all[1].1.contains("did you mean `Relu`"), "{all:?}");
    fails(
        "pub N(x: [4]) -> (#[train] a: [4]) { (a: x) }",
        "a",
        "a network needs an output without `#[train]`: those with it exist only while training",
    );
}

#[test]
fn arguments_with_a_colon() {
    image("x -> Conv(4, 8, pad: 0) -> Flatten", ":", "an argument takes `=`, not `:`\n  help: `pad = 0`");
    let all = errors("pub N(x: [1, 8, 8]) -> [4] { x -> Conv(4, 8, pad: 0, sride: 1) -> Flatten }");
    assert_eq!(all.len(), 3, "{all:?}");
}

#[test]
fn words_of_other_languages() {
    image("x -> Conv(4, 8, bias = False) -> Flatten", "False", "true and false stand in lower case\n  help: `false`");
    image(
        "x -> Conv(4, 8, bias = None) -> Flatten",
        "None",
        "Conv: bias takes true or false, not `None`\n  help: `bias = false`",
    );
    image(
        "x -> Conv(4, 8, pad = Valid) -> Flatten",
        "Valid",
        "no number, word or value is called `Valid`\n  help: did you mean `valid`?",
    );
    for (theirs, ours) in [
        ("kaiming_normal", "he_normal"),
        ("kaiming_uniform", "he_uniform"),
        ("glorot_uniform", "xavier_uniform"),
        ("GlorotNormal", "xavier_normal"),
        ("trunc_normal", "truncated_normal"),
    ] {
        let text = format!("no number, word or value is called `{theirs}`\n  help: did you mean `{ours}`?");
        image(&format!("x -> Conv(4, 8, init = {theirs}) -> Flatten"), theirs, &text);
    }
}

#[test]
fn names_that_nothing_has() {
    let text = "`HIDDEN` is not declared in this network!; a constant of Rust around it cannot be seen here\n  help: declare `const HIDDEN = …;` inside network!";
    vector("x -> Dense(HIDDEN)", "HIDDEN", text);
    fails(
        "const HIDDEN = 4; pub N(x: [4]) -> [4] { x -> Dense(HIDEN) }",
        "HIDEN",
        "no number, word or value is called `HIDEN`\n  help: did you mean `HIDDEN`?",
    );
    fails("pub N(image: [4]) -> [4] { img -> Relu }", "img", "no value is called `img`\n  help: the input is `image`");
    fails(
        "pub N(left: [4], right: [4]) -> [4] { img -> Relu }",
        "img",
        "no value is called `img`\n  help: the inputs are left, right",
    );
    fails(
        "const A: usize = 2 * 2; pub N(x: [4]) -> [4] { x -> Dense(A) }",
        ":",
        "a constant of a network has no type\n  help: `const A = 2 * 2;`",
    );
}

#[test]
fn labels_that_are_no_identifiers() {
    image("x -> conv-1: Conv(4, 8) -> Flatten", "conv", "a label is one identifier\n  help: `conv_1`");
    image("x -> conv.1: Conv(4, 8) -> Flatten", "conv", "a label is one identifier\n  help: `conv_1`");
    image("x -> \"conv1\": Conv(4, 8) -> Flatten", "\"conv1\"", "a label stands without quotes\n  help: `conv1`");
    let all = errors("pub N(x: [1, 8, 8]) -> [4] { x -> conv-1: Cnov(4, 8) -> Flatten }");
    assert_eq!(all.len(), 2, "{all:?}");
}

#[test]
fn layers_as_functions() {
    vector("Dense(4)(x)", "Dense", "a layer stands right of `->`\n  help: `x -> Dense(4)`");
    vector("Relu()(x) -> Dense(4)", "Relu", "a layer stands right of `->`\n  help: `x -> Relu`");
    says(
        "pub N(x: [4]) -> [4] { nn.Linear(4)(x) -> Rleu }",
        &[
            ("nn", "layers and operations stand without a module before them\n  help: `Dense`"),
            ("nn", "a layer stands right of `->`\n  help: `x -> Dense(4)`"),
            ("Rleu", "no layer or block is called `Rleu`\n  help: did you mean `Relu`?"),
        ],
    );
    let text = "a layer is no value: it is labeled where it is used\n  help: `x -> fc: Dense(4)`";
    vector("let fc = Dense(4); fc(x)", "Dense", text);
    vector("let fc = Dense(4); x -> fc", "Dense", text);
    fails("const H = 4; pub N(x: [4]) -> [4] { let fc = Dense(H); fc(x) }", "Dense", &text.replace("(4)", "(H)"));
    vector("let fc = Linear(8, 4); fc(x)", "Linear", text);
    vector("let y = x -> Relu; y(x)", "y", "`y` is a value, not a function");
}

#[test]
fn values_that_a_layer_gives_when_asked() {
    let of = |layer: &str| format!("pub N(x: [12, 4]) -> [12, 16] {{ let (y, h) = x -> {layer}; y }}");
    for (layer, help) in [
        ("Gru(16)", "`Gru(16, state = out)` gives `(y, h)`"),
        ("Rnn(16)", "`Rnn(16, state = out)` gives `(y, h)`"),
        ("Lstm(16, layers = 2)", "`Lstm(16, layers = 2, state = out)` gives `(y, (h, c))`"),
    ] {
        fails(&of(layer), "(y, h)", &format!("this gives 1 value, not 2\n  help: {help}"));
    }
    image(
        "let (y, i) = x -> MaxPool(2); y -> Flatten -> Dense(4)",
        "(y, i)",
        "this gives 1 value, not 2\n  help: `MaxPool(2, indices = true)` gives `(y, indices)`",
    );
}

#[test]
fn ways_to_put_stages_in_a_row() {
    vector("x -> Dense(4), Relu", ",", "stages are joined by `->`\n  help: `-> Relu`");
    vector("let y = x -> Dense(4), Relu -> Tanh; y", ",", "stages are joined by `->`\n  help: `-> Relu -> Tanh`");
    vector("x -> Relu, x -> Tanh", ",", "several values stand in parentheses\n  help: `(first: x, second: y)`");
    vector("return x -> Dense(4)", "return", "a body ends with its flow, without `return`\n  help: remove `return`");
    vector("x -> for i in 0..2 { Relu -> Tanh }", "for", "a repetition is a list\n  help: `[Relu -> Tanh; i in 0..2]`");
    image(
        "x -> Sequential(Conv(4, 8), Relu) -> Flatten",
        "Sequential",
        "stages stand in a list, without `Sequential`\n  help: `[Conv(4, 8), Relu]`",
    );
    says(
        "pub N(x: [1, 8, 8]) -> [4] { Sequential(Relu, Conv(4, 8))(x) -> Flatten }",
        &[
            ("Sequential", "stages stand in a list, without `Sequential`\n  help: `[Relu, Conv(4, 8)]`"),
            ("Sequential", "a layer stands right of `->`\n  help: `x -> [Relu, Conv(4, 8)]`"),
        ],
    );
    vector(
        "for i in 0..2 { x -> Relu }",
        "for",
        "a body has no loops: a repetition is a stage\n  help: `x -> [Relu; 3]`, or `x -> [Dense(8 << i); i in 0..3]`",
    );
    image(
        "x -> Sequential([Conv(4, 8), Relu]) -> Flatten",
        "Sequential",
        "stages stand in a list, without `Sequential`\n  help: `[Conv(4, 8), Relu]`",
    );
    let index = "a value has no index\n  help: the last step of a sequence is `-> Step(last)`, which a recurrent layer gives with `last = true`; `split` gives parts";
    sequence("let out = x -> Lstm(16); out[-1]", "[", index);
    sequence("x -> Lstm(16)[-1]", "[", index);
    const METHOD: &str = "a value has no methods: a layer stands right of `->`";
    vector("x.view(-1)", "view", &format!("{METHOD}\n  help: `x -> Flatten`"));
    vector("x.view(-1, 4)", "view", &format!("{METHOD}\n  help: `x -> Reshape([4])`"));
    vector("let h = x -> Relu; h.flatten()", "flatten", &format!("{METHOD}\n  help: `h -> Flatten`"));
    vector("x -> Dense(4).relu()", "relu", &format!("{METHOD}\n  help: `x -> Dense(4) -> Relu`"));
    vector("x.permute(0, 2, 1)", "permute", &format!("{METHOD}\n  help: `x -> Permute(1, 0)`"));
    vector("x.mean(1)", "mean", &format!("{METHOD}\n  help: `mean(x)`"));
    vector("x.cat(x)", "cat", &format!("{METHOD}\n  help: `concat(x, …)`"));
    vector("x.unknown()", "unknown", METHOD);
    vector(
        "x.size(0)",
        "size",
        &format!(
            "{METHOD}\n  help: a size is `x.channels`, `x.height`, `x.width`, `x.time` or `x.features`, where a number stands"
        ),
    );
    let norm = "no layer or block is called `weight_norm`\n  help: an argument of the layer whose weight it is of: \
                `weight = weight_norm`, as in `Dense(64, weight = weight_norm)`";
    vector("x -> weight_norm(Dense(4))", "weight_norm", norm);
    says(
        "pub N(x: [4]) -> [4] { weight_norm(Dense(4))(x) }",
        &[("weight_norm", norm), ("weight_norm", "a layer stands right of `->`\n  help: `x -> Dense(4)`")],
    );
    sequence(
        "x -> Bidirectional(LSTM(8))",
        "Bidirectional",
        "no layer or block is called `Bidirectional`\n  help: an argument: `Lstm(64, bidirectional = true)`",
    );
    says(
        "pub N(x: [4]) -> [8] { torch.cat(x, x) }",
        &[("torch", "layers and operations stand without a module before them\n  help: `concat(x, x)`")],
    );
    vector("", "}", "this body is empty\n  help: a body is a flow: `x -> Dense(10)`");
}

#[test]
fn strings_hide_nothing() {
    let source = "pub N(x: [1, 8, 8]) -> [64, 8, 8] { x -> Conv2D(64, (3,3), padding = \"same\", activation = \"relu\") }";
    let tokens: Vec<String> = errors(source).into_iter().map(|(token, _)| token).collect();
    assert_eq!(tokens, ["Conv2D", "\"same\"", "padding", "\"relu\"", "activation"]);
    image(
        "x -> Conv(4, 8, pad = \"valid\") -> Flatten",
        "\"valid\"",
        "a string has no meaning here\n  help: words stand without quotes: `valid`",
    );
}

#[test]
fn one_bad_number_hides_no_other() {
    says(
        "pub N(x: [4]) -> [4] { x -> Quantize(scale = 0, zero_point = 200) -> Dequantize(0.1) }",
        &[
            ("0", "Quantize: scale = 0.0 must be above 0, and not denormal"),
            ("200", "Quantize: zero_point = 200 must be within -128 and 127"),
        ],
    );
    let tokens = |layer: &str| {
        let all = errors(&format!("pub N(x: [12, 8, 8]) -> [4, 8, 8] {{ x -> {layer} }}"));
        all.into_iter().map(|(token, _)| token).collect::<Vec<String>>()
    };
    assert_eq!(tokens("Conv(0, 0, bias = 2)"), ["0", "0", "2"]);
    assert_eq!(tokens("Conv(4, 3, stride = 0, dilation = 0, bias = 1)"), ["0", "0", "1"]);
    assert_eq!(tokens("BatchNorm(affine = 3, eps = true)").len(), 2);
    assert_eq!(tokens("Flatten -> Softplus(0, true)").len(), 2);
    assert_eq!(tokens("Reshape([12, 64]) -> Lstm(0, layers = 0, last = 1)"), ["0", "0", "1"]);
}

#[test]
fn networks_of_one_name_stand_for_one() {
    let source = "pub N(x: [4]) -> [4] { x -> Relu }\npub N(x: [4]) -> [4] { x -> Tanh }";
    let (_, report) = run(source);
    assert_eq!(report.messages().len(), 1);
    let code = fireclay_compiler::expand(source.parse().expect("tokens")).to_string();
    assert_eq!(code.matches("struct N").count(), 1);
    assert_eq!(code.matches("as N ;").count(), 1);
}

#[test]
fn one_letter_is_a_type_only_where_it_is_declared() {
    let text = |name: &str| {
        format!(
            "`{name}` is not declared in this network!; a constant of Rust around it cannot be seen here\n  help: declare `const {name} = …;` inside network!"
        )
    };
    vector("x -> fc: Dense(H)", "H", &text("H"));
    image("x -> c: Conv(4, K) -> GlobalAvgPool", "K", &text("K"));
    fails("pub N(x: [W]) -> [4] { x -> fc: Dense(4) }", "W", &text("W"));
    says("pub N<W: Dim>(x: [W]) -> [W] { x -> fc: Dense(W) }", &[]);
    // A constant that cannot be read has said so.
    says("const W = sqrt(64); pub N(x: [4]) -> [4] { x -> fc: Dense(W) }", &[("(", "numbers know no functions")]);
}

/// What the help of the first leads to is what the next are told they receive.
#[test]
fn layers_behind_one_that_was_given_its_width() {
    let of = |source: &str| errors(source).into_iter().map(|(_, text)| text).collect::<Vec<_>>();
    let all = of(
        "pub N(x: [1, 28, 28]) -> [10] { x -> c1: Conv(1, 6, 5) -> Relu -> c2: Conv(6, 16, 5) -> Flatten -> f: Dense(6400, 10) }",
    );
    for (text, code) in all.iter().zip(["`Conv(6, 5)`", "`Conv(16, 5)`", "`Dense(10)`"]) {
        assert!(text.contains(code), "{all:?}");
    }
    assert_eq!(all.len(), 3, "{all:?}");
    // Where nothing is known of the input, the number that is its width is not guessed.
    let all = of("pub N(x: [1, 28, 28]) -> [16, 20, 20] { x -> c1: Cnov(6, 5) -> c2: Conv(6, 16, 5) }");
    assert!(all.len() == 2 && !all[1].contains("help"), "{all:?}");
}

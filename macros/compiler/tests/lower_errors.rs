//! What wrong declarations say, and where: the message and the token under it.

mod lower_common;

use lower_common::{body_fails, errors, fails};

#[test]
fn the_north_stars_messages() {
    fails(
        "pub N(image: [1, 28, 28]) -> [12] { image -> Flatten -> fc3: Dense(10) }",
        "[12]",
        "N promises [12], but its last stage fc3 gives [10]",
    );
    body_fails("x -> c: Cnov(4, 8) -> Flatten", "Cnov", "no layer or block is called `Cnov`\n  help: did you mean `Conv`?");
    body_fails(
        "x -> Conv(4, 8, padding = 1) -> Flatten",
        "padding",
        "Conv has no argument `padding`\n  help: did you mean `pad`? Conv takes channels, kernel, stride, pad, pad_mode, dilation, groups, bias, mask, colors, init, weight",
    );
    fails(
        "pub N(x: [1, 8, 8]) -> [4] {\n\n\n let a = x -> conv1: Conv(6, 3, pad = 1);\n a -> conv1 -> Flatten -> Dense(4) }",
        "conv1",
        "conv1 has weights for 1 channel (declared in line 4); this input has 6",
    );
    body_fails(
        "let aux = x -> MaxPool(2); x -> Flatten -> Dense(4)",
        "aux",
        "`aux` reaches no output\n  help: use it, remove it, or name it `_aux`",
    );
    fails(
        "pub N(x: [4]) -> (same: [4], left_class: [4]) { let a = x -> Relu; (same: x, a) }",
        "a",
        "the outputs are named same, left_class; this value is called `a`\n  help: left_class: a",
    );
    body_fails(
        "x -> Flatten -> Dense(CHANNELS)",
        "CHANNELS",
        "`CHANNELS` is not declared in this network!; a constant of Rust around it cannot be seen here\n  help: declare `const CHANNELS = …;` inside network!",
    );
    fails(
        "pub N(x: [16, 32, 32]) -> [16, 32, 32] { let main = x -> a: Conv(32, 3, stride = 2, pad = 1); let skip = x -> Relu; main + skip }",
        "+",
        "main + skip: shapes differ: main is [32, 16, 16], skip is [16, 32, 32]\n  help: bring skip to [32, 16, 16], for example with Conv(32, 1, stride = 2)",
    );
}

#[test]
fn origins_are_told_from_the_stage_that_complains() {
    let text = |source: &str| errors(source).remove(0).1;
    let one = text("pub N(x: [1, 8, 8]) -> [4] { x -> MaxPool(2) -> Relu -> conv2: Conv(32, 5) }");
    assert!(
        one.starts_with("conv2: a 5×5 kernel does not fit its 4×4 input\n  input: [1, 4, 4], from MaxPool(2) two stages before"),
        "{one}"
    );
    let two = text("pub N(image: [1, 4, 4]) -> [4] { image -> Relu -> conv2: Conv(32, 5) }");
    assert!(two.contains("input: [1, 4, 4], the input image"), "{two}");
    let three = text("pub N(x: [1, 8, 8]) -> [4] { x -> down: MaxPool(2) -> conv2: Conv(32, 5) }");
    assert!(three.contains("from down just before"), "{three}");
    let parts = errors("pub N(x: [1, 8, 8]) -> [4] { concat(x, x -> Relu, x -> b3: Conv(2, 3) -> Relu) -> Flatten }");
    assert_eq!(
        parts[0].1,
        "concat: the parts must agree in height and width; part 3 (`b3`) is [2, 6, 6], the others are 8×8\n  help: `pad = 1` in b3 gives [2, 8, 8]"
    );
}

#[test]
fn terms() {
    body_fails("x -> Flatten -> Dense(4 / 0)", "/", "4 / 0: division by zero");
    body_fails("x -> Flatten -> Dense(4 % (2 - 2))", "%", "4 % 0: division by zero");
    body_fails("x -> Flatten -> Dense(4000000000 * 4000000000)", "*", "4000000000 * 4000000000 is too large");
    body_fails("x -> Flatten -> Dense(1 << 70)", "<", "1 << 70 is too large");
    body_fails("x -> Flatten -> Dense(if 1 { 4 } else { 5 })", "1", "a condition is true or false, not `1`");
    body_fails("x -> Flatten -> Dense(-true)", "-", "`-` takes a number, not `true`");
    body_fails("x -> Flatten -> Dense(if !3 { 4 } else { 5 })", "!", "`!` takes true or false, not `3`");
    body_fails("x -> Flatten -> Dense(true + 1)", "+", "`+` takes a number, not `true`");
    body_fails("x -> Flatten -> Dense(if true == 1 { 4 } else { 5 })", "=", "`true` and `1` cannot be compared");
    body_fails("x -> Flatten -> Dense(1.5 << 2)", "<", "`<<` takes a whole number, not `1.5`");
    body_fails(
        "x -> Flatten -> Dense(widht)",
        "widht",
        "no number, word or value is called `widht`\n  help: a number is declared inside network!: `const widht = …;`",
    );
    body_fails(
        "const WIDTH = 4; x -> Flatten -> Dense(WIDHT)",
        "WIDHT",
        "no number, word or value is called `WIDHT`\n  help: did you mean `WIDTH`?",
    );
    body_fails(
        "x -> Flatten -> Dense(config::WIDTH)",
        "config",
        "`WIDTH` is not declared in this network!; a constant of Rust around it cannot be seen here\n  help: declare `const WIDTH = …;` inside network!",
    );
    body_fails(
        "x -> Flatten -> Dense(x.features)",
        "features",
        "x is [1, 8, 8]: it has channels, height and width, not `features`",
    );
    body_fails(
        "x -> Flatten -> Dense(x.chanels)",
        "chanels",
        "a value has no `chanels`\n  help: did you mean `channels`?\n  a value has channels, height and width (and regions, where there are four sizes), or time and features, or features",
    );
    body_fails("x -> Flatten -> Dense(y.channels)", "y", "no value is called `y`\n  help: the input is `x`");
    body_fails(
        "let t = (x, x); let (a, _) = t; a -> Flatten -> Dense(t.channels)",
        "t",
        "`t` is a tuple; a single value is wanted here",
    );
    body_fails("x -> Flatten -> Dense(x.length)", "length", "not yet: `length`");
    let text = "not yet: `if` on `In`, a size that is a type";
    fails("pub N<In: Dim>(x: [In]) -> [4] { x -> Dense(if x.features == 4 { 4 } else { 5 }) }", "=", text);
    let text = "not yet: `-` on `In`, a size that is a type: sums and products are formulas of types";
    fails("pub N<In: Dim>(x: [In]) -> [4] { x -> Dense(2 * In - 1) -> Dense(4) }", "-", &text.replace("`In`", "`2 * In`"));
    fails("pub N<In: Dim>(x: [In]) -> [4] { x -> Dense(1 - In) -> Dense(4) }", "-", text);
    fails(
        "pub N<In: Dim>(x: [In, 8]) -> [16] { x -> Flatten }",
        "[16]",
        "N promises [16], but its last stage Flatten gives [8 * In]",
    );
}

#[test]
fn sizes_of_borders() {
    fails("pub N(x: [0]) -> [4] { x -> Dense(4) }", "0", "a size is at least 1; this is 0");
    fails("pub N(x: [4]) -> [-4] { x -> Dense(4) }", "-", "a size is at least 1; this is -4");
    fails("pub N(x: [1.5]) -> [4] { x -> Dense(4) }", "1.5", "a size is a whole number, not `1.5`");
    fails("pub N(x: [99999999999]) -> [4] { x -> Dense(4) }", "99999999999", "99999999999 is too large for a size");
    fails(
        "pub N(x: [1, 2, 3, 4, 5]) -> [4] { x -> Dense(4) }",
        "[1, 2, 3, 4, 5]",
        "not yet: values with 5 sizes\n  help: the batch is not written: `[2, 3, 4, 5]`",
    );
    fails(
        "pub N(x: [1..96; 64]) -> [64, 4] { x -> Embedding(4) }",
        "1",
        "indices start at 0: write [0..bound] or [0..bound; length]",
    );
    fails("pub N(x: [4], x: [4]) -> [4] { x -> Dense(4) }", "x", "two inputs are called `x`");
}

#[test]
fn arguments() {
    body_fails("x -> Flatten -> Dense", "Dense", "Dense needs `features`\n  help: Dense(features)");
    body_fails("x -> Conv(4) -> Flatten", "Conv", "Conv needs `kernel`\n  help: Conv(channels, kernel)");
    body_fails("x -> Relu(3) -> Flatten -> Dense(4)", "3", "Relu takes no arguments\n  help: `Relu`");
    body_fails(
        "x -> Conv(4, 8, kernel = 8) -> Flatten",
        "kernel",
        "Conv: `kernel` is given twice\n  help: without names stand channels, kernel, in this order",
    );
    body_fails(
        "x -> Conv(channels = 4, 8) -> Flatten",
        "8",
        "after an argument with a name all have names\n  help: `kernel = …`",
    );
    let words = "Conv: pad knows no `A`\n  help: it may be a number or one of ";
    let errors = errors("pub N(x: [1, 8, 8]) -> [4] { block B(x; w) { x -> Conv(4, 8, pad = w) } x -> B(A) -> Flatten }");
    assert!(errors.len() == 1 && errors[0].0 == "w" && errors[0].1.starts_with(words), "{errors:?}");
    body_fails(
        "x -> Flatten -> Dense(4, length = 3)",
        "length",
        "Dense has no argument `length`\n  help: the number of steps is a value beside the sequence, an index: `(x, n) -> Lstm(64)`",
    );
    body_fails("block B(x; n) { x -> Dense(n) } x -> Flatten -> B", "B", "B needs `n`\n  help: B(n)");
    body_fails(
        "block B(x; count) { x -> Dense(count) } x -> Flatten -> B(conut = 4)",
        "conut",
        "B has no argument `conut`\n  help: did you mean `count`? B takes count",
    );
    body_fails("block B(x) { x -> Dense(4) } x -> Flatten -> B(4)", "4", "B takes no arguments");
    body_fails(
        "default Cnov(pad = 1); x -> Flatten -> Dense(4)",
        "Cnov",
        "no layer or block is called `Cnov`\n  help: did you mean `Conv`?",
    );
    body_fails(
        "block B(x; n = 3) { x -> Dense(n) } default B(n = 4); x -> Flatten -> B(4)",
        "B",
        "B is a block: its defaults stand where it is declared\n  help: block B(x; size = 3) { … }",
    );
}

#[test]
fn names_that_mean_something_else() {
    body_fails(
        "let y = x -> Flatten -> fc: Dense(4); y + fc",
        "fc",
        "`fc` is a label: it names a layer, not a value\n  help: bind the value: `let fc = …;`",
    );
    body_fails(
        "let fc = x -> Flatten; x -> Flatten -> Dense(4) -> fc",
        "fc",
        "`fc` is a value; right of `->` stands a layer, a block or a label",
    );
    body_fails(
        "const K = 4; x -> Flatten -> Dense(4) -> K",
        "K",
        "`K` is a number; right of `->` stands a layer, a block or a label",
    );
    body_fails("const K = 4; K -> Dense(4)", "K", "`K` is a number, not a value");
    body_fails("Flatten -> Dense(4)", "Flatten", "`Flatten` is no value: it stands right of `->`\n  help: x -> Flatten");
    body_fails(
        "let image = x -> Flatten; imgae -> Dense(4)",
        "imgae",
        "no value is called `imgae`\n  help: did you mean `image`?",
    );
    for (name, symbol) in [("add", "+"), ("sub", "-"), ("mul", "*"), ("div", "/"), ("greater", ">")] {
        body_fails(&format!("x -> Flatten -> {name} -> Dense(4)"), name, &format!("`{name}` is written `a {symbol} b`"));
    }
    fails(
        "#[fireclay(step)] pub N(x: [9, 4]) -> [9, 4] { x - mean(x, axis = time, keep = true) -> rnn: Rnn(4) }",
        "time",
        "with #[fireclay(step)]: mean: axis = time needs the whole sequence; it cannot take one step at a time",
    );
    for (layer, steps, body) in
        [("concat", 16, "concat(x, x, axis = time)"), ("split", 4, "let (a, b) = split(x, 2, axis = time); a + b")]
    {
        fails(
            &format!("#[fireclay(step)] pub N(x: [8, 4]) -> [{steps}, 4] {{ {body} -> rnn: Rnn(4) }}"),
            "time",
            &format!("with #[fireclay(step)]: {layer}: axis = time needs the whole sequence; it cannot take one step at a time"),
        );
    }
    fails("pub T(x: [4]) -> [4] { x -> Relu } pub N(x: [4]) -> [4] { x -> T }", "T", "T is a network\n  help: net T");
}

#[test]
fn labels() {
    fails(
        "pub N(x: [4]) -> [4] {\n x -> fc: Dense(4)\n -> fc: Dense(4) }",
        "fc",
        "the label `fc` stands in line 2 already\n  help: another label; or `fc` alone, to use the same weights again",
    );
    fails(
        "pub N(x: [4]) -> [4] { x -> fc: Dense(4) -> fc(5) }",
        "5",
        "fc is used again: its arguments are those of its declaration\n  help: `fc` alone; or another label",
    );
    fails(
        "pub N(x: [4]) -> [4] { x -> fc: Dense(4) -> b: fc }",
        "b",
        "fc is used again and has its label\n  help: `fc` alone, without `b:`",
    );
    fails(
        "pub N(x: [4]) -> [4] { x -> fc: Dense(4) -> #[frozen] fc }",
        "frozen",
        "fc is trained by its use in line 1\n  help: write #[frozen] there",
    );
    fails("pub N(x: [4]) -> [4] { x -> fc -> fc: Dense(4) }", "fc", "no layer or block is called `fc`");
    // A label within brackets ends with them.
    fails("pub N(x: [4]) -> [4] { x -> l: [fc: Dense(4)] -> fc }", "fc", "no layer or block is called `fc`");
}

#[test]
fn collisions_ask_for_a_label() {
    fails(
        "pub N(x: [4]) -> [4] { x -> Dense(4) -> Dense(4) }",
        "Dense",
        "two parameters would be called `dense`\n  help: give this Dense a label: `name: Dense`",
    );
    fails(
        "pub N(x: [4]) -> [4] { block B(x) { x -> fc: Dense(4) } x -> B -> Relu -> B }",
        "B",
        "two parameters would be called `fc`\n  help: give this B a label: `name: B`",
    );
    fails(
        "pub N(x: [4]) -> [4] { x -> [Dense(4), Relu] -> [Dense(4), Relu] }",
        "[",
        "two parameters would be called `0`\n  help: give each list a label: `name: […]`",
    );
    fails(
        "pub N(x: [4]) -> [4] { let y = x -> fc: Dense(4); if true { y -> fc: Dense(4) } else { y } }",
        "fc",
        "two parameters would be called `fc`\n  help: another label",
    );
}

#[test]
fn labels_used_again_on_other_shapes() {
    fails(
        "pub N(x: [4], y: [6]) -> [8] { block B(x) { x -> Dense(4) } concat(x -> b: B, y -> b) }",
        "b",
        "b has b.dense.weight of shape [4, 4] (declared in line 1); this input needs [4, 6] for 6 features",
    );
    fails(
        "pub N(x: [4], y: [6]) -> [8] { block B(x) { if x.features == 4 { x } else { x -> Dense(4) } } concat(x -> b: B, y -> b) }",
        "b",
        "b has no b.dense.weight (declared in line 1); with this input it needs one of shape [4, 6]",
    );
    fails(
        "pub N(x: [4], y: [6]) -> [10] { block B(x) { if x.features == 6 { x } else { x -> Dense(4) } } concat(x -> b: B, y -> b) }",
        "b",
        "b has weights (declared in line 1) that it does not use with this input",
    );
}

#[test]
fn blocks_and_tuples() {
    body_fails("block B(a, b) { a + b } x -> B -> Flatten -> Dense(4)", "B", "B takes 2 values: a, b; it receives 1");
    body_fails(
        "block B(a, b) { a + b } (a: x, c: x) -> B -> Flatten -> Dense(4)",
        "c",
        "B takes a, b in this order; this one is called `c`",
    );
    body_fails(
        "let (a, b) = x -> MaxPool(2); a + b -> Flatten -> Dense(4)",
        "(a, b)",
        "this gives 1 value, not 2\n  help: `MaxPool(2, indices = true)` gives `(y, indices)`",
    );
    body_fails(
        "let (a, b, c) = x -> MaxPool(2, indices = true); concat(a, b, c) -> Flatten -> Dense(4)",
        "(a, b, c)",
        "this gives 2 values, not 3",
    );
    body_fails("(x, x) + x -> Flatten -> Dense(4)", "(", "`+` takes single values; this has 2");
    body_fails("x + 1 + (a: x) -> Flatten -> Dense(4)", "(", "`+` takes single values; this has 1");
}

#[test]
fn blocks_say_where_they_are_used() {
    fails(
        "block B(x; n) {\n x -> Dense(n / 0)\n}\nblock C(x) {\n x -> B(4)\n}\npub N(x: [4]) -> [4] {\n x -> C\n}",
        "/",
        "4 / 0: division by zero\n  in B, used in line 5\n  in C, used in line 8",
    );
    // Used twice, said once.
    fails(
        "block B(x) { x -> Dens(4) }\npub N(x: [4]) -> [4] {\n x -> a: B\n -> b: B\n}",
        "Dens",
        "no layer or block is called `Dens`\n  help: did you mean `Dense`?\n  in a: B, used in line 3",
    );
}

#[test]
fn recursion_ends() {
    let all = errors("block B(x) {\n x -> B\n}\npub N(x: [4]) -> [4] {\n x -> B\n}");
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].0, "B");
    assert!(all[0].1.starts_with("B stands within 64 others: does its recursion end?\n  B, used in line 2\n"), "{}", all[0].1);
    assert!(all[0].1.ends_with("… 58 more, the outermost B, used in line 5"), "{}", all[0].1);
    let all = errors("pub N(x: [4]) -> [4] { x -> [Relu; 200000] }");
    assert_eq!(all, [("Relu".to_owned(), "the network has more than 100000 nodes".to_owned())]);
    let all = errors("pub N(x: [4]) -> [4] { x -> [[if false { Relu }; 100000]; 100000] }");
    assert!(all.len() == 1 && all[0].1.starts_with("this expands without end"), "{all:?}");
    // A network within itself.
    fails("pub N(x: [4]) -> [4] { x -> n: net N }", "N", "N contains itself");
    let all = errors("pub A(x: [4]) -> [4] { x -> n: net B } pub B(x: [4]) -> [4] { x -> n: net A }");
    let texts: Vec<&str> = all.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, ["A contains itself: A → B → A", "B contains itself: B → A → B"]);
}

#[test]
fn networks_within_networks() {
    fails(
        "pub N(x: [4]) -> [4] { x -> t: net zoo::Trunk }",
        "zoo::Trunk",
        "`net zoo::Trunk` is of another `network!`, which is found only while a program is built",
    );
    fails(
        "pub Trunk(x: [4]) -> [4] { x -> Relu } pub N(x: [4]) -> [4] { x -> t: net Trnuk }",
        "Trnuk",
        "no network is called `Trnuk`\n  help: did you mean `Trunk`?",
    );
    fails(
        "pub Trunk(y: [5]) -> [5] { y -> Relu } pub N(x: [4]) -> [4] { x -> t: net Trunk }",
        "Trunk",
        "Trunk takes [5] as its `y`; it receives [4]",
    );
    fails(
        "pub T<In: Dim>(y: [In]) -> [In] { y -> Relu } pub N(x: [4]) -> [4] { x -> t: net T }",
        "T",
        "not yet: T, a network with type parameters, inside another one\n  help: write it as a block, which takes values of any size: `block T(y) { … }`, and then `T` as a stage; a size within it is `y.features`",
    );
    // A mistake in a network is said where it stands, and only there.
    fails(
        "pub T(y: [4]) -> [4] { y -> Dens(4) } pub N(x: [4]) -> [4] { x -> t: net T }",
        "Dens",
        "no layer or block is called `Dens`\n  help: did you mean `Dense`?",
    );
}

#[test]
fn outputs() {
    fails("pub N(x: [4]) -> [4] { (x, x) }", "(", "N promises one output; this has 2 values");
    fails("pub N(x: [4]) -> (a: [4], b: [4]) { x }", "x", "the outputs a, b must be given\n  help: (a: …, b: …)");
    fails("pub N(x: [4]) -> (a: [4], b: [4]) { (a: x) }", "a", "the output b must be given\n  help: (a: …, b: …)");
    fails(
        "pub N(x: [4]) -> (a: [4], bird: [4]) { (a: x, brid: x) }",
        "brid",
        "no output is called `brid`: they are a, bird\n  help: did you mean `bird`?",
    );
    fails(
        "pub N(x: [4]) -> (a: [4], b: [4]) { (a: x, x -> Relu) }",
        "x",
        "the outputs are named a, b; this value has no name\n  help: b: …",
    );
    fails("pub N(x: [4]) -> (a: [4], b: [5]) { (a: x, b: x) }", "[5]", "N promises b: [5], but its input `x` is [4]");
    fails("pub N(x: [4]) -> [5] { x }", "[5]", "N promises [5], but its input `x` is [4]");
    fails("pub N(x: [4]) -> (y: [4]) { x }", "x", "the output is named y; this value is called `x`\n  help: y: x");
}

#[test]
fn annotations_lists_and_ifs() {
    body_fails(
        "x -> MaxPool(2) as [1, 3, 3] -> Flatten -> Dense(4)",
        "[1, 3, 3]",
        "MaxPool gives [1, 4, 4], not [1, 3, 3]\n  help: `stride = 3` in MaxPool(2) gives [1, 3, 3]",
    );
    let text = "MaxPool gives 2 values; `as` states the shape of one";
    body_fails("let (a, _) = x -> MaxPool(2, indices = true) as [1, 4, 4]; a -> Flatten -> Dense(4)", "[1, 4, 4]", text);
    body_fails("x -> [Relu; 0 - 1] -> Flatten -> Dense(4)", "-", "a list cannot be repeated -1 times");
    body_fails("x -> [Relu; 1.5] -> Flatten -> Dense(4)", "1.5", "the number of repetitions is a whole number, not `1.5`");
    body_fails("x -> if 3 { Relu } -> Flatten -> Dense(4)", "3", "a condition is true or false, not `3`");
    body_fails("x + (3 -> Relu) -> Flatten -> Dense(4)", "3", "a number is no value; it may stand beside `+ - *`");
    body_fails(
        "(x + (1 + 2)) * 0.5 -> Flatten -> fc: Dense(Big / 2)",
        "/",
        "not yet: `/` on `Big`, a size that is a type: sums and products are formulas of types",
    );
}

#[test]
fn unused_values() {
    fails(
        "pub N(x: [4], y: [4]) -> [4] { x -> Dense(4) }",
        "y",
        "input `y` is used by nothing\n  help: use it, remove it, or name it `_y`",
    );
    assert_eq!(errors("pub N(x: [4], _y: [4]) -> [4] { x -> Dense(4) }"), []);
    body_fails(
        "block B(x, skip) { x } (x, x) -> B -> Flatten -> Dense(4)",
        "skip",
        "`skip` is used by nothing in this block\n  help: use it, remove it, or name it `_skip`",
    );
    // A size alone carries no value onwards.
    body_fails(
        "let a = x -> Flatten; x -> Flatten -> Dense(a.features / 16)",
        "a",
        "`a` reaches no output\n  help: use it, remove it, or name it `_a`",
    );
    // Shadowing does not hide what is not used.
    body_fails(
        "let a = x -> Relu; let a = x -> Flatten; a -> Dense(4)",
        "a",
        "`a` reaches no output\n  help: use it, remove it, or name it `_a`",
    );
    // A branch that is not taken may need it another time.
    assert_eq!(errors("pub N(x: [4]) -> [4] { let a = x -> Relu; if false { a } else { x } }"), []);
}

#[test]
fn reserved_words_and_attributes() {
    fails(
        "#[fireclay(step)] pub N(x: [4]) -> [4] { x -> Dense(4) }",
        "step",
        "N has no sequence to go through\n  help: an input such as [64, 8] or [0..96; 64]",
    );
    fails(
        "#[fireclay(fast)] pub N(x: [4]) -> [4] { x -> Dense(4) }",
        "fast",
        "#[fireclay(…)] knows no `fast`\n  help: it takes `step`, `inner_values` and `exact`",
    );
    fails("#[fireclay] pub N(x: [4]) -> [4] { x -> Dense(4) }", "fireclay", "#[fireclay(…)] says nothing\n  help: remove it");
}

#[test]
fn things_declared_twice() {
    fails("block B(x) { x } block B(x) { x }\npub N(x: [4]) -> [4] { x -> B }", "B", "a block called B stands in line 1 already");
    fails("pub N(x: [4]) -> [4] { x }\npub N(x: [4]) -> [4] { x }", "N", "a network called N stands in line 1 already");
}

#[test]
fn several_mistakes_are_said_at_once_and_each_once() {
    let all = errors(
        "pub N(x: [1, 8, 8]) -> [4] { let a = x -> Cnov(4, 3); let b = a -> Relu -> Dens(3); a + b -> Flatten -> Dense(q) }",
    );
    let tokens: Vec<&str> = all.iter().map(|(token, _)| token.as_str()).collect();
    assert_eq!(tokens, ["Cnov", "Dens", "q"]);
}

#[test]
fn a_head_that_cannot_be_read_hides_nothing_of_other_networks() {
    let beside = "pub F(x: [3]) -> [10] { x -> Densee(10) }";
    for (head, token) in [
        ("pub A(x: [3, 8, 8]) -> 10 { x -> Foo }", "10"),
        ("pub A(x: [3, 8, 8]) -> [] { x -> Foo }", "]"),
        ("pub A(x: [3, 8, 8]) -> 10;", "10"),
        ("pub A(x: [3, 8, 8]) -> f32 where C: { x -> Foo }", "f32"),
        ("pub A(x: (3, 8, 8)) -> [10] { x -> Foo }", "("),
        ("pub A x: [3, 8, 8] -> [10] { x -> Foo }", "x"),
        ("pub A { x -> Foo }", "{"),
        ("pub A = 3;", "3"),
    ] {
        for source in [format!("{head} {beside}"), format!("{beside} {head}")] {
            let mut tokens: Vec<String> = errors(&source).into_iter().map(|(token, _)| token).collect();
            tokens.sort();
            let mut wanted = [token, "Densee"];
            wanted.sort_unstable();
            assert_eq!(tokens, wanted, "{source}");
        }
        // What contains it has no mistake of its own.
        let tokens: Vec<String> = errors(&format!("{head} pub F(x: [3]) -> [10] {{ x -> net A -> Relu }}"))
            .into_iter()
            .map(|(token, _)| token)
            .collect();
        assert_eq!(tokens, [token], "{head}");
    }
    // Nor does a block, and what is made of it is not known.
    for (block, token) in [("block B(x,,) { x -> Relu }", ","), ("block B(x) { x -> }", "}"), ("block B { x -> Relu }", "{")] {
        let with = "pub G(x: [3]) -> [10] { default B(n = 3); x -> B -> Denseee(9) }";
        let source = format!("{block} {beside} {with}");
        let tokens: Vec<String> = errors(&source).into_iter().map(|(token, _)| token).collect();
        assert_eq!(tokens, [token, "Densee", "Denseee"], "{source}");
    }
    // What was meant is clear: its body is looked at too.
    let tokens: Vec<String> =
        errors(&format!("pub fn A(x: [3]) -> [3] {{ x -> Foo }} {beside}")).into_iter().map(|(token, _)| token).collect();
    assert_eq!(tokens, ["fn", "Foo", "Densee"]);
}

#[test]
fn a_number_is_never_offered_for_a_flag_or_a_word() {
    let one = |source: &str, token: &str, text: &str| {
        let all = errors(source);
        assert!(all.iter().any(|(at, said)| at == token && said == text), "{source}: {all:?}");
    };
    one(
        "pub N(x: [8, 4, 4]) -> [8, 4, 4] { x -> GroupNorm(2, 16) }",
        "16",
        "GroupNorm takes 1 argument without a name: groups\n  help: the input's sizes are inferred: `GroupNorm(2)`",
    );
    one(
        "pub N(x: [8, 4, 4]) -> [8, 4, 4] { x -> GroupNorm(groups = 2, 8) }",
        "8",
        "after an argument with a name all have names",
    );
    one(
        "pub N(x: [3, 9, 9]) -> [3, 3, 3] { x -> MaxPool(3, 2, 1, 1) }",
        "2",
        "MaxPool takes 1 argument without a name: kernel\n  help: the others go by name: `MaxPool(3, stride = 2, pad = 1, dilation = 1)`",
    );
    one(
        "pub N(x: [28, 64]) -> [28, 32] { x -> Lstm(64, 32, 2, true, true) }",
        "32",
        "Lstm takes 1 argument without a name: hidden\n  help: the input's sizes are inferred: `Lstm(32, layers = 2)`",
    );
    one(
        "pub N(x: [3, 8, 8]) -> [16, 8, 8] { x -> Conv(3, 16, 3, 1, 1, 1, 1, false) }",
        "3",
        "Conv takes 2 arguments without a name: channels, kernel\n  help: the input's sizes are inferred: \
         `Conv(16, 3, stride = 1, pad = 1, dilation = 1, groups = 1, bias = false)`",
    );
    one(
        "pub N(x: [4]) -> [4] { x -> Dense(4, weight = bias) }",
        "bias",
        "no number, word or value is called `bias`\n  help: it may be one of plain, weight_norm, spectral_norm",
    );
}

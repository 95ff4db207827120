//! Following a help leads to what was meant: each program here has one mistake; what its message proposes is put in, and then it must
//! compile with the shapes that its head promises. Every help of the compiler is in this table (the last test looks for those that are not).

mod lower_common;

use lower_common::errors;
use proc_macro2::{TokenStream, TokenTree};
use std::path::Path;

/// A mistake, what its message proposes, and how that is put in: this text is replaced by that.
struct Case {
    program: String,
    proposal: &'static str,
    from: &'static str,
    to: &'static str,
    /// The proposal is code: it stands so in the mended program.
    code: bool,
}

fn code(program: &str, proposal: &'static str, from: &'static str, to: &'static str) -> Case {
    Case { program: program.to_owned(), proposal, from, to, code: true }
}

fn prose(program: &str, proposal: &'static str, from: &'static str, to: &'static str) -> Case {
    Case { program: program.to_owned(), proposal, from, to, code: false }
}

/// Of one image, and the shape that is meant.
fn image(gives: &str, body: &str) -> String {
    format!("pub N(x: [8, 12, 12]) -> {gives} {{ {body} }}")
}

fn sequence(gives: &str, body: &str) -> String {
    format!("pub N(x: [28, 64]) -> {gives} {{ {body} }}")
}

fn vector(gives: &str, body: &str) -> String {
    format!("pub N(x: [784]) -> {gives} {{ {body} }}")
}

fn names() -> Vec<Case> {
    vec![
        code(&image("[16, 10, 10]", "x -> a: Conv2d(16, 3)"), "Conv", "Conv2d", "Conv"),
        code(&image("[16, 10, 10]", "x -> a: Conv2D(8, 16, 3)"), "Conv(16, 3)", "Conv2D(8, 16, 3)", "Conv(16, 3)"),
        code(&vector("[10]", "x -> a: nn.Linear(10)"), "Dense", "nn.Linear", "Dense"),
        code(&vector("[10]", "x -> a: Dnese(10)"), "Dense", "Dnese", "Dense"),
        code(&vector("[10]", "x -> nn::ReLU -> a: Dense(10)"), "Relu", "nn::ReLU", "Relu"),
        code(&image("[4, 10, 10]", "x -> a: SeparableConv2D(4, 3)"), "SeparableConv", "SeparableConv2D", "SeparableConv"),
        code(&image("[8, 5, 5]", "x -> AdaptiveAvgPool2d(5)"), "AdaptiveAvgPool", "AdaptiveAvgPool2d", "AdaptiveAvgPool"),
        code(&image("[8]", "x -> GlobalMaxPooling2D"), "GlobalMaxPool", "GlobalMaxPooling2D", "GlobalMaxPool"),
        code(&sequence("[64]", "x -> GlobalAveragePooling1D"), "GlobalAvgPool1d", "GlobalAveragePooling1D", "GlobalAvgPool1d"),
        code(&sequence("[14, 64]", "x -> MaxPooling1D(2)"), "MaxPool1d", "MaxPooling1D", "MaxPool1d"),
        code(&sequence("[14, 64]", "x -> AvgPool(2)"), "AvgPool1d", "AvgPool(", "AvgPool1d("),
        code(&vector("[784]", "x -> Tanhshrink"), "x - (x -> Tanh)", "x -> Tanhshrink", "x - (x -> Tanh)"),
        code(&vector("[392]", "x -> GLU"), "Glu", "GLU", "Glu"),
        code(
            &vector("[392]", "x -> SwiGlu"),
            "a * (a -> Sigmoid) * b",
            "x -> SwiGlu",
            "let (a, b) = split(x, 2); a * (a -> Sigmoid) * b",
        ),
        code(&vector("[784]", "x -> Swish"), "Silu", "Swish", "Silu"),
        code(&vector("[784]", "x -> nn::Hardswish"), "HardSwish", "nn::Hardswish", "HardSwish"),
        code(&vector("[64]", "let (h, _c) = x -> a: LSTMCell(64); h"), "LstmCell", "LSTMCell", "LstmCell"),
        code(&vector("[64]", "x -> a: nn.GRUCell(64)"), "GruCell", "nn.GRUCell", "GruCell"),
        code(&vector("[64]", "x -> a: RNNCell(64)"), "RnnCell", "RNNCell", "RnnCell"),
        code(&sequence("[28, 64]", "x -> a: GruCell(64)"), "Gru", "GruCell", "Gru"),
        prose("pub N(x: [28, 64], n: [0..64]) -> [28, 8] { (x, n) -> a: Lstm(8) }", "an input [0..29]", "[0..64]", "[0..29]"),
        code(
            "pub N(x: [28, 64], n: [0..29]) -> [28, 8] { let _n = n; x -> a: Lstm(8, length = n) }",
            "(x, n)",
            "let _n = n; x -> a: Lstm(8, length = n)",
            "(x, n) -> a: Lstm(8)",
        ),
        code(&image("[8, 12, 12]", "x -> FlipLR(width)"), "Flip", "FlipLR", "Flip"),
        code(&image("[4, 12, 12]", "x -> a: RowLstm(4, kernel = 4)"), "kernel = 5", "kernel = 4", "kernel = 5"),
        prose(
            "pub N(x: [12], c: [4]) -> [3] { let (h, _n) = (x, c) -> LstmGates; h }",
            "the state of these sums is [3]",
            "c: [4]",
            "c: [3]",
        ),
        code("pub N(x: [8, 12, 12]) -> [64] { x -> a: GruCell(64) }", "-> Flatten", "x -> a", "x -> Flatten -> a"),
        code(
            &sequence("[28, 128]", "x -> a: Bidirectional"),
            "Lstm(64, bidirectional = true)",
            "Bidirectional",
            "Lstm(64, bidirectional = true)",
        ),
        code(&sequence("[28, 10]", "x -> a: TimeDistributed"), "Dense(10)", "TimeDistributed", "Dense(10)"),
        code(&image("[16, 12, 12]", "x -> ZeroPadding2D(1) -> a: Conv(16, 3)"), "Pad", "ZeroPadding2D", "Pad"),
        code(
            &image("[8, 14, 14]", "x -> ReflectionPad2d(1)"),
            "Pad(1, mode = reflect)",
            "ReflectionPad2d(1)",
            "Pad(1, mode = reflect)",
        ),
        code(
            &image("[8, 14, 14]", "x -> ReplicationPad2d(1)"),
            "Pad(1, mode = replicate)",
            "ReplicationPad2d(1)",
            "Pad(1, mode = replicate)",
        ),
        code(
            &image("[8, 14, 14]", "x -> CircularPad2d(1)"),
            "Pad(1, mode = circular)",
            "CircularPad2d(1)",
            "Pad(1, mode = circular)",
        ),
        code(
            &vector("[10]", "x -> a: Dense(10) -> WeightNorm"),
            "Dense(64, weight = weight_norm)",
            "Dense(10) -> WeightNorm",
            "Dense(64, weight = weight_norm) -> Dense(10)",
        ),
        code(
            &vector("[10]", "x -> a: Dense(10) -> nn.utils.spectral_norm"),
            "weight = spectral_norm",
            "Dense(10) -> nn.utils.spectral_norm",
            "Dense(10, weight = spectral_norm)",
        ),
        prose(&vector("[784]", "x -> Identity -> Relu"), "leave it out", "Identity -> ", ""),
        code(&vector("[8]", "x -> a: Sequential"), "[Dense(8), Relu]", "Sequential", "[Dense(8), Relu]"),
        code(&vector("[784]", "x -> Activation(1)"), "Relu", "Activation(1)", "Relu"),
        prose(&vector("[784]", "Input(784) -> Relu"), "pub Name(x: [784]) -> [10] { … }", "Input(784)", "x"),
        code(&vector("[784]", "let a = x -> Relu; let b = x -> Tanh; (a, b) -> Add"), "a + b", "(a, b) -> Add", "a + b"),
        code(
            &vector("[784]", "let a = x -> Relu; let b = x -> Tanh; (a, b) -> Subtract"),
            "a - b",
            "(a, b) -> Subtract",
            "a - b",
        ),
        code(
            &vector("[784]", "let a = x -> Relu; let b = x -> Tanh; (a, b) -> Multiply"),
            "a * b",
            "(a, b) -> Multiply",
            "a * b",
        ),
        code(
            &vector("[784]", "let a = x -> Relu; let b = x -> Tanh; (a, b) -> Average"),
            "(a + b) * 0.5",
            "(a, b) -> Average",
            "(a + b) * 0.5",
        ),
        code(
            &vector("[1568]", "let a = x -> Relu; let b = x -> Tanh; torch.cat(a, b)"),
            "concat(a, b)",
            "torch.cat(a, b)",
            "concat(a, b)",
        ),
        code(
            &vector("[1568]", "let a = x -> Relu; let b = x -> Tanh; (a, b) -> Concatenate"),
            "concat(a, b)",
            "(a, b) -> Concatenate",
            "concat(a, b)",
        ),
        code(&vector("[392]", "let (a, b) = chunk(x, 2); a + b"), "split(x, 2)", "chunk(x, 2)", "split(x, 2)"),
        prose(
            &vector("[10]", "x -> a: Dense(10) -> CrossEntropyLoss"),
            "Trainer::new(CrossEntropy, …)",
            " -> CrossEntropyLoss",
            "",
        ),
        prose(&vector("[10]", "x -> a: Dense(10) -> MSELoss"), "`.loss(Mse, &targets)`", " -> MSELoss", ""),
        prose(&vector("[10]", "x -> a: Dense(10) -> Adam(0.1)"), "Trainer::new(…, Adam::new(0.001))", " -> Adam(0.1)", ""),
        code(&vector("[784]", "let h = x -> Relu; Sigmoid(h)"), "h -> Sigmoid", "Sigmoid(h)", "h -> Sigmoid"),
        code(
            &vector("[784]", "let h = x -> Relu; F.leaky_relu(h, 0.2)"),
            "LeakyRelu",
            "F.leaky_relu(h, 0.2)",
            "h -> LeakyRelu(0.2)",
        ),
        code(
            &vector("[784]", "let h = x -> Relu; leaky_relu(h, 0.2)"),
            "h -> LeakyRelu(0.2)",
            "leaky_relu(h, 0.2)",
            "h -> LeakyRelu(0.2)",
        ),
        code(&vector("[784]", "let h = x -> Relu; x -> Sigmoid(h)"), "h -> Sigmoid", "x -> Sigmoid(h)", "h -> Sigmoid"),
        prose(&vector("[784]", "frobnicate(x)"), "`x -> Conv(8, 3)`", "frobnicate(x)", "x -> Relu"),
        prose("pub N(x: [4]) -> [4] { x -> T } pub T(x: [4]) -> [4] { x -> fc: Dense(4) }", "net T", "x -> T }", "x -> net T }"),
        generic_inside("net Block<Const<4>>"),
        generic_inside("net Block::<Const<4>>"),
        generic_inside("net Block(4)"),
        generic_inside("net Block"),
        generic_inside("Block"),
        prose(
            "pub N(x: [4]) -> [4] { x -> net T(4) } pub T(x: [4]) -> [4] { x -> fc: Dense(4) }",
            "`net T`",
            "net T(4)",
            "net T",
        ),
        prose(&vector("[784]", "Relu"), "x -> Relu", "{ Relu }", "{ x -> Relu }"),
        prose(
            &vector("[784]", "x -> fc: Dense(784) -> Relu + fc"),
            "(x -> fc: Dense(784) -> Relu) + fc",
            "x -> fc: Dense(784) -> Relu + fc",
            "let fc = x -> fc: Dense(784); (fc -> Relu) + fc",
        ),
        prose(
            &vector("[784]", "let y = x -> fc: Dense(784); y + fc"),
            "bind the value: `let fc = …;`",
            "let y = x -> fc: Dense(784); y + fc",
            "let fc = x -> fc: Dense(784); fc + fc",
        ),
        prose(&vector("[784]", "imgae -> Relu"), "no value is called `imgae`", "imgae", "x"),
        code(&vector("[784]", "let image = x -> Relu; imgae -> Tanh"), "image", "imgae", "image"),
        prose(
            "block B(a) { a + skip } pub N(x: [4]) -> [4] { x -> B }",
            "block B(a, skip)",
            "block B(a) { a + skip } pub N(x: [4]) -> [4] { x",
            "block B(a, skip) { a + skip } pub N(x: [4]) -> [4] { (x, x)",
        ),
    ]
}

/// A network with type parameters inside another one, in the ways in which one writes it.
fn generic_inside(stage: &str) -> Case {
    let generic = "pub Block<C: Dim>(x: [C, 8, 8]) -> [C, 8, 8] { x -> c: Conv(C, 3, pad = 1) }";
    let block = "block Block(x) { x -> c: Conv(x.channels, 3, pad = 1) } pub N(y: [4, 8, 8]) -> [4, 8, 8] { y -> b1: Block }";
    let program = format!("{generic} pub N(y: [4, 8, 8]) -> [4, 8, 8] {{ y -> b1: {stage} }}");
    let from: &'static str = Box::leak(program.clone().into_boxed_str());
    prose(&program, "`block Block(x) { … }`, and then `Block` as a stage; a size within it is `x.channels`", from, block)
}

fn arguments() -> Vec<Case> {
    let conv = |args: &str| image("[16, 12, 12]", &format!("x -> a: Conv({args})"));
    vec![
        code(&conv("16, 3, padding = 1"), "pad", "padding", "pad"),
        code(&conv("out_channels = 16, kernel = 3, pad = 1"), "channels", "out_channels", "channels"),
        code(&conv("filters = 16, kernel = 3, pad = 1"), "channels", "filters", "channels"),
        code(&conv("channels = 16, kernel_size = 3, pad = 1"), "kernel", "kernel_size", "kernel"),
        prose(
            &conv("16, 3, pad = 1, in_channels = 8"),
            "the input's sizes are inferred: leave `in_channels` out",
            ", in_channels = 8",
            "",
        ),
        code(
            &conv("8, 16, 3, 1, 1"),
            "Conv(16, 3, stride = 1, pad = 1)",
            "Conv(8, 16, 3, 1, 1)",
            "Conv(16, 3, stride = 1, pad = 1)",
        ),
        code(
            &image("[16, 5, 5]", "x -> a: Conv(16, 3, 2)"),
            "Conv(16, 3, stride = 2)",
            "Conv(16, 3, 2)",
            "Conv(16, 3, stride = 2)",
        ),
        code(&image("[8, 6, 6]", "x -> MaxPool(2, 2)"), "MaxPool(2, stride = 2)", "MaxPool(2, 2)", "MaxPool(2, stride = 2)"),
        code(&image("[8, 12, 12]", "x -> bn: BatchNorm(8)"), "`BatchNorm`", "BatchNorm(8)", "`BatchNorm`").plain(),
        code(
            &image("[8, 12, 12]", "x -> bn: BatchNorm2d(8, eps = 0.001)"),
            "BatchNorm(eps = 0.001)",
            "BatchNorm2d(8, eps = 0.001)",
            "BatchNorm(eps = 0.001)",
        ),
        prose(
            &image("[8, 12, 12]", "x -> bn: BatchNorm(num_features = 8)"),
            "leave `num_features` out",
            "(num_features = 8)",
            "",
        ),
        code(&vector("[10]", "x -> fc: Linear(784, 10)"), "Dense(10)", "Linear(784, 10)", "Dense(10)"),
        code(&vector("[10]", "x -> fc: Dense(units = 10)"), "features", "units", "features"),
        code(&sequence("[28, 32]", "x -> l: LSTM(64, 32, 2)"), "Lstm(32, layers = 2)", "LSTM(64, 32, 2)", "Lstm(32, layers = 2)"),
        code(&sequence("[28, 32]", "x -> l: Lstm(hidden_size = 32)"), "hidden", "hidden_size", "hidden"),
        prose(&sequence("[28, 32]", "x -> l: Lstm(32, batch_first = true)"), "leave it out", ", batch_first = true", ""),
        code(
            &sequence("[32]", "x -> l: Lstm(32, return_sequences = false)"),
            "last = true",
            "return_sequences = false",
            "last = true",
        ),
        code(
            &sequence("[28, 32]", "let (y, _s) = x -> l: Lstm(32, return_state = true); y"),
            "state = out",
            "return_state = true",
            "state = out",
        ),
        prose(
            &sequence("[28, 32]", "x -> l: Lstm(32, stateful = true)"),
            "#[fireclay(step)]",
            "pub N(x: [28, 64]) -> [28, 32] { x -> l: Lstm(32, stateful = true)",
            "#[fireclay(step)] pub N(x: [28, 64]) -> [28, 32] { x -> l: Lstm(32)",
        ),
        code(&vector("[784]", "x -> LeakyReLU(negative_slope = 0.2)"), "slope", "LeakyReLU(negative_slope", "LeakyRelu(slope"),
        code(&vector("[784]", "x -> Dropout(p = 0.2)"), "probability", "p = 0.2", "probability = 0.2"),
        prose(&vector("[784]", "x -> Relu(inplace = true)"), "leave it out", "(inplace = true)", ""),
        prose(&vector("[784]", "x -> L2Norm(dim = 1)"), "leave it out", "(dim = 1)", ""),
        prose(&image("[1152]", "x -> Flatten(start_dim = 1)"), "leave it out", "(start_dim = 1)", ""),
        prose(&image("[1152]", "x -> Flatten(1)"), "Flatten", "Flatten(1)", "Flatten"),
        code(
            &vector("[10]", "x -> fc: Dense(10, activation = relu)"),
            "-> Relu",
            "Dense(10, activation = relu)",
            "Dense(10) -> Relu",
        ),
        prose(&vector("[10]", "x -> Dense(10, name = fc)"), "`name: Layer(…)`", "Dense(10, name = fc)", "fc: Dense(10)"),
        code(
            &vector("[10]", "x -> fc: Dense(10, trainable = false)"),
            "#[frozen]",
            "fc: Dense(10, trainable = false)",
            "#[frozen] fc: Dense(10)",
        ),
        prose(&image("[8, 6, 6]", "x -> MaxPool(2, data_format = 1)"), "leave it out", ", data_format = 1", ""),
        code(&conv("16, 3, pad = 1, padding_mode = reflect"), "pad_mode", "padding_mode", "pad_mode"),
        prose(&conv("16, 3, pad = 1, device = 1"), "leave it out", ", device = 1", ""),
        code(&image("[1152]", "x -> View(-1, 1152)"), "Reshape([1152])", "View(-1, 1152)", "Reshape([1152])"),
        code(&image("[1152]", "x -> View(-1)"), "Reshape([_])", "View(-1)", "Reshape([_])"),
        code(&image("[96, 12]", "x -> Reshape([96, -1])"), "Reshape([96, _])", "Reshape([96, -1])", "Reshape([96, _])"),
        code(&image("[96, 12]", "x -> Reshape(96, 12)"), "Reshape([96, 12])", "Reshape(96, 12)", "Reshape([96, 12])"),
        code(&image("[96, 12]", "x -> Reshape(96, -1)"), "Reshape([96, _])", "Reshape(96, -1)", "Reshape([96, _])"),
        code(&image("[1152]", "x -> Reshape(1152)"), "Reshape([1152])", "Reshape(1152)", "Reshape([1152])"),
        code(&image("[8, 144]", "x -> Reshape([9, 144])"), "[8, 144]", "[9, 144]", "[8, 144]"),
        prose(&conv("16"), "Conv(channels, kernel)", "Conv(16)", "Conv(16, 3, pad = 1)"),
        prose(&conv("16, 3, kernel = 3, pad = 1"), "without names stand channels, kernel, in this order", "kernel = 3, ", ""),
        code(&conv("channels = 16, 3, pad = 1"), "kernel = ", "16, 3", "16, kernel = 3").plain(),
        code(&conv("16, 3, pad = semi"), "half", "semi", "half").plain(),
        code(
            &format!("block B(y; w) {{ y -> a: Conv(16, 3, pad = w) }} {}", image("[16, 12, 12]", "x -> B(A)")),
            "half",
            "B(A)",
            "B(half)",
        )
        .plain(),
        code("const WIDTH = 16; pub N(x: [4]) -> [16] { x -> fc: Dense(WIDHT) }", "WIDTH", "WIDHT", "WIDTH"),
        prose("pub N(x: [4]) -> [16] { x -> fc: Dense(WIDTH) }", "const WIDTH = …;", "pub", "const WIDTH = 16; pub"),
        prose(
            "pub N(x: [0..Words; 64]) -> [64, 16] { x -> e: Embedding(16) }",
            "declare `const Words = …;`",
            "pub",
            "const Words = 100; pub",
        ),
        code(&image("[8, 12, 12]", "x -> a: Conv(8, 1, groups = 3)"), "4", "groups = 3", "groups = 4"),
        code(&image("[8, 12, 12]", "x -> a: GroupNorm(groups = 3)"), "4", "groups = 3", "groups = 4"),
        code(&vector("[784]", "x -> a: GroupNorm(groups = 784)"), "groups = 392", "groups = 784", "groups = 392"),
        code(
            &image("[8, 12, 12]", "x -> a: LayerNorm(axis = (channels, width))"),
            "axis = (channels, height, width)",
            "axis = (channels, width)",
            "axis = (channels, height, width)",
        ),
        code(&vector("[784]", "x -> SpatialDropout(0.2)"), "Dropout(0.2)", "SpatialDropout(0.2)", "Dropout(0.2)"),
        code(&image("[2, 12, 12]", "x -> Maxout(5)"), "pieces = 4", "5", "pieces = 4"),
        prose(&vector("[784]", "x -> Softmax(1)"), "Softmax", "(1)", ""),
        code(
            &vector("[10]", "x -> fc: Dense(10, init = normal)"),
            "init = (normal, 0.0, 0.02)",
            "init = normal",
            "init = (normal, 0.0, 0.02)",
        ),
        code(
            &vector("[10]", "x -> fc: Dense(10, init = truncated_normal)"),
            "init = (truncated_normal, 0.0, 0.02)",
            "init = truncated_normal",
            "init = (truncated_normal, 0.0, 0.02)",
        ),
        code(
            &vector("[10]", "x -> fc: Dense(10, init = uniform)"),
            "init = (uniform, -0.1, 0.1)",
            "init = uniform",
            "init = (uniform, -0.1, 0.1)",
        ),
        code(&sequence("[28, 8]", "x -> l: Lstm(8, dropout = 0.5)"), "layers = 2", "dropout", "layers = 2, dropout"),
        prose(
            "block B(x; n = 3) { x -> fc: Dense(n) } default B(n = 4); pub N(x: [4]) -> [4] { x -> B }",
            "block B(x; size = 3) { … }",
            "n = 3) { x -> fc: Dense(n) } default B(n = 4);",
            "n = 4) { x -> fc: Dense(n) }",
        ),
        code(&vector("[10]", "x -> fc: Dense(10, bais = false)"), "bias", "bais", "bias"),
        code(&image("[8, 12, 12]", "x -> GroupNorm(2, 8)"), "GroupNorm(2)", "GroupNorm(2, 8)", "GroupNorm(2)"),
        code(&vector("[784]", "x -> LayerNorm(784)"), "`LayerNorm`", "LayerNorm(784)", "`LayerNorm`").plain(),
        code(
            &vector("[10]", "x -> fc: Linear(784, 10, false)"),
            "Dense(10, bias = false)",
            "Linear(784, 10, false)",
            "Dense(10, bias = false)",
        ),
        code(
            "pub N(x: [0..1000; 20]) -> [20, 16] { x -> e: Embedding(1000, 16) }",
            "Embedding(16)",
            "Embedding(1000, 16)",
            "Embedding(16)",
        ),
        code(
            "pub N(x: [0..1000]) -> [16] { x -> e: Embedding(1000, 16) }",
            "Embedding(16)",
            "Embedding(1000, 16)",
            "Embedding(16)",
        ),
        code(
            "pub N(x: [0..99; 20]) -> [20, 16] { x -> e: Embedding(99, embedding_dim = 16, padding_idx = 0) }",
            "Embedding(16, padding_index = 0)",
            "Embedding(99, embedding_dim = 16, padding_idx = 0)",
            "Embedding(16, padding_index = 0)",
        ),
        code("pub N(x: [20]) -> [20, 16] { x -> e: Embedding(16) }", "[0..1000; 20]", "[20]", "[0..1000; 20]"),
        code(
            &sequence("[28, 64]", "x -> a: Attention(x, x, x)"),
            "x -> Attention(4)",
            "x -> a: Attention(x, x, x)",
            "x -> Attention(4)",
        ),
        code(
            &sequence("[28, 64]", "x -> a: nn.MultiheadAttention(64, 4)"),
            "Attention(4)",
            "nn.MultiheadAttention(64, 4)",
            "Attention(4)",
        ),
        code(&sequence("[28, 64]", "x -> a: Attention(x)"), "x -> Attention(4)", "x -> a: Attention(x)", "x -> Attention(4)"),
        code(&image("[8, 12, 12]", "x -> a: PRelu(8)"), "per_channel = true", "8)", "per_channel = true)"),
        prose(&image("[8, 12, 12]", "x -> a: PRelu(1)"), "leave it out for one slope", "PRelu(1)", "PRelu"),
        prose(
            &sequence("[28, 64]", "x -> a: Attention(embed_dim = 64, heads = 4)"),
            "the input's sizes are inferred: leave `embed_dim` out",
            "embed_dim = 64, ",
            "",
        ),
        code(&conv("x, 16, 3"), "x -> Conv(16, 3)", "x -> a: Conv(x, 16, 3)", "x -> Conv(16, 3) -> Pad(1)"),
        code(
            &image("[16, 12, 12]", "x -> a: Conv2d(8, 16, kernel_size = 3, padding = 1)"),
            "Conv(16, 3, pad = 1)",
            "Conv2d(8, 16, kernel_size = 3, padding = 1)",
            "Conv(16, 3, pad = 1)",
        ),
        code(
            &sequence("[28, 128]", "x -> l: LSTM(64, hidden_size = 128, num_layers = 2)"),
            "Lstm(128, layers = 2)",
            "LSTM(64, hidden_size = 128, num_layers = 2)",
            "Lstm(128, layers = 2)",
        ),
        code(
            &image("[4, 24, 24]", "x -> up: ConvTranspose2d(8, 4, 3, 2, 1, 1)"),
            "ConvTranspose(4, 3, stride = 2, pad = 1, output_pad = 1)",
            "ConvTranspose2d(8, 4, 3, 2, 1, 1)",
            "ConvTranspose(4, 3, stride = 2, pad = 1, output_pad = 1)",
        ),
        code(&vector("[10]", "x -> fc: Dense(10, bias = none)"), "bias = false", "bias = none", "bias = false"),
        code(&vector("[10]", "x -> fc: Dense(10, bias = yes)"), "bias = true", "bias = yes", "bias = true"),
        prose(&conv("16, 3, pad = 1, mask = None"), "leave `mask` out", ", mask = None", ""),
        code(
            &format!("default Conv(weight = weight_norm); {}", image("[16, 12, 12]", "x -> a: Conv(16, 1, weight = none)")),
            "weight = plain",
            "weight = none",
            "weight = plain",
        ),
        code(&vector("[10]", "x -> fc: Dense(10, weight = normal)"), "weight_norm", "normal", "weight_norm"),
        code(&vector("[1568]", "torch.cat([x, x])"), "concat(x, x)", "torch.cat([x, x])", "concat(x, x)"),
        code(&vector("[1568]", "concat([x, x])"), "concat(x, x)", "concat([x, x])", "concat(x, x)"),
        code(&vector("[1568]", "torch.cat(x, x)"), "concat(x, x)", "torch.cat(x, x)", "concat(x, x)"),
    ]
}

fn shapes() -> Vec<Case> {
    vec![
        prose(
            &vector("[10]", "x -> fc: Dense(10) -> Quantize(0.05)"),
            "-> Dequantize(scale = …)",
            "Quantize(0.05)",
            "Quantize(0.05) -> Dequantize(scale = 0.05)",
        ),
        prose(
            &vector("[10]", "x -> q: Quantize(0.05) -> fc: Dense(10)"),
            "-> Dequantize(scale = …)",
            "-> fc",
            "-> Dequantize(scale = 0.05) -> fc",
        ),
        code("pub N(x: [64, 1, 28, 28]) -> [4, 26, 26] { x -> c: Conv(4, 3) }", "[1, 28, 28]", "[64, 1, 28, 28]", "[1, 28, 28]"),
        code(
            "pub N(x: [64, 3, 1, 28, 28]) -> [10] { x -> Flatten -> fc: Dense(10) }",
            "[3, 1, 28, 28]",
            "[64, 3, 1, 28, 28]",
            "[3, 1, 28, 28]",
        ),
        code("pub N(x: [_, 784]) -> [10] { x -> fc: Dense(10) }", "[784]", "[_, 784]", "[784]"),
        code("pub N(x: [-1, 1, 28]) -> [1, 10] { x -> fc: Dense(10) }", "[1, 28]", "[-1, 1, 28]", "[1, 28]"),
        code(&sequence("[64]", "x -> GlobalAvgPool"), "GlobalAvgPool1d", "GlobalAvgPool", "GlobalAvgPool1d"),
        code(
            &image("[8, 24, 24]", "x -> Upsample(2, align_corners = true)"),
            "mode = bilinear",
            "align_corners",
            "mode = bilinear, align_corners",
        ),
        code(&image("[8, 18, 18]", "x -> Upsample(1.5)"), "size = (18, 18)", "1.5", "size = (18, 18)"),
        code(
            &image("[8, 24, 24]", "x -> Upsample(size = 26, mode = bed_of_nails)"),
            "size = (24, 24)",
            "size = 26",
            "size = (24, 24)",
        ),
        code(
            "pub N(x: [1, 7, 9]) -> [1, 7, 9] { let (y, at) = x -> MaxPool(2, indices = true); (y, at) -> MaxUnpool }",
            "size = (7, 9)",
            "MaxUnpool",
            "MaxUnpool(size = (7, 9))",
        ),
        prose(&sequence("[1, 64]", "x -> MaxPool1d(30)"), "the kernel may be at most 28", "30", "28"),
        prose(
            "pub N(x: [1, 8]) -> [1, 8] { x -> MaxPool1d(2, dilation = 4, pad = 2) }",
            "a smaller dilation, or a smaller pad",
            "dilation = 4, pad = 2",
            "pad = 1",
        ),
        prose(&vector("[784]", "x -> GlobalAvgPool"), "leave it out", " -> GlobalAvgPool", ""),
        code(&vector("[8, 26, 26]", "x -> c: Conv(8, 3)"), "Reshape([1, 28, 28])", "c:", "Reshape([1, 28, 28]) -> c:"),
        code(
            "pub N(x: [3072]) -> [8, 30, 30] { x -> c: Conv(8, 3) }",
            "Reshape([3, 32, 32])",
            "c:",
            "Reshape([3, 32, 32]) -> c:",
        ),
        code(
            "pub N(z: [100]) -> [64, 4, 4] { z -> c: ConvTranspose(64, 4) }",
            "Reshape([100, 1, 1])",
            "c:",
            "Reshape([100, 1, 1]) -> c:",
        ),
        code(&sequence("[8, 26, 62]", "x -> c: Conv(8, 3)"), "Reshape([1, 28, 64])", "c:", "Reshape([1, 28, 64]) -> c:"),
        code(&sequence("[26, 8]", "x -> c: Conv(8, 3)"), "Conv1d(8, 3)", "Conv(8, 3)", "Conv1d(8, 3)"),
        code(
            &sequence("[57, 4]", "x -> c: ConvTranspose(4, 3, stride = 2)"),
            "ConvTranspose1d(4, 3, stride = 2)",
            "ConvTranspose(4, 3, stride = 2)",
            "ConvTranspose1d(4, 3, stride = 2)",
        ),
        code(&sequence("[1, 26, 62]", "x -> c: DepthwiseConv(3)"), "Reshape([1, 28, 64])", "c:", "Reshape([1, 28, 64]) -> c:"),
        code("pub N(x: [2, 64]) -> [62, 8] { x -> c: Conv1d(8, 3) }", "-> Permute(1, 0)", "x -> c:", "x -> Permute(1, 0) -> c:"),
        code(
            "pub N(x: [2, 64]) -> [62, 8] { x -> Permute(1, 0) -> c: Conv1d(2, 8, 3) }",
            "Conv1d(8, 3)",
            "Conv1d(2, 8, 3)",
            "Conv1d(8, 3)",
        ),
        code(&sequence("[64]", "x -> Slice(time = -1)"), "Step(last)", "Slice(time = -1)", "Step(last)"),
        code(&image("[8, 12, 1]", "x -> Slice(width = -1)"), "width = -1..", "width = -1", "width = -1.."),
        code(&image("[8, 12, 1]", "x -> Slice(width = -2)"), "width = -2..-1", "width = -2", "width = -2..-1"),
        code(&vector("[784, 8]", "x -> l: Lstm(8)"), "Reshape([784, 1])", "l:", "Reshape([784, 1]) -> l:"),
        code("pub N(x: [1, 28, 28]) -> [28, 8] { x -> l: Lstm(8) }", "Reshape([28, 28])", "l:", "Reshape([28, 28]) -> l:"),
        code(&image("[8, 4]", "x -> l: Lstm(4)"), "Reshape([8, 144])", "l:", "Reshape([8, 144]) -> l:"),
        code(&image("[10]", "x -> fc: Dense(10)"), "Flatten", "fc:", "Flatten -> fc:"),
        code("pub N(x: [0..96; 32]) -> [32, 10] { x -> fc: Dense(10) }", "Embedding(64)", "fc:", "e: Embedding(64) -> fc:"),
        code(&image("[16, 2, 2]", "x -> a: Conv(16, 15)"), "pad = 2", "15", "15, pad = 2"),
        code(&image("[16, 12, 12]", "x -> a: Conv(16, 15)"), "pad = same", "15", "15, pad = same"),
        code(
            "pub N(x: [16, 32, 32]) -> [32, 16, 16] { let main = x -> a: Conv(32, 3, stride = 2, pad = 1); let skip = x -> Relu; main + skip }",
            "Conv(32, 1, stride = 2)",
            "skip = x -> Relu",
            "skip = x -> Relu -> b: Conv(32, 1, stride = 2)",
        ),
        code(&vector("[10]", "let a = x -> fc: Dense(10); a + x"), "Dense(10)", "a + x", "a + (x -> b: Dense(10))"),
        prose(
            "pub N(x: [8, 3, 3]) -> [4, 2, 2] { x -> up: ConvTranspose(4, 2, pad = 2) }",
            "pad may be at most 1",
            "pad = 2",
            "pad = 1",
        ),
        code(&image("[8, 12, 12]", "x -> c: Conv(8, 3, mask = A)"), "pad = same", "mask = A", "mask = A, pad = same"),
        code(
            &image("[8, 12, 12]", "x -> c: Conv(8, 3, mask = A, pad = same, stride = 2)"),
            "stride = 1",
            "stride = 2",
            "stride = 1",
        ),
        prose(
            &image("[8, 12, 12]", "x -> c: Conv(8, 3, mask = A, pad = same, groups = 2)"),
            "groups = 1; colors that see those before them are `colors = 3`",
            "groups = 2",
            "groups = 1",
        ),
        prose(
            &image("[8, 12, 12]", "x -> c: Conv(8, 3, mask = A, pad = same, colors = 3)"),
            "9 channels",
            "colors = 3",
            "colors = 2",
        ),
        prose(
            &image("[8, 12, 12]", "x -> c: Conv(7, 3, mask = A, pad = same, colors = 2)"),
            "channels = 6 or 8",
            "Conv(7,",
            "Conv(8,",
        ),
        code(
            &image("[8, 12, 12]", "x -> c: Conv(8, 3, pad = same, colors = 2)"),
            "mask = B",
            "colors = 2",
            "mask = B, colors = 2",
        ),
        code(
            &image("[8, 12, 12]", "x -> c: Conv(8, 3, mask = A, pad = same, pad_mode = reflect)"),
            "pad_mode = zeros",
            "pad_mode = reflect",
            "pad_mode = zeros",
        ),
        prose(&image("[8, 14, 14]", "x -> Pad(12, mode = reflect)"), "pad may be at most 11", "Pad(12", "Pad(1"),
        code(&image("[8, 14, 14]", "x -> Pad(1, mode = reflect, value = 2)"), "mode = zeros", "mode = reflect", "mode = zeros"),
        code(
            "#[fireclay(step)] pub N(x: [16, 4]) -> [16, 8] { x -> c: Conv1d(8, 3, pad = causal, pad_mode = reflect) }",
            "pad_mode = zeros",
            "pad_mode = reflect",
            "pad_mode = zeros",
        ),
        prose(
            "pub N(x: [3, 8]) -> [2, 4] { x -> up: ConvTranspose1d(4, 2, pad = 2) }",
            "pad may be at most 1",
            "pad = 2",
            "pad = 1",
        ),
        code(&sequence("[28, 8]", "x -> c: Conv1d(8, 30)"), "pad = (14, 15)", "8, 30", "8, 30, pad = (14, 15)"),
        prose(
            &image("[8, 12, 12]", "x -> MaxPool(2, stride = 1, dilation = 14, pad = 7)"),
            "a smaller dilation",
            "dilation = 14, pad = 7",
            "dilation = 2, pad = 1",
        ),
    ]
}

/// A shape that was promised and is missed by one argument.
fn promises() -> Vec<Case> {
    let up = "pub N(x: [16, 8, 8], image: [1, 17, 17]) -> ";
    vec![
        code(&image("[16, 6, 6]", "x -> a: Conv(16, 1)"), "stride = 2", "16, 1", "16, 1, stride = 2"),
        code(&image("[16, 12, 12]", "x -> a: Conv(16, 3) -> bn: BatchNorm -> Relu"), "pad = 1", "16, 3", "16, 3, pad = 1"),
        code(
            &image("[16, 6, 6]", "x -> a: Conv(16, 3) as [16, 6, 6]"),
            "stride = 2, pad = 1",
            "16, 3",
            "16, 3, stride = 2, pad = 1",
        ),
        code(&image("[10]", "x -> a: Conv(4, 3) as [4, 12, 12] -> Flatten -> fc: Dense(10)"), "pad = 1", "4, 3", "4, 3, pad = 1"),
        code(
            &image("[4, 24, 24]", "x -> up: ConvTranspose(4, 3, stride = 2, pad = 1)"),
            "output_pad = 1",
            "pad = 1",
            "pad = 1, output_pad = 1",
        ),
        code(
            &image("[4, 24, 24]", "x -> up: ConvTranspose(4, 3, stride = 2)"),
            "pad = same",
            "stride = 2",
            "stride = 2, pad = same",
        ),
        code(
            "pub N(x: [3, 33, 33]) -> [8, 16, 16] { x -> a: Conv(8, 3, stride = 2, pad = 1) }",
            "`pad = 0`",
            "pad = 1",
            "pad = 0",
        )
        .plain(),
        code(
            "pub N(x: [3, 32, 32]) -> [8, 15, 15] { x -> a: Conv(8, 3, stride = 2, pad = 1) }",
            "`pad = 0`",
            "pad = 1",
            "pad = 0",
        )
        .plain(),
        code("pub N(x: [3, 32, 32]) -> [8, 30, 30] { x -> a: Conv(8, 3, pad = 1) }", "`pad = 0`", "pad = 1", "pad = 0").plain(),
        code("pub N(x: [8, 13, 13]) -> [8, 7, 7] { x -> MaxPool(2) }", "ceil = true", "MaxPool(2", "MaxPool(2, ceil = true"),
        code(&sequence("[10]", "x -> lstm: Lstm(64) -> fc: Dense(10)"), "last = true", "Lstm(64", "Lstm(64, last = true"),
        code(&sequence("[64]", "x -> lstm: Lstm(64)"), "last = true", "Lstm(64", "Lstm(64, last = true"),
        code(
            &format!("{up}[9, 17, 17] {{ concat(image, x -> up: ConvTranspose(8, 2, stride = 2)) }}"),
            "like = image",
            "8, 2",
            "8, 2, like = image",
        ),
        code(
            &format!("{up}[1, 17, 17] {{ let y = x -> up: ConvTranspose(1, 2, stride = 2) -> Relu; y + image }}"),
            "like = image",
            "1, 2",
            "1, 2, like = image",
        ),
    ]
}

fn others() -> Vec<Case> {
    let two = |body: &str| format!("pub N(x: [4]) -> (a: [4], b: [4]) {{ {body} }}");
    vec![
        prose(&two("x"), "(a: …, b: …)", "{ x }", "{ (a: x, b: x) }"),
        code(&two("let y = x -> Relu; (a: x, y)"), "b: y", ", y)", ", b: y)"),
        prose(&two("(a: x, x -> Relu)"), "b: …", "x -> Relu)", "b: x -> Relu)"),
        prose("pub N(x: [4]) -> (a: [4], b: [4]) { (a: x, bb: x) }", "no output is called `bb`", "bb: x", "b: x"),
        prose(
            "pub N(x: [4]) -> ([4], [4]) { (x, x) }",
            "-> (first: […], second: […])",
            "-> ([4], [4]) { (x, x) }",
            "-> (first: [4], second: [4]) { (first: x, second: x) }",
        ),
        code("pub N(x: [4]) -> [4] { let y = x -> Relu; x }", "_y", "let y", "let _y"),
        code("pub N(x: [4], y: [4]) -> [4] { x }", "_y", "y: [4]", "_y: [4]"),
        code("block B(a, b) { a } pub N(x: [4]) -> [4] { (x, x) -> B }", "_b", "(a, b)", "(a, _b)"),
        prose(
            "pub N(x: [4]) -> [4] { x -> fc: Dense(4) -> fc: Dense(4) }",
            "`fc` alone",
            "fc: Dense(4) -> fc: Dense(4)",
            "fc: Dense(4) -> fc",
        ),
        prose("pub N(x: [4]) -> [4] { x -> fc: Dense(4) -> fc(4) }", "`fc` alone", "fc(4)", "fc"),
        prose("pub N(x: [4]) -> [4] { x -> fc: Dense(4) -> b: fc }", "`fc` alone, without `b:`", "b: fc", "fc"),
        prose(
            "pub N(x: [4]) -> [4] { x -> fc: Dense(4) -> #[frozen] fc }",
            "write #[frozen] there",
            "fc: Dense(4) -> #[frozen] fc",
            "#[frozen] fc: Dense(4) -> fc",
        ),
        prose(
            "pub N(x: [4]) -> [4] { x -> Dense(4) -> Dense(4) }",
            "`name: Dense`",
            "Dense(4) -> Dense(4)",
            "Dense(4) -> name: Dense(4)",
        ),
        prose(
            "pub N(x: [4]) -> [4] { x -> [Dense(4)] -> [Dense(4)] }",
            "`name: […]`",
            "x -> [Dense(4)] -> [Dense(4)] }",
            "x -> first: [Dense(4)] -> name: [Dense(4)] }",
        ),
        prose(
            "pub N(x: [4]) -> [4] { let y = x -> fc: Dense(4); if true { y -> fc: Dense(4) } else { y } }",
            "another label",
            "y -> fc:",
            "y -> fc2:",
        ),
        prose(
            "pub N(x: [4]) -> [4] { x -> l: if true { Relu } }",
            "label the stages within",
            "l: if true { Relu }",
            "if true { l: Relu }",
        ),
        prose(
            "pub N(x: [4]) -> [4] { x -> [Dense(4), Relu] -> fc: Dense(4) }",
            "give this list a label: `name: […]`",
            "x -> [",
            "x -> name: [",
        ),
        prose("#[derive(Clone)] pub N(x: [4]) -> [4] { x -> fc: Dense(4) }", "help: remove it", "#[derive(Clone)] ", ""),
        prose("pub N(x: [4]) -> [4] { x -> [Relu, Tanh; 2] }", "`[A -> B; 2]`", "[Relu, Tanh; 2]", "[Relu -> Tanh; 2]"),
        prose(
            "pub N(x: [4]) -> [4] { let a = 1 + 2; x + a }",
            "in arguments and in `const` numbers are computed",
            "let a = 1 + 2;",
            "const a = 1 + 2;",
        ),
        prose(
            "pub N(x: [4]) -> [4] { let y = if false { x }; y }",
            "add `else { … }`",
            "if false { x }",
            "if false { x } else { x }",
        ),
        prose("#[fireclay()] pub N(x: [4]) -> [4] { x -> Relu }", "remove it", "#[fireclay()] ", ""),
        code("#[fireclay(stepwise)] pub N(x: [16, 4]) -> [16, 4] { x -> Relu }", "step", "stepwise", "step"),
        prose(
            "#[fireclay(step)] pub N(x: [4]) -> [4] { x -> Relu }",
            "an input such as [64, 8] or [0..96; 64]",
            "x: [4]) -> [4]",
            "x: [64, 8]) -> [64, 8]",
        ),
        prose(
            "#[fireclay(step)] pub N(x: [16, 4]) -> [16, 8] { x -> l: Lstm(4, bidirectional = true) }",
            "`bidirectional = false`",
            "Lstm(4, bidirectional = true)",
            "Lstm(8, bidirectional = false)",
        ),
        code(
            "#[fireclay(step)] pub N(x: [16, 4]) -> [16, 8] { x -> c: Conv1d(8, 3, pad = same) }",
            "pad = causal",
            "pad = same",
            "pad = causal",
        ),
        code(
            "#[fireclay(step)] pub N(x: [16, 4]) -> [8, 8] { x -> c: Conv1d(8, 1, stride = 2) }",
            "stride = 1",
            "[8, 8] { x -> c: Conv1d(8, 1, stride = 2)",
            "[16, 8] { x -> c: Conv1d(8, 1, stride = 1)",
        ),
        prose(
            "#[fireclay(step)] pub N(x: [16, 4]) -> [16, 4] { let (y, _s) = x -> l: Lstm(4, state = out); y }",
            "leave the state out of the declaration",
            "let (y, _s) = x -> l: Lstm(4, state = out); y",
            "x -> l: Lstm(4)",
        ),
        prose(
            "#[fireclay(step)] pub N(x: [16, 4], h: [4]) -> [16, 4] { let (y, _h) = (x, h) -> s: scan(GruCell(4)); y }",
            "begin with `zeros([8])`",
            ", h: [4]) -> [16, 4] { let (y, _h) = (x, h)",
            ") -> [16, 4] { let (y, _h) = (x, zeros([4]))",
        ),
        prose(
            "#[fireclay(step)] pub N(x: [16, 4], n: [0..17]) -> [16, 4] { (x, n) -> l: Lstm(4) }",
            "leave that value out",
            ", n: [0..17]) -> [16, 4] { (x, n)",
            ") -> [16, 4] { x",
        ),
        prose(
            "pub N(a: [1], b: [1], c: [1], d: [1], e: [1], f: [1], g: [1]) -> [7] { concat(a, b, c, d, e, f, g) }",
            "`concat` puts several values into one",
            "a: [1], b: [1], c: [1], d: [1], e: [1], f: [1], g: [1]) -> [7] { concat(a, b,",
            "ab: [2], c: [1], d: [1], e: [1], f: [1], g: [1]) -> [7] { concat(ab,",
        ),
    ]
}

/// Of layers that move numbers.
fn movements() -> Vec<Case> {
    let with = |gives: &str, stage: &'static str, proposal: &'static str, to: &'static str| {
        prose(&image(gives, &format!("x -> {stage}")), proposal, stage, to)
    };
    vec![
        with("[8, 12, 6]", "Slice", "Slice(width = 0..6)", "Slice(width = 0..6)"),
        with("[8, 1, 12]", "Slice(height = 3)", "height = 3..4", "Slice(height = 3..4)"),
        with("[8, 4, 12]", "Slice(height = 7..3)", "height = 3..7", "Slice(height = 3..7)"),
        with("[8, 10, 12]", "Slice(height = 2..20)", "height = 2..12", "Slice(height = 2..12)"),
        with("[8, 12, 12]", "Slice(height = 20..30)", "height = 0..12", "Slice(height = 0..12)"),
        with("[8, 6, 6]", "Crop", "Crop(6)", "Crop(6)"),
        with("[8, 12, 12]", "Crop(13)", "at most 12×12", "Crop(12)"),
        with("[12, 12, 8]", "Permute(1, 2)", "channels is left", "Permute(1, 2, 0)"),
        with("[12, 8, 12]", "Permute(1, 1, 0)", "channels, width are left", "Permute(1, 0, 2)"),
        with("[12, 8, 12]", "Transpose(1, 2)", "Permute", "Permute(1, 0, 2)"),
        with("[12, 8, 12]", "SwapAxes(0, 1)", "Permute(1, 0, 2)", "Permute(1, 0, 2)"),
        with("[8, 10, 10]", "Cropping2D(1)", "Slice(height = 1..-1, width = 1..-1)", "Slice(height = 1..-1, width = 1..-1)"),
        with("[72, 4, 4]", "SpaceToDepth(5)", "2, 3, 4 would fit", "SpaceToDepth(3)"),
        with("[2, 24, 24]", "PixelShuffle(3)", "2 would fit", "DepthToSpace(2)"),
        prose(&sequence("[64]", "x -> Step(28)"), "Step(27) is the last", "28)", "27)"),
        prose("pub N(x: [1, 9, 4]) -> [9, 4] { x -> Squeeze(height) }", "channels has size 1", "(height)", "(channels)"),
        prose(&sequence("[28, 40]", "let (_, b) = split(x, [24, 48]); b"), "[24, 40] would fit", "[24, 48]", "[24, 40]"),
    ]
}

/// Of operators, and of values without an input.
fn arithmetic() -> Vec<Case> {
    let two = |body: &str| format!("pub N(a: [4, 5], b: [3, 5]) -> [4, 3] {{ {body} }}");
    vec![
        prose(&vector("[784]", "x -> Divide"), "a / b", "x -> Divide", "x / 2"),
        prose(&vector("[784]", "x -> Greater"), "a > b", "x -> Greater", "x > 0"),
        prose(&vector("[784]", "x -> GreaterEqual"), "a >= b", "x -> GreaterEqual", "x >= 0"),
        prose(&vector("[784]", "x -> Maximum"), "max(a, b)", "x -> Maximum", "max(x, 0)"),
        prose(&vector("[784]", "x -> Minimum"), "min(a, b)", "x -> Minimum", "min(x, 0)"),
        prose("pub N(a: [4], b: [4]) -> [4] { max(a, b, 0) }", "max(max(a, b), 0)", "max(a, b, 0)", "max(max(a, b), 0)"),
        prose(&two("bmm(a, b -> Permute(1, 0))"), "matmul(a, b)", "bmm", "matmul"),
        prose(&vector("[784]", "x -> nn::Detach"), "stop_gradient(x)", "x -> nn::Detach", "stop_gradient(x)"),
        prose(&vector("[784]", "x * Parameter([784])"), "let scale = Param([64]);", "Parameter", "Param"),
        prose(&vector("[784]", "x -> zeros([64])"), "let y = zeros([64]);", "x -> zeros([64])", "let y = zeros([784]); x + y"),
        code(&vector("[784]", "x + zeros(784)"), "zeros([784])", "zeros(784)", "zeros([784])"),
        prose(
            &vector("[784]", "x * Param([784]) + Param([784])"),
            "let name = Param([64]);",
            "x * Param([784])",
            "let scale = Param([784]); x * scale",
        ),
        prose(&two("matmul(a, b)"), "b -> Permute(1, 0)", "a, b)", "a, b -> Permute(1, 0))"),
        prose(
            "pub N(a: [5], b: [5, 3]) -> [1, 3] { matmul(a, b) }",
            "Reshape([1, 5]) makes a matrix of it",
            "matmul(a",
            "matmul(a -> Reshape([1, 5])",
        ),
        prose(&sequence("[28, 64]", "x -> a: Attention(3)"), "1, 2, 4, 8, 16, 32, 64 would fit", "(3)", "(4)"),
    ]
}

/// What other languages and libraries have.
fn habits() -> Vec<Case> {
    vec![
        code(&vector("[784]", "let y = x -> Relu; add(x, y)"), "x + y", "add(x, y)", "x + y"),
        code(&vector("[784]", "x -> Gelu(tanh)"), "Gelu(approximate = tanh)", "Gelu(tanh)", "Gelu(approximate = tanh)"),
        prose(&vector("[10]", "x -> fc: Dense(n)"), "const n = …;", "Dense(n)", "Dense(10)"),
        code(&vector("[10]", "x -> fc: Dense(10, relu)"), "Dense(10) -> Relu", "Dense(10, relu)", "Dense(10) -> Relu"),
        code(
            &image("[8, 12, 12]", "x -> BatchNorm(1e-5, 0.1)"),
            "BatchNorm(eps = 1e-5, momentum = 0.1)",
            "BatchNorm(1e-5, 0.1)",
            "BatchNorm(eps = 1e-5, momentum = 0.1)",
        ),
        code(&vector("[784]", "x -> Dropout(0.5, false)"), "`Dropout(0.5)`", "Dropout(0.5, false)", "Dropout(0.5)").plain(),
        code(&vector("[784]", "x -> Elu(0.1, 3)"), "Elu(0.1)", "Elu(0.1, 3)", "Elu(0.1)"),
        code(&sequence("[28, 8]", "x -> r: Rnn(8, activation = relu)"), "nonlinearity", "activation", "nonlinearity"),
        code(
            &image("[8, 12, 12]", "x -> c: Conv(8, 8, 3, padding = 1)"),
            "Conv(8, 3, pad = 1)",
            "Conv(8, 8, 3, padding = 1)",
            "Conv(8, 3, pad = 1)",
        ),
        code(&vector("[10]", "x -> fc: Dense(10, bias = False)"), "false", "False", "false"),
        code(&vector("[10]", "x -> fc: Dense(10, init = \"zeros\")"), "zeros", "\"zeros\"", "zeros"),
        code(&vector("[10]", "x -> fc: Dense(10, init = kaiming_normal)"), "he_normal", "kaiming_normal", "he_normal"),
        code(&vector("[784]", "img -> Relu"), "x", "img", "x"),
        prose("pub N(a: [4], b: [4]) -> [4] { img + b }", "the inputs are a, b", "img", "a"),
        code(
            &vector("[10]", "let fc = Dense(10); fc(x)"),
            "x -> fc: Dense(10)",
            "let fc = Dense(10); fc(x)",
            "x -> fc: Dense(10)",
        ),
        code(&sequence("[28, 8]", "let (y, _h) = x -> g: Gru(8); y"), "Gru(8, state = out)", "Gru(8)", "Gru(8, state = out)"),
    ]
}

/// Calls of PyTorch's functions beside operators: the parentheses keep what was computed.
fn calls() -> Vec<Case> {
    vec![
        code(&vector("[784]", "x + relu(x)"), "`(x -> Relu)`", "relu(x)", "(x -> Relu)").plain(),
        code(&vector("[784]", "let lv = x; x + x * exp(lv / 2)"), "(lv / 2 -> Exp)", "exp(lv / 2)", "(lv / 2 -> Exp)"),
        code(&vector("[784]", "relu(sigmoid(x)) * 2"), "(x -> Sigmoid -> Relu)", "relu(sigmoid(x))", "(x -> Sigmoid -> Relu)"),
        code(&vector("[784]", "relu(-x)"), "-x -> Relu", "relu(-x)", "-x -> Relu"),
        code(&vector("[784]", "2 * add(x, relu(x))"), "(x + (x -> Relu))", "add(x, relu(x))", "(x + (x -> Relu))"),
        code(
            &vector("[5]", "relu(x -> fc: Dense(5))"),
            "x -> fc: Dense(5) -> Relu",
            "relu(x -> fc: Dense(5))",
            "x -> fc: Dense(5) -> Relu",
        ),
        code(
            "pub E(x: [8]) -> [4] { x -> d: Dense(4) } pub N(x: [8]) -> [4] { 1 - E(x) }",
            "(x -> net E)",
            "1 - E(x)",
            "1 - (x -> net E)",
        ),
    ]
}

/// Axes as PyTorch numbers them.
fn axes() -> Vec<Case> {
    let over = |program: String, from, axis| code(&program, axis, from, axis);
    vec![
        over(image("[8]", "mean(x, dim = (2, 3))"), "dim = (2, 3)", "axis = (height, width)"),
        over(image("[8]", "mean(x, (2, 3))"), "(2, 3)", "axis = (height, width)"),
        over(image("[8]", "mean(x, [-2, -1])"), "[-2, -1]", "axis = (height, width)"),
        over(image("[8]", "mean(x, axis = (2, 3))"), "axis = (2, 3)", "axis = (height, width)"),
        over(sequence("[64]", "sum(x, dim = 1)"), "dim = 1", "axis = time"),
        over(sequence("[28]", "sum(x, -1)"), "-1", "axis = features"),
        over(sequence("[56, 64]", "concat(x, x, dim = 1)"), "dim = 1", "axis = time"),
        over(sequence("[56, 64]", "concat(x, x, 1)"), "1", "axis = time"),
        over(sequence("[28, 32]", "let (a, b) = split(x, 2, dim = 2); a + b"), "dim = 2", "axis = features"),
        code(&sequence("[14, 64]", "let (a, b) = split(x, 2, 1); a + b"), "axis = time", "2, 1", "2, axis = time"),
        over(image("[8, 12, 12]", "x -> Softmax(dim = -1)"), "dim = -1", "axis = width"),
        over(image("[8, 12, 12]", "x -> Softmax(-1)"), "-1", "axis = width"),
        over(image("[8, 12, 12]", "x -> Softmax(axis = -1)"), "axis = -1", "axis = width"),
        over(image("[8, 12, 12]", "x -> LayerNorm(axis = (2, 3))"), "axis = (2, 3)", "axis = (height, width)"),
        over(image("[8, 12, 12]", "x -> Flip(3)"), "3", "axis = width"),
        code(&vector("[784]", "x -> Softmax(1)"), "`Softmax`", "Softmax(1)", "Softmax").plain(),
        over(sequence("[28, 64]", "x -> LayerNorm((28, 64))"), "(28, 64)", "axis = (time, features)"),
        code(&image("[8, 12, 12]", "x -> LayerNorm([8, 12, 12])"), "`LayerNorm`", "LayerNorm([8, 12, 12])", "LayerNorm").plain(),
        code(&image("[12, 12, 8]", "x -> Permute(0, 2, 3, 1)"), "Permute(1, 2, 0)", "Permute(0, 2, 3, 1)", "Permute(1, 2, 0)"),
    ]
}

/// Weights of other layers, and states of cells.
fn weights_and_states() -> Vec<Case> {
    let tied = |from, to| {
        code(&vector("[784]", &format!("x -> enc: Dense(10) -> dec: Dense(784, {from})")), "weight = tie(enc)", from, to)
    };
    let scan = |body: &str| {
        format!(
            "block Cell(x, h) {{ concat(x, h) -> f: Dense(9) -> Tanh }} pub N(x: [16, 3], h: [8], c: [8]) -> [16, 8] {{ {body} }}"
        )
    };
    vec![
        tied("tie(enc)", "weight = tie(enc)"),
        tied("weight = enc", "weight = tie(enc)"),
        tied("weight = enc.weight", "weight = tie(enc)"),
        tied("tie = enc", "weight = tie(enc)"),
        tied("tie = tie(enc)", "weight = tie(enc)"),
        code(&scan("let (y, _h) = (x, h, c) -> rnn: scan(LstmCell(8)); y"), "(x, (h, c))", "(x, h, c)", "(x, (h, c))"),
        prose(
            &scan("let _c = c; let (y, _h) = (x, h) -> rnn: scan(Cell); y"),
            "a step with a result of its own gives both, `(y, next)`",
            "concat(x, h) -> f: Dense(9) -> Tanh",
            "let next = concat(x, h) -> f: Dense(8) -> Tanh; (next, next)",
        ),
    ]
}

/// Constructs that reach beyond one network, and over the elements of a value.
fn constructs() -> Vec<Case> {
    vec![
        prose(
            &vector("[10]", "x -> fc: Dense(10, init = zeros, weight = spectral_norm)"),
            "leave `init` out",
            "init = zeros, ",
            "",
        ),
        prose(
            &vector("[784]", "x -> fc: Dense(5) -> out: Dense(784, weight = 3)"),
            "weight = tie(label)",
            "weight = 3",
            "weight = tie(fc)",
        ),
        prose(
            &vector("[784]", "x -> fc: Dense(5) -> #[frozen] out: Dense(784, weight = tie(fc))"),
            "`#[frozen]` before `fc`",
            "x -> fc",
            "x -> #[frozen] fc",
        ),
        prose(
            "pub A(x: [1, 8, 8]) -> [3] { x -> Flatten -> fc: Dense(3) } pub B = A(x: [1, 9, 9]);",
            "`GlobalAvgPool` before it, takes any size",
            "Flatten",
            "GlobalAvgPool",
        ),
        code(
            "__carried (zoo::T) { T { pub T(x: [4]) -> [4] { x -> Relu } } } use zoo::T; pub N(x: [4]) -> [4] { x -> T }",
            "net zoo::T",
            "use zoo::T; pub N(x: [4]) -> [4] { x -> T }",
            "pub N(x: [4]) -> [4] { x -> net zoo::T }",
        ),
        prose(
            "__carried (zoo::B) { B { block B(x) { x -> Relu } } } pub N(x: [4]) -> [4] { x -> net zoo::B }",
            "`use zoo::B;` beside the network, and then its name as a stage",
            "pub N(x: [4]) -> [4] { x -> net zoo::B }",
            "use zoo::B; pub N(x: [4]) -> [4] { x -> B }",
        ),
        prose(
            "__carried (zoo::B) { B { block B(x) { x -> Relu } } } block B(x) { x -> Tanh } use zoo::B; pub N(x: [4]) -> [4] { x -> B }",
            "`use … as …;` gives it another name",
            "use zoo::B;",
            "use zoo::B as C;",
        ),
        prose(
            "pub N(t: [0..9; 6]) -> [6, 4] { t -> each(Dense(4)) }",
            "`Embedding` first makes a sequence of them",
            "t -> each",
            "t -> e: Embedding(3) -> each",
        ),
        prose(
            "pub N(x: [3, 4]) -> [3, 4] { x -> each(Reshape([2, 2])) }",
            "`Flatten` at its end",
            "Reshape([2, 2])",
            "Reshape([2, 2]) -> Flatten",
        ),
        prose(
            "pub N(x: [2, 3, 4, 4]) -> [2, 3, 4, 4] { x -> each(Conv(3, 1) -> BatchNorm) }",
            "or a `GroupNorm` within",
            "BatchNorm",
            "GroupNorm(1)",
        ),
    ]
}

impl Case {
    /// The proposal stands in the message only.
    fn plain(mut self) -> Self {
        self.code = false;
        if self.to.starts_with('`') {
            self.to = self.to.trim_matches('`');
        }
        self
    }
}

/// Sizes that are types.
fn types() -> Vec<Case> {
    let map = |gives: &str, body: &str| format!("pub N<H: Dim, Out: Dim>(x: [8, H, H]) -> {gives} {{ {body} }}");
    vec![
        prose(&map("[8, Out, Out]", "x -> Conv(8, 3, stride = 2, pad = same)"), "pad = 1", "same", "1"),
        prose(&map("[8, Out, Out]", "x -> MaxPool(2, dilation = 2, pad = 1)"), "pad = 0", "pad = 1", "pad = 0"),
        prose(&map("[8, Out, Out]", "x -> ConvTranspose(8, 3, stride = 2, output_pad = auto)"), "output_pad = 1", "auto", "1"),
        prose(
            "pub N<C: Dim, Out: Dim>(x: [C, 8]) -> [8 * C] { x -> Flatten }",
            "give it a name, `Out: Dim`",
            "-> [8 * C]",
            "-> [Out]",
        ),
        prose(
            &map("[4]", "x -> MaxPool(2) -> Flatten -> Dense(4)"),
            "a name for it, `Out: Dim`, and `as [Out, …]`",
            "MaxPool(2)",
            "MaxPool(2) as [8, Out, Out]",
        ),
    ]
}

fn cases() -> Vec<Case> {
    let all = [
        names(),
        arguments(),
        shapes(),
        promises(),
        others(),
        movements(),
        arithmetic(),
        habits(),
        constructs(),
        types(),
        calls(),
        axes(),
        weights_and_states(),
    ];
    all.into_iter().flatten().collect()
}

/// What a program's messages say.
fn said(program: &str) -> String {
    errors(program).into_iter().map(|(_, text)| text + "\n").collect()
}

#[test]
fn every_help_leads_to_what_was_meant() {
    let mut wrong = Vec::new();
    for case in cases() {
        let text = said(&case.program);
        if !text.contains(case.proposal) || text.is_empty() {
            wrong.push(format!("{}\n  does not propose {}:\n{text}", case.program, case.proposal));
            continue;
        }
        let mended = case.program.replacen(case.from, case.to, 1);
        if mended == case.program || (case.code && !mended.contains(case.proposal)) {
            wrong.push(format!("{mended}\n  is not what was proposed: {}", case.proposal));
        }
        let left = said(&mended);
        if !left.is_empty() {
            wrong.push(format!("{mended}\n  is wrong after the help was followed:\n{left}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases().len(), wrong.join("\n"));
}

/// The texts of a file's messages that have a help: what stands between their placeholders.
fn helps(path: &Path, of_table: bool) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).expect("a source file");
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let mut found = Vec::new();
    collect(code.parse().expect("tokens"), &mut found);
    let wanted = found.into_iter().filter(|text| if of_table { text.contains('`') } else { text.contains("help: ") });
    wanted.map(|text| pieces(&text)).collect()
}

fn collect(tokens: TokenStream, into: &mut Vec<String>) {
    let mut attribute = false;
    for token in tokens {
        match token {
            TokenTree::Group(group) if !attribute => collect(group.stream(), into),
            TokenTree::Literal(literal) => {
                if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                    into.push(text.value());
                }
            }
            TokenTree::Punct(punct) if punct.as_char() == '#' || (attribute && punct.as_char() == '!') => {
                attribute = true;
                continue;
            }
            _ => {}
        }
        attribute = false;
    }
}

fn pieces(format: &str) -> Vec<String> {
    let text = format.replace("{{", "\u{1}").replace("}}", "\u{2}");
    let mut pieces = vec![String::new()];
    let mut inside = false;
    for c in text.chars() {
        match c {
            '{' => inside = true,
            '}' => {
                inside = false;
                pieces.push(String::new());
            }
            _ if inside => {}
            '\u{1}' => pieces.last_mut().expect("one").push('{'),
            '\u{2}' => pieces.last_mut().expect("one").push('}'),
            c => pieces.last_mut().expect("one").push(c),
        }
    }
    pieces
}

fn says(text: &str, pieces: &[String]) -> bool {
    let mut rest = text;
    pieces.iter().all(|piece| match rest.find(piece.as_str()) {
        Some(at) => {
            rest = &rest[at + piece.len()..];
            true
        }
        None => false,
    })
}

/// What no one would write is not proposed: a kernel within its padding, steps over what is in between.
#[test]
fn no_help_without_sense() {
    for program in [
        "pub N(x: [3, 8, 8]) -> [8, 14, 14] { x -> a: Conv(8, 3) }",
        "pub N(x: [3, 32, 32]) -> [8, 13, 13] { x -> a: Conv(8, 3) }",
    ] {
        let text = said(program);
        assert!(!text.is_empty() && !text.contains("` in a gives"), "{program}\n{text}");
    }
}

#[test]
fn no_help_is_missing_from_the_table() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    let mut folders = vec![source.join("lower"), source.join("layers")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("layers/tests.rs") {
                files.push(path);
            }
        }
    }
    let said: Vec<String> = cases().iter().map(|case| said(&case.program)).collect();
    let mut missing = Vec::new();
    let mut found = 0;
    for path in &files {
        for pieces in helps(path, path.parent().is_some_and(|folder| folder.ends_with("foreign_names"))) {
            found += 1;
            if !said.iter().any(|text| says(text, &pieces)) {
                missing.push(format!("{}: {}", path.file_name().expect("a name").display(), pieces.join("{}")));
            }
        }
    }
    assert!(found > 80, "only {found} helps were found");
    assert!(missing.is_empty(), "a case is wanted for\n{}", missing.join("\n"));
}

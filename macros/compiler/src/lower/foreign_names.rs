//! What other libraries call layers and their arguments (PyTorch, Keras and TensorFlow, JAX's flax, burn, candle, tch), and what is written here.
//!
//! Names stand in lower case without `_`: `Conv2d`, `conv2d`, `Conv2D` and `conv_2d` are one entry.

use fireclay_ir::activation::ALL;

/// What such a name means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// It is this layer.
    Layer(&'static str),
    /// It is no layer, or not one alone: what is written for it.
    Written(&'static str),
    /// It is this loss.
    Loss(&'static str),
    /// It is this optimizer.
    Optimizer(&'static str),
    /// Nothing does it so far.
    NotYet,
}

use Meaning::{Layer, Loss, NotYet, Optimizer, Written};

/// PyTorch's layers whose first argument is how wide their input is.
#[must_use]
pub fn tells_inputs(name: &str) -> bool {
    const LAYERS: [&str; 8] = ["Linear", "Conv1d", "Conv2d", "ConvTranspose1d", "ConvTranspose2d", "LSTM", "GRU", "RNN"];
    LAYERS.contains(&name)
}

/// What an argument's name means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgMeaning {
    /// The first of these that the layer takes.
    Is(&'static [&'static str]),
    /// It is not written.
    Inferred,
    /// What is written for it.
    Written(&'static str),
}

/// The form in which names are looked up.
fn key(name: &str) -> String {
    let key: String = name.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect();
    key.strip_prefix("lazy").map(ToOwned::to_owned).unwrap_or(key)
}

/// What another library's layer, loss or optimizer is here.
pub fn meaning(name: &str) -> Option<Meaning> {
    let key = key(name);
    let theirs = NAMES.iter().find(|(names, _)| names.contains(&key.as_str())).map(|(_, meaning)| *meaning);
    // Activations are called alike everywhere.
    theirs.or_else(|| ALL.iter().find(|f| f.name.eq_ignore_ascii_case(&key)).map(|f| Layer(f.name)))
}

/// What an argument's name of another library is here.
pub fn argument(name: &str) -> Option<ArgMeaning> {
    let key = key(name);
    ARGUMENTS.iter().find(|(names, _)| names.contains(&key.as_str())).map(|(_, meaning)| *meaning)
}

/// The modules in which other libraries have layers and functions: `nn.Linear`, `F.relu`, `tf.keras.layers.Dense`.
pub const MODULES: [&str; 10] = ["nn", "F", "torch", "functional", "tf", "keras", "layers", "jnp", "burn", "flax"];

/// What is computed as well while a layer has no code.
pub fn instead(layer: &str) -> Option<&'static str> {
    match layer {
        "Conv1d" => Some("Reshape([1, x.time, x.features]) -> Conv(16, (3, x.features))"),
        _ => None,
    }
}

static NAMES: &[(&[&str], Meaning)] = &[
    (&["conv", "conv2d", "convolution", "convolution2d"], Layer("Conv")),
    (&["conv1d", "convolution1d"], Layer("Conv1d")),
    (&["depthwiseconv", "depthwiseconv2d", "depthwiseconvolution", "depthwiseconvolution2d"], Layer("DepthwiseConv")),
    (
        &["separableconv", "separableconv2d", "separableconvolution2d"],
        Written("a depthwise and a pointwise layer: `DepthwiseConv(3) -> Conv(64, 1)`"),
    ),
    (
        &[
            "convtranspose",
            "convtranspose2d",
            "conv2dtranspose",
            "convolution2dtranspose",
            "transposedconv",
            "transposedconv2d",
            "convtransposed",
            "convtransposed2d",
            "deconv",
            "deconv2d",
            "deconvolution",
            "deconvolution2d",
        ],
        Layer("ConvTranspose"),
    ),
    (&["maxpool", "maxpool2d", "maxpooling", "maxpooling2d"], Layer("MaxPool")),
    (
        &[
            "avgpool",
            "avgpool2d",
            "avgpooling",
            "avgpooling2d",
            "averagepool",
            "averagepool2d",
            "averagepooling",
            "averagepooling2d",
            "meanpool",
            "meanpool2d",
        ],
        Layer("AvgPool"),
    ),
    (
        &[
            "globalavgpool",
            "globalavgpool2d",
            "globalaveragepool",
            "globalaveragepool2d",
            "globalaveragepooling",
            "globalaveragepooling2d",
            "globalavgpooling",
            "globalavgpooling2d",
            "globalmeanpool",
            "gap",
        ],
        Layer("GlobalAvgPool"),
    ),
    (
        &["adaptiveavgpool2d", "adaptiveavgpool", "adaptiveaveragepooling2d"],
        Written(
            "for one number per channel `GlobalAvgPool`; for more `AvgPool(kernel)`, the kernel being the input's size over the output's",
        ),
    ),
    (
        &[
            "globalmaxpool",
            "globalmaxpool2d",
            "globalmaxpooling",
            "globalmaxpooling2d",
            "adaptivemaxpool2d",
            "adaptivemaxpool",
            "adaptivemaxpooling2d",
        ],
        Written("a pool as large as its input x: `MaxPool((x.height, x.width)) -> Flatten`"),
    ),
    (
        &["globalavgpool1d", "globalaveragepool1d", "globalaveragepooling1d", "adaptiveavgpool1d", "adaptiveaveragepooling1d"],
        Written("the mean over time of a sequence x: `Reshape([1, x.time, x.features]) -> AvgPool((x.time, 1)) -> Flatten`"),
    ),
    (
        &["globalmaxpool1d", "globalmaxpooling1d", "adaptivemaxpool1d", "adaptivemaxpooling1d"],
        Written("the largest over time of a sequence x: `Reshape([1, x.time, x.features]) -> MaxPool((x.time, 1)) -> Flatten`"),
    ),
    (
        &["maxpool1d", "maxpooling1d"],
        Written("over a sequence x: `Reshape([1, x.time, x.features]) -> MaxPool((2, 1)) -> Reshape([x.time / 2, x.features])`"),
    ),
    (
        &["avgpool1d", "averagepool1d", "averagepooling1d"],
        Written("over a sequence x: `Reshape([1, x.time, x.features]) -> AvgPool((2, 1)) -> Reshape([x.time / 2, x.features])`"),
    ),
    (&["dense", "linear", "fullyconnected", "fc", "affine", "fullyconnectedlayer", "einsumdense"], Layer("Dense")),
    (&["flatten"], Layer("Flatten")),
    (&["reshape", "view", "unflatten"], Layer("Reshape")),
    (&["rectifier"], Layer("Relu")),
    (&["lrelu"], Layer("LeakyRelu")),
    (&["prelu", "parametricrelu"], Layer("PRelu")),
    (&["logistic"], Layer("Sigmoid")),
    (&["exponential"], Layer("Exp")),
    (&["softmax", "softmax2d"], Layer("Softmax")),
    (&["swish"], Layer("Silu")),
    (&["softmin"], Written("`(0 - x) -> Softmax`, where x is its input")),
    (&["tanhshrink"], Written("`x - (x -> Tanh)`, where x is its input")),
    (&["glu"], Written("two halves of its input x: `let (a, b) = split(x, 2);`, then `a * (b -> Sigmoid)`")),
    (&["swiglu"], Written("two halves of its input x: `let (a, b) = split(x, 2);`, then `a * (a -> Sigmoid) * b`")),
    (
        &["batchnorm", "batchnorm1d", "batchnorm2d", "batchnormalization", "syncbatchnorm", "batchnormalizationv2"],
        Layer("BatchNorm"),
    ),
    (&["layernorm", "layernormalization"], Layer("LayerNorm")),
    (&["lrn", "localresponsenorm", "localresponsenormalization", "crossmaplrn2d"], Layer("Lrn")),
    (&["dropout"], Layer("Dropout")),
    (&["quantize", "quantizelinear", "quantizepertensor"], Layer("Quantize")),
    (&["dequantize", "dequantizelinear"], Layer("Dequantize")),
    (&["embedding", "embeddings", "embed", "tokenembedding"], Layer("Embedding")),
    (&["lstm", "cudnnlstm"], Layer("Lstm")),
    (&["gru", "cudnngru"], Layer("Gru")),
    (&["rnn", "simplernn", "elman"], Layer("Rnn")),
    (
        &["lstmcell"],
        Written("`Lstm(64)` over the whole sequence; `#[fireclay(step)]` before the network makes it go step by step"),
    ),
    (&["bidirectional", "bilstm", "bidirectionallstm", "bigru"], Written("an argument: `Lstm(64, bidirectional = true)`")),
    (&["timedistributed"], Written("a layer goes along [time, features] by itself: `Dense(10)`")),
    (
        &[
            "upsample",
            "upsampling2d",
            "upsamplingnearest2d",
            "upsamplingbilinear2d",
            "upsamplenearest2d",
            "interpolate",
            "interpolate2d",
            "resizing",
            "resize",
        ],
        Layer("Upsample"),
    ),
    (&["maxunpool", "maxunpool2d"], Layer("MaxUnpool")),
    (
        &["zeropadding2d", "zeropad2d", "constantpad2d", "pad", "padding", "zeropadding1d", "zeropad1d", "constantpad1d"],
        Written("an argument of the layer after it: `Conv(16, 3, pad = 1)`"),
    ),
    (&["identity", "noop", "nop"], Written("nothing: leave it out")),
    (
        &["sequential", "modulelist", "model", "module", "stack"],
        Written("stages follow each other, or stand in a list: `[Dense(8), Relu]`"),
    ),
    (&["activation", "activationlayer"], Written("a layer of its own: `Relu`")),
    (&["input", "inputlayer"], Written("an input in the network's head: `pub Name(x: [784]) -> [10] { … }`")),
    (&["add"], Written("`a + b`")),
    (&["subtract", "sub"], Written("`a - b`")),
    (&["multiply", "mul"], Written("`a * b`")),
    (&["average"], Written("`(a + b) * 0.5`")),
    (&["concatenate", "concat", "cat", "merge", "hstack"], Written("`concat(a, b)`")),
    (&["chunk", "split", "tensorsplit"], Written("`split(x, 2)`")),
    (&["logsoftmax"], Written("leave it out: CrossEntropy takes logits (the loss Nll takes the logarithms)")),
    (
        &[
            "crossentropy",
            "crossentropyloss",
            "categoricalcrossentropy",
            "sparsecategoricalcrossentropy",
            "softmaxcrossentropy",
            "softmaxcrossentropywithlogits",
        ],
        Loss("CrossEntropy"),
    ),
    (&["nll", "nllloss", "negativeloglikelihood"], Loss("Nll")),
    (&["mse", "mseloss", "meansquarederror", "l2loss"], Loss("Mse")),
    (&["l1", "l1loss", "mae", "meanabsoluteerror"], Loss("L1")),
    (&["smoothl1", "smoothl1loss"], Loss("SmoothL1")),
    (&["huber", "huberloss"], Loss("Huber")),
    (&["bce", "bceloss", "binarycrossentropy", "binarycrossentropyloss"], Loss("Bce")),
    (&["bcewithlogits", "bcewithlogitsloss", "sigmoidbinarycrossentropy"], Loss("BceWithLogits")),
    (&["focal", "focalloss", "binaryfocalcrossentropy", "categoricalfocalcrossentropy"], Loss("Focal")),
    (&["kldiv", "kldivloss", "kldivergence"], Loss("KlDiv")),
    (&["hinge", "hingeloss"], Loss("Hinge")),
    (&["hingeembedding", "hingeembeddingloss"], Loss("HingeEmbedding")),
    (&["multimargin", "multimarginloss"], Loss("MultiMargin")),
    (&["sgd", "momentum"], Optimizer("Sgd")),
    (&["adam", "nadam", "adamax"], Optimizer("Adam")),
    (&["adamw"], Optimizer("AdamW")),
    (&["rmsprop"], Optimizer("RmsProp")),
    (&["adagrad"], Optimizer("Adagrad")),
    (
        &[
            "conv3d",
            "convtranspose3d",
            "conv3dtranspose",
            "convolution3d",
            "maxpool3d",
            "maxpooling3d",
            "avgpool3d",
            "averagepooling3d",
            "batchnorm3d",
            "adaptiveavgpool3d",
            "adaptivemaxpool3d",
            "globalaveragepooling3d",
            "globalmaxpooling3d",
            "maxunpool3d",
            "maxunpool1d",
            "dropout3d",
            "zeropad3d",
            "zeropadding3d",
            "constantpad3d",
            "reflectionpad3d",
            "replicationpad3d",
            "upsampling3d",
            "upsampling1d",
            "spatialdropout3d",
            "cropping3d",
            "convtranspose1d",
            "conv1dtranspose",
            "convtransposed1d",
            "depthwiseconv1d",
            "separableconv1d",
            "separableconvolution1d",
            "rrelu",
            "celu",
            "crelu",
            "softshrink",
            "hardshrink",
            "hardtanh",
            "threshold",
            "thresholdedrelu",
            "logsumexp",
            "squareplus",
            "sparsemax",
            "maxout",
            "groupnorm",
            "groupnormalization",
            "instancenorm",
            "instancenorm1d",
            "instancenorm2d",
            "instancenorm3d",
            "rmsnorm",
            "rmsnormalization",
            "weightnorm",
            "spectralnorm",
            "spectralnormalization",
            "unitnormalization",
            "normalization",
            "dropout1d",
            "dropout2d",
            "spatialdropout1d",
            "spatialdropout2d",
            "alphadropout",
            "featurealphadropout",
            "gaussiandropout",
            "gaussiannoise",
            "activityregularization",
            "embeddingbag",
            "grucell",
            "rnncell",
            "simplernncell",
            "stackedrnncells",
            "convlstm1d",
            "convlstm2d",
            "convlstm3d",
            "reflectionpad1d",
            "reflectionpad2d",
            "replicationpad1d",
            "replicationpad2d",
            "circularpad1d",
            "circularpad2d",
            "circularpad3d",
            "cropping1d",
            "cropping2d",
            "permute",
            "transpose",
            "swapaxes",
            "repeatvector",
            "masking",
            "lambda",
            "lambdalayer",
            "maximum",
            "minimum",
            "dot",
            "bilinear",
            "fold",
            "unfold",
            "unfold4d",
            "pixelshuffle",
            "pixelunshuffle",
            "channelshuffle",
            "depthtospace",
            "spacetodepth",
            "multiheadattention",
            "multiheaddotproductattention",
            "groupqueryattention",
            "attention",
            "selfattention",
            "additiveattention",
            "transformer",
            "transformerencoder",
            "transformerencoderlayer",
            "transformerdecoder",
            "transformerdecoderlayer",
            "positionalencoding",
            "rotaryencoding",
            "positionwisefeedforward",
            "lppool1d",
            "lppool2d",
            "lppool3d",
            "fractionalmaxpool2d",
            "fractionalmaxpool3d",
            "adaptivelogsoftmaxwithloss",
            "cosinesimilarity",
            "pairwisedistance",
            "ctcloss",
            "tripletmarginloss",
            "tripletmarginwithdistanceloss",
            "marginrankingloss",
            "cosineembeddingloss",
            "cosinesimilarityloss",
            "poissonnllloss",
            "gaussiannllloss",
            "multilabelmarginloss",
            "multilabelsoftmarginloss",
            "softmarginloss",
            "hashing",
            "discretization",
            "categoryencoding",
            "rescaling",
            "randomflip",
        ],
        NotYet,
    ),
];

static ARGUMENTS: &[(&[&str], ArgMeaning)] = &[
    (
        &["outchannels", "outputchannels", "filters", "numfilters", "outplanes", "cout", "nout"],
        ArgMeaning::Is(&["channels", "features"]),
    ),
    (
        &["outfeatures", "outputfeatures", "units", "outputdim", "outdim", "numoutputs", "doutput", "outputsize"],
        ArgMeaning::Is(&["features", "hidden", "channels"]),
    ),
    (&["embeddingdim", "embeddim", "dmodel", "embeddingsize"], ArgMeaning::Is(&["features", "hidden"])),
    (
        &["hiddensize", "hiddendim", "dhidden", "hiddenunits", "statesize", "hiddenfeatures"],
        ArgMeaning::Is(&["hidden", "features"]),
    ),
    (&["numlayers", "nlayers"], ArgMeaning::Is(&["layers"])),
    (
        &["kernelsize", "kernelshape", "poolsize", "windowshape", "windowsize", "ksize", "filtersize", "size"],
        ArgMeaning::Is(&["kernel", "scale"]),
    ),
    (&["strides", "stridesize", "windowstrides"], ArgMeaning::Is(&["stride"])),
    (&["padding", "pads", "paddings"], ArgMeaning::Is(&["pad"])),
    (&["dilationrate", "dilations", "kerneldilation", "rhsdilation", "dilate"], ArgMeaning::Is(&["dilation"])),
    (&["group", "numgroups", "featuregroupcount"], ArgMeaning::Is(&["groups"])),
    (&["usebias", "withbias", "hasbias"], ArgMeaning::Is(&["bias"])),
    (
        &["kernelinitializer", "kernelinit", "weightinit", "initializer", "embeddingsinitializer", "embeddinginit", "ws"],
        ArgMeaning::Is(&["init"]),
    ),
    (&["outputpadding", "outpadding", "paddingout"], ArgMeaning::Is(&["output_pad"])),
    (&["depthmultiplier", "channelmultiplier"], ArgMeaning::Is(&["multiplier"])),
    (&["ceilmode"], ArgMeaning::Is(&["ceil"])),
    (&["countincludepad"], ArgMeaning::Is(&["count_pad"])),
    (&["returnindices"], ArgMeaning::Is(&["indices"])),
    (&["p", "prob", "rate", "droprate", "dropprob", "dropoutrate"], ArgMeaning::Is(&["probability", "dropout"])),
    (&["negativeslope", "alpha", "leak", "leakiness"], ArgMeaning::Is(&["slope"])),
    (&["epsilon", "epsvalue"], ArgMeaning::Is(&["eps"])),
    (&["center", "elementwiseaffine", "usescale", "scale"], ArgMeaning::Is(&["affine"])),
    (&["scalefactor", "upscalefactor"], ArgMeaning::Is(&["scale"])),
    (&["interpolation"], ArgMeaning::Is(&["mode"])),
    (&["paddingidx"], ArgMeaning::Is(&["padding_index"])),
    (&["goesbackwards", "bidirection"], ArgMeaning::Is(&["bidirectional"])),
    (
        &[
            "inchannels",
            "inputchannels",
            "inplanes",
            "infeatures",
            "inputfeatures",
            "inputsize",
            "inputdim",
            "inputshape",
            "batchinputshape",
            "indim",
            "numinputs",
            "dinput",
            "cin",
            "nin",
            "numembeddings",
            "numembedding",
            "nembedding",
            "vocabsize",
            "inputlength",
            "numfeatures",
            "numchannels",
            "normalizedshape",
            "channels",
        ],
        ArgMeaning::Inferred,
    ),
    (
        &["activation", "act", "nonlinearity"],
        ArgMeaning::Written("an activation is a stage of its own, behind the layer: `-> Relu`"),
    ),
    (&["batchfirst"], ArgMeaning::Written("the batch is not written, and a sequence is [time, features]: leave it out")),
    (&["returnsequences"], ArgMeaning::Written("every step comes out: leave it out; or the last one alone: `last = true`")),
    (&["returnstate"], ArgMeaning::Written("the state comes out too with `state = out`")),
    (&["stateful"], ArgMeaning::Written("`#[fireclay(step)]` before the network gives it a state between calls")),
    (&["inplace"], ArgMeaning::Written("where results may overwrite is planned while compiling: leave it out")),
    (&["name"], ArgMeaning::Written("a name is a label before the layer: `name: Layer(…)`")),
    (&["trainable"], ArgMeaning::Written("`#[frozen]` before the stage keeps its parameters as they are")),
    (&["dim", "axis"], ArgMeaning::Written("the axis follows from the number of sizes: leave it out")),
    (&["startdim", "enddim", "startaxis"], ArgMeaning::Written("the batch is not counted: leave it out")),
    (&["dataformat", "inputformat"], ArgMeaning::Written("an image is always [channels, height, width]: leave it out")),
    (&["paddingmode"], ArgMeaning::Written("padding is with zeros: leave it out")),
    (&["trackrunningstats", "device", "dtype", "vs"], ArgMeaning::Written("leave it out")),
];

#[cfg(test)]
mod tests {
    use super::{ARGUMENTS, ArgMeaning, Layer, MODULES, Meaning, NAMES, argument, key, meaning};
    use crate::layers::{self, LAYERS};
    use std::collections::HashSet;

    #[test]
    fn every_name_stands_once_and_leads_to_something_that_is() {
        let mut seen = HashSet::new();
        for (names, meaning) in NAMES {
            for name in *names {
                assert!(seen.insert(*name), "{name} stands twice");
                assert_eq!(key(name), *name, "as it is looked up");
            }
            if let Layer(layer) = meaning {
                assert!(layers::find(layer).is_some(), "{layer}");
            }
        }
        let mut seen = HashSet::new();
        for (names, meaning) in ARGUMENTS {
            for name in *names {
                assert!(seen.insert(*name), "{name} stands twice");
                assert_eq!(key(name), *name, "as it is looked up");
            }
            if let ArgMeaning::Is(ours) = meaning {
                let known = |name: &&str| LAYERS.iter().flat_map(|layer| layer.params()).any(|param| param.name == *name);
                assert!(ours.iter().all(known), "{ours:?}");
            }
        }
        // Our own layers are found under their names in any spelling.
        for layer in LAYERS.iter() {
            let is_written = meaning(layer.name()).is_some_and(|meaning| matches!(meaning, Meaning::Written(_)));
            assert!(is_written || meaning(layer.name()) == Some(Layer(layer.name())), "{}", layer.name());
        }
        assert!(MODULES.iter().all(|module| layers::find(module).is_none()));
    }

    /// The classes of `torch.nn`, of `keras.layers` and of `burn::nn`, as their references list them.
    const THEIRS: &str = "\
        Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d LazyConv1d LazyConv2d LazyConvTranspose2d Unfold Fold MaxPool1d MaxPool2d \
        MaxPool3d MaxUnpool1d MaxUnpool2d MaxUnpool3d AvgPool1d AvgPool2d AvgPool3d FractionalMaxPool2d LPPool1d LPPool2d AdaptiveMaxPool1d \
        AdaptiveMaxPool2d AdaptiveMaxPool3d AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d ReflectionPad2d ReplicationPad2d ZeroPad2d ConstantPad2d \
        CircularPad2d ELU Hardshrink Hardsigmoid Hardtanh Hardswish LeakyReLU LogSigmoid MultiheadAttention PReLU ReLU ReLU6 RReLU SELU CELU GELU Sigmoid \
        SiLU Mish Softplus Softshrink Softsign Tanh Tanhshrink Threshold GLU Softmin Softmax Softmax2d LogSoftmax AdaptiveLogSoftmaxWithLoss BatchNorm1d \
        BatchNorm2d BatchNorm3d LazyBatchNorm2d GroupNorm SyncBatchNorm InstanceNorm1d InstanceNorm2d InstanceNorm3d LayerNorm LocalResponseNorm RMSNorm RNN \
        LSTM GRU RNNCell LSTMCell GRUCell Transformer TransformerEncoder TransformerDecoder TransformerEncoderLayer TransformerDecoderLayer Identity Linear \
        Bilinear LazyLinear Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout Embedding EmbeddingBag CosineSimilarity \
        PairwiseDistance L1Loss MSELoss CrossEntropyLoss CTCLoss NLLLoss PoissonNLLLoss GaussianNLLLoss KLDivLoss BCELoss BCEWithLogitsLoss \
        MarginRankingLoss HingeEmbeddingLoss MultiLabelMarginLoss HuberLoss SmoothL1Loss SoftMarginLoss MultiLabelSoftMarginLoss CosineEmbeddingLoss \
        MultiMarginLoss TripletMarginLoss PixelShuffle PixelUnshuffle Upsample UpsamplingNearest2d UpsamplingBilinear2d ChannelShuffle Flatten Unflatten \
        Sequential ModuleList \
        Input InputLayer Dense EinsumDense Activation Masking Lambda Conv1D Conv2D Conv3D SeparableConv1D SeparableConv2D DepthwiseConv1D DepthwiseConv2D \
        Conv1DTranspose Conv2DTranspose Conv3DTranspose MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D \
        GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D SimpleRNN \
        TimeDistributed Bidirectional ConvLSTM1D ConvLSTM2D ConvLSTM3D StackedRNNCells Normalization Discretization CategoryEncoding Hashing Resizing \
        Rescaling RandomFlip BatchNormalization LayerNormalization UnitNormalization SpectralNormalization GroupNormalization RMSNormalization \
        SpatialDropout1D SpatialDropout2D GaussianDropout GaussianNoise ActivityRegularization Attention MultiHeadAttention AdditiveAttention Reshape \
        RepeatVector Permute Cropping1D Cropping2D Cropping3D UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D Concatenate \
        Average Maximum Minimum Add Subtract Multiply Dot \
        ConvTranspose3d Unfold4d InstanceNorm Relu Gelu LeakyRelu Prelu HardSigmoid SwiGlu Tanh Softplus Gru Lstm BiLstm PositionalEncoding RotaryEncoding \
        PositionWiseFeedForward Interpolate2d RmsNorm Swish Sgd Adam AdamW RMSprop Adagrad";

    #[test]
    fn the_layers_of_other_libraries_are_known() {
        let unknown: Vec<&str> = THEIRS.split_whitespace().filter(|name| meaning(name).is_none()).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        let layer = |name| match meaning(name) {
            Some(Layer(layer)) => layer,
            other => panic!("{name}: {other:?}"),
        };
        for (theirs, ours) in [
            ("Conv2d", "Conv"),
            ("conv_2d", "Conv"),
            ("Conv1D", "Conv1d"),
            ("Conv2DTranspose", "ConvTranspose"),
            ("LazyLinear", "Dense"),
            ("LeakyReLU", "LeakyRelu"),
            ("swish", "Silu"),
            ("BatchNormalization", "BatchNorm"),
            ("View", "Reshape"),
            ("simple_rnn", "Rnn"),
        ] {
            assert_eq!(layer(theirs), ours, "{theirs}");
        }
        assert_eq!(argument("out_channels"), Some(ArgMeaning::Is(&["channels", "features"])));
        assert_eq!(argument("num_features"), Some(ArgMeaning::Inferred));
    }
}

//! The names of layers and arguments in other libraries (PyTorch, Keras and TensorFlow, JAX's flax, burn, candle, tch), and what is written here.
//!
//! Names stand in lower case without `_`: `Conv2d`, `conv2d`, `Conv2D` and `conv_2d` are one entry.

mod arguments;
mod stages;

use crate::layers::{Joins, LAYERS};
use arguments::ARGUMENTS;
use stages::NAMES;

/// The meaning of such a name here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// This layer.
    Layer(&'static str),
    /// No layer, or not one alone: what is written for it.
    Written(&'static str),
    /// This loss.
    Loss(&'static str),
    /// This optimizer.
    Optimizer(&'static str),
    /// Nothing so far.
    NotYet,
}

/// The layers of PyTorch whose first argument is the width of their input.
const TAKE_INPUT_WIDTH: [&str; 14] = [
    "Linear",
    "Conv1d",
    "Conv2d",
    "SeparableConv2d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "LSTM",
    "GRU",
    "RNN",
    "LSTMCell",
    "GRUCell",
    "RNNCell",
    "Embedding",
    "MultiheadAttention",
];

/// Whether it is a layer of PyTorch whose first argument is the width of its input.
#[must_use]
pub fn takes_input_width(name: &str) -> bool {
    TAKE_INPUT_WIDTH.contains(&name)
}

/// Whether such a layer of ours takes the width of its input first in other libraries.
#[must_use]
pub fn has_input_width(layer: &str) -> bool {
    TAKE_INPUT_WIDTH.iter().any(|theirs| matches!(meaning(theirs), Some(Meaning::Layer(ours)) if ours == layer))
}

/// What another library's word, or another spelling of one of these words, means among them.
#[must_use]
pub fn word(name: &str, words: &[&'static str]) -> Option<&'static str> {
    const INIT: [(&[&str], &str); 6] = [
        (&["kaimingnormal", "kaiming", "he"], "he_normal"),
        (&["kaiminguniform"], "he_uniform"),
        (&["glorotnormal"], "xavier_normal"),
        (&["glorotuniform", "glorot", "xavier"], "xavier_uniform"),
        (&["lecun"], "lecun_normal"),
        (&["truncnormal"], "truncated_normal"),
    ];
    let name = key(name);
    let known = |word: &str| words.iter().find(|known| **known == word).copied();
    let spelled = words.iter().find(|word| key(word) == name).copied();
    spelled.or_else(|| INIT.iter().find(|(theirs, _)| theirs.contains(&name.as_str())).and_then(|(_, ours)| known(ours)))
}

/// The meaning of the name of an argument here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgMeaning {
    /// The first of these that the layer takes.
    Is(&'static [&'static str]),
    /// Nothing: it is not written.
    Inferred,
    /// What is written for it.
    Written(&'static str),
}

/// The form in which names are looked up.
fn key(name: &str) -> String {
    let key: String = name.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect();
    key.strip_prefix("lazy").map(ToOwned::to_owned).unwrap_or(key)
}

/// The meaning of another library's layer, loss or optimizer.
pub fn meaning(name: &str) -> Option<Meaning> {
    let key = key(name);
    let theirs = NAMES.iter().find(|(names, _)| names.contains(&key.as_str())).map(|(_, meaning)| *meaning);
    // Many layers are called alike everywhere, but for capitals.
    let ours = LAYERS.iter().filter(|layer| layer.joins() != Some(Joins::Numbers));
    theirs.or_else(|| ours.map(|layer| layer.name()).find(|name| name.eq_ignore_ascii_case(&key)).map(Meaning::Layer))
}

/// The function of ours that is written for it: `concat` for `cat`.
#[must_use]
pub fn function(meaning: Meaning) -> Option<&'static str> {
    let Meaning::Written(help) = meaning else { return None };
    let (name, _) = help.strip_prefix('`')?.split_once('(')?;
    crate::layers::find(name).map(|layer| layer.name()).filter(|name| name.starts_with(char::is_lowercase))
}

/// The meaning of another library's argument.
pub fn argument(name: &str) -> Option<ArgMeaning> {
    let key = key(name);
    ARGUMENTS.iter().find(|(names, _)| names.contains(&key.as_str())).map(|(_, meaning)| *meaning)
}

/// The modules in which other libraries have layers and functions: `nn.Linear`, `F.relu`, `tf.keras.layers.Dense`.
pub const MODULES: [&str; 10] = ["nn", "F", "torch", "functional", "tf", "keras", "layers", "jnp", "burn", "flax"];

#[cfg(test)]
mod tests {
    use super::Meaning::{self, Layer};
    use super::{ARGUMENTS, ArgMeaning, MODULES, NAMES, argument, key, meaning};
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
            assert!(
                is_written || meaning(layer.name()) == Some(Layer(layer.name())),
                "{}: stages.rs leads elsewhere",
                layer.name()
            );
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
        PositionWiseFeedForward Interpolate2d RmsNorm Swish Sgd Adam AdamW RMSprop Adagrad NAdam RAdam Lion Lamb";

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

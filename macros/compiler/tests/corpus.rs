//! The corpus: every architecture of `north-star/` lowers, with the sizes and names the world knows; what is reserved says so.

mod lower_common;

use fireclay_compiler::graph::Graph;
use fireclay_compiler::lower::Lowered;
use fireclay_compiler::passes::plan::train::TrainPlan;
use lower_common::{clean, errors, parameters, paths, tree};
use std::cell::OnceCell;

const MODELS: &str = include_str!("corpus/models.fireclay");
const NORTH_STAR: &str = include_str!("corpus/north-star.fireclay");

/// The parts after `//# title` lines.
fn sections(text: &'static str) -> Vec<(&'static str, &'static str)> {
    text.split("\n//# ").skip(1).filter_map(|part| part.split_once('\n')).collect()
}

thread_local! {
    static NOW: OnceCell<Vec<Lowered>> = const { OnceCell::new() };
}

/// A network of the corpus, as it is today.
fn with(name: &str, test: impl FnOnce(&Graph)) {
    NOW.with(|now| {
        let all = now.get_or_init(|| clean(sections(MODELS)[0].1));
        let network = all.iter().find(|network| network.name == name).unwrap_or_else(|| panic!("no {name}"));
        test(network.graph.as_ref().expect("a graph"));
    });
}

fn has(name: &str, count: usize) {
    with(name, |graph| assert_eq!(parameters(graph), count, "{name}"));
}

#[test]
fn all_of_today_lowers() {
    let all = clean(sections(MODELS)[0].1);
    assert!(all.len() >= 25, "{}", all.len());
    for network in &all {
        let graph = network.graph.as_ref().expect("a graph");
        assert_eq!(tree(graph), paths(graph), "{}: the order of fields is the order of tensors", network.name);
        for node in &graph.nodes {
            assert!(node.inputs.iter().chain(&node.outputs).all(|value| *value < graph.values.len()));
        }
    }
}

/// What training works in, against what is in use at one time: values that the backward pass reads and the largest working set.
#[test]
fn training_memory_follows_what_is_in_use() {
    let all = clean(sections(MODELS)[0].1);
    for network in &all {
        let (side_by_side, by_sample) = TrainPlan::both(network.graph.as_ref().expect("a graph"));
        for (form, plan) in
            [Some(("side by side", side_by_side)), by_sample.map(|plan| ("by sample", plan))].into_iter().flatten()
        {
            let bytes = plan.arena.bytes.num().expect("known sizes");
            let least = plan.arena.least;
            // The gradients of its twelve heads have to fit between what stays.
            let most = if network.name == "Ssd300" { 1.15 } else { 1.1 };
            assert!(bytes as f64 <= most * least as f64 + 4096.0, "{}, {form}: {bytes} bytes, {least} in use", network.name);
        }
    }
}

/// `tests/corpus` holds every network against a PyTorch module that is written from its graph, too large for a test of each change; this is one.
#[test]
fn every_layer_has_a_form_in_pytorch() {
    let rules = [
        include_str!("../../../tests/golden/generate/from_layers.py"),
        include_str!("../../../tests/golden/generate/from_functions.py"),
    ];
    for network in &clean(sections(MODELS)[0].1) {
        for node in &network.graph.as_ref().expect("a graph").nodes {
            let layer = node.op.attributes().layer;
            let known = rules.iter().any(|file| file.contains(&format!("\n    \"{layer}\": ")));
            assert!(known, "{}: `{layer}` has no rule in tests/golden/generate", network.name);
        }
    }
}

/// The page shows the PyTorch module of this one beside it.
#[test]
fn the_declaration_of_the_documentation_is_that_of_the_corpus() {
    let page = include_str!("../../../docs/from-pytorch.md");
    let start = MODELS.find("pub Block(").expect("a transformer's block");
    let declaration = MODELS[start..].split_inclusive("\n}\n").next().expect("its end");
    assert!(page.contains(declaration), "docs/from-pytorch.md has another declaration than\n{declaration}");
}

#[test]
fn the_known_networks_have_their_known_parameters() {
    has("AlexNet", 60_965_224);
    has("Vgg16", 138_357_544);
    has("ResNet50", 25_557_032);
    has("ResNet152", 60_192_808);
    has("DenseNet121", 7_978_856);
    has("SqueezeNet", 1_235_496);
    has("MobileNetV2", 3_504_872);
    // bvlc_googlenet with both auxiliary heads; without them 6,998,552.
    has("GoogLeNet", 13_378_280);
}

#[test]
fn ungrouped_alexnet_has_its_textbook_count() {
    let source = sections(MODELS)[0].1.replace(", groups = 2", "");
    let all = clean(&source);
    let alexnet = all.iter().find(|network| network.name == "AlexNet").and_then(|n| n.graph.as_ref()).expect("AlexNet");
    assert_eq!(parameters(alexnet), 62_378_344);
}

#[test]
fn googlenet_without_its_training_outputs() {
    with("GoogLeNet", |graph| {
        let aux = graph.tensors.iter().filter(|tensor| tensor.path.starts_with("aux"));
        let aux: usize = aux.map(|tensor| tensor.dims.iter().filter_map(|size| size.num()).product::<usize>()).sum();
        assert_eq!(parameters(graph) - aux, 6_998_552);
        assert_eq!(graph.outputs.iter().map(|output| output.train).collect::<Vec<_>>(), [false, true, true]);
    });
}

#[test]
fn resnet50_has_pytorchs_names() {
    with("ResNet50", |graph| {
        let paths = paths(graph);
        let start = [
            "conv1.weight",
            "bn1.weight",
            "bn1.bias",
            "bn1.running_mean",
            "bn1.running_var",
            "layer1.0.conv1.weight",
            "layer1.0.bn1.weight",
        ];
        assert_eq!(paths[..7], start);
        for path in [
            "layer1.0.downsample.0.weight",
            "layer1.0.downsample.1.running_var",
            "layer1.2.conv3.weight",
            "layer3.5.bn2.bias",
            "layer4.0.downsample.0.weight",
            "fc.weight",
            "fc.bias",
        ] {
            assert!(paths.contains(&path), "{path}");
        }
        assert!(!paths.iter().any(|path| path.starts_with("layer1.1.downsample")));
        // 53 convolutions, 53 batch norms of 4, one dense.
        assert_eq!(paths.len(), 53 + 4 * 53 + 2);
    });
}

#[test]
fn names_of_unlabeled_layers_and_of_elements() {
    with("Vgg16", |graph| assert_eq!(paths(graph)[..3], ["s1.0.conv.weight", "s1.0.conv.bias", "s1.1.conv.weight"]));
    with("MobileNetV2", |graph| {
        let paths = paths(graph);
        for path in ["stem.weight", "stem_bn.weight", "g1.0.dw_bn.bias", "g2.0.expand_bn.running_mean", "g7.0.pw.weight"] {
            assert!(paths.contains(&path), "{path}: {paths:?}");
        }
    });
    with("CharRnn", |graph| assert!(paths(graph).contains(&"lstm.weight_ih_l1")));
    with("Vae", |graph| {
        assert_eq!(paths(graph)[0], "encoder.fc.weight");
        let networks: Vec<_> = graph.modules.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(networks, ["encoder", "decoder"]);
    });
    with("RcnnHead", |graph| {
        assert!(graph.tensors.iter().filter(|t| t.path.starts_with("alex_net_trunk.")).all(|t| t.frozen));
        assert!(graph.tensors.iter().filter(|t| t.path.starts_with("cls.")).all(|t| !t.frozen));
    });
}

#[test]
fn nothing_is_left_for_later() {
    let titles: Vec<&str> = sections(MODELS).iter().map(|(title, _)| *title).collect();
    assert_eq!(titles, ["now"]);
    with("RowLstm", |graph| {
        let paths = paths(graph);
        assert!(paths.contains(&"rows.0.input.weight") && paths.contains(&"rows.6.state.weight"), "{paths:?}");
    });
}

#[test]
fn the_north_star_lowers() {
    for (title, source) in sections(NORTH_STAR) {
        assert_eq!(errors(source), [], "{title}");
    }
}

#[test]
fn lenet_is_the_textbook() {
    let lenet = lower_common::graph(sections(NORTH_STAR)[0].1);
    assert_eq!(parameters(&lenet), 61_706);
    let shape: Vec<String> = lenet.nodes.iter().map(|node| lenet.values[node.outputs[0]].ty.to_string()).collect();
    assert_eq!(
        shape.join(" "),
        "[6, 28, 28] [6, 28, 28] [6, 14, 14] [16, 10, 10] [16, 10, 10] [16, 5, 5] [400] [120] [120] [84] [84] [10]"
    );
    assert_eq!(
        paths(&lenet),
        [
            "conv1.weight",
            "conv1.bias",
            "conv2.weight",
            "conv2.bias",
            "fc1.weight",
            "fc1.bias",
            "fc2.weight",
            "fc2.bias",
            "fc3.weight",
            "fc3.bias"
        ]
    );
}

#[test]
fn a_label_used_again_shares_its_parameters() {
    let siamese = lower_common::graph(sections(NORTH_STAR)[1].1);
    let once = siamese.tensors.iter().filter(|tensor| tensor.path.starts_with("trunk.")).count();
    let resnet20 = clean(sections(NORTH_STAR)[1].1).remove(0).graph.expect("ResNet20");
    assert_eq!(once, resnet20.tensors.len());
    assert!(siamese.nodes.len() > 2 * resnet20.nodes.len());
}

//! What a network looks at, against PyTorch: the file of this name in the folder that `FIRECLAY_GOLDEN` names, if there is one.

use fireclay::explain::{Ascent, Pgd, fgsm, grad_cam, invert, saliency, visualize};
use fireclay::{InnerValue, prelude::*};
use fireclay_golden::network::{fits, load, named};
use fireclay_golden::{Check, layer::batch};

network! {
    /// As in `generate/explain.py`.
    #[fireclay(inner_values)]
    pub Seen(image: [2, 8, 8]) -> [5] {
        image
            -> conv1: Conv(4, 3, pad = 1) -> Softplus -> MaxPool(2)
            -> conv2: Conv(6, 3, pad = 1) -> Relu
            -> Flatten -> fc: Dense(5)
    }
}

const MAPS: InnerValue<Seen, shape![6, 4, 4]> = InnerValue::of("conv2_relu");

#[test]
fn explain() {
    let file = &named("explain");
    if !fits::<shape![2, 8, 8]>(file, "input") {
        return;
    }
    let net = &*load::<Seen>(file, "").unwrap_or_else(|error| panic!("{error}"));
    let number = |name: &str| file.config[name].as_f64().unwrap_or_else(|| panic!("no {name}")) as f32;
    let whole = |name: &str| file.config[name].as_u64().unwrap_or_else(|| panic!("no {name}")) as usize;
    let [x, start] = ["input", "start"].map(|name| batch::<shape![2, 8, 8]>(file, name).expect("images"));
    let target: Vec<usize> = file.get("target").expect("classes").values.iter().map(|class| *class as usize).collect();
    let classes = &IndexBatch::from_indices(&target).expect("below 5");

    let mut check = Check::new(file);
    check.named("saliency", &saliency(net, &x, classes).to_vec());
    check.named("grad_cam", &grad_cam(net, MAPS, &x, classes).to_vec());
    check.named("fgsm", &fgsm(net, &x, CrossEntropy, classes, number("epsilon")).to_vec());
    let pgd = Pgd::new(number("epsilon")).step(number("step")).steps(whole("steps")).range(0.0, 1.0);
    check.named("pgd", &pgd.attack(net, &x, CrossEntropy, classes).to_vec());
    let ascent = Ascent::new(whole("steps"), number("rate"))
        .l2(number("l2"))
        .total_variation(number("total_variation"))
        .blur(number("blur"), whole("blur_every"));
    check.named("visualized", &visualize(net, &start, classes, &ascent).to_vec());
    let features = net.inner_values(MAPS, &x);
    check.named("inverted", &invert(net, MAPS, &features, &start, &ascent).to_vec());
    check.finish();
}

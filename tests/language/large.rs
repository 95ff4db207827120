//! A network of 138 million parameters, and one with inputs and outputs of megabytes, in a debug build, on a thread with a small stack:
//! nothing large ever stands on it.

use fireclay::metrics::Metric;
use fireclay::prelude::*;

network! {
    /// Without the rounding of Winograd's form.
    #[fireclay(exact)]
    pub Vgg16(image: [3, 224, 224]) -> [1000] {
        block Stage(x; channels, n) {
            x -> [Conv(channels, 3, pad = 1) -> Relu; n] -> MaxPool(2)
        }
        image
            -> s1: Stage(64, 2) -> s2: Stage(128, 2) -> s3: Stage(256, 3) -> s4: Stage(512, 3) -> s5: Stage(512, 3)
            -> Flatten
            -> fc6: Dense(4096) -> Relu -> Dropout(0.5) -> fc7: Dense(4096) -> Relu -> Dropout(0.5) -> fc8: Dense(1000)
    }

    /// 400 KB in, 8.6 MB out.
    pub Segments(image: [1, 320, 320]) -> [21, 320, 320] { image -> conv: Conv(21, 1) }
    pub Pair(a: [1, 320, 320], b: [3, 320, 320]) -> (sum: [3, 320, 320], first: [1, 320, 320]) {
        (sum: a + b, first: 2 * a)
    }
}

/// Runs it on a stack that one output would overflow.
fn on_a_small_stack(run: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(512 * 1024).spawn(run).expect("a thread");
    thread.join().expect("no overflow");
}

#[test]
fn vgg16_is_made_in_place_cloned_and_infers() {
    on_a_small_stack(|| {
        let mut net = Vgg16::zeros();
        assert_eq!(Vgg16::PARAMETERS, 138_357_544);
        // Ones along one path: a center tap of each convolution, one input of each dense layer.
        for tensor in Vgg16::INFO.tensors.iter().filter(|t| t.path.ends_with("weight")) {
            let at = tensor.offset + if tensor.dims.len() == 4 { 4 } else { 0 };
            net.params_mut().as_mut_slice()[at] = 1.0;
        }
        let mut copy = net.clone();
        assert!(copy.params().as_slice() == net.params().as_slice());
        copy.fc8.bias[1] = 5.0;
        net.clone_from(&copy);
        drop(copy);
        let mut memory = Vgg16::infer_memory();
        let mut image = Tensor::<shape![3, 224, 224]>::boxed();
        image[0][0][0] = 3.0;
        image[0][1][1] = 2.0;
        let logits = net.infer(&image, &mut memory);
        assert_eq!((logits[0], logits[1]), (3.0, 5.0));
        assert_eq!(net.predict(&image)[..2], [3.0, 5.0]);
    });
}

/// The last number of the last map.
struct Corner;

impl Metric<Tensor<shape![21, 320, 320]>, Tensor<shape![21, 320, 320]>> for Corner {
    fn name(&self) -> &'static str {
        "corner"
    }
    fn higher_is_better(&self) -> bool {
        true
    }
    fn score(&self, output: &Tensor<shape![21, 320, 320]>, target: &Tensor<shape![21, 320, 320]>) -> f32 {
        output[20][319][319] - target[20][319][319]
    }
}

/// A data set of two images and what they are to become, and whether it lends them.
struct Images([Box<Tensor<shape![1, 320, 320]>>; 2], [Box<Tensor<shape![21, 320, 320]>>; 2], bool);

impl Dataset<Tensor<shape![1, 320, 320]>> for Images {
    type Target = Tensor<shape![21, 320, 320]>;
    fn len(&self) -> usize {
        2
    }
    fn fill(
        &self,
        i: usize,
        _: u64,
        input: &mut Tensor<shape![1, 320, 320]>,
        target: &mut Tensor<shape![21, 320, 320]>,
    ) -> fireclay::Result<()> {
        input.as_mut_slice().copy_from_slice(self.0[i].as_slice());
        target.as_mut_slice().copy_from_slice(self.1[i].as_slice());
        Ok(())
    }
    fn lend(&self, i: usize) -> Option<(&Tensor<shape![1, 320, 320]>, &Tensor<shape![21, 320, 320]>)> {
        self.2.then(|| (&*self.0[i], &*self.1[i]))
    }
}

/// Images of 1 and 10 in the last corner, and what they are to become: 5 more than a weight of 20 gives.
fn images(lent: bool) -> Images {
    let mut images = Images([Tensor::boxed(), Tensor::boxed()], [Tensor::boxed(), Tensor::boxed()], lent);
    for (i, x) in [1.0, 10.0].into_iter().enumerate() {
        images.0[i][0][319][319] = x;
        images.1[i][20][319][319] = 20.0 * x + 5.0;
    }
    images
}

fn segments() -> Box<Segments> {
    let mut net = Segments::zeros();
    for class in 0..21 {
        net.conv.weight[class][0][0][0] = class as f32;
    }
    net
}

#[test]
fn outputs_of_megabytes_never_stand_on_the_stack() {
    on_a_small_stack(|| {
        let (net, images) = (segments(), images(true));
        let mut memory = Segments::infer_memory();
        assert_eq!(net.infer(&images.0[1], &mut memory)[20][319][319], 200.0);
        assert_eq!(net.predict(&images.0[1])[20][319][319], 200.0);
        assert_eq!(net.pack().predict(&images.0[0])[20][319][319], 20.0);
        assert_eq!(net.evaluate(&images, Corner), -5.0);
        assert_eq!(net.evaluate(&self::images(false), Corner), -5.0);
        let all = net.predict_all(&images);
        assert_eq!([all[0][5][319][319], all[1][5][319][319]], [5.0, 50.0]);
        let (mut batch, mut sample) = (Batch::<shape![21, 320, 320]>::zeros(2), Tensor::boxed());
        batch.set(1, &all[1]);
        batch.read(1, &mut sample);
        assert_eq!(sample[20][319][319], 200.0);

        let mut pair = <(Tensor<shape![1, 320, 320]>, Tensor<shape![3, 320, 320]>)>::boxed();
        pair.0[0][319][319] = 4.0;
        pair.1[2][319][319] = 1.5;
        let both = Pair::zeros().predict(&pair);
        assert_eq!((both.0[2][319][319], both.1[0][319][319]), (5.5, 8.0));
    });
}

#[test]
fn nor_do_those_of_validation() {
    on_a_small_stack(|| {
        let (mut net, images) = (segments(), images(true));
        let trainer = Trainer::new(Mse, Sgd::new(0.0)).epochs(1).batch(2).progress(ProgressBar::Off);
        let history = trainer.validate(&images, Corner).fit(&mut net, &images).expect("it trains");
        // The last map is 5 off; the others, whose weights are 0 to 19, are to be 0.
        let squares = (0..20_u16).map(|class| f32::from(class * class)).sum::<f32>();
        let wanted = (2.0 * 25.0 + (1.0 + 100.0) * squares) / (2.0 * 21.0 * 320.0 * 320.0);
        let epoch = history.epochs()[0];
        let [Some(loss), Some(metric)] = [epoch.validation_loss, epoch.metric] else { panic!("it validates") };
        assert!((loss - wanted).abs() < 1e-6 * wanted && metric == -5.0, "{loss} instead of {wanted}; {metric}");
    });
}

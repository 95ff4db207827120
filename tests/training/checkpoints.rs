//! A training that goes on from a checkpoint ends with the bits of one that never stopped; files that are not its own are refused.

use fireclay::data::{Method, Normalization};
use fireclay::optim::{NAdam, Threshold};
use fireclay::prelude::*;
use fireclay::trainer::{Every, History, Run};
use fireclay::{Error, Result};
use std::fs;
use std::path::{Path, PathBuf};

network! {
    /// With all that has a state of its own: dropout, running statistics.
    pub Net(image: [1, 8, 8]) -> [10] {
        image -> conv: Conv(6, 3) -> bn: BatchNorm -> Relu -> MaxPool(2) -> Flatten -> Dropout(0.2) -> fc: Dense(10)
    }
}
network! {
    pub Wider(image: [1, 8, 8]) -> [10] {
        image -> conv: Conv(8, 3) -> bn: BatchNorm -> Relu -> MaxPool(2) -> Flatten -> Dropout(0.2) -> fc: Dense(10)
    }
}

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder =
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fireclay-checkpoints-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).expect("a folder").flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// All that a training leaves behind, but its times.
type End = (Vec<u32>, Vec<u32>, Vec<(u32, Option<u32>, Vec<u32>, u32, usize)>, Option<usize>);

fn end(net: &Net, history: &History) -> End {
    let bits = |numbers: &[f32]| numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    let epoch = |e: &fireclay::trainer::Epoch| {
        (e.loss.to_bits(), e.validation_loss.map(f32::to_bits), bits(e.metrics()), e.learning_rate.to_bits(), e.samples)
    };
    let epochs = history.epochs().iter().map(epoch).collect();
    (bits(net.params().as_slice()), bits(net.buffers().as_slice()), epochs, history.best().map(|e| e.number))
}

/// A training with everything that has a state, stopped after so many steps (0: never), and gone on with.
fn train(folder: Option<&Path>, stop: usize) -> Result<End> {
    let (train, validation) = Digits::split()?;
    let normalization = Normalization::fit(Method::ZScore, &train)?;
    let train = train.take(100).augment(fireclay::data::augment::Noise::new(0.1)).normalize(&normalization);
    let validation = validation.take(50).normalize(&normalization);
    let algorithm =
        NAdam::new(4e-3).group("fc.*", |g| g.learning_rate(2e-3)).freeze("conv.bias").decay_weights_only().clip_norm(5.0);
    let plateau = Plateau::new(0.5, 0).threshold(Threshold::Absolute(0.3));
    let mut trainer = Trainer::new(CrossEntropy, algorithm)
        .batch(16)
        .accumulate(2)
        .epochs(5)
        .seed(7)
        .ema(0.8)
        .schedule(fireclay::optim::LinearWarmup::new(3).then(plateau))
        .validate(&validation, (Accuracy, fireclay::metrics::TopK::new(3)))
        .early_stop(4)
        .progress(ProgressBar::Off);
    if let Some(folder) = folder {
        trainer = trainer.checkpoint(folder, Every::steps(3).keep(2)).resume();
    }
    let trainer = trainer.on_step(|step, run: &mut Run<Net>| {
        if step.number == 6 {
            run.freeze("bn.*")?;
        }
        if step.number == 10 {
            run.unfreeze("conv.bias")?;
        }
        if step.number == 11 {
            run.set_learning_rate(3e-3);
        }
        if step.number == stop {
            run.stop();
        }
        Ok::<(), Error>(())
    });
    let mut net = Net::init(&mut rng(3));
    let history = trainer.fit(&mut net, &train)?;
    Ok(end(&net, &history))
}

#[test]
fn stopped_after_any_step_it_ends_with_the_same_bits() -> Result<()> {
    let whole = train(None, 0)?;
    assert_eq!(whole.2.len(), 5);
    // Four steps an epoch.
    for stop in 1..=20 {
        let folder = folder(&format!("any-{stop}"));
        train(Some(&folder), stop)?;
        assert!(train(Some(&folder), 0)? == whole, "stopped after step {stop}");
        // And once more, where nothing is left to do.
        assert!(train(Some(&folder), 0)? == whole, "over, stopped after step {stop}");
        assert!(names(&folder).len() <= 2, "{:?}", names(&folder));
        fs::remove_dir_all(&folder).expect("ours");
    }
    // Stopped again and again.
    let folder = folder("again");
    for stop in [2, 3, 7, 8, 9, 15] {
        train(Some(&folder), stop)?;
    }
    assert!(train(Some(&folder), 0)? == whole);
    fs::remove_dir_all(&folder).expect("ours");
    Ok(())
}

fn plain(folder: &Path, every: Every) -> Trainer<CrossEntropy, Adam> {
    Trainer::new(CrossEntropy, Adam::new(1e-3)).batch(50).epochs(4).progress(ProgressBar::Off).checkpoint(folder, every)
}

#[test]
fn checkpoints_are_named_by_steps_and_the_newest_are_kept() -> Result<()> {
    let (data, _) = Digits::split()?;
    let data = data.take(100);
    let folder = folder("kept");
    plain(&folder, Every::epochs(1).keep(2)).fit(&mut Net::init(&mut rng(1)), &data)?;
    assert_eq!(names(&folder), ["step-00000006.safetensors", "step-00000008.safetensors"]);
    // They are weights too, as they then were.
    let newest = folder.join("step-00000008.safetensors");
    let net = Net::open(&newest)?;
    assert!(net.params().as_slice().iter().any(|p| *p != 0.0));
    // Another training does not mix with it.
    let error = plain(&folder, Every::epochs(1)).fit(&mut Net::init(&mut rng(1)), &data).unwrap_err().to_string();
    assert!(error.contains("step-00000008.safetensors") && error.contains("`.resume()` goes on"), "{error}");
    fs::remove_dir_all(&folder).expect("ours");
    // Every third step, one asked for, and the last.
    let trainer = plain(&folder, Every::steps(3)).on_step(|step, run: &mut Run<Net>| {
        if step.number == 4 {
            run.request_checkpoint()
        }
    });
    trainer.fit(&mut Net::init(&mut rng(1)), &data)?;
    assert_eq!(names(&folder), [3, 4, 6, 8].map(|n| format!("step-{n:08}.safetensors")));
    fs::remove_dir_all(&folder).expect("ours");
    // A session saves at once.
    let mut net = Net::init(&mut rng(1));
    let mut run = plain(&folder, Every::duration(std::time::Duration::from_secs(1000))).start(&mut net, &data)?;
    run.step()?;
    run.save_checkpoint()?;
    assert_eq!(names(&folder), ["step-00000001.safetensors"]);
    fs::remove_dir_all(&folder).expect("ours");
    Ok(())
}

#[test]
fn a_session_that_ends_early_leaves_a_checkpoint() -> Result<()> {
    let (data, _) = Digits::split()?;
    let data = data.take(100);
    let every = Every::epochs(10);
    // At the end of an epoch, by `stop` and by `finish`; in the middle of one; and nothing is written after that.
    for (name, steps, stop) in [("stop", 2, true), ("finish", 2, false), ("middle", 3, true), ("middle-finish", 3, false)] {
        let folder = folder(&format!("early-{name}"));
        let mut net = Net::init(&mut rng(1));
        let mut run = plain(&folder, every).start(&mut net, &data)?;
        for _ in 0..steps {
            run.step()?;
        }
        if stop {
            run.stop();
            assert!(run.step()?.is_none());
            run.save_checkpoint()?;
            assert!(run.step()?.is_none());
        } else {
            run.finish()?;
        }
        assert_eq!(names(&folder), [format!("step-{steps:08}.safetensors")], "{name}");
        let (mut resumed, mut whole) = (Net::init(&mut rng(1)), Net::init(&mut rng(1)));
        let history = plain(&folder, every).resume().fit(&mut resumed, &data)?;
        let alone =
            Trainer::new(CrossEntropy, Adam::new(1e-3)).batch(50).epochs(4).progress(ProgressBar::Off).fit(&mut whole, &data)?;
        assert!(end(&resumed, &history) == end(&whole, &alone), "{name}");
        fs::remove_dir_all(&folder).expect("ours");
    }
    Ok(())
}

#[test]
fn momentum_that_a_schedule_moves_and_prepared_batches_resume_too() -> Result<()> {
    let (data, _) = Digits::split()?;
    // 97 samples: the last batch of 16 would be one.
    let data = data.take(97).augment(fireclay::data::augment::Noise::new(0.1));
    let train = |folder: Option<&Path>, stop, threads| {
        let momentum = |_: f32, _: fireclay::optim::Progress| 0.05;
        let algorithm = fireclay::optim::Lamb::new(0.05);
        let mut trainer = Trainer::new(CrossEntropy, algorithm).batch(16).epochs(3).threads(threads).prefetch(3).workers(2);
        trainer = trainer.progress(ProgressBar::Off);
        trainer = if stop % 2 == 0 { trainer.schedule(OneCycle::new(0.05)) } else { trainer.schedule(momentum) };
        if let Some(folder) = folder {
            trainer = trainer.checkpoint(folder, Every::steps(4).keep(1)).resume();
        }
        let mut net = Net::init(&mut rng(2));
        let trainer = trainer.on_step(|step, run: &mut Run<Net>| {
            if step.number == stop {
                run.stop()
            }
        });
        let history = trainer.fit(&mut net, &data)?;
        Ok::<_, Error>(end(&net, &history))
    };
    for stop in [2, 5, 6, 11] {
        let folder = folder(&format!("momentum-{stop}"));
        let whole = train(None, 100 + stop, 1)?;
        train(Some(&folder), stop, 2)?;
        assert!(train(Some(&folder), 100 + stop, 2)? == whole, "stopped after step {stop}");
        fs::remove_dir_all(&folder).expect("ours");
    }
    Ok(())
}

#[test]
fn a_label_may_be_called_as_the_library() -> Result<()> {
    network! { pub Named(x: [2]) -> [1] { x -> fireclay: Dense(1) } }
    let net = Named::init(&mut rng(1));
    let again = Named::from_bytes(&net.to_bytes()?)?;
    assert_eq!(net.params().as_slice(), again.params().as_slice());
    Ok(())
}

#[test]
fn the_normalization_is_kept() -> Result<()> {
    let (data, _) = Digits::split()?;
    let normalization = Normalization::fit(Method::ZScore, &data)?;
    let folder = folder("normalization");
    plain(&folder, Every::epochs(1)).epochs(1).fit(&mut Net::init(&mut rng(1)), &data.take(100).normalize(&normalization))?;
    let bytes = fs::read(folder.join("step-00000002.safetensors")).expect("written");
    let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).expect("safetensors");
    let pairs = header.metadata().as_ref().expect("metadata");
    assert_eq!(Normalization::<shape![1, 8, 8]>::from_metadata("input", pairs)?, normalization);
    fs::remove_dir_all(&folder).expect("ours");
    Ok(())
}

#[test]
fn normalizations_of_what_is_normalized_are_kept_in_order() -> Result<()> {
    let (data, _) = Digits::split()?;
    let first = Normalization::fit(Method::ZScore, &data)?;
    let data = data.normalize(&first);
    let second = Normalization::fit(Method::MinMax, &data)?;
    let pairs = data.normalize(&second).normalize(&first).metadata();
    for (name, wanted) in [("input", &first), ("input.2", &second), ("input.3", &first)] {
        assert_eq!(Normalization::<shape![1, 8, 8]>::from_metadata(name, pairs.iter().map(|(k, v)| (k, v)))?, *wanted, "{name}");
    }
    Ok(())
}

/// What resuming from this folder says, with a network that stays as it is.
fn refused<N: Network<Input = Tensor<shape![1, 8, 8]>, Output = Tensor<shape![10]>, TrainOutput = Tensor<shape![10]>>>(
    trainer: Trainer<CrossEntropy, Adam>,
    samples: usize,
) -> String {
    let (data, _) = Digits::split().expect("embedded");
    let mut net = N::init(&mut rng(9));
    let before = net.params().as_slice().to_vec();
    let error = trainer.resume().fit(&mut *net, &data.take(samples)).unwrap_err().to_string();
    assert_eq!(net.params().as_slice(), before);
    error
}

#[test]
fn what_is_not_its_own_is_refused_with_the_reason() -> Result<()> {
    let (data, _) = Digits::split()?;
    let data = data.take(100);
    let folder = folder("refused");
    let every = Every::epochs(1);
    plain(&folder, every).epochs(1).fit(&mut Net::init(&mut rng(1)), &data)?;
    let path = folder.join("step-00000002.safetensors");
    let whole = fs::read(&path).expect("written");
    let again = || refused::<Net>(plain(&folder, every), 100);

    // Another declaration: each tensor that differs.
    let error = refused::<Wider>(plain(&folder, every), 100);
    assert!(error.contains("conv.weight is [6, 1, 3, 3] in the file, [8, 1, 3, 3] in the network"), "{error}");
    assert!(error.contains("fc.weight") && error.contains("step-00000002"), "{error}");
    // Other settings, by their names.
    let error = refused::<Net>(plain(&folder, every).batch(20).seed(5), 90);
    assert!(error.contains("batches of 50, not batches of 20; 100 samples, not 90 samples; seed 0, not seed 5"), "{error}");
    let error = refused::<Net>(plain(&folder, every).schedule_of_plateau(), 100);
    assert!(error.contains("the schedule none, not the schedule fireclay::optim::plateau::Plateau"), "{error}");

    // A bit in a number, in a moment, in the state.
    for at in [whole.len() - 5, whole.len() / 2] {
        let mut bytes = whole.clone();
        bytes[at] ^= 4;
        fs::write(&path, bytes).expect("written");
        let error = again();
        assert!(error.contains("its checksum is not that of its numbers"), "{error}");
    }
    let text = |from: &str, to: &str| {
        let at = whole.windows(from.len()).position(|window| window == from.as_bytes()).expect(from);
        let mut bytes = whole.clone();
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        fs::write(&path, bytes).expect("written");
        again()
    };
    let error = text("\\\"updates\\\":2", "\\\"updates\\\":7");
    assert!(error.contains("its checksum is not that of its numbers"), "{error}");
    let error = text("\\\"version\\\":1", "\\\"version\\\":9");
    assert!(error.contains("it is a checkpoint of version 9; this version of Fireclay reads version 1"), "{error}");
    let error = text("\\\"updates\\\":2", "\\\"updates\\\":x");
    assert!(error.contains("its state of the training cannot be read"), "{error}");

    // An older one is the way out.
    fs::copy(&path, folder.join("step-00000001.safetensors")).expect("copied");
    fs::write(&path, &whole[..whole.len() - 1]).expect("written");
    let error = again();
    assert!(error.contains("help: delete it to go on from") && error.ends_with("step-00000001.safetensors"), "{error}");
    fs::remove_file(folder.join("step-00000001.safetensors")).expect("ours");

    // Cut off anywhere, empty, of another kind, weights alone.
    for length in [0, 5, 100, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..length]).expect("written");
        let error = again();
        assert!(error.contains("step-00000002.safetensors"), "{length}: {error}");
    }
    fs::write(&path, b"PK\x03\x04 a zip archive, as torch.save writes it").expect("written");
    assert!(again().contains("step-00000002.safetensors"));
    Net::init(&mut rng(1)).save(&path)?;
    let error = again();
    assert!(error.contains("it holds weights and no state of a training") && error.contains("net.load"), "{error}");

    // Nothing to go on from.
    let nowhere = Trainer::new(CrossEntropy, Adam::new(1e-3)).progress(ProgressBar::Off);
    assert!(refused::<Net>(nowhere, 100).contains(".checkpoint("));
    // Another optimizer.
    fs::write(&path, &whole).expect("written");
    let trainer =
        Trainer::new(CrossEntropy, Sgd::new(0.1)).batch(50).progress(ProgressBar::Off).checkpoint(&folder, every).resume();
    let error = trainer.fit(&mut Net::init(&mut rng(1)), &data).unwrap_err().to_string();
    assert!(error.contains("optim::adam::Adam, not the optimizer fireclay::optim::sgd::Sgd"), "{error}");
    let normalization = Normalization::fit(Method::ZScore, &data)?;
    let error = plain(&folder, every)
        .resume()
        .fit(&mut Net::init(&mut rng(1)), &(&data).normalize(&normalization))
        .unwrap_err()
        .to_string();
    assert!(error.contains("normalized by other numbers"), "{error}");
    // What a killed run left behind is cleared away, and the whole file is taken.
    fs::write(folder.join(".fireclay-1-0"), b"half").expect("written");
    let history = plain(&folder, every).resume().fit(&mut Net::init(&mut rng(1)), &data)?;
    assert_eq!(history.epochs().len(), 4);
    assert!(names(&folder).iter().all(|name| name.starts_with("step-")));
    fs::remove_dir_all(&folder).expect("ours");
    Ok(())
}

/// Short for the tests above.
trait WithPlateau {
    fn schedule_of_plateau(self) -> Self;
}

impl WithPlateau for Trainer<CrossEntropy, Adam> {
    fn schedule_of_plateau(self) -> Self {
        self.schedule(Plateau::new(0.5, 1))
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error() -> Result<()> {
    let (data, _) = Digits::split()?;
    let file = folder("a-file");
    fs::write(&file, b"no folder").expect("written");
    let error = plain(&file, Every::epochs(1)).fit(&mut Net::init(&mut rng(1)), &data.take(100)).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
    fs::remove_file(&file).expect("ours");
    Ok(())
}

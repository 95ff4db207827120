//! Scenes as a data set.

use super::{Scene, Scenes};
use crate::data::Dataset;
use crate::{Error, Result, Shape, Tensor, Values};
use core::marker::PhantomData;

/// So many scenes, with what a function says is to be found in them: [`Scenes::samples`].
#[derive(Clone)]
pub struct SceneSamples<'a, T, F> {
    scenes: Scenes<'a>,
    count: usize,
    f: F,
    target: PhantomData<fn() -> T>,
}

impl<'a, T, F> SceneSamples<'a, T, F> {
    pub(super) const fn new(scenes: Scenes<'a>, count: usize, f: F) -> Self {
        Self { scenes, count, f, target: PhantomData }
    }
}

impl<S: Shape, T: Values, F: Fn(&Scene, &mut T) + Sync> Dataset<Tensor<S>> for SceneSamples<'_, T, F> {
    type Target = T;
    fn len(&self) -> usize {
        self.count
    }
    fn fill(&self, _: usize, seed: u64, image: &mut Tensor<S>, target: &mut T) -> Result<()> {
        let scene = self.scenes.draw(seed);
        if !scene.fill(image) {
            return Err(Error::Setting(format!("the network takes {:?}, and scenes are {}", S::DIMS, scene.dims())));
        }
        (self.f)(&scene, target);
        Ok(())
    }
}

impl<T, F> core::fmt::Debug for SceneSamples<'_, T, F> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SceneSamples").field("scenes", &self.scenes).field("count", &self.count).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Digits;
    use crate::shape;

    #[test]
    fn each_seed_has_its_scene_and_a_wrong_shape_is_an_error() -> Result<()> {
        let (digits, _) = Digits::split()?;
        let scenes = Scenes::new(&digits, 16);
        let data = scenes.samples(5, |scene, count: &mut Tensor<shape![1]>| count[0] = scene.objects.len() as f32);
        let (mut image, mut target) = (Tensor::<shape![3, 16, 16]>::zeros(), Tensor::zeros());
        data.fill(0, 7, &mut image, &mut target)?;
        assert_eq!((image, target[0]), (scenes.draw(7).image(), 1.0));
        let wrong = data.fill(0, 7, &mut Tensor::<shape![3, 32, 32]>::zeros(), &mut target).expect_err("another shape");
        assert_eq!(wrong.to_string(), "the network takes [3, 32, 32], and scenes are [3, 16, 16]");
        Ok(())
    }
}

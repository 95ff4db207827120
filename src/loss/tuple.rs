//! Losses of several outputs: a tuple of losses, on a tuple of outputs, against a tuple of targets, in output order.

use super::{Expects, Loss, MicroBatch, TERMS};
use crate::Leaf;

macro_rules! tuples {
    ($($L:ident $O:ident $T:ident $i:tt),+) => {
        /// The sum of the losses, each on its own output. Weigh them with `weight`: `(CrossEntropy, Mse.weight(0.5))`.
        impl<$($L, $O: Leaf, $T: Copy),+> Loss<($($O,)+), ($($T,)+)> for ($($L,)+)
        where
            $($L: Loss<$O, $T>),+
        {
            #[track_caller]
            fn targets(&self, targets: ($($T,)+)) -> Option<usize> {
                super::check_count(self.count());
                let mut agreed = None;
                for given in [$(self.$i.targets(targets.$i)),+].into_iter().flatten() {
                    let first = *agreed.get_or_insert(given);
                    assert!(first == given, "the targets of several outputs differ: {first} and {given}");
                }
                agreed
            }

            fn micro(
                &self,
                part: MicroBatch,
                outputs: ($($O::Lanes<'_>,)+),
                targets: ($($T,)+),
                gradient: ($($O::LanesMut<'_>,)+),
            ) -> f32 {
                0.0 $(+ self.$i.micro(part, outputs.$i, targets.$i, gradient.$i))+
            }

            fn count(&self) -> usize {
                0 $(+ self.$i.count())+
            }

            fn divisor(&self, mut term: usize, samples: usize, targets: ($($T,)+)) -> Option<f64> {
                $(
                    let count = self.$i.count();
                    if term < count {
                        return self.$i.divisor(term, samples, targets.$i);
                    }
                    term -= count;
                )+
                let _ = term;
                None
            }

            fn terms(
                &self,
                part: MicroBatch,
                outputs: ($($O::Lanes<'_>,)+),
                targets: ($($T,)+),
                gradient: ($($O::LanesMut<'_>,)+),
            ) -> [f32; TERMS] {
                let (mut terms, mut at) = ([0.0; TERMS], 0);
                $(super::put_terms(&self.$i.terms(part, outputs.$i, targets.$i, gradient.$i), self.$i.count(), &mut at, &mut terms);)+
                terms
            }

            fn expects(&self, targets: ($($T,)+)) -> [Expects; TERMS] {
                let mut terms = [Expects::Anything; TERMS];
                $([terms[$i], ..] = self.$i.expects(targets.$i);)+
                terms
            }

            fn domain(&self, loss: f32) -> Option<&'static str> {
                None$(.or(self.$i.domain(loss)))+
            }
        }
    };
}

tuples!(LA OA TA 0);
tuples!(LA OA TA 0, LB OB TB 1);
tuples!(LA OA TA 0, LB OB TB 1, LC OC TC 2);
tuples!(LA OA TA 0, LB OB TB 1, LC OC TC 2, LD OD TD 3);
tuples!(LA OA TA 0, LB OB TB 1, LC OC TC 2, LD OD TD 3, LE OE TE 4);
tuples!(LA OA TA 0, LB OB TB 1, LC OC TC 2, LD OD TD 3, LE OE TE 4, LF OF TF 5);

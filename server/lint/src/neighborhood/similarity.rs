//! Finds similar sketches among many without comparing each with each.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use crate::neighborhood::sketch::Sketch;

/// From here on two texts are similar.
pub(super) const SIMILAR: f64 = 0.38;

/// From here on hardly anything differs.
pub(super) const NEARLY_EQUAL: f64 = 0.82;

/// The most places that are looked at in one search.
const MAXIMUM_STEPS: usize = 20_000;

/// The most sketches that one search compares in full.
const MAXIMUM_COMPARED: usize = 64;

/// Which sketches hold a hash. Sketches are known by numbers that the caller gives.
#[derive(Debug, Default)]
pub(super) struct SimilarityIndex {
    holders: HashMap<u32, Vec<u32>, BuildHasherDefault<NumberHasher>>,
}

/// Spreads numbers that are hashes or numbered through: there are so many lookups that a hasher
/// for any kind of key takes most of the time.
#[derive(Debug, Default)]
struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        // The upper half of the product is folded in: tables use both ends of a hash.
        let product = (self.0 ^ u64::from(number)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = product ^ (product >> 32);
    }
}

impl SimilarityIndex {
    pub(super) fn insert(&mut self, id: u32, sketch: &Sketch) {
        for hash in sketch.hashes() {
            self.holders.entry(*hash).or_default().push(id);
        }
    }

    pub(super) fn remove(&mut self, id: u32, sketch: &Sketch) {
        for hash in sketch.hashes() {
            let Some(holders) = self.holders.get_mut(hash) else { continue };
            if let Some(at) = holders.iter().position(|it| *it == id) {
                holders.swap_remove(at);
            }
            if holders.is_empty() {
                self.holders.remove(hash);
            }
        }
    }

    /// Returns the sketches that may be similar to this one, itself included, in no order; at most
    /// [`MAXIMUM_COMPARED`], those that share the most.
    pub(super) fn candidates(&self, sketch: &Sketch) -> Vec<u32> {
        let mut holders: Vec<&[u32]> = sketch
            .hashes()
            .iter()
            .filter_map(|hash| self.holders.get(hash).map(Vec::as_slice))
            .collect();
        holders.sort_by_key(|holders| holders.len());
        // Of two similar texts, one has none too many hashes that the other lacks: it is enough to
        // look the rarest up, and what many texts share is left out.
        holders.truncate(sketch.hashes().len() * 2 / 3 + 1);
        let mut counts: HashMap<u32, u32, BuildHasherDefault<NumberHasher>> = HashMap::default();
        let mut n_steps = 0;
        for holders in holders {
            n_steps += holders.len();
            if n_steps > MAXIMUM_STEPS {
                break;
            }
            for id in holders {
                *counts.entry(*id).or_default() += 1;
            }
        }
        let mut found: Vec<(u32, u32)> = counts.into_iter().collect();
        found.sort_unstable_by_key(|(id, count)| (std::cmp::Reverse(*count), *id));
        found.truncate(MAXIMUM_COMPARED);
        found.into_iter().map(|(id, _)| id).collect()
    }
}

//! A small sample of a text's pairs of words, by which texts are compared.

use skill::SkillDocument;

/// The smallest hashes that are kept: the share that two texts have in common is then known
/// within some three hundredths, and exactly for texts of up to as many pairs.
const N_KEPT: usize = 256;

/// How many hashes are gathered before all but the smallest are dropped.
const N_GATHERED: usize = 4 * N_KEPT;

/// Texts of fewer pairs are too short to be called similar.
const FEWEST_PAIRS: usize = 24;

/// The pairs of words of a text with the smallest hashes, sorted; which ones these are depends on
/// the pairs alone, so two sketches are samples of the same kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sketch(Box<[u32]>);

impl Sketch {
    pub(super) fn of(document: &SkillDocument) -> Self {
        let mut hashes = Vec::with_capacity(N_GATHERED);
        // What is greater than all that are kept.
        let mut limit = u32::MAX;
        let mut n_words = 0;
        let mut before = 0;
        for word in document.text.split(|it: char| !it.is_alphanumeric()) {
            if word.len() < 2 {
                continue;
            }
            let word = hash(word);
            if n_words > 0 {
                let pair = mixed(before, word);
                if pair <= limit {
                    hashes.push(pair);
                }
                if hashes.len() == N_GATHERED {
                    keep_smallest(&mut hashes);
                    limit = hashes.get(N_KEPT - 1).copied().unwrap_or(u32::MAX);
                }
            }
            before = word;
            n_words += 1;
        }
        keep_smallest(&mut hashes);
        if hashes.len() < FEWEST_PAIRS { Self::default() } else { Self(hashes.into()) }
    }

    pub(super) fn hashes(&self) -> &[u32] {
        &self.0
    }

    /// Estimates which share of the pairs that either text has both have, from 0 to 1.
    pub(super) fn similarity(&self, other: &Self) -> f64 {
        let (mut ours, mut others) = (self.0.iter().peekable(), other.0.iter().peekable());
        let (mut n_common, mut n_either) = (0_u32, 0_u32);
        while (n_either as usize) < N_KEPT {
            match (ours.peek(), others.peek()) {
                (None, None) => break,
                (Some(a), Some(b)) if a == b => {
                    n_common += 1;
                    ours.next();
                    others.next();
                }
                (Some(a), Some(b)) if a < b => {
                    ours.next();
                }
                (_, Some(_)) => {
                    others.next();
                }
                (Some(_), None) => {
                    ours.next();
                }
            }
            n_either += 1;
        }
        if n_either == 0 { 0.0 } else { f64::from(n_common) / f64::from(n_either) }
    }
}

/// Sorts hashes and keeps the smallest, each once.
fn keep_smallest(hashes: &mut Vec<u32>) {
    hashes.sort_unstable();
    hashes.dedup();
    hashes.truncate(N_KEPT);
}

/// FNV-1a over the lower-case letters.
fn hash(word: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let start = 0xcbf2_9ce4_8422_2325;
    if word.is_ascii() {
        return word.bytes().fold(start, |hash, byte| step(hash, byte.to_ascii_lowercase()));
    }
    word.to_lowercase().bytes().fold(start, step)
}

/// The upper half of a product depends on every bit of both.
fn mixed(a: u64, b: u64) -> u32 {
    let product = (a.rotate_left(23) ^ b).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let product = (product ^ (product >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    u32::try_from(product >> 32).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use skill::SkillDocument;

    use super::Sketch;

    fn text(words: std::ops::Range<u32>) -> SkillDocument {
        let mut text = String::new();
        words.for_each(|word| write!(text, "word{word} ").unwrap());
        SkillDocument::parse(text)
    }

    #[test]
    fn the_share_in_common_is_estimated_well() {
        let similarity = |a, b| Sketch::of(&text(a)).similarity(&Sketch::of(&text(b)));
        assert!((similarity(0..100, 0..100) - 1.0).abs() < 1e-9);
        // 60 of 120 words, so 59 of 139 pairs: exact.
        assert!((similarity(0..100, 40..140) - 59.0 / 139.0).abs() < 1e-9);
        // 1,000 of 3,000: a sample.
        assert!((similarity(0..2000, 1000..3000) - 1.0 / 3.0).abs() < 0.09);
        assert!(similarity(0..2000, 2000..4000) < 0.01);
    }

    #[test]
    fn short_texts_have_no_sketch() {
        assert!(Sketch::of(&text(0..20)).hashes().is_empty());
        assert!(Sketch::default().similarity(&Sketch::default()) < 1e-9);
    }
}

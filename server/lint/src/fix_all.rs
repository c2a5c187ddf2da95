//! Fixes of many findings at once.

use std::collections::BTreeMap;

use skill::{Span, TextEdit, apply_edits};

use crate::{Finding, Safety};

/// What is left after fixes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedText {
    /// The new text.
    pub text: String,
    /// How many findings were fixed.
    pub n_fixed: usize,
}

/// Applies the fixes of `findings` that do not get in each other's way; `None` if there are none.
///
/// Only safe fixes are applied unless `safety` is [`Safety::Unsafe`]. A fix that overlaps an
/// earlier one is left for the next round: check the new text again until nothing is fixed.
pub fn fix_all(text: &str, findings: &[Finding], safety: Safety) -> Option<FixedText> {
    let mut edits: Vec<TextEdit> = Vec::new();
    let mut taken = Taken::default();
    let mut n_fixed = 0;
    for finding in findings {
        let fix = match safety {
            Safety::Safe => finding.safe_fix(),
            Safety::Unsafe => finding.safe_fix().or(finding.fixes.first()),
        };
        let Some(fix) = fix else { continue };
        if !fix.edits.iter().any(|edit| taken.touches(edit.span)) {
            fix.edits.iter().for_each(|edit| taken.add(edit.span));
            edits.extend(fix.edits.iter().cloned());
            n_fixed += 1;
        }
    }
    if n_fixed == 0 {
        return None;
    }
    let text = apply_edits(text, &edits).ok()?;
    Some(FixedText { text, n_fixed })
}

/// The places that are changed already: ends by starts. As none overlaps another, ends are in the
/// order of starts.
#[derive(Default)]
struct Taken(BTreeMap<usize, usize>);

impl Taken {
    fn add(&mut self, span: Span) {
        let end = self.0.entry(span.start).or_insert(span.end);
        *end = span.end.max(*end);
    }

    /// Two fixes at one place are not combined, even if they only touch: each was made without
    /// knowing of the other.
    fn touches(&self, span: Span) -> bool {
        let last = self.0.range(..=span.end).next_back();
        last.is_some_and(|(_, &end)| span.start <= end)
    }
}

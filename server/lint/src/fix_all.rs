//! Fixes of many findings at once.

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
    let mut n_fixed = 0;
    for finding in findings {
        let fix = match safety {
            Safety::Safe => finding.safe_fix(),
            Safety::Unsafe => finding.safe_fix().or(finding.fixes.first()),
        };
        let Some(fix) = fix else { continue };
        let collides =
            fix.edits.iter().any(|edit| edits.iter().any(|other| touches(edit.span, other.span)));
        if !collides {
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

/// Two fixes at one place are not combined, even if they only touch: each was made without
/// knowing of the other.
const fn touches(a: Span, b: Span) -> bool {
    a.start <= b.end && b.start <= a.end
}

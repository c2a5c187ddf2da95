//! What suppressions take away from what rules say.

use std::collections::HashMap;

use skill::Span;

use crate::{
    Problem, SkillFile,
    suppression::{Scope, suppressions},
};

/// The places that are suppressed, by rule.
#[derive(Debug, Default)]
pub(crate) struct Hiding {
    by_code: HashMap<String, Places>,
}

/// Where one rule is silent.
#[derive(Debug, Default)]
struct Places {
    is_whole_file: bool,
    /// In the order of the text; none touches another.
    regions: Vec<Span>,
}

impl Hiding {
    /// Returns what is suppressed in a file; nothing in a proposal.
    pub(crate) fn of(file: &SkillFile<'_>) -> Self {
        let mut by_code: HashMap<String, Places> = HashMap::new();
        if file.settings.is_proposal {
            return Self::default();
        }
        for suppression in suppressions(file) {
            for code in suppression.codes(file.text()) {
                let places = by_code.entry(code.to_owned()).or_default();
                // A reason may quote what it is about.
                places.regions.push(suppression.span);
                match suppression.scope {
                    Scope::File => places.is_whole_file = true,
                    Scope::Region(region) => places.regions.push(region),
                    Scope::Nothing => {}
                }
            }
        }
        for places in by_code.values_mut() {
            places.regions.sort_unstable();
            places.regions.dedup_by(|next, before| {
                let touches = next.start <= before.end;
                if touches {
                    before.end = before.end.max(next.end);
                }
                touches
            });
        }
        Self { by_code }
    }

    /// Returns a problem without the places that are suppressed: the first one that is left
    /// takes the part of a hidden first one. `None` if none is left.
    pub(crate) fn what_is_left(&self, code: &str, mut problem: Problem) -> Option<Problem> {
        let Some(places) = self.by_code.get(code) else { return Some(problem) };
        let first_is_hidden = places.contain(problem.span);
        let (hidden, mut left): (Vec<_>, Vec<_>) =
            problem.related.into_iter().partition(|(span, _)| places.contain(*span));
        let mut hidden: Vec<Span> = hidden.into_iter().map(|(span, _)| span).collect();
        if first_is_hidden {
            if left.is_empty() {
                return None;
            }
            hidden.push(problem.span);
            problem.span = left.remove(0).0;
        }
        problem.related = left;
        if !hidden.is_empty() {
            hidden.sort_unstable();
            problem.fixes.retain_mut(|fix| {
                let changes_text = !fix.edits.is_empty();
                fix.edits.retain(|edit| !touches_one(&hidden, edit.span));
                !(changes_text && fix.edits.is_empty())
            });
        }
        Some(problem)
    }
}

impl Places {
    fn contain(&self, place: Span) -> bool {
        self.is_whole_file || {
            let n_before = self.regions.partition_point(|region| region.start <= place.start);
            let region = n_before.checked_sub(1).and_then(|at| self.regions.get(at));
            region.is_some_and(|region| place.start <= region.end)
        }
    }
}

/// Tells whether `span` touches one of `places`, which are in the order of the text and do not
/// overlap.
fn touches_one(places: &[Span], span: Span) -> bool {
    let n_before = places.partition_point(|place| place.start <= span.end);
    let place = n_before.checked_sub(1).and_then(|at| places.get(at));
    place.is_some_and(|place| span.start <= place.end)
}

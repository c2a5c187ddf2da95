//! The same value at several places of one file: one finding with all of them.

use skill::Span;

use crate::Problem;

/// Returns a problem at the first place that names the others; `None` if there is no place.
///
/// `shown` is how the value is called: itself, or what may be said of it.
pub(crate) fn problem(places: &[Span], shown: &str, message: String) -> Option<Problem> {
    let (first, others) = places.split_first()?;
    let related = others.iter().map(|other| (*other, format!("{shown} is also here")));
    Some(Problem::new(*first, message).with_related(related))
}

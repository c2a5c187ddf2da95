//! `portability/checkout-path`: an author's checkout below the home.

use std::collections::BTreeMap;

use skill::{Span, TextEdit};

use crate::{
    Fix, Level, Problem, Rule, Safety, SkillFile,
    checkout_path::{CheckoutPath, checkout_paths},
    placeholder::placeholder,
};

pub(super) static RULE: Rule = Rule {
    code: "portability/checkout-path",
    level: Level::Info,
    summary: "a checkout in the place where its author keeps it",
    page: include_str!("../../../preceptor/guide/rules/portability/checkout-path.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let mut by_checkout: BTreeMap<&str, Vec<CheckoutPath<'_>>> = BTreeMap::new();
    for path in checkout_paths(file) {
        by_checkout.entry(path.checkout).or_default().push(path);
    }
    by_checkout.values().filter_map(|places| problem(file, places)).collect()
}

fn problem(file: &SkillFile<'_>, places: &[CheckoutPath<'_>]) -> Option<Problem> {
    let (first, others) = places.split_first()?;
    let checkout = first.checkout;
    let message = format!(
        "`{checkout}` is where the author keeps a checkout; others have it elsewhere or not at all. Bundle what the skill needs, or say where to get it"
    );
    let edits = places.iter().map(|path| edit(file, path)).collect();
    let fix = Fix { title: "Write `<checkout>` instead".to_owned(), edits, safety: Safety::Unsafe };
    let related = others.iter().map(|other| (other.span, format!("`{checkout}` is also here")));
    Some(Problem::new(first.span, message).with_fix(fix).with_related(related))
}

/// The whole path is written anew, so that in prose all of it becomes code.
fn edit(file: &SkillFile<'_>, path: &CheckoutPath<'_>) -> TextEdit {
    let span = Span::new(path.span.start, path.span.end + path.rest.len());
    TextEdit::replace(span, placeholder(file, span, &format!("<checkout>{}", path.rest)))
}

//! Finds names that differ from another by a slip of the pen, without comparing each with each.

use std::{
    collections::{BTreeSet, HashMap},
    iter,
    sync::Arc,
};

/// Shorter parts of a name differ on purpose.
const SHORTEST_PART: usize = 4;

/// Parts from this length on may differ by two letters.
const LONG_PART: usize = 7;

/// Things filed under names, so that those of a similar name are found.
#[derive(Debug, Default)]
pub(super) struct Spelling {
    by_key: HashMap<String, BTreeSet<Filed>>,
}

/// A name, and what is filed under it.
type Filed = (Arc<str>, Arc<str>);

impl Spelling {
    /// Files `item` under `name`.
    pub(super) fn insert(&mut self, name: &Arc<str>, item: &Arc<str>) {
        for key in keys(name) {
            let items = self.by_key.entry(key).or_default();
            items.insert((Arc::clone(name), Arc::clone(item)));
        }
    }

    /// Takes `item` out from under `name`.
    pub(super) fn remove(&mut self, name: &Arc<str>, item: &Arc<str>) {
        let filed = (Arc::clone(name), Arc::clone(item));
        for key in keys(name) {
            let Some(items) = self.by_key.get_mut(&key) else { continue };
            items.remove(&filed);
            if items.is_empty() {
                self.by_key.remove(&key);
            }
        }
    }

    /// Returns what is filed under just this name.
    pub(super) fn named(&self, name: &str) -> Vec<&Arc<str>> {
        let filed = self.by_key.get(&name.replace('-', "")).into_iter().flatten();
        filed.filter(|(other, _)| **other == *name).map(|(_, item)| item).collect()
    }

    /// Returns what is filed under a name that `name` may be a slip for, or that may be one for
    /// it, the nearest name first.
    pub(super) fn near(&self, name: &str) -> Vec<&Arc<str>> {
        let keys = keys(name);
        let filed = keys.iter().filter_map(|key| self.by_key.get(key)).flatten();
        let mut near: Vec<(usize, &Arc<str>, &Arc<str>)> = filed
            .filter(|(other, _)| is_slip(name, other))
            .map(|(other, item)| (strsim::osa_distance(name, other), other, item))
            .collect();
        near.sort();
        near.dedup();
        near.into_iter().map(|(_, _, item)| item).collect()
    }
}

/// The name without its hyphens, and with each part left open: two names of which one is a slip
/// for the other have a key in common.
fn keys(name: &str) -> Vec<String> {
    let parts: Vec<&str> = name.split('-').collect();
    let open = parts.iter().enumerate().filter(|(_, part)| part.len() >= SHORTEST_PART);
    let open = open.map(|(at, _)| {
        let part = |(idx, part): (usize, &&'_ str)| if idx == at { "*" } else { *part }.to_owned();
        parts.iter().enumerate().map(part).collect::<Vec<String>>().join("-")
    });
    iter::once(name.replace('-', "")).chain(open).collect()
}

/// A whole part of a name is no slip: `review-code` and `review-docs` are two things, and so are
/// `upgrade-v2` and `upgrade-v3`.
fn is_slip(name: &str, other: &str) -> bool {
    if name == other {
        return false;
    }
    if name.replace('-', "") == other.replace('-', "") {
        return true;
    }
    let mut parts = name.split('-').zip(other.split('-')).filter(|(a, b)| a != b);
    let (Some((a, b)), None) = (parts.next(), parts.next()) else { return false };
    let has_digit = |part: &str| part.bytes().any(|it| it.is_ascii_digit());
    let n_slips = if a.len().min(b.len()) >= LONG_PART { 2 } else { 1 };
    name.matches('-').count() == other.matches('-').count()
        && a.len().min(b.len()) >= SHORTEST_PART
        && !has_digit(a)
        && !has_digit(b)
        && strsim::osa_distance(a, b) <= n_slips
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Spelling;

    #[track_caller]
    fn check(name: &str, expected: &[&str]) {
        let mut spelling = Spelling::default();
        let names = ["count-rows", "count-cells", "deploy-service", "upgrade-v2", "review-code"];
        for name in names.map(Arc::<str>::from) {
            spelling.insert(&name, &name);
        }
        let near: Vec<&str> = spelling.near(name).into_iter().map(|it| &**it).collect();
        assert_eq!(near, expected);
        for name in names.map(Arc::<str>::from) {
            spelling.remove(&name, &name);
        }
        assert!(spelling.by_key.is_empty());
    }

    #[test]
    fn slips_are_found() {
        check("coutn-rows", &["count-rows"]);
        check("count-row", &[]);
        check("count-rowss", &["count-rows"]);
        check("deploi-service", &["deploy-service"]);
        check("deploy-servcie", &["deploy-service"]);
        check("deploy-ser-vice", &["deploy-service"]);
    }

    #[test]
    fn other_words_and_numbers_are_no_slips() {
        for name in ["count-rows", "review-docs", "upgrade-v3", "deploy", "count-rows-fast", "-"] {
            check(name, &[]);
        }
    }
}

//! What a text shows about a host's name: that the skill makes the machine, that it is a service
//! among containers, or that it is what the skill is about.

use std::{
    collections::{BTreeSet, HashMap},
    sync::LazyLock,
};

use regex::Regex;
use skill::Span;

use crate::{SkillFile, char_boundary::head, lines::MAXIMUM_REACH, pattern::pattern};

/// A name that is given to something: an option or a command that makes it, an alias of the
/// remote shell.
static CREATION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?:\s--(?:name|cluster|cluster-name|hostname|network-alias|vm-name|instance-name)[ =]",
        r"|\s-(?:c|n)[ \t]+",
        r"|\b(?:create|launch|init|new|up|clone|provision)[ \t]+",
        r"|(?m:^[ \t]*Host[ \t]+)",
        r"|\b(?:set-hostname|hostname set|/etc/hostname)\b[^\n]*?[ \t]",
        r")[\x22']?(?<name>[A-Za-z][A-Za-z0-9.-]*)",
    ))
});

/// Descriptions of containers and what routes to them.
static CONTAINERS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?m)^\s*(?:services|containers|version|apiVersion|kind|spec|networks):",
        r"|^\s*-?\s*image:\s|^\s*FROM\s+\S|\bupstream\s+\S+\s*\{|docker (?:run|compose)|kubectl ",
    ))
});

/// The names that a text gives to machines.
pub(super) struct Created<'a>(BTreeSet<&'a str>);

impl<'a> Created<'a> {
    pub(super) fn by(text: &'a str) -> Self {
        let names = CREATION.captures_iter(text).filter_map(|captures| captures.name("name"));
        Self(names.map(|name| name.as_str()).collect())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}

/// Which blocks of code are about containers, each read through once.
#[derive(Debug, Default)]
pub(super) struct ContainerBlocks {
    by_start: HashMap<usize, bool>,
}

impl ContainerBlocks {
    /// Tells whether the block of code around `place` is about containers, which have such names.
    pub(super) fn are_around(&mut self, file: &SkillFile<'_>, place: Span) -> bool {
        let Some(block) = file.document.body.code_block_at(place.start) else { return false };
        let is_about = || CONTAINERS.is_match(block.content.of(file.text()));
        *self.by_start.entry(block.span.start).or_insert_with(is_about)
    }
}

/// Tells whether `host` is called like the skill: a product's own name, or a service that the
/// skill is about.
pub(super) fn is_product(file: &SkillFile<'_>, host: &str) -> bool {
    let document = file.document;
    let title = document.body.headings.iter().find(|heading| heading.level == 1);
    let texts = [document.name(), title.map(|title| title.text.as_str())];
    let host = host.to_lowercase();
    let label = host.split('.').next().unwrap_or_default();
    let label = label.trim_end_matches(|it: char| it.is_ascii_digit() || it == '-');
    let is_named = |word: &str| label.len() >= 3 && word == label;
    texts
        .into_iter()
        .flatten()
        .map(|text| head(text, MAXIMUM_REACH))
        .any(|text| text.to_lowercase().split(|it: char| !it.is_alphanumeric()).any(is_named))
}

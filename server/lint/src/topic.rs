//! What a skill is about.

use regex::Regex;

use crate::SkillFile;

/// Tells whether the skill's name or title says that it is about what `topic` matches.
///
/// The description is left out: it also names what a skill merely uses.
pub(crate) fn is_about(file: &SkillFile<'_>, topic: &Regex) -> bool {
    let document = file.document;
    let title = document.body.headings.iter().find(|heading| heading.level == 1);
    document.name().is_some_and(|name| topic.is_match(name))
        || title.is_some_and(|title| topic.is_match(&title.text))
}

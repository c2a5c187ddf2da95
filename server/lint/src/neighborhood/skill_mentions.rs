//! Where a text speaks of other skills: for navigation and renaming.

use skill::{Link, SkillDocument, Span};

use crate::neighborhood::skill_references::marked_names;

/// A place that speaks of a skill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkillMention {
    /// The skill's name as it is written, without marks; of a link, its folder's name.
    pub span: Span,
    /// Which skill is meant.
    pub target: MentionedSkill,
}

/// How a skill is spoken of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MentionedSkill {
    /// By its name: `/count-rows`, `$count-rows`.
    Named(String),
    /// By a link into its folder: the path of its `SKILL.md`, in the form of the index.
    Linked(String),
}

/// Returns the mentions in the body of the `SKILL.md` at `path`, in the order of the text.
///
/// A name counts if `is_name` knows it, a link if `is_skill` knows the path of the `SKILL.md` that
/// it leads to or beside. Both forms are taken exactly: what is merely like a name is prose.
pub fn skill_mentions(
    document: &SkillDocument,
    path: &str,
    is_name: impl Fn(&str) -> bool,
    is_skill: impl Fn(&str) -> bool,
) -> Vec<SkillMention> {
    let named = marked_names(document).into_iter().filter(|it| is_name(&it.name));
    let mut mentions: Vec<SkillMention> = named
        .map(|it| SkillMention { span: it.span, target: MentionedSkill::Named(it.name) })
        .collect();
    let links = document.body.links.iter();
    mentions.extend(links.filter_map(|link| linked_skill(document, path, link, &is_skill)));
    mentions.sort_by_key(|mention| mention.span);
    mentions
}

fn linked_skill(
    document: &SkillDocument,
    path: &str,
    link: &Link,
    is_skill: &impl Fn(&str) -> bool,
) -> Option<SkillMention> {
    let written = link.destination_span?;
    let destination = written.of(&document.text);
    let destination = destination.split(['#', '?']).next().unwrap_or_default();
    if destination.starts_with(['/', '<', '$', '{']) || destination.contains(':') {
        return None;
    }
    let (mut folder, _) = path.rsplit_once('/').map(|(it, rest)| (it.to_owned(), rest))?;
    let mut at = written.start;
    let mut found = None;
    for part in destination.split('/') {
        let span = Span::new(at, at + part.len());
        at = span.end + 1;
        match part {
            "" | "." => {}
            ".." => folder.truncate(folder.rfind('/')?),
            part => {
                folder = format!("{folder}/{part}");
                let skill = format!("{folder}/SKILL.md");
                if skill != path && is_skill(&skill) {
                    found = Some(SkillMention { span, target: MentionedSkill::Linked(skill) });
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use skill::SkillDocument;

    use super::{MentionedSkill, skill_mentions};

    #[track_caller]
    fn check(body: &str, expected: &[(&str, &str)]) {
        let document = SkillDocument::parse(body);
        let mentions = skill_mentions(
            &document,
            "/w/skills/own/SKILL.md",
            |name| matches!(name, "sum" | "count-rows"),
            |path| path == "/w/skills/count-rows/SKILL.md",
        );
        let found: Vec<(&str, String)> = mentions
            .into_iter()
            .map(|it| match it.target {
                MentionedSkill::Named(name) => (it.span.of(body), name),
                MentionedSkill::Linked(path) => (it.span.of(body), path),
            })
            .collect();
        let expected: Vec<(&str, String)> =
            expected.iter().map(|(text, target)| (*text, (*target).to_owned())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn known_names_and_links_are_mentions() {
        let path = "/w/skills/count-rows/SKILL.md";
        check(
            "😀 Run /sum or $sum, then `$count-rows` or `/sum`.\r\n",
            &[("sum", "sum"), ("sum", "sum"), ("count-rows", "count-rows"), ("sum", "sum")],
        );
        check("[a](../count-rows/SKILL.md#x)", &[("count-rows", path)]);
        check("[a](./../count-rows/scripts/x.sh)", &[("count-rows", path)]);
    }

    #[test]
    fn what_is_merely_alike_is_none() {
        for body in [
            "a/sum and /sum/x and /sums and $5 and sum",
            "`$sum` and `echo $sum` and ${sum} and $sum_x and $sum.x",
            "```sh\n/sum\n```\n",
            "[a](https://x.org/count-rows/SKILL.md) [b](/count-rows) [c](scripts/sum)",
        ] {
            check(body, &[]);
        }
    }
}

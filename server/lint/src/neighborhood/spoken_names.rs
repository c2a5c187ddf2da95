//! Names that are said to be those of skills without a mark: `the count-rows skill` in code or bold,
//! `Skill(count-rows)`, `plugin:count-rows`, and what is typed to a client in a block.
//!
//! A bare name in code is as often a package or a folder, and is none.

use skill::{SkillDocument, Span};

use crate::neighborhood::skill_references::{
    SkillReference, begins_word, is_end_of_name, is_said_to_be_a_skill, prose_fields,
};

/// Languages of blocks that show what a person types to a client.
const TYPED: [&str; 5] = ["", "markdown", "md", "text", "txt"];

/// What is written before a colon elsewhere.
const OTHER_SCHEMES: [&str; 16] = [
    "branch",
    "docker",
    "file",
    "gh",
    "git",
    "github",
    "http",
    "https",
    "image",
    "key",
    "label",
    "localhost",
    "node",
    "npm",
    "pip",
    "tag",
];

/// Finds the names in the body that only a skill can have here, in no order. `is_name` tells whether
/// a skill is called so.
pub(super) fn spoken_names(
    document: &SkillDocument,
    is_name: &dyn Fn(&str) -> bool,
) -> Vec<SkillReference> {
    let mut found = quoted_names(document, is_name);
    found.extend(plain_names(document));
    found.extend(called_names(document));
    found.extend(names_of_plugins(document));
    found.extend(typed_names(document, is_name));
    found.retain(|it| is_name(&it.name));
    found
}

/// The `name` skill, the skill **name**.
fn quoted_names(document: &SkillDocument, is_name: &dyn Fn(&str) -> bool) -> Vec<SkillReference> {
    let text = &*document.text;
    let code = document.body.inline_code.iter().map(|code| code.span);
    let start = document.body.span.start;
    let marks = document.body.span.of(text).match_indices("**").map(|(at, _)| start + at);
    let bold = marks.filter_map(|at| {
        let name = name_at(text, at + 2);
        let end = at + 2 + name.len();
        text.get(end..)?.starts_with("**").then(|| Span::new(at, end + 2))
    });
    let quoted = code.chain(bold).filter_map(|span| {
        let written = span.of(text);
        let name = written.trim_matches(['`', '*']);
        let at = span.start + (written.len() - written.trim_start_matches(['`', '*']).len());
        let is_meant = !name.is_empty() && name_at(name, 0) == name && is_name(name);
        (is_meant && is_said_to_be_a_skill(document, span)).then(|| reference(name, at, true))
    });
    quoted.collect()
}

/// The name-of-parts skill, in prose: of a single word it is not certain, and of several skills it may
/// be said what kind they are.
fn plain_names(document: &SkillDocument) -> Vec<SkillReference> {
    let text = &*document.text;
    let body = &document.body;
    let parts = prose_fields(document).chain([body.span]);
    let spaces = parts.flat_map(|part| {
        let written = part.of(text);
        let words = written.match_indices(" skill").chain(written.match_indices(" Skill"));
        words.map(|(at, _)| (part, part.start + at)).collect::<Vec<_>>()
    });
    let names = spaces.filter_map(|(part, end)| {
        let before = Span::new(part.start, end).of(text);
        let is_part = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
        let name = before.get(before.trim_end_matches(is_part).len()..)?;
        let start = end - name.len();
        let behind = text.get(end + " skill".len()..)?;
        let is_skill = !behind.starts_with(|it: char| it.is_alphanumeric() || "-_".contains(it));
        let is_prose = body.code_block_at(start).is_none() && body.inline_code_at(start).is_none();
        let is_meant = name.contains('-') && is_skill && is_prose && begins_word(text, start);
        is_meant.then(|| reference(name, start, true))
    });
    names.collect()
}

/// `Skill(name)`: the call of a client's tool, also in a field that allows it.
fn called_names(document: &SkillDocument) -> Vec<SkillReference> {
    let text = &*document.text;
    let calls = text.match_indices("Skill(").filter_map(|(at, call)| {
        let is_word = text.get(..at)?.ends_with(|it: char| it.is_alphanumeric());
        let start = at + call.len();
        let name = name_at(text, start);
        let is_closed = text.get(start + name.len()..)?.starts_with(')');
        (!is_word && is_closed).then(|| reference(name, start, true))
    });
    calls.collect()
}

/// `/plugin:name`; without the slash, where it is used, invoked or said to be a skill.
fn names_of_plugins(document: &SkillDocument) -> Vec<SkillReference> {
    let text = &*document.text;
    let body = document.body.span;
    let colons = body.of(text).match_indices(':').map(|(at, _)| body.start + at);
    let names = colons.filter_map(|colon| {
        let name = name_at(text, colon + 1);
        let before = text.get(..colon)?;
        let is_part = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
        let plugin = before.get(before.trim_end_matches(is_part).len()..)?;
        let start = colon - plugin.len();
        let outside = text.get(..start)?;
        let is_typed = outside.ends_with('/');
        let outside = outside.strip_suffix('/').unwrap_or(outside);
        let begins = outside.is_empty()
            || outside.ends_with(|it: char| it.is_whitespace() || "(`\"'*_“‘".contains(it));
        let end = colon + 1 + name.len();
        let is_name = !name.is_empty() && is_end_of_name(text, end);
        let is_known = !plugin.is_empty() && !OTHER_SCHEMES.contains(&plugin);
        let is_code = document.body.code_block_at(colon).is_some();
        if !(begins && is_name && is_known) || is_code {
            return None;
        }
        let is_meant = is_typed
            || (name.contains('-') && is_said_to_be_a_skill(document, Span::new(start, end)));
        // Plugins have the same few words: `/a:review` is not the `review` of another one.
        is_meant.then(|| reference(name, colon + 1, name.contains('-')))
    });
    names.collect()
}

/// `/name arguments` as a line of a block, if all that begins with a slash there is a skill.
fn typed_names(document: &SkillDocument, is_name: &dyn Fn(&str) -> bool) -> Vec<SkillReference> {
    let text = &*document.text;
    let mut found = Vec::new();
    let blocks = document.body.code_blocks.iter();
    for block in blocks.filter(|it| TYPED.contains(&it.language())) {
        let mut at = block.content.start;
        let mut typed = Vec::new();
        for line in block.content.of(text).split_inclusive('\n') {
            let start = at + (line.len() - line.trim_start().len());
            at += line.len();
            if line.trim_start().starts_with('/') {
                typed.push((name_at(text, start + 1), start + 1));
            }
        }
        let is_skill = |(name, start): &(&str, usize)| {
            let behind = text.get(start + name.len()..).unwrap_or_default();
            is_name(name) && (behind.is_empty() || behind.starts_with(char::is_whitespace))
        };
        if typed.iter().all(is_skill) {
            found.extend(typed.into_iter().map(|(name, start)| reference(name, start, false)));
        }
    }
    found
}

fn reference(name: &str, start: usize, is_said: bool) -> SkillReference {
    SkillReference { name: name.to_owned(), span: Span::new(start, start + name.len()), is_said }
}

/// The name that begins at `start`; empty if there is none.
fn name_at(text: &str, start: usize) -> &str {
    let rest = text.get(start..).unwrap_or_default();
    let is_part = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
    let end = rest.find(|it: char| !is_part(it)).unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use skill::SkillDocument;

    use super::spoken_names;

    #[track_caller]
    fn check(texts: &[&str], expected: &[&str]) {
        for text in texts {
            let document = SkillDocument::parse(*text);
            let found = spoken_names(&document, &|name| matches!(name, "count-rows" | "review"));
            for it in &found {
                assert_eq!(it.span.of(text), it.name);
            }
            let found: Vec<&str> = found.iter().map(|it| it.name.as_str()).collect();
            assert_eq!(found, expected, "{text:?}");
        }
    }

    #[test]
    fn a_name_that_is_said_to_be_a_skills_is_one() {
        check(
            &[
                "😀 Use the `count-rows` skill first.\r\n",
                "See the skill **count-rows**.",
                "The **count-rows** skill knows.",
                "Invoke `Skill(count-rows)`.",
                "😀 I'm using the count-rows skill to count.",
                "invoke count-rows skill",
                "The **count-rows** skill's `x.md`",
                "## The count-rows Skill\r\n",
                "---\nallowed-tools: Read, Skill(count-rows)\n---\n",
                "**REQUIRED SUB-SKILL:** Use tables:count-rows",
                "Use `tables:count-rows`.",
                "Größe: /tables:count-rows",
                "```\n/count-rows data.csv\n```\n",
                "```text\r\n> x\r\n/count-rows\r\n```\r\n",
            ],
            &["count-rows"],
        );
        check(&["The `review` skill", "/tables:review it"], &["review"]);
    }

    #[test]
    fn a_bare_name_is_none() {
        check(
            &[
                "Install `count-rows`, a **count-rows** of it.",
                "Good count-rows skills, a count-rows skillset, x/count-rows skill.",
                "`the count-rows skill` and the review skill",
                "`count-rows` skillfully, `count-rows x` skill",
                "Use npm:count-rows or image:count-rows.",
                "tables:count-rows and tables:review and Use tables:count-rows.js",
                "mySkill(count-rows) and Skill(count-rows, x)",
                "```sh\n/count-rows\n```\n",
                "```\n/count-rows\n/users\n```\n",
                "```\n/count-rows/x\n```\n",
            ],
            &[],
        );
    }
}

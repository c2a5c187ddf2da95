//! A skill that is written by Preceptor, before it is text.

use crate::{NodeKind, SkillDocument};

/// The parts of a skill in the default profile. Texts are Markdown of one or more lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SkillDraft {
    /// The name, which is also the folder's; not checked here.
    pub name: String,
    /// What the skill does; never cut, however long.
    pub description: String,
    /// Keys and values of `metadata`, in this order.
    pub metadata: Vec<(String, String)>,
    /// The heading of the body.
    pub title: String,
    /// When to use it.
    pub when_to_use: String,
    /// The steps. A leading "Step 2:" is dropped, the list numbers them.
    pub procedure: Vec<String>,
    /// What goes wrong; the section is left out when there is none.
    pub pitfalls: Vec<String>,
    /// How to see that it worked.
    pub verification: Vec<String>,
}

/// Returns the text of the draft's `SKILL.md`.
pub fn render(draft: &SkillDraft) -> String {
    let mut out = String::from("---\n");
    out.push_str("name: ");
    out.push_str(&yaml_value(&draft.name));
    out.push_str("\ndescription: ");
    out.push_str(&yaml_value(&full_description(draft)));
    out.push('\n');
    if !draft.metadata.is_empty() {
        out.push_str("metadata:\n");
        for (key, value) in &draft.metadata {
            out.push_str("  ");
            out.push_str(&yaml_value(key));
            out.push_str(": ");
            out.push_str(&quoted_yaml(value));
            out.push('\n');
        }
    }
    out.push_str("---\n\n# ");
    out.push_str(&one_line(&draft.title));
    out.push('\n');
    let when_to_use = draft.when_to_use.trim();
    if !when_to_use.is_empty() {
        out.push_str("\n## When to Use\n\n");
        out.push_str(when_to_use);
        out.push('\n');
    }
    let steps: Vec<_> = draft.procedure.iter().map(|step| without_step_number(step)).collect();
    push_list(&mut out, "Procedure", &steps, |idx| format!("{}. ", idx + 1));
    let pitfalls: Vec<_> = draft.pitfalls.iter().map(String::as_str).collect();
    push_list(&mut out, "Pitfalls", &pitfalls, |_| "- ".to_owned());
    let verification: Vec<_> = draft.verification.iter().map(String::as_str).collect();
    push_list(&mut out, "Verification", &verification, |_| "- ".to_owned());
    out
}

fn push_list(out: &mut String, title: &str, items: &[&str], marker: impl Fn(usize) -> String) {
    let items = items.iter().map(|item| item.trim()).filter(|item| !item.is_empty());
    for (idx, item) in items.enumerate() {
        if idx == 0 {
            out.push_str("\n## ");
            out.push_str(title);
            out.push_str("\n\n");
        }
        let marker = marker(idx);
        let indent = " ".repeat(marker.len());
        out.push_str(&marker);
        for (line_idx, line) in item.lines().enumerate() {
            if line_idx > 0 && !line.trim().is_empty() {
                out.push_str(&indent);
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
}

/// Drops "Step 3:", "3." and the like from the head of a step.
fn without_step_number(step: &str) -> &str {
    let step = step.trim_start();
    let has_word = step.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("step"));
    let rest = if has_word { step.get(4..).unwrap_or_default().trim_start() } else { step };
    let n_digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if n_digits == 0 || n_digits > 3 {
        return step;
    }
    let behind = rest.get(n_digits..).unwrap_or_default();
    let separators: &[char] =
        if has_word { &[':', '.', ')', '-', '–', '—'] } else { &['.', ')'] };
    match behind.trim_start().strip_prefix(separators) {
        Some(words) if words.starts_with(char::is_whitespace) && !words.trim().is_empty() => {
            words.trim_start()
        }
        _ => step,
    }
}

/// The description with a sentence that says when, if it has none.
fn full_description(draft: &SkillDraft) -> String {
    let description = draft.description.trim();
    let when = one_line(&draft.when_to_use);
    if when.is_empty() || says_when(description) {
        return description.to_owned();
    }
    let when = when.trim_end_matches('.');
    let mut out = description.to_owned();
    if !out.is_empty() {
        if !out.ends_with(['.', '!', '?']) {
            out.push('.');
        }
        out.push(' ');
    }
    if says_when(when) {
        out.push_str(when);
    } else {
        out.push_str("Use when ");
        let condition = when.strip_prefix("When ").or(when.strip_prefix("when ")).unwrap_or(when);
        out.push_str(&lower_first(condition));
    }
    out.push('.');
    out
}

fn says_when(text: &str) -> bool {
    let text = text.to_lowercase();
    ["use when", "use this when", "use this skill when", "use whenever", "use for", "use it when"]
        .iter()
        .any(|phrase| text.contains(phrase))
}

/// Makes the first letter small, unless the word is an acronym or a name in capitals.
fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    match (characters.next(), characters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() && first != 'I' => {
            first.to_lowercase().chain(characters).collect()
        }
        _ => text.to_owned(),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns a YAML scalar for any text: plain where every parser reads it back as that text.
pub fn yaml_value(text: &str) -> String {
    let starts_well = text.starts_with(|it: char| it.is_alphabetic());
    let is_plain = starts_well
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with([':', ' '])
        && !text.contains(|it: char| {
            it.is_control() || matches!(it, '\u{2028}' | '\u{2029}' | '\u{feff}')
        })
        && reads_back(text);
    if is_plain { text.to_owned() } else { quoted_yaml(text) }
}

/// Asks the parser, and refuses words that some YAML versions take for something else.
fn reads_back(text: &str) -> bool {
    const WORDS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    if WORDS.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return false;
    }
    let document = SkillDocument::parse(format!("---\nkey: {text}\n---\n"));
    let Some(frontmatter) = &document.frontmatter else { return false };
    let value = frontmatter.field("key").map(|value| &value.kind);
    frontmatter.error.is_none()
        && matches!(value, Some(NodeKind::Scalar { text: read, .. }) if read == text)
}

/// Returns a double-quoted YAML scalar for any text.
pub fn quoted_yaml(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => out.push_str(&escape(character)),
            _ if character.is_control() => out.push_str(&escape(character)),
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}

fn escape(character: char) -> String {
    format!("\\u{:04X}", u32::from(character))
}

#[cfg(test)]
mod tests;

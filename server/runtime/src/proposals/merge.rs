//! Bringing a proposed text into one that is there. What a person wrote by hand stays.

mod blocks;
mod sections;

use similar::{MergeResolution, TextMerge};
use skill::{NodeKind, SkillDocument, Span, TextEdit, apply_edits, yaml_value};

use self::sections::{with_additions, with_new_sections};

/// A text that something was brought into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Merged {
    /// The text.
    pub(super) text: String,
    /// What was proposed where a person had written something else by hand, which stayed.
    pub(super) left_out: Vec<String>,
}

/// Merges line by line: what either side changed of `base` is taken, and where both did, what a
/// person wrote (`ours`).
pub(super) fn merge_lines(base: &str, ours: &str, proposed: &str) -> Merged {
    let merge = TextMerge::from_lines(base, ours, proposed);
    let mut text = String::with_capacity(ours.len().max(proposed.len()));
    let mut left_out = Vec::new();
    for region in merge.regions() {
        let own: String = region.ours_range().filter_map(|it| merge.ours_line(it)).collect();
        let new: String = region.theirs_range().filter_map(|it| merge.theirs_line(it)).collect();
        match region.resolution() {
            MergeResolution::Theirs => text.push_str(&new),
            MergeResolution::Conflict => {
                let old = region.base_range().filter_map(|it| merge.base_line(it));
                match with_both(&old.collect::<String>(), &own, &new) {
                    Some(both) => text.push_str(&both),
                    None => {
                        text.push_str(&own);
                        left_out.extend(Some(new).filter(|new| !new.trim().is_empty()));
                    }
                }
            }
            _ => text.push_str(&own),
        }
    }
    Merged { text, left_out }
}

/// Where one side only added lines in front of or behind those that the other one changed, nobody
/// disagrees.
fn with_both(old: &str, own: &str, new: &str) -> Option<String> {
    let behind = own.strip_prefix(old).map(|added| format!("{new}{added}"));
    let before = || own.strip_suffix(old).map(|added| format!("{added}{new}"));
    let new_behind = || new.strip_prefix(old).map(|added| format!("{own}{added}"));
    let new_before = || new.strip_suffix(old).map(|added| format!("{added}{own}"));
    if old.is_empty() {
        return new_behind();
    }
    behind.or_else(before).or_else(new_behind).or_else(new_before)
}

/// Brings a proposed skill into one that is there. `base` is the text that the one that is there
/// began as, if a person accepted it from a proposal: what nobody changed by hand since gives way
/// to what is proposed. Without it, all of the skill that is there was written by hand, and what is
/// proposed is only added. Name, title, metadata and the regions of notes stay.
pub(super) fn merge_skill(base: Option<&str>, ours: &str, proposed: &str) -> Merged {
    let parts = Parts::of(ours);
    let new = Parts::of(proposed);
    let (body, left_out) = match base.map(Parts::of) {
        Some(base) => {
            let proposed = format!("{}{}", title_of(base.body), without_title(new.body));
            let merged = merge_lines(base.body, parts.body, &proposed);
            // A section that begins where both sides changed something is none of what they
            // disagree about.
            let left_out = merged.left_out.iter().map(|text| before_heading(text).to_owned());
            let left_out = left_out.filter(|text| !text.trim().is_empty()).collect();
            (with_new_sections(base.body, &merged.text, &proposed), left_out)
        }
        None => (with_additions(parts.body, new.body), Vec::new()),
    };
    let mut edits = vec![TextEdit::replace(parts.body_span, body)];
    edits.extend(base.and_then(|base| description_edit(base, ours, proposed)));
    let text = apply_edits(ours, &edits).unwrap_or_else(|_| ours.to_owned());
    Merged { text, left_out }
}

/// The part of a skill's body that a proposal may change: all in front of the regions that are
/// written by rules of their own.
struct Parts<'a> {
    body: &'a str,
    body_span: Span,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Self {
        let document = SkillDocument::parse(text);
        let body = document.body.span;
        let mut comments = document.body.html_comments.iter();
        let region = comments.find(|span| {
            let comment = span.of(text);
            comment.contains("APPENDIX_START") || comment.contains("SLOW_UPDATE_START")
        });
        let body_span = Span::new(body.start, region.map_or(body.end, |region| region.start));
        Self { body: body_span.of(text), body_span }
    }
}

fn before_heading(text: &str) -> &str {
    text.find("\n## ").and_then(|end| text.get(..=end)).unwrap_or(text)
}

/// The heading of the first level, with all in front of it and the blank lines behind it.
fn title_of(body: &str) -> &str {
    body.get(..body.len() - without_title(body).len()).unwrap_or_default()
}

fn without_title(body: &str) -> &str {
    let lead = body.len() - body.trim_start().len();
    let Some(heading) = body.get(lead..).filter(|rest| rest.starts_with("# ")) else {
        return body;
    };
    let behind = heading.find('\n').and_then(|end| heading.get(end..)).unwrap_or_default();
    behind.trim_start_matches(['\n', '\r'])
}

/// A description that nobody changed by hand gives way to the proposed one.
fn description_edit(base: &str, ours: &str, proposed: &str) -> Option<TextEdit> {
    let (base, ours) = (SkillDocument::parse(base), SkillDocument::parse(ours));
    let proposed = SkillDocument::parse(proposed);
    let new = proposed.description()?;
    let old = ours.description()?;
    let field = ours.field("description")?;
    let is_scalar = matches!(field.kind, NodeKind::Scalar { .. });
    (is_scalar && base.description() == Some(old) && old != new)
        .then(|| TextEdit::replace(field.span, yaml_value(new)))
}

#[cfg(test)]
#[expect(clippy::needless_raw_string_hashes, reason = "the snapshots are written by a tool")]
mod tests;

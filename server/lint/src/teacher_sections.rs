//! The sections that a teacher's skill has.

use skill::{Heading, SkillDocument, Span};

/// A section that readers look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SectionKind {
    /// When to use the skill.
    WhenToUse,
    /// The steps.
    Procedure,
    /// What goes wrong. May be left out.
    Pitfalls,
    /// How to see that it worked.
    Verification,
}

/// Every kind, in the order in which they stand.
pub(crate) const SECTION_KINDS: [SectionKind; 4] = [
    SectionKind::WhenToUse,
    SectionKind::Procedure,
    SectionKind::Pitfalls,
    SectionKind::Verification,
];

impl SectionKind {
    /// Returns the heading that a new section gets.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::WhenToUse => "When to Use",
            Self::Procedure => "Procedure",
            Self::Pitfalls => "Pitfalls",
            Self::Verification => "Verification",
        }
    }

    /// Tells whether a heading is this section's, by the words that people use for it.
    fn is_named_by(self, heading: &str) -> bool {
        let words: &[&str] = match self {
            Self::WhenToUse => &["when to use", "when to", "use when", "usage", "trigger"],
            Self::Procedure => &["procedure", "steps", "workflow", "instructions", "process"],
            Self::Pitfalls => &["pitfall", "common mistakes"],
            Self::Verification => &["verif", "validat", "how to check", "success"],
        };
        let heading = heading.to_lowercase();
        words.iter().any(|word| heading.contains(word))
    }
}

/// Returns the section of this kind: its heading, and what stands below it.
pub(crate) fn section(document: &SkillDocument, kind: SectionKind) -> Option<(&Heading, Span)> {
    let headings = &document.body.headings;
    let at = headings.iter().position(|it| it.level > 1 && kind.is_named_by(&it.text))?;
    let heading = headings.get(at)?;
    let next = headings.iter().skip(at + 1).find(|it| it.level <= heading.level);
    let end = next.map_or(document.body.span.end, |it| it.span.start);
    Some((heading, Span::new(heading.span.end, end)))
}

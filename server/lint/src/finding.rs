//! What a rule found, ready to be shown.

use std::fmt;

use skill::{Span, TextEdit};

use crate::Rule;

/// How bad a finding is. Ordered: an error is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// A matter of taste.
    Hint,
    /// Worth knowing.
    Info,
    /// Works, but not well or not everywhere.
    Warning,
    /// Clients refuse or misread the skill.
    Error,
}

impl Severity {
    /// Returns the severity's name in settings and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hint => "hint",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One finding in one file.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule that was broken.
    pub rule: &'static Rule,
    /// The rule's severity under the settings.
    pub severity: Severity,
    /// One or two sentences without a final full stop.
    pub message: String,
    /// Exactly the offending text; empty where something is missing.
    pub span: Span,
    /// Other places of the same and places that explain it, each with a clause.
    pub related: Vec<(Span, String)>,
    /// Ways to put it right, the best one first.
    pub fixes: Vec<Fix>,
}

impl Finding {
    /// Returns the first fix that may be applied without a look.
    pub fn safe_fix(&self) -> Option<&Fix> {
        self.fixes.iter().find(|fix| fix.safety == Safety::Safe)
    }
}

/// A change that clears a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// An imperative: "Rename to `count-rows`".
    pub title: String,
    /// The edits; they do not overlap.
    pub edits: Vec<TextEdit>,
    /// Whether it may be applied without a look.
    pub safety: Safety,
}

/// Whether a fix keeps the meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Safety {
    /// It does; part of fix-all.
    Safe,
    /// Somebody has to look at it.
    Unsafe,
}

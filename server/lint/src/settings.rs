//! What a user may change about the rules.

use std::collections::BTreeMap;

use crate::{Rule, Severity};

/// The level that a rule is set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The rule does not run.
    Off,
    /// Its findings are hints.
    Hint,
    /// Its findings are informational.
    Info,
    /// Its findings are warnings.
    Warning,
    /// Its findings are errors.
    Error,
}

impl Level {
    /// Returns the severity of findings at this level; `None` for a rule that is off.
    pub const fn severity(self) -> Option<Severity> {
        match self {
            Self::Off => None,
            Self::Hint => Some(Severity::Hint),
            Self::Info => Some(Severity::Info),
            Self::Warning => Some(Severity::Warning),
            Self::Error => Some(Severity::Error),
        }
    }

    /// Returns the level's name in settings.
    pub const fn as_str(self) -> &'static str {
        match self.severity() {
            None => "off",
            Some(severity) => severity.as_str(),
        }
    }
}

/// How many execution notes are not too many, unless somebody sets another number.
const MAXIMUM_NOTES: usize = 12;

/// Settings of one check. The default runs every rule at its own level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Levels by rule code, for the rules that do not keep their own.
    pub levels: BTreeMap<String, Level>,
    /// The tool that wraps a raw launcher, by the words that start it: `vllm serve`.
    pub launchers: BTreeMap<String, String>,
    /// Names of tools that exist besides those of known clients.
    pub known_tools: Vec<String>,
    /// How many execution notes are not too many; `None` if any number is fine.
    pub maximum_notes: Option<usize>,
    /// Whether the text waits for a person to accept it. Who wrote it is not trusted: nothing in
    /// it suppresses a finding.
    pub is_proposal: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            levels: BTreeMap::new(),
            launchers: BTreeMap::new(),
            known_tools: Vec::new(),
            maximum_notes: Some(MAXIMUM_NOTES),
            is_proposal: false,
        }
    }
}

impl Settings {
    /// Returns the settings for a skill that an agent proposes: what only makes a person's own
    /// skill suspicious must not come in unseen. A level that the user set stays.
    #[must_use]
    pub fn for_proposals(&self) -> Self {
        let mut settings = self.clone();
        settings.levels.entry("safety/injected-directive".to_owned()).or_insert(Level::Error);
        settings
    }

    /// Returns the level that `rule` runs at.
    pub fn level(&self, rule: &Rule) -> Level {
        self.levels.get(rule.code).copied().unwrap_or(rule.level)
    }
}

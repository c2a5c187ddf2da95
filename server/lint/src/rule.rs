//! What a rule is, and where the rules are found.

use skill::Span;

use crate::{Fix, Level, Severity, SkillFile, rules::ALL};

/// How alike a code has to be to be taken for what was meant, from 0 to 1.
const LIKENESS: f64 = 0.8;

/// How many codes are suggested for one that does not exist.
const SUGGESTIONS: usize = 3;

/// A rule: pure data and a function. Equal by identity.
#[derive(Debug)]
pub struct Rule {
    /// Its stable code, `family/offence`.
    pub code: &'static str,
    /// The level it runs at unless settings say otherwise.
    pub level: Level,
    /// One line for lists of rules, without a full stop.
    pub summary: &'static str,
    /// Its page for people, in Markdown.
    pub page: &'static str,
    /// Looks at one file.
    pub check: fn(&SkillFile<'_>) -> Vec<Problem>,
}

/// What a rule's function returns: a finding without what the settings decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// One or two sentences without a final full stop.
    pub message: String,
    /// Exactly the offending text.
    pub span: Span,
    /// Other places of the same, each with a clause about it. Where `span` is suppressed, the
    /// first of them that is not takes its part: the message has to be true of each.
    pub related: Vec<(Span, String)>,
    /// Places that explain the problem without being wrong themselves, each with a clause.
    pub remarks: Vec<(Span, String)>,
    /// Ways to put it right, the best one first. Edits at a place that is suppressed are left
    /// out, so what a fix does at one place must not need what it does at another.
    pub fixes: Vec<Fix>,
    /// A mild case stays at or below this, whatever the rule's level.
    pub severity_limit: Option<Severity>,
}

impl Problem {
    /// Returns a problem at one place, without a fix.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            message,
            span,
            related: Vec::new(),
            remarks: Vec::new(),
            fixes: Vec::new(),
            severity_limit: None,
        }
    }

    /// Returns the problem with one more way to put it right, if there is one.
    #[must_use]
    pub fn with_fix(mut self, fix: impl Into<Option<Fix>>) -> Self {
        self.fixes.extend(fix.into());
        self
    }

    /// Returns the problem with the other places of the same.
    #[must_use]
    pub fn with_related(mut self, places: impl IntoIterator<Item = (Span, String)>) -> Self {
        self.related.extend(places);
        self
    }

    /// Returns the problem with a place that explains it.
    #[must_use]
    pub fn with_remark(mut self, span: Span, clause: impl Into<String>) -> Self {
        self.remarks.push((span, clause.into()));
        self
    }

    /// Returns the problem as a mild case.
    #[must_use]
    pub fn at_most(self, severity: Severity) -> Self {
        Self { severity_limit: Some(severity), ..self }
    }
}

/// Returns all rules, sorted by code.
pub fn rules() -> &'static [&'static Rule] {
    ALL
}

/// Returns the rule with this code.
pub fn rule(code: &str) -> Option<&'static Rule> {
    rules().iter().copied().find(|rule| rule.code == code)
}

/// Returns the page of the rule with this code, in Markdown.
pub fn rule_page(code: &str) -> Option<&'static str> {
    rule(code).map(|rule| rule.page)
}

/// Returns the codes of rules that `wanted` was probably meant to be, best first, three at most.
pub fn similar_codes(wanted: &str) -> Vec<&'static str> {
    let wanted = wanted.trim().to_lowercase();
    let mut scored: Vec<(f64, &'static str)> = rules()
        .iter()
        .map(|rule| {
            let offence = rule.code.split('/').next_back().unwrap_or_default();
            let likeness = strsim::jaro_winkler(&wanted, rule.code);
            (likeness.max(strsim::jaro_winkler(&wanted, offence)), rule.code)
        })
        .filter(|(likeness, _)| *likeness >= LIKENESS)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.into_iter().take(SUGGESTIONS).map(|(_, code)| code).collect()
}

//! All rules over one file.

use crate::{Finding, Problem, SkillFile, rules};

/// Returns what the rules find in `file`, sorted by place and then by code.
///
/// Rules do not know of each other: one never hides what another says.
pub fn check(file: &SkillFile<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in rules() {
        let Some(severity) = file.settings.level(rule).severity() else { continue };
        let problems = (rule.check)(file).into_iter();
        findings.extend(problems.map(|problem| {
            let Problem { message, span, related, fixes, severity_limit } = problem;
            let severity = severity_limit.map_or(severity, |limit| severity.min(limit));
            Finding { rule, severity, message, span, related, fixes }
        }));
    }
    findings.sort_by_key(|finding| (finding.span, finding.rule.code));
    findings
}

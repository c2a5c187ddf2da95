//! All rules over one file.

use crate::{Finding, Problem, SkillFile, rules, suppression::Hiding};

/// Returns what the rules find in `file`, sorted by place and then by code.
///
/// Rules do not know of each other: one never hides what another says. What comments in the text
/// suppress is left out, unless the settings say that the text is a proposal.
pub fn check(file: &SkillFile<'_>) -> Vec<Finding> {
    let hiding = Hiding::of(file);
    let mut findings = Vec::new();
    for rule in rules() {
        let Some(severity) = file.settings.level(rule).severity() else { continue };
        let problems = (rule.check)(file).into_iter();
        let problems = problems.filter_map(|problem| hiding.what_is_left(rule.code, problem));
        findings.extend(problems.map(|problem| {
            let Problem { message, span, mut related, remarks, fixes, severity_limit } = problem;
            let severity = severity_limit.map_or(severity, |limit| severity.min(limit));
            related.extend(remarks);
            Finding { rule, severity, message, span, related, fixes }
        }));
    }
    findings.sort_by_key(|finding| (finding.span, finding.rule.code));
    findings
}

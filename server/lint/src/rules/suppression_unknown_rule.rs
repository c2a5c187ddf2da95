//! `suppression/unknown-rule`: a suppression of a rule that does not exist.

use skill::{Span, TextEdit};

use crate::{
    Fix, Level, Problem, Rule, Safety, SkillFile, rule, similar_codes,
    suppression::{Suppression, removal, suppressions},
};

pub(super) static RULE: Rule = Rule {
    code: "suppression/unknown-rule",
    level: Level::Hint,
    summary: "a suppression names a rule that does not exist, or none",
    page: include_str!("../../../preceptor/guide/rules/suppression/unknown-rule.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    suppressions(file)
        .iter()
        .filter(|it| it.directive.reason.is_some())
        .flat_map(|suppression| problems(file, suppression))
        .collect()
}

fn problems(file: &SkillFile<'_>, suppression: &Suppression) -> Vec<Problem> {
    let rules = &suppression.directive.rules;
    if rules.is_empty() {
        let message = "A suppression that names no rule hides nothing: write \
                       `preceptor-ignore family/rule: reason`";
        return vec![Problem::new(suppression.span, message)];
    }
    let unknown = rules.iter().enumerate().filter(|(_, span)| rule(span.of(file.text())).is_none());
    unknown.map(|(idx, &span)| problem(file, suppression, idx, span)).collect()
}

fn problem(file: &SkillFile<'_>, suppression: &Suppression, idx: usize, span: Span) -> Problem {
    let code = span.of(file.text());
    if code.contains('*') {
        let message = format!("`{code}` names no rule: name each rule that is to be silent here");
        return Problem::new(span, message);
    }
    let Some(&meant) = similar_codes(code).first() else {
        let message = format!("There is no rule `{code}`: `preceptor rules` lists them all");
        return Problem::new(span, message).with_fix(removal(file, suppression, idx));
    };
    let message = format!("There is no rule `{code}`: did you mean `{meant}`?");
    Problem::new(span, message).with_fix(Fix {
        title: format!("Write `{meant}`"),
        edits: vec![TextEdit::replace(span, meant)],
        safety: Safety::Safe,
    })
}

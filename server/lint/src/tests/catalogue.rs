//! The list of all rules that people read, made from the code.

use std::fmt::Write;

use expect_test::expect_file;

use crate::{
    Rule, Safety, rules,
    tests::{
        pages::{examples, surroundings},
        report::findings_among,
    },
};

/// Says which fixes the rule has for the examples on its page.
fn fixes(rule: &Rule) -> String {
    let examples = examples(rule, "Example");
    let around = surroundings(rule, "Example");
    let found = examples.iter().flat_map(|text| findings_among(text, &around));
    let fixes: Vec<_> =
        found.filter(|it| it.rule.code == rule.code).flat_map(|it| it.fixes).collect();
    let kinds = [(Safety::Safe, "safe"), (Safety::Unsafe, "unsafe")];
    let kinds = kinds.iter().filter(|(safety, _)| fixes.iter().any(|it| it.safety == *safety));
    let kinds: Vec<_> = kinds.map(|(_, name)| *name).collect();
    if kinds.is_empty() { "–".to_owned() } else { kinds.join(", ") }
}

#[test]
fn the_catalogue_lists_every_rule() {
    let mut out = "# Rules\n\n\
        Each rule is at its level until `preceptor.toml` sets another; `error` is kept for what \
        makes clients refuse or misread a skill.\n\
        A fix is *safe* if it keeps the meaning: only those are part of fixing everything at \
        once.\n\
        The rule's page says more, as does `preceptor explain family/rule`; how findings are \
        suppressed stands on the page of [`suppression/unused`](rules/suppression/unused.md).\n\n\
        | Rule | Level | What it finds | Fix |\n|---|---|---|---|\n"
        .to_owned();
    for rule in rules() {
        let Rule { code, level, summary, .. } = rule;
        let (level, fixes) = (level.as_str(), fixes(rule));
        let summary = summary.replace('|', "\\|");
        writeln!(out, "| [`{code}`](rules/{code}.md) | {level} | {summary} | {fixes} |").unwrap();
    }
    expect_file!["../../../preceptor/guide/rules.md"].assert_eq(&out);
}

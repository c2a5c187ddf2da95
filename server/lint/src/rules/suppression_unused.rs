//! `suppression/unused`: a suppression that hides nothing.

use std::collections::HashMap;

use skill::Span;

use crate::{
    Level, Problem, Rule, SkillFile, rule,
    suppression::{Scope, Suppression, removal, suppressions, whole_removal},
};

pub(super) static RULE: Rule = Rule {
    code: "suppression/unused",
    level: Level::Hint,
    summary: "a suppression hides nothing",
    page: include_str!("../../../preceptor/guide/rules/suppression/unused.md"),
    check,
};

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let mut found = Found { file, by_code: HashMap::new() };
    suppressions(file).iter().flat_map(|suppression| problems(&mut found, suppression)).collect()
}

fn problems(found: &mut Found<'_>, suppression: &Suppression) -> Vec<Problem> {
    let file = found.file;
    if suppression.directive.reason.is_none() {
        let message = "A suppression without a reason hides nothing: write the reason behind a \
                       colon, `preceptor-ignore family/rule: reason`";
        return vec![Problem::new(suppression.span, message)];
    }
    if file.settings.is_proposal {
        let message = "Nothing is suppressed in a proposal: this hides findings once the skill \
                       is accepted";
        return vec![Problem::new(suppression.span, message)];
    }
    let rules = &suppression.directive.rules;
    let unused: Vec<usize> = (0..rules.len())
        .filter(|&idx| {
            let code = rules.get(idx).map_or("", |span| span.of(file.text()));
            found.has_none(code, suppression.scope)
        })
        .collect();
    if !unused.is_empty() && unused.len() == rules.len() {
        let codes: Vec<_> =
            rules.iter().map(|span| format!("`{}`", span.of(file.text()))).collect();
        let message = format!(
            "{} finds nothing {}, so this suppression can go",
            codes.join(" or "),
            place(suppression.scope)
        );
        let fix = whole_removal(file, suppression);
        return vec![Problem::new(suppression.span, message).with_fix(fix)];
    }
    let problem = |idx: usize| {
        let span = *rules.get(idx)?;
        let message = format!(
            "`{}` finds nothing {}, so it need not be suppressed",
            span.of(file.text()),
            place(suppression.scope)
        );
        Some(Problem::new(span, message).with_fix(removal(file, suppression, idx)))
    };
    unused.into_iter().filter_map(problem).collect()
}

const fn place(scope: Scope) -> &'static str {
    match scope {
        Scope::File => "in this file",
        Scope::Region(_) => "in the lines that this is about",
        Scope::Nothing => "here, as nothing follows",
    }
}

/// Where the rules that are suppressed find something, worked out once for each.
struct Found<'a> {
    file: &'a SkillFile<'a>,
    by_code: HashMap<&'static str, Vec<usize>>,
}

impl Found<'_> {
    /// Tells whether the rule finds nothing there. A rule that is off, does not exist or was not
    /// shown what it needs might, and those about suppressions depend on the answer.
    fn has_none(&mut self, code: &str, scope: Scope) -> bool {
        let file = self.file;
        let Some(rule) = rule(code) else { return false };
        let is_about_suppressions = rule.code.starts_with("suppression/");
        let is_off = file.settings.level(rule) == Level::Off;
        if is_about_suppressions || is_off || !sees_enough(file, rule) {
            return false;
        }
        let places = self.by_code.entry(rule.code).or_insert_with(|| places(file, rule));
        match scope {
            Scope::File => places.is_empty(),
            Scope::Nothing => true,
            Scope::Region(Span { start, end }) => {
                let first = places.get(places.partition_point(|&place| place < start));
                first.is_none_or(|&place| place > end)
            }
        }
    }
}

/// Rules about what a check rarely sees all of: the other skills, where a hook looks at those of
/// one commit; the records of this machine; the bytes of a file, where an editor sends its text.
const BEYOND_THE_FOLDER: [&str; 5] = [
    "duplicate/near",
    "name/duplicate",
    "provenance/unreviewed",
    "references/unknown-skill",
    "text/encoding",
];

/// Rules that need the files of the skill's own folder.
const IN_THE_FOLDER: [&str; 5] = [
    "links/backslash",
    "links/broken",
    "links/outside-skill",
    "links/too-deep",
    "links/unmentioned-file",
];

/// Tells whether the rule would find here what there is to find.
fn sees_enough(file: &SkillFile<'_>, rule: &Rule) -> bool {
    if IN_THE_FOLDER.contains(&rule.code) {
        return file.neighborhood.is_some_and(|it| it.folder.is_some());
    }
    !BEYOND_THE_FOLDER.contains(&rule.code)
}

/// Returns where a rule finds something, in the order of the text.
fn places(file: &SkillFile<'_>, rule: &Rule) -> Vec<usize> {
    let mut places = Vec::new();
    for problem in (rule.check)(file) {
        places.push(problem.span.start);
        places.extend(problem.related.iter().map(|(span, _)| span.start));
    }
    places.sort_unstable();
    places
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::{BEYOND_THE_FOLDER, IN_THE_FOLDER};
    use crate::rules;

    /// A rule that looks around and is in neither list would have suppressions taken away that
    /// are needed.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test reads the sources of the rules")]
    fn every_rule_that_looks_around_is_known() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
        for rule in rules() {
            let name = rule.code.replace(['/', '-'], "_");
            let source = fs::read_to_string(folder.join(format!("{name}.rs"))).unwrap();
            let looks_around = source.contains("file.neighborhood") || source.contains("file.flaw");
            let is_known =
                BEYOND_THE_FOLDER.contains(&rule.code) || IN_THE_FOLDER.contains(&rule.code);
            // Of this one, only the fix depends on what is around.
            let is_other = matches!(rule.code, "suppression/unused" | "name/directory-mismatch");
            assert!(looks_around == is_known || is_other, "{}", rule.code);
        }
    }
}

//! How fast skills are linted: `cargo bench -p lint --bench check`.

#[path = "../../../tests/bench/suite/documents.rs"]
mod documents;
#[path = "check/findings.rs"]
mod findings;

use divan::{Bencher, counter::BytesCount};
use lint::{Safety, Settings, SkillFile, check, fix_all, rules};
use skill::SkillDocument;

const KIB: usize = 1024;

fn main() {
    divan::main();
}

/// All rules over a parsed document.
#[divan::bench(args = [10 * KIB, 100 * KIB, 1024 * KIB])]
fn all_rules(bencher: Bencher<'_, '_>, n_bytes: usize) {
    let document = SkillDocument::parse(documents::skill("check", n_bytes));
    let settings = Settings::default();
    let file = SkillFile::new(&document, &settings).in_directory(Some("check"));
    bencher.counter(BytesCount::new(n_bytes)).bench_local(|| check(&file));
}

/// Parsing and all rules, as a command over many files pays it.
#[divan::bench(args = [10 * KIB, 100 * KIB])]
fn parse_and_check(bencher: Bencher<'_, '_>, n_bytes: usize) {
    let text = documents::skill("check", n_bytes);
    let settings = Settings::default();
    bencher.counter(BytesCount::new(n_bytes)).bench_local(|| {
        let document = SkillDocument::parse(text.as_str());
        check(&SkillFile::new(&document, &settings).in_directory(Some("check")))
    });
}

/// A text that is nothing but findings of every kind: twice as long must take twice as long.
#[divan::bench(args = [256 * KIB, 512 * KIB, 1024 * KIB], sample_count = 10)]
fn nothing_but_findings(bencher: Bencher<'_, '_>, n_bytes: usize) {
    let document = SkillDocument::parse(findings::skill(n_bytes));
    let settings = Settings::default();
    let file = SkillFile::new(&document, &settings).in_directory(Some("check"));
    bencher.counter(BytesCount::new(n_bytes)).bench_local(|| check(&file));
}

/// One rule over the longest of them: the ratio to the shorter one tells the slow ones.
#[divan::bench(args = rules().iter().map(|rule| rule.code), sample_count = 5)]
fn one_rule_with_findings(bencher: Bencher<'_, '_>, code: &str) {
    let document = SkillDocument::parse(findings::skill(1024 * KIB));
    let settings = Settings::default();
    let file = SkillFile::new(&document, &settings).in_directory(Some("check"));
    let Some(rule) = lint::rule(code) else { return };
    bencher.counter(BytesCount::new(1024 * KIB)).bench_local(|| (rule.check)(&file));
}

/// The safe fixes of all of them.
#[divan::bench(args = [512 * KIB, 1024 * KIB], sample_count = 10)]
fn fix_everything(bencher: Bencher<'_, '_>, n_bytes: usize) {
    let text = findings::skill(n_bytes);
    let document = SkillDocument::parse(text.as_str());
    let settings = Settings::default();
    let found = check(&SkillFile::new(&document, &settings).in_directory(Some("check")));
    bencher.bench_local(|| fix_all(&text, &found, Safety::Safe));
}

/// One rule over a parsed document, so that a slow one stands out.
#[divan::bench(args = rules().iter().map(|rule| rule.code))]
fn one_rule(bencher: Bencher<'_, '_>, code: &str) {
    let document = SkillDocument::parse(documents::skill("check", 100 * KIB));
    let settings = Settings::default();
    let file = SkillFile::new(&document, &settings).in_directory(Some("check"));
    let Some(rule) = lint::rule(code) else { return };
    bencher.counter(BytesCount::new(100 * KIB)).bench_local(|| (rule.check)(&file));
}

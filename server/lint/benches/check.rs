//! How fast skills are linted: `cargo bench -p lint --bench check`.

#[path = "../../../tests/bench/suite/documents.rs"]
mod documents;

use divan::{Bencher, counter::BytesCount};
use lint::{Settings, SkillFile, check, rules};
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

/// One rule over a parsed document, so that a slow one stands out.
#[divan::bench(args = rules().iter().map(|rule| rule.code))]
fn one_rule(bencher: Bencher<'_, '_>, code: &str) {
    let document = SkillDocument::parse(documents::skill("check", 100 * KIB));
    let settings = Settings::default();
    let file = SkillFile::new(&document, &settings).in_directory(Some("check"));
    let Some(rule) = lint::rule(code) else { return };
    bencher.counter(BytesCount::new(100 * KIB)).bench_local(|| (rule.check)(&file));
}

//! How fast skills are parsed: `cargo bench -p skill --bench parse`.

#[path = "../../../tests/bench/suite/documents.rs"]
mod documents;

use std::sync::Arc;

use divan::{Bencher, counter::BytesCount};
use skill::{LineIndex, SkillDocument};

const KIB: usize = 1024;

fn main() {
    divan::main();
}

#[divan::bench(args = [10 * KIB, 100 * KIB, 1024 * KIB])]
fn skill_document(bencher: Bencher<'_, '_>, n_bytes: usize) {
    let text: Arc<str> = documents::skill("parse", n_bytes).into();
    bencher
        .counter(BytesCount::new(text.len()))
        .bench_local(|| SkillDocument::parse(Arc::clone(&text)));
}

#[divan::bench(args = [10 * KIB, 100 * KIB, 1024 * KIB])]
fn line_index(bencher: Bencher<'_, '_>, n_bytes: usize) {
    let text = documents::skill("parse", n_bytes);
    bencher.counter(BytesCount::new(text.len())).bench_local(|| LineIndex::new(&text));
}

//! All rules over whole skills: a rule's false alarm shows up as a difference.

use std::{fs, path::Path};

use expect_test::expect_file;

use crate::tests::report::report;

#[test]
#[expect(clippy::disallowed_methods, reason = "a test reads its fixtures")]
fn every_fixture_has_the_report_next_to_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/skills");
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    entries.retain(|path| path.is_dir());
    entries.sort();
    assert!(entries.len() >= 6);
    for skill in entries {
        let text = fs::read_to_string(skill.join("SKILL.md")).unwrap();
        let directory_name = skill.file_name().and_then(|name| name.to_str());
        expect_file![skill.join("report.txt")].assert_eq(&report(&text, directory_name));
    }
}

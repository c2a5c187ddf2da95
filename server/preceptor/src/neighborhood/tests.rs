//! What is found on a disk.

use std::{fs, path::Path};

use lint::Acceptance;

use super::{MAXIMUM_ENTRIES, SkillOnDisk, acceptance, find_skills, index_of, key, list_folder_of};

#[expect(clippy::disallowed_methods, reason = "a test makes its files")]
fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn a_folder_is_listed_without_what_tools_make() {
    let folder = tempfile::tempdir().unwrap();
    for path in ["SKILL.md", "scripts/a.py", ".git/x", "node_modules/x/y.js", ".env.example"] {
        write(folder.path(), path, "");
    }
    let listing = list_folder_of(&folder.path().join("SKILL.md")).unwrap();
    assert_eq!(listing.files().collect::<Vec<_>>(), [".env.example", "SKILL.md", "scripts/a.py"]);
    assert_eq!(listing.contains("node_modules/x/z.js"), None);
    assert_eq!(listing.contains(".git/x"), Some(false));
}

#[test]
fn a_folder_that_is_too_large_has_no_listing() {
    let folder = tempfile::tempdir().unwrap();
    for idx in 0..MAXIMUM_ENTRIES {
        write(folder.path(), &format!("{idx}"), "");
    }
    let skill = folder.path().join("SKILL.md");
    assert!(list_folder_of(&skill).is_some());
    write(folder.path(), "SKILL.md", "");
    assert!(list_folder_of(&skill).is_none());
    assert!(list_folder_of(&folder.path().join("gone/SKILL.md")).is_none());
}

#[cfg(unix)]
#[test]
fn a_linked_skill_is_the_one_that_it_leads_to() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), ".agents/skills/a/SKILL.md", "---\nname: a\n---\n");
    write(folder.path(), ".claude/x", "");
    let link = folder.path().join(".claude/skills");
    std::os::unix::fs::symlink(folder.path().join(".agents/skills"), &link).unwrap();
    let (real, linked) = (folder.path().join(".agents/skills/a/SKILL.md"), link.join("a/SKILL.md"));
    let paths = [real.as_path(), &linked, &link.join("gone/SKILL.md")];
    let index = index_of(paths.into_iter().filter_map(SkillOnDisk::load));
    assert_eq!(index.paths().count(), 1);
    let neighborhood = index.neighborhood(&key(&linked).unwrap()).unwrap();
    assert!(neighborhood.namesakes.is_empty());
    assert!(neighborhood.folder.unwrap().has_file("SKILL.md"));
}

#[test]
fn skills_are_found_in_hidden_folders_and_not_where_they_are_ignored() {
    let folder = tempfile::tempdir().unwrap();
    for path in [".claude/skills/a/SKILL.md", "b/SKILL.md", "out/c/SKILL.md", "b/skill.md"] {
        write(folder.path(), path, "");
    }
    for path in [".preceptor/proposals/p/SKILL.md", "node_modules/d/SKILL.md"] {
        write(folder.path(), path, "");
    }
    write(folder.path(), ".gitignore", "out/\n");
    let mut found = Vec::new();
    find_skills(folder.path(), |path| {
        found.push(path.strip_prefix(folder.path()).unwrap().to_path_buf());
        true
    });
    found.sort();
    assert_eq!(found, [".claude/skills/a/SKILL.md", "b/SKILL.md"].map(Path::new));
}

#[test]
fn without_any_record_nothing_is_said_of_acceptance() {
    let state = tempfile::tempdir().unwrap();
    let path = Path::new("/w/a/SKILL.md");
    assert_eq!(acceptance(state.path(), path), Acceptance::Unknown);
    let records = runtime::acceptance::AcceptedSkills::new(state.path());
    records.keep(path, "a", "text", "p", "now".to_owned()).unwrap();
    assert_eq!(acceptance(state.path(), path), Acceptance::Recorded);
    assert_eq!(acceptance(state.path(), Path::new("/w/b/SKILL.md")), Acceptance::Missing);
}

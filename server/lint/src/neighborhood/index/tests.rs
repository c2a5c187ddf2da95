//! What one change touches, and what a skill is told of the others.

use std::{fmt::Write, sync::Arc};

use skill::SkillDocument;

use crate::{BundledFile, FolderListing, SkillDigest, SkillIndex};

fn update(index: &mut SkillIndex, path: &str, text: &str) -> Vec<String> {
    let document = SkillDocument::parse(text);
    let touched = index.update(path, SkillDigest::new(path, &document));
    touched.iter().map(ToString::to_string).collect()
}

fn named(name: &str, body: &str) -> String {
    format!("---\nname: {name}\n---\n{body}\n")
}

fn words(range: std::ops::Range<u32>) -> String {
    let mut text = String::new();
    range.for_each(|word| write!(text, "word{word} ").unwrap());
    text
}

const A: &str = "/w/.claude/skills/a/SKILL.md";
const B: &str = "/w/.claude/skills/b/SKILL.md";
const C: &str = "/w/.claude/skills/c/SKILL.md";

fn namesakes(index: &SkillIndex, path: &str) -> Vec<String> {
    let neighborhood = index.neighborhood(path).unwrap();
    neighborhood.namesakes.iter().map(ToString::to_string).collect()
}

#[test]
fn a_text_that_is_known_touches_nobody() {
    let mut index = SkillIndex::default();
    assert_eq!(update(&mut index, A, "one"), [A]);
    assert!(update(&mut index, A, "one").is_empty());
    assert_eq!(update(&mut index, A, "two"), [A]);
    assert!(index.remove(B).is_empty());
}

#[test]
fn a_name_that_comes_or_goes_touches_its_bearers() {
    let mut index = SkillIndex::default();
    update(&mut index, A, &named("same", "one"));
    update(&mut index, C, &named("other", "one"));
    assert_eq!(update(&mut index, B, &named("same", "two")), [A, B]);
    assert_eq!(namesakes(&index, A), [B]);
    assert_eq!(update(&mut index, B, &named("new", "two")), [A, B]);
    assert!(namesakes(&index, A).is_empty());
    update(&mut index, B, &named("same", "two"));
    assert_eq!(index.remove(B).iter().map(|it| &**it).collect::<Vec<_>>(), [A]);
    assert!(namesakes(&index, A).is_empty());
}

#[test]
fn a_name_that_comes_or_goes_touches_the_folder_that_is_called_so() {
    let mut index = SkillIndex::default();
    let is_taken = |index: &SkillIndex| index.neighborhood(A).unwrap().is_folder_name_taken;
    update(&mut index, A, &named("other", "one"));
    assert!(!is_taken(&index));
    assert_eq!(update(&mut index, B, &named("a", "two")), [A, B]);
    assert!(is_taken(&index));
    assert_eq!(update(&mut index, B, &named("b", "two")), [A, B]);
    assert!(!is_taken(&index));
    update(&mut index, B, &named("a", "two"));
    assert_eq!(index.remove(B).iter().map(|it| &**it).collect::<Vec<_>>(), [A]);
    assert!(!is_taken(&index));
}

#[test]
fn mirrors_plugins_and_inner_skills_are_no_namesakes() {
    let mut index = SkillIndex::default();
    let text = named("same", "one");
    update(&mut index, A, &text);
    for path in ["/w/.agents/skills/a/SKILL.md", "/w/.claude/skills/x/a/SKILL.md"] {
        update(&mut index, path, &text);
        assert!(namesakes(&index, A).is_empty(), "{path} is a copy");
    }
    let changed = named("same", "two");
    update(&mut index, "/w/p/skills/a/SKILL.md", &changed);
    update(&mut index, "/w/.claude/skills/a/inner/SKILL.md", &changed);
    assert!(namesakes(&index, A).is_empty());
    assert!(namesakes(&index, "/w/.claude/skills/a/inner/SKILL.md").is_empty());
    update(&mut index, "/w/.gemini/skills/a/SKILL.md", &changed);
    assert!(namesakes(&index, A).is_empty(), "no client reads both");
    update(&mut index, "/w/.github/skills/a/SKILL.md", &changed);
    assert_eq!(namesakes(&index, A), ["/w/.github/skills/a/SKILL.md"]);
}

#[test]
fn a_similar_skill_is_told_of_once() {
    let mut index = SkillIndex::default();
    update(&mut index, A, &named("first-one", &words(0..200)));
    update(&mut index, C, &named("third-one", &words(5000..5200)));
    assert_eq!(update(&mut index, B, &named("second-one", &words(20..220))), [A, B]);
    let similar = index.neighborhood(A).unwrap().similar;
    assert_eq!((similar.len(), &*similar[0].name), (1, "second-one"));
    assert!(!similar[0].is_nearly_equal);
    // A little more alike is nothing new for the other one.
    assert_eq!(update(&mut index, B, &named("second-one", &words(18..218))), [B]);
    assert_eq!(update(&mut index, B, &named("second-one", &words(1..201))), [A, B]);
    assert!(index.neighborhood(A).unwrap().similar[0].is_nearly_equal);
    assert_eq!(update(&mut index, B, &named("second-one", "short")), [A, B]);
    assert!(index.neighborhood(A).unwrap().similar.is_empty());
}

#[test]
fn a_name_that_comes_or_goes_touches_who_means_it() {
    let mut index = SkillIndex::default();
    update(&mut index, A, &named("first-one", "Run /count-rowss and /sum-cells."));
    assert!(index.neighborhood(A).unwrap().misspelled_skills.is_empty());
    assert_eq!(update(&mut index, B, &named("count-rows", "")), [A, B]);
    let misspelled = index.neighborhood(A).unwrap().misspelled_skills;
    assert_eq!(
        misspelled.into_iter().collect::<Vec<_>>(),
        [("count-rowss".into(), "count-rows".into())]
    );
    assert_eq!(update(&mut index, C, &named("count-rowss", "")), [A, C], "now it is right");
    assert!(index.neighborhood(A).unwrap().misspelled_skills.is_empty());
    index.remove(C);
    assert_eq!(index.remove(B).iter().map(|it| &**it).collect::<Vec<_>>(), [A]);
}

#[test]
fn a_folder_touches_its_skill_and_the_skills_in_it() {
    let mut index = SkillIndex::default();
    let inner = "/w/.claude/skills/a/more/inner/SKILL.md";
    update(&mut index, A, "one");
    update(&mut index, inner, "two");
    update(&mut index, B, "three");
    let file = BundledFile { path: "x.md".to_owned(), text: None };
    let folder = Some(Arc::new(FolderListing::new([file], [])));
    let touched = index.set_folder(A, folder.clone());
    assert_eq!(touched.iter().map(|it| &**it).collect::<Vec<_>>(), [A, inner]);
    assert!(index.set_folder(A, folder).is_empty());
    let enclosing = index.neighborhood(inner).unwrap().enclosing.unwrap();
    assert_eq!(enclosing.prefix, "more/inner/");
    assert!(enclosing.folder.unwrap().has_file("x.md"));
    assert!(index.neighborhood(B).unwrap().enclosing.is_none());
}

#[test]
fn one_edit_among_many_skills_looks_at_few() {
    let mut index = SkillIndex::default();
    for idx in 0..400 {
        // All share some words, as the skills of one author do.
        let body = format!("{} {}", words(0..40), words(1000 + idx * 200..1160 + idx * 200));
        let path = format!("/w/skills/s{idx}/SKILL.md");
        update(&mut index, &path, &named(&format!("skill-{idx}"), &body));
    }
    let body = format!("{} {}", words(0..40), words(9_000_000..9_000_160));
    let touched = update(&mut index, "/w/skills/s7/SKILL.md", &named("skill-7", &body));
    assert_eq!(touched, ["/w/skills/s7/SKILL.md"]);
    let copy = format!("{body} and a few words more");
    let touched = update(&mut index, "/w/skills/s8/SKILL.md", &named("skill-8", &copy));
    assert_eq!(touched, ["/w/skills/s7/SKILL.md", "/w/skills/s8/SKILL.md"]);
}

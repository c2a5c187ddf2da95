//! The documentation of fields.

use std::collections::BTreeSet;

use expect_test::{Expect, expect};
use skill::Frontmatter;

use crate::{Field, Place, Readers, field, field_at, fields};

/// Compares key and field at the mark `$0`.
#[track_caller]
fn check_at(marked: &str, expected: Option<(&str, Place)>) {
    let offset = marked.find("$0").unwrap();
    let text = marked.replace("$0", "");
    let frontmatter = Frontmatter::parse(&text).unwrap();
    let found = field_at(&frontmatter, offset);
    let found = found.map(|(entry, field)| (entry.key_span.of(&text), field.place));
    assert_eq!(found, expected, "{marked}");
}

#[track_caller]
fn check_page(place: Place, name: &str, expected: &Expect) {
    expected.assert_eq(&field(place, name).unwrap().page());
}

#[test]
fn a_field_is_found_from_its_key_to_the_end_of_its_value() {
    let name = Some(("name", Place::Top));
    check_at("---\n$0name: count-rows\n---\n", name);
    check_at("---\nname$0: count-rows\n---\n", name);
    check_at("---\r\nname: count-rows$0\r\n---\r\n", name);
    check_at("---\n\"name\"$0: größe\n---\n", Some(("\"name\"", Place::Top)));
    check_at("---\nname:$0\n---\n", name);
    check_at("---\ndescription: >\n  a\n  b$0\n---\n", Some(("description", Place::Top)));
}

#[test]
fn fields_within_metadata_come_before_it() {
    let metadata = Some(("metadata", Place::Top));
    check_at("---\nmetadata:\n  source: \"x$0\"\n---\n", Some(("source", Place::Metadata)));
    check_at("---\nmetadata:\n  author: \"x$0\"\n---\n", metadata);
    check_at(
        "---\nmetadata:\n  openclaw:\n    emoji: x$0\n---\n",
        Some(("openclaw", Place::Metadata)),
    );
    check_at("---\nmetadata:$0\n  author: \"x\"\n---\n", metadata);
}

#[test]
fn unknown_fields_comments_and_fences_have_no_documentation() {
    check_at("---\nauthor: x$0\n---\n", None);
    check_at("---\n# name: x$0\nname: y\n---\n", None);
    check_at("---$0\nname: y\n---\n", None);
}

#[test]
fn a_field_around_broken_yaml_is_still_found() {
    check_at("---\nname$0: x\ndescription: a: b\n---\n", Some(("name", Place::Top)));
}

#[test]
fn every_row_says_what_it_means_and_where_it_comes_from() {
    let mut keys = BTreeSet::new();
    for it in fields() {
        let Field { name, place, meaning, value, readers, is_map: _ } = it;
        assert!(keys.insert((name, *place == Place::Metadata)), "{name} twice");
        assert!(meaning.ends_with('.') && value.ends_with('.'), "{name}");
        assert!(!it.sources().is_empty(), "{name}");
        if let Readers::Only(clients) = readers {
            let names: Vec<_> = clients.iter().map(|client| client.name()).collect();
            assert!(names.is_sorted(), "{name}: {names:?}");
        }
    }
    let required: Vec<_> =
        fields().iter().filter(|it| it.is_required()).map(|it| it.name).collect();
    assert_eq!(required, ["name", "description"]);
}

#[test]
fn pages_say_limits_rank_and_readers() {
    check_page(
        Place::Top,
        "name",
        &expect![[r#"
        **`name`** (required)

        What the skill is called: people type it as a command, and it is the name of the skill's folder.

        - Value: 1 to 64 characters: lower-case letters, digits and single hyphens, with no hyphen at either end; the same as the folder's name. Letters beyond a to z are accepted by some clients only.
        - Read by: every client
        - Source: the Agent Skills format, as of August 2026
    "#]],
    );
    check_page(
        Place::Top,
        "disable-model-invocation",
        &expect![[r#"
            **`disable-model-invocation`** (optional)

            Keeps the agent from choosing the skill by itself: only a person starts it.

            - Value: `true` or `false`, the default.
            - Read by: Claude Code, Cursor, Grok, OpenCode, Pi and VS Code (Copilot); other clients pass over it
            - Source: the documentation of Claude Code; the documentation of Cursor; the documentation of Grok; the documentation of OpenCode; the documentation of Pi; the documentation of VS Code
        "#]],
    );
    check_page(
        Place::Metadata,
        "source",
        &expect![[r#"
        **`metadata.source`** (optional)

        Where the skill comes from. Written by the server, never by a model.

        - Value: A word, such as `teacher-escalation`.
        - Read by: Odysseus and Preceptor; other clients pass over it
        - Source: the skills of Odysseus; Preceptor, which writes it
    "#]],
    );
}

//! Which skill folders one client loads together.
//!
//! A table of its own, so that a client's change is one row. Source: the clients' documentation
//! as of August 2026.

/// The folders of a project that one client reads.
const CLIENTS: &[&[&str]] = &[
    &[".claude"],
    &[".github", ".agents", ".claude"],
    &[".agents", ".codex"],
    &[".opencode", ".claude", ".agents"],
    &[".gemini", ".agents"],
    &[".cursor", ".agents"],
];

/// A folder that clients look for skills in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ClientRoot {
    /// The project, or the home, that it is in.
    base: Box<str>,
    /// The folder's name in front of `/skills`; empty for a `skills` folder of a repository.
    client_folder: Box<str>,
}

impl ClientRoot {
    /// Finds the root that a `SKILL.md` at this path is below; the innermost one.
    pub(super) fn of(path: &str) -> Option<Self> {
        let (before, _) = path.rsplit_once("/skills/")?;
        let (base, last) = before.rsplit_once('/').unwrap_or(("", before));
        Some(if last.starts_with('.') && !last.starts_with("..") {
            Self { base: base.into(), client_folder: last.into() }
        } else {
            Self { base: before.into(), client_folder: "".into() }
        })
    }

    /// Tells whether one client loads the skills of both.
    pub(super) fn is_loaded_with(&self, other: &Self) -> bool {
        self == other
            || self.base == other.base
                && CLIENTS.iter().any(|folders| {
                    [self, other].iter().all(|it| folders.contains(&&*it.client_folder))
                })
    }
}

/// Tells whether who reads the text at `path` has the skill at `skill` beside it: in the same folder
/// of skills or plugin, or in a project that the text is in. Both are paths of the index's form.
pub fn are_loaded_together(skill: &str, path: &str) -> bool {
    match (ClientRoot::of(skill), ClientRoot::of(path)) {
        (Some(skill), Some(text)) => skill.is_loaded_with(&text),
        (Some(skill), None) => is_below(path, &skill.base),
        (None, _) => {
            let folder = skill.rsplit_once('/').and_then(|(folder, _)| folder.rsplit_once('/'));
            folder.is_some_and(|(parent, _)| is_below(path, parent))
        }
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::{ClientRoot, are_loaded_together};

    #[track_caller]
    fn check(a: &str, b: &str, expected: bool) {
        let (a, b) = (ClientRoot::of(a).unwrap(), ClientRoot::of(b).unwrap());
        assert_eq!(a.is_loaded_with(&b), expected);
        assert_eq!(b.is_loaded_with(&a), expected);
    }

    #[test]
    fn one_client_loads_what_lies_in_its_folders_of_one_project() {
        check("/w/.claude/skills/a/SKILL.md", "/w/.claude/skills/more/a/SKILL.md", true);
        check("/w/.github/skills/a/SKILL.md", "/w/.claude/skills/a/SKILL.md", true);
        check("/w/.gemini/skills/a/SKILL.md", "/w/.claude/skills/a/SKILL.md", false);
        check("/w/x/.claude/skills/a/SKILL.md", "/w/.claude/skills/a/SKILL.md", false);
    }

    #[test]
    fn each_plugin_has_skills_of_its_own() {
        check("/w/plugins/p/skills/a/SKILL.md", "/w/plugins/q/skills/a/SKILL.md", false);
        check("/w/plugins/p/skills/a/SKILL.md", "/w/plugins/p/skills/x/a/SKILL.md", true);
        check("/w/skills/a/SKILL.md", "/w/.claude/skills/a/SKILL.md", false);
        assert!(ClientRoot::of("/w/docs/a/SKILL.md").is_none());
    }

    #[test]
    fn a_text_has_the_skills_of_its_own_project_beside_it() {
        let skill = "/w/.claude/skills/a/SKILL.md";
        for (path, expected) in [
            ("/w/CLAUDE.md", true),
            ("/w/.claude/skills/b/references/x.md", true),
            ("/w/x/.claude/skills/b/SKILL.md", false),
            ("/v/CLAUDE.md", false),
        ] {
            assert_eq!(are_loaded_together(skill, path), expected, "{path}");
        }
        assert!(are_loaded_together("/w/a/SKILL.md", "/w/b/SKILL.md"));
        assert!(!are_loaded_together("/v/a/SKILL.md", "/w/b/SKILL.md"));
    }
}

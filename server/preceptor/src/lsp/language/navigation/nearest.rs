//! Which of several skills of one name a text means.

use std::{cmp::Reverse, sync::Arc};

/// Whose skills a file of instructions speaks of, by its name: those in the first of these folders
/// that has one. What everybody reads is not in here.
const READERS: [(&str, &[&str]); 4] = [
    ("AGENTS.md", &[".agents"]),
    ("CLAUDE.md", &[".claude"]),
    ("CLAUDE.local.md", &[".claude"]),
    ("GEMINI.md", &[".gemini", ".agents"]),
];

/// Returns those of some skills that the text at `path` means: a skill that is there for two clients
/// speaks of its own neighbor, and instructions for a client speak of what that client loads. They
/// are several where nothing tells them apart. All are paths of the index's form.
pub(crate) fn nearest(skills: &[Arc<str>], path: &str) -> Vec<Arc<str>> {
    let file_name = path.rsplit('/').next().unwrap_or_default();
    let readers = READERS.iter().find(|(name, _)| *name == file_name);
    let folders = readers.map_or(&[][..], |(_, folders)| folders);
    let nearness = |skill: &str| {
        let parts = skill.split('/').zip(path.split('/'));
        let n_common = parts.take_while(|(a, b)| a == b).count();
        let rank = folders.iter().position(|folder| client_folder(skill) == Some(*folder));
        (n_common, Reverse(rank.unwrap_or(folders.len())))
    };
    let most = skills.iter().map(|it| nearness(it)).max();
    skills.iter().filter(|it| Some(nearness(it)) == most).cloned().collect()
}

/// Returns the folder in front of the `skills` that a skill is below: `.claude`.
fn client_folder(skill: &str) -> Option<&str> {
    skill.rsplit_once("/skills/")?.0.rsplit('/').next()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[track_caller]
    fn check(path: &str, expected: &[&str]) {
        let skills = [".agents", ".claude", ".gemini"];
        let skills = skills.map(|folder| format!("/w/{folder}/skills/count/SKILL.md").into());
        let found = nearest(&skills, path);
        let found: Vec<_> = found.iter().map(|it| it.split('/').nth(2).unwrap()).collect();
        assert_eq!(found, expected, "{path}");
    }

    #[test]
    fn a_skill_speaks_of_its_own_neighbor() {
        check("/w/.claude/skills/sum/SKILL.md", &[".claude"]);
        check("/w/.claude/commands/sum.md", &[".claude"]);
        check("/w/.gemini/skills/count/references/größe.md", &[".gemini"]);
    }

    #[test]
    fn instructions_speak_of_what_their_client_loads() {
        check("/w/CLAUDE.md", &[".claude"]);
        check("/w/CLAUDE.local.md", &[".claude"]);
        check("/w/AGENTS.md", &[".agents"]);
        check("/w/docs/GEMINI.md", &[".gemini"]);
        check("/w/README.md", &[".agents", ".claude", ".gemini"]);
    }

    #[test]
    fn without_the_first_folder_it_is_the_next_one() {
        let skills = ["/w/.claude/skills/a/SKILL.md".into(), "/w/.agents/skills/a/SKILL.md".into()];
        assert_eq!(nearest(&skills, "/w/GEMINI.md"), [skills[1].clone()]);
        assert_eq!(nearest(&skills[..1], "/w/AGENTS.md"), [skills[0].clone()]);
        assert!(nearest(&[], "/w/AGENTS.md").is_empty());
    }
}

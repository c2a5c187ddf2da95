//! Which clients look into which folders.

use crate::Client;

/// Folders that belong to clients, with those that have fields of their own. Folders that many
/// clients share, such as `.agents/skills`, are not here.
static FOLDERS: &[(&str, &[Client])] = &[
    (".claude", &[Client::ClaudeCode, Client::Copilot, Client::OpenCode]),
    (".cline", &[Client::Cline]),
    (".codex", &[]),
    (".copilot", &[Client::Copilot]),
    (".cursor", &[Client::Cursor]),
    (".factory", &[]),
    (".gemini", &[]),
    (".github", &[Client::Copilot]),
    (".goose", &[]),
    (".kiro", &[]),
    (".opencode", &[Client::OpenCode]),
    (".openhands", &[]),
    (".pi", &[Client::Pi]),
    (".qwen", &[]),
    (".roo", &[]),
    (".windsurf", &[Client::Windsurf]),
];

/// Returns the clients with fields of their own that look for skills where the file at `path` is;
/// `None` for a place that is no client's or everybody's.
pub fn clients_of(path: &str) -> Option<&'static [Client]> {
    let mut parts = path.rsplit(['/', '\\']).skip_while(|part| *part != "skills").skip(1);
    let folder = parts.next()?;
    FOLDERS.iter().find(|(name, _)| *name == folder).map(|(_, clients)| *clients)
}

#[cfg(test)]
mod tests {
    use super::{FOLDERS, clients_of};
    use crate::Client;

    #[test]
    fn a_client_is_known_by_its_folder() {
        for (path, expected) in [
            ("/x/.cursor/skills/a/SKILL.md", Some(&[Client::Cursor][..])),
            ("C:\\x\\.windsurf\\skills\\a\\SKILL.md", Some(&[Client::Windsurf])),
            (".codex/skills/a/SKILL.md", Some(&[])),
            ("x/.agents/skills/a/SKILL.md", None),
            ("x/.claude/plugins/y/skills/a/SKILL.md", None),
            ("skills/a/SKILL.md", None),
            (".cursor/SKILL.md", None),
            ("", None),
        ] {
            assert_eq!(clients_of(path), expected, "{path}");
        }
        assert!(FOLDERS.is_sorted());
    }
}

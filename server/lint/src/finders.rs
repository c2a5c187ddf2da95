//! Which clients find a skill where it lies.
//!
//! A table, so that a client's change is one row. Source: the clients' documentation as of August
//! 2026; the same folders count below a project and below a person's home.

/// The folder in front of `/skills`, and who looks there.
static FINDERS: &[(&str, &[&str])] = &[
    (".agents", &["VS Code (Copilot)", "Codex", "OpenCode", "Gemini CLI", "Cursor", "Preceptor"]),
    (".claude", &["Claude Code", "VS Code (Copilot)", "OpenCode", "Preceptor"]),
    (".cline", &["Cline"]),
    (".codex", &["Codex (old)"]),
    (".copilot", &["VS Code (Copilot)"]),
    (".cursor", &["Cursor"]),
    (".factory", &["Factory"]),
    (".gemini", &["Gemini CLI"]),
    (".github", &["VS Code (Copilot)", "Preceptor"]),
    (".goose", &["goose"]),
    (".kiro", &["Kiro"]),
    (".opencode", &["OpenCode"]),
    (".openhands", &["OpenHands"]),
    (".pi", &["Pi"]),
    (".qwen", &["Qwen Code"]),
    (".roo", &["Roo Code"]),
    (".windsurf", &["Windsurf"]),
];

/// Returns the names of the clients that find the `SKILL.md` at `path` by themselves; empty for a
/// place where none looks, such as a bare `skills` folder, which is for publishing.
pub fn finders(path: &str) -> &'static [&'static str] {
    let mut parts = path.rsplit(['/', '\\']).skip_while(|part| *part != "skills").skip(1);
    let found = parts.next().and_then(|folder| FINDERS.iter().find(|(name, _)| *name == folder));
    found.map_or(&[], |(_, clients)| clients)
}

#[cfg(test)]
mod tests {
    use super::{FINDERS, finders};

    #[test]
    fn a_place_tells_who_looks_there() {
        assert_eq!(finders("/home/u/.cursor/skills/a/SKILL.md"), ["Cursor"]);
        assert!(finders("C:\\x\\.agents\\skills\\a\\SKILL.md").contains(&"Codex"));
        assert!(finders("/x/skills/a/SKILL.md").is_empty());
        assert!(finders("/x/.cursor/a/SKILL.md").is_empty());
        assert!(FINDERS.is_sorted_by_key(|(folder, _)| folder));
    }
}

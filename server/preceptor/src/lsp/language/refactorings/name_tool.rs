//! A command in a step says which tool runs it.

use skill::{Span, TextEdit};

use crate::lsp::{documents::Snapshot, language::refactorings::Refactoring};

/// The tool that runs commands.
const TOOL: &str = "bash";

/// Programs that everybody calls in a shell and whose names are no words of other languages.
const PROGRAMS: [&str; 60] = [
    "apt-get",
    "aws",
    "awk",
    "az",
    "brew",
    "bun",
    "bundle",
    "cargo",
    "chmod",
    "chown",
    "cmake",
    "conda",
    "cp",
    "curl",
    "deno",
    "docker",
    "docker-compose",
    "dotnet",
    "gcloud",
    "gh",
    "git",
    "gradle",
    "grep",
    "helm",
    "jq",
    "kubectl",
    "ls",
    "mkdir",
    "mv",
    "mvn",
    "mypy",
    "node",
    "npm",
    "npx",
    "pip",
    "pip3",
    "pipx",
    "pnpm",
    "podman",
    "poetry",
    "psql",
    "pytest",
    "python",
    "python3",
    "rg",
    "rm",
    "rsync",
    "ruff",
    "scp",
    "sed",
    "sqlite3",
    "ssh",
    "sudo",
    "systemctl",
    "tar",
    "terraform",
    "uv",
    "uvx",
    "wget",
    "yarn",
];

/// What the names of scripts end with.
const SCRIPTS: [&str; 8] = [".sh", ".bash", ".py", ".js", ".mjs", ".ts", ".rb", ".pl"];

/// Words in front of a command.
const VERBS: [&str; 5] = ["run", "execute", "call", "invoke", "command"];

/// Returns how to name the tool of the command at `offset`; `None` where there is no command, or
/// where its line names the tool.
pub(crate) fn name_tool(snapshot: &Snapshot, offset: usize) -> Option<Refactoring> {
    let document = snapshot.skill();
    let text = &*document.text;
    let code = document.body.inline_code_at(offset)?;
    let line_start = text.get(..code.span.start)?.rfind('\n').map_or(0, |at| at + 1);
    let before = Span::new(line_start, code.span.start).of(text);
    let step = before.trim_start();
    let in_step = step.trim_start_matches(|it: char| it.is_ascii_digit() || ".)-*+".contains(it));
    let is_step = in_step.len() < step.len();
    if !is_step || !is_command(before, &code.text) || before.contains(&format!("`{TOOL}`")) {
        return None;
    }
    let words = if in_step.trim().is_empty() { "" } else { "with " };
    Some(Refactoring {
        title: format!("Name the tool that runs it: `{TOOL}`"),
        edits: vec![TextEdit::insert(code.span.start, format!("{words}`{TOOL}`: "))],
        creates: None,
    })
}

/// Whether code behind these words reads as a command line. A program in lower case and something
/// behind it are a type, a value of a field or two words of a language as often: it also takes a
/// script, a program that everybody knows, an option, or words that say so.
fn is_command(before: &str, code: &str) -> bool {
    let mut words = code.split_whitespace();
    let is_program = |word: &str| {
        word.starts_with(|it: char| it.is_ascii_lowercase() || it == '.')
            && word.chars().all(|it| it.is_ascii_alphanumeric() || "./_-".contains(it))
    };
    let Some(program) = words.next().filter(|word| is_program(word)) else { return false };
    let Some(second) = words.next() else { return false };
    let is_script =
        program.starts_with("./") || SCRIPTS.iter().any(|extension| program.ends_with(extension));
    let is_option = |word: &str| {
        let option = word.strip_prefix("--").or_else(|| word.strip_prefix('-'));
        option.is_some_and(|it| it.starts_with(|it: char| it.is_ascii_alphabetic()))
    };
    let last_word = before.split_whitespace().next_back().unwrap_or_default();
    let says_so = VERBS.iter().any(|verb| last_word.eq_ignore_ascii_case(verb));
    let reads_so = is_script || PROGRAMS.contains(&program) || says_so;
    !is_operator(second) && (reads_so || is_option(second) || words.any(is_option))
}

/// `count = 3`, `a -> b`, `name: value`: no program is called.
fn is_operator(word: &str) -> bool {
    !word.contains(|it: char| it.is_alphanumeric() || "./~*{<$\"'@".contains(it))
        || matches!(word, "<" | "<=" | "<<")
}

#[cfg(test)]
mod tests {
    use super::is_command;

    #[test]
    fn command_lines_are_commands() {
        for code in [
            "git status",
            "npm test",
            "./build.sh all",
            "scripts/count.py data.csv",
            "mytool rows --all",
            "mytool -n 3 rows",
            "ls ~/größe",
        ] {
            assert!(is_command("1. ", code), "{code}");
        }
        assert!(is_command("1. Run ", "mytool rows"));
    }

    #[test]
    fn values_types_and_two_words_are_none() {
        for code in [
            "mytool rows",
            "status draft",
            "user-invocable: false",
            "last 7 days",
            "not null",
            "await page.click()",
            "now - 90d",
            "count = 3",
            "old -> new",
            "git",
            "node < 18",
            "pip == 3",
        ] {
            assert!(!is_command("- Set ", code), "{code}");
        }
    }
}

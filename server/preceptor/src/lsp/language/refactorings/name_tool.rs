//! A command says which tool runs it, and one that only reads a file is read with the tool for that.

use lint::{Client, clients_of};
use skill::{InlineCode, SkillDocument, Span, TextEdit};

use crate::lsp::{
    documents::Snapshot,
    language::refactorings::{Refactoring, line_end},
};

/// What the tools are called by this program's agent.
const OWN_TOOLS: Tools = Tools { shell: "bash", read: "read_file" };

/// What they are called where skills are Claude Code's.
const CLAUDE_TOOLS: Tools = Tools { shell: "Bash", read: "Read" };

/// Languages of blocks that are commands.
const SHELLS: [&str; 6] = ["bash", "console", "sh", "shell", "shellsession", "zsh"];

/// The names of tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tools {
    shell: &'static str,
    read: &'static str,
}

/// Programs that everybody calls in a shell and whose names are no words of other languages.
const PROGRAMS: [&str; 68] = [
    "apt-get",
    "aws",
    "awk",
    "az",
    "brew",
    "bun",
    "bundle",
    "cargo",
    "cat",
    "chmod",
    "chown",
    "cmake",
    "conda",
    "cp",
    "curl",
    "deno",
    "docker",
    "diff",
    "docker-compose",
    "dotnet",
    "gcloud",
    "gh",
    "git",
    "gradle",
    "grep",
    "head",
    "helm",
    "jq",
    "kubectl",
    "ls",
    "make",
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
    "tail",
    "tar",
    "terraform",
    "touch",
    "uv",
    "uvx",
    "wc",
    "wget",
    "xargs",
    "yarn",
];

/// What the names of scripts end with.
const SCRIPTS: [&str; 8] = [".sh", ".bash", ".py", ".js", ".mjs", ".ts", ".rb", ".pl"];

/// Orders in front of a command.
const VERBS: [&str; 4] = ["run", "execute", "call", "invoke"];

/// What stands between the beginning of a sentence and such an order.
const LEAD_INS: [&str; 10] =
    ["first", "second", "third", "next", "then", "finally", "now", "and", "always", "please"];

/// What a clause before an order begins with.
const CONDITIONS: [&str; 11] =
    ["after", "before", "for", "from", "if", "in", "on", "once", "to", "when", "with"];

/// Words behind a command that go on as well behind the tool.
const CONTINUATIONS: [&str; 14] = [
    "after", "again", "and", "before", "first", "for", "from", "if", "in", "on", "once", "to",
    "until", "when",
];

/// Words that forbid what follows.
const NEGATIONS: [&str; 9] =
    ["avoid", "cannot", "forbidden", "instead", "never", "no", "not", "wrong", "without"];

/// Returns how to name the tool of the command at `offset`; `None` where there is no command, or
/// where its line names the tool.
pub(crate) fn name_tool(snapshot: &Snapshot, offset: usize) -> Option<Refactoring> {
    let document = snapshot.skill();
    let clients = clients_of(snapshot.uri.path());
    let tools = match clients {
        Some(clients) if clients.contains(&Client::ClaudeCode) => CLAUDE_TOOLS,
        _ => OWN_TOOLS,
    };
    let is_heading = document.body.headings.iter().any(|it| it.span.contains_offset(offset));
    if is_heading {
        return None;
    }
    match document.body.inline_code_at(offset) {
        Some(code) => of_inline_code(document, code, tools),
        None => of_block(document, offset, tools),
    }
}

fn of_inline_code(
    document: &SkillDocument,
    code: &InlineCode,
    tools: Tools,
) -> Option<Refactoring> {
    let text = &*document.text;
    let line_start = text.get(..code.span.start)?.rfind('\n').map_or(0, |at| at + 1);
    let before = Span::new(line_start, code.span.start).of(text);
    let behind = text.get(code.span.end..)?.split(['\n', '\r']).next().unwrap_or_default();
    let place = place(before, behind)?;
    let is_named = names_a_tool(before, tools) || names_a_tool(behind, tools);
    let is_forbidden = is_negated(introduction(text, line_start));
    if !is_command(before, &code.text) || is_named || is_forbidden {
        return None;
    }
    let (tool, edit) = match (place, read_path(&code.text)) {
        (Place::WholeStep, Some(path)) => {
            let new_text = format!("`{}`: `{path}`", tools.read);
            (tools.read, TextEdit::replace(code.span, new_text))
        }
        (Place::WholeStep, None) => {
            (tools.shell, TextEdit::insert(code.span.start, format!("`{}`: ", tools.shell)))
        }
        (Place::BehindVerb, _) => {
            (tools.shell, TextEdit::insert(code.span.end, format!(" with `{}`", tools.shell)))
        }
    };
    Some(Refactoring {
        title: format!("Name the tool that runs it: `{tool}`"),
        edits: vec![edit],
        creates: None,
    })
}

/// Where a command stands in its sentence, if naming its tool there makes a sentence again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The step is the command, and nothing else.
    WholeStep,
    /// `Run`, and then the command.
    BehindVerb,
}

/// Finds the place by what is before and behind the command in its line.
fn place(before: &str, behind: &str) -> Option<Place> {
    let quoted = before.trim_start_matches(|it: char| it.is_whitespace() || it == '>');
    let (marker, said) = quoted.split_once(' ').unwrap_or((quoted, ""));
    let number = marker.strip_suffix(['.', ')']);
    let is_number =
        number.is_some_and(|it| !it.is_empty() && it.chars().all(|it| it.is_ascii_digit()));
    let is_step = is_number || matches!(marker, "-" | "*" | "+");
    let said = if is_step { said } else { quoted };
    let said = ["[ ] ", "[x] "].iter().find_map(|it| said.strip_prefix(it)).unwrap_or(said).trim();
    let behind = behind.trim_end();
    if said.is_empty() {
        let is_whole = is_step && matches!(behind, "" | "." | ";");
        return is_whole.then_some(Place::WholeStep);
    }
    (is_imperative(said) && goes_on(behind)).then_some(Place::BehindVerb)
}

/// Tells whether words end with an order to run what follows: `Run`, `Then run`, `If it fails, run`.
fn is_imperative(said: &str) -> bool {
    if said.contains(['`', '(', '[', '*', '|']) || is_negated(said) {
        return false;
    }
    let sentence = said.rsplit(['.', '!', '?', ':', ';']).next().unwrap_or_default().trim();
    let (clause, order) = match sentence.rsplit_once(',') {
        Some((clause, order)) => (Some(clause.trim()), order.trim()),
        None => (None, sentence),
    };
    let mut words = order.split_whitespace().rev();
    let is_order = words.next().is_some_and(|it| is_one_of(it, &VERBS))
        && words.all(|it| is_one_of(it, &LEAD_INS));
    let is_led_in = clause.is_none_or(|clause| {
        let first = clause.split_whitespace().next().unwrap_or_default();
        is_one_of(first, &CONDITIONS) || is_one_of(clause, &LEAD_INS)
    });
    is_order && is_led_in
}

/// Tells whether the sentence that a command stands in goes on well behind `with` and a tool.
fn goes_on(behind: &str) -> bool {
    let mut words = behind.split_whitespace();
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    match behind.chars().next() {
        None | Some('.' | ';') => true,
        Some(',') => second == "then" || is_one_of(second, &VERBS),
        Some(' ') => is_one_of(first, &CONTINUATIONS) && !second.starts_with('`'),
        Some(_) => false,
    }
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|it| word.eq_ignore_ascii_case(it))
}

fn is_negated(words: &str) -> bool {
    let mut words = words.split(|it: char| !it.is_alphabetic() && !"'’".contains(it));
    words.any(|it| {
        let it = it.to_lowercase();
        it.ends_with("n't") || it.ends_with("n’t") || NEGATIONS.contains(&&*it)
    })
}

/// The last line before a list's line that is none of the list: `Never run these:`.
fn introduction(text: &str, line_start: usize) -> &str {
    let mut lines = text.get(..line_start).unwrap_or_default().lines().rev();
    let is_in_list = |line: &&str| {
        let line = line.trim_start();
        line.is_empty() || line.starts_with(|it: char| "-*+>".contains(it) || it.is_ascii_digit())
    };
    lines.find(|line| !is_in_list(line)).unwrap_or_default()
}

/// Commands in a block get a line above that says what runs them; offered at the block's first line,
/// and not on each of them.
fn of_block(document: &SkillDocument, offset: usize, tools: Tools) -> Option<Refactoring> {
    let text = &*document.text;
    let block = document.body.code_block_at(offset).filter(|it| offset < it.content.start)?;
    let before = text.get(..block.span.start)?;
    let line = before.rsplit('\n').next().unwrap_or_default();
    let above = before.trim_end().rsplit('\n').next().unwrap_or_default();
    let is_shell = SHELLS.iter().any(|it| block.language().eq_ignore_ascii_case(it));
    // In a list, the line above would have to be indented like the item's text.
    if !is_shell || !line.is_empty() || names_a_tool(above, tools) {
        return None;
    }
    let (tool, line_end) = (tools.shell, line_end(text));
    Some(Refactoring {
        title: format!("Name the tool that runs it: `{tool}`"),
        edits: vec![TextEdit::insert(
            block.span.start,
            format!("With `{tool}`:{line_end}{line_end}"),
        )],
        creates: None,
    })
}

fn names_a_tool(words: &str, tools: Tools) -> bool {
    [tools.shell, tools.read].iter().any(|tool| words.contains(&format!("`{tool}`")))
}

/// Returns the file that a command does nothing but print.
fn read_path(code: &str) -> Option<&str> {
    let path = code.strip_prefix("cat ")?.trim();
    let is_one = !path.is_empty() && !path.starts_with('-');
    let is_plain = !path.contains(|it: char| it.is_whitespace() || "|<>;&$`*?()\"'".contains(it));
    (is_one && is_plain).then_some(path)
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
    use super::{Place, introduction, is_command, is_negated, place, read_path};

    #[test]
    fn a_step_that_is_a_command_and_an_order_to_run_one_take_a_tool() {
        for (before, behind) in [("1. ", ""), ("  - ", "."), ("> 2) ", ""), ("* [ ] ", "")] {
            assert_eq!(place(before, behind), Some(Place::WholeStep), "{before:?}");
        }
        for (before, behind) in [
            ("1. Run ", ""),
            ("Größe: run ", "."),
            ("- Then execute ", " to see 😀"),
            ("If it fails, run ", ", then look."),
            ("First, call ", " in the folder."),
            ("It is built. Run ", " again"),
        ] {
            assert_eq!(place(before, behind), Some(Place::BehindVerb), "{before:?}");
        }
    }

    #[test]
    fn where_no_sentence_comes_of_it_there_is_no_place() {
        for (before, behind) in [
            ("", ""),
            ("- ", " shows the rows"),
            ("- ", ": the rows"),
            ("1. ", ", `git log`"),
            ("Do NOT run ", "."),
            ("Don’t run ", "."),
            ("Never, ever run ", ""),
            ("Change the call to ", "."),
            ("Initialize with ", ""),
            ("The command ", ""),
            ("You can run ", ""),
            ("Build it (run ", ")"),
            ("**Build** run ", ""),
            ("**", "**"),
            ("*", "*"),
            ("Run ", " or `git log`"),
            ("Run ", "/`git log`"),
            ("Run ", " and `git log`"),
            ("Run ", ", `git log`"),
            ("| Run ", " |"),
            ("[Run ", "](x.md)"),
        ] {
            assert_eq!(place(before, behind), None, "{before:?} {behind:?}");
        }
    }

    #[test]
    fn what_a_list_forbids_is_no_step() {
        let text = "Never run these:\r\n\r\n- `rm -rf x`\r\n- ";
        assert!(is_negated(introduction(text, text.len() - 2)));
        assert!(!is_negated(introduction("Run these:\n- ", 11)));
    }

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
    fn only_a_file_that_is_merely_printed_is_read() {
        assert_eq!(read_path("cat data/größe.csv"), Some("data/größe.csv"));
        for code in ["cat a b", "cat a | wc", "cat -n a", "cat > a", "cat *.md", "ls a"] {
            assert_eq!(read_path(code), None, "{code}");
        }
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

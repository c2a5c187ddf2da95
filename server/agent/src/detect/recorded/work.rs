//! What recorded calls did to the work: which of them check it, which change it, and whether a
//! change is left at the end.
//!
//! Only what is certain counts: a command that cannot be read may have changed anything.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::{
    matches,
    messages::{RecordedCall, Recording},
    outcome::{Outcome, is_command},
};

/// Calls from which on a recording without a change says something.
const N_CALLS_OF_WORK: usize = 3;

/// What a call does to the files of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    /// Nothing.
    Looks,
    /// It writes a file that only tries something out.
    Scratch,
    /// It takes every change back.
    Resets,
    /// It changes something, or may do so.
    Changes,
}

/// Returns whether a call runs the tests, a compiler or the like: what it says stands until
/// something else of that kind is run.
fn is_check(tool: &str, arguments: &str) -> bool {
    is_command(tool) && matches(&CHECK, &command_of(arguments))
}

/// Returns whether a call checks the work and could begin, so that it says something of it.
pub(in crate::detect) fn checks(tool: &str, arguments: &str, output: &str) -> bool {
    is_check(tool, arguments) && !matches(&NOT_BEGUN, output)
}

/// Returns whether a check that came to say something passed, after the last change and as the
/// last of them.
pub(super) fn is_well(calls: &[RecordedCall], outcomes: &[Outcome]) -> bool {
    for (call, outcome) in calls.iter().zip(outcomes).rev() {
        if checks(&call.tool, &call.arguments, &call.output) {
            return *outcome == Outcome::Done;
        }
        if *outcome == Outcome::Done
            && is_editor(&call.tool)
            && may_change(&call.tool, &call.arguments)
        {
            return false;
        }
    }
    false
}

/// Returns whether an output says that a part of what was checked is well.
pub(super) fn passes_partly(output: &str) -> bool {
    matches(&PASSED, output)
}

/// Returns whether a call may have changed the project.
pub(in crate::detect) fn may_change(tool: &str, arguments: &str) -> bool {
    (is_command(tool) || is_editor(tool)) && deed(tool, arguments) == Deed::Changes
}

/// Returns why there is no change at the end of work that asks for one; `None`: there may be one.
pub(super) fn unchanged(recording: &Recording, outcomes: &[Outcome]) -> Option<String> {
    let calls = &recording.calls;
    if calls.len() < N_CALLS_OF_WORK || !matches(&ASKS_FOR_CHANGE, recording.request()) {
        return None;
    }
    let mut n_scratch = 0_usize;
    let mut is_reset = false;
    let mut has_changed = false;
    for (call, outcome) in calls.iter().zip(outcomes) {
        if !is_command(&call.tool) && !is_editor(&call.tool) && call.tool != "shell" {
            // Tools of another kind: nobody knows what they do.
            if !matches(&HARMLESS_TOOL, &call.tool) {
                return None;
            }
            continue;
        }
        match deed(&call.tool, &call.arguments) {
            Deed::Changes if !matches!(outcome, Outcome::Failed { .. }) => {
                (has_changed, is_reset) = (true, false);
            }
            Deed::Resets => (has_changed, is_reset) = (false, true),
            Deed::Scratch => n_scratch += 1,
            Deed::Changes | Deed::Looks => {}
        }
    }
    if has_changed {
        return None;
    }
    Some(match (is_reset, n_scratch) {
        (true, _) => "It took all of its changes back and handed nothing in".to_owned(),
        (false, 0) => "Not one of its calls changed a file".to_owned(),
        (false, n) => {
            format!("Of the project it changed nothing; it only wrote {n} files to try out")
        }
    })
}

fn deed(tool: &str, arguments: &str) -> Deed {
    if is_editor(tool) {
        return deed_of_editor(arguments);
    }
    let command = command_of(arguments);
    if let Some(found) = CREATES.as_ref().and_then(|regex| regex.captures(&command)) {
        let path = found.get(1).map_or("", |it| it.as_str());
        return deed_of_file(path, &command);
    }
    if matches(&RESETS, &command) {
        return Deed::Resets;
    }
    let is_redirected = matches(&REDIRECTS, &command);
    let parts = SEPARATOR.as_ref().map(|regex| regex.split(&command).collect::<Vec<_>>());
    let looks = |part: &str| part.trim().is_empty() || matches(&LOOKS, part.trim());
    let only_looks = parts.is_some_and(|parts| parts.into_iter().all(looks));
    if !is_redirected && only_looks { Deed::Looks } else { Deed::Changes }
}

fn deed_of_editor(arguments: &str) -> Deed {
    let object: Value = serde_json::from_str(arguments).unwrap_or_default();
    let text = |keys: &[&str]| {
        keys.iter().find_map(|key| object.get(*key).and_then(Value::as_str)).unwrap_or_default()
    };
    let path = text(&["path", "file_path", "file", "filename", "target_file"]);
    match text(&["command", "action"]) {
        "view" | "undo_edit" | "open" | "list" => Deed::Looks,
        // A file that was only tried out may be edited as well.
        _ => deed_of_file(path, arguments),
    }
}

fn deed_of_file(path: &str, content: &str) -> Deed {
    let name = path.rsplit('/').next().unwrap_or_default();
    let is_scratch = matches(&SCRATCH, name);
    // A script may change the project when it is run.
    if is_scratch && !matches(&WRITES, content) { Deed::Scratch } else { Deed::Changes }
}

pub(super) fn is_editor(tool: &str) -> bool {
    let name = tool.to_lowercase();
    ["edit", "replace", "write", "create", "insert", "patch"].iter().any(|part| name.contains(part))
}

/// Returns the text of the command that a call runs.
pub(in crate::detect) fn command_of(arguments: &str) -> String {
    let object: Value = serde_json::from_str(arguments).unwrap_or_default();
    let command = ["command", "cmd", "code", "input", "script"]
        .iter()
        .find_map(|key| object.get(*key).and_then(Value::as_str));
    command.unwrap_or(arguments).to_owned()
}

static ASKS_FOR_CHANGE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)<(?:pr_description|issue_description|issue|uploaded_files)>|\bpull request\b",
        r"|\b(?:implement|fix|resolve|solve|repair) (?:the|this|that|a|an|following)\b",
        r"|\bmake (?:the )?(?:\w+ )?changes\b|\bsolve this issue\b|\bsolving the following issue\b|(?m)^ISSUE:",
    ))
    .ok()
});

static CHECK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?m)(?:^|[;&|\s/])(?:pytest|tox|nox|unittest|runtests\.py|jest|vitest|mocha|rspec|phpunit|ctest|tsc|mvn|gradlew?",
        r"|cargo (?:test|build|check|run|nextest)|go (?:test|build|vet|run)|(?:npm|yarn|pnpm) (?:run )?(?:test|build|lint)",
        r"|make|ninja|dotnet (?:test|build)|javac|gcc|g\+\+|clang|rustc|manage\.py test",
        r"|python3? \S*(?:test|repro)\S*\.py)(?:$|[\s;&|:])",
    ))
    .ok()
});

static PASSED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b[1-9]\d* (?:passed|passing|tests? ok)\b|\bran [1-9]\d* tests?\b|\.{5,}|\bok\b",
    )
    .ok()
});

static NOT_BEGUN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?m)can't open file '|\bfile or directory not found: |\bno tests ran\b|: command not found$",
        r"|No module named '?(?:pytest|tox|nox|nose|unittest)\b|^npm (?:ERR!|error) Missing script",
        r"|^ImportError while loading conftest",
    ))
    .ok()
});

/// Names of files that are written to try something out.
static SCRATCH: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:repro|test|debug|demo|check|example|verify|tmp|temp|scratch|try)|(?:^|_)(?:test|repro|reproduce|demo)\.\w+$")
        .ok()
});

/// A script that writes files itself.
static WRITES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)\.write\(|write_text|writefile|\bfs\.|shutil|subprocess|os\.system|open\([^)]*['"][wa]b?['"]"#)
        .ok()
});

static CREATES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:create\s+|(?:cd [^&;|\n]*&&\s*)?cat\s*(?:<<\s*\S+\s*)?>\s*)(\S+)").ok()
});

static RESETS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\bgit (?:checkout (?:HEAD )?(?:-- )?\.(?:\s|$)|reset --hard|restore (?:--\S+ )*\.(?:\s|$)|stash(?: (?:push|save)\b[^\n]*)?\s*$)")
        .ok()
});

static REDIRECTS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:^|[^0-9&>-])>{1,2}\s*(?:[^&/\s]|/[^d]|/d[^e])|\btee\b|\s-(?:delete|exec\w*)\b")
        .ok()
});

static SEPARATOR: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"&&|\|\||[;|\n]").ok());

/// Commands that change no file of a project.
static LOOKS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^(?:sudo )?(?:timeout \S+ )?(?:cd|ls|cat|head|tail|less|grep|egrep|fgrep|rg|ag|tree|wc|stat|nl|echo|pwd|which|file|diff|sort|uniq|cut|tr",
        r"|true|sleep|export|source|open|goto|scroll_\w+|search_\w+|find_file|submit|env|whoami|date|du|df|ps",
        r"|sed -n|awk|find(?: [^-\s]\S*| -(?:name|type|path|iname|maxdepth|not|o|size) ?\S*)*",
        r"|git (?:log|show|diff|status|grep|blame|branch|ls-files|rev-parse)",
        r"|pytest|tox|python3? -m (?:pytest|unittest)|python3? \S*(?:test|repro)\S*\.py|runtests\.py",
        r"|pip3? (?:install|show|list|freeze)|cargo (?:test|build|check)|go (?:test|build|vet)",
        r"|(?:npm|yarn|pnpm) (?:run )?(?:test|build|lint))(?:\s|$)",
    ))
    .ok()
});

/// Tools beside editors and shells that leave a project as it is.
static HARMLESS_TOOL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:think|plan|finish|submit|done|complete\w*|task_\w+|search\w*|find\w*|list\w*|read\w*|view\w*|open\w*|grep|glob|ls|fetch\w*|web\w*|browse\w*|todo\w*|get\w*)$")
        .ok()
});

#[cfg(test)]
mod tests {
    use super::{Deed, deed, is_check};

    #[track_caller]
    fn check(command: &str, expected: Deed) {
        assert_eq!(deed("bash", command), expected, "{command}");
    }

    #[test]
    fn commands_that_only_look_are_told_from_those_that_may_change_something() {
        for command in [
            "ls -la && cat a.py | head -5",
            "cd /r && grep -rn foo . 2>/dev/null | sort",
            "find . -name '*.py' -type f",
            "sed -n '1,20p' a.py",
            "git diff; git status",
            "python -m pytest -x 2>&1 | tail -3",
            "search_dir foo",
            "open a.py 10",
        ] {
            check(command, Deed::Looks);
        }
        for command in [
            "sed -i 's/a/b/' a.py",
            "python fix.py",
            "echo x > a.py",
            "cat > src/a.py <<'E'\nx\nE",
            "find . -name a -delete",
            "edit 3:4\nx\nend_of_edit",
            "git stash pop",
            "ls && rm a.py",
        ] {
            check(command, Deed::Changes);
        }
        check("create reproduce_bug.py", Deed::Scratch);
        check("cat > test_it.py <<'E'\nprint(1)\nE", Deed::Scratch);
        check("cat > test_it.py <<'E'\nopen('a', 'w')\nE", Deed::Changes);
        for command in ["git checkout -- .", "git reset --hard HEAD", "git stash"] {
            check(command, Deed::Resets);
        }
    }

    #[test]
    fn checks_are_known_by_their_commands() {
        for command in
            ["pytest -x", "cd a && python -m pytest", "make", "cargo test -q", "npm test"]
        {
            assert!(is_check("bash", command), "{command}");
        }
        for command in ["ls", "cat Makefile", "python count.py", "echo makes"] {
            assert!(!is_check("bash", command), "{command}");
        }
    }
}

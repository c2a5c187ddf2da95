//! Commands that print what is written somewhere: words that are nobody's complaint.

use agent::shell::{Command, Script};

/// Programs that print the files that they are given.
const PRINTERS: [&str; 24] = [
    "ag", "awk", "bat", "cat", "column", "cut", "diff", "gawk", "grep", "egrep", "head", "jq",
    "less", "more", "nl", "perl", "rg", "sed", "sort", "strings", "tac", "tail", "uniq", "zcat",
];

/// Programs that run what they are given; what stops them is told in a form of its own.
const INTERPRETERS: [&str; 3] = ["node", "python", "ruby"];

/// Commands of git that print texts of the repository.
const OF_GIT: [&str; 6] = ["blame", "cat-file", "diff", "grep", "log", "show"];

/// Returns whether some of the output may be text of files, or of the command itself.
pub(super) fn is_printed_by(script: &Script) -> bool {
    script.commands.iter().any(prints)
}

/// Returns the names of the programs that a script runs, or may have an interpreter run.
pub(super) fn programs(script: &Script) -> Vec<String> {
    let own = script.commands.iter().map(|command| command.program_name().to_owned());
    let interpreting = script.commands.iter().filter(|it| is_interpreter(it.program_name()));
    let words = interpreting.flat_map(|it| it.words.iter().skip(1)).flat_map(|word| {
        word.text.split(|it: char| !it.is_alphanumeric() && !matches!(it, '-' | '_' | '.'))
    });
    let named = words.filter(|it| it.starts_with(char::is_alphabetic)).map(str::to_owned);
    own.chain(named).collect()
}

fn is_interpreter(name: &str) -> bool {
    INTERPRETERS.iter().any(|it| name.starts_with(it))
}

fn prints(command: &Command) -> bool {
    let name = command.program_name();
    let arguments = command.words.get(1..).unwrap_or_default();
    let mut operands = arguments.iter().filter(|word| !word.text.starts_with('-'));
    match name {
        "echo" | "printf" => {
            arguments.iter().any(|word| word.is_open() || says_refused(&word.text))
        }
        // What a program prints of its own files is as little a complaint as what `cat` does.
        _ if is_interpreter(name) => !arguments.is_empty(),
        "git" => operands.take(3).any(|word| OF_GIT.contains(&word.text.as_str())),
        // One that searches a folder is given none by name.
        "rg" | "ag" => true,
        "grep" | "egrep" | "sed" | "awk" | "gawk" | "jq" | "perl" | "cut" => {
            operands.count() > 1 || arguments.iter().any(|it| it.text.starts_with("-r"))
        }
        // A number is how much of its input it prints.
        _ if PRINTERS.contains(&name) => {
            operands.any(|word| !word.text.chars().all(|it| it.is_ascii_digit()))
        }
        _ => false,
    }
}

/// Returns whether a text would read like a refusal.
fn says_refused(text: &str) -> bool {
    const WORDS: [&str; 8] = [
        "busy",
        "connect",
        "denied",
        "no such",
        "permitted",
        "read-only",
        "resolve",
        "unreachable",
    ];
    let lower = text.to_lowercase();
    WORDS.iter().any(|words| lower.contains(words))
}

#[cfg(test)]
mod tests {
    use agent::shell;

    use super::{is_printed_by, programs};

    #[test]
    fn an_interpreter_may_run_what_its_script_names() {
        let script = "cd x; python3 -c \"import os; os.system('touch /etc/y')\"; cat build.log";
        let programs = programs(&shell::read(script));
        for (name, expected) in [("cd", true), ("touch", true), ("build", false), ("ls", false)] {
            assert_eq!(programs.iter().any(|it| it == name), expected, "{name}: {programs:?}");
        }
    }

    #[test]
    fn what_is_printed_may_be_text_of_files() {
        for (command, expected) in [
            ("cat build.log", true),
            ("cat build.log; true", true),
            ("grep -rn 'Permission denied'", true),
            ("git log -5", true),
            ("git push; true", false),
            ("touch /etc/x; true", false),
            ("cargo build 2>&1 | tail -n 5", false),
            ("curl example.org | head -3", false),
            ("make | grep error", false),
            ("sed -n 1,20p x", true),
            ("echo 'cat: /x: Permission denied'", true),
            ("echo done; ./build.sh", false),
            ("git --no-pager show x", true),
            ("python3 -c 'print(open(\"build.log\").read())'", true),
            ("while read -r line; do echo \"$line\"; done < build.log", true),
            ("echo done", false),
        ] {
            assert_eq!(is_printed_by(&shell::read(command)), expected, "{command}");
        }
    }
}

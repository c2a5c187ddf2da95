//! Programs that start the command that stands behind them.
//!
//! Those that add nothing of their own (`timeout`, `env`, `sh -c`) are replaced by what they
//! start; those that do (`find`, `sudo`) count beside it.

use crate::shell::{Assignment, Command, HOLE, Word};

/// What a command starts.
pub(super) enum Unwrapped {
    /// Nothing: it is itself what runs.
    Nothing,
    /// Something, but what cannot be told.
    NotUnderstood,
    /// Other commands.
    Started {
        /// Started with these words.
        commands: Vec<Command>,
        /// Started by a shell that is given this text.
        scripts: Vec<Word>,
        /// Whether the command itself has to be allowed as well.
        counts_itself: bool,
    },
}

/// Returns what a command starts, one level deep.
pub(super) fn unwrap(command: &Command) -> Unwrapped {
    let Some((_, rest)) = command.words.split_first() else { return Unwrapped::Nothing };
    let assignments = &command.assignments;
    match command.program_name() {
        "timeout" => prefix(assignments, rest, &["-s", "-k", "--signal", "--kill-after"], 1),
        "nice" => prefix(assignments, rest, &["-n", "--adjustment"], 0),
        "ionice" => prefix(assignments, rest, &["-c", "-n", "--class", "--classdata"], 0),
        "stdbuf" => prefix(assignments, rest, &["-i", "-o", "-e"], 0),
        "nohup" | "setsid" => prefix(assignments, rest, &[], 0),
        "time" => match rest.first() {
            Some(word) if word.may_be_option() && word.text != "-p" => Unwrapped::NotUnderstood,
            _ => prefix(assignments, rest, &[], 0),
        },
        "command" | "builtin" | "exec" => match rest.first() {
            Some(word) if matches!(word.text.as_str(), "-v" | "-V") => Unwrapped::Nothing,
            Some(word) if word.may_be_option() && word.text != "-p" => Unwrapped::NotUnderstood,
            _ => prefix(assignments, rest, &[], 0),
        },
        "env" => env(assignments, rest),
        "sudo" | "doas" => beside(prefix(
            assignments,
            rest,
            &["-u", "-g", "-h", "-p", "-C", "-T", "-U", "-D", "-R", "--user", "--group"],
            0,
        )),
        "xargs" => xargs(assignments, rest),
        "sh" | "bash" | "dash" | "ash" | "ksh" => shell(rest),
        "eval" => script_of(rest),
        "trap" => match rest.first() {
            Some(code) if code.is_open() => Unwrapped::NotUnderstood,
            Some(code) if !code.text.starts_with('-') => script_of(std::slice::from_ref(code)),
            _ => Unwrapped::Nothing,
        },
        "watch" => match skip_options(rest, &["-n", "--interval"]) {
            Some([]) => Unwrapped::Nothing,
            Some(words) => beside(script_of(words)),
            None => Unwrapped::NotUnderstood,
        },
        "find" => find(rest),
        _ => Unwrapped::Nothing,
    }
}

/// A wrapper in front of a command: options, then a number of its own arguments, then the command.
fn prefix(
    assignments: &[Assignment],
    rest: &[Word],
    valued: &[&str],
    n_arguments: usize,
) -> Unwrapped {
    let Some(words) = skip_options(rest, valued) else { return Unwrapped::NotUnderstood };
    match words.get(n_arguments..) {
        None | Some([]) => Unwrapped::Nothing,
        Some(words) => started(assignments, words),
    }
}

fn started(assignments: &[Assignment], words: &[Word]) -> Unwrapped {
    let command = Command { assignments: assignments.to_vec(), words: words.to_vec() };
    Unwrapped::Started { commands: vec![command], scripts: Vec::new(), counts_itself: false }
}

fn beside(unwrapped: Unwrapped) -> Unwrapped {
    match unwrapped {
        Unwrapped::Started { commands, scripts, .. } => {
            Unwrapped::Started { commands, scripts, counts_itself: true }
        }
        other => other,
    }
}

/// Returns the words behind a program's own options; `None` where that cannot be told.
fn skip_options<'a>(mut rest: &'a [Word], valued: &[&str]) -> Option<&'a [Word]> {
    while let Some((word, after)) = rest.split_first() {
        if !word.may_be_option() {
            break;
        }
        if word.is_open() || word.is_pattern {
            return None;
        }
        rest = after;
        if word.text == "--" {
            break;
        }
        if valued.contains(&word.text.as_str()) {
            rest = rest.get(1..)?;
        }
    }
    Some(rest)
}

fn env(assignments: &[Assignment], rest: &[Word]) -> Unwrapped {
    let splits = |word: &Word| {
        let text = word.text.as_str();
        // The text of `-S` is split into words by rules of its own; `-C` leaves the folder.
        text.starts_with("--split")
            || text.starts_with("--ch")
            || (text.starts_with('-') && !text.starts_with("--") && text.contains(['S', 'C']))
    };
    if rest.iter().take_while(|word| word.may_be_option()).any(splits) {
        return Unwrapped::NotUnderstood;
    }
    let Some(mut words) = skip_options(rest, &["-u", "--unset"]) else {
        return Unwrapped::NotUnderstood;
    };
    let mut assignments = assignments.to_vec();
    while let Some((word, after)) = words.split_first()
        && let Some((name, value)) = word.text.split_once('=')
    {
        assignments.push(Assignment { name: name.to_owned(), value: Word::from(value) });
        words = after;
    }
    if words.is_empty() { Unwrapped::Nothing } else { started(&assignments, words) }
}

fn xargs(assignments: &[Assignment], rest: &[Word]) -> Unwrapped {
    let valued = ["-I", "-n", "-P", "-L", "-s", "-d", "-E", "-a", "--arg-file", "--delimiter"];
    let placeholder = rest.iter().position(|word| word.text.starts_with("-I"));
    let Some(words) = skip_options(rest, &valued) else { return Unwrapped::NotUnderstood };
    let placeholder = placeholder.filter(|idx| *idx + words.len() < rest.len());
    let placeholder = placeholder.and_then(|idx| {
        let attached = rest.get(idx)?.text.strip_prefix("-I")?;
        if attached.is_empty() { Some(rest.get(idx + 1)?.text.as_str()) } else { Some(attached) }
    });
    let mut words = words.to_vec();
    if words.is_empty() {
        words.push(Word::from("echo"));
    }
    match placeholder {
        Some(placeholder) if !placeholder.is_empty() => open(&mut words, placeholder),
        _ => words.push(Word::from(HOLE.to_string().as_str())),
    }
    started(assignments, &words)
}

/// Puts a hole where a placeholder stands.
fn open(words: &mut [Word], placeholder: &str) {
    for word in words {
        word.text = word.text.replace(placeholder, &HOLE.to_string());
    }
}

fn shell(rest: &[Word]) -> Unwrapped {
    let mut words = rest;
    let mut takes_code = false;
    while let Some((word, after)) = words.split_first() {
        if !word.text.starts_with(['-', '+']) {
            break;
        }
        let letters = word.text.strip_prefix(['-', '+']).unwrap_or_default();
        words = after;
        match letters {
            "o" | "O" => words = words.get(1..).unwrap_or_default(),
            "-login" | "-norc" | "-noprofile" | "-posix" => {}
            _ if letters.starts_with('-') || letters.contains(HOLE) => {
                return Unwrapped::NotUnderstood;
            }
            _ => {
                takes_code |= letters.contains('c');
                // Options with a value, in a cluster.
                if letters.contains(['o', 'O']) {
                    words = words.get(1..).unwrap_or_default();
                }
            }
        }
    }
    match words.first() {
        Some(code) if takes_code => script_of(std::slice::from_ref(code)),
        Some(word) if word.is_open() => Unwrapped::NotUnderstood,
        _ => Unwrapped::Nothing,
    }
}

fn script_of(words: &[Word]) -> Unwrapped {
    let text = words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
    let scripts = vec![Word { text, is_pattern: false }];
    Unwrapped::Started { commands: Vec::new(), scripts, counts_itself: false }
}

fn find(rest: &[Word]) -> Unwrapped {
    let mut commands = Vec::new();
    let mut words = rest;
    while let Some((word, after)) = words.split_first() {
        words = after;
        if !matches!(word.text.as_str(), "-exec" | "-execdir" | "-ok" | "-okdir") {
            continue;
        }
        let end = words.iter().position(|word| matches!(word.text.as_str(), ";" | "+"));
        let Some(end) = end else { return Unwrapped::NotUnderstood };
        let mut started = words.get(..end).unwrap_or_default().to_vec();
        open(&mut started, "{}");
        commands.push(Command { assignments: Vec::new(), words: started });
        words = words.get(end + 1..).unwrap_or_default();
    }
    if commands.is_empty() {
        return Unwrapped::Nothing;
    }
    Unwrapped::Started { commands, scripts: Vec::new(), counts_itself: true }
}

//! Programs that start the command that stands behind them.
//!
//! Those that add nothing of their own (`timeout`, `env`, `sh -c`) are replaced by what they
//! start; those that do (`find`, `sudo`) count beside it.

use crate::shell::{Assignment, Command, HOLE, Word};

/// The options of a program that starts another. Where one is missing here, what is started is not
/// understood, and asked about.
pub(super) struct Options {
    /// Letters that take no value.
    pub(super) flags: &'static str,
    /// Letters that take a value.
    pub(super) valued: &'static str,
    /// Words that take none.
    pub(super) long_flags: &'static [&'static str],
    /// Words that take one.
    pub(super) long_valued: &'static [&'static str],
}

pub(super) const NO_OPTIONS: Options =
    Options { flags: "", valued: "", long_flags: &[], long_valued: &[] };
const ONLY_P: Options = Options { flags: "p", ..NO_OPTIONS };
const TIMEOUT: Options = Options {
    flags: "fpv",
    valued: "ks",
    long_flags: &["foreground", "preserve-status", "verbose"],
    long_valued: &["kill-after", "signal"],
};
/// An old form is the number alone: `-10`.
const NICE: Options =
    Options { flags: "0123456789", valued: "n", long_flags: &[], long_valued: &["adjustment"] };
const IONICE: Options = Options {
    flags: "t",
    valued: "cn",
    long_flags: &["ignore"],
    long_valued: &["class", "classdata"],
};
const STDBUF: Options = Options {
    flags: "",
    valued: "ieo",
    long_flags: &[],
    long_valued: &["error", "input", "output"],
};
const SETSID: Options =
    Options { flags: "cfw", valued: "", long_flags: &["ctty", "fork", "wait"], long_valued: &[] };
const SUDO: Options = Options {
    flags: "AbEHknPS",
    valued: "CDRTUghpu",
    long_flags: &["background", "non-interactive", "preserve-env", "set-home"],
    long_valued: &["group", "host", "prompt", "user"],
};
const WATCH: Options = Options {
    flags: "bcdegptwx",
    valued: "n",
    long_flags: &["color", "differences", "errexit", "no-title"],
    long_valued: &["interval"],
};
/// A dash alone means `-i`.
const ENV: Options = Options {
    flags: "0iv",
    valued: "u",
    long_flags: &["debug", "ignore-environment", "null"],
    long_valued: &["unset"],
};
const FLOCK: Options = Options {
    flags: "Fenosux",
    valued: "Ew",
    long_flags: &["close", "exclusive", "no-fork", "nonblock", "shared", "unlock", "verbose"],
    long_valued: &["conflict-exit-code", "timeout", "wait"],
};
const XARGS: Options = Options {
    flags: "0oprtx",
    valued: "EILPadns",
    long_flags: &["exit", "interactive", "no-run-if-empty", "null", "open-tty", "verbose"],
    long_valued: &["arg-file", "delimiter", "max-args", "max-chars", "max-procs"],
};

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
        "timeout" => prefix(assignments, rest, &TIMEOUT, 1),
        "nice" => prefix(assignments, rest, &NICE, 0),
        "ionice" => prefix(assignments, rest, &IONICE, 0),
        "stdbuf" => prefix(assignments, rest, &STDBUF, 0),
        "nohup" => prefix(assignments, rest, &NO_OPTIONS, 0),
        "setsid" => prefix(assignments, rest, &SETSID, 0),
        "time" => match rest.first() {
            Some(word) if word.may_be_option() && word.text != "-p" => Unwrapped::NotUnderstood,
            _ => prefix(assignments, rest, &ONLY_P, 0),
        },
        "command" | "builtin" | "exec" => match rest.first() {
            Some(word) if matches!(word.text.as_str(), "-v" | "-V") => Unwrapped::Nothing,
            Some(word) if word.may_be_option() && word.text != "-p" => Unwrapped::NotUnderstood,
            _ => prefix(assignments, rest, &ONLY_P, 0),
        },
        "env" => env(assignments, rest),
        "sudo" | "doas" => beside(prefix(assignments, rest, &SUDO, 0)),
        "flock" => flock(assignments, rest),
        "busybox" | "chroot" | "doexec" | "linux32" | "linux64" | "nsenter" | "parallel"
        | "runuser" | "setarch" | "su" | "unshare" => Unwrapped::NotUnderstood,
        "xargs" => xargs(assignments, rest),
        "sh" | "bash" | "dash" | "ash" | "ksh" => shell(rest),
        "eval" => script_of(after_dashes(rest)),
        "trap" => match after_dashes(rest).first() {
            Some(code) if code.is_open() => Unwrapped::NotUnderstood,
            Some(code) if !code.text.starts_with('-') => script_of(std::slice::from_ref(code)),
            _ => Unwrapped::Nothing,
        },
        // What they run comes from where it is not looked for.
        "source" | "." => match after_dashes(rest).first() {
            Some(file) if !file.is_open() && !file.is_pattern && !is_device(file) => {
                Unwrapped::Nothing
            }
            _ => Unwrapped::NotUnderstood,
        },
        "bind" | "compgen" | "complete" | "enable" => Unwrapped::NotUnderstood,
        "mapfile" | "readarray" if has_letter(rest, 'C') => Unwrapped::NotUnderstood,
        "hash" if has_letter(rest, 'p') => Unwrapped::NotUnderstood,
        "alias" if !rest.is_empty() => Unwrapped::NotUnderstood,
        "watch" => match skip_options(rest, &WATCH) {
            Some([]) => Unwrapped::Nothing,
            Some(words) => beside(script_of(words)),
            None => Unwrapped::NotUnderstood,
        },
        "find" | "gfind" => find(rest),
        _ => Unwrapped::Nothing,
    }
}

/// A wrapper in front of a command: options, then a number of its own arguments, then the command.
fn prefix(
    assignments: &[Assignment],
    rest: &[Word],
    options: &Options,
    n_arguments: usize,
) -> Unwrapped {
    let Some(words) = skip_options(rest, options) else { return Unwrapped::NotUnderstood };
    // Each of them has to be one word, or what is started begins elsewhere.
    if words.iter().take(n_arguments).any(Word::may_be_several) {
        return Unwrapped::NotUnderstood;
    }
    match words.get(n_arguments..) {
        None | Some([]) => Unwrapped::Nothing,
        Some(words) => started(assignments, words),
    }
}

/// A file, then a command; or a text for a shell.
fn flock(assignments: &[Assignment], rest: &[Word]) -> Unwrapped {
    let words = skip_options(rest, &FLOCK).unwrap_or_default();
    match words {
        [file, option, code, ..]
            if !file.may_be_several() && matches!(option.text.as_str(), "-c" | "--command") =>
        {
            script_of(std::slice::from_ref(code))
        }
        _ => prefix(assignments, rest, &FLOCK, 1),
    }
}

/// Returns the words behind `--`, if that stands first.
fn after_dashes(words: &[Word]) -> &[Word] {
    match words.split_first() {
        Some((first, rest)) if first.text == "--" => rest,
        _ => words,
    }
}

fn has_letter(words: &[Word], letter: char) -> bool {
    words.iter().any(|word| word.may_be_option() && word.text.contains([letter, HOLE]))
}

/// Returns whether a file is no file but what comes from elsewhere.
fn is_device(file: &Word) -> bool {
    ["/dev/", "/proc/"].iter().any(|it| file.text.starts_with(it))
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

/// Returns the words behind a program's own options; `None` where that cannot be told: an option
/// that is not known may take the word behind it.
pub(super) fn skip_options<'a>(mut rest: &'a [Word], options: &Options) -> Option<&'a [Word]> {
    while let Some((word, after)) = rest.split_first() {
        if !word.may_be_option() {
            break;
        }
        if word.is_open() || word.may_be_several() {
            return None;
        }
        rest = after;
        let takes_next = match word.text.strip_prefix("--") {
            Some("") => break,
            Some(long) => match long.split_once('=') {
                Some((name, _)) => options.long_valued.contains(&name).then_some(false)?,
                None if options.long_flags.contains(&long) => false,
                None => options.long_valued.contains(&long).then_some(true)?,
            },
            None => takes_next(&word.text, options)?,
        };
        if takes_next {
            let (value, after) = rest.split_first()?;
            if value.may_be_several() {
                return None;
            }
            rest = after;
        }
    }
    Some(rest)
}

/// Returns whether the last letter of a cluster takes the next word; `None` if one is not known.
fn takes_next(cluster: &str, options: &Options) -> Option<bool> {
    let mut letters = cluster.strip_prefix('-')?.chars();
    while let Some(letter) = letters.next() {
        if options.valued.contains(letter) {
            return Some(letters.as_str().is_empty());
        }
        if !options.flags.contains(letter) {
            return None;
        }
    }
    Some(false)
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
    let Some(mut words) = skip_options(rest, &ENV) else {
        return Unwrapped::NotUnderstood;
    };
    let mut assignments = assignments.to_vec();
    while let Some((word, after)) = words.split_first()
        && let Some((name, value)) = word.text.split_once('=')
    {
        if word.may_be_several() {
            return Unwrapped::NotUnderstood;
        }
        assignments.push(Assignment { name: name.to_owned(), value: Word::from(value) });
        words = after;
    }
    if words.is_empty() { Unwrapped::Nothing } else { started(&assignments, words) }
}

fn xargs(assignments: &[Assignment], rest: &[Word]) -> Unwrapped {
    let Some(words) = skip_options(rest, &XARGS) else { return Unwrapped::NotUnderstood };
    let own = rest.get(..rest.len() - words.len()).unwrap_or_default();
    let placeholder = own.iter().enumerate().find_map(|(idx, word)| {
        let cluster = word.text.strip_prefix('-').filter(|it| !it.starts_with('-'))?;
        let (before, attached) = cluster.split_once('I')?;
        before.chars().all(|letter| XARGS.flags.contains(letter)).then_some(())?;
        if attached.is_empty() { Some(own.get(idx + 1)?.text.as_str()) } else { Some(attached) }
    });
    let mut words = words.to_vec();
    if words.is_empty() {
        words.push(Word::from("echo"));
    }
    match placeholder {
        Some(placeholder) if !placeholder.is_empty() => open(&mut words, placeholder),
        _ => words.push(Word::unknown_words()),
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
        if word.may_be_several() {
            return Unwrapped::NotUnderstood;
        }
        match letters {
            "o" | "O" => match words.split_first() {
                Some((value, after)) if !value.may_be_several() => words = after,
                _ => return Unwrapped::NotUnderstood,
            },
            "-login" | "-norc" | "-noprofile" | "-posix" => {}
            _ if letters.starts_with('-') || letters.contains(HOLE) => {
                return Unwrapped::NotUnderstood;
            }
            _ => {
                takes_code |= letters.contains('c');
                // Options with a value, in a cluster.
                if letters.contains(['o', 'O']) {
                    match words.split_first() {
                        Some((value, after)) if !value.may_be_several() => words = after,
                        _ => return Unwrapped::NotUnderstood,
                    }
                }
            }
        }
    }
    match words.first() {
        Some(code) if takes_code => script_of(std::slice::from_ref(code)),
        Some(word) if word.is_open() || is_device(word) => Unwrapped::NotUnderstood,
        Some(_) => Unwrapped::Nothing,
        // What it runs comes from its standard input.
        None => Unwrapped::NotUnderstood,
    }
}

fn script_of(words: &[Word]) -> Unwrapped {
    let text = words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
    let scripts = vec![Word::from(text.as_str())];
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

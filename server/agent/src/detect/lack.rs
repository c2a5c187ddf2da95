//! What an attempt was in want of and no model can bring: a program, a module, the network, a
//! login, a quota, room on the disk.
//!
//! Such trouble is operational: whoever stops at it and says so has not failed, and a stronger
//! model would stop there as well.

use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::{announcement::sentences, matches};
use crate::thinking::without_thinking;

/// Lines at the end of an output that are read.
const TAIL_LINES: usize = 20;

/// Longest name that is told to people, in bytes.
const NAME_BYTES: usize = 60;

/// Something that no model can bring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lack {
    /// A program that is not installed.
    Program(String),
    /// A module of a language that is not installed.
    Module(String),
    /// The network, or a host in it.
    Network,
    /// A login, a key or a password.
    Login,
    /// A quota, or a limit of calls in a time.
    Quota,
    /// Room on the disk.
    Disk,
}

impl Lack {
    /// Reads what a call that failed was in want of from what it printed.
    pub(super) fn read(output: &str) -> Option<Self> {
        let lines = || output.lines().rev().take(TAIL_LINES).map(str::trim);
        if let Some(program) = lines().find_map(|line| name_in(&NO_PROGRAM, line)) {
            // A script with an ending is somebody's own, and only called wrongly.
            return (!matches(&SCRIPT, program)).then(|| Self::Program(program.to_owned()));
        }
        let means: [(Self, &LazyLock<Option<Regex>>); 4] = [
            (Self::Network, &NO_NETWORK),
            (Self::Login, &NO_LOGIN),
            (Self::Quota, &NO_QUOTA),
            (Self::Disk, &NO_ROOM),
        ];
        for line in lines() {
            let lack = means.iter().find(|(_, regex)| matches(regex, line));
            if let Some((lack, _)) = lack {
                return Some(lack.clone());
            }
            if let Some(module) = name_in(&NO_MODULE, line) {
                return Some(Self::Module(module.to_owned()));
            }
            // What stands before the error that it ended with is only told.
            if matches(&LAST_ERROR, line) {
                return None;
            }
        }
        None
    }

    /// Returns whether it is a file or a folder of the project, by the texts that tell of those: a
    /// module of one's own is not installed, it is written.
    pub(super) fn is_own<'a>(&self, mut texts: impl Iterator<Item = &'a str>) -> bool {
        let Self::Module(name) = self else { return false };
        let places = [format!("{name}/"), format!("{name}.py"), format!("{name}.js")];
        let begins_name = |text: &str, at: usize| {
            let before = text.get(..at).and_then(|it| it.chars().next_back());
            !before.is_some_and(|it| it.is_alphanumeric() || "_-.".contains(it))
        };
        texts.any(|text| {
            places.iter().any(|place| {
                text.match_indices(place.as_str()).any(|(at, _)| begins_name(text, at))
            })
        })
    }

    /// Returns whether a request asks for it by name, or for what cannot be had without it.
    pub(super) fn is_asked_for(&self, request: &str) -> bool {
        let name = match self {
            Self::Program(name) => name,
            // What is written with it has yet to be written.
            Self::Module(_) => return false,
            Self::Network | Self::Login | Self::Quota | Self::Disk => return true,
        };
        let mut words = request.split(|it: char| !it.is_alphanumeric() && !"-_.+".contains(it));
        words.any(|word| word.trim_matches('.').eq_ignore_ascii_case(name))
    }

    /// Returns whether an answer tells of it.
    fn is_told(&self, answer: &str) -> bool {
        let answer = without_thinking(answer).replace('\u{2019}', "'").to_lowercase();
        let tells = |sentence: &str| match self {
            Self::Program(name) => {
                sentence.contains(&name.to_lowercase()) && matches(&TELLS_OF_LACK, sentence)
            }
            Self::Module(name) => {
                sentence.contains(&name.to_lowercase()) && matches(&TELLS_OF_INSTALLING, &answer)
            }
            Self::Network => {
                matches(&TELLS_OF_NETWORK, sentence) && matches(&TELLS_OF_LACK, sentence)
            }
            Self::Login => matches(&TELLS_OF_LOGIN, sentence),
            Self::Quota => matches(&TELLS_OF_QUOTA, sentence),
            Self::Disk => matches(&TELLS_OF_DISK, sentence),
        };
        answer.lines().flat_map(sentences).any(tells)
    }

    /// Returns what is missing and what to do about it, for a person; it begins within a sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::Program(name) => format!(
                "`{name}` is not installed, and it would lack it as well. Install it, or ask for \
                 another way."
            ),
            Self::Module(name) => format!(
                "the module `{name}` is not installed, and it would lack it as well. Install it, \
                 or ask for another way."
            ),
            Self::Network => "a host or the network was out of reach, and would be for it as \
                well. Ask again when it is there; `sandbox.network` says whether commands may \
                use it."
                .to_owned(),
            Self::Login => "a login or a key was refused, and it has no other. See to that and \
                ask again."
                .to_owned(),
            Self::Quota => "a quota or a rate limit is used up, and it has the same. Ask again \
                later, or raise it."
                .to_owned(),
            Self::Disk => "there is no space left on the disk. Make some and ask again.".to_owned(),
        }
    }
}

/// What stands against an attempt, as far as it matters for whether it lacked something.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Trouble {
    /// What the call lacked; `None`: it failed by itself.
    pub(super) lack: Option<Lack>,
    /// Whether no later call did anything that worked; looking does nothing.
    pub(super) is_left: bool,
    /// Whether no later call made good for it.
    pub(super) is_open: bool,
    /// Whether it counts for more than a trial does.
    pub(super) is_grave: bool,
}

/// Returns what an attempt lacked, where nothing but such trouble was left at its end; `gives_up`:
/// the answer says that it was not done.
pub(super) fn lack_of(
    troubles: &[Trouble],
    request: &str,
    answer: &str,
    gives_up: bool,
) -> Option<Lack> {
    if troubles.iter().any(|it| it.lack.is_none() && it.is_open && it.is_grave) {
        return None;
    }
    let mut left = troubles.iter().rev().filter(|it| it.is_left);
    left.find_map(|it| {
        let lack = it.lack.as_ref()?;
        // A module may be one that was to be written, as long as nobody speaks of installing it.
        let is_certain = !matches!(lack, Lack::Module(_));
        let is_plain = is_certain && it.is_open && (gives_up || lack.is_asked_for(request));
        (is_plain || lack.is_told(answer)).then(|| lack.clone())
    })
}

fn name_in<'a>(regex: &LazyLock<Option<Regex>>, line: &'a str) -> Option<&'a str> {
    let captures = regex.as_ref()?.captures(line)?;
    let name = captures.iter().skip(1).flatten().next()?.as_str();
    (name.len() <= NAME_BYTES).then_some(name)
}

static NO_PROGRAM: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        // Shells.
        r"^\S*sh(?:: (?:line )?\d+)?: ([A-Za-z0-9_.+-]+): (?:command )?not found$",
        r"|^\S+: line \d+: ([A-Za-z0-9_.+-]+): command not found$",
        r"|^(?:[\w./-]+: )?([A-Za-z0-9_.+-]+): command not found$",
        r"|^(?:zsh: )?command not found: ([A-Za-z0-9_.+-]+)$|^fish: Unknown command:? ([A-Za-z0-9_.+-]+)$",
        r"|^Command '([A-Za-z0-9_.+-]+)' not found\b",
        r"|^'([A-Za-z0-9_.+-]+)' is not recognized as an internal|^(?:\S+ : )?The term '([A-Za-z0-9_.+-]+)' is not recognized",
        // What runs programs.
        r"|^make(?:\[\d+\])?: ([A-Za-z0-9_.+-]+): (?:No such file or directory|Command not found)$",
        r"|^(?:/usr/bin/)?env: ['‘]?([A-Za-z0-9_.+-]+)['’]?: No such file or directory$",
        r"|^(?:xargs|nohup|timeout|nice|watch): (?:failed to run command )?['‘]?([A-Za-z0-9_.+-]+)['’]?: No such file or directory$",
        r#"|\bexec: "([A-Za-z0-9_.+-]+)": executable file not found in "#,
        r"|\bspawn ([A-Za-z0-9_.+-]+) ENOENT\b",
        r"|^([A-Za-z0-9_.+-]+) is not installed\.?$",
        // The tool that runs commands.
        r"|^([A-Za-z0-9_.+-]+): No such file or directory \(os error 2\)$",
    ))
    .ok()
});

static SCRIPT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^\.|\.(?:sh|bash|py|js|ts|rb|pl|php|lua|ps1|bat|cmd|out|bin)$").ok()
});

static NO_MODULE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"\bNo module named ['"]?(\w+)['"]?(?:$|\s*[;)])"#,
        r"|^(?:\w+: )?Error(?: \[\w+\])?: Cannot find (?:module|package) '((?:@[\w.-]+/)?[\w.-]*\w)'",
        r"|^there is no package called ['‘](\w+)['’]",
    ))
    .ok()
});

/// The error that a program of some language ended with.
static LAST_ERROR: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(?:[A-Za-z_][\w.]*)?(?:Error|Exception)(?::|$)|^error\[\w+\]|^panic: ").ok()
});

static NO_NETWORK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)could not resolve (?:host|proxy)|temporary failure in name resolution|name or service not known",
        r"|network is unreachable|no route to host|\bgetaddrinfo\b|\bEAI_AGAIN\b|\bENOTFOUND\b",
    ))
    .ok()
});

static NO_LOGIN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:invalid|incorrect) api key\b|\b401 unauthorized\b",
        r"|\bExpiredToken\b|\btoken (?:has|is) expired\b|\bcode E401\b|\bincorrect or missing password\b",
        r"|\bauthentication failed for '|\bpermission denied \(publickey|\breturned error: 407\b",
        r"|^sudo: a (?:password|terminal) is required|^sudo: no tty present",
    ))
    .ok()
});

static NO_QUOTA: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:quota|rate limit) exceeded\b|\binsufficient_quota\b",
        r"|\breturned error: 429\b|\b429:? too many requests\b",
    ))
    .ok()
});

static NO_ROOM: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\bno space left on device\b|\bENOSPC\b").ok());

/// Words of somebody who says that something is not there.
static TELLS_OF_LACK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"\b(?:not|no|cannot|unable|missing|unavailable|absent|lacks?|without|needs?|requires?|install(?:ed|ing)?",
        r"|failed|fails|offline|unreachable|refused|denied|blocked)\b|n't\b",
    ))
    .ok()
});

static TELLS_OF_INSTALLING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"\binstall(?:ed|ing)?\b|\b(?:pip|conda|poetry|npm|yarn|pnpm)\b|\bmissing (?:\w+ )?(?:module|package|dependency|library)\b",
        r"|\bnot available\b|\b(?:network|internet|offline)\b",
    ))
    .ok()
});

static TELLS_OF_NETWORK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\b(?:network|internet|offline|online|dns|hosts?|resolved?|connect(?:ion|ed|ivity)?|reach(?:ed|able)?|unreachable|downloads?|proxy|servers?)\b").ok()
});

static TELLS_OF_LOGIN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\b(?:logins?|log(?:ged)? in|credentials?|passwords?|tokens?|keys?|auth\w*|unauthorized|401|407|permissions?|root|sudo|denied|refuse[sd])\b").ok()
});

static TELLS_OF_QUOTA: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b(?:quotas?|limits?|limited|429|too many)\b").ok());

static TELLS_OF_DISK: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b(?:disks?|space|full|room)\b").ok());

#[cfg(test)]
mod tests {
    use super::Lack;

    #[test]
    fn a_program_that_is_not_there_is_named() {
        for output in [
            "bash: line 1: jq: command not found",
            "-bash: jq: command not found",
            "bash: jq: command not found",
            "sh: 1: jq: not found",
            "/bin/sh: jq: not found",
            "./run.sh: line 3: jq: command not found",
            "sudo: jq: command not found",
            "zsh: command not found: jq",
            "fish: Unknown command: jq",
            "Command 'jq' not found, but can be installed with:\napt install jq",
            "'jq' is not recognized as an internal or external command,\noperable program or batch file.",
            "jq : The term 'jq' is not recognized as the name of a cmdlet",
            "make: jq: No such file or directory\nmake: *** [Makefile:2: all] Error 127",
            "/usr/bin/env: ‘jq’: No such file or directory",
            "env: jq: No such file or directory",
            "xargs: jq: No such file or directory",
            "timeout: failed to run command ‘jq’: No such file or directory",
            "exec: \"jq\": executable file not found in $PATH",
            "Error: spawn jq ENOENT",
            "exit code: 127\njq: No such file or directory (os error 2)",
        ] {
            assert_eq!(Lack::read(output), Some(Lack::Program("jq".to_owned())), "{output}");
        }
        for output in [
            "bash: ./jq: No such file or directory",
            "bash: count.sh: command not found",
            "cat: jq: No such file or directory",
            "a.md:3: the command was not found",
            "wc: unrecognized option '--rows'",
        ] {
            assert_eq!(Lack::read(output), None, "{output}");
        }
    }

    #[test]
    fn a_module_that_is_not_installed_is_named() {
        for (output, name) in [
            ("Traceback\nModuleNotFoundError: No module named 'numpy'", "numpy"),
            ("ImportError: No module named numpy", "numpy"),
            ("/usr/bin/python3: No module named pytest", "pytest"),
            ("Error: Cannot find module 'express'\nRequire stack:\n- /w/a.js", "express"),
            (
                "Error [ERR_MODULE_NOT_FOUND]: Cannot find package '@a/b' imported from /w/a.mjs",
                "@a/b",
            ),
        ] {
            assert_eq!(Lack::read(output), Some(Lack::Module(name.to_owned())), "{output}");
        }
        for output in [
            "ModuleNotFoundError: No module named 'app.views'",
            "ImportError: cannot import name 'rows' from 'table'",
            "Error: Cannot find module './table'",
            "Error: Cannot find module '/w/table.js'",
        ] {
            assert_eq!(Lack::read(output), None, "{output}");
        }
    }

    #[test]
    fn an_error_at_the_end_stands_for_itself() {
        let told = "log: 429 Too Many Requests seen 3 times\nlog: No module named numpy";
        let error = "Traceback (most recent call last):\nValueError: invalid literal for int()";
        assert_eq!(Lack::read(&format!("{told}\n{error}")), None);
        assert_eq!(Lack::read("429 Too Many Requests\nnot done"), Some(Lack::Quota));
        let network = "requests.exceptions.ConnectionError: Temporary failure in name resolution";
        assert_eq!(Lack::read(&format!("{error}\n{network}")), Some(Lack::Network));
    }

    #[test]
    fn a_module_of_ones_own_is_known_by_its_files() {
        let table = Lack::Module("table".to_owned());
        for text in ["table.py", "ls\nsrc/table.py", "{\"path\":\"table/__init__.py\"}"] {
            assert!(table.is_own(["", text].into_iter()), "{text}");
        }
        for text in ["a_table.py", "vegetable/a.py", "the table"] {
            assert!(!table.is_own([text].into_iter()), "{text}");
        }
        assert!(!Lack::Program("table".to_owned()).is_own(["table.py"].into_iter()));
    }
}

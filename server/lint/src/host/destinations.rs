//! Where the commands of remote shells and copies go.

use std::sync::LazyLock;

use regex::Regex;
use skill::Span;

use crate::{
    SkillFile,
    command_line::{
        SSH_VALUED_OPTIONS, Words, can_start_a_command, command_before, region_at, takes_next_word,
    },
    host::{HostPlace, Taker},
    lines::nearby_before,
    pattern::pattern,
};

static PROGRAM: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?<login>autossh|ssh-copy-id|ssh|sftp|mosh)(?:[ \t]|[ \t]*\\\r?\n)",
        r"|(?<copy>scp|rsync|sshfs)(?:[ \t]|[ \t]*\\\r?\n)",
        r"|(?<ping>ping6?)[ \t]",
    ))
});

/// Words in front of a program on its line that leave it the program that runs.
static WRAPPED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^\s*(?:[-*$>%]\s+|\d+[.)]\s+|[A-Za-z_]\w*=\S*\s+|(?:sudo|exec|time|nohup|then|do|else|if|!|",
        r"while|until|timeout \S+|sshpass(?: -\S+(?: \S+)?)?|env|caffeinate)\s+)*(?:\S*/)?$",
    ))
});

/// How a program takes hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grammar {
    /// Its first word that is no option.
    Login,
    /// Any word with a colon.
    Copy,
    /// The same, and only words that are hosts for sure.
    Ping,
}

/// Returns the destinations in `file`, in the order of the text.
pub(super) fn destinations(file: &SkillFile<'_>) -> Vec<HostPlace> {
    let mut places = Vec::new();
    for captures in PROGRAM.captures_iter(file.text()) {
        let Some(whole) = captures.get(0) else { continue };
        let grammar = if captures.name("login").is_some() {
            Grammar::Login
        } else if captures.name("copy").is_some() {
            Grammar::Copy
        } else {
            Grammar::Ping
        };
        command(file, whole.start(), grammar, &mut places);
    }
    places
}

fn command(file: &SkillFile<'_>, start: usize, grammar: Grammar, places: &mut Vec<HostPlace>) {
    let before = nearby_before(file.text(), start);
    if !can_start_a_command(before) {
        return;
    }
    let region = region_at(file, start);
    // In a sentence and in a comment, a word behind the program is mostly a word.
    let is_command = region.is_code && WRAPPED.is_match(command_before(before));
    let taker = if is_command { Taker::RemoteShell } else { Taker::Other };
    let text = region.span.of(file.text());
    let mut words = Words::of(text).skip(1);
    let valued = match grammar {
        Grammar::Login => SSH_VALUED_OPTIONS,
        Grammar::Copy => "cDFiJloPSXefBTM",
        Grammar::Ping => "ISMQ",
    };
    while let Some((word_start, word_end)) = words.next() {
        let word = text.get(word_start..word_end).unwrap_or_default();
        let span = Span::new(start + word_start, start + word_end);
        if word.starts_with('-') {
            if takes_next_word(word, valued) {
                let value = words.next();
                // The machine on the way.
                if let (Some((from, to)), true) = (value, word.ends_with('J')) {
                    let span = Span::new(start + from, start + to);
                    places.extend(destination(file.text(), span, Grammar::Login, taker));
                }
            }
            continue;
        }
        // The value of an option that is not known here: no machine is called by a number.
        if word.bytes().all(|it| it.is_ascii_digit()) {
            continue;
        }
        places.extend(destination(file.text(), span, grammar, taker));
        if grammar != Grammar::Copy {
            return;
        }
    }
}

/// `ana@forge:x`, `ssh://ana@forge:22/x`, `forge`
fn destination(text: &str, word: Span, grammar: Grammar, taker: Taker) -> Option<HostPlace> {
    let written = word.of(text);
    let bare = written.trim_matches(['"', '\'']);
    let mut start = word.start + written.find(bare)?;
    let mut rest = bare;
    if let Some(at) = rest.find("://") {
        start += at + 3;
        rest = rest.get(at + 3..)?;
    } else if grammar == Grammar::Copy {
        // A path may have a colon in it, and a drive has one letter.
        let colon = rest.find(':')?;
        let host = rest.get(..colon)?;
        if host.contains('/') || host.len() < 2 {
            return None;
        }
    }
    // An address of the sixth version.
    if grammar != Grammar::Copy && rest.matches(':').count() > 1 {
        return None;
    }
    let authority = rest.get(..rest.find([':', '/']).unwrap_or(rest.len()))?;
    let at = authority.rfind('@');
    let user = at.map(|at| Span::new(start, start + at));
    let host_start = start + at.map_or(0, |at| at + 1);
    let name = authority.get(at.map_or(0, |at| at + 1)..)?;
    let name = name.trim_end_matches(['.', ',', ')', '?', '!']);
    let span = Span::new(host_start, host_start + name.len());
    // A user tells a host from a word.
    let taker = if user.is_some() && grammar != Grammar::Ping { Taker::RemoteShell } else { taker };
    (!name.is_empty()).then_some(HostPlace { span, user, taker })
}

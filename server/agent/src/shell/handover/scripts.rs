//! Small languages whose scripts stand among a program's arguments.

use std::sync::LazyLock;

use regex::Regex;

use super::Handover;
use crate::shell::{HOLE, Word};

/// Edits in place, scripts in files, and script commands that run or write.
pub(super) fn sed(arguments: &[Word], found: &mut Vec<Handover>) {
    let mut has_script = false;
    let mut is_script_next = false;
    for word in arguments {
        let text = word.text.as_str();
        let is_script = if is_script_next {
            is_script_next = false;
            true
        } else if let Some(script) = text.strip_prefix("--expression=") {
            has_script = true;
            if !is_plain_sed(script) {
                found.push(Handover::Word(text.to_owned()));
            }
            continue;
        } else if matches!(text, "-e" | "-ne" | "-Ee" | "-re" | "--expression") {
            has_script = true;
            is_script_next = true;
            continue;
        } else if matches!(
            text,
            "-n" | "-E"
                | "-r"
                | "-s"
                | "-u"
                | "-z"
                | "-nE"
                | "-nr"
                | "-En"
                | "--quiet"
                | "--silent"
                | "--regexp-extended"
                | "--sandbox"
                | "--posix"
                | "--null-data"
        ) {
            continue;
        } else if word.may_be_option() {
            found.push(Handover::Word(text.to_owned()));
            continue;
        } else {
            !std::mem::replace(&mut has_script, true)
        };
        if is_script && !is_plain_sed(text) {
            found.push(Handover::Word(text.to_owned()));
        }
    }
}

/// Returns whether a script prints, deletes or replaces lines and does nothing else.
fn is_plain_sed(script: &str) -> bool {
    static PLAIN: LazyLock<Option<Regex>> = LazyLock::new(|| {
        // Whether a mark inside of brackets ends a pattern is another thing in each version.
        let sought = |mark: char| {
            let brackets = format!(r"\[\^?(?:[^\]\[{mark}\\\n]|\[:[a-z]+:\])+\]");
            format!(r"(?:[^{mark}\[\\\n]|\\[^\n]|{brackets})*")
        };
        let address = format!(r"(?:\d+|\$|/{}/I?)", sought('/'));
        let replace = ['/', '|', '#', ','].map(|mark| {
            let put = format!(r"(?:[^{mark}\\\n]|\\[^\n])*");
            format!(r"[{mark}]{}[{mark}]{put}[{mark}]", sought(mark))
        });
        let replace = format!("s(?:{})[gpiI0-9]*", replace.join("|"));
        let command =
            format!(r"\s*(?:{address}(?:,[+~]?{address})?)?\s*!?\s*(?:[pdq=]|{replace})\s*");
        Regex::new(&format!(r"\A{command}(?:[;\n]{command})*;?\z")).ok()
    });
    !script.contains(HOLE) && PLAIN.as_ref().is_some_and(|pattern| pattern.is_match(script))
}

/// Scripts in files and libraries, and script commands that run, read or write.
pub(super) fn awk(arguments: &[Word], found: &mut Vec<Handover>) {
    let mut is_value = false;
    let mut has_script = false;
    for word in arguments {
        let text = word.text.as_str();
        if word.may_split {
            found.push(Handover::Word(text.to_owned()));
            continue;
        }
        if std::mem::replace(&mut is_value, false) {
            continue;
        }
        if matches!(text, "-F" | "-v" | "--field-separator" | "--assign") {
            is_value = true;
        } else if text.starts_with("-F") || text.starts_with("-v") {
        } else {
            let is_script = !word.may_be_option() && !std::mem::replace(&mut has_script, true);
            let runs = is_script && (word.is_open() || !is_plain_awk(text));
            if word.may_be_option() || runs {
                found.push(Handover::Word(text.to_owned()));
            }
        }
    }
}

/// Returns whether a script only computes and prints: what it prints goes nowhere else, and a sign
/// behind no `print` compares.
fn is_plain_awk(script: &str) -> bool {
    let runs = ["system", "getline", "@", "close", "fflush"];
    let writes = script.split_once("print").is_some_and(|(_, after)| after.contains('>'));
    !writes && !runs.iter().any(|it| script.contains(it)) && !script.replace("||", "").contains('|')
}

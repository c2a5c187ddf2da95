//! Command lines in a text: where one can start, how far it reaches, and its words.

use skill::Span;

use crate::{
    SkillFile,
    char_boundary::floor,
    lines::{last_line, nearby_behind},
};

/// Options of `ssh` that take a value.
pub(crate) const SSH_VALUED_OPTIONS: &str = "BbcDEeFIiJLlmOoPpQRSWw";

/// The stretch of text that a command at some place can reach over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Region {
    /// From the place to the end of its block of code, its inline code or its line.
    pub(crate) span: Span,
    /// Whether it is code.
    pub(crate) is_code: bool,
}

/// The longest command, in bytes: quotes that are never closed make a command of all that follows.
const MAXIMUM_REGION: usize = 4_000;

/// Commands of providers that have an `ssh` of their own.
const PROVIDERS: [&str; 24] = [
    "fly",
    "flyctl",
    "gcloud",
    "tailscale",
    "limactl",
    "lima",
    "colima",
    "vagrant",
    "docker-machine",
    "minikube",
    "multipass",
    "heroku",
    "eb",
    "gh",
    "az",
    "doctl",
    "hcloud",
    "brev",
    "railway",
    "aws",
    "sky",
    "cf",
    "coder",
    "orb",
];

/// Returns how far a command that starts at `start` can reach.
pub(crate) fn region_at(file: &SkillFile<'_>, start: usize) -> Region {
    let text = file.text();
    let body = &file.document.body;
    let (end, is_code) = match (body.code_block_at(start), body.inline_code_at(start)) {
        (Some(block), _) => (block.content.end, true),
        (None, Some(code)) => {
            let ticks = code.span.of(text).bytes().rev().take(MAXIMUM_REGION);
            let n_ticks = ticks.take_while(|&it| it == b'`').count();
            (code.span.end.saturating_sub(n_ticks), true)
        }
        (None, None) => (start + nearby_behind(text, start).len(), false),
    };
    let end = end.min(floor(text, start + MAXIMUM_REGION));
    Region { span: Span::new(start, end), is_code }
}

/// Tells whether a command can start behind `before`, and is not one of a provider.
pub(crate) fn can_start_a_command(before: &str) -> bool {
    let line = last_line(before);
    if line.ends_with(|it: char| it.is_alphanumeric() || "_-.~@$%\\".contains(it)) {
        return false;
    }
    if line.ends_with('/') && !line.ends_with("bin/") {
        return false;
    }
    !command_before(line).split_whitespace().any(|word| PROVIDERS.contains(&word))
}

/// Returns what stands on `line` between the end of the previous command and its own end.
pub(crate) fn command_before(line: &str) -> &str {
    line.rsplit([';', '&', '|', '(', '`', '"', '\'']).next().unwrap_or_default()
}

/// Tells whether the value of the option `word` is the next word, for a program whose options
/// of one letter take a value if they are in `valued`.
pub(crate) fn takes_next_word(word: &str, valued: &str) -> bool {
    let Some(letters) = word.strip_prefix('-') else { return false };
    let first_valued = letters.find(|it| valued.contains(it));
    !letters.starts_with('-') && first_valued.is_some_and(|at| at + 1 == letters.len())
}

/// Takes blanks and continued line ends off the start.
pub(crate) fn without_blanks(text: &str) -> &str {
    let mut rest = text;
    loop {
        let trimmed = rest.trim_start_matches([' ', '\t', ',']);
        let next = ["\\\r\n", "\\\n"].iter().find_map(|it| trimmed.strip_prefix(it));
        match next {
            Some(next) => rest = next,
            None => return trimmed,
        }
    }
}

/// Words of one command with their offsets. A placeholder is one word, whatever stands in it.
#[derive(Debug, Clone)]
pub(crate) struct Words<'a> {
    region: &'a str,
    at: usize,
}

impl<'a> Words<'a> {
    /// Returns the words of the command at the start of `region`.
    pub(crate) const fn of(region: &'a str) -> Self {
        Self { region, at: 0 }
    }
}

impl Iterator for Words<'_> {
    type Item = (usize, usize);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.region.get(self.at..)?;
        let blanks = rest.len() - without_blanks(rest).len();
        let start = self.at + blanks;
        let word = self.region.get(start..)?;
        let mut closing: Vec<char> = Vec::new();
        let mut length = word.len();
        for (at, character) in word.char_indices() {
            match character {
                '\n' => {
                    length = at;
                    break;
                }
                it if closing.last() == Some(&it) => {
                    closing.pop();
                }
                '\'' | '"' => closing.push(character),
                '{' => closing.push('}'),
                '(' => closing.push(')'),
                '<' if word.get(at + 1..)?.starts_with(char::is_alphabetic) => closing.push('>'),
                it if closing.is_empty() && (it.is_whitespace() || ";|&<>)`".contains(it)) => {
                    length = at;
                    break;
                }
                _ => {}
            }
        }
        self.at = start + length;
        (length > 0).then_some((start, start + length))
    }
}

#[cfg(test)]
mod tests {
    use super::{SSH_VALUED_OPTIONS, Words, can_start_a_command, takes_next_word};

    #[track_caller]
    fn check(command: &str, expected: &[&str]) {
        let words: Vec<_> = Words::of(command).map(|(start, end)| &command[start..end]).collect();
        assert_eq!(words, expected);
    }

    #[test]
    fn words_end_at_blanks_and_commands_at_separators() {
        check("ssh -p 2222 größe 'a b'; c", &["ssh", "-p", "2222", "größe", "'a b'"]);
        check("ssh <your host> a | b", &["ssh", "<your host>", "a"]);
        check("scp a \\\r\n  b\nc", &["scp", "a", "b"]);
    }

    #[test]
    fn options_of_one_letter_may_be_joined_with_their_value() {
        assert!(takes_next_word("-p", SSH_VALUED_OPTIONS));
        assert!(takes_next_word("-fNL", SSH_VALUED_OPTIONS));
        for word in ["-p2222", "-tt", "--port", "-", "box"] {
            assert!(!takes_next_word(word, SSH_VALUED_OPTIONS), "{word}");
        }
    }

    #[test]
    fn commands_start_behind_blanks_and_separators() {
        for before in ["", "a\n", "a; ", "sudo ", "$(", "/usr/bin/"] {
            assert!(can_start_a_command(before), "{before}");
        }
        for before in ["open", "my-", "~/.", "fly ", "gcloud compute ", "x/"] {
            assert!(!can_start_a_command(before), "{before}");
        }
    }
}

//! The words of a remote shell's command line.

use crate::command_line::{SSH_VALUED_OPTIONS, Words, takes_next_word, without_blanks};

/// A remote shell's command line, taken apart. Offsets count from its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Remote<'a> {
    /// Just behind the host.
    pub(super) host_end: usize,
    /// What runs there, without the quotes around it.
    pub(super) script: &'a str,
    /// Whether it stood in quotes or in a here-document: then all of it runs there.
    pub(super) is_quoted: bool,
    /// Just behind the whole.
    pub(super) end: usize,
}

/// Takes a command line apart that starts with the remote shell's name; `None` if it only opens
/// a session.
pub(super) fn remote(region: &str) -> Option<Remote<'_>> {
    let mut words = Words::of(region);
    words.next()?;
    let host = loop {
        let (start, end) = words.next()?;
        let word = region.get(start..end)?;
        if !word.starts_with('-') || word == "-" {
            break (start, end);
        }
        if takes_next_word(word, SSH_VALUED_OPTIONS) {
            words.next()?;
        }
    };
    let host_end = host.1;
    let behind = region.get(host_end..)?;
    let skipped = behind.len() - without_blanks(behind).len();
    let command = behind.get(skipped..)?;
    let start = host_end + skipped;
    if let Some(marker) = command.strip_prefix("<<") {
        let (script, length) = here_document(marker)?;
        return Some(Remote { host_end, script, is_quoted: true, end: start + 2 + length });
    }
    let (script, is_quoted, length) = match quote(command) {
        Some(quote) => {
            let inner = command.get(quote.len()..)?;
            let script = inner.get(..end_of_quotes(inner, quote))?;
            (script, true, (script.len() + 2 * quote.len()).min(command.len()))
        }
        None => {
            let script = command.get(..end_of_command(command))?;
            (script, false, script.len())
        }
    };
    (!script.trim().is_empty()).then_some(Remote {
        host_end,
        script,
        is_quoted,
        end: start + length,
    })
}

fn quote(command: &str) -> Option<&'static str> {
    ["'", "\"", "\\\"", "\\'"].into_iter().find(|quote| command.starts_with(quote))
}

/// Where the closing quote is; the end if there is none.
fn end_of_quotes(inner: &str, quote: &str) -> usize {
    let mut at = 0;
    while let Some(found) = inner.get(at..).and_then(|rest| rest.find(quote)) {
        let end = at + found;
        let is_escaped = quote == "\"" && inner.get(..end).is_some_and(|it| it.ends_with('\\'));
        if !is_escaped {
            return end;
        }
        at = end + quote.len();
    }
    inner.len()
}

/// Where a command without quotes around it ends: with its line, or in front of the next one.
fn end_of_command(command: &str) -> usize {
    let mut quote = None;
    let mut previous = ' ';
    for (at, character) in command.char_indices() {
        match (quote, character) {
            (Some(open), it) if it == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(character),
            (None, '\n') if previous != '\\' => return at,
            (None, ';' | '|' | '&') => return at,
            (None, _) => {}
        }
        if character != '\r' {
            previous = character;
        }
    }
    command.len()
}

/// Returns the lines of a here-document and how far it reaches.
fn here_document(behind_marker: &str) -> Option<(&str, usize)> {
    let (head, _) = behind_marker.split_once('\n')?;
    let name = head.trim_start_matches('-').trim().split([' ', '>', '|']).next()?;
    let name = name.trim_matches(['\'', '"', '\\']);
    let content_start = head.len() + 1;
    let content = behind_marker.get(content_start..)?;
    let mut length = 0;
    for line in content.split_inclusive('\n') {
        if line.trim() == name {
            break;
        }
        length += line.len();
    }
    Some((content.get(..length)?, content_start + length))
}

#[cfg(test)]
mod tests {
    use super::remote;

    #[track_caller]
    fn check(command: &str, host: &str, script: &str) {
        let remote = remote(command).unwrap();
        assert!(command[..remote.host_end].ends_with(host), "{remote:?}");
        assert_eq!(remote.script.trim(), script, "{command}");
    }

    #[test]
    fn options_stand_in_front_of_the_host() {
        check("ssh box uptime", "box", "uptime");
        check("ssh -p 2222 box uptime", "box", "uptime");
        check("ssh -p2222 -tt -o A=b box 'a; b'", "box", "a; b");
        check("ssh -fN -i ~/.ssh/k ana@box \"a && b\"", "ana@box", "a && b");
        check("ssh <your host> 'a'", "<your host>", "a");
        check("ssh \"${USER}@$(cat host)\" a", "\"${USER}@$(cat host)\"", "a");
    }

    #[test]
    fn a_command_ends_with_its_quotes_its_line_or_the_next_command() {
        check("ssh box 'a\nb' c\nd", "box", "a\nb");
        check("ssh box \"a \\\"b\\\" c\" d", "box", "a \\\"b\\\" c");
        check("ssh box a b; c", "box", "a b");
        check("ssh box a \"b; c\" | d", "box", "a \"b; c\"");
        check("ssh box \\\n  a \\\n  b\nc", "box", "a \\\n  b");
        check("ssh box <<'EOF'\na\nb\nEOF\nc", "box", "a\nb");
    }

    #[test]
    fn a_session_without_a_command_is_none() {
        for command in ["ssh box", "ssh box\nls", "ssh -N -L 80:localhost:80 box", "ssh"] {
            assert_eq!(remote(command), None, "{command}");
        }
    }
}

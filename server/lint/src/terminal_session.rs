//! Sessions of tmux and screen that a text goes into, and whether it also creates them.

use std::{collections::BTreeSet, sync::LazyLock};

use regex::Regex;
use skill::Span;

use crate::{
    SkillFile,
    advice::is_advised_against,
    command_line::{Words, can_start_a_command, region_at, takes_next_word},
    lines::nearby_behind,
    pattern::pattern,
};

/// A session that a command goes into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TerminalSession<'a> {
    /// The name alone, without a window or a pane.
    pub(crate) span: Span,
    /// The name as written.
    pub(crate) name: &'a str,
}

static PROGRAM: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?<tmux>tmux)[ \t]|(?<screen>screen)[ \t]+-"));

/// Commands of `tmux` that take a session that is there already.
const ENTERING_COMMANDS: [&str; 32] = [
    "a",
    "at",
    "attach",
    "attach-session",
    "capture-pane",
    "capturep",
    "clear-history",
    "display",
    "display-message",
    "has",
    "has-session",
    "kill-pane",
    "kill-session",
    "kill-window",
    "list-panes",
    "list-windows",
    "lsp",
    "lsw",
    "new-window",
    "neww",
    "paste-buffer",
    "pipe-pane",
    "respawn-pane",
    "respawn-window",
    "select-pane",
    "select-window",
    "send",
    "send-keys",
    "split-window",
    "splitw",
    "switch-client",
    "switchc",
];

/// Options of `tmux` itself that take a value.
const TMUX_VALUED_OPTIONS: &str = "cfLST";

/// Names in prose: "the tmux session `x`".
static NAMED_IN_PROSE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?:tmux|[Ss]creen) (?i:session),? (?:(?:named|called|name) )?",
        r"`(?<name>[A-Za-z0-9][\w.-]*)`",
    ))
});

/// A session's name where it is created or handed to a script, and what shows that it goes on
/// with a variable.
static CREATION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?:",
        r"--(?:[a-z]+-)?(?:session|name)(?:-name|-id)?[ =]",
        r"|\s-[A-Za-z]*s[ \t]+",
        r"|(?<screen>\bscreen\b[^\n]{0,80}?[ \t]-[A-Za-z]*S[ \t]+)",
        r"|\brename(?:-session)?[ \t]+(?:-t[ \t]+\S+[ \t]+)?",
        r"|(?i:\bsess(?:ion)?(?:[_-]?name)?[\x22']?[ \t]*[:=][ \t]*)",
        r"|(?i:\b(?:creat|start|open|spawn|launch|mak|new)\w*\s[^\n.;`]{0,40}\bsession\b[^\n.;`]{0,20}`)",
        r")[\x22'`]?(?<name>[A-Za-z0-9][\w-]*)(?<variable>[$<{])?",
    ))
});

/// Returns the places where `file` goes into a session that nothing in it creates, in the order
/// of the text. Variables and placeholders are left out.
pub(crate) fn foreign_sessions<'a>(file: &SkillFile<'a>) -> Vec<TerminalSession<'a>> {
    let text = file.text();
    if !text.contains("tmux") && !text.contains("screen") {
        return Vec::new();
    }
    let in_commands = PROGRAM.captures_iter(text).filter_map(|captures| {
        let start = captures.get(0)?.start();
        session_of_command(file, start, captures.name("tmux").is_some())
    });
    let in_prose = NAMED_IN_PROSE.captures_iter(text).filter_map(|captures| {
        let name = captures.name("name")?;
        Some(Span::new(name.start(), name.end()))
    });
    let mut spans: Vec<Span> = in_commands.chain(in_prose).collect();
    spans.retain(|span| is_literal(span.of(text)));
    if spans.is_empty() {
        return Vec::new();
    }
    let created = Created::by(text);
    spans.sort_unstable();
    spans.dedup();
    spans
        .into_iter()
        .map(|span| TerminalSession { span, name: span.of(text) })
        .filter(|session| !created.has(session.name))
        .filter(|session| !is_advised_against(file, session.span))
        .collect()
}

fn session_of_command(file: &SkillFile<'_>, start: usize, is_tmux: bool) -> Option<Span> {
    let text = file.text();
    if !can_start_a_command(text.get(..start)?) {
        return None;
    }
    let region = region_at(file, start).span.of(text);
    let (at, end) = if is_tmux { tmux_target(region)? } else { screen_target(region)? };
    let word = region.get(at..end)?;
    let bare = word.trim_matches(['"', '\'']).trim_start_matches('=');
    let bare_start = at + word.find(bare)?;
    // Behind the session of tmux come a window and a pane; that of screen may have its process in
    // front.
    let name = if is_tmux { bare.split([':', '.']).next()? } else { bare };
    let name = name.trim_end_matches([',', ')', '.']);
    let end = bare_start + name.len();
    // `$SESSION`, `<name>`, `job-$n`: what goes on behind the name is part of it.
    let behind = bare.get(name.len()..)?;
    let is_whole = behind.is_empty() || behind.starts_with([':', '.', ',', ')']);
    (is_whole && !name.is_empty()).then(|| Span::new(start + bare_start, start + end))
}

/// `tmux -L socket attach -t name`
fn tmux_target(region: &str) -> Option<(usize, usize)> {
    let mut words = Words::of(region);
    words.next()?;
    let command = loop {
        let (start, end) = words.next()?;
        let word = region.get(start..end)?;
        if !word.starts_with('-') {
            break word;
        }
        if takes_next_word(word, TMUX_VALUED_OPTIONS) {
            words.next()?;
        }
    };
    if !ENTERING_COMMANDS.contains(&command) {
        return None;
    }
    loop {
        let (start, end) = words.next()?;
        let word = region.get(start..end)?;
        let is_option = word.starts_with('-') && !word.starts_with("--");
        if is_option && word.ends_with('t') && word.len() <= 4 {
            return words.next();
        }
        if is_option && word.starts_with("-t") {
            return Some((start + 2, end));
        }
    }
}

/// `screen -r name`, `screen -S name -X stuff`
fn screen_target(region: &str) -> Option<(usize, usize)> {
    let mut words = Words::of(region);
    words.next()?;
    let mut named = None;
    let mut is_entered = false;
    let mut is_detached = false;
    while let Some((start, end)) = words.next() {
        let word = region.get(start..end)?;
        match word.strip_prefix('-') {
            Some("S") => named = words.next(),
            Some("X" | "Q") if named.is_some() => return named,
            Some("d" | "D" | "dr" | "Dr" | "DR" | "dR" | "rd" | "r" | "R" | "RR" | "x" | "xR") => {
                is_entered = true;
            }
            Some(letters) => is_detached |= letters.contains('m'),
            None if is_entered && !is_detached => return Some((start, end)),
            None => return None,
        }
    }
    None
}

/// Tells whether `name` is one session's: no placeholder, no number that tmux gave out.
fn is_literal(name: &str) -> bool {
    const PLACEHOLDERS: [&str; 18] = [
        "name", "session", "sess", "target", "example", "foo", "bar", "baz", "test", "demo", "id",
        "pid", "tty", "host", "window", "pane", "x", "xxx",
    ];
    let lower = name.to_lowercase();
    let words = || lower.split(['-', '_', '.']).filter(|word| !word.is_empty());
    let is_placeholder = words()
        .all(|word| PLACEHOLDERS.contains(&word) || word.bytes().all(|it| it.is_ascii_digit()))
        || words().any(|word| matches!(word, "my" | "your" | "some" | "any" | "the"))
        || ["my", "your"].iter().any(|own| {
            lower.strip_prefix(own).is_some_and(|rest| matches!(rest, "session" | "app" | "name"))
        });
    let is_variable = name.chars().all(|it| it.is_ascii_uppercase() || it == '_');
    let is_word = name.starts_with(|it: char| it.is_alphanumeric())
        && name.chars().all(|it| it.is_alphanumeric() || matches!(it, '-' | '_' | '+' | '@' | '.'));
    is_word && !is_placeholder && !is_variable
}

/// The sessions that a text creates.
struct Created<'a> {
    names: BTreeSet<&'a str>,
    /// Beginnings of names that go on with a variable: `job-` of `job-$n`.
    stems: BTreeSet<&'a str>,
}

impl<'a> Created<'a> {
    fn by(text: &'a str) -> Self {
        let mut created = Self { names: BTreeSet::new(), stems: BTreeSet::new() };
        for captures in CREATION.captures_iter(text) {
            let Some(name) = captures.name("name") else { continue };
            let line_behind = nearby_behind(text, name.end());
            // `screen -S name -X …` talks to a session that is there.
            let is_talk = captures.name("screen").is_some()
                && line_behind.split_whitespace().any(|word| matches!(word, "-X" | "-Q"));
            if captures.name("variable").is_some() {
                created.stems.insert(name.as_str());
            } else if !is_talk {
                created.names.insert(name.as_str());
            }
        }
        created
    }

    fn has(&self, name: &str) -> bool {
        let mut beginnings = name.char_indices().filter_map(|(at, _)| name.get(..at));
        let behind_process = name.split_once('.').map_or(name, |(_, name)| name);
        self.names.contains(name)
            || self.names.contains(behind_process)
            || beginnings.any(|it| self.stems.contains(it))
    }
}

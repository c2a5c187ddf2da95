//! Commands that start something long-running on another machine, by hand.

mod command_line;
mod programs;

use std::sync::LazyLock;

use regex::Regex;
use skill::Span;

use crate::{
    SkillFile,
    advice::{is_advised_against, line_around, sentence_before},
    pattern::pattern,
};

/// A command for another machine that starts something there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RemoteLaunch<'a> {
    /// The way to the machine: `ssh -p 2222 gpu-box`.
    pub(crate) span: Span,
    /// The whole command, with what runs there.
    pub(crate) command: &'a str,
    /// What starts it or is started: `tmux`, `vllm`.
    pub(crate) program: &'a str,
}

static REMOTE_SHELL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?:auto)?ssh[ \t]|mosh[ \t]|ssh[ \t]*\\\r?\n"));

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

/// Words of advice against what follows in the same clause.
static ADVICE_AGAINST: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)\b(?:never|don['’]t|do not|not|avoid|instead of|rather than|without|",
        r"replaces?|forbidden|no (?:direct|raw|bare|manual))\b[^;:]{0,60}$",
    ))
});

/// Returns the remote launches in `file`, in the order of the text.
pub(crate) fn remote_launches<'a>(file: &SkillFile<'a>) -> Vec<RemoteLaunch<'a>> {
    let text = file.text();
    REMOTE_SHELL
        .find_iter(text)
        .filter_map(|found| launch_at(file, found.start()))
        .filter(|launch| !is_advised_against(file, launch.span) && !is_refused(file, launch.span))
        .collect()
}

fn launch_at<'a>(file: &SkillFile<'a>, start: usize) -> Option<RemoteLaunch<'a>> {
    let text = file.text();
    let body = &file.document.body;
    let (region_end, is_code) = match (body.code_block_at(start), body.inline_code_at(start)) {
        (Some(block), _) => (block.content.end, true),
        (None, Some(code)) => {
            let n_ticks = code.span.of(text).chars().rev().take_while(|&it| it == '`').count();
            (code.span.end.saturating_sub(n_ticks), true)
        }
        (None, None) => (line_around(text, start).end, false),
    };
    if !is_command(text.get(..start)?) {
        return None;
    }
    let region = Span::new(start, region_end).of(text);
    let remote = command_line::remote(region)?;
    // In prose, quotes tell a command from a sentence about one.
    if !is_code && !remote.is_quoted {
        return None;
    }
    let program = programs::started(remote.script, remote.is_quoted)?;
    Some(RemoteLaunch {
        span: Span::new(start, start + remote.host_end),
        command: region.get(..remote.end)?.trim_end(),
        program,
    })
}

/// Tells whether a command can start behind `before`, and is not one of a provider.
fn is_command(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default();
    if line.ends_with(|it: char| it.is_alphanumeric() || "_-.~@$%\\".contains(it)) {
        return false;
    }
    if line.ends_with('/') && !line.ends_with("bin/") {
        return false;
    }
    let command = line.rsplit([';', '&', '|', '(', '`', '"', '\'']).next().unwrap_or_default();
    !command.split_whitespace().any(|word| PROVIDERS.contains(&word))
}

/// Advice against this way of starting things, in a sentence.
fn is_refused(file: &SkillFile<'_>, span: Span) -> bool {
    let is_prose = file.document.body.code_block_at(span.start).is_none();
    is_prose && ADVICE_AGAINST.is_match(sentence_before(file.text(), span.start))
}

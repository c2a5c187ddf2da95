//! Commands that start something long-running on another machine, by hand.

mod command_line;
mod programs;

use std::sync::LazyLock;

use regex::Regex;
use skill::Span;

use crate::{
    SkillFile,
    advice::{is_advised_against, is_refused},
    command_line::{can_start_a_command, region_at},
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

impl RemoteLaunch<'_> {
    /// Returns where the whole command stands.
    pub(crate) const fn whole(&self) -> Span {
        Span::new(self.span.start, self.span.start + self.command.len())
    }
}

static REMOTE_SHELL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?:auto)?ssh[ \t]|mosh[ \t]|ssh[ \t]*\\\r?\n"));

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
    let region = region_at(file, start);
    if !can_start_a_command(text.get(..start)?) {
        return None;
    }
    let words = region.span.of(text);
    let remote = command_line::remote(words)?;
    // In prose, quotes tell a command from a sentence about one.
    if !region.is_code && !remote.is_quoted {
        return None;
    }
    let program = programs::started(remote.script, remote.is_quoted)?;
    Some(RemoteLaunch {
        span: Span::new(start, start + remote.host_end),
        command: words.get(..remote.end)?.trim_end(),
        program,
    })
}

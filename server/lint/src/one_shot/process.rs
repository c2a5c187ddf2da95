//! Numbers of processes and of jobs in a queue.

use std::sync::LazyLock;

use regex::Regex;
use skill::Span;

use crate::{
    SkillFile,
    char_boundary::floor,
    one_shot::{OneShot, OneShotKind, is_prose_or_command, sample::is_sample_number},
    pattern::pattern,
};

static LITERALS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"PID|pid|kill|renice|strace|gdb|scancel|scontrol|sacct|squeue"));

static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^(?:(?:PID|pid)(?:\s+(?:is|was|of))?[ =:]{1,2}`?",
        r"|kill(?:\s+-{1,2}[A-Za-z0-9]+)*\s+|renice(?:\s+-?\S+)*?\s+-p\s+|(?:strace|gdb)\s+(?:-\S+\s+)*-p\s*",
        r"|scancel\s+|scontrol\s+\w+\s+(?:job\s+)?|(?:sacct|squeue)\s+(?:-\S+\s+)*?(?:-j|--jobs?)[ =]",
        r")(?<number>\d{3,9})(?-u:\b)",
    ))
});

/// How far a number may be from the word in front of it, in bytes.
const MAXIMUM_LENGTH: usize = 60;

/// Returns the numbers of processes and jobs that steps and commands of `file` name.
pub(super) fn processes(file: &SkillFile<'_>) -> Vec<OneShot> {
    let text = file.text();
    LITERALS
        .find_iter(text)
        .filter_map(|word| {
            let before = text.get(..word.start())?.chars().next_back();
            let is_inside = before.is_some_and(|it| it.is_alphanumeric() || it == '_' || it == '$');
            // Most texts are full of "skill".
            if is_inside {
                return None;
            }
            let behind = text.get(word.start()..)?;
            let line = behind.get(..floor(behind, MAXIMUM_LENGTH))?.lines().next()?;
            let captures = NUMBER.captures(line)?;
            let number = captures.name("number")?;
            let start = word.start() + number.start();
            let span = Span::new(start, start + number.len());
            let is_real = !is_sample_number(number.as_str()) && is_prose_or_command(file, start);
            is_real.then_some(OneShot { span, kind: OneShotKind::Process })
        })
        .collect()
}

//! Ids that commands take of what is there once: a container, a run of a forge, a cloud's resource.

use std::sync::LazyLock;

use regex::Regex;
use skill::Span;

use crate::{
    SkillFile,
    lines::{lines_with, nearby_before},
    one_shot::{OneShot, OneShotKind, is_prose_or_command, sample::is_sample},
    pattern::pattern,
};

static SIGN: LazyLock<Regex> = LazyLock::new(|| pattern(r"gh run |docker |podman "));

static COMMAND: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?:gh run (?:view|watch|rerun|download|cancel|delete)\s+(?:-\S+\s+)*(?<run>\d{9,12})",
        r"|(?:docker|podman) (?:container )?(?:logs|exec|stop|start|restart|kill|rm|inspect|attach|top|stats|wait)",
        r"\s+(?:-\S+\s+)*(?<container>[0-9a-f]{64}|[0-9a-f]{12}))(?-u:\b)",
    ))
});

/// The kinds of resources that a cloud numbers with 17 hexadecimal digits, of which the first is
/// nought. Images are the same for everybody.
const RESOURCES: [&str; 10] =
    ["i", "vol", "sg", "subnet", "vpc", "snap", "eni", "rtb", "igw", "fs"];

/// Returns such ids in `file`, in no order.
pub(super) fn ids(file: &SkillFile<'_>) -> Vec<OneShot> {
    let text = file.text();
    let mut spans: Vec<Span> = Vec::new();
    for line in lines_with(text, SIGN.find_iter(text).map(|found| found.start())) {
        spans.extend(COMMAND.captures_iter(line.of(text)).filter_map(|captures| {
            let id = captures.name("run").or(captures.name("container"))?;
            let has_digit = id.as_str().bytes().any(|it| it.is_ascii_digit());
            has_digit.then(|| Span::new(line.start + id.start(), line.start + id.end()))
        }));
    }
    spans.extend(text.match_indices("-0").filter_map(|(at, _)| resource(file, at)));
    spans
        .into_iter()
        .filter(|span| !is_sample(span.of(text)) && is_prose_or_command(file, span.start))
        .map(|span| OneShot { span, kind: OneShotKind::Identifier })
        .collect()
}

/// A resource whose kind ends at `hyphen`, in a command with such options.
fn resource(file: &SkillFile<'_>, hyphen: usize) -> Option<Span> {
    const LENGTH: usize = 17;
    let text = file.text();
    let digits = text.get(hyphen + 1..hyphen + 1 + LENGTH)?;
    let is_id = digits.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
    let before = text.get(..hyphen)?;
    let kind_start = before.trim_end_matches(|it: char| it.is_ascii_lowercase()).len();
    let is_kind = RESOURCES.contains(&before.get(kind_start..)?);
    let is_part = |it: char| it.is_alphanumeric() || matches!(it, '-' | '_');
    let goes_on = text.get(hyphen + 1 + LENGTH..)?.starts_with(is_part);
    let is_inside = before.get(..kind_start)?.ends_with(is_part);
    let span = Span::new(kind_start, hyphen + 1 + LENGTH);
    let is_shaped = is_id && is_kind && !goes_on && !is_inside;
    (is_shaped && nearby_before(text, kind_start).contains("aws ")).then_some(span)
}

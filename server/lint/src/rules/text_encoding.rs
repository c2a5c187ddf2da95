//! `text/encoding`: bytes that are not what a plain text has.

use std::collections::BTreeMap;

use skill::{Span, TextEdit};

use crate::{Fix, Level, Problem, Rule, Safety, SkillFile};

pub(super) static RULE: Rule = Rule {
    code: "text/encoding",
    level: Level::Warning,
    summary: "a byte order mark, mixed line ends, control characters, or no UTF-8",
    page: include_str!("../../../preceptor/guide/rules/text/encoding.md"),
    check,
};

/// What stands for bytes that are no UTF-8. Nobody writes it by hand outside of code about text.
const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

const BYTE_ORDER_MARK: char = '\u{feff}';

fn check(file: &SkillFile<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(byte_order_mark(file.text()));
    let undecoded = undecoded(file);
    // What could not be decoded is told at the characters, unless it is the whole file.
    let flaw = file.flaw.filter(|flaw| undecoded.is_none() || flaw.span.is_empty());
    problems.extend(flaw.map(|flaw| Problem::new(flaw.span, flaw.message)));
    problems.extend(undecoded);
    problems.extend(mixed_line_ends(file.text()));
    problems.extend(control_characters(file));
    problems
}

fn byte_order_mark(text: &str) -> Option<Problem> {
    let span = Span::new(0, BYTE_ORDER_MARK.len_utf8());
    text.starts_with(BYTE_ORDER_MARK).then(|| {
        let message = "The file starts with a byte order mark, which nobody sees: clients that do \
                       not expect it find no frontmatter";
        Problem::new(span, message).with_fix(Fix {
            title: "Remove the byte order mark".to_owned(),
            edits: vec![TextEdit::delete(span)],
            safety: Safety::Safe,
        })
    })
}

fn undecoded(file: &SkillFile<'_>) -> Option<Problem> {
    let mut places = file
        .text()
        .match_indices(REPLACEMENT)
        .map(|(start, it)| Span::new(start, start + it.len()))
        .filter(|span| !is_code(file, span.start));
    let first = places.next()?;
    let message = "A character is lost here: U+FFFD stands for what was not UTF-8. Put the right one \
                   in, and save the file as UTF-8";
    let related: Vec<_> = places.map(|span| (span, "and here".to_owned())).collect();
    Some(Problem::new(first, message).with_related(related))
}

fn is_code(file: &SkillFile<'_>, offset: usize) -> bool {
    let body = &file.document.body;
    body.code_block_at(offset).is_some() || body.inline_code_at(offset).is_some()
}

/// The line ends of most lines win.
fn mixed_line_ends(text: &str) -> Option<Problem> {
    if !text.contains('\r') {
        return None;
    }
    let mut by_kind: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(['\n', '\r'])) {
        let start = at + found;
        let rest = text.get(start..).unwrap_or_default();
        let kind = ["\r\n", "\n", "\r"].into_iter().find(|kind| rest.starts_with(kind))?;
        at = start + kind.len();
        by_kind.entry(kind).or_default().push(Span::new(start, at));
    }
    let most = by_kind.iter().max_by_key(|(_, places)| places.len()).map(|(kind, _)| *kind)?;
    let mut others: Vec<Span> =
        by_kind.iter().filter(|(kind, _)| **kind != most).flat_map(|(_, it)| it).copied().collect();
    others.sort();
    let first = others.first()?;
    let message = format!(
        "The file mixes line ends: this one is {}, and most are {}. Tools that compare or edit \
         lines stumble over it",
        name_of(first.of(text)),
        name_of(most)
    );
    Some(Problem::new(*first, message).with_fix(Fix {
        title: format!("Make every line end {}", name_of(most)),
        edits: others.iter().map(|span| TextEdit::replace(*span, most)).collect(),
        safety: Safety::Safe,
    }))
}

fn name_of(line_end: &str) -> &'static str {
    match line_end {
        "\r\n" => "CRLF",
        "\r" => "CR",
        _ => "LF",
    }
}

fn control_characters(file: &SkillFile<'_>) -> Vec<Problem> {
    let text = file.text();
    if !may_have_control_characters(text.as_bytes()) {
        return Vec::new();
    }
    let mut places: BTreeMap<char, Vec<Span>> = BTreeMap::new();
    for (start, character) in text.char_indices().filter(|(_, it)| is_unwanted(*it)) {
        let span = Span::new(start, start + character.len_utf8());
        places.entry(character).or_default().push(span);
    }
    places.iter().filter_map(|(character, places)| unwanted(file, *character, places)).collect()
}

fn unwanted(file: &SkillFile<'_>, character: char, places: &[Span]) -> Option<Problem> {
    let (first, others) = places.split_first()?;
    let message = format!(
        "The control character U+{:04X} stands here, which nobody sees: remove it",
        u32::from(character)
    );
    // In code it may be what the code is about.
    let is_in_code = places.iter().any(|span| is_code(file, span.start));
    let related = others.iter().map(|span| (*span, "and here".to_owned()));
    Some(Problem::new(*first, message).with_related(related).with_fix(Fix {
        title: "Remove the control character".to_owned(),
        edits: places.iter().map(|span| TextEdit::delete(*span)).collect(),
        safety: if is_in_code { Safety::Unsafe } else { Safety::Safe },
    }))
}

fn is_unwanted(character: char) -> bool {
    character.is_control() && !matches!(character, '\t' | '\n' | '\r')
}

/// A look at bytes, many at a time: control characters beyond ASCII start with 0xC2.
fn may_have_control_characters(bytes: &[u8]) -> bool {
    bytes.chunks(256).any(|chunk| {
        // Without an early end, so that the compiler can look at many bytes at once.
        let n_found: u32 = chunk
            .iter()
            .map(|&byte| {
                let is_control = byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
                u32::from(is_control || byte == 0x7f || byte == 0xc2)
            })
            .sum();
        n_found > 0
    })
}

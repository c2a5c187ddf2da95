//! The comment that would suppress a finding.

use skill::{Frontmatter, SkillDocument, Span, TextEdit};

use crate::{line_end::line_end, lines::line_around};

/// Returns the edit that adds a suppression of `code` for what stands at `offset`.
///
/// The reason is left out: it is for a person to write, and until it is there the comment hides
/// nothing; its place is behind `: `. In prose the comment stands behind the line; above a block of code or a table, and
/// above a field of the frontmatter, it has a line of its own. What stands at a fence of the
/// frontmatter is about all of it, and the comment, behind the opening fence, is for the file. `None`
/// where no comment would be read: in another comment, at a definition of a link, and where the
/// frontmatter is not closed.
pub fn suppression_edit(document: &SkillDocument, offset: usize, code: &str) -> Option<TextEdit> {
    let text = &*document.text;
    let line_end = line_end(text);
    let line = line_around(text, offset);
    let frontmatter = document.frontmatter.as_ref();
    if let Some(frontmatter) = frontmatter.filter(|it| is_at_fence(it, offset)) {
        let comment = format!("# preceptor-ignore-file {code}: {line_end}");
        return frontmatter.closing.map(|_| TextEdit::insert(frontmatter.content.start, comment));
    }
    if let Some(frontmatter) = frontmatter.filter(|it| it.content.contains_offset(offset)) {
        let field = frontmatter.entries.iter().find(|it| {
            it.key_span.start <= offset && offset <= line_around(text, it.span().end).end
        });
        let above = field.map_or(line.start, |it| line_around(text, it.key_span.start).start);
        return Some(TextEdit::insert(above, format!("# preceptor-ignore {code}: {line_end}")));
    }
    let comments = &document.body.html_comments;
    let is_in_comment =
        comments.iter().any(|it| it.contains_offset(offset) && it.of(text).contains('\n'));
    let code_block = document.body.code_block_at(offset);
    let is_indented = code_block.is_some_and(|block| block.info.is_none());
    let code_block = code_block.map(|block| block.span);
    if is_in_comment || code_block.is_none() && is_definition(line.of(text)) {
        return None;
    }
    let comment = format!("<!-- preceptor-ignore {code}:  -->");
    let block = code_block.or_else(|| table_at(document, offset));
    let Some(block) = block else {
        let behind = line.start + line.of(text).trim_end().len();
        let space = if behind == line.start { "" } else { " " };
        return Some(TextEdit::insert(behind, format!("{space}{comment}")));
    };
    let first_line = line_around(text, block.start);
    let indent: String =
        first_line.of(text).chars().take_while(|it| matches!(it, ' ' | '\t')).collect();
    let indent = if is_indented { without_code_indent(&indent) } else { &indent };
    Some(TextEdit::insert(first_line.start, format!("{indent}{comment}{line_end}")))
}

/// What indents a block of code beyond the text around it is four spaces or a tab.
fn without_code_indent(indent: &str) -> &str {
    let outer = indent.strip_suffix("    ").or_else(|| indent.strip_suffix('\t'));
    outer.unwrap_or_default()
}

/// Tells whether a line defines where links lead: with a comment behind it, it would be a text.
fn is_definition(line: &str) -> bool {
    let label = line.trim_start().strip_prefix('[').and_then(|it| it.split_once("]:"));
    label.is_some_and(|(label, _)| !label.starts_with('^') && !label.contains(['[', ']']))
}

/// Tells whether a place is at a fence or in front of the opening one.
fn is_at_fence(frontmatter: &Frontmatter, offset: usize) -> bool {
    let closing = frontmatter.closing;
    offset < frontmatter.content.start
        || closing.is_some_and(|it| it.start <= offset && offset <= it.end)
}

/// A comment behind a row would be a cell.
fn table_at(document: &SkillDocument, offset: usize) -> Option<Span> {
    let line = line_around(&document.text, offset).of(&document.text);
    let may_be_row = line.contains('|');
    let blocks = if may_be_row { document.blocks() } else { Vec::new() };
    blocks.into_iter().rev().find(|block| {
        let written = block.of(&document.text);
        block.start <= offset
            && offset <= block.end
            && written.lines().nth(1).is_some_and(|it| it.contains('-') && is_delimiter_row(it))
    })
}

fn is_delimiter_row(line: &str) -> bool {
    line.chars().all(|it| matches!(it, '|' | '-' | ':' | ' ' | '\t'))
}

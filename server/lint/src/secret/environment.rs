//! How a place takes a value from the environment.

use skill::{CodeBlock, Span};

use crate::{
    SkillFile,
    lines::last_line,
    placeholder::is_prose,
    secret::{Secret, SecretKind},
    shell_place::{Place, shell_place},
};

/// Returns the environment variable for a secret: the name that the text gives it where that is
/// one already, else its provider's.
pub(crate) fn environment_name(secret: &Secret<'_>) -> String {
    let name = match secret.kind {
        SecretKind::Shaped(shape) => return shape.variable.to_owned(),
        SecretKind::PrivateKey => "PRIVATE_KEY",
        SecretKind::Named(name) => name.trim_matches(['-', '_']),
    };
    let mut variable = String::new();
    let mut last = '_';
    for it in name.chars() {
        if it.is_ascii_uppercase() && last.is_ascii_lowercase() {
            variable.push('_');
        }
        variable.push(if it.is_ascii_alphanumeric() { it.to_ascii_uppercase() } else { '_' });
        last = it;
    }
    match variable.as_str() {
        "BEARER" | "AUTHORIZATION" => "ACCESS_TOKEN".to_owned(),
        _ => variable,
    }
}

/// Returns what stands at the place of `span` and reads `variable`, with the text that it replaces:
/// in programs the quotation marks go too.
pub(crate) fn reading(file: &SkillFile<'_>, span: Span, variable: &str) -> (Span, String) {
    let text = file.text();
    let body = &file.document.body;
    if let Some(block) = body.code_block_at(span.start) {
        return in_block(text, block, span, variable);
    }
    let code = match body.inline_code_at(span.start) {
        Some(code) => {
            let before = Span::new(code.span.start, span.start).of(text);
            in_shell(text, last_line(before).trim_start_matches('`'), span, variable)
        }
        None if is_prose(file, span) && is_word(text, span) => format!("`${variable}`"),
        None => format!("${variable}"),
    };
    (span, code)
}

fn in_block(text: &str, block: &CodeBlock, span: Span, variable: &str) -> (Span, String) {
    let line = last_line(Span::new(block.content.start, span.start).of(text));
    let literal = literal_around(text, span);
    match (block.language().to_lowercase().as_str(), literal) {
        ("sh" | "bash" | "zsh" | "shell" | "console" | "terminal" | "shell-session" | "", _) => {
            (span, in_shell(text, line, span, variable))
        }
        ("powershell" | "pwsh" | "ps1", _) => (span, format!("$env:{variable}")),
        ("cmd" | "bat" | "batch", _) => (span, format!("%{variable}%")),
        ("python" | "py", Some(literal)) => (literal, format!("os.environ[\"{variable}\"]")),
        ("javascript" | "js" | "typescript" | "ts" | "jsx" | "tsx", Some(literal)) => {
            (literal, format!("process.env.{variable}"))
        }
        ("ruby" | "rb", Some(literal)) => (literal, format!("ENV.fetch(\"{variable}\")")),
        ("go" | "golang", Some(literal)) => (literal, format!("os.Getenv(\"{variable}\")")),
        _ => (span, format!("${{{variable}}}")),
    }
}

/// The string literal that is nothing but the text at `span`.
fn literal_around(text: &str, span: Span) -> Option<Span> {
    let mut before = text.get(..span.start)?.chars().rev();
    let quote = before.next().filter(|it| matches!(it, '"' | '\''))?;
    let has_prefix = before.next().is_some_and(|it| it.is_alphanumeric() || it == quote);
    let is_closed = text.get(span.end..)?.starts_with(quote);
    (is_closed && !has_prefix).then(|| Span::new(span.start - 1, span.end + 1))
}

/// A shell reads variables everywhere but between single quotes, which are closed for it.
fn in_shell(text: &str, line: &str, span: Span, variable: &str) -> String {
    let goes_on = text
        .get(span.end..)
        .is_some_and(|it| it.starts_with(|it: char| it.is_ascii_alphanumeric() || it == '_'));
    match (shell_place(line), goes_on) {
        (Place::SingleQuotes, _) => format!("'\"${variable}\"'"),
        (_, true) => format!("${{{variable}}}"),
        (_, false) => format!("${variable}"),
    }
}

fn is_word(text: &str, span: Span) -> bool {
    let before = text.get(..span.start).unwrap_or_default();
    let behind = text.get(span.end..).unwrap_or_default();
    before.ends_with(|it: char| it.is_whitespace() || it == '(')
        && behind.chars().next().is_none_or(|it| it.is_whitespace() || ".,;)!?".contains(it))
}

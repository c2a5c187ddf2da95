//! Keys, tokens and passwords that somebody left in a text.

mod address;
mod environment;
mod named;
mod randomness;
mod shapes;

use std::sync::LazyLock;

use regex::Regex;
use skill::Span;

use crate::{SkillFile, advice::is_advised_against, pattern::pattern, secret::shapes::Shape};

pub(crate) use crate::secret::environment::{environment_name, reading};

/// A secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Secret<'a> {
    /// The secret alone, without quotation marks.
    pub(crate) span: Span,
    /// How it was recognized.
    pub(crate) kind: SecretKind<'a>,
}

/// The ways to recognize a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SecretKind<'a> {
    /// It has the shape of a provider's keys.
    Shaped(&'static Shape),
    /// The text calls it so, by this name.
    Named(&'a str),
    /// The block of a private key.
    PrivateKey,
}

/// The block of a private key, also with written line ends.
static PRIVATE_KEY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"-----BEGIN (?:[A-Z]+ ){0,2}PRIVATE KEY(?: BLOCK)?-----(?:\s|\\n)*(?<body>[A-Za-z0-9+/=\s\\]{60,8192}?)",
        r"(?:-----END (?:[A-Z]+ ){0,2}PRIVATE KEY(?: BLOCK)?-----)",
    ))
});

/// Returns the secrets in `file`, in the order of the text; none stands inside another.
pub(crate) fn secrets<'a>(file: &SkillFile<'a>) -> Vec<Secret<'a>> {
    let text = file.text();
    let mut secrets: Vec<Secret<'a>> = Vec::new();
    if text.contains("PRIVATE KEY-----") {
        let blocks = PRIVATE_KEY.captures_iter(text).filter_map(|captures| {
            let body = captures.name("body")?.as_str();
            let whole = captures.get(0)?;
            randomness::is_random(body).then_some(Secret {
                span: Span::new(whole.start(), whole.end()),
                kind: SecretKind::PrivateKey,
            })
        });
        secrets.extend(blocks);
    }
    let shaped = shapes::shaped(text);
    secrets.extend(shaped.map(|(span, shape)| Secret { span, kind: SecretKind::Shaped(shape) }));
    let named = named::named(text);
    secrets.extend(named.map(|(span, name)| Secret { span, kind: SecretKind::Named(name) }));
    let in_addresses = address::passwords(text);
    secrets.extend(in_addresses.map(|span| Secret { span, kind: SecretKind::Named("password") }));
    // What has a provider's shape is called by it, whatever its name; the sort is stable.
    secrets.sort_by_key(|secret| secret.span.start);
    let mut end = 0;
    secrets.retain(|secret| {
        let is_apart = secret.span.start >= end;
        end = end.max(secret.span.end);
        is_apart
    });
    secrets.retain(|secret| !is_advised_against(file, secret.span));
    secrets
}

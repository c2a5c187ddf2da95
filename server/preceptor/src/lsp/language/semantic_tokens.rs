//! `textDocument/semanticTokens`: fields, placeholders, tools, skills and protected regions.
//!
//! A token never goes over the end of a line, which every client can show.

mod delta;

use lint::{NamedWord, clients_of, named_words};
use serde_json::{Value, json};
use skill::Span;
use tower_lsp::lsp_types::{
    Range, SemanticToken, SemanticTokenModifier, SemanticTokenType, SemanticTokensLegend,
};

use crate::lsp::{
    documents::Snapshot,
    language::{
        known_tools::known_tools,
        navigation::{KnownSkills, key_of},
    },
    lint_scope::LintScope,
    session::Session,
};

pub(crate) use crate::lsp::language::semantic_tokens::delta::SentTokens;

/// What a token is; the numbers are places in the legend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Field = 0,
    Placeholder = 1,
    Tool = 2,
    Skill = 3,
    Protected = 4,
}

/// In the order of [`Kind`]. Themes leave alone what they do not know: the text of a protected
/// region keeps its colors unless the person gives it one.
const TYPES: [SemanticTokenType; 5] = [
    SemanticTokenType::PROPERTY,
    SemanticTokenType::PARAMETER,
    SemanticTokenType::FUNCTION,
    SemanticTokenType::CLASS,
    SemanticTokenType::new("protectedRegion"),
];

/// The name of a skill in its own frontmatter.
const DECLARATION: u32 = 1;
/// What stands in a protected region.
const READONLY: u32 = 2;

/// In the order of the bits.
const MODIFIERS: [SemanticTokenModifier; 2] =
    [SemanticTokenModifier::DECLARATION, SemanticTokenModifier::READONLY];

#[derive(Debug, Clone, Copy)]
struct Token {
    span: Span,
    kind: Kind,
    modifiers: u32,
}

/// Returns how the feature is announced.
pub(crate) fn options() -> Value {
    let legend =
        SemanticTokensLegend { token_types: TYPES.to_vec(), token_modifiers: MODIFIERS.to_vec() };
    json!({ "legend": legend, "range": true, "full": { "delta": true } })
}

/// Returns the tokens of a skill; of a part of it, those that touch it.
pub(crate) fn semantic_tokens(
    session: &Session,
    snapshot: &Snapshot,
    part: Option<Range>,
) -> Vec<SemanticToken> {
    let part = part.map(|range| snapshot.span(range));
    let mut tokens = with_regions(snapshot, words(session, snapshot));
    tokens.retain(|token| {
        part.is_none_or(|part| token.span.start < part.end && part.start < token.span.end)
    });
    encoded(snapshot, &tokens)
}

/// Returns the words that name something, sorted; no two overlap.
fn words(session: &Session, snapshot: &Snapshot) -> Vec<Token> {
    let document = snapshot.skill();
    let scope = LintScope::of(session, &snapshot.uri);
    let tools = known_tools(&scope.settings(&snapshot.uri).known_tools);
    let is_tool = |word: &str| tools.iter().any(|tool| tool.name == word);
    let mut tokens: Vec<Token> = named_words(document, clients_of(snapshot.uri.path()))
        .into_iter()
        .filter_map(|(span, word)| {
            let kind = match word {
                NamedWord::Field => Kind::Field,
                NamedWord::Placeholder => Kind::Placeholder,
                NamedWord::ListedTool => Kind::Tool,
                NamedWord::CodeWord => is_tool(span.of(&document.text)).then_some(Kind::Tool)?,
            };
            Some(Token { span, kind, modifiers: 0 })
        })
        .collect();
    if let Some(name) = document.field("name").filter(|name| name.as_text().is_some()) {
        tokens.push(Token { span: name.span, kind: Kind::Skill, modifiers: DECLARATION });
    }
    if let Some(path) = key_of(snapshot) {
        let mentions = KnownSkills::of(session).mentions(document, &path);
        tokens.extend(mentions.into_iter().map(|mention| Token {
            span: mention.span,
            kind: Kind::Skill,
            modifiers: 0,
        }));
    }
    sorted(tokens)
}

/// Adds what stands in protected regions between the words.
fn with_regions(snapshot: &Snapshot, mut words: Vec<Token>) -> Vec<Token> {
    let mut between = Vec::new();
    for region in snapshot.skill().protected_regions() {
        let first = words.partition_point(|word| word.span.start < region.start);
        let inside = words.iter_mut().skip(first);
        let mut at = region.start;
        for word in inside.take_while(|word| word.span.end <= region.end) {
            word.modifiers |= READONLY;
            between.push(Span::new(at, word.span.start));
            at = word.span.end;
        }
        between.push(Span::new(at, region.end));
    }
    let lines = between.into_iter().flat_map(|span| lines_of(snapshot, span));
    let protected = lines.map(|span| Token { span, kind: Kind::Protected, modifiers: READONLY });
    words.extend(protected.collect::<Vec<_>>());
    sorted(words)
}

/// Where two overlap, the first one stays.
fn sorted(mut tokens: Vec<Token>) -> Vec<Token> {
    tokens.sort_by_key(|token| (token.span.start, token.span.end));
    let mut end = 0;
    tokens.retain(|token| {
        let is_free = !token.span.is_empty() && token.span.start >= end;
        end = end.max(token.span.end);
        is_free
    });
    tokens
}

/// Cuts a span where lines end, and leaves the line ends out.
fn lines_of(snapshot: &Snapshot, span: Span) -> Vec<Span> {
    let mut lines = Vec::new();
    let mut at = span.start;
    for line in span.of(snapshot.text()).split_inclusive('\n') {
        let length = line.trim_end_matches(['\r', '\n']).len();
        lines.push(Span::new(at, at + length));
        at += line.len();
    }
    lines
}

/// Each token's place counts from the one before it. A name over several lines is none.
fn encoded(snapshot: &Snapshot, tokens: &[Token]) -> Vec<SemanticToken> {
    let mut before = (0, 0);
    let mut encoded = Vec::with_capacity(tokens.len());
    for token in tokens {
        let Range { start, end } = snapshot.range(token.span);
        if start.line != end.line {
            continue;
        }
        let is_same_line = start.line == before.0;
        encoded.push(SemanticToken {
            delta_line: start.line - before.0,
            delta_start: if is_same_line { start.character - before.1 } else { start.character },
            length: end.character - start.character,
            token_type: token.kind as u32,
            token_modifiers_bitset: token.modifiers,
        });
        before = (start.line, start.character);
    }
    encoded
}

//! Strict YAML to a tree with byte offsets.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle as YamlStyle, ScanError};

use crate::{
    Span,
    frontmatter::{Entry, Node, NodeKind, ScalarStyle, YamlError},
};

/// Deeper than any real skill, and shallow enough for recursive readers of the tree.
const MAXIMUM_DEPTH: usize = 64;

/// What the strict parser made of a text: fields up to the error, if there is one.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) entries: Vec<Entry>,
    pub(super) error: Option<YamlError>,
}

/// Reads `source`, which starts at byte `base` of the whole text.
pub(super) fn parse(source: &str, base: usize) -> Parsed {
    let offsets = Offsets::new(source, base);
    let mut tree =
        Tree { source, offsets: &offsets, open: Vec::new(), anchors: Vec::new(), root: None };
    let mut error = None;
    for result in Parser::new_from_str(source) {
        let (event, span) = match result {
            Ok(event) => event,
            Err(failure) => {
                error = Some(yaml_error(&failure, &offsets, source));
                break;
            }
        };
        let span = Span::new(offsets.of(span.start), offsets.of(span.end));
        if matches!(event, Event::DocumentEnd) {
            break;
        }
        if let Err(failure) = tree.event(event, span) {
            error = Some(failure);
            break;
        }
    }
    while tree.open.len() > 1 {
        tree.close(None);
    }
    tree.close(None);
    match tree.root {
        Some(Node { kind: NodeKind::Mapping(entries), .. }) => Parsed { entries, error },
        None | Some(Node { kind: NodeKind::Null, .. }) => Parsed { entries: Vec::new(), error },
        Some(Node { span, .. }) => {
            let message = "the frontmatter must be fields of the form `key: value`".to_owned();
            let first_line = span.of_line(source, base);
            let error = error.or(Some(YamlError { span: first_line, message }));
            Parsed { entries: Vec::new(), error }
        }
    }
}

impl Span {
    /// Returns the span, cut at the end of its first line.
    fn of_line(self, source: &str, base: usize) -> Self {
        let from = self.start.saturating_sub(base);
        let written = source.get(from..self.end.saturating_sub(base)).unwrap_or_default();
        Self::new(self.start, self.start + written.lines().next().unwrap_or_default().len())
    }
}

/// Byte offsets of characters: the parser counts characters.
struct Offsets {
    bytes: Option<Vec<usize>>,
    base: usize,
    length: usize,
}

impl Offsets {
    fn new(source: &str, base: usize) -> Self {
        let bytes = (!source.is_ascii())
            .then(|| source.char_indices().map(|(offset, _)| offset).collect::<Vec<_>>());
        Self { bytes, base, length: source.len() }
    }

    fn of(&self, marker: Marker) -> usize {
        let index = marker.index();
        let offset = match &self.bytes {
            Some(bytes) => bytes.get(index).copied().unwrap_or(self.length),
            None => index.min(self.length),
        };
        self.base + offset
    }
}

/// A collection that is still being read.
struct Open {
    start: usize,
    kind: OpenKind,
    anchor: usize,
}

enum OpenKind {
    Sequence(Vec<Node>),
    Mapping(Vec<Entry>, Option<(String, Span)>),
}

struct Tree<'a> {
    source: &'a str,
    offsets: &'a Offsets,
    open: Vec<Open>,
    anchors: Vec<(usize, NodeKind)>,
    root: Option<Node>,
}

impl Tree<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        match event {
            Event::Scalar(text, style, anchor, _tag) => {
                let node = self.scalar(&text, style, span);
                if anchor != 0 {
                    self.anchors.push((anchor, node.kind.clone()));
                }
                self.add(node);
            }
            Event::Alias(anchor) => {
                let known = self.anchors.iter().find(|(id, _)| *id == anchor);
                let kind = known.map_or(NodeKind::Alias, |(_, kind)| kind.clone());
                self.add(Node { span, kind });
            }
            Event::SequenceStart(anchor, _tag) => {
                self.open_collection(span, OpenKind::Sequence(Vec::new()), anchor)?;
            }
            Event::MappingStart(anchor, _tag) => {
                self.open_collection(span, OpenKind::Mapping(Vec::new(), None), anchor)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(Some(span)),
            _ => {}
        }
        Ok(())
    }

    fn open_collection(
        &mut self,
        span: Span,
        kind: OpenKind,
        anchor: usize,
    ) -> Result<(), YamlError> {
        if self.open.len() >= MAXIMUM_DEPTH {
            let message = format!("the values are nested more than {MAXIMUM_DEPTH} levels deep");
            return Err(YamlError { span, message });
        }
        self.open.push(Open { start: span.start, kind, anchor });
        Ok(())
    }

    fn scalar(&self, text: &str, style: YamlStyle, span: Span) -> Node {
        let style = match style {
            YamlStyle::Plain => ScalarStyle::Plain,
            YamlStyle::SingleQuoted | YamlStyle::DoubleQuoted => ScalarStyle::Quoted,
            YamlStyle::Literal => ScalarStyle::Literal,
            YamlStyle::Folded => ScalarStyle::Folded,
        };
        let is_null =
            style == ScalarStyle::Plain && matches!(text, "" | "~" | "null" | "Null" | "NULL");
        let kind = if is_null {
            NodeKind::Null
        } else {
            NodeKind::Scalar { text: text.to_owned(), style }
        };
        let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let is_quoted = style == ScalarStyle::Quoted;
        let span = if is_quoted { self.within_quotes(span) } else { self.trimmed(span) };
        let span = if is_block { self.with_block_marker(span) } else { span };
        Node { span, kind }
    }

    /// The parser's span of a block starts with its text; the `|` or `>` stands in front of it.
    fn with_block_marker(&self, span: Span) -> Span {
        let base = self.offsets.base;
        let before = Span::new(0, span.start - base).of(self.source);
        let header_end = before.trim_end().len();
        let header = before.get(..header_end).unwrap_or_default();
        let line_start = header.rfind(['\n', '\r']).map_or(0, |at| at + 1);
        let line = header.get(line_start..).unwrap_or_default();
        // Behind the key's colon or the item's dash; a comment may follow the marker.
        let marker = line
            .find([' ', '\t'])
            .and_then(|from| line.get(from..)?.find(['|', '>']).map(|at| line_start + from + at));
        Span::new(marker.map_or(span.start, |at| at + base), span.end)
    }

    /// Cuts a quoted text at its closing quote: the parser's span reaches up to what follows, over a
    /// comment.
    fn within_quotes(&self, span: Span) -> Span {
        let base = self.offsets.base;
        let written = Span::new(span.start - base, span.end.max(span.start) - base).of(self.source);
        let Some(quote) = written.chars().next().filter(|it| matches!(it, '"' | '\'')) else {
            return self.trimmed(span);
        };
        let mut rest = written.char_indices().skip(1).peekable();
        while let Some((at, it)) = rest.next() {
            let is_doubled = it == '\'' && rest.peek().is_some_and(|(_, next)| *next == '\'');
            if (it == '\\' && quote == '"') || (it == quote && is_doubled) {
                rest.next();
            } else if it == quote {
                return Span::new(span.start, span.start + at + quote.len_utf8());
            }
        }
        self.trimmed(span)
    }

    /// Takes white space off the end: the parser's spans of blocks reach into the next line.
    fn trimmed(&self, span: Span) -> Span {
        let base = self.offsets.base;
        let written = Span::new(span.start - base, span.end.max(span.start) - base).of(self.source);
        Span::new(span.start, span.start + written.trim_end().len())
    }

    fn add(&mut self, node: Node) {
        match self.open.last_mut().map(|open| &mut open.kind) {
            None => self.root = Some(node),
            Some(OpenKind::Sequence(items)) => items.push(node),
            Some(OpenKind::Mapping(entries, key)) => match key.take() {
                None => {
                    let base = self.offsets.base;
                    let written = Span::new(node.span.start - base, node.span.end - base);
                    let text = match node.kind {
                        NodeKind::Scalar { text, .. } => text,
                        _ => written.of(self.source).to_owned(),
                    };
                    *key = Some((text, node.span));
                }
                Some((key, key_span)) => {
                    entries.push(Entry { key, key_span, value: node, recovered: false });
                }
            },
        }
    }

    /// Ends the innermost collection; `end` is the parser's span of its end, if it was reached.
    fn close(&mut self, end: Option<Span>) {
        let Some(Open { start, kind, anchor }) = self.open.pop() else { return };
        let base = self.offsets.base;
        let (kind, last) = match kind {
            OpenKind::Sequence(items) => {
                let last = items.last().map(|item| item.span.end);
                (NodeKind::Sequence(items), last)
            }
            OpenKind::Mapping(entries, _) => {
                let last = entries.last().map(|entry| entry.value.span.end.max(entry.key_span.end));
                (NodeKind::Mapping(entries), last)
            }
        };
        // A flow collection ends with its bracket, a block collection with its last value.
        let bracket = end.map(|end| end.start).filter(|at| {
            let behind = self.source.get(at - base..).unwrap_or_default();
            behind.starts_with([']', '}'])
        });
        let end = bracket.map(|at| at + 1).or(last).or(end.map(|it| it.end)).unwrap_or(start);
        if anchor != 0 {
            self.anchors.push((anchor, NodeKind::Alias));
        }
        self.add(Node { span: self.trimmed(Span::new(start, end.max(start))), kind });
    }
}

fn yaml_error(failure: &ScanError, offsets: &Offsets, source: &str) -> YamlError {
    let start = offsets.of(*failure.marker());
    let written = source.get(start - offsets.base..).unwrap_or_default();
    let width = written.chars().next().filter(|it| !matches!(it, '\n' | '\r'));
    let span = Span::new(start, start + width.map_or(0, char::len_utf8));
    YamlError { span, message: plain_words(failure.info()) }
}

/// Plain words for what goes wrong in skills; the parser's own for everything else.
fn plain_words(info: &str) -> String {
    const PLAIN: [(&str, &str); 12] = [
        ("mapping values are not allowed", "a value that contains `: ` must stand in quotes"),
        ("simple key expect", "this line is no field: a field is a name, a colon and a value"),
        ("did not find expected key", "a field of the form `key: value` was expected here"),
        ("tab", "lines must be indented with spaces, not with tabs"),
        ("indentation in quoted scalar", "a quote that is opened here is not closed"),
        ("unexpected end of stream", "a quote that is opened here is not closed"),
        ("after double-quoted scalar", "text follows the closing quote of this value"),
        ("unknown escape character", "a backslash in double quotes starts no known escape"),
        (
            "illegal placement of ':'",
            "a `:` is not expected here; is a bracket or quote not closed?",
        ),
        ("flow", "a bracket is not closed, or a comma between values is missing"),
        ("unexpected character: `@'", "a value that starts with `@` must stand in quotes"),
        ("unexpected character: ``'", "a value that starts with a back-tick must stand in quotes"),
    ];
    let known = PLAIN.iter().find(|(theirs, _)| info.contains(theirs));
    known.map_or_else(|| info.to_owned(), |(_, ours)| (*ours).to_owned())
}

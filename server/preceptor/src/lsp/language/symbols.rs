//! `textDocument/documentSymbol`: the fields, and the sections with what is in them.

use skill::{Entry, Frontmatter, SkillDocument, Span};
use tower_lsp::lsp_types::{
    DocumentSymbol, DocumentSymbolResponse, Location, SymbolInformation, SymbolKind,
};

use crate::lsp::documents::Snapshot;

/// Characters of a field's value that are shown beside it.
const MAXIMUM_DETAIL: usize = 80;

/// Returns the outline: nested where the client shows that, else flat.
pub(crate) fn symbols(snapshot: &Snapshot, is_nested: bool) -> DocumentSymbolResponse {
    let document = snapshot.skill();
    let outline = Outline { snapshot, document };
    let mut symbols: Vec<DocumentSymbol> =
        document.frontmatter.iter().map(|frontmatter| outline.frontmatter(frontmatter)).collect();
    symbols.extend(outline.sections());
    if is_nested {
        return DocumentSymbolResponse::Nested(symbols);
    }
    let mut flat = Vec::new();
    for symbol in symbols {
        flatten(snapshot, symbol, None, &mut flat);
    }
    DocumentSymbolResponse::Flat(flat)
}

struct Outline<'a> {
    snapshot: &'a Snapshot,
    document: &'a SkillDocument,
}

impl Outline<'_> {
    fn frontmatter(&self, frontmatter: &Frontmatter) -> DocumentSymbol {
        let name = self.document.name().unwrap_or("(no name)").to_owned();
        let whole = Span::new(frontmatter.opening.start, frontmatter.span.end);
        let fields = frontmatter.entries.iter().map(|entry| self.field(entry)).collect();
        let mut symbol = self.symbol(name, SymbolKind::CLASS, whole, frontmatter.opening);
        symbol.detail = Some("frontmatter".to_owned());
        symbol.children = Some(fields);
        symbol
    }

    fn field(&self, entry: &Entry) -> DocumentSymbol {
        let name = entry.key.clone();
        let mut symbol = self.symbol(name, SymbolKind::PROPERTY, entry.span(), entry.key_span);
        symbol.detail = entry.value.as_text().map(|text| shortened(text.trim()));
        let inner: Vec<_> = entry.value.entries().iter().map(|entry| self.field(entry)).collect();
        symbol.children = (!inner.is_empty()).then_some(inner);
        symbol
    }

    /// Sections within sections, in one pass from the last to the first.
    fn sections(&self) -> Vec<DocumentSymbol> {
        let headings = &self.document.body.headings;
        let mut children: Vec<Vec<DocumentSymbol>> = vec![Vec::new(); headings.len()];
        let mut top = Vec::new();
        for (at, heading) in headings.iter().enumerate().rev() {
            let title = heading.text.trim();
            let name = if title.is_empty() { "(no title)" } else { title }.to_owned();
            let section = self.document.body.section(at);
            let mut symbol = self.symbol(name, SymbolKind::STRING, section, heading.span);
            let mut inner = children.get_mut(at).map(std::mem::take).unwrap_or_default();
            inner.reverse();
            symbol.children = (!inner.is_empty()).then_some(inner);
            match heading.parent.and_then(|parent| children.get_mut(parent)) {
                Some(siblings) => siblings.push(symbol),
                None => top.push(symbol),
            }
        }
        top.reverse();
        top
    }

    fn symbol(
        &self,
        name: String,
        kind: SymbolKind,
        whole: Span,
        selection: Span,
    ) -> DocumentSymbol {
        #[expect(deprecated, reason = "the struct has no other constructor")]
        DocumentSymbol {
            name,
            detail: None,
            kind,
            tags: None,
            deprecated: None,
            range: self.snapshot.range(whole.trimmed_end(&self.document.text)),
            selection_range: self.snapshot.range(selection),
            children: None,
        }
    }
}

fn flatten(
    snapshot: &Snapshot,
    symbol: DocumentSymbol,
    container: Option<&str>,
    flat: &mut Vec<SymbolInformation>,
) {
    #[expect(deprecated, reason = "the struct has no other constructor")]
    flat.push(SymbolInformation {
        name: symbol.name.clone(),
        kind: symbol.kind,
        tags: None,
        deprecated: None,
        location: Location::new(snapshot.uri.clone(), symbol.range),
        container_name: container.map(str::to_owned),
    });
    for child in symbol.children.into_iter().flatten() {
        flatten(snapshot, child, Some(&symbol.name), flat);
    }
}

fn shortened(text: &str) -> String {
    let mut characters = text.chars().map(|it| if it.is_whitespace() { ' ' } else { it });
    let mut detail: String = characters.by_ref().take(MAXIMUM_DETAIL).collect();
    if characters.next().is_some() {
        detail.push('…');
    }
    detail
}

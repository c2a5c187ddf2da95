//! Code actions that change more than a finding asks for: suppress a finding, move a section into
//! a file of its own, make a skill of a selection, name the tool of a command.

mod extract_section;
mod name_tool;
mod new_skill;

use std::path::PathBuf;

use lint::{Finding, suppression_edit};
use skill::{SkillDocument, Span, TextEdit, slugify};
use tower_lsp::lsp_types::{
    CodeAction, CodeActionKind, CreateFile, CreateFileOptions, DocumentChangeOperation,
    DocumentChanges, OneOf, OptionalVersionedTextDocumentIdentifier, Range, ResourceOp,
    TextDocumentEdit, TextEdit as ProtocolEdit, Url, WorkspaceEdit,
};

use crate::lsp::{client_features::ClientFeatures, documents::Snapshot, to_proto};

pub(crate) use crate::lsp::language::refactorings::{
    extract_section::extract_section, name_tool::name_tool, new_skill::new_skill,
};

/// The kind of actions that move text into files of its own.
pub(crate) const EXTRACT: CodeActionKind = CodeActionKind::REFACTOR_EXTRACT;

/// The kind of actions that write the same in other words.
pub(crate) const REWRITE: CodeActionKind = CodeActionKind::REFACTOR_REWRITE;

/// A change to one document that may create another file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refactoring {
    /// An imperative.
    pub(crate) title: String,
    /// Changes to the document itself.
    pub(crate) edits: Vec<TextEdit>,
    /// A file that is not there yet, with its text.
    pub(crate) creates: Option<(PathBuf, String)>,
}

impl Refactoring {
    /// Returns the action; `None` if the client cannot carry it out.
    pub(crate) fn action(
        &self,
        kind: CodeActionKind,
        snapshot: &Snapshot,
        client: &ClientFeatures,
    ) -> Option<CodeAction> {
        let edit = match &self.creates {
            None => to_proto::workspace_edit(&self.edits, snapshot, client),
            Some((path, text)) if client.versioned_edits && client.creates_files => {
                let uri = Url::from_file_path(path).ok()?;
                self.with_file(snapshot, &uri, text)
            }
            Some(_) => return None,
        };
        Some(CodeAction {
            title: self.title.clone(),
            kind: Some(kind),
            edit: Some(edit),
            ..CodeAction::default()
        })
    }

    fn with_file(&self, snapshot: &Snapshot, uri: &Url, text: &str) -> WorkspaceEdit {
        let create = CreateFile {
            uri: uri.clone(),
            options: Some(CreateFileOptions { overwrite: Some(false), ignore_if_exists: None }),
            annotation_id: None,
        };
        let insert = ProtocolEdit::new(Range::default(), text.to_owned());
        let mut operations = vec![
            DocumentChangeOperation::Op(ResourceOp::Create(create)),
            DocumentChangeOperation::Edit(document_edit(uri, None, vec![insert])),
        ];
        if !self.edits.is_empty() {
            let edits = self.edits.iter();
            let edits = edits
                .map(|edit| ProtocolEdit::new(snapshot.range(edit.span), edit.new_text.clone()));
            let edit = document_edit(&snapshot.uri, Some(snapshot.version), edits.collect());
            operations.push(DocumentChangeOperation::Edit(edit));
        }
        WorkspaceEdit {
            document_changes: Some(DocumentChanges::Operations(operations)),
            ..WorkspaceEdit::default()
        }
    }
}

/// Returns what suppresses a finding where it stands; `None` where nothing can.
pub(crate) fn suppress(snapshot: &Snapshot, finding: &Finding) -> Option<Refactoring> {
    let code = finding.rule.code;
    Some(Refactoring {
        title: format!("Ignore `{code}` here (write the reason)"),
        edits: vec![suppression_edit(snapshot.skill(), finding.span.start, code)?],
        creates: None,
    })
}

fn document_edit(uri: &Url, version: Option<i32>, edits: Vec<ProtocolEdit>) -> TextDocumentEdit {
    TextDocumentEdit {
        text_document: OptionalVersionedTextDocumentIdentifier { uri: uri.clone(), version },
        edits: edits.into_iter().map(OneOf::Left).collect(),
    }
}

/// Tells whether a part of a text has some of a protected region in it: that stays where it is.
fn touches_region(document: &SkillDocument, part: Span) -> bool {
    document.protected_regions().any(|it| it.start < part.end && part.start < it.end)
}

/// Returns the first path that is free and says what a title says: `a.md`, `a-2.md`, …; one whose
/// title has no letter that a name can have takes the other name.
fn free_path(folder: &std::path::Path, title: &str, otherwise: &str, extension: &str) -> PathBuf {
    let slug = slugify(title);
    let stem = if slug.is_empty() { otherwise } else { &slug };
    let numbered = (2..).map(|number| folder.join(format!("{stem}-{number}{extension}")));
    let mut candidates = std::iter::once(folder.join(format!("{stem}{extension}"))).chain(numbered);
    candidates.find(|path| path.symlink_metadata().is_err()).unwrap_or_default()
}

/// Returns the line end that a text is written with.
fn line_end(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// Returns the part of the span without white space at both ends.
fn trimmed(text: &str, span: Span) -> Span {
    let written = span.of(text);
    let start = span.start + (written.len() - written.trim_start().len());
    Span::new(start, span.end).trimmed_end(text)
}

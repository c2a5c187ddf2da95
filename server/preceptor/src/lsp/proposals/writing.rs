//! The file that a decision makes, changes or takes away: by the editor, else on the disk.

use std::{fs, path::Path, sync::Arc};

use runtime::{
    atomic,
    editor::{EditError, Editor},
};
use tower_lsp::lsp_types::{
    ApplyWorkspaceEditParams, CreateFile, CreateFileOptions, DeleteFile, DocumentChangeOperation,
    DocumentChanges, MessageType, OneOf, OptionalVersionedTextDocumentIdentifier, Range,
    ResourceOp, TextDocumentEdit, TextEdit, Url, WorkspaceEdit, request::ApplyWorkspaceEdit,
};
use tracing::debug;

use crate::lsp::{
    editor::{EDIT_TIMEOUT, SessionEditor},
    outbox::RequestError,
    proposals::AcceptError,
    session::Session,
};

/// Makes a file.
pub(super) async fn create(
    session: &Session,
    target: &Path,
    text: &str,
) -> Result<Url, AcceptError> {
    let client = session.client();
    let uri = address(target)?;
    if !(client.applies_edits && client.versioned_edits && client.creates_files) {
        atomic::write(target, text.as_bytes())
            .map_err(|error| AcceptError::Write { path: target.to_path_buf(), error })?;
        session.outbox.show_message(
            MessageType::INFO,
            format!("The skill was written to {}.", target.display()),
        );
        return Ok(uri);
    }
    let operations = vec![
        DocumentChangeOperation::Op(ResourceOp::Create(CreateFile {
            uri: uri.clone(),
            options: Some(CreateFileOptions { overwrite: Some(false), ignore_if_exists: None }),
            annotation_id: None,
        })),
        DocumentChangeOperation::Edit(TextDocumentEdit {
            text_document: OptionalVersionedTextDocumentIdentifier {
                uri: uri.clone(),
                version: None,
            },
            edits: vec![OneOf::Left(TextEdit::new(Range::default(), text.to_owned()))],
        }),
    ];
    apply(session, "Accept skill", "create", target, operations).await?;
    Ok(uri)
}

/// Puts one text in place of another, in the buffer while the file is open.
pub(super) async fn update(
    session: &Arc<Session>,
    target: &Path,
    before: &str,
    text: &str,
) -> Result<Url, AcceptError> {
    let uri = address(target)?;
    let editor = SessionEditor::new(session);
    let path = || target.to_path_buf();
    if editor.buffer(target).is_none() {
        atomic::write_over(target, before.as_bytes(), text.as_bytes())
            .map_err(|error| AcceptError::Write { path: path(), error })?;
        return Ok(uri);
    }
    match editor.replace(target, before, text).await {
        Ok(()) => Ok(uri),
        Err(EditError::NoAnswer) => Err(AcceptError::NoAnswer { verb: "change", path: path() }),
        Err(error) => {
            let reason = error.to_string();
            Err(AcceptError::Refused { verb: "change", path: path(), reason })
        }
    }
}

/// Takes a file away, and its folder if nothing else is in it.
#[expect(clippy::disallowed_methods, reason = "a client that deletes no files leaves that to us")]
pub(super) async fn delete(session: &Session, target: &Path) -> Result<(), AcceptError> {
    let client = session.client();
    if client.applies_edits && client.versioned_edits && client.deletes_files {
        let uri = address(target)?;
        let operation = ResourceOp::Delete(DeleteFile { uri, options: None });
        let operations = vec![DocumentChangeOperation::Op(operation)];
        apply(session, "Roll back skill", "delete", target, operations).await?;
    } else {
        fs::remove_file(target)
            .map_err(|error| AcceptError::Write { path: target.to_path_buf(), error })?;
        session.outbox.show_message(
            MessageType::INFO,
            format!("The skill {} was taken back.", target.display()),
        );
    }
    if let Some(folder) = target.parent()
        && let Err(error) = fs::remove_dir(folder)
    {
        debug!(%error, "the skill's folder stays");
    }
    Ok(())
}

/// Returns the address of a file.
pub(super) fn address(target: &Path) -> Result<Url, AcceptError> {
    Url::from_file_path(target).map_err(|()| AcceptError::Refused {
        verb: "find",
        path: target.to_path_buf(),
        reason: "the path has no address".to_owned(),
    })
}

async fn apply(
    session: &Session,
    label: &str,
    verb: &'static str,
    target: &Path,
    operations: Vec<DocumentChangeOperation>,
) -> Result<(), AcceptError> {
    let params = ApplyWorkspaceEditParams {
        label: Some(label.to_owned()),
        edit: WorkspaceEdit {
            document_changes: Some(DocumentChanges::Operations(operations)),
            ..WorkspaceEdit::default()
        },
    };
    let answer = session.outbox.request::<ApplyWorkspaceEdit>(&params, EDIT_TIMEOUT).await;
    let path = target.to_path_buf();
    match answer {
        Ok(answer) if answer.applied => Ok(()),
        Ok(answer) => {
            let reason = answer.failure_reason.unwrap_or_else(|| "no reason given".to_owned());
            Err(AcceptError::Refused { verb, path, reason })
        }
        Err(RequestError::Timeout { .. } | RequestError::Closed { .. }) => {
            Err(AcceptError::NoAnswer { verb, path })
        }
        Err(error) => Err(AcceptError::Refused { verb, path, reason: error.to_string() }),
    }
}

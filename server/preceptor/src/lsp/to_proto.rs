//! Findings and edits in the protocol's terms.

use std::collections::HashMap;

use lint::{Finding, Safety, Severity};
use serde_json::json;
use skill::TextEdit;
use tower_lsp::lsp_types::{
    self, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DocumentChanges, Location,
    NumberOrString, OneOf, OptionalVersionedTextDocumentIdentifier, TextDocumentEdit,
    WorkspaceEdit,
};

use crate::lsp::{client_features::ClientFeatures, documents::Snapshot, guide::GuidePages};

/// The source of every diagnostic of this server.
pub(crate) const SOURCE: &str = "preceptor";

/// Returns a finding as a diagnostic.
pub(crate) fn diagnostic(finding: &Finding, snapshot: &Snapshot, guide: &GuidePages) -> Diagnostic {
    let related = finding.related.iter().map(|(span, message)| DiagnosticRelatedInformation {
        location: Location::new(snapshot.uri.clone(), snapshot.range(*span)),
        message: message.clone(),
    });
    let related: Vec<DiagnosticRelatedInformation> = related.collect();
    let fix = finding.safe_fix().or(finding.fixes.first()).map(|fix| match fix.safety {
        Safety::Safe => "safe",
        Safety::Unsafe => "unsafe",
    });
    Diagnostic {
        range: snapshot.range(finding.span),
        severity: Some(severity(finding.severity)),
        code: Some(NumberOrString::String(finding.rule.code.to_owned())),
        code_description: guide.description(finding.rule.code),
        source: Some(SOURCE.to_owned()),
        message: finding.message.clone(),
        related_information: (!related.is_empty()).then_some(related),
        tags: None,
        data: Some(json!({ "rule": finding.rule.code, "fix": fix })),
    }
}

/// Returns edits of one snapshot; with its version where the client takes one.
pub(crate) fn workspace_edit(
    edits: &[TextEdit],
    snapshot: &Snapshot,
    client: &ClientFeatures,
) -> WorkspaceEdit {
    let edits = edits.iter().map(|edit| lsp_types::TextEdit {
        range: snapshot.range(edit.span),
        new_text: edit.new_text.clone(),
    });
    if client.versioned_edits {
        WorkspaceEdit {
            document_changes: Some(DocumentChanges::Edits(vec![TextDocumentEdit {
                text_document: OptionalVersionedTextDocumentIdentifier {
                    uri: snapshot.uri.clone(),
                    version: Some(snapshot.version),
                },
                edits: edits.map(OneOf::Left).collect(),
            }])),
            ..WorkspaceEdit::default()
        }
    } else {
        WorkspaceEdit {
            changes: Some(HashMap::from([(snapshot.uri.clone(), edits.collect())])),
            ..WorkspaceEdit::default()
        }
    }
}

const fn severity(severity: Severity) -> DiagnosticSeverity {
    match severity {
        Severity::Hint => DiagnosticSeverity::HINT,
        Severity::Info => DiagnosticSeverity::INFORMATION,
        Severity::Warning => DiagnosticSeverity::WARNING,
        Severity::Error => DiagnosticSeverity::ERROR,
    }
}

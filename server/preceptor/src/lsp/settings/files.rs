//! The configuration's files: the user's, and one in each workspace folder.
//!
//! Files are small and are read whole each time: at the start, when the client says that one
//! changed, and before a run starts, for clients that say nothing.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use runtime::{
    config::{ConfigError, Layer, Place, WORKSPACE_FILE, WorkspaceFile},
    trust::TrustRecords,
};
use serde_json::json;
use skill::LineIndex;
use tower_lsp::lsp_types::{
    CodeAction, Diagnostic, DiagnosticSeverity, NumberOrString, Range, Url,
};
use tracing::{error, info_span};

use crate::lsp::{
    board::{PlacedDiagnostic, Publisher},
    documents::AnchorId,
    positions,
    session::Session,
    settings::{LayerSource, act_on, update},
    to_proto::SOURCE,
    turns::actions::action,
};

/// The code of a file that cannot be used.
const INVALID: &str = "config/invalid";
/// The code of a file of which a part is ignored.
const UNTRUSTED: &str = "config/untrusted";

/// What is known of the files.
#[derive(Debug, Default)]
pub(super) struct ConfigurationFiles {
    /// Held while files are read, so that what was read last is what stays.
    reading: tokio::sync::Mutex<()>,
    folders: Mutex<BTreeMap<PathBuf, FolderFile>>,
}

/// What is known of one workspace folder's file.
#[derive(Debug, Default)]
struct FolderFile {
    /// The last text that could be used.
    good: Option<WorkspaceFile>,
    shown: Option<(Diagnostic, AnchorId)>,
}

/// A decision about trust that could not be kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TrustError {
    /// The client has no workspace folder.
    #[error("no workspace folder is open: open the folder that is meant")]
    NoFolder,
    /// The file is not what it would be trusted as.
    #[error("{0}; mend the file before the folder is trusted")]
    Broken(#[from] ConfigError),
    /// The decision could not be written.
    #[error("the decision cannot be kept in {folder} ({error}): check its permissions")]
    Write {
        /// The state folder.
        folder: PathBuf,
        /// The system's words.
        error: std::io::Error,
    },
    /// The work broke off.
    #[error("keeping the decision broke off ({0}); try again")]
    BrokenOff(String),
}

impl ConfigurationFiles {
    fn folders(&self) -> MutexGuard<'_, BTreeMap<PathBuf, FolderFile>> {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads all files again and acts on what changed.
pub(crate) async fn reload(session: &Arc<Session>) {
    let _reading = session.settings.files.reading.lock().await;
    let task = Arc::clone(session);
    let read = tokio::task::spawn_blocking(move || {
        read_user_file(&task);
        let_closed_go(&task);
        for (idx, folder) in task.workspace_folders().iter().enumerate() {
            read_folder(&task, folder, idx == 0);
        }
    });
    if let Err(error) = read.await {
        error!(%error, "reading the configuration's files failed");
    }
}

/// Reads all files again, in a task of its own, if one of these is a file of the configuration, or
/// what a shell or another server decided about trust.
pub(crate) fn changed<'a>(session: &Arc<Session>, uris: impl IntoIterator<Item = &'a Url>) {
    let user_file = session.options.user_config.as_deref();
    let records = TrustRecords::new(&session.folders.state);
    let is_ours = |uri: &Url| {
        uri.to_file_path().is_ok_and(|path| {
            path.file_name().is_some_and(|name| name == WORKSPACE_FILE)
                || user_file == Some(path.as_path())
                || path.parent() == Some(records.folder())
        })
    };
    if uris.into_iter().any(is_ours) {
        let task = Arc::clone(session);
        session.tasks.spawn(info_span!("configuration"), async move { reload(&task).await });
    }
}

/// Keeps whether the user trusts the first workspace folder, acts on it, and returns what holds
/// now.
pub(crate) async fn trust(session: &Arc<Session>, trusted: bool) -> Result<bool, TrustError> {
    let folder = session.workspace_folders().into_iter().next().ok_or(TrustError::NoFolder)?;
    let state = session.folders.state.clone();
    let kept = folder.clone();
    let work = tokio::task::spawn_blocking(move || {
        let sha256 = match WorkspaceFile::load(&kept) {
            Ok(file) => file.map(|file| file.sha256),
            Err(error) if trusted => return Err(TrustError::Broken(error)),
            Err(_) => None,
        };
        TrustRecords::new(&state)
            .keep(&kept, sha256.as_deref(), trusted)
            .map_err(|error| TrustError::Write { folder: state, error })
    });
    work.await.map_err(|error| TrustError::BrokenOff(error.to_string()))??;
    reload(session).await;
    Ok(session.settings.is_trusted(&folder))
}

/// Returns what can be done about the diagnostics that a range of a file touches: the first
/// folder can be trusted, the one that the command is about.
pub(crate) fn actions(session: &Session, uri: &Url, range: Range) -> Vec<CodeAction> {
    let Some(folder) = session.workspace_folders().into_iter().next() else { return Vec::new() };
    if uri.to_file_path().ok() != Some(WorkspaceFile::path(&folder)) {
        return Vec::new();
    }
    let folders = session.settings.files.folders();
    let shown = folders.get(&folder).and_then(|known| known.shown.as_ref());
    let untrusted = NumberOrString::String(UNTRUSTED.to_owned());
    let Some((diagnostic, anchor)) = shown else { return Vec::new() };
    let at = session.documents.anchor(*anchor).map_or(diagnostic.range, |(_, range)| range);
    let is_touched = at.start.line <= range.end.line && range.start.line <= at.end.line;
    if !is_touched || diagnostic.code != Some(untrusted) {
        return Vec::new();
    }
    let diagnostic = Diagnostic { range: at, ..diagnostic.clone() };
    let argument = json!({ "trusted": true });
    let title = format!("Trust this folder with its {WORKSPACE_FILE} as it is now");
    vec![action(title, "preceptor.trust", argument, Some(&diagnostic))]
}

/// Forgets the files of folders that are closed, and withdraws what was said about them.
fn let_closed_go(session: &Arc<Session>) {
    let open = session.workspace_folders();
    let mut folders = session.settings.files.folders();
    let closed: Vec<PathBuf> = folders.keys().filter(|it| !open.contains(it)).cloned().collect();
    for folder in closed {
        if let Some(mut known) = folders.remove(&folder) {
            show(session, &WorkspaceFile::path(&folder), &mut known, None);
        }
        let change = session.settings.set_folder(&folder, None, /*is_trusted*/ false);
        act_on(session, change, WORKSPACE_FILE);
    }
}

fn read_user_file(session: &Arc<Session>) {
    let Some(path) = &session.options.user_config else { return };
    let layer = if session.options.is_config_named {
        Layer::from_named_file(path).map(Some)
    } else {
        Layer::from_file(path)
    };
    update(session, LayerSource::UserFile, layer);
}

fn read_folder(session: &Arc<Session>, folder: &Path, is_first: bool) {
    let text = WorkspaceFile::load_text(folder);
    let path = WorkspaceFile::path(folder);
    let mut folders = session.settings.files.folders.lock().unwrap_or_else(PoisonError::into_inner);
    let known = folders.entry(folder.to_path_buf()).or_default();
    let mut shown = None;
    match text {
        Ok(None) => known.good = None,
        Ok(Some(text)) => match WorkspaceFile::parse(&path, text.clone()) {
            Ok(file) => known.good = Some(file),
            Err(error) => shown = Some(invalid(session, &error, &text)),
        },
        Err(error) => shown = Some(invalid(session, &error, "")),
    }
    let sha256 = known.good.as_ref().map(|file| file.sha256.as_str());
    let is_trusted = TrustRecords::new(&session.folders.state).is_trusted(folder, sha256);
    let layer = known.good.as_ref().map(|file| {
        if is_trusted {
            return file.layer.clone();
        }
        let restricted = file.restricted(folder);
        if let (None, Some(ignored), Some(place)) =
            (&shown, restricted.summary(), &restricted.first_ignored)
        {
            shown = Some(untrusted(session, &ignored, is_first, place, &file.text));
        }
        restricted.layer
    });
    show(session, &path, known, shown);
    drop(folders);
    let change = session.settings.set_folder(folder, layer, is_trusted);
    act_on(session, change, WORKSPACE_FILE);
}

fn show(session: &Session, path: &Path, known: &mut FolderFile, shown: Option<Diagnostic>) {
    if known.shown.as_ref().map(|(diagnostic, _)| diagnostic) == shown.as_ref() {
        return;
    }
    let Ok(uri) = Url::from_file_path(path) else { return };
    if let Some((_, anchor)) = known.shown.take() {
        session.documents.forget_anchor(anchor);
    }
    known.shown = shown.map(|diagnostic| {
        let anchor = session.documents.add_anchor(&uri, diagnostic.range);
        (diagnostic, anchor)
    });
    let placed = known.shown.iter().map(|(diagnostic, anchor)| PlacedDiagnostic {
        anchor: Some(*anchor),
        diagnostic: diagnostic.clone(),
    });
    session.board.set(&uri, Publisher::Configuration, placed.collect());
}

fn invalid(session: &Session, error: &ConfigError, text: &str) -> Diagnostic {
    Diagnostic {
        severity: Some(DiagnosticSeverity::ERROR),
        message: format!("{}. The settings before it stay in force.", error.reason()),
        ..diagnostic(session, INVALID, error.place(), text)
    }
}

fn untrusted(
    session: &Session,
    ignored: &str,
    is_first: bool,
    place: &Place,
    text: &str,
) -> Diagnostic {
    let command = if is_first {
        "run the command `preceptor.trust` with {\"trusted\": true}, or "
    } else {
        ""
    };
    Diagnostic {
        severity: Some(DiagnosticSeverity::WARNING),
        message: format!(
            "You have not trusted this folder with this file, so its {ignored}. To use all of \
             the file, look at it, then {command}run `preceptor trust` in this folder."
        ),
        ..diagnostic(session, UNTRUSTED, Some(place), text)
    }
}

fn diagnostic(session: &Session, code: &str, place: Option<&Place>, text: &str) -> Diagnostic {
    session.guide.unpack();
    let encoding = session.documents.encoding();
    let line_index = LineIndex::new(text);
    let position = |offset| positions::to_proto(line_index.position(text, offset, encoding));
    let range = place.map(|it| Range::new(position(it.span.start), position(it.span.end)));
    Diagnostic {
        range: range.unwrap_or_default(),
        code: Some(NumberOrString::String(code.to_owned())),
        code_description: session.guide.description(code),
        source: Some(SOURCE.to_owned()),
        data: Some(json!({ "code": code })),
        ..Diagnostic::default()
    }
}

//! The language server: an adapter between LSP and the crates that do the work.
//!
//! LSP types stay in this folder. From the outside in: `transport` runs a session over a pair of
//! streams, `seam` makes handlers run in order and survive panics, `server` names the methods,
//! `handlers` has a file for each of them, and `session` has what they share. What goes
//! to the client, other than answers, leaves through the [`outbox::Outbox`].

mod approvals;
mod ask_lines;
pub mod board;
pub mod client_features;
mod client_process;
mod closed_skills;
mod commands;
mod difference;
pub mod documents;
mod editor;
mod field_hover;
mod guide;
mod handlers;
mod input;
mod language;
mod lint_scope;
mod linter;
mod methods;
mod neighbors;
mod normalize;
mod notices;
mod options;
pub mod outbox;
mod positions;
mod progress;
mod proposals;
mod runs;
mod seam;
mod server;
pub mod session;
mod settings;
mod signals;
mod skill_runs;
mod status;
pub mod tasks;
mod to_proto;
pub mod transport;
mod turns;
mod unasked;
mod verification;
mod workspace_folders;

use std::{sync::Arc, time::Duration};

use runtime::atomic;
use tokio::io::{AsyncRead, AsyncWrite};
use tower_lsp::LspService;
use tracing::warn;

pub use crate::lsp::options::Options;
use crate::lsp::{server::Server, session::Session, tasks::Tasks};

/// How long runs may take to end what they do and to close their journals.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Serves one client and returns the exit code to end the process with: 0 after an orderly
/// `shutdown`, else 1.
///
/// Nothing but the protocol goes to `stdout`. The caller has to end the process itself: a thread
/// that waits for standard input keeps the runtime from shutting down.
pub async fn serve<I, O>(stdin: I, stdout: O, options: Options) -> u8
where
    I: AsyncRead + Unpin,
    O: AsyncWrite,
{
    // Before anything is kept in it: who can write there could bring trust along.
    if let Some(state_dir) = &options.state_dir
        && let Err(error) = atomic::make_private_folder(state_dir)
    {
        warn!(path = %state_dir.display(), %error, "the state folder cannot be kept private");
    }
    let tasks = Tasks::default();
    let mut session = None;
    let code = transport::run(stdin, stdout, options.transport, tasks.clone(), |outbox| {
        let new = Arc::new(Session::new(options, outbox, tasks));
        session = Some(Arc::clone(&new));
        let (service, _) = LspService::build(|_| Server::new(new))
            .custom_method("window/workDoneProgress/cancel", Server::progress_cancelled)
            .finish();
        service
    })
    .await;
    if let Some(session) = session
        && tokio::time::timeout(CLOSE_TIMEOUT, runs::close_all(&session)).await.is_err()
    {
        warn!("a run did not end in time; it reads as interrupted");
    }
    code
}

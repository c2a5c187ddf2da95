//! `initialized`: from here on the client may be asked and told things.

use std::sync::Arc;

use futures::future;
use tracing::{error, info_span};

use crate::lsp::{
    neighbors, runs,
    session::Session,
    settings::{files, pull_editor_settings, watching},
    verification,
};

pub(crate) fn initialized(session: &Arc<Session>) {
    session.outbox.open();
    session.refresh_diagnostics_as_they_change();
    neighbors::search(session);
    let task = Arc::clone(session);
    session.tasks.spawn(info_span!("semantic tokens"), async move {
        // What was asked for before knew fewer skills to speak of.
        task.neighbors.searched().await;
        task.refresh_semantic_tokens();
    });
    let task = Arc::clone(session);
    let guide = Arc::clone(&session.guide);
    // Its thread outlives the session otherwise, and the state folder may be gone by then.
    session.tasks.at_end(move || guide.close());
    let guide = Arc::clone(&session.guide);
    session.tasks.spawn(info_span!("guide"), async move {
        if let Err(error) = tokio::task::spawn_blocking(move || guide.unpack()).await {
            error!(%error, "unpacking the guide failed");
        }
    });
    session.tasks.spawn(info_span!("configuration"), async move {
        future::join(files::reload(&task), async {
            if task.client().pulls_configuration {
                pull_editor_settings(&task).await;
            }
        })
        .await;
        task.settings.set_known();
        runs::open_waiting(&task).await;
        verification::tell_of_interrupted(&task).await;
        watching::begin(&task).await;
    });
}

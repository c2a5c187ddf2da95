//! One session over one pair of streams, from the first byte to the exit code.

use std::{future::Future, panic::AssertUnwindSafe, pin::pin, time::Duration};

use futures::{FutureExt, future};
use tokio::io::{AsyncRead, AsyncWrite};
use tower_lsp::{LanguageServer, LspService, Server};
use tracing::{error, info};

use crate::lsp::{
    client_process, input::Input, outbox::Outbox, seam::Seam, signals::Signals, tasks::Tasks,
};

/// Handlers that may be pending at once. A pending handler is a task, so that many cost little;
/// when all slots are taken, new messages wait, `$/cancelRequest` included.
const MAX_PENDING_HANDLERS: usize = 1024;

/// How a session is run.
#[derive(Debug, Clone, Copy)]
pub struct TransportOptions {
    /// How often it is checked that the client's process is still there.
    pub process_poll_interval: Duration,
    /// How long answers may still be written, and tasks finish, after the session's end.
    pub drain: Duration,
}

impl Default for TransportOptions {
    fn default() -> Self {
        Self { process_poll_interval: Duration::from_secs(3), drain: Duration::from_millis(75) }
    }
}

/// Runs a session and returns the process's exit code: 0 after an orderly `shutdown`, else 1.
///
/// It ends with `exit`, with the end of the input, or with the client's process. `tasks` are ended
/// with it. The caller has to end the process with the code: a thread that still reads standard
/// input keeps the runtime from shutting down.
pub async fn run<I, O, B, F>(
    stdin: I,
    stdout: O,
    options: TransportOptions,
    tasks: Tasks,
    service: F,
) -> u8
where
    I: AsyncRead + Unpin,
    O: AsyncWrite,
    B: LanguageServer,
    F: FnOnce(Outbox) -> LspService<B>,
{
    let signals = Signals::default();
    let outbox = Outbox::new();
    let seam = Seam::new(service(outbox.clone()), signals.clone());
    let input = Input::new(stdin, signals.clone());
    let transport = Server::new(input, stdout, outbox.loopback())
        .concurrency_level(MAX_PENDING_HANDLERS)
        .serve(seam);
    // tower-lsp panics when it cannot write any more.
    let mut transport = pin!(AssertUnwindSafe(transport).catch_unwind().map(|served| {
        if served.is_err() {
            error!("the transport panicked: has the client stopped reading?");
        }
    }));

    let is_served = tokio::select! {
        () = &mut transport => true,
        () = session_end(&signals, options.process_poll_interval) => false,
    };
    tasks.end();
    let served = async {
        if !is_served {
            transport.await;
        }
    };
    // Whoever is not done in time is dropped; clients wait for the process, not for us.
    let _ = tokio::time::timeout(options.drain, future::join(served, tasks.ended())).await;
    u8::from(!signals.is_shut_down())
}

fn session_end(signals: &Signals, interval: Duration) -> impl Future<Output = ()> {
    let signals = signals.clone();
    async move {
        tokio::select! {
            () = signals.exited() => info!("the client asked the server to exit"),
            () = signals.input_ended() => info!("the client closed its output"),
            () = client_process::gone(&signals, interval) => {}
        }
    }
}

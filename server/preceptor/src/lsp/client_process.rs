//! Watches the process that started the server, for clients that vanish without closing a pipe.

use std::time::Duration;

#[cfg(unix)]
use rustix::{
    io::Errno,
    process::{Pid, test_kill_process},
};
use tracing::{info, warn};

use crate::lsp::signals::Signals;

/// Starts to watch the process that `initialize` named.
///
/// A process that is not there at this first look is not watched: its id belongs to another
/// machine or container.
pub(super) fn watch(signals: &Signals, id: i32) {
    if exists(id) {
        signals.set_client_process(id);
    } else {
        warn!(id, "the client's process id is unknown here; it is not watched");
    }
}

/// Waits until the watched process is gone; for ever if there is none.
pub(super) async fn gone(signals: &Signals, interval: Duration) {
    loop {
        tokio::time::sleep(interval).await;
        if let Some(id) = signals.client_process()
            && !exists(id)
        {
            info!(id, "the client's process is gone");
            return;
        }
    }
}

#[cfg(unix)]
fn exists(id: i32) -> bool {
    // Any other error, such as a missing permission, is about a process that exists.
    Pid::from_raw(id).is_none_or(|pid| test_kill_process(pid) != Err(Errno::SRCH))
}

#[cfg(not(unix))]
fn exists(_id: i32) -> bool {
    true
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::{process::Command, time::Duration};

    use super::{Signals, gone, watch};

    const INTERVAL: Duration = Duration::from_secs(3);
    const DAY: Duration = Duration::from_secs(86_400);

    fn id_of(child: &std::process::Child) -> i32 {
        i32::try_from(child.id()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_watched_process_is_gone_when_it_ends() {
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        let signals = Signals::default();
        watch(&signals, id_of(&child));
        assert!(tokio::time::timeout(DAY, gone(&signals, INTERVAL)).await.is_err());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(tokio::time::timeout(DAY, gone(&signals, INTERVAL)).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_process_of_another_machine_is_not_watched() {
        let mut child = Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        let signals = Signals::default();
        watch(&signals, id_of(&child));
        assert!(tokio::time::timeout(DAY, gone(&signals, INTERVAL)).await.is_err());
    }
}

//! Cancelling ends a call at once, and the connection with it.

use std::{sync::Arc, time::Duration};

use agent::message::FailureClass;
use llm::{Delta, Model};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    model_server::{Event, ModelServer, Reply, ev_text},
    support::{ask, model},
};

const AT_ONCE: Duration = Duration::from_millis(100);

/// Starts a call, cancels it when `ready` is, and checks that it ends at once.
async fn check(
    model: Arc<dyn Model>,
    deltas: mpsc::Sender<Delta>,
    ready: impl Future<Output = ()>,
) {
    let cancel = CancellationToken::new();
    let calling = model.call(ask(), deltas, cancel.clone());
    let cancelling = async {
        ready.await;
        cancel.cancel();
        Instant::now()
    };
    let ended = async { (calling.await, Instant::now()) };
    let ((outcome, ended), cancelled) = tokio::join!(ended, cancelling);
    assert_eq!(outcome.unwrap_err().class, FailureClass::Cancelled);
    assert!(ended.saturating_duration_since(cancelled) < AT_ONCE, "{:?}", ended - cancelled);
}

#[tokio::test]
async fn while_the_server_reads_the_prompt() {
    for reply in [Reply::Silence, vec![Event::Hang].into()] {
        let server = ModelServer::start().await;
        server.then(reply);
        let (deltas, _received) = mpsc::channel(1);
        check(model(&server.base_url()), deltas, server.wait_for_requests(1)).await;
        server.wait_for_departures(1).await;
    }
}

#[tokio::test]
async fn in_the_middle_of_a_stream() {
    let server = ModelServer::start().await;
    server.then(vec![ev_text("half an"), Event::Hang]);
    let (deltas, mut received) = mpsc::channel(1);
    let ready = async {
        assert_eq!(received.recv().await, Some(Delta::Text("half an".to_owned())));
    };
    check(model(&server.base_url()), deltas, ready).await;
    server.wait_for_departures(1).await;
}

#[tokio::test]
async fn while_nobody_takes_the_words() {
    let server = ModelServer::start().await;
    server.then(vec![ev_text("a"), ev_text("b"), ev_text("c"), Event::Hang]);
    let (deltas, received) = mpsc::channel(1);
    let ready = async {
        while received.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    check(model(&server.base_url()), deltas, ready).await;
    server.wait_for_departures(1).await;
}

#[tokio::test]
async fn before_anything_was_sent() {
    let server = ModelServer::start().await;
    let (deltas, _received) = mpsc::channel(1);
    check(model(&server.base_url()), deltas, std::future::ready(())).await;
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn between_the_pieces_of_a_scenario() {
    let scenario = "[[reply]]\ntext = 'a long answer'\nchunk_chars = 1\ndelay_ms = 60000";
    let model = llm::scripted("student", scenario, "test.toml").unwrap();
    let (deltas, mut received) = mpsc::channel(1);
    let ready = async {
        assert_eq!(received.recv().await, Some(Delta::Text("a".to_owned())));
    };
    check(model, deltas, ready).await;
}

//! Which failures are tried again, how often, and what a person hears about it.

use std::time::Duration;

use agent::message::FailureClass;
use expect_test::{Expect, expect};
use llm::{Delta, OpenAiEndpoint, RetryPolicy};
use tokio::{net::TcpListener, sync::mpsc};
use tokio_util::sync::CancellationToken;

use crate::{
    model_server::{Event, ModelServer, Reply, ev_error, ev_finish, ev_text, ev_thinking},
    support::{FOREVER, ask, call, endpoint, shown},
};

fn quick(base_url: &str) -> OpenAiEndpoint {
    let wait = Duration::from_millis(1);
    let retry = RetryPolicy {
        transient: vec![wait; 2],
        rate_limit: vec![wait; 2],
        unreachable: vec![wait],
        longest: FOREVER,
    };
    OpenAiEndpoint { retry, ..endpoint(base_url) }
}

/// Lets the server give `replies` in turn and shows what a person sees of the call.
async fn check(replies: Vec<Reply>, expected: Expect) {
    let server = ModelServer::start().await;
    let n_replies = replies.len();
    for reply in replies {
        server.then(reply);
    }
    let (outcome, deltas) = call(&llm::openai(quick(&server.base_url())).unwrap(), ask()).await;
    let end = match outcome {
        Ok(reply) => format!("reply: {}", reply.content),
        Err(failure) => format!("{:?}: {}", failure.class, failure.message),
    };
    let seen = format!("{}\n{end}", shown(&deltas));
    expected.assert_eq(&seen.replace(server.base_url().trim_end_matches("/v1"), "http://gpu"));
    assert_eq!(server.requests().len(), n_replies);
}

fn good() -> Reply {
    vec![ev_text("done"), ev_finish("stop")].into()
}

fn error(status: u16) -> Reply {
    Reply::error(status, "trouble", "later")
}

#[tokio::test]
async fn what_passes_is_tried_three_times() {
    check(
        vec![error(503), error(500), good()],
        expect![[r"
            [attempt 2 after HTTP 503: later.][attempt 3 after HTTP 500: later.]done
            reply: done"]],
    )
    .await;
    check(
        vec![error(502), error(504), error(529)],
        expect![[r"
            [attempt 2 after HTTP 502: later.][attempt 3 after HTTP 504: later.]
            Server: The model server at http://gpu failed (HTTP 529). It says: later. Its log says more; try again when it is well. It was tried 3 times."]],
    )
    .await;
    check(
        vec![error(429), error(429), error(429)],
        expect![[r"
            [attempt 2 after HTTP 429: later.][attempt 3 after HTTP 429: later.]
            RateLimit: The model server at http://gpu/v1 takes no more requests for now (HTTP 429). It says: later. It was tried 3 times."]],
    )
    .await;
    check(
        vec![Reply::Reset, vec![Event::Drop].into(), good()],
        expect![[r"
            [attempt 2 after the connection broke off][attempt 3 after the connection broke off]done
            reply: done"]],
    )
    .await;
    check(
        vec![vec![ev_error("upstream cut", "500")].into(), good()],
        expect![[r"
            [attempt 2 after HTTP 500: upstream cut.]done
            reply: done"]],
    )
    .await;
}

#[tokio::test]
async fn another_form_of_the_request_is_no_attempt_of_its_own() {
    let lesson = || Reply::error(400, "invalid_request_error", "unknown parameter: stream_options");
    check(
        vec![error(503), error(500), lesson(), good()],
        expect![[r"
            [attempt 2 after HTTP 503: later.][attempt 3 after HTTP 500: later.][sent again without `stream_options`]done
            reply: done"]],
    )
    .await;
    check(
        vec![error(503), error(500), lesson(), error(503)],
        expect![[r"
            [attempt 2 after HTTP 503: later.][attempt 3 after HTTP 500: later.][sent again without `stream_options`]
            Server: The model server at http://gpu failed (HTTP 503). It says: later. Its log says more; try again when it is well. It was tried 3 times."]],
    )
    .await;
}

#[tokio::test]
async fn what_stays_is_tried_once() {
    for status in [400, 401, 402, 403, 404, 413, 422, 501] {
        let server = ModelServer::start().await;
        server.then(error(status));
        let (outcome, deltas) = call(&llm::openai(quick(&server.base_url())).unwrap(), ask()).await;
        assert!(!outcome.unwrap_err().message.contains("tried"), "{status}");
        assert_eq!((deltas, server.requests().len()), (Vec::new(), 1), "{status}");
    }
}

#[tokio::test]
async fn nothing_is_tried_again_once_words_were_shown() {
    for event in [ev_text("half an "), ev_thinking("half a ")] {
        let server = ModelServer::start().await;
        server.then(vec![event, Event::Drop]);
        let (outcome, _) = call(&llm::openai(quick(&server.base_url())).unwrap(), ask()).await;
        assert_eq!(outcome.unwrap_err().class, FailureClass::Network);
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_twice() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    let (outcome, deltas) = call(&llm::openai(quick(&base_url)).unwrap(), ask()).await;
    assert_eq!(shown(&deltas), "[attempt 2 after no server answers]");
    let failure = outcome.unwrap_err();
    assert_eq!(failure.class, FailureClass::Network);
    assert!(failure.message.ends_with("/v1). It was tried 2 times."), "{}", failure.message);
}

#[tokio::test]
async fn a_wait_is_announced_before_it_begins_and_can_be_cancelled() {
    let server = ModelServer::start().await;
    server.then(error(503).header("retry-after", "77"));
    let mut endpoint = quick(&server.base_url());
    endpoint.retry.longest = Duration::from_secs(60);
    let model = llm::openai(endpoint).unwrap();
    let (deltas, mut received) = mpsc::channel(1);
    let cancel = CancellationToken::new();
    let calling = model.call(ask(), deltas, cancel.clone());
    let listening = async {
        let announced = received.recv().await;
        cancel.cancel();
        announced
    };
    let (outcome, announced) = tokio::join!(calling, listening);
    assert_eq!(outcome.unwrap_err().class, FailureClass::Cancelled);
    let expected = Delta::Retrying {
        attempt: 2,
        delay: Duration::from_secs(60),
        reason: "HTTP 503: later.".to_owned(),
    };
    assert_eq!(announced, Some(expected));
}

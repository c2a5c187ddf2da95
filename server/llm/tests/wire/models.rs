//! Asking which models a server has, without calling one.

use std::time::Duration;

use agent::message::FailureClass;
use expect_test::{Expect, expect};
use serde_json::json;

use crate::{
    model_server::{ModelServer, Reply},
    support::{FOREVER, endpoint},
};

async fn check(reply: Reply, class: FailureClass, expected: &Expect) {
    let server = ModelServer::start().await;
    server.lists(reply);
    let failure = llm::models(endpoint(&server.base_url()), FOREVER).await.unwrap_err();
    assert_eq!(failure.class, class, "{}", failure.message);
    let address = server.base_url();
    expected.assert_eq(&failure.message.replace(address.trim_end_matches("/v1"), "ADDRESS"));
}

#[tokio::test]
async fn all_models_are_listed() {
    let server = ModelServer::start().await;
    server.lists(Reply::json(200, &json!({"data": [{"id": "tiny"}, {"id": "large"}, {}]})));
    let listed = llm::models(endpoint(&server.base_url()), FOREVER).await;
    assert_eq!(listed.unwrap(), ["tiny", "large"]);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn what_is_wrong_is_said_with_what_to_do_about_it() {
    check(
        Reply::error(401, "authentication_error", "bad key"),
        FailureClass::Auth,
        &expect![[
            "The model server at ADDRESS/v1 does not accept the API key (HTTP 401): check the environment variable STUDENT_KEY. It says: bad key."
        ]],
    )
    .await;
    check(
        Reply::json(404, &json!({"detail": "Not Found"})),
        FailureClass::Configuration,
        &expect![["ADDRESS/v1 lists no models (404): does student.base_url end in /v1?"]],
    )
    .await;
    check(
        Reply::json(200, &json!({"ok": true})),
        FailureClass::Configuration,
        &expect![["ADDRESS/v1 lists no models: does student.base_url end in /v1?"]],
    )
    .await;
}

#[tokio::test]
async fn a_server_that_says_nothing_is_not_waited_for() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/v1", listener.local_addr().unwrap());
    let failure = llm::models(endpoint(&address), Duration::from_millis(50)).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Network, "{}", failure.message);
}

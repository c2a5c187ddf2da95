//! Every way to fail, with the sentence that a person reads.

use std::time::Duration;

use agent::message::FailureClass;
use expect_test::{Expect, expect};
use llm::{ApiKey, Role};
use serde_json::json;
use tokio::net::TcpListener;

use crate::{
    model_server::{Event, ModelServer, Reply, ev_error, ev_text, ev_thinking},
    support::{endpoint, failure, model},
};

/// Lets the server give `reply` and shows the failure, with the server's port made stable.
async fn check(reply: impl Into<Reply>, expected: Expect) {
    let server = ModelServer::start().await;
    server.then(reply);
    let (class, message) = failure(&model(&server.base_url())).await;
    assert!(!message.contains("verysecretkey"), "{message}");
    expected.assert_eq(&stable(&format!("{class:?}: {message}"), &server.base_url()));
}

fn stable(text: &str, base_url: &str) -> String {
    text.replace(base_url.trim_end_matches("/v1"), "http://gpu")
}

#[tokio::test]
async fn a_refused_key_names_its_variable_but_not_the_key() {
    check(
        Reply::error(401, "authentication_error", "wrong key: verysecretkey"),
        expect!["Auth: The model server at http://gpu/v1 does not accept the API key (HTTP 401): check the environment variable STUDENT_KEY. It says: wrong key: [redacted:api-key]."],
    )
    .await;
}

#[tokio::test]
async fn a_missing_key_names_the_variable_to_set() {
    let server = ModelServer::start().await;
    server.then(Reply::json(401, &json!({})));
    let mut endpoint = endpoint(&server.base_url());
    endpoint.api_key = None;
    endpoint.role = Role::Teacher;
    let (class, message) = failure(&llm::openai(endpoint).unwrap()).await;
    assert_eq!(class, FailureClass::Auth);
    expect!["The model server at http://gpu/v1 asks for an API key (HTTP 401): set the environment variable STUDENT_KEY, or name another one in teacher.api_key_env. It says: {}."]
        .assert_eq(&stable(&message, &server.base_url()));
    assert_eq!(server.requests()[0].header("authorization"), "");
}

#[tokio::test]
async fn refusals_are_told_apart() {
    check(
        Reply::error(429, "insufficient_quota", "pay"),
        expect!["Quota: The account at http://gpu/v1 has no credit left (HTTP 429): add some, or set student.base_url to another server. It says: pay."],
    )
    .await;
    check(
        Reply::error(429, "rate_limit_error", "slow down"),
        expect!["RateLimit: The model server at http://gpu/v1 takes no more requests for now (HTTP 429). It says: slow down."],
    )
    .await;
    check(
        Reply::error(404, "not_found", "the model `tiny` does not exist"),
        expect!["ModelMissing: The model server at http://gpu/v1 does not know the model `tiny` (HTTP 404): set student.model to one that it serves. It says: the model `tiny` does not exist."],
    )
    .await;
    check(
        Reply::error(400, "exceed_context_size_error", "40019 tokens do not fit 16384"),
        expect!["ContextOverflow: The conversation does not fit the context window of `tiny` at http://gpu/v1 (HTTP 400). It says: 40019 tokens do not fit 16384."],
    )
    .await;
    check(
        Reply::json(422, &json!({"detail": [{"loc": ["body", "tools"], "msg": "too many"}]})),
        expect!["BadRequest: The model server at http://gpu/v1 refused the request (HTTP 422). It says: body.tools: too many."],
    )
    .await;
    check(
        Reply::error(500, "server_error", "boom"),
        expect!["Server: The model server at http://gpu failed (HTTP 500). It says: boom. Its log says more; try again when it is well."],
    )
    .await;
}

#[tokio::test]
async fn an_address_without_the_api_is_a_matter_of_settings() {
    check(
        Reply::json(404, &json!({"detail": "Not Found"})),
        expect!["Configuration: There is no such address as http://gpu/v1/chat/completions (HTTP 404): does student.base_url end in /v1? It says: Not Found."],
    )
    .await;
    let page =
        |status| Reply::Whole { status, headers: Vec::new(), body: "<html></html>".to_owned() };
    check(
        page(404),
        expect!["Configuration: There is no such address as http://gpu/v1/chat/completions (HTTP 404, it is a web page): does student.base_url end in /v1?"],
    )
    .await;
    check(
        page(200).header("content-type", "text/html; charset=utf-8"),
        expect!["Configuration: http://gpu/v1 answers with a web page: does student.base_url end in /v1?"],
    )
    .await;
    check(
        page(308).header("location", "https://gpu/"),
        expect!["Configuration: There is no such address as http://gpu/v1/chat/completions (HTTP 308, it is a web page): does student.base_url end in /v1?"],
    )
    .await;
}

#[tokio::test]
async fn answers_that_make_no_sense_are_told_apart_from_broken_connections() {
    let odd = |body: &str| {
        Reply::Whole { status: 200, headers: Vec::new(), body: body.to_owned() }
            .header("content-type", "application/json")
    };
    check(
        odd("{oops"),
        expect!["Protocol: The model server at http://gpu answered with something that is not JSON: does `student.base_url` name an OpenAI-compatible address, usually one that ends in /v1?"],
    )
    .await;
    check(
        odd("{}"),
        expect!["Protocol: The model server at http://gpu answered with JSON without an answer: does `student.base_url` name an OpenAI-compatible address, usually one that ends in /v1?"],
    )
    .await;
    check(
        odd(r#"{"error": {"message": "hidden", "code": "context_length_exceeded"}}"#),
        expect!["ContextOverflow: The conversation does not fit the context window of `tiny` at http://gpu/v1 (the server reported an error). It says: hidden."],
    )
    .await;
    check(
        vec![Event::End],
        expect!["Network: The connection to the model server at http://gpu broke off before an answer came: see whether it still runs, then try again."],
    )
    .await;
    check(
        vec![ev_text("half an"), Event::End],
        expect!["Network: The connection to the model server at http://gpu broke off in the middle of an answer: see whether it still runs, then try again."],
    )
    .await;
    check(
        vec![ev_text("half an"), Event::Drop],
        expect!["Network: The connection to the model server at http://gpu broke off in the middle of an answer: see whether it still runs, then try again."],
    )
    .await;
    check(
        vec![ev_text("half an"), ev_error("upstream cut", "500")],
        expect!["Server: The model server at http://gpu failed (HTTP 500). It says: upstream cut. Its log says more; try again when it is well."],
    )
    .await;
}

#[tokio::test]
async fn a_connection_that_closes_without_an_answer_is_a_broken_one() {
    let server = ModelServer::start().await;
    server.then(Reply::Reset);
    let (class, message) = failure(&model(&server.base_url())).await;
    assert_eq!(class, FailureClass::Network);
    assert!(message.contains("broke off before an answer came"), "{message}");
}

#[tokio::test]
async fn a_port_that_nobody_listens_on_says_what_to_start_or_set() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    let (class, message) = failure(&model(&base_url)).await;
    assert_eq!(class, FailureClass::Network);
    expect!["No model server answers at http://gpu: start it, or set student.base_url (now http://gpu/v1)."]
        .assert_eq(&stable(&message, &base_url));
}

#[tokio::test]
async fn silence_has_a_limit_before_the_first_token_and_another_one_after_it() {
    let server = ModelServer::start().await;
    server.then(Reply::Silence);
    server.then(vec![Event::Hang]);
    server.then(vec![ev_thinking("hm"), Event::Hang]);
    let mut endpoint = endpoint(&server.base_url());
    endpoint.first_token_timeout = Some(Duration::from_millis(30));
    let (class, message) = failure(&llm::openai(endpoint.clone()).unwrap()).await;
    assert_eq!(class, FailureClass::Network);
    expect!["The model server at http://gpu sent no answer within 0.03 s: see whether it is busy, or raise `student.first_token_timeout_s`."]
        .assert_eq(&stable(&message, &server.base_url()));
    let (_, message) = failure(&llm::openai(endpoint.clone()).unwrap()).await;
    expect!["The model server at http://gpu sent no first token within 0.03 s: see whether it is busy, or raise `student.first_token_timeout_s`."]
        .assert_eq(&stable(&message, &server.base_url()));

    endpoint.first_token_timeout = None;
    endpoint.idle_timeout = Duration::from_millis(30);
    let (_, message) = failure(&llm::openai(endpoint).unwrap()).await;
    expect!["The model server at http://gpu sent no more of its answer within 0.03 s: see whether it is busy, or raise `student.idle_timeout_s`."]
        .assert_eq(&stable(&message, &server.base_url()));
    server.wait_for_departures(3).await;
}

#[test]
fn an_endpoint_that_cannot_work_is_refused_at_once() {
    let refusal = |endpoint| match llm::openai(endpoint) {
        Ok(_) => "taken".to_owned(),
        Err(failure) => format!("{:?}: {}", failure.class, failure.message),
    };
    expect!["Configuration: No request can be sent to student.base_url (now localhost:8080/v1): it is not an address such as http://127.0.0.1:8080/v1."]
        .assert_eq(&refusal(endpoint("localhost:8080/v1")));
    let mut odd_key = endpoint("http://user:pass@gpu:8080/v1");
    odd_key.api_key = ApiKey::new("two\nlines");
    expect!["Configuration: No request can be sent to student.base_url (now http://gpu:8080/v1): the key in STUDENT_KEY has characters that no header may have."]
        .assert_eq(&refusal(odd_key));
}

//! What is sent, and what comes of the ways in which servers answer.

use std::time::Duration;

use agent::message::{FinishReason, Message, Origin, ToolCall, Usage};
use expect_test::expect;
use llm::Delta;
use serde_json::json;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    model_server::{
        Event, ModelServer, Reply, ev_call, ev_delta, ev_finish, ev_text, ev_thinking, ev_usage,
    },
    support::{ask, call, endpoint, model, request, shown, system, user, with_tools},
};

#[tokio::test]
async fn a_streamed_reply_arrives_in_pieces_and_as_a_whole() {
    let server = ModelServer::start().await;
    server.then(vec![
        ev_delta(&json!({"role": "assistant", "content": ""})),
        ev_thinking("rows?"),
        ev_text("I "),
        ev_text("count."),
        ev_call("A", "bash", r#"{"command":"wc -l"}"#),
        ev_call("B", "bash", "{}"),
        ev_finish("tool_calls"),
        ev_usage(30, 12),
    ]);
    let (reply, deltas) = call(&model(&server.base_url()), with_tools(ask())).await;
    let reply = reply.unwrap();
    assert_eq!(shown(&deltas), "(rows?)I count.");
    assert_eq!((reply.content.as_str(), reply.thinking.as_deref()), ("I count.", Some("rows?")));
    let call = |id: &str, arguments: &str| ToolCall {
        id: id.to_owned(),
        name: "bash".to_owned(),
        arguments: arguments.to_owned(),
    };
    assert_eq!(reply.tool_calls, [call("A", r#"{"command":"wc -l"}"#), call("B", "{}")]);
    assert_eq!(reply.finish_reason, FinishReason::ToolCalls);
    assert_eq!(reply.usage, Some(Usage { prompt_tokens: 30, completion_tokens: 12 }));
}

#[tokio::test]
async fn the_request_says_everything_a_server_needs() {
    let server = ModelServer::start().await;
    server.then(vec![ev_text("ok"), ev_finish("stop")]);
    let mut endpoint = endpoint(&format!("{}/", server.base_url()));
    endpoint.reasoning_effort = Some("low".to_owned());
    let model = llm::openai(endpoint).unwrap();
    call(&model, with_tools(ask())).await.0.unwrap();
    let sent = server.requests().remove(0);
    assert_eq!(sent.header("authorization"), "Bearer verysecretkey");
    assert_eq!(sent.tools(), ["bash"]);
    expect![[r#"
        {
          "max_tokens": 512,
          "messages": [
            {
              "content": "You work.",
              "role": "system"
            },
            {
              "content": "Count the rows.",
              "role": "user"
            }
          ],
          "model": "tiny",
          "reasoning_effort": "low",
          "stream": true,
          "stream_options": {
            "include_usage": true
          },
          "tool_choice": "auto",
          "tools": [
            {
              "function": {
                "description": "Runs a command.",
                "name": "bash",
                "parameters": {
                  "properties": {
                    "command": {
                      "type": "string"
                    }
                  },
                  "type": "object"
                }
              },
              "type": "function"
            }
          ]
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&sent.body).unwrap());
}

#[tokio::test]
async fn a_request_may_lower_the_limit_and_offer_no_tools() {
    let server = ModelServer::start().await;
    server.then(vec![ev_text("ok"), ev_finish("stop")]);
    let mut request = ask();
    request.max_tokens = Some(7);
    call(&model(&server.base_url()), request).await.0.unwrap();
    let body = server.requests().remove(0).body;
    assert_eq!(body["max_tokens"], 7);
    assert_eq!((body.get("tools"), body.get("tool_choice")), (None, None));
}

#[tokio::test]
async fn a_conversation_with_guards_and_results_keeps_the_rules_of_strict_servers() {
    let server = ModelServer::start().await;
    server.when(
        |it| it.mentions("3 rows") && !it.mentions("never said"),
        vec![ev_text("three"), ev_finish("stop")],
    );
    let calls = ["a", "b"].map(|id| ToolCall {
        id: id.to_owned(),
        name: "bash".to_owned(),
        arguments: "{".to_owned(),
    });
    let result = |id: &str| Message::Tool {
        call_id: id.to_owned(),
        name: "bash".to_owned(),
        content: "3 rows".to_owned(),
    };
    let messages = vec![
        system("You work."),
        user("Count."),
        Message::User { content: "Hint.".to_owned(), origin: Origin::Guard },
        Message::Assistant { content: String::new(), thinking: None, tool_calls: calls.into() },
        result("a"),
        result("b"),
        system("Be brief."),
    ];
    call(&model(&server.base_url()), request(messages)).await.0.unwrap();
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn the_fake_server_notices_what_strict_servers_refuse() {
    let server = ModelServer::start().await;
    server.when(|_| true, vec![ev_text("ok"), ev_finish("stop")]);
    let lonely =
        Message::Tool { call_id: "x".to_owned(), name: "bash".to_owned(), content: "?".to_owned() };
    call(&model(&server.base_url()), request(vec![user("Count."), lonely])).await.0.unwrap();
    expect![[r"
        request 1: the first message is not of the system but of: user
        request 1: message 1 is a result of `x`, which no call before it waits for"]]
    .assert_eq(&server.take_faults().join("\n"));
}

#[tokio::test]
async fn the_fake_server_notices_a_request_too_many() {
    let server = ModelServer::start().await;
    call(&model(&server.base_url()), ask()).await.0.unwrap_err();
    expect![[
        r#"request 1: no reply is left; it ends in {"content":"Count the rows.","role":"user"}"#
    ]]
    .assert_eq(&server.take_faults().join("\n"));
}

#[tokio::test]
async fn without_a_name_the_first_listed_model_is_asked_for_and_remembered() {
    let server = ModelServer::start().await;
    server.when(|_| true, vec![ev_text("ok"), ev_finish("stop")]);
    let mut endpoint = endpoint(&server.base_url());
    endpoint.model = String::new();
    let model = llm::openai(endpoint).unwrap();
    assert_eq!(model.name(), "default");
    for _ in 0..2 {
        call(&model, ask()).await.0.unwrap();
    }
    assert_eq!(model.name(), "served-model");
    assert_eq!(server.n_model_lists(), 1);
    assert!(server.requests().iter().all(|it| it.body["model"] == "served-model"));
}

#[tokio::test]
async fn a_server_without_a_list_of_models_is_asked_for_the_default() {
    let server = ModelServer::start().await;
    server.lists(Reply::json(404, &json!({"detail": "Not Found"})));
    server.then(vec![ev_text("ok"), ev_finish("stop")]);
    let mut endpoint = endpoint(&server.base_url());
    endpoint.model = String::new();
    call(&llm::openai(endpoint).unwrap(), ask()).await.0.unwrap();
    assert_eq!(server.requests()[0].body["model"], "default");
}

#[tokio::test]
async fn an_answer_that_is_no_stream_is_read_as_well() {
    let server = ModelServer::start().await;
    server.then(Reply::json(
        200,
        &json!({
            "choices": [{
                "index": 0,
                "finish_reason": "stop",
                "message": {
                    "role": "assistant",
                    "content": "whole",
                    "reasoning_content": "hm",
                    "tool_calls": [{"id": "A", "function": {"name": "bash", "arguments": "{}"}}],
                },
            }],
            "usage": {"prompt_tokens": 1, "completion_tokens": 2},
        }),
    ));
    let (reply, deltas) = call(&model(&server.base_url()), ask()).await;
    let reply = reply.unwrap();
    assert_eq!(shown(&deltas), "(hm)[whole]");
    assert_eq!(reply.tool_calls.len(), 1);
    assert_eq!(reply.finish_reason, FinishReason::ToolCalls);
    assert_eq!(reply.usage, Some(Usage { prompt_tokens: 1, completion_tokens: 2 }));
}

#[tokio::test]
async fn a_gateway_that_sends_whole_calls_and_no_usage_is_understood() {
    let server = ModelServer::start().await;
    server.then(vec![
        ev_delta(&json!({"role": "assistant", "tool_calls": [
            {"index": 0, "id": "u-1", "type": "function", "function": {"name": "bash", "arguments": "{\"a\": 1}"}},
            {"index": 1, "id": "u-2", "type": "function", "function": {"name": "bash", "arguments": "{}"}},
        ]})),
        ev_finish("tool_calls"),
        Event::Chunk(json!({
            "choices": [{"index": 0, "delta": {}}],
            "usage": {"prompt_tokens": 0, "completion_tokens": 0},
        })),
    ]);
    let reply = call(&model(&server.base_url()), ask()).await.0.unwrap();
    assert_eq!(reply.tool_calls.len(), 2);
    assert_eq!((reply.finish_reason, reply.usage), (FinishReason::ToolCalls, None));
}

#[tokio::test]
async fn a_call_that_the_limit_cut_off_is_marked_as_such() {
    let server = ModelServer::start().await;
    server.then(vec![ev_call("", "bash", r#"{"comm"#), ev_finish("length"), ev_usage(9, 4)]);
    let reply = call(&model(&server.base_url()), ask()).await.0.unwrap();
    assert_eq!(reply.finish_reason, FinishReason::Length);
    let call = reply.tool_calls.first().unwrap();
    assert_eq!((call.id.as_str(), call.arguments.as_str()), ("call_1", r#"{"comm"#));
}

#[tokio::test]
async fn a_stream_without_the_closing_mark_is_whole_once_it_gave_a_reason() {
    let server = ModelServer::start().await;
    server.then(vec![ev_text("all"), ev_finish("stop"), Event::End]);
    server.then(vec![ev_text("all"), ev_finish("stop"), Event::Drop]);
    let model = model(&server.base_url());
    for _ in 0..2 {
        let reply = call(&model, ask()).await.0.unwrap();
        assert_eq!((reply.content.as_str(), reply.finish_reason), ("all", FinishReason::Stop));
    }
}

#[tokio::test]
async fn pieces_may_be_cut_within_a_character() {
    let server = ModelServer::start().await;
    let text = "data: {\"choices\":[{\"delta\":{\"content\":\"né\"}}]}\r\n\r\n";
    let (head, tail) = text.as_bytes().split_at(text.find('é').unwrap() + 1);
    server.then(vec![
        Event::Raw(b": ping\n\n".to_vec()),
        Event::Raw(head.to_vec()),
        Event::Pause(Duration::from_millis(5)),
        Event::Raw(tail.to_vec()),
    ]);
    assert_eq!(call(&model(&server.base_url()), ask()).await.0.unwrap().content, "né");
}

#[tokio::test]
async fn a_call_goes_on_when_nobody_listens() {
    let server = ModelServer::start().await;
    server.then(vec![ev_text("un"), ev_text("heard"), ev_finish("stop")]);
    let model = model(&server.base_url());
    let (deltas, receiver) = mpsc::channel::<Delta>(1);
    drop(receiver);
    let reply = model.call(ask(), deltas, CancellationToken::new()).await.unwrap();
    assert_eq!(reply.content, "unheard");
}

#[tokio::test]
async fn what_a_server_does_not_understand_is_left_out_from_then_on() {
    let server = ModelServer::start().await;
    server
        .then(Reply::error(400, "invalid_request_error", "unknown parameter: stream_options"))
        .then(Reply::error(400, "invalid_request_error", "use max_completion_tokens instead"));
    server.when(
        |it| it.body.get("stream_options").is_none() && it.body["max_completion_tokens"] == 512,
        vec![ev_text("ok"), ev_finish("stop")],
    );
    let model = model(&server.base_url());
    let (first, second) = (call(&model, ask()).await, call(&model, ask()).await);
    assert_eq!(
        shown(&first.1),
        "[sent again without `stream_options`]\
         [sent again with `max_completion_tokens` in place of `max_tokens`]ok"
    );
    assert_eq!(shown(&second.1), "ok");
    assert_eq!(server.requests().len(), 4);
}

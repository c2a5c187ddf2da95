//! The scripted model, seen from outside.

use agent::message::{FailureClass, FinishReason, Message, Origin, Usage};
use expect_test::expect;
use llm::Delta;

use crate::support::{ask, call, request, shown, system, user, with_tools};

const SCENARIO: &str = r#"
    [[reply]]
    prompt = "Count"
    step = 0
    tools = true
    thinking = "rows?"
    text = "I look."
    calls = [
        { name = "bash", arguments = { command = "wc -l" } },
        { name = "bash", raw_arguments = "{broken" },
    ]
    chunk_chars = 3

    [[reply]]
    step = 1
    text = "Three"
    finish = "length"

    [[reply]]
    prompt = "key"
    error = { status = 401, message = "no key" }
"#;

#[tokio::test]
async fn a_reply_is_streamed_and_has_calls() {
    let model = llm::scripted("student", SCENARIO, "demo.toml").unwrap();
    assert_eq!(model.name(), "student");
    for _ in 0..2 {
        let (reply, deltas) = call(&model, with_tools(ask())).await;
        let reply = reply.unwrap();
        assert_eq!(shown(&deltas), "(row)(s?)I look.");
        assert_eq!(deltas.last(), Some(&Delta::Text(".".to_owned())));
        assert_eq!((reply.content.as_str(), reply.thinking.as_deref()), ("I look.", Some("rows?")));
        let calls: Vec<String> = reply
            .tool_calls
            .iter()
            .map(|it| format!("{} {} {}", it.id, it.name, it.arguments))
            .collect();
        assert_eq!(calls, [r#"call_1 bash {"command":"wc -l"}"#, "call_2 bash {broken"]);
        assert_eq!(reply.finish_reason, FinishReason::ToolCalls);
        assert_eq!(reply.usage, Some(Usage { prompt_tokens: 7, completion_tokens: 10 }));
    }
}

#[tokio::test]
async fn steps_are_counted_from_the_last_task_and_not_from_hints() {
    let model = llm::scripted("student", SCENARIO, "demo.toml").unwrap();
    let said = |text: &str| Message::Assistant {
        content: text.to_owned(),
        thinking: None,
        tool_calls: Vec::new(),
    };
    let hint = Message::User { content: "Go on.".to_owned(), origin: Origin::Guard };
    let messages = vec![system("s"), user("First."), said("a"), user("Second."), said("b"), hint];
    let reply = call(&model, request(messages.clone())).await.0.unwrap();
    assert_eq!((reply.content.as_str(), reply.finish_reason), ("Three", FinishReason::Length));

    let note = Message::User { content: "Count.".to_owned(), origin: Origin::TeacherNote };
    let handed_over = request([messages, vec![note]].concat());
    assert_eq!(call(&model, with_tools(handed_over)).await.0.unwrap().content, "I look.");
}

#[tokio::test]
async fn failures_of_a_scenario_are_those_of_a_server() {
    let model = llm::scripted("student", SCENARIO, "demo.toml").unwrap();
    let failure = call(&model, request(vec![user("Use the key.")])).await.0.unwrap_err();
    assert_eq!(failure.class, FailureClass::Auth);
    expect!["no key (HTTP 401 of the scenario demo.toml)"].assert_eq(&failure.message);
}

#[tokio::test]
async fn a_request_without_a_reply_says_which_step_is_missing() {
    let model = llm::scripted("student", SCENARIO, "demo.toml").unwrap();
    let failure = call(&model, ask()).await.0.unwrap_err();
    assert_eq!(failure.class, FailureClass::Protocol);
    expect!["The scenario demo.toml has no reply to step 0 of this request (without tools)."]
        .assert_eq(&failure.message);
}

#[test]
fn a_scenario_that_cannot_be_read_is_a_matter_of_settings() {
    let failure = llm::scripted("student", "[[replies]]", "demo.toml").err().unwrap();
    assert_eq!(failure.class, FailureClass::Configuration);
    expect!["The scenario demo.toml cannot be played: line 1, column 3: unknown field `replies`, expected `reply`."]
        .assert_eq(&failure.message);
}

//! Commands with wrong arguments, and about things that are not there.

use serde_json::{Value, json};

use crate::harness::{Agent, Client, ClientOptions, says};

const INVALID_PARAMS: i64 = -32602;

/// What the answers rest on: those that this version has, each with its required fields.
const COMMANDS: [(&str, &[&str]); 17] = [
    ("preceptor.run", &["prompt"]),
    ("preceptor.followUp", &["runId", "prompt"]),
    ("preceptor.cancel", &["runId"]),
    ("preceptor.approve", &["runId", "decisions"]),
    ("preceptor.retry", &["runId"]),
    ("preceptor.show", &["runId"]),
    ("preceptor.dismiss", &["runId"]),
    ("preceptor.runs", &[]),
    ("preceptor.events", &["runId"]),
    ("preceptor.proposals", &[]),
    ("preceptor.proposal.accept", &["proposalId"]),
    ("preceptor.proposal.reject", &["proposalId"]),
    ("preceptor.proposal.show", &["proposalId"]),
    ("preceptor.proposal.verify", &["proposalId"]),
    ("preceptor.skill.new", &["name"]),
    ("preceptor.skill.verify", &["uri"]),
    ("preceptor.skills", &[]),
];

async fn check_refusal(agent: &mut Agent, command: &str, argument: Value, field: &str) {
    let error = agent.refusal(command, argument.clone()).await;
    assert_eq!(error["code"], INVALID_PARAMS, "{command} {argument}: {error}");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains(field), "{command} {argument}: `{field}` in {message}");
}

#[tokio::test]
async fn every_command_is_announced() {
    let options = ClientOptions::default();
    let mut client = Client::launch(&options).await;
    let result = client.initialize(&options).await;
    let announced = result["capabilities"]["executeCommandProvider"]["commands"].clone();
    for (command, _) in COMMANDS {
        assert!(announced.as_array().unwrap().contains(&json!(command)), "{command}");
    }
    client.finish().await;
}

#[tokio::test]
async fn a_missing_field_and_one_of_the_wrong_type_are_named() {
    let mut agent = Agent::start().await;
    for (command, fields) in COMMANDS {
        for field in fields {
            let mut argument = json!({
                "runId": "a-run",
                "prompt": "words",
                "decisions": [],
                "proposalId": "a-proposal",
                "name": "a-name",
                "uri": "file:///a-skill/SKILL.md",
            });
            let argument = argument.as_object_mut().unwrap();
            argument.retain(|key, _| fields.contains(&key.as_str()));
            argument.insert((*field).to_owned(), json!(7));
            check_refusal(&mut agent, command, json!(argument), field).await;
            argument.remove(*field);
            check_refusal(&mut agent, command, json!(argument), field).await;
        }
    }
    agent.finish().await;
}

#[tokio::test]
async fn optional_fields_are_checked_too() {
    let mut agent = Agent::start().await;
    for (command, argument, field) in [
        ("preceptor.run", json!({"prompt": "x", "uri": "no address"}), "uri"),
        ("preceptor.run", json!({"prompt": "x", "range": [1, 2]}), "range"),
        ("preceptor.run", json!({"prompt": "x", "mode": "fast"}), "mode"),
        ("preceptor.run", json!({"prompt": "x", "attachments": "a"}), "attachments"),
        ("preceptor.run", json!({"prompt": " \n"}), "prompt"),
        ("preceptor.followUp", json!({"runId": "r", "prompt": "x", "recordOnly": 1}), "recordOnly"),
        ("preceptor.dismiss", json!({"runId": "r", "turn": "first"}), "turn"),
        ("preceptor.runs", json!({"limit": "all"}), "limit"),
        ("preceptor.events", json!({"runId": "r", "after": "now"}), "after"),
        ("preceptor.events", json!({"runId": "r", "limit": -1}), "limit"),
        ("preceptor.approve", json!({"runId": "r", "decisions": [{}]}), "toolCallId"),
        (
            "preceptor.approve",
            json!({"runId": "r", "decisions": [{"toolCallId": "c"}]}),
            "approved",
        ),
        (
            "preceptor.approve",
            json!({"runId": "r", "decisions": [
                {"toolCallId": "c", "approved": true, "scope": "ever"},
            ]}),
            "scope",
        ),
        ("preceptor.proposal.accept", json!({"proposalId": "p", "as": 1}), "as"),
        ("preceptor.proposal.accept", json!({"proposalId": "p", "override": "yes"}), "override"),
        ("preceptor.proposal.reject", json!({"proposalId": "p", "reason": 1}), "reason"),
    ] {
        check_refusal(&mut agent, command, argument, field).await;
    }
    agent.finish().await;
}

#[tokio::test]
async fn what_is_not_there_is_named_with_its_field() {
    let mut agent = Agent::start().await;
    for (command, argument, field) in [
        ("preceptor.followUp", json!({"runId": "gone", "prompt": "x"}), "runId"),
        ("preceptor.approve", json!({"runId": "gone", "decisions": []}), "runId"),
        ("preceptor.retry", json!({"runId": "gone"}), "runId"),
        ("preceptor.show", json!({"runId": "../.."}), "runId"),
        ("preceptor.dismiss", json!({"runId": "gone"}), "runId"),
        ("preceptor.events", json!({"runId": ""}), "runId"),
        ("preceptor.proposal.accept", json!({"proposalId": "gone"}), "proposalId"),
        ("preceptor.proposal.reject", json!({"proposalId": "../../work"}), "proposalId"),
        ("preceptor.proposal.show", json!({"proposalId": ""}), "proposalId"),
        ("preceptor.proposal.verify", json!({"proposalId": "gone"}), "proposalId"),
    ] {
        check_refusal(&mut agent, command, argument, field).await;
    }
    agent.finish().await;
}

#[tokio::test]
async fn a_command_takes_one_object_and_has_to_be_known() {
    let mut agent = Agent::start().await;
    for (command, arguments, part) in [
        ("preceptor.run", json!([{"prompt": "x"}, {"prompt": "y"}]), "one object"),
        ("preceptor.run", json!(["x"]), "preceptor.run"),
        ("preceptor.run", json!([]), "prompt"),
        ("preceptor.unknown", json!([{}]), "preceptor.unknown"),
    ] {
        let params = json!({"command": command, "arguments": arguments});
        let id = agent.client.start_request("workspace/executeCommand", params).await;
        let answer = agent.client.answer_to(id).await;
        assert_eq!(answer["error"]["code"], INVALID_PARAMS, "{command} {arguments}: {answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains(part), "{answer}");
    }
    agent.finish().await;
}

#[tokio::test]
async fn cancelling_what_is_done_cancels_nothing() {
    let mut agent = Agent::start().await;
    agent.student.then(says("There are 2 rows."));
    let run_id = agent.ask_and_wait().await;
    for run_id in [run_id.as_str(), "gone"] {
        let answer = agent.execute("preceptor.cancel", json!({"runId": run_id})).await;
        assert_eq!(answer, json!({"cancelled": false}));
    }
    agent.finish().await;
}

#[tokio::test]
async fn attachments_are_named_to_the_model() {
    let mut agent = Agent::start().await;
    agent.student.then(says("There are 2 rows."));
    let argument = json!({"prompt": "count", "attachments": ["data.csv"]});
    let answer = agent.execute("preceptor.run", argument).await;
    let run_id = answer["runId"].as_str().unwrap().to_owned();
    agent.turn_end(&run_id, 1).await;
    assert!(agent.student.requests()[0].mentions("data.csv"));
    agent.finish().await;
}

//! `preceptor.status`: what it says about models, runs, proposals and money.

use serde_json::{Value, json};

use crate::{
    harness::{Agent, AgentOptions, TEACHER, bash, distilled, says},
    model_server::{ev_finish, ev_text, ev_usage},
};

async fn status(agent: &mut Agent) -> Value {
    agent.execute("preceptor.status", json!({})).await
}

#[tokio::test]
async fn the_models_are_described_and_nothing_is_asked_of_them() {
    let mut agent = Agent::start().await;
    let status = status(&mut agent).await;
    assert_eq!(
        status,
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "student": {
                "provider": "openai",
                "model": "served-model",
                "baseUrl": agent.student.base_url(),
                "reachable": true,
                "contextWindow": 32_768,
                "toolMode": "auto",
            },
            "teacher": {
                "provider": "openai",
                "model": TEACHER,
                "baseUrl": agent.teacher.base_url(),
                "reachable": true,
                "contextWindow": 32_768,
                "toolMode": "auto",
                "enabled": true,
                "closedGate": null,
                "lastStopped": null,
            },
            "trusted": false,
            "sandbox": {
                "mode": "workspace-write",
                "layers": status["sandbox"]["layers"],
                "gaps": status["sandbox"]["gaps"],
            },
            "activeRuns": 0,
            "pendingProposals": 0,
            "spentUsd": 0.0,
            "alwaysAllowed": [],
        })
    );
    if std::env::var_os("CI").is_some() {
        assert_eq!(status["sandbox"]["gaps"], json!([]), "this machine enforces all of it");
    }
    assert!(agent.student.requests().is_empty() && agent.teacher.requests().is_empty());
    agent.finish().await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_not_reachable_and_a_teacher_that_is_off_is_not_asked() {
    let mut agent = Agent::start_with(AgentOptions {
        settings: json!({
            "student": {"base_url": "http://user:secret@127.0.0.1:1/v1", "context_window": null},
            "teacher": {"enabled": false},
        }),
        ..AgentOptions::default()
    })
    .await;
    let status = status(&mut agent).await;
    assert_eq!(status["student"]["reachable"], false);
    assert_eq!(status["student"]["baseUrl"], "http://127.0.0.1:1/v1");
    assert_eq!(status["teacher"]["enabled"], false);
    assert_eq!(status["teacher"]["closedGate"]["gate"], "disabled");
    assert_eq!(status["teacher"]["reachable"], false);
    agent.finish().await;
}

#[tokio::test]
async fn runs_proposals_and_money_are_counted() {
    let mut agent = Agent::start_with(AgentOptions {
        settings: json!({"budget": {"prices": {
            "served-model": {"input": 0.0, "output": 100.0},
        }}}),
        ..AgentOptions::default()
    })
    .await;
    let answer = vec![ev_text("There are 2 rows."), ev_finish("stop"), ev_usage(3, 5_000)];
    agent.student.then(answer);
    agent.ask_and_wait().await;
    let after = status(&mut agent).await;
    assert_eq!(after["spentUsd"], 0.5, "{after}");
    agent.proposed(&distilled()).await;
    let after = status(&mut agent).await;
    assert_eq!(after["pendingProposals"], 1, "{after}");
    agent.finish().await;

    let mut agent = Agent::start_with(AgentOptions {
        settings: json!({"approval": {"mode": "ask"}}),
        ..AgentOptions::default()
    })
    .await;
    agent.student.then(bash("ls")).then(says("Then not."));
    let run_id = agent.ask().await;
    let event = agent.event(&run_id, "approval_required").await;
    assert_eq!(status(&mut agent).await["activeRuns"], 1);
    let decisions =
        json!([{"toolCallId": event["data"]["tools"][0]["toolCallId"], "approved": false}]);
    agent.execute("preceptor.approve", json!({"runId": run_id, "decisions": decisions})).await;
    agent.turn_end(&run_id, 1).await;
    agent.finish().await;
}

#[tokio::test]
async fn a_scripted_model_is_described_by_its_scenario() {
    let mut agent = Agent::start_with(AgentOptions {
        settings: json!({
            "student": {"provider": "script", "script": "scenario.toml", "model": ""},
            "teacher": {"enabled": false},
        }),
        files: vec![("scenario.toml", "[[replies]]\ntext = \"Done.\"\n".to_owned())],
        ..AgentOptions::default()
    })
    .await;
    let status = status(&mut agent).await;
    assert_eq!(status["student"]["provider"], "script");
    assert_eq!(status["student"]["model"], "script");
    assert_eq!(status["student"]["baseUrl"], agent.uri("scenario.toml"));
    agent.finish().await;
}

#[tokio::test]
async fn a_sandbox_that_is_off_is_said_to_leave_a_gap() {
    let mut agent = Agent::start_with(AgentOptions {
        settings: json!({"sandbox": {"mode": "off"}}),
        ..AgentOptions::default()
    })
    .await;
    let status = status(&mut agent).await;
    assert_eq!(
        status["sandbox"],
        json!({
            "mode": "off",
            "layers": [],
            "gaps": ["`sandbox.mode` is \"off\": commands run with your rights and reach the network"],
        })
    );
    agent.finish().await;
}

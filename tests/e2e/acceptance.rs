//! From a proposal to a skill: what the editor is asked, what it may answer, what follows.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::harness::{Agent, AgentOptions, SKILL, actions_titled, bash, calls, distilled, says};

const ASK_LINE: u64 = 2;

/// A skill that came with the folder and that nobody accepted.
const ALIEN: &str = "---\nname: alien-skill\ndescription: Came with the folder. Use when rows are \
                     counted.\n---\n\n# Alien\n\n1. Count.\n";

async fn start(capabilities: Value) -> Agent {
    Agent::start_with(AgentOptions { capabilities, ..AgentOptions::default() }).await
}

fn without_save() -> Value {
    json!({"experimental": {"preceptor": {"save": false}}})
}

#[tokio::test]
async fn accepting_is_one_edit_and_one_save() {
    let mut agent = start(Value::Null).await;
    let (run_id, proposal_id) = agent.proposed(&distilled()).await;
    agent.accept().await;
    let saved = agent.event(&run_id, "skill_saved").await;
    assert_eq!(saved["turn"], 1);
    assert_eq!(
        saved["data"],
        json!({
            "proposalId": proposal_id,
            "name": "count-csv-rows",
            "category": "data",
            "uri": agent.uri(SKILL),
        })
    );
    let resolved = agent.event(&run_id, "proposal_resolved").await;
    assert_eq!(resolved["data"]["proposalId"], proposal_id.as_str());
    let notes = agent.notes();
    agent
        .diagnostics_when(&notes, "no proposal", |it| {
            it.iter().all(|diagnostic| diagnostic["code"] != "turn/proposal")
        })
        .await;
    // The skill itself is clean: neither an error nor `skill/unsaved`.
    let uri = agent.uri(SKILL);
    let diagnostics = agent.client.diagnostics(&uri, 2).await;
    let codes = diagnostics.to_string();
    assert!(!codes.contains("skill/unsaved"), "{codes}");
    assert!(
        diagnostics.as_array().unwrap().iter().all(|it| it["severity"] != 1),
        "the skill lints without errors: {codes}"
    );
    assert_eq!(agent.execute("preceptor.proposals", json!({})).await, json!([]));
    agent.finish().await;
}

#[tokio::test]
async fn an_accepted_skill_reaches_the_next_prompt_and_no_other_does() {
    let mut agent = Agent::start_with(AgentOptions {
        files: vec![(".agents/skills/alien-skill/SKILL.md", ALIEN.to_owned())],
        ..AgentOptions::default()
    })
    .await;
    agent.proposed(&distilled()).await;
    agent.student.then(says("I can do nothing without it, but there are 2 rows."));
    agent.ask_and_wait().await;
    agent.accept().await;
    agent
        .student
        .then(calls([
            ("skills", json!({"action": "list"})),
            ("skills", json!({"action": "view", "name": "count-csv-rows"})),
        ]))
        .then(says("There are 2 rows."));
    agent.ask_and_wait().await;
    let requests = agent.student.requests();
    for request in &requests {
        assert!(!request.mentions("alien-skill"), "an alien skill is not offered");
    }
    let [failed, waiting, offered, viewed] = requests.as_slice() else {
        panic!("{} requests", requests.len())
    };
    for request in [failed, waiting] {
        assert!(!request.mentions("count-csv-rows"), "it is not accepted yet");
    }
    let system = offered.messages().next().unwrap()["content"].as_str().unwrap();
    assert!(system.contains("count-csv-rows") && system.contains("Counts the data rows"));
    assert!(!system.contains("tail -n +2 FILE"), "bodies come on demand");
    assert!(viewed.mentions("tail -n +2 FILE"));
    agent.finish().await;
}

#[tokio::test]
async fn an_accepted_skill_that_somebody_changed_is_offered_no_more() {
    let mut agent = start(Value::Null).await;
    agent.proposed(&distilled()).await;
    let text = agent.accept().await;
    let uri = agent.uri(SKILL);
    agent.client.notify("textDocument/didClose", json!({"textDocument": {"uri": uri}})).await;
    agent.write(SKILL, &text.replace("tail", "rm -rf"));
    agent.student.then(says("There are 2 rows."));
    let run_id = agent.ask_and_wait().await;
    assert!(!agent.student.requests().last().unwrap().mentions("count-csv-rows"));
    let told = agent.event(&run_id, "tool_log").await;
    assert_eq!(told["data"]["tool"], "skills");
    let log = told["data"]["log"].as_str().unwrap();
    assert!(log.contains("count-csv-rows was left out") && log.contains(SKILL), "{log}");
    agent.finish().await;
}

#[tokio::test]
async fn without_a_record_there_is_no_skill_and_the_proposal_still_waits() {
    let mut agent = start(Value::Null).await;
    let (run_id, proposal_id) = agent.proposed(&distilled()).await;
    let records = agent.client.dir().join("state/accepted");
    std::fs::write(&records, "A file where the folder for records has to be.").unwrap();
    let argument = json!({"proposalId": proposal_id});
    let error = agent.refusal("preceptor.proposal.accept", argument).await;
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("state") && message.contains("check"), "{message}");
    assert!(!agent.path(SKILL).exists() && !agent.kinds(&run_id).contains(&"skill_saved"));
    std::fs::remove_file(records).unwrap();
    agent.accept().await;
    agent.finish().await;
}

#[tokio::test]
async fn an_editor_that_refuses_is_quoted_and_the_proposal_still_waits() {
    let mut agent = start(Value::Null).await;
    let (run_id, proposal_id) = agent.proposed(&distilled()).await;
    let notes = agent.notes();
    let id = agent.start_action(&notes, ASK_LINE, "Accept skill").await;
    let (request, ..) = agent.creation().await;
    let refusal = json!({"applied": false, "failureReason": "the folder is read-only"});
    agent.client.answer(&request, refusal).await;
    let answer = agent.client.answer_to(id).await;
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.contains("the folder is read-only"), "{message}");
    assert!(!agent.path(SKILL).exists());
    assert!(!agent.kinds(&run_id).contains(&"skill_saved"));
    let proposals = agent.execute("preceptor.proposals", json!({})).await;
    assert_eq!(proposals[0]["proposalId"], proposal_id.as_str());
    agent.accept().await;
    agent.finish().await;
}

#[tokio::test]
async fn an_editor_that_does_not_answer_is_waited_for_ten_seconds() {
    let mut agent = start(Value::Null).await;
    let (run_id, proposal_id) = agent.proposed(&distilled()).await;
    let argument = json!({"proposalId": proposal_id});
    let since = Instant::now();
    let id = agent.start_command("preceptor.proposal.accept", argument).await;
    let (request, ..) = agent.creation().await;
    // From here on the clock jumps to the next deadline as soon as everybody waits.
    tokio::time::pause();
    let answer = agent.client.answer_to(id).await;
    assert!((10..20).contains(&since.elapsed().as_secs()), "{:?}", since.elapsed());
    tokio::time::resume();
    let withdrawn = agent.client.notification("$/cancelRequest").await;
    assert_eq!(withdrawn["id"], request["id"]);
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.contains("count-csv-rows"), "{message}");
    assert!(!agent.kinds(&run_id).contains(&"skill_saved"));
    let proposals = agent.execute("preceptor.proposals", json!({})).await;
    assert_eq!(proposals[0]["proposalId"], proposal_id.as_str());
    agent.finish().await;
}

#[tokio::test]
async fn the_edit_and_the_save_have_ten_seconds_together() {
    let mut agent = start(Value::Null).await;
    let (_, proposal_id) = agent.proposed(&distilled()).await;
    let argument = json!({"proposalId": proposal_id});
    let since = Instant::now();
    let id = agent.start_command("preceptor.proposal.accept", argument).await;
    let (request, uri, text) = agent.creation().await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(6)).await;
    agent.apply(&request, SKILL, &text).await;
    // The client is asked to save, and says nothing.
    agent.client.server_request("preceptor/save").await;
    let answer = agent.client.answer_to(id).await;
    assert!((10..12).contains(&since.elapsed().as_secs()), "{:?}", since.elapsed());
    tokio::time::resume();
    assert!(answer["error"].is_null(), "{answer}");
    agent.client.notification("$/cancelRequest").await;
    agent.diagnostic(&uri, "skill/unsaved").await;
    agent.finish().await;
}

#[tokio::test]
async fn a_skill_that_the_client_cannot_save_says_so_until_it_is_saved() {
    let mut agent = start(without_save()).await;
    agent.proposed(&distilled()).await;
    let notes = agent.notes();
    let id = agent.start_action(&notes, ASK_LINE, "Accept skill").await;
    let (request, uri, text) = agent.creation().await;
    agent.apply(&request, SKILL, &text).await;
    assert!(agent.client.answer_to(id).await["error"].is_null());
    let diagnostic = agent.diagnostic(&uri, "skill/unsaved").await;
    assert_eq!(diagnostic["severity"], 4);
    // It is offered from the moment of acceptance, from the buffer.
    agent.student.then(says("There are 2 rows."));
    agent.ask_and_wait().await;
    assert!(agent.student.requests().last().unwrap().mentions("count-csv-rows"));
    agent.save(SKILL, &text).await;
    agent
        .diagnostics_when(&uri, "it is saved", |it| {
            it.iter().all(|diagnostic| diagnostic["code"] != "skill/unsaved")
        })
        .await;
    agent.finish().await;
}

#[tokio::test]
async fn a_skill_that_is_closed_while_its_file_is_empty_is_written_by_the_server() {
    let mut agent = start(without_save()).await;
    agent.proposed(&distilled()).await;
    let notes = agent.notes();
    let id = agent.start_action(&notes, ASK_LINE, "Accept skill").await;
    let (request, uri, text) = agent.creation().await;
    agent.apply(&request, SKILL, &text).await;
    agent.client.answer_to(id).await;
    agent.diagnostic(&uri, "skill/unsaved").await;
    agent.client.notify("textDocument/didClose", json!({"textDocument": {"uri": uri}})).await;
    let message = agent.client.notification("window/showMessage").await;
    assert!(message["message"].as_str().unwrap().contains("SKILL.md"), "{message}");
    assert_eq!(agent.read(SKILL), text);
    agent.finish().await;
}

#[tokio::test]
async fn a_client_that_creates_no_files_gets_the_file_and_a_message() {
    let capabilities = json!({"workspace": {"workspaceEdit": {"resourceOperations": []}}});
    let mut agent = start(capabilities).await;
    let (run_id, proposal_id) = agent.proposed(&distilled()).await;
    let answer =
        agent.execute("preceptor.proposal.accept", json!({"proposalId": proposal_id})).await;
    assert_eq!(answer, json!({"uri": agent.uri(SKILL), "name": "count-csv-rows"}));
    let message = agent.client.notification("window/showMessage").await;
    assert!(message["message"].as_str().unwrap().contains(SKILL), "{message}");
    assert!(agent.read(SKILL).contains("published"));
    agent.event(&run_id, "skill_saved").await;
    agent.finish().await;
}

#[tokio::test]
async fn a_proposal_is_accepted_once() {
    let mut agent = start(Value::Null).await;
    let (_, proposal_id) = agent.proposed(&distilled()).await;
    agent.accept().await;
    for command in ["preceptor.proposal.accept", "preceptor.proposal.reject"] {
        let error = agent.refusal(command, json!({"proposalId": proposal_id})).await;
        assert_eq!(error["code"], -32602, "{error}");
        assert!(error["message"].as_str().unwrap().contains("proposalId"), "{error}");
    }
    let notes = agent.notes();
    let actions = agent.actions(&notes, ASK_LINE).await;
    assert!(actions_titled(&actions, "Accept").is_empty(), "{actions:#?}");
    agent.finish().await;
}

#[tokio::test]
async fn two_acceptances_at_once_make_one_skill() {
    let mut agent = start(Value::Null).await;
    let (_, proposal_id) = agent.proposed(&distilled()).await;
    let argument = json!({"proposalId": proposal_id});
    let first = agent.start_command("preceptor.proposal.accept", argument.clone()).await;
    let second = agent.start_command("preceptor.proposal.accept", argument).await;
    let (request, _, text) = agent.creation().await;
    agent.apply(&request, SKILL, &text).await;
    agent.save_when_asked(SKILL, &text).await;
    let answers = [agent.client.answer_to(first).await, agent.client.answer_to(second).await];
    assert_eq!(answers.iter().filter(|it| it["error"].is_null()).count(), 1, "{answers:?}");
    // `finish` fails if there is another edit.
    agent.finish().await;
}

#[tokio::test]
async fn a_name_that_is_taken_gets_the_next_one() {
    let mut agent = Agent::start_with(AgentOptions {
        files: vec![(SKILL, "mine\n".to_owned())],
        ..AgentOptions::default()
    })
    .await;
    let (run_id, proposal_id) = agent.proposed(&distilled()).await;
    let argument = json!({"proposalId": proposal_id});
    let id = agent.start_command("preceptor.proposal.accept", argument).await;
    let (request, uri, text) = agent.creation().await;
    let next = ".agents/skills/count-csv-rows-2/SKILL.md";
    assert_eq!(uri, agent.uri(next));
    assert!(text.contains("name: count-csv-rows-2"), "{text}");
    agent.apply(&request, next, &text).await;
    agent.save_when_asked(next, &text).await;
    let answer = agent.client.answer_to(id).await;
    assert_eq!(answer["result"], json!({"uri": uri, "name": "count-csv-rows-2"}), "{answer}");
    let saved = agent.event(&run_id, "skill_saved").await;
    assert_eq!(saved["data"]["name"], "count-csv-rows-2");
    assert_eq!(agent.read(SKILL), "mine\n");
    agent.finish().await;
}

#[tokio::test]
async fn the_first_well_known_folder_that_exists_takes_the_skill() {
    let mut agent = Agent::start_with(AgentOptions {
        files: vec![
            (".claude/skills/README.md", "ours\n".to_owned()),
            ("skills/README.md", "a bare folder never takes any\n".to_owned()),
        ],
        capabilities: json!({"workspace": {"workspaceEdit": {"resourceOperations": []}}}),
        ..AgentOptions::default()
    })
    .await;
    let (_, proposal_id) = agent.proposed(&distilled()).await;
    let answer =
        agent.execute("preceptor.proposal.accept", json!({"proposalId": proposal_id})).await;
    assert_eq!(answer["uri"], agent.uri(".claude/skills/count-csv-rows/SKILL.md"));
    agent.client.notification("window/showMessage").await;
    agent.finish().await;
}

#[tokio::test]
async fn the_students_success_after_acceptance_is_the_skills() {
    let mut agent = start(Value::Null).await;
    agent.proposed(&distilled()).await;
    agent.accept().await;
    agent
        .student
        .then(calls([("skills", json!({"action": "view", "name": "count-csv-rows"}))]))
        .then(bash("tail -n +2 data.csv | wc -l"))
        .then(says("There are 2 rows."));
    let run_id = agent.ask().await;
    let end = agent.turn_end(&run_id, 1).await;
    assert_eq!(end["data"]["finalResponse"], "There are 2 rows.");
    assert!(!agent.kinds(&run_id).contains(&"teacher_takeover"));
    agent.finish().await;
}

//! What a person sees of the student trying a proposed skill.

use std::{fs, path::PathBuf};

use runtime::workspace_copy::contents;
use serde_json::{Value, json};

use crate::{
    harness::{
        Agent, AgentOptions, SKILL, actions_titled, bash, calls, distilled, says, tool_results,
    },
    model_server::Request,
};

fn knows_the_skill(request: &Request) -> bool {
    request.mentions("- count-csv-rows:")
}

fn n_results(n: usize) -> impl Fn(&Request) -> bool + Send + 'static {
    move |request| knows_the_skill(request) && tool_results(request).len() == n
}

/// A student that gives up unless it is offered the skill, and a teacher that writes `count.txt`.
async fn agent(student_writes: &str) -> Agent {
    agent_with(student_writes, 0).await
}

async fn agent_with(student_writes: &str, regression_sample: u32) -> Agent {
    agent_where(student_writes, json!({"enabled": true, "regression_sample": regression_sample}))
        .await
}

async fn agent_where(student_writes: &str, verify: Value) -> Agent {
    let options = AgentOptions { settings: json!({"verify": verify}), ..AgentOptions::default() };
    let agent = Agent::start_with(options).await;
    let view = json!({"action": "view", "name": "count-csv-rows"});
    agent
        .student
        .when(|request| request.mentions("name the file"), says("It is data.csv."))
        .when(n_results(0), calls([("skills", view)]))
        .when(n_results(1), bash(student_writes))
        .when(n_results(2), says("There are 2 rows."))
        .when(|request| !knows_the_skill(request), says("I was unable to count the rows."));
    agent
        .teacher
        .then(bash("tail -n +2 data.csv | wc -l > count.txt"))
        .then(says("There are 2 rows."))
        .then(says(&distilled().to_string()));
    agent
}

async fn verification(agent: &mut Agent, run_id: &str) -> Value {
    agent.event(run_id, "verification").await["data"].clone()
}

/// Returns the path of the document that a hover leads to.
fn linked(hover: &str, title: &str) -> PathBuf {
    let link = hover.split(&format!("[{title}](file://")).nth(1);
    let path = link.and_then(|rest| rest.split(')').next());
    PathBuf::from(path.unwrap_or_else(|| panic!("no `{title}` in {hover}")))
}

fn document(hover: &str, title: &str) -> String {
    fs::read_to_string(linked(hover, title)).unwrap()
}

#[tokio::test]
async fn a_proposal_is_tried_and_says_so() {
    let mut agent = agent("tail -n +2 data.csv | wc -l > count.txt").await;
    let run_id = agent.ask().await;
    let proposed = agent.event(&run_id, "skill_proposed").await;
    assert_eq!(proposed["data"]["verification"]["outcome"], "pending");
    let work = agent.path("");
    let before = contents(&work);
    let verification = verification(&mut agent, &run_id).await;
    assert_eq!(verification["outcome"], "verified", "{verification}");
    assert_eq!(verification["proposalId"], proposed["data"]["proposalId"]);
    assert_eq!(contents(&work), before, "the workspace is as it was");
    let notes = agent.notes();
    let shown = agent
        .diagnostics_when(&notes, "what came of the replay", |all| {
            all.iter().any(|it| it["message"].as_str().is_some_and(|it| it.contains("Verified.")))
        })
        .await;
    assert!(!shown.is_empty());
    let hover = agent.hover(&notes, 2).await;
    assert!(hover.contains("the same files as the teacher"), "{hover}");
    let report = document(&hover, "What the replay showed");
    assert!(report.contains("The files are the same as the teacher's."), "{report}");
    assert!(report.contains("- Changed files: `count.txt`"), "{report}");
    assert!(report.contains("## Without the skill"), "{report}");
    assert!(document(&hover, "its transcript").contains("There are 2 rows."));
    let shown = agent.act(&notes, 2, "Show the replay of").await;
    assert!(shown["uri"].as_str().unwrap().ends_with("verification.md"), "{shown}");
    let listed = agent.execute("preceptor.proposals", json!({})).await;
    assert_eq!(listed[0]["verification"]["repairs"], 1, "{listed}");
    let proposal = listed[0]["uri"].as_str().unwrap();
    agent
        .client
        .open(proposal, &fs::read_to_string(proposal.replace("file://", "")).unwrap())
        .await;
    for line in [0, 1] {
        let hover = agent.hover(proposal, line).await;
        assert!(hover.starts_with("**Verified.** With the skill the student left"), "{hover}");
        assert_eq!(document(&hover, "What the replay showed"), report);
    }
    assert_eq!(agent.hover(proposal, 15).await.find("Verified."), None);
    let replay = verification["replayRunId"].as_str().unwrap();
    let transcript = agent.execute("preceptor.show", json!({"runId": replay})).await;
    let path = transcript["uri"].as_str().unwrap().strip_prefix("file://").unwrap().to_owned();
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains("There are 2 rows."), "{text}");
    let runs = agent.execute("preceptor.runs", json!({})).await;
    assert_eq!(runs.as_array().unwrap().len(), 1, "a replay is no run of the person's: {runs}");
    let accepted = agent.accept().await;
    assert!(accepted.contains("verification: \"verified\""), "{accepted}");
    agent.finish().await;
}

#[tokio::test]
async fn a_skill_that_does_not_help_is_not_verified_and_can_be_tried_again() {
    let mut agent = agent("echo 3 > count.txt").await;
    agent.teacher.then(says("DIFFERENT: it counts the header."));
    let run_id = agent.ask().await;
    let first = verification(&mut agent, &run_id).await;
    assert_eq!(first["outcome"], "not_verified", "{first}");
    assert!(first["reason"].as_str().unwrap().contains("it counts the header"), "{first}");
    let notes = agent.notes();
    let hover = agent.hover(&notes, 2).await;
    let report = document(&hover, "What the replay showed");
    assert!(
        report.contains("The teacher judged it not as good as its own: it counts the header."),
        "{report}"
    );
    let comparison = report.split("the teacher's comparison](../").nth(1).unwrap();
    let comparison = comparison.split(')').next().unwrap();
    let replay = linked(&hover, "its transcript");
    let replays = replay.parent().unwrap().parent().unwrap();
    let comparison = fs::read_to_string(replays.join(comparison)).unwrap();
    assert!(comparison.contains("DIFFERENT: it counts the header."), "{comparison}");
    agent.teacher.then(says("EQUAL: both say 2."));
    let begun = agent.act(&notes, 2, "Verify skill").await;
    assert_eq!(verification(&mut agent, &run_id).await["outcome"], "pending");
    let again = verification(&mut agent, &run_id).await;
    assert_eq!(again["outcome"], "verified", "{again}");
    assert_eq!(again["replayRunId"], begun["runId"]);
    agent.finish().await;
}

#[tokio::test]
async fn a_failure_on_files_that_changed_since_says_nothing() {
    let mut agent = agent("tail -n +2 data.csv | wc -l > count.txt").await;
    let run_id = agent.ask().await;
    let first = verification(&mut agent, &run_id).await;
    assert_eq!(first["outcome"], "verified", "{first}");
    fs::rename(agent.path("data.csv"), agent.path("renamed.csv")).unwrap();
    let notes = agent.notes();
    agent.act(&notes, 2, "Verify skill").await;
    assert_eq!(verification(&mut agent, &run_id).await["outcome"], "pending");
    let again = verification(&mut agent, &run_id).await;
    let reason = again["reason"].as_str().unwrap();
    assert_eq!(
        (&again["outcome"], &again["replayRunId"]),
        (&first["outcome"], &first["replayRunId"])
    );
    assert!(reason.starts_with(first["reason"].as_str().unwrap()), "{reason}");
    let since = "Tried again since: Files changed since the request was asked (`data.csv`, \
                 `renamed.csv`), so that this shows nothing for certain: ";
    assert!(reason.contains(since), "{reason}");
    agent.finish().await;
}

#[tokio::test]
async fn where_the_files_of_before_were_not_kept_nothing_is_verified() {
    let mut agent = agent_where("cat count.txt", json!({"enabled": false})).await;
    let run_id = agent.ask().await;
    agent.event(&run_id, "skill_proposed").await;
    agent.teacher.then(says("EQUAL: both say 2."));
    assert!(agent.path("count.txt").exists(), "the teacher did what the student is to do");
    let notes = agent.notes();
    agent.act(&notes, 2, "Verify skill").await;
    let told = loop {
        let told = verification(&mut agent, &run_id).await;
        if told["outcome"] != "pending" {
            break told;
        }
    };
    assert_eq!(told["outcome"], "inconclusive", "{told}");
    let reason = told["reason"].as_str().unwrap();
    assert!(reason.starts_with("The files of before the request were not kept"), "{reason}");
    agent.finish().await;
}

#[tokio::test]
async fn an_unsaved_buffer_is_no_work_of_the_teachers() {
    // Neither changes a file, and the answers differ.
    let settings = json!({"verify": {"enabled": true, "regression_sample": 0}});
    let mut agent = Agent::start_with(AgentOptions { settings, ..AgentOptions::default() }).await;
    let view = json!({"action": "view", "name": "count-csv-rows"});
    agent
        .student
        .when(n_results(0), calls([("skills", view)]))
        .when(knows_the_skill, says("There are 3 rows."))
        .when(|request| !knows_the_skill(request), says("I was unable to count the rows."));
    agent
        .teacher
        .then(bash("tail -n +2 data.csv | wc -l"))
        .then(says("There are 2 rows."))
        .then(says(&distilled().to_string()));
    agent.teacher.when(|it| it.mentions("Did the second"), says("DIFFERENT: it is not known."));
    let (notes, text) = (agent.notes(), agent.read("notes.md"));
    let changes = json!([{"text": format!("{text}\nUnsaved.\n")}]);
    agent.client.change(&notes, 2, changes).await;
    let run_id = agent.ask().await;
    let verification = verification(&mut agent, &run_id).await;
    assert_eq!(verification["outcome"], "not_verified", "{verification}");
    agent.finish().await;
}

#[tokio::test]
async fn trying_is_switched_off_by_a_setting() {
    let mut agent = Agent::start().await;
    agent.teach(&distilled().to_string());
    let run_id = agent.ask_and_wait().await;
    let proposed = agent.event(&run_id, "skill_proposed").await;
    let verification = &proposed["data"]["verification"];
    assert_eq!(verification["outcome"], "off", "{verification}");
    assert_eq!(agent.student.requests().len(), 1);
    agent.finish().await;
}

#[tokio::test]
async fn any_skill_can_be_tried_on_any_request() {
    let mut agent = agent("tail -n +2 data.csv | wc -l > count.txt").await;
    let text = "---\nname: count-csv-rows\ndescription: Counts rows. Use when asked.\n---\n\n\
                # Count\n\n## Verification\n\n- Run `test -s count.txt`.\n";
    agent.write(".agents/skills/count-csv-rows/SKILL.md", text);
    let uri = agent.uri(".agents/skills/count-csv-rows/SKILL.md");
    let refused = agent.refusal("preceptor.skill.verify", json!({"uri": uri})).await;
    assert!(refused["message"].as_str().unwrap().contains("`prompt`"), "{refused}");
    let both = json!({"uri": uri, "prompt": "count", "runId": "none"});
    let refused = agent.refusal("preceptor.skill.verify", both).await;
    assert!(refused["message"].as_str().unwrap().contains("not both"), "{refused}");
    let other = json!({"uri": agent.uri("data.csv"), "prompt": "count"});
    let refused = agent.refusal("preceptor.skill.verify", other).await;
    assert!(refused["message"].as_str().unwrap().contains("a SKILL.md"), "{refused}");
    agent.client.may_stay_unread =
        &["preceptor/event", "textDocument/publishDiagnostics", "window/showMessage"];
    let argument = json!({"uri": uri, "prompt": "how many rows has data.csv?"});
    let begun = agent.execute("preceptor.skill.verify", argument).await;
    let told = agent.event(begun["runId"].as_str().unwrap(), "verification").await;
    assert_eq!((&told["data"]["uri"], &told["data"]["outcome"]), (&json!(uri), &json!("verified")));
    let message = agent.client.notification("window/showMessage").await;
    let message = message["message"].as_str().unwrap();
    assert!(message.contains("Skill `count-csv-rows`: Verified."), "{message}");
    let shown = agent.execute("preceptor.show", json!({"runId": begun["runId"]})).await;
    assert!(shown["uri"].as_str().unwrap().ends_with("transcript.md"));
    assert!(!agent.path("count.txt").exists());
    agent.finish().await;
}

#[tokio::test]
async fn a_skill_is_tried_at_its_name_on_what_it_was_used_for_last() {
    let mut agent = agent("tail -n +2 data.csv | wc -l > count.txt").await;
    agent.client.may_stay_unread =
        &["preceptor/event", "textDocument/publishDiagnostics", "window/showMessage"];
    let taught = agent.ask().await;
    assert_eq!(verification(&mut agent, &taught).await["outcome"], "verified");
    agent.accept().await;
    let uri = agent.uri(SKILL);
    let title = "Verify `count-csv-rows` with the last request that it was used for";
    assert!(actions_titled(&agent.actions(&uri, 1).await, title).is_empty(), "never used");
    let first = agent.execute("preceptor.run", json!({"prompt": "how many rows are there?"})).await;
    let run_id = first["runId"].as_str().unwrap();
    agent.turn_end(run_id, 1).await;
    // What was asked after it has nothing to do with the skill.
    let other = json!({"runId": run_id, "prompt": "name the file"});
    agent.execute("preceptor.followUp", other).await;
    agent.turn_end(run_id, 2).await;
    assert!(actions_titled(&agent.actions(&uri, 5).await, title).is_empty(), "not at the name");
    let begun = agent.act(&uri, 1, title).await;
    agent.event(begun["runId"].as_str().unwrap(), "verification").await;
    let message = agent.client.notification("window/showMessage").await;
    let message = message["message"].as_str().unwrap();
    assert!(message.starts_with("Skill `count-csv-rows`: "), "{message}");
    let report = fs::read_to_string(message.split(" Shown in ").nth(1).unwrap()).unwrap();
    assert!(report.contains("> how many rows are there?\n"), "{report}");
    assert!(!report.contains("name the file"), "{report}");
    agent.finish().await;
}

#[tokio::test]
async fn what_went_well_before_is_tried_with_the_skill_whoever_asks_for_it() {
    let mut agent = agent_with("tail -n +2 data.csv | wc -l > count.txt", 3).await;
    let earlier = agent.execute("preceptor.run", json!({"prompt": "name the file"})).await;
    agent.turn_end(earlier["runId"].as_str().unwrap(), 1).await;
    let run_id = agent.ask().await;
    for _ in 0..2 {
        let verification = loop {
            let told = verification(&mut agent, &run_id).await;
            if told["outcome"] != "pending" {
                break told;
            }
        };
        let reason = verification["reason"].as_str().unwrap();
        assert!(reason.ends_with("1 earlier request went as before."), "{reason}");
        let notes = agent.notes();
        agent.act(&notes, 2, "Verify skill").await;
    }
    agent.finish().await;
}

#[tokio::test]
async fn a_replay_whose_process_is_gone_is_said_to_be_interrupted_and_can_be_tried_again() {
    let mut agent = agent("tail -n +2 data.csv | wc -l > count.txt").await;
    let run_id = agent.ask().await;
    let first = verification(&mut agent, &run_id).await;
    let replay = json!({"runId": first["replayRunId"]});
    let transcript = agent.execute("preceptor.show", replay).await["uri"].take();
    let path = PathBuf::from(transcript.as_str().unwrap().strip_prefix("file://").unwrap());
    let state = path.ancestors().nth(3).unwrap();
    let manifest = state.join(format!("proposals/{}.json", first["proposalId"].as_str().unwrap()));
    let mut proposal: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    proposal["verification"] = json!({"outcome": "pending", "reason": "The student tries it."});
    let mut agent =
        agent.restart_after(|| fs::write(&manifest, proposal.to_string()).unwrap()).await;
    let message = agent.client.notification("window/showMessage").await;
    let message = message["message"].as_str().unwrap();
    assert!(message.contains("`count-csv-rows` was interrupted"), "{message}");
    let listed = agent.execute("preceptor.proposals", json!({})).await;
    let verification = &listed[0]["verification"];
    assert_eq!(verification["outcome"], "inconclusive", "{listed}");
    assert!(verification["reason"].as_str().unwrap().contains("interrupted"), "{listed}");
    let id = json!({"proposalId": first["proposalId"]});
    let begun = agent.execute("preceptor.proposal.verify", id.clone()).await;
    assert!(begun["runId"].is_string(), "{begun}");
    let refused = agent.refusal("preceptor.proposal.verify", id).await;
    assert!(refused["message"].as_str().unwrap().contains("is being verified"), "{refused}");
    agent.finish().await;
}

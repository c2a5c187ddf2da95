//! How the teacher works: under the run's rules, in its folder, on the record.

use serde_json::{Value, json};

use crate::{
    harness::{
        ASK_LINE, Agent, AgentOptions, TEACHER, bash, calls, codes, distilled, says, tool_results,
    },
    model_server::{Request, ev_usage},
};

async fn start(settings: Value) -> Agent {
    Agent::start_with(AgentOptions { settings, ..AgentOptions::default() }).await
}

/// Waits for an action with just this title at the line that asked, and takes it.
async fn decide(agent: &mut Agent, title: &str) {
    let notes = agent.notes();
    let action = loop {
        let actions = agent.actions(&notes, ASK_LINE).await;
        if let Some(action) = actions.into_iter().find(|it| it["title"] == title) {
            break action;
        }
    };
    agent.execute("preceptor.approve", action["command"]["arguments"][0].clone()).await;
}

// WT18: The rules, the mode of approval and the folder are the run's.
#[tokio::test]
async fn the_teacher_works_under_the_rules_and_approvals_of_the_run() {
    let mut agent = start(json!({
        "approval": {
            "mode": "ask",
            "rules": [{"tool": "bash", "when": {"command": "rm *"}, "decision": "deny"}],
        },
    }))
    .await;
    agent.student.then(says("I was unable to count the rows."));
    agent
        .teacher
        .then(calls([
            ("bash", json!({"command": "rm data.csv"})),
            ("read_file", json!({"path": "../../../../../../../../etc/hostname"})),
            ("write_file", json!({"path": "rows.txt", "content": "2\n"})),
        ]))
        .then(calls([
            ("bash", json!({"command": "cat rows.txt"})),
            ("read_file", json!({"path": "data.csv"})),
        ]))
        .then(says("There are 2 rows."))
        .then(says("NO_SKILL"));
    let run_id = agent.ask().await;
    let asked = agent.event(&run_id, "approval_required").await;
    assert_eq!((&asked["teacher"], &asked["data"]["count"]), (&json!(true), &json!(1)));
    assert_eq!(asked["data"]["tools"][0]["tool"], "write_file");
    let notes = agent.notes();
    agent.diagnostics_when(&notes, "the question", |it| codes(it).contains(&"turn/approval")).await;
    assert!(!agent.path("rows.txt").exists());
    // Nothing is learnt before it went on.
    assert_eq!(agent.teacher.requests().len(), 1);
    decide(&mut agent, "Approve `write_file: rows.txt (+1 −0)` (risk: writes)").await;
    decide(&mut agent, "Reject `bash: cat rows.txt`").await;
    assert_eq!(agent.read("rows.txt"), "2\n");
    agent.event(&run_id, "skill_save_failed").await;
    assert!(agent.path("data.csv").exists());
    let requests = agent.teacher.requests();
    let results = tool_results(&requests[1]);
    assert!(results[0].contains("rule"), "{results:?}");
    assert!(results[1].contains("outside"), "{results:?}");
    let declined = tool_results(&requests[2]);
    assert!(declined[3].contains("declined"), "{declined:?}");
    agent.finish().await;
}

// D4: What a result would have held is in the journal: the answer, the steps, what each cost and
// used, and every call.
#[tokio::test]
async fn the_journal_tells_all_that_a_takeover_came_to() {
    let mut agent = start(json!({
        "budget": {"prices": {TEACHER: {"input": 0.0, "output": 1000.0}}, "run_usd": 100.0},
        "teacher": {"max_cost_usd": 50.0},
    }))
    .await;
    agent.student.then(says("I was unable to count the rows."));
    for (mut reply, n_tokens) in
        [(bash("wc -l < data.csv"), 40), (says("There are 2 rows."), 30), (says("NO_SKILL"), 20)]
    {
        reply.push(ev_usage(10, n_tokens));
        agent.teacher.then(reply);
    }
    let run_id = agent.ask().await;
    agent.event(&run_id, "skill_save_failed").await;
    let answer = agent.execute("preceptor.events", json!({"runId": run_id, "limit": 1000})).await;
    let events: Vec<&Value> =
        answer["events"].as_array().unwrap().iter().filter(|it| it["teacher"] == true).collect();
    let of = |kind: &str| -> Vec<&Value> {
        events.iter().filter(|it| it["type"] == kind).map(|it| &it["data"]).collect()
    };
    let steps: Vec<(&str, f64, u64)> = of("llm_call")
        .into_iter()
        .map(|it| {
            let used = &it["usage"];
            let n_tokens =
                ["promptTokens", "completionTokens"].map(|key| used[key].as_u64().unwrap());
            (it["kind"].as_str().unwrap(), it["costUsd"].as_f64().unwrap(), n_tokens.iter().sum())
        })
        .collect();
    assert_eq!(steps, [("teacher", 0.04, 50), ("teacher", 0.03, 40), ("distill", 0.02, 30)]);
    let call = &of("tool_call")[0];
    assert_eq!(
        (&call["tool"], &call["arguments"]["command"]),
        (&json!("bash"), &json!("wc -l < data.csv"))
    );
    let output = &of("tool_output")[0];
    assert_eq!(output["toolCallId"], call["toolCallId"]);
    assert!(output["output"].as_str().unwrap().contains('3'), "{output}");
    let end = &of("turn_complete")[0];
    assert_eq!(end["finalResponse"], "There are 2 rows.");
    let runs = agent.execute("preceptor.runs", json!({})).await;
    assert_eq!(runs[0]["costUsd"], 0.09);
    assert_eq!(runs[0]["teacher"], true);
    agent.finish().await;
}

// WT12: Words that end a stream, or decline a lesson, are words where a model or a tool says them.
#[tokio::test]
async fn words_of_the_protocol_in_a_text_swallow_nothing() {
    let mut agent = Agent::start().await;
    agent.write("log.txt", "data: [DONE]\nNO_SKILL\n");
    agent.student.then(says("I was unable to count the rows."));
    let answer = "The log says `data: [DONE]` and NO_SKILL, and there are 2 rows.";
    agent.teacher.then(bash("cat log.txt")).then(says(answer));
    let mut lesson = distilled();
    lesson["pitfalls"] = json!(["A stream ends with [DONE].", "NO_SKILL is no number."]);
    agent.teacher.then(says(&lesson.to_string()));
    let run_id = agent.ask().await;
    let output = agent.event(&run_id, "tool_output").await;
    assert!(output["data"]["output"].as_str().unwrap().contains("[DONE]\nNO_SKILL"), "{output}");
    let end = agent.turn_end(&run_id, 1).await;
    assert_eq!(end["data"]["finalResponse"], answer);
    let proposed = agent.event(&run_id, "skill_proposed").await;
    assert_eq!(proposed["data"]["name"], "count-csv-rows");
    agent.finish().await;
}

// WT14: What a lesson thinks of itself decides nothing: accepted, it is offered, and that closes the
// loop.
#[tokio::test]
async fn an_accepted_lesson_is_why_the_student_succeeds() {
    let mut agent = Agent::start().await;
    let mut lesson = distilled();
    lesson["confidence"] = json!(0.1);
    lesson["status"] = json!("draft");
    agent.teach(&lesson.to_string());
    let run_id = agent.ask().await;
    agent.event(&run_id, "skill_proposed").await;
    let is_offered = |request: &Request| {
        request.messages().next().is_some_and(|it| {
            it["content"].as_str().is_some_and(|it| it.contains("- count-csv-rows: "))
        })
    };
    agent.student.when(is_offered, says("There are 2 rows."));
    agent.student.when(|_| true, says("I was unable to count the rows."));
    agent.teacher.when(|_| true, says("I was unable to count them either."));
    let failed = agent.ask().await;
    agent.turn_end(&failed, 1).await;
    assert!(agent.kinds(&failed).contains(&"teacher_takeover"));
    agent.accept().await;
    let managed = agent.ask().await;
    let end = agent.turn_end(&managed, 1).await;
    assert_eq!(end["data"]["finalResponse"], "There are 2 rows.");
    assert!(!agent.kinds(&managed).contains(&"teacher_takeover"));
    agent.finish().await;
}

// A key is recognized whole only: what is cut out of a trace must have been redacted before.
#[tokio::test]
async fn no_part_of_a_key_is_left_where_a_lesson_cuts_an_output() {
    let keys: Vec<String> = (0..60_u32)
        .map(|number| {
            let digits = (0..36_u32).map(|at| {
                let digit = (number * 7 + at * at + at * number) % 36;
                char::from_digit(digit, 36).unwrap()
            });
            format!("ghp_{}", digits.collect::<String>())
        })
        .collect();
    for n_more in [0, 3, 9, 14, 20, 31] {
        let mut agent = Agent::start().await;
        agent.write("keys.txt", &format!("{}\n{}\n", keys.join("\n"), "z".repeat(n_more)));
        agent.student.then(bash("cat keys.txt")).then(says("I was unable to count the rows."));
        agent.teacher.then(bash("cat keys.txt")).then(says("2 rows.")).then(says("NO_SKILL"));
        let run_id = agent.ask().await;
        agent.event(&run_id, "skill_save_failed").await;
        let lesson = agent.teacher.requests()[2].body.to_string();
        assert!(lesson.contains("characters left out"), "{lesson}");
        for key in &keys {
            let mut parts = (0..key.len() - 9).filter_map(|at| key.get(at..at + 9));
            let part = parts.find(|part| lesson.contains(part));
            assert!(part.is_none(), "{part:?} of {key} with {n_more} more");
        }
        agent.finish().await;
    }
}

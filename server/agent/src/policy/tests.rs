//! What rules, modes and grants decide; tables of commands and costs are below.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Billable, Decision, Grant, Mode, Policy, Price, Rule};
use crate::{ledger::UnknownPrice, tool::PreparedCall};

mod billing;
mod commands;
mod everyday;
mod handovers;
mod reasons;
mod refused;

fn call(tool: &str, arguments: Value) -> PreparedCall {
    let Value::Object(arguments) = arguments else { unreachable!() };
    PreparedCall { id: "c".to_owned(), tool: tool.to_owned(), arguments, outside_sandbox: false }
}

fn bash(command: &str) -> PreparedCall {
    call("bash", json!({"command": command}))
}

fn rule(tool: &str, command: &str, decision: Decision) -> Rule {
    let when = BTreeMap::from([("command".to_owned(), command.to_owned())]);
    Rule { tool: tool.to_owned(), when, decision, outside_sandbox: false }
}

#[test]
fn modes_widen_what_runs() {
    let decide = |mode, tool| {
        Policy { mode, ..Policy::default() }.decide(&call(tool, json!({"command": "ls"})), "/w")
    };
    assert_eq!(decide(Mode::Ask, "read_file"), Decision::Ask, "a tool with a command is one");
    assert_eq!(decide(Mode::Edits, "bash"), Decision::Ask);
    assert_eq!(decide(Mode::Full, "bash"), Decision::Allow);
    let decide = |mode, tool| {
        Policy { mode, ..Policy::default() }.decide(&call(tool, json!({"path": "a"})), "/w")
    };
    assert_eq!(decide(Mode::Ask, "read_file"), Decision::Allow);
    assert_eq!(decide(Mode::Ask, "edit_file"), Decision::Ask);
    assert_eq!(decide(Mode::Edits, "edit_file"), Decision::Allow);
    assert_eq!(decide(Mode::Edits, "never_heard_of"), Decision::Ask);
    assert_eq!(decide(Mode::Full, "never_heard_of"), Decision::Allow);
}

#[test]
fn edits_that_leave_the_workspace_or_change_what_runs_are_asked_about() {
    let policy = Policy { mode: Mode::Edits, ..Policy::default() };
    let decide = |path: &str| policy.decide(&call("write_file", json!({"path": path})), "/w");
    for path in ["a.txt", "./a.txt", "/w/src/a.rs", ".github/x.yml"] {
        assert_eq!(decide(path), Decision::Allow, "{path}");
    }
    for path in [
        "../a",
        "/etc/hosts",
        "~/x",
        ".git/hooks/pre-commit",
        "sub/.GIT/config",
        "preceptor.toml",
        ".preceptor/x",
    ] {
        assert_eq!(decide(path), Decision::Ask, "{path}");
    }
}

#[test]
fn paths_are_matched_where_they_lead() {
    let when = BTreeMap::from([("path".to_owned(), "docs/*".to_owned())]);
    let rules = vec![Rule {
        tool: "write_file".to_owned(),
        when,
        decision: Decision::Allow,
        outside_sandbox: false,
    }];
    let policy = Policy { rules, ..Policy::default() };
    let decide = |path: &str| policy.decide(&call("write_file", json!({"path": path})), "/w");
    for path in ["docs/a.md", "./docs/a.md", "/w/docs/a.md", "src/../docs/a.md"] {
        assert_eq!(decide(path), Decision::Allow, "{path}");
    }
    for path in ["docs/../src/main.rs", "/docs/a.md", "../docs/a.md", "/wdocs/a.md"] {
        assert_eq!(decide(path), Decision::Ask, "{path}");
    }
}

#[test]
fn allowing_a_call_for_the_run_covers_that_target_only() {
    let mut policy = Policy::default();
    let wc = bash("wc -l data.csv");
    let write = call("write_file", json!({"path": "a.txt", "content": "x"}));
    policy.allowed_in_run.insert(Grant::of(&wc, "/w"));
    policy.always_allowed.insert(Grant::of(&write, "/w"));
    assert_eq!(policy.decide(&wc, "/w"), Decision::Allow);
    assert_eq!(policy.decide(&bash("wc -l x"), "/w"), Decision::Ask);
    assert_eq!(policy.decide(&bash("wc -l data.csv; rm x"), "/w"), Decision::Ask);
    let again = call("write_file", json!({"path": "./a.txt", "content": "y"}));
    assert_eq!(policy.decide(&again, "/w"), Decision::Allow);
    let other = call("write_file", json!({"path": "b.txt", "content": "y"}));
    assert_eq!(policy.decide(&other, "/w"), Decision::Ask);
}

#[test]
fn what_was_allowed_of_another_servers_tool_covers_the_same_arguments_only() {
    let mut policy = Policy::default();
    let read = call("files__do", json!({"path": "a", "operation": "read"}));
    policy.allowed_in_run.insert(Grant::of(&read, "/w"));
    assert_eq!(policy.decide(&read, "/w"), Decision::Allow);
    let delete = call("files__do", json!({"path": "a", "operation": "delete"}));
    assert_eq!(policy.decide(&delete, "/w"), Decision::Ask);
}

#[test]
fn a_rule_that_refuses_outweighs_what_was_allowed_before() {
    let mut policy =
        Policy { rules: vec![rule("bash", "rm *", Decision::Deny)], ..Policy::default() };
    policy.allowed_in_run.insert(Grant::of(&bash("rm x"), "/w"));
    assert_eq!(policy.decide(&bash("rm x"), "/w"), Decision::Deny);
}

#[test]
fn rules_for_files_hold_for_redirections_too() {
    let when = |glob: &str| BTreeMap::from([("path".to_owned(), glob.to_owned())]);
    let rules = vec![
        Rule {
            tool: "write_file".to_owned(),
            when: when("docs/*"),
            decision: Decision::Deny,
            outside_sandbox: false,
        },
        Rule {
            tool: "read_file".to_owned(),
            when: when("*.env"),
            decision: Decision::Deny,
            outside_sandbox: false,
        },
        Rule {
            tool: "write_file".to_owned(),
            when: when("out/*"),
            decision: Decision::Allow,
            outside_sandbox: false,
        },
        rule("bash", "ls", Decision::Allow),
    ];
    let policy = Policy { rules, ..Policy::default() };
    let decide = |command: &str| policy.decide(&bash(command), "/w");
    assert_eq!(decide("ls > docs/a"), Decision::Deny);
    assert_eq!(decide("ls > out/../docs/a"), Decision::Deny);
    assert_eq!(decide("ls < prod.env"), Decision::Deny);
    assert_eq!(decide("ls > out/a"), Decision::Allow);
    assert_eq!(decide("ls > a"), Decision::Ask);
    let full = Policy { mode: Mode::Full, ..policy.clone() };
    assert_eq!(full.decide(&bash("true >| docs/a"), "/w"), Decision::Deny);
    assert_eq!(full.decide(&bash("true >| a"), "/w"), Decision::Allow);
}

fn billable(tool: &str, price: Option<Price>) -> Policy {
    let billable = vec![Billable { tool: tool.to_owned(), price }];
    Policy { mode: Mode::Full, billable, ..Policy::default() }
}

fn unknown(unknown_price: UnknownPrice) -> Policy {
    Policy { unknown_price, ..billable("train", None) }
}

#[test]
fn leaving_the_sandbox_is_asked_about_whatever_may_run() {
    let outside =
        |command: &str, decision| Rule { outside_sandbox: true, ..rule("bash", command, decision) };
    let policy = Policy {
        mode: Mode::Full,
        rules: vec![
            rule("*", "*", Decision::Allow),
            outside("docker push *", Decision::Deny),
            outside("docker *", Decision::Allow),
        ],
        ..Policy::default()
    };
    for (command, expected) in [
        ("curl x", Decision::Ask),
        ("docker ps", Decision::Allow),
        ("docker push x", Decision::Deny),
        ("docker ps && curl x", Decision::Ask),
        ("docker ps; docker push x", Decision::Deny),
        ("docker ps $(curl x)", Decision::Ask),
        ("docker ps > out", Decision::Ask),
        ("docker ps; sh -c 'rm -r /'", Decision::Ask),
    ] {
        assert_eq!(policy.leaving(&bash(command), "/w"), expected, "{command}");
    }
    let read = call("read_file", json!({"path": "/etc/passwd"}));
    assert_eq!(policy.leaving(&read, "/w"), Decision::Deny, "only commands are confined");
    assert_eq!(policy.decide(&bash("docker push x"), "/w"), Decision::Allow);
}

//! Why a person is asked.

use serde_json::json;

use super::{bash, call, rule};
use crate::policy::{Decision, Mode, Policy, Rule};

#[track_caller]
fn check(policy: &Policy, command: &str, expected: &str) {
    let judgment = policy.judge(&bash(command), "/w", 1.0);
    assert_eq!(judgment.asked_because.as_deref(), Some(expected), "{command}");
}

fn with(mode: Mode, rules: Vec<Rule>) -> Policy {
    Policy { mode, rules, ..Policy::default() }
}

#[test]
fn what_is_named_is_what_the_call_would_run_without() {
    check(&with(Mode::Ask, vec![]), "ls", "`approval.mode` is \"ask\"");
    check(&with(Mode::Edits, vec![]), "ls", "`approval.mode` is \"edits\"");
    let asks = rule("bash", "git *", Decision::Ask);
    check(&with(Mode::Full, vec![asks]), "git log", "a rule in `approval.rules` asks");
    let refuses = rule("bash", "touch *", Decision::Deny);
    let full = with(Mode::Full, vec![refuses]);
    check(&full, "$x y", "it may do what a rule in `approval.rules` refuses");
    assert_eq!(full.judge(&bash("ls"), "/w", 1.0).asked_because, None);
    let edits = with(Mode::Edits, vec![]);
    let outside = edits.judge(&call("write_file", json!({"path": "/etc/x"})), "/w", 1.0);
    assert_eq!(
        outside.asked_because.as_deref(),
        Some("`approval.mode` is \"edits\", which is for files of the workspace that nothing runs")
    );
}

#[test]
fn a_gap_is_named_only_where_it_is_to_blame() {
    let gap = || "signals reach other programs".to_owned();
    let full = with(Mode::Full, vec![rule("bash", "git *", Decision::Ask)]).for_gaps(gap());
    check(
        &full,
        "touch x",
        "this machine cannot enforce the whole sandbox: signals reach other programs",
    );
    check(&full, "git log", "a rule in `approval.rules` asks");
    check(&with(Mode::Edits, vec![]).for_gaps(gap()), "ls", "`approval.mode` is \"edits\"");
    let unconfined = Policy { is_unconfined: true, ..with(Mode::Full, vec![]) };
    check(
        &unconfined,
        "touch .git/hooks/x",
        "nothing here keeps it from what git runs or from what Preceptor keeps, and it names one \
         of them",
    );
}

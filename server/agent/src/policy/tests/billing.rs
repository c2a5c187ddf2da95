//! What is asked about because of its cost.

use serde_json::{Value, json};

use super::{billable, call, unknown};
use crate::{
    ledger::UnknownPrice,
    policy::{Decision, Grant, Judgment, Mode, Policy, Price},
};

fn judge(policy: &Policy, tool: &str, arguments: Value, left: f64) -> Judgment {
    policy.judge(&call(tool, arguments), "/w", left)
}

#[test]
fn work_by_the_hour_is_reckoned_with_the_time_that_it_may_take() {
    let policy = billable("hf_jobs", Some(Price::PerHour(2.0)));
    let estimate = |timeout: Value| {
        let arguments = json!({"operation": "run", "timeout": timeout});
        judge(&policy, "hub__hf_jobs", arguments, 1.0).cost.unwrap().estimated_usd
    };
    assert_eq!(estimate(json!("15m")), Some(0.5));
    assert_eq!(estimate(json!("1.5h")), Some(3.0));
    assert_eq!(estimate(json!("1d")), Some(48.0));
    assert_eq!(estimate(json!("1800")), Some(1.0));
    assert_eq!(estimate(json!(900)), Some(0.5));
    assert_eq!(estimate(Value::Null), Some(1.0), "half an hour where nothing is said");
    let estimate = |arguments: Value| {
        let policy = billable("bash", Some(Price::PerHour(2.0)));
        judge(&policy, "bash", arguments, 1.0).cost.unwrap().estimated_usd
    };
    assert_eq!(estimate(json!({"command": "x", "timeout_s": 36_000})), Some(20.0));
    assert_eq!(estimate(json!({"operation": "x", "args": {"timeout": "24h"}})), Some(48.0));
    assert_eq!(estimate(json!({"timeout": "1h", "args": {"timeout": "2h"}})), Some(4.0));
    assert_eq!(estimate(json!({"timeout": "1h", "args": {"timeout": "soon"}})), None);
    let estimate = |timeout: Value| {
        let arguments = json!({"operation": "run", "timeout": timeout});
        judge(&policy, "hub__hf_jobs", arguments, 1.0).cost.unwrap().estimated_usd
    };
    for no_time in [json!("soon"), json!(true), json!(0), json!("-5m"), json!("0"), json!([])] {
        assert_eq!(estimate(no_time.clone()), None, "{no_time}");
    }
}

#[test]
fn what_costs_more_than_is_left_is_asked_about_in_every_mode() {
    let policy = billable("train", Some(Price::PerCall(0.4)));
    let within = judge(&policy, "train", json!({}), 0.4);
    assert_eq!((within.decision, within.block_reason), (Decision::Allow, None));
    let beyond = judge(&policy, "train", json!({}), 0.3);
    assert_eq!(beyond.decision, Decision::Ask);
    assert_eq!(
        beyond.block_reason.as_deref(),
        Some("Its estimated cost of $0.40 exceeds the $0.30 that `budget` leaves.")
    );
    let mut granted = policy.clone();
    granted.always_allowed.insert(Grant::of(&call("train", json!({})), "/w"));
    assert_eq!(judge(&granted, "train", json!({}), 0.3).decision, Decision::Ask);
}

#[test]
fn an_unknown_price_is_treated_as_set() {
    let decide = |unknown_price| judge(&unknown(unknown_price), "train", json!({}), 1.0).decision;
    assert_eq!(decide(UnknownPrice::Ask), Decision::Ask);
    assert_eq!(decide(UnknownPrice::Allow), Decision::Allow);
    assert_eq!(decide(UnknownPrice::Deny), Decision::Deny);
    let denied = judge(&unknown(UnknownPrice::Deny), "train", json!({}), 1.0);
    let reason = denied.block_reason.unwrap();
    assert!(reason.contains("`budget.unknown_price` is \"deny\""), "{reason}");
}

#[test]
fn only_what_looks_at_jobs_or_ends_them_is_free() {
    let policy = Policy { mode: Mode::Full, ..Policy::default() };
    let of = |operation: &str| judge(&policy, "hub__hf_jobs", json!({"operation": operation}), 1.0);
    for operation in ["ps", "logs", "inspect", "cancel"] {
        assert_eq!((of(operation).decision, of(operation).cost), (Decision::Allow, None));
    }
    for operation in ["", "run", "uv", "start", "scheduled_run", "scheduled\trun", "no such"] {
        assert_eq!(of(operation).decision, Decision::Ask, "{operation}");
        let is_scheduled = of(operation).cost.unwrap().is_scheduled;
        assert_eq!(is_scheduled, operation.starts_with("scheduled"), "{operation}");
    }
}

#[test]
fn scheduled_work_is_always_approved_by_hand() {
    for policy in [unknown(UnknownPrice::Allow), billable("hf_jobs", Some(Price::PerCall(0.0)))] {
        for operation in ["scheduled run", " Scheduled UV", "scheduled delete"] {
            let arguments = json!({"operation": operation});
            let mut policy = policy.clone();
            policy.allowed_in_run.insert(Grant::of(&call("hf_jobs", arguments.clone()), "/w"));
            let judgment = judge(&policy, "hf_jobs", arguments, 1.0);
            assert_eq!(judgment.decision, Decision::Ask, "{operation}");
            let reason = judgment.block_reason.unwrap();
            assert_eq!(reason, "Scheduled jobs always need a person's approval.");
        }
    }
}

#[test]
fn known_tools_look_freely_and_do_the_rest_when_asked() {
    let policy = Policy::default();
    let decide = |tool: &str, operation: &str| {
        judge(&policy, tool, json!({"operation": operation}), 1.0).decision
    };
    let looks = [
        ("hf_jobs", "ps"),
        ("hf_jobs", " Logs "),
        ("hub__hf_jobs", "inspect"),
        ("hf_repo_files", "list"),
        ("hf_repo_git", "list_refs"),
    ];
    for (tool, operation) in looks {
        assert_eq!(decide(tool, operation), Decision::Allow, "{tool} {operation}");
    }
    let does = [
        ("hf_jobs", "run"),
        ("hf_jobs", "uv"),
        ("hf_jobs", "cancel"),
        ("hf_jobs", ""),
        ("hf_private_repos", "upload_file"),
        ("hf_private_repos", "create_repo"),
        ("hf_repo_files", "upload"),
        ("hf_repo_files", "delete"),
        ("hf_repo_git", "delete_branch"),
        ("hf_repo_git", "delete_tag"),
        ("hf_repo_git", "merge_pr"),
        ("hf_repo_git", "create_repo"),
        ("hf_repo_git", "update_repo"),
        ("hf_repo_git", "force_push"),
        ("other__hf_jobs_too", "ps"),
        ("sandbox_create", ""),
    ];
    for (tool, operation) in does {
        assert_eq!(decide(tool, operation), Decision::Ask, "{tool} {operation}");
    }
}

#[test]
fn jobs_cost_money_even_where_no_setting_says_so() {
    let policy = Policy { mode: Mode::Full, ..Policy::default() };
    let run = judge(&policy, "hf_jobs", json!({"operation": "run"}), 1.0);
    assert_eq!(run.decision, Decision::Ask, "its price is not known");
    let logs = judge(&policy, "hf_jobs", json!({"operation": "logs"}), 1.0);
    assert_eq!((logs.decision, logs.cost), (Decision::Allow, None));
    assert_eq!(judge(&policy, "sandbox_create", json!({}), 1.0).decision, Decision::Ask);
    let paid = json!({"hardware": "a10g-small"});
    assert_eq!(judge(&policy, "sandbox_create", paid, 1.0).decision, Decision::Ask);
    let free = judge(&policy, "sandbox_create", json!({"hardware": "cpu-basic"}), 1.0);
    assert_eq!((free.decision, free.cost), (Decision::Allow, None));
}

//! Sums, caps and sentences.

use expect_test::expect;

use super::{
    Balance, Caps, Ledger, Money, Price, Rate, Scope, broken_call_usage, reply_usage, worst_case,
};
use crate::message::{
    FailureClass, FinishReason, Message, ModelReply, ModelRequest, Origin, ToolCall, Usage,
};

const PRICE: Price = Price { input: 3.0, output: 15.0 };

fn usd(usd: f64) -> Money {
    Money::from_usd(usd)
}

fn caps(takeover: f64, run: f64) -> Caps {
    Caps { takeover: usd(takeover), run: usd(run) }
}

#[test]
fn dollars_add_up_to_a_cap_exactly() {
    let dime = usd(0.1);
    assert_eq!(dime + dime + dime, usd(0.3));
    assert_eq!((0..10).map(|_| dime).sum::<Money>(), usd(1.0));
    assert_eq!(usd(0.1) - usd(0.2), Money::default());
    for nothing in [-1.0, f64::NAN, f64::NEG_INFINITY] {
        assert!(usd(nothing).is_zero(), "{nothing}");
    }
    assert_eq!(usd(f64::INFINITY) + dime, usd(f64::INFINITY));
    assert_eq!(serde_json::to_string(&usd(0.0042)).unwrap(), "0.0042");
    assert_eq!(serde_json::from_str::<Money>("0.0042").unwrap(), usd(0.0042));
}

#[test]
fn amounts_are_shown_to_the_hundredth_of_a_cent() {
    let shown = [0.0, 5.0, 0.25, 0.0042, 0.123_456, 0.000_02].map(|it| usd(it).to_string());
    assert_eq!(shown, ["$0.00", "$5.00", "$0.25", "$0.0042", "$0.1235", "less than $0.0001"]);
}

#[test]
fn a_call_costs_what_it_read_and_wrote() {
    let usage = Usage { prompt_tokens: 1_000_000, completion_tokens: 2_000 };
    assert_eq!(Rate::Known(PRICE).cost(usage), Some(usd(3.03)));
    assert_eq!(Rate::Free.cost(usage), Some(Money::default()));
    assert_eq!(Rate::Unknown.cost(usage), None);
    let upside_down = Price { input: -3.0, output: f64::NAN };
    assert!(upside_down.cost(usage).is_zero());
}

#[test]
fn a_request_reserves_more_than_its_estimate_and_the_longest_reply() {
    let content = "x".repeat(7_000);
    let messages = vec![Message::User { content, origin: Origin::User }];
    let mut request = ModelRequest { messages, tools: Vec::new(), max_tokens: None };
    let worst = worst_case(&request, 4_096);
    assert_eq!((worst.prompt_tokens, worst.completion_tokens), (2_508, 4_096));
    request.max_tokens = Some(100);
    assert_eq!(worst_case(&request, 4_096).completion_tokens, 100);
}

#[test]
fn what_the_server_did_not_count_is_estimated() {
    let mut reply = ModelReply {
        content: "x".repeat(700),
        thinking: Some("x".repeat(70)),
        tool_calls: vec![ToolCall {
            id: "c".to_owned(),
            name: "bash".to_owned(),
            arguments: "x".repeat(7),
        }],
        finish_reason: FinishReason::ToolCalls,
        usage: None,
    };
    let estimated = Usage { prompt_tokens: 50, completion_tokens: 200 + 20 + 2 + 2 };
    assert_eq!(reply_usage(&reply, 50), estimated);
    let counted = Usage { prompt_tokens: 1, completion_tokens: 2 };
    reply.usage = Some(counted);
    assert_eq!(reply_usage(&reply, 50), counted);
}

#[test]
fn a_broken_call_costs_what_was_worked_on() {
    let used = |class, received| {
        let usage = broken_call_usage(class, 100, received);
        (usage.prompt_tokens, usage.completion_tokens)
    };
    assert_eq!(used(FailureClass::Auth, 0), (0, 0));
    assert_eq!(used(FailureClass::RateLimit, 0), (0, 0));
    assert_eq!(used(FailureClass::Network, 0), (0, 0));
    assert_eq!(used(FailureClass::Network, 7), (100, 7));
    assert_eq!(used(FailureClass::Cancelled, 0), (100, 0));
    assert_eq!(used(FailureClass::Protocol, 7), (100, 7));
}

#[test]
fn a_reservation_counts_until_it_is_settled() {
    let mut ledger = Ledger::default();
    let caps = caps(1.0, 2.0);
    let call = ledger.reserve("a", usd(0.6), /*in_takeover*/ false, caps).unwrap();
    assert_eq!((call.scope, call.reserved_usd, call.cap_usd), (Scope::Call, usd(0.6), usd(2.0)));
    assert_eq!(ledger.run(caps).left(), usd(1.4));
    ledger.settle("a", usd(0.1), /*in_takeover*/ false);
    assert_eq!(ledger.run(caps).left(), usd(1.9));
    assert_eq!(ledger.takeover(caps).left(), usd(1.0));
}

#[test]
fn calls_of_the_same_reply_see_what_the_others_reserved() {
    let mut ledger = Ledger::default();
    let caps = caps(9.0, 1.0);
    ledger.reserve("a", usd(0.6), /*in_takeover*/ false, caps).unwrap();
    let error = ledger.reserve("b", usd(0.6), /*in_takeover*/ false, caps).unwrap_err();
    assert_eq!((error.balance.scope, error.balance.left()), (Scope::Run, usd(0.4)));
    ledger.reserve("b", usd(0.4), /*in_takeover*/ false, caps).unwrap();
    assert!(ledger.run(caps).left().is_zero());
}

#[test]
fn a_takeover_is_held_against_its_own_cap_and_the_runs() {
    let mut ledger = Ledger::default();
    let caps = caps(1.0, 1.5);
    ledger.begin_takeover();
    let error = ledger.reserve("a", usd(1.1), /*in_takeover*/ true, caps).unwrap_err();
    assert_eq!(error.balance.scope, Scope::Takeover);
    ledger.reserve("a", usd(1.0), /*in_takeover*/ true, caps).unwrap();
    ledger.settle("a", usd(1.0), /*in_takeover*/ true);
    ledger.begin_takeover();
    let error = ledger.reserve("b", usd(0.6), /*in_takeover*/ true, caps).unwrap_err();
    assert_eq!(error.balance.scope, Scope::Run);
    assert_eq!(ledger.balances(/*in_takeover*/ true, caps).len(), 2);
}

#[test]
fn a_restored_run_has_spent_what_its_journal_says() {
    let mut ledger = Ledger::default();
    let caps = caps(1.0, 2.0);
    ledger.reserve("a", usd(0.6), /*in_takeover*/ false, caps).unwrap();
    ledger.restore(usd(1.2));
    assert_eq!(ledger.run(caps).left(), usd(0.8));
}

#[test]
fn a_cap_says_which_it_is_and_how_to_raise_it() {
    let sentence = |scope| {
        let balance =
            Balance { scope, spent_usd: usd(4.9), reserved_usd: usd(0.05), cap_usd: usd(5.0) };
        balance.check(usd(0.1234)).unwrap_err().to_string()
    };
    expect![[r"
        The next call may cost up to $0.1234, and of the $5.00 that one takeover may cost $0.05 is left. Raise `teacher.max_cost_usd`; takeovers of runs that begin after that have more.
        The next call may cost up to $0.1234, and of the $5.00 that one run may cost $0.05 is left. Ask for the rest in a new run, or raise `budget.run_usd`; runs that begin after that have more.
        The next call may cost up to $0.1234, and of the $5.00 that one day may cost $0.05 is left. Wait for the next day (UTC), or raise `budget.day_usd`; runs that begin after that have more.
    "]]
    .assert_eq(&[Scope::Takeover, Scope::Run, Scope::Day].map(|it| sentence(it) + "\n").concat());
}

//! What the teacher's calls came to, for those that a replay must not make.
//!
//! A replay has no effects outside of its copy. A call that would have some gets the result that
//! the very same call of the teacher had: the same tool with the same arguments. Git's own files are
//! outside of it: they are only read, and are as the teacher left them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    event::{Event, StateRecord},
    shell::{self, Command, Risk},
    tool::{BuiltInTool, RAN_OUTSIDE, ToolResult},
};

/// A command that talks to other machines, which no command of a replay reaches. Many say nothing
/// when they reach none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutwardCall {
    /// It fails if it reaches none.
    Alone,
    /// It may end well all the same: others go on with whatever it printed.
    AmongOthers,
    /// It may talk to others, or may not: only its failure tells.
    Perhaps,
    /// It changes git's branches, tags, or the like, of whichever repository: only its failure
    /// tells.
    Repository,
    /// It does that beside other work, which no recorded result could stand for: its failure tells
    /// nothing.
    RepositoryAmongOthers,
}

/// Returns whether a call reaches out of the copy, as far as its text tells.
pub fn outward(tool: &str, arguments: &Map<String, Value>) -> Option<OutwardCall> {
    if BuiltInTool::from_name(tool) != Some(BuiltInTool::Bash) {
        return None;
    }
    let script = shell::read(arguments.get("command")?.as_str()?);
    let has = |risk| script.commands.iter().any(|command| command.risk() == risk);
    match script.commands.len() {
        1 if has(Risk::Network) => Some(OutwardCall::Alone),
        _ if has(Risk::Network) => Some(OutwardCall::AmongOthers),
        _ if has(Risk::Publishes) => Some(OutwardCall::Perhaps),
        _ if script.commands.iter().any(changes_repository) => {
            let of_git = |it: &Command| matches!(it.program_name(), "git" | "cd");
            let is_alone = script.commands.iter().all(of_git);
            let among_others = OutwardCall::RepositoryAmongOthers;
            Some(if is_alone { OutwardCall::Repository } else { among_others })
        }
        _ => None,
    }
}

/// Whether a command changes git's own files.
fn changes_repository(command: &Command) -> bool {
    command.git_words().first().is_some_and(|name| KEPT_BY_GIT.contains(name))
}

/// Commands of git whose effects lie in its own files, and so not in a copy.
const KEPT_BY_GIT: [&str; 17] = [
    "bisect",
    "branch",
    "checkout",
    "cherry-pick",
    "commit",
    "config",
    "merge",
    "notes",
    "rebase",
    "remote",
    "revert",
    "stash",
    "switch",
    "symbolic-ref",
    "tag",
    "update-ref",
    "worktree",
];

/// What the journal says about a call that was answered so.
pub const ANSWERED: &str = "Not run: a replay has no effects outside of its copy. The result is \
                            what the same call of the teacher came to.";

/// How a result begins to tell what the sandbox kept a command from.
const STOPPED: &str = "\n[sandbox: ";

/// The calls of the teacher's attempt that were made, with their results.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RecordedCalls {
    calls: Vec<RecordedCall>,
}

#[derive(Debug, Clone, PartialEq)]
struct RecordedCall {
    tool: String,
    arguments: Map<String, Value>,
    result: ToolResult,
}

impl RecordedCalls {
    /// Reads them from the events of the teacher's attempt, in their order. Calls that were not
    /// made, or that the sandbox stopped, have no result that would tell anything.
    pub fn of<'a>(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut open: BTreeMap<&str, (&str, &Map<String, Value>, bool)> = BTreeMap::new();
        let mut calls = Vec::new();
        for event in events {
            match event {
                Event::ToolCall { tool, arguments, tool_call_id, .. } => {
                    open.insert(tool_call_id, (tool, arguments, false));
                }
                Event::State(StateRecord::EditedArguments { tool_call_id, arguments }) => {
                    if let Some((_, meant, was_edited)) = open.get_mut(tool_call_id.as_str()) {
                        (*meant, *was_edited) = (arguments, true);
                    }
                }
                Event::ToolOutput { tool_call_id, output, success, exit_code, .. } => {
                    let Some((tool, arguments, was_edited)) = open.remove(tool_call_id.as_str())
                    else {
                        continue;
                    };
                    // The first line of an edited call's result tells that it was edited.
                    let output = if was_edited { after_first_line(output) } else { output };
                    let was_made = *success || exit_code.is_some();
                    if was_made && !output.contains(STOPPED) {
                        let result = ToolResult {
                            exit_code: *exit_code,
                            ..ToolResult::ok(output.trim_end_matches(RAN_OUTSIDE))
                        };
                        let (tool, arguments) = (tool.to_owned(), arguments.clone());
                        calls.push(RecordedCall { tool, arguments, result });
                    }
                }
                _ => {}
            }
        }
        Self { calls }
    }

    /// Returns what the teacher's same call came to: the last one, where there were several, for
    /// what is asked again until it is done shall be done.
    pub fn answer(&self, tool: &str, arguments: &Map<String, Value>) -> Option<ToolResult> {
        let is_same =
            |call: &&RecordedCall| call.tool == tool && is_same(&call.arguments, arguments);
        self.calls.iter().rev().find(is_same).map(|call| call.result.clone())
    }
}

/// How long a command may take changes nothing about what it does.
fn is_same(a: &Map<String, Value>, b: &Map<String, Value>) -> bool {
    let meant = |arguments: &Map<String, Value>| -> BTreeMap<String, Value> {
        let meant = arguments.iter().filter(|(name, _)| *name != "timeout_s");
        let trimmed = |value: &Value| match value {
            Value::String(text) => Value::from(text.trim()),
            value => value.clone(),
        };
        meant.map(|(name, value)| (name.clone(), trimmed(value))).collect()
    };
    meant(a) == meant(b)
}

fn after_first_line(text: &str) -> &str {
    text.split_once('\n').map_or("", |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::{OutwardCall, RecordedCalls, outward};
    use crate::{
        event::{Event, StateRecord},
        tool::RAN_OUTSIDE,
    };

    fn arguments(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn call(id: &str, value: &Value) -> Event {
        Event::ToolCall {
            tool: "bash".to_owned(),
            arguments: arguments(value),
            tool_call_id: id.to_owned(),
            raw: None,
        }
    }

    fn output(id: &str, output: &str, exit_code: Option<i32>) -> Event {
        Event::ToolOutput {
            tool: "bash".to_owned(),
            tool_call_id: id.to_owned(),
            output: output.to_owned(),
            success: exit_code == Some(0),
            exit_code,
        }
    }

    #[track_caller]
    fn check(events: &[Event], asked: &Value, expected: Option<(&str, i32)>) {
        let answer = RecordedCalls::of(events).answer("bash", &arguments(asked));
        let answer = answer.map(|it| (it.output, it.exit_code.unwrap()));
        assert_eq!(answer, expected.map(|(output, code)| (output.to_owned(), code)));
    }

    #[test]
    fn the_same_call_has_the_same_result() {
        let push = json!({"command": "git push"});
        let events = [call("1", &push), output("1", "exit code: 0\ndone", Some(0))];
        check(&events, &push, Some(("exit code: 0\ndone", 0)));
        check(
            &events,
            &json!({"command": "git push\n", "timeout_s": 9}),
            Some(("exit code: 0\ndone", 0)),
        );
        check(&events, &json!({"command": "git push --force"}), None);
        let answer =
            RecordedCalls::of(&events).answer("fetch", &arguments(&json!({"command": "git push"})));
        assert_eq!(answer, None);
    }

    #[test]
    fn what_reaches_out_is_told_from_its_text() {
        for (command, expected) in [
            ("curl -sf http://a/x > out.json", Some(OutwardCall::Alone)),
            ("curl -sf http://a/x | wc -c", Some(OutwardCall::AmongOthers)),
            ("rsync -a a/ b/", Some(OutwardCall::Perhaps)),
            ("wc -c out.json", None),
            ("git checkout -q -b feat", Some(OutwardCall::Repository)),
            ("cd sub && git -C . stash -u; git stash pop", Some(OutwardCall::Repository)),
            ("git branch feat && git push", Some(OutwardCall::Perhaps)),
            ("git branch feat && make", Some(OutwardCall::RepositoryAmongOthers)),
            ("git apply fix.patch", None),
        ] {
            let found = outward("bash", &arguments(&json!({"command": command})));
            assert_eq!(found, expected, "{command}");
        }
        assert_eq!(outward("read_file", &arguments(&json!({"path": "curl"}))), None);
    }

    #[test]
    fn of_several_the_last_counts_and_a_failure_is_a_result() {
        let poll = json!({"command": "curl status"});
        let events = [
            call("1", &poll),
            output("1", "exit code: 0\nwaits", Some(0)),
            call("2", &poll),
            output("2", "exit code: 22\ngone", Some(22)),
        ];
        check(&events, &poll, Some(("exit code: 22\ngone", 22)));
    }

    #[test]
    fn what_was_not_made_answers_nothing() {
        let push = json!({"command": "git push"});
        for said in [
            output("1", "This call was declined, so it was not run.", None),
            output("1", "exit code: 1\nno route\n[sandbox: the network (Landlock)]", Some(1)),
        ] {
            check(&[call("1", &push), said], &push, None);
        }
        check(&[call("1", &push)], &push, None);
    }

    #[test]
    fn what_a_person_did_to_a_call_is_not_told_to_another() {
        let meant = json!({"command": "git push --dry-run"});
        let edited = StateRecord::EditedArguments {
            tool_call_id: "1".to_owned(),
            arguments: arguments(&meant),
        };
        let said = format!("[The person edited the arguments.]\nexit code: 0\nok{RAN_OUTSIDE}");
        let events = [
            call("1", &json!({"command": "git push"})),
            Event::State(edited),
            output("1", &said, Some(0)),
        ];
        check(&events, &meant, Some(("exit code: 0\nok", 0)));
        check(&events, &json!({"command": "git push"}), None);
    }
}

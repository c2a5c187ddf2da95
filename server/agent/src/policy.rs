//! Which calls run, which wait for a person, which are refused.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::tool::{Access, BuiltInTool, PreparedCall};

/// How much runs without asking, below all rules.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Reading tools.
    #[default]
    Ask,
    /// File edits in the workspace too.
    Edits,
    /// Everything.
    Full,
}

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It runs.
    Allow,
    /// A person is asked.
    Ask,
    /// It is refused.
    Deny,
}

/// One rule; the first that matches decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Glob on the tool's name.
    pub tool: String,
    /// Globs on arguments; all have to match.
    pub when: BTreeMap<String, String>,
    /// What happens.
    pub decision: Decision,
}

/// The approval policy of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The floor below all rules.
    pub mode: Mode,
    /// The first match wins.
    pub rules: Vec<Rule>,
    /// What a person allowed for the rest of the run.
    pub allowed_in_run: BTreeSet<Grant>,
}

/// What "for this run" covers: a tool, and for commands the very same command.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Grant {
    /// The tool's name.
    pub tool: String,
    /// The command's text, for tools that run commands.
    pub command: Option<String>,
}

impl Grant {
    /// Returns what allowing this call for the run covers.
    pub fn of(call: &PreparedCall) -> Self {
        let access = BuiltInTool::from_name(&call.tool).map(BuiltInTool::access);
        let command = match access {
            Some(Access::Execute) => {
                call.arguments.get("command").and_then(Value::as_str).map(str::to_owned)
            }
            _ => None,
        };
        Self { tool: call.tool.clone(), command }
    }
}

impl Policy {
    /// Decides about one call.
    ///
    /// A rule that allows commands by a glob only ever matches a single plain command: text with
    /// shell operators in it is asked about.
    pub fn decide(&self, call: &PreparedCall) -> Decision {
        for rule in &self.rules {
            if matches(rule, call) {
                return match rule.decision {
                    Decision::Allow if !is_safe_to_allow(rule, call) => Decision::Ask,
                    decision => decision,
                };
            }
        }
        if self.allowed_in_run.contains(&Grant::of(call)) {
            return Decision::Allow;
        }
        // A tool that nobody classified is treated like a command.
        let access =
            BuiltInTool::from_name(&call.tool).map_or(Access::Execute, BuiltInTool::access);
        match (self.mode, access) {
            (Mode::Full, _) | (_, Access::Read) | (Mode::Edits, Access::Edit) => Decision::Allow,
            (Mode::Ask, Access::Edit | Access::Execute) | (Mode::Edits, Access::Execute) => {
                Decision::Ask
            }
        }
    }
}

fn matches(rule: &Rule, call: &PreparedCall) -> bool {
    glob_matches(&rule.tool, &call.tool)
        && rule.when.iter().all(|(name, glob)| {
            call.arguments.get(name).is_some_and(|value| match value {
                Value::String(text) => glob_matches(glob, text),
                other => glob_matches(glob, &other.to_string()),
            })
        })
}

fn is_safe_to_allow(rule: &Rule, call: &PreparedCall) -> bool {
    let Some(Value::String(command)) = call.arguments.get("command") else { return true };
    !rule.when.contains_key("command")
        || !command.contains(['|', '&', ';', '<', '>', '`', '$', '(', '\n', '\r'])
}

/// `*` stands for any text, `?` for one character; everything else for itself.
fn glob_matches(glob: &str, text: &str) -> bool {
    let mut pattern = String::from(r"(?s)\A");
    for character in glob.chars() {
        match character {
            '*' => pattern.push_str(".*"),
            '?' => pattern.push('.'),
            other => pattern.push_str(&regex::escape(&other.to_string())),
        }
    }
    pattern.push_str(r"\z");
    Regex::new(&pattern).is_ok_and(|regex| regex.is_match(text))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::{Decision, Grant, Mode, Policy, Rule};
    use crate::tool::PreparedCall;

    fn call(tool: &str, arguments: serde_json::Value) -> PreparedCall {
        let serde_json::Value::Object(arguments) = arguments else { unreachable!() };
        PreparedCall { id: "c".to_owned(), tool: tool.to_owned(), arguments }
    }

    fn rule(tool: &str, command: &str, decision: Decision) -> Rule {
        let when = BTreeMap::from([("command".to_owned(), command.to_owned())]);
        Rule { tool: tool.to_owned(), when, decision }
    }

    #[test]
    fn modes_widen_what_runs() {
        let decide = |mode, tool| {
            Policy { mode, ..Policy::default() }.decide(&call(tool, json!({"command": "ls"})))
        };
        assert_eq!(decide(Mode::Ask, "read_file"), Decision::Allow);
        assert_eq!(decide(Mode::Ask, "edit_file"), Decision::Ask);
        assert_eq!(decide(Mode::Edits, "edit_file"), Decision::Allow);
        assert_eq!(decide(Mode::Edits, "bash"), Decision::Ask);
        assert_eq!(decide(Mode::Full, "bash"), Decision::Allow);
        assert_eq!(decide(Mode::Edits, "never_heard_of"), Decision::Ask);
    }

    #[test]
    fn a_rule_for_a_command_allows_no_chain() {
        let rules =
            vec![rule("bash", "cargo *", Decision::Allow), rule("bash", "rm *", Decision::Deny)];
        let policy = Policy { rules, ..Policy::default() };
        let decide = |command: &str| policy.decide(&call("bash", json!({"command": command})));
        assert_eq!(decide("cargo test"), Decision::Allow);
        assert_eq!(decide("cargo test && rm -rf ~"), Decision::Ask);
        assert_eq!(decide("cargo $(rm -rf ~)"), Decision::Ask);
        assert_eq!(decide("rm -rf ~"), Decision::Deny);
        assert_eq!(decide("make"), Decision::Ask);
    }

    #[test]
    fn allowing_a_command_for_the_run_covers_that_command_only() {
        let mut policy = Policy::default();
        let wc = call("bash", json!({"command": "wc -l data.csv"}));
        policy.allowed_in_run.insert(Grant::of(&wc));
        assert_eq!(policy.decide(&wc), Decision::Allow);
        assert_eq!(policy.decide(&call("bash", json!({"command": "wc -l x"}))), Decision::Ask);
    }
}

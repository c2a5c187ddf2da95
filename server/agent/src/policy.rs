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

/// What "for this run" covers: a tool with the very same command, or on the very same file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Grant {
    /// The tool's name.
    pub tool: String,
    /// The command's text or the file's path; all arguments of a tool that has neither.
    pub target: String,
}

impl Grant {
    /// Returns what allowing this call for the run covers.
    pub fn of(call: &PreparedCall, workspace: &str) -> Self {
        let text = |name: &str| call.arguments.get(name).and_then(Value::as_str);
        let target = match (text("command"), text("path")) {
            (Some(command), _) => command.to_owned(),
            (None, Some(path)) => relative_path(path, workspace),
            (None, None) => Value::Object(call.arguments.clone()).to_string(),
        };
        Self { tool: call.tool.clone(), target }
    }
}

impl Policy {
    /// Decides about one call in a workspace folder.
    ///
    /// Globs on paths are matched with the path relative to that folder, however the model wrote
    /// it. Globs on commands are matched with every command of a chain when they ask or deny; one
    /// that allows only ever matches a single plain command, text with shell operators in it is
    /// asked about.
    pub fn decide(&self, call: &PreparedCall, workspace: &str) -> Decision {
        for rule in &self.rules {
            if matches(rule, call, workspace) {
                return match rule.decision {
                    Decision::Allow if !is_safe_to_allow(rule, call) => Decision::Ask,
                    decision => decision,
                };
            }
        }
        if self.allowed_in_run.contains(&Grant::of(call, workspace)) {
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

fn matches(rule: &Rule, call: &PreparedCall, workspace: &str) -> bool {
    let matches_argument = |name: &str, glob: &str| {
        let Some(value) = call.arguments.get(name) else { return false };
        match (name, value) {
            ("path", Value::String(path)) => glob_matches(glob, &relative_path(path, workspace)),
            ("command", Value::String(command)) if rule.decision != Decision::Allow => {
                glob_matches(glob, command.trim())
                    || command.split(OPERATORS).any(|part| glob_matches(glob, part.trim()))
            }
            (_, Value::String(text)) => glob_matches(glob, text.trim()),
            (_, other) => glob_matches(glob, &other.to_string()),
        }
    };
    glob_matches(&rule.tool, &call.tool)
        && rule.when.iter().all(|(name, glob)| matches_argument(name, glob))
}

/// What separates the commands of a chain, or begins another one inside of it.
const OPERATORS: [char; 9] = ['|', '&', ';', '(', ')', '{', '}', '`', '\n'];

fn is_safe_to_allow(rule: &Rule, call: &PreparedCall) -> bool {
    let Some(Value::String(command)) = call.arguments.get("command") else { return true };
    !rule.when.contains_key("command")
        || !command.contains(['|', '&', ';', '<', '>', '`', '$', '(', '\n', '\r'])
}

/// Returns a path relative to the workspace folder where it is below it, without `.` and `..`.
fn relative_path(path: &str, workspace: &str) -> String {
    let path = path.trim();
    let inside = path.strip_prefix(workspace).filter(|rest| rest.starts_with('/'));
    let is_absolute = inside.is_none() && path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in inside.unwrap_or(path).split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    format!("{}{}", if is_absolute { "/" } else { "" }, parts.join("/"))
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
            Policy { mode, ..Policy::default() }.decide(&call(tool, json!({"command": "ls"})), "/w")
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
        let decide =
            |command: &str| policy.decide(&call("bash", json!({"command": command})), "/w");
        assert_eq!(decide("cargo test"), Decision::Allow);
        assert_eq!(decide("cargo test && rm -rf ~"), Decision::Ask);
        assert_eq!(decide("cargo $(rm -rf ~)"), Decision::Ask);
        assert_eq!(decide("rm -rf ~"), Decision::Deny);
        assert_eq!(decide("make"), Decision::Ask);
    }

    #[test]
    fn a_denied_command_is_found_wherever_it_stands_in_a_chain() {
        let rules = vec![rule("bash", "rm *", Decision::Deny)];
        let policy = Policy { mode: Mode::Full, rules, ..Policy::default() };
        let decide =
            |command: &str| policy.decide(&call("bash", json!({"command": command})), "/w");
        for command in ["rm -f x", " rm -f x", "cd . && rm -f x", "(rm -f x)", "x=$(rm -f x)"] {
            assert_eq!(decide(command), Decision::Deny, "{command}");
        }
        assert_eq!(decide("cargo run"), Decision::Allow);
    }

    #[test]
    fn paths_are_matched_where_they_lead() {
        let when = BTreeMap::from([("path".to_owned(), "docs/*".to_owned())]);
        let rules = vec![Rule { tool: "write_file".to_owned(), when, decision: Decision::Allow }];
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
        let wc = call("bash", json!({"command": "wc -l data.csv"}));
        let write = call("write_file", json!({"path": "a.txt", "content": "x"}));
        policy.allowed_in_run.insert(Grant::of(&wc, "/w"));
        policy.allowed_in_run.insert(Grant::of(&write, "/w"));
        assert_eq!(policy.decide(&wc, "/w"), Decision::Allow);
        assert_eq!(
            policy.decide(&call("bash", json!({"command": "wc -l x"})), "/w"),
            Decision::Ask
        );
        let again = call("write_file", json!({"path": "./a.txt", "content": "y"}));
        assert_eq!(policy.decide(&again, "/w"), Decision::Allow);
        let other = call("write_file", json!({"path": "b.txt", "content": "y"}));
        assert_eq!(policy.decide(&other, "/w"), Decision::Ask);
    }
}

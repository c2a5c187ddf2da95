//! Which calls run, which wait for a person, which are refused.
//!
//! A call is judged in this order; the first that decides wins:
//! 1. A rule that refuses it.
//! 2. What is always asked about: scheduled work, and what costs more than what is left, or an
//!    unknown sum ([`billing`]).
//! 3. What a person allowed before, for the run or always ([`Grant`]).
//! 4. The other rules; the first that matches decides.
//! 5. The [`Mode`].
//!
//! Whether a command may leave its sandbox is asked apart from that: [`Policy::leaving`].
//!
//! Shell commands are taken apart first, and each part is judged ([`command`]). A tool that nobody
//! classified is treated like a command.
//!
//! Judging is pure: what was spent comes in with the question.

mod billing;
mod command;
mod guarded;
mod known_tools;
mod pattern;
mod reasons;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::billing::{Billable, Cost, Price};
pub(crate) use self::pattern::relative_path;
use self::{
    command::CommandRules,
    pattern::{glob_matches, is_own_path},
};
use crate::{
    ledger::UnknownPrice,
    tool::{Access, BuiltInTool, PreparedCall},
};

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

/// What happens to a call; later ones are stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
    /// Whether it says where a command runs, not whether: see [`Policy::leaving`].
    #[serde(default)]
    pub outside_sandbox: bool,
    /// What happens.
    pub decision: Decision,
}

/// The approval policy of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// The floor below all rules.
    pub mode: Mode,
    /// The first match wins.
    pub rules: Vec<Rule>,
    /// What a person allowed for the rest of the run.
    pub allowed_in_run: BTreeSet<Grant>,
    /// What a person allowed in this workspace until it is revoked.
    #[serde(default)]
    pub always_allowed: BTreeSet<Grant>,
    /// The tools that cost money.
    #[serde(default)]
    pub billable: Vec<Billable>,
    /// What happens to a billable call whose cost is not known.
    #[serde(default)]
    pub unknown_price: UnknownPrice,
    /// Whether nothing keeps commands from git's hooks and settings and from what this program
    /// keeps in the workspace. Those that name one of them are asked about then, in every mode.
    #[serde(default)]
    pub is_unconfined: bool,
    /// What of the sandbox cannot be enforced, where that makes [`Mode::Full`] less than it is.
    #[serde(default)]
    pub gaps: Option<String>,
}

/// What was allowed beyond one call: a tool with the very same command, or on the very same file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// The tool's name.
    pub tool: String,
    /// The command's text or the file's path; all arguments of a tool that is not built in.
    pub target: String,
    /// Whether it may run where nothing confines it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outside_sandbox: bool,
}

/// What was decided about a call, and what it costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgment {
    /// What happens to it.
    pub decision: Decision,
    /// Of a billable call: what it costs.
    pub cost: Option<Cost>,
    /// Why it is asked about although it would have run, or refused for its cost; a sentence.
    pub block_reason: Option<String>,
    /// Why it is asked about where that is not for its cost; a clause.
    #[serde(default)]
    pub asked_because: Option<String>,
}

impl Grant {
    /// Returns what allowing this call beyond itself covers.
    pub fn of(call: &PreparedCall, workspace: &str) -> Self {
        let text = |name: &str| call.arguments.get(name).and_then(Value::as_str);
        let is_built_in = BuiltInTool::from_name(&call.tool).is_some();
        let target = match (text("command"), text("path")) {
            (Some(command), _) if is_built_in => command.to_owned(),
            (None, Some(path)) if is_built_in => relative_path(path, workspace),
            _ => Value::Object(call.arguments.clone()).to_string(),
        };
        Self { tool: call.tool.clone(), target, outside_sandbox: call.outside_sandbox }
    }
}

impl Policy {
    /// Returns the policy that holds where what is promised of the sandbox cannot be enforced: what
    /// no rule and no person allowed is asked about. `gaps` says what that is, as a clause.
    #[must_use]
    pub fn for_gaps(self, gaps: String) -> Self {
        match self.mode {
            Mode::Full => Self { mode: Mode::Edits, gaps: Some(gaps), ..self },
            Mode::Ask | Mode::Edits => self,
        }
    }

    /// Judges one call in a workspace folder; `left_usd` is what may be spent on it, in US dollars.
    ///
    /// Globs on paths are matched with the path relative to that folder, however the model wrote
    /// it. Globs on commands are matched with every command in the text.
    pub fn judge(&self, call: &PreparedCall, workspace: &str, left_usd: f64) -> Judgment {
        let decision = self.decide(call, workspace);
        let because =
            |decision| (decision == Decision::Ask).then(|| self.why_asked(call, workspace));
        let Some(cost) = self.cost(call, billing::rounded(left_usd.max(0.0))) else {
            let asked_because = because(decision);
            return Judgment { decision, cost: None, block_reason: None, asked_because };
        };
        let (decision, block_reason) = match (decision, cost.objection()) {
            (Decision::Deny, _) => (Decision::Deny, None),
            (_, Some(reason)) if cost.is_unknown() && self.unknown_price == UnknownPrice::Deny => {
                let refusal = "`budget.unknown_price` is \"deny\", so it was not run.";
                (Decision::Deny, Some(format!("{reason} {refusal}")))
            }
            (decision, Some(_))
                if cost.is_unknown() && self.unknown_price == UnknownPrice::Allow =>
            {
                (decision, None)
            }
            (_, Some(reason)) => (Decision::Ask, Some(reason)),
            (decision, None) => (decision, None),
        };
        let asked_because = if block_reason.is_some() { None } else { because(decision) };
        Judgment { decision, cost: Some(cost), block_reason, asked_because }
    }

    /// Decides about one call, without its cost.
    pub fn decide(&self, call: &PreparedCall, workspace: &str) -> Decision {
        let decision = self.decide_by_rules(call, workspace);
        let is_granted = || self.has_grant(call, workspace, /*outside_sandbox*/ false);
        if decision == Decision::Ask && is_granted() { Decision::Allow } else { decision }
    }

    /// Decides whether a command may run where nothing confines it: [`Decision::Ask`] for all that
    /// neither a rule with [`Rule::outside_sandbox`] nor a [`Grant`] speaks of, in every mode. That
    /// it may run at all is [`Policy::decide`]'s to say.
    pub fn leaving(&self, call: &PreparedCall, workspace: &str) -> Decision {
        if BuiltInTool::from_name(&call.tool) != Some(BuiltInTool::Bash) {
            return Decision::Deny;
        }
        let rules = self.rules.iter().filter(|rule| rule.outside_sandbox);
        let rules = rules.map(|rule| Rule { outside_sandbox: false, ..rule.clone() }).collect();
        let outside = Self { rules, ..Self::default() };
        let decision = outside.decide_by_rules(call, workspace);
        let is_granted = || self.has_grant(call, workspace, /*outside_sandbox*/ true);
        if decision == Decision::Ask && is_granted() { Decision::Allow } else { decision }
    }

    /// Returns whether a person allowed this very call before. What may run unconfined may run.
    fn has_grant(&self, call: &PreparedCall, workspace: &str, outside_sandbox: bool) -> bool {
        let unconfined = Grant { outside_sandbox: true, ..Grant::of(call, workspace) };
        let confined = Grant { outside_sandbox: false, ..unconfined.clone() };
        let is_in = |grants: &BTreeSet<Grant>| {
            grants.contains(&unconfined) || !outside_sandbox && grants.contains(&confined)
        };
        is_in(&self.allowed_in_run) || is_in(&self.always_allowed)
    }

    fn decide_by_rules(&self, call: &PreparedCall, workspace: &str) -> Decision {
        let fitting: Vec<&Rule> =
            self.rules_inside().filter(|rule| fits(rule, call, workspace)).collect();
        if let Some(Value::String(text)) = call.arguments.get("command") {
            return CommandRules { policy: self, rules: &fitting, workspace }.decide(text);
        }
        let first = fitting.into_iter().find(|rule| !rule.when.contains_key("command"));
        first.map_or_else(|| self.floor(call, workspace), |rule| rule.decision)
    }

    /// Returns what the rules say about a file, as if a tool named it.
    fn rule_for_path(&self, tool: BuiltInTool, path: &str, workspace: &str) -> Option<Decision> {
        let arguments = [("path".to_owned(), Value::String(path.to_owned()))];
        let arguments = arguments.into_iter().collect();
        let call = PreparedCall {
            id: String::new(),
            tool: tool.name().to_owned(),
            arguments,
            outside_sandbox: false,
        };
        self.rules_inside().find(|rule| fits(rule, &call, workspace)).map(|rule| rule.decision)
    }

    /// Returns whether a rule keeps some files from a tool: then it has to be known which one is
    /// meant.
    fn restricts_files_of(&self, tool: BuiltInTool) -> bool {
        self.rules_inside().any(|rule| {
            rule.decision != Decision::Allow
                && rule.when.contains_key("path")
                && glob_matches(&rule.tool, tool.name())
        })
    }

    fn rules_inside(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|rule| !rule.outside_sandbox)
    }

    /// Decides about a call that no rule speaks of.
    fn floor(&self, call: &PreparedCall, workspace: &str) -> Decision {
        let path = call.arguments.get("path").and_then(Value::as_str);
        let leaves = path.is_some_and(|path| !is_own_path(&relative_path(path, workspace)));
        match (self.mode, access(call)) {
            (Mode::Full, _) | (_, Access::Read) => Decision::Allow,
            (Mode::Edits, Access::Edit) if !leaves => Decision::Allow,
            (Mode::Ask | Mode::Edits, Access::Edit | Access::Execute) => Decision::Ask,
        }
    }
}

/// Returns what a call does to the world. A tool that nobody classified may do anything.
pub fn access(call: &PreparedCall) -> Access {
    let built_in = BuiltInTool::from_name(&call.tool).map(BuiltInTool::access);
    built_in.unwrap_or_else(|| known_tools::access(call))
}

/// Returns whether a rule speaks of this tool and these arguments; globs on commands are looked at
/// elsewhere.
fn fits(rule: &Rule, call: &PreparedCall, workspace: &str) -> bool {
    let fits_argument = |name: &str, glob: &str| match (name, call.arguments.get(name)) {
        (_, None) => false,
        ("command", Some(Value::String(_))) => true,
        ("path", Some(Value::String(path))) => glob_matches(glob, &relative_path(path, workspace)),
        (_, Some(Value::String(text))) => glob_matches(glob, text.trim()),
        (_, Some(other)) => glob_matches(glob, &other.to_string()),
    };
    glob_matches(&rule.tool, &call.tool)
        && rule.when.iter().all(|(name, glob)| fits_argument(name, glob))
}

#[cfg(test)]
mod tests;

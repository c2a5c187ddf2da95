//! Which files a person's rules keep from being read, for tools that read many.

use agent::{
    policy::{Decision, Policy},
    tool::{BuiltInTool, PreparedCall},
};
use serde_json::Value;

use super::Toolbox;
use crate::approval_rules;

/// The rules of the settings that may be about a file.
pub(super) struct ReadingRules {
    /// `None` where there are none.
    policy: Option<Policy>,
    root: String,
}

impl ReadingRules {
    pub(super) fn of(toolbox: &Toolbox) -> Self {
        let policy = approval_rules::of(&toolbox.config);
        Self {
            policy: Some(policy).filter(|it| !it.rules.is_empty()),
            root: toolbox.workspace.root().display().to_string(),
        }
    }

    /// Returns whether `read_file` would show this file without asking, and no rule refuses to
    /// search it. The path is one that tools show.
    pub(super) fn allow(&self, path: &str) -> bool {
        let Some(policy) = &self.policy else { return true };
        let decision = |tool: BuiltInTool| {
            let call = PreparedCall {
                id: String::new(),
                tool: tool.name().to_owned(),
                arguments: [("path".to_owned(), Value::String(path.to_owned()))]
                    .into_iter()
                    .collect(),
                outside_sandbox: false,
            };
            policy.decide(&call, &self.root)
        };
        decision(BuiltInTool::ReadFile) == Decision::Allow
            && decision(BuiltInTool::Search) != Decision::Deny
    }
}

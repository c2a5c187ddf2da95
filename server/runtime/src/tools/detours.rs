//! Paths that lead to another file than the one that they name.
//!
//! Rules are judged before the disk is looked at, by the path as it is written. A link in it leads
//! elsewhere: where the rules are stricter about that place, the model has to name it, and whoever
//! is asked reads what it is about.

use agent::tool::{Access, BuiltInTool, PreparedCall};
use serde_json::Value;

use super::Toolbox;
use crate::approval_rules;

impl Toolbox {
    /// Refuses a call whose path leads to a file that the rules of the settings are stricter about
    /// than about the path. Looks at the disk.
    pub(super) fn refuse_detour(&self, call: &PreparedCall) -> Result<(), String> {
        let is_of_files = BuiltInTool::from_name(&call.tool)
            .is_some_and(|tool| matches!(tool.access(), Access::Read | Access::Edit));
        let path = call.arguments.get("path").and_then(Value::as_str).filter(|_| is_of_files);
        // What leads out of the workspace is refused by the tool.
        let Some((path, place)) = path.and_then(|it| Some((it, self.workspace.resolve(it).ok()?)))
        else {
            return Ok(());
        };
        let place = self.workspace.display(&place);
        let mut there = call.clone();
        there.arguments.insert("path".to_owned(), Value::String(place.clone()));
        let root = self.workspace.root().display().to_string();
        let rules = approval_rules::of(&self.config);
        if rules.decide(&there, &root) <= rules.decide(call, &root) {
            return Ok(());
        }
        Err(format!(
            "`{path}` leads to `{place}`, about which this person has a rule of its own; name \
             `{place}` itself"
        ))
    }
}

//! Paths that lead to another file than the one that they name.
//!
//! Rules are judged before the disk is looked at, by the path as it is written. A link in it leads
//! elsewhere: where the rules are stricter about that place, the model has to name it, and whoever
//! is asked reads what it is about.

use agent::{
    shell,
    tool::{Access, BuiltInTool, PreparedCall},
};
use serde_json::Value;

use super::Toolbox;
use crate::approval_rules;

impl Toolbox {
    /// Refuses a call whose path, or a file that its command reads or writes by itself, leads to a
    /// file that the rules of the settings are stricter about than about the path. Looks at the disk.
    pub(super) fn refuse_detour(&self, call: &PreparedCall) -> Result<(), String> {
        let text = |name: &str| call.arguments.get(name).and_then(Value::as_str);
        let Some(tool) = BuiltInTool::from_name(&call.tool) else { return Ok(()) };
        match tool.access() {
            Access::Read | Access::Edit => {
                text("path").map_or(Ok(()), |path| self.refuse_link(call, path))
            }
            Access::Execute => {
                let script = shell::read(text("command").unwrap_or_default());
                let reads = script.reads.iter().map(|word| (BuiltInTool::ReadFile, word));
                let writes = script.writes.iter().map(|word| (BuiltInTool::WriteFile, word));
                reads.chain(writes).try_for_each(|(tool, word)| {
                    let tool = tool.name().to_owned();
                    let opened = PreparedCall { tool, ..with_path(call, &word.text) };
                    self.refuse_link(&opened, &word.text)
                })
            }
        }
    }

    fn refuse_link(&self, call: &PreparedCall, path: &str) -> Result<(), String> {
        // What leads out of the workspace is refused by the tool, or by the sandbox.
        let Ok(place) = self.workspace.resolve(path) else { return Ok(()) };
        let place = self.workspace.display(&place);
        let there = with_path(call, &place);
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

/// Returns a call with another path, and without a command.
fn with_path(call: &PreparedCall, path: &str) -> PreparedCall {
    let mut other = call.clone();
    other.arguments.remove("command");
    other.arguments.insert("path".to_owned(), Value::String(path.to_owned()));
    other
}

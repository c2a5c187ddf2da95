//! Tools of other servers whose operations are known by name.
//!
//! They manage repositories and jobs of the Hugging Face Hub; a server may offer them under its own
//! name (`server__hf_jobs`). Operations that only look are reading tools; whatever else they are
//! asked to do is treated like a command.

use serde_json::Value;

use crate::tool::{Access, PreparedCall};

/// Returns a tool's own name, without that of its server.
pub(super) fn own_name(tool: &str) -> &str {
    tool.split_once("__").map_or(tool, |(_, name)| name)
}

/// Returns the operation that a call asks for; empty where it names none.
pub(super) fn operation(call: &PreparedCall) -> String {
    let operation = call.arguments.get("operation").and_then(Value::as_str).unwrap_or_default();
    operation.trim().to_lowercase()
}

/// Returns what a call of a tool that is not built in does to the world.
pub(super) fn access(call: &PreparedCall) -> Access {
    let operation = operation(call);
    let only_looks = match own_name(&call.tool) {
        "hf_jobs" => matches!(operation.as_str(), "ps" | "logs" | "inspect"),
        "hf_private_repos" => {
            matches!(operation.as_str(), "check_repo" | "list_files" | "read_file")
        }
        "hf_repo_files" => matches!(operation.as_str(), "list" | "read"),
        "hf_repo_git" => {
            matches!(operation.as_str(), "list_refs" | "list_prs" | "get_pr")
        }
        _ => false,
    };
    if only_looks { Access::Read } else { Access::Execute }
}

/// Returns whether a tool starts machines that are paid for, also where no setting says so.
pub(super) fn is_billable(call: &PreparedCall) -> bool {
    match own_name(&call.tool) {
        // The smallest machine is nobody's bill.
        "sandbox_create" => {
            call.arguments.get("hardware").and_then(Value::as_str) != Some("cpu-basic")
        }
        // An operation that nobody knows may start one.
        "hf_jobs" => !is_free(call),
        _ => false,
    }
}

/// Returns whether a call costs nothing although its tool costs money: it looks at jobs or ends
/// them.
pub(super) fn is_free(call: &PreparedCall) -> bool {
    own_name(&call.tool) == "hf_jobs"
        && matches!(operation(call).as_str(), "ps" | "logs" | "inspect" | "cancel")
}

/// Returns whether an operation is about work that starts again and again without anyone there.
pub(super) fn is_scheduled(operation: &str) -> bool {
    operation.starts_with("scheduled")
}

//! Puts messages right that clients write in more ways than tower-lsp and lsp-types read.

use serde_json::{Map, Value};
use tower_lsp::jsonrpc::Request;

/// Returns the request in the one form that the layers below understand.
pub(super) fn normalize(request: Request) -> Request {
    match request.method() {
        // "No parameters" is written as nothing, `null` and `{}`; only the first is accepted.
        "shutdown" if request.params().is_some() => rebuild(request, |_| None),
        // The other way round: this one wants an object, and is dropped without a word otherwise.
        "initialized" if !request.params().is_some_and(Value::is_object) => {
            rebuild(request, |_| Some(Value::Object(Map::new())))
        }
        "initialize" => rebuild(request, |params| params.map(with_workspace_diagnostic)),
        _ => request,
    }
}

fn rebuild(request: Request, change: impl FnOnce(Option<Value>) -> Option<Value>) -> Request {
    let (method, id, params) = request.into_parts();
    let mut builder = Request::build(method);
    if let Some(id) = id {
        builder = builder.id(id);
    }
    if let Some(params) = change(params) {
        builder = builder.params(params);
    }
    builder.finish()
}

/// The protocol says `workspace.diagnostics`, lsp-types 0.94 reads `workspace.diagnostic`.
fn with_workspace_diagnostic(mut params: Value) -> Value {
    if let Some(Value::Object(workspace)) = params.pointer_mut("/capabilities/workspace")
        && let Some(diagnostics) = workspace.get("diagnostics").cloned()
    {
        workspace.entry("diagnostic").or_insert(diagnostics);
    }
    params
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Request, normalize};

    #[track_caller]
    fn check(mut message: Value, mut expected: Value) {
        for request in [&mut message, &mut expected] {
            request["jsonrpc"] = json!("2.0");
            request["id"] = json!(1);
        }
        let request: Request = serde_json::from_value(message).unwrap();
        let expected: Request = serde_json::from_value(expected).unwrap();
        assert_eq!(normalize(request), expected);
    }

    #[test]
    fn parameters_of_shutdown_are_dropped() {
        let expected = json!({"method": "shutdown"});
        check(json!({"method": "shutdown", "params": null}), expected.clone());
        check(json!({"method": "shutdown", "params": {}}), expected.clone());
        check(json!({"method": "shutdown"}), expected);
    }

    #[test]
    fn initialized_always_has_an_object() {
        let expected = json!({"method": "initialized", "params": {}});
        check(json!({"method": "initialized"}), expected.clone());
        check(json!({"method": "initialized", "params": null}), expected);
        let message = json!({"method": "initialized", "params": {"a": 1}});
        check(message.clone(), message);
    }

    #[test]
    fn refresh_support_is_copied_to_the_name_that_is_read() {
        let initialize = |workspace: Value| {
            let params = json!({"capabilities": {"workspace": workspace}});
            json!({"method": "initialize", "params": params})
        };
        let support = json!({"refreshSupport": true});
        check(
            initialize(json!({"diagnostics": support})),
            initialize(json!({"diagnostics": support, "diagnostic": support})),
        );
        check(initialize(json!({})), initialize(json!({})));
    }

    #[test]
    fn other_messages_pass_unchanged() {
        let message = json!({"method": "textDocument/hover", "params": null});
        check(message.clone(), message);
    }
}

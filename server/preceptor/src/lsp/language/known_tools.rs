//! The tools that a skill may name: those of known clients, those of this program, those that the
//! user's settings name.

use std::borrow::Cow;

use agent::tool::{BUILT_IN_TOOLS, BuiltInTool};
use lint::{Client, KnownTool, client_tools};
use serde_json::Value;

/// Returns all tools, those of clients first.
pub(crate) fn known_tools(from_settings: &[String]) -> Vec<KnownTool> {
    let mut tools = client_tools().to_vec();
    tools.extend(BUILT_IN_TOOLS.into_iter().map(built_in));
    tools.extend(from_settings.iter().map(|name| KnownTool::from_settings(name)));
    tools
}

/// A tool of this program, with what it takes.
fn built_in(tool: BuiltInTool) -> KnownTool {
    let spec = tool.spec();
    let required = spec.parameters.get("required").and_then(Value::as_array);
    let is_required =
        |name: &str| required.is_some_and(|names| names.iter().any(|it| it.as_str() == Some(name)));
    let properties = spec.parameters.get("properties").and_then(Value::as_object);
    let mut meaning = format!("{}\n", spec.description);
    for (name, property) in properties.into_iter().flatten() {
        let of = |key: &str| property.get(key).and_then(Value::as_str).unwrap_or_default();
        let rank = if is_required(name) { "required" } else { "optional" };
        let line = format!("\n- `{name}` ({}, {rank}): {}", of("type"), of("description"));
        meaning.push_str(&line);
    }
    KnownTool {
        name: Cow::Borrowed(tool.name()),
        meaning: Cow::Owned(meaning),
        clients: &[Client::Preceptor],
    }
}

#[cfg(test)]
mod tests {
    use super::known_tools;

    #[test]
    fn built_in_tools_say_what_they_take() {
        let tools = known_tools(&["start_vllm".to_owned()]);
        let search = tools.iter().find(|tool| tool.name == "search").unwrap();
        assert!(search.meaning.contains("- `pattern` (string, required): "), "{}", search.meaning);
        assert!(search.meaning.contains("- `glob` (string, optional): "), "{}", search.meaning);
        assert_eq!(tools.last().unwrap().had_by(), "your settings");
    }
}

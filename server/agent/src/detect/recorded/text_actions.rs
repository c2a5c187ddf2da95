//! Agents without tool calls in the format: the action stands in the text, and what came of it in
//! a message of the user's.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

use super::{
    content::{Call, Content, Role, function_call, shell_call},
    matches,
};

/// The action with which some agents speak to the person.
const RESPOND: &str = "respond";

/// Messages of a model from which on the form of all of them says something.
const N_MESSAGES_OF_A_FORM: usize = 3;

/// Returns whether this is an agent that writes its actions into its text, so that whatever comes
/// after them is what came of them, however it is worded.
pub(super) fn is_text_agent(messages: &[Option<Content>]) -> bool {
    let mut messages = messages.iter().flatten().peekable();
    let is_told = messages.peek().is_some_and(|it| matches(&TELLS_OF_TOOLS, &it.text));
    let mut n_said = 0_usize;
    let mut n_actions = 0_usize;
    for message in messages {
        if !message.calls.is_empty() || !message.results.is_empty() {
            return false;
        }
        if message.role == Role::Assistant {
            n_said += 1;
            n_actions += usize::from(fenced(&message.text).is_some());
            n_actions += usize::from(!marked(&message.text).is_empty());
        }
    }
    is_told && n_said >= N_MESSAGES_OF_A_FORM && n_actions * 5 >= n_said * 4
}

/// Returns the calls that a text marks as such.
pub(super) fn marked(text: &str) -> Vec<Call> {
    let mut calls = Vec::new();
    if let Some(regex) = FUNCTION_TAG.as_ref() {
        calls.extend(regex.captures_iter(text).filter_map(|it| {
            let tool = it.get(1)?.as_str().to_owned();
            let arguments = parameters(it.get(2)?.as_str());
            Some(Call { id: String::new(), tool, arguments })
        }));
    }
    if let Some(regex) = JSON_TAG.as_ref() {
        calls.extend(regex.captures_iter(text).filter_map(|it| {
            function_call(&serde_json::from_str::<Value>(it.get(1)?.as_str().trim()).ok()?)
        }));
    }
    if let Some(regex) = EXECUTE_TAG.as_ref() {
        calls.extend(
            regex.captures_iter(text).filter_map(|it| Some(shell_call(it.get(1)?.as_str()))),
        );
    }
    if calls.is_empty()
        && let Some(found) = REACT.as_ref().and_then(|regex| regex.captures_iter(text).last())
        && let (Some(tool), Some(input)) = (found.get(1), found.get(2))
    {
        let (tool, arguments) = (tool.as_str().trim().to_owned(), input.as_str().trim().to_owned());
        calls.push(Call { id: String::new(), tool, arguments });
    }
    if calls.is_empty() {
        calls.extend(bracketed(text));
    }
    if calls.is_empty() {
        calls.extend(object_action(text));
    }
    if calls.is_empty() {
        calls.extend(command_list(text));
    }
    calls
}

/// Returns the action in the last fence of a text.
pub(super) fn fenced(text: &str) -> Option<Call> {
    let found = FENCE.as_ref()?.captures_iter(text).last()?;
    found.get(1).map(|it| shell_call(it.as_str()))
}

/// Returns whether a text begins as what came of an action does, or ends so.
pub(super) fn is_observation(text: &str) -> bool {
    matches(&OBSERVATION, text)
}

/// An action with its argument in brackets, as in `Action 2: Search[rows]`.
fn bracketed(text: &str) -> Option<Call> {
    let found = BRACKETED.as_ref()?.captures_iter(text).last()?;
    let (tool, arguments) = (found.get(1)?.as_str(), found.get(2)?.as_str());
    Some(Call { tool: tool.to_owned(), ..shell_call(arguments) })
}

/// An action that is a JSON object with a name and arguments. What it says to the person is none.
fn object_action(text: &str) -> Option<Call> {
    function_call(&action_object(text)?).filter(|call| call.tool != RESPOND)
}

/// Returns what the model says to the person where it does so by an action.
pub(super) fn response(text: &str) -> Option<String> {
    let action = action_object(text).filter(|it| it.get("name").is_some_and(|it| it == RESPOND))?;
    let arguments = action.get("arguments")?;
    Some(arguments.get("content").unwrap_or(arguments).as_str()?.to_owned())
}

fn action_object(text: &str) -> Option<Value> {
    let at = OBJECT_ACTION.as_ref()?.find_iter(text).last()?.end();
    serde_json::Deserializer::from_str(text.get(at..)?).into_iter().next()?.ok()
}

/// A JSON object with a list of commands, and perhaps the word that the task is done.
fn command_list(text: &str) -> Option<Call> {
    let body = text.get(text.find('{')?..=text.rfind('}')?)?;
    let object: Map<String, Value> = serde_json::from_str(body).ok()?;
    let commands = object.get("commands")?.as_array()?;
    let is_done = ["task_complete", "is_task_complete"]
        .iter()
        .any(|key| object.get(*key) == Some(&Value::Bool(true)));
    let keys = commands.iter().filter_map(|it| {
        it.as_str()
            .or_else(|| ["keystrokes", "command"].iter().find_map(|key| it.get(*key)?.as_str()))
    });
    let keys = keys.collect::<Vec<_>>().join("\n");
    if is_done {
        return Some(Call { tool: "task_complete".to_owned(), ..shell_call(&keys) });
    }
    Some(shell_call(&keys))
}

fn parameters(body: &str) -> String {
    let mut object = Map::new();
    let found = PARAMETER.as_ref().map(|regex| regex.captures_iter(body));
    for captures in found.into_iter().flatten() {
        if let (Some(name), Some(value)) = (captures.get(1), captures.get(2)) {
            let value = value.as_str().trim_matches('\n').to_owned();
            object.insert(name.as_str().to_owned(), Value::String(value));
        }
    }
    Value::Object(object).to_string()
}

static TELLS_OF_TOOLS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:commands?|shell|bash|tools?|environment|execute|actions?|terminal|function)\b",
    )
    .ok()
});

static FUNCTION_TAG: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?s)<function=([\w.-]+)>(.*?)(?:</function>|$)").ok());

static PARAMETER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?s)<parameter=([\w.-]+)>(.*?)</parameter>").ok());

static JSON_TAG: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?s)<(?:tool_call|function_call)>(.*?)(?:</(?:tool_call|function_call)>|$)").ok()
});

static EXECUTE_TAG: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?s)<execute(?:_\w+)?>(.*?)(?:</execute(?:_\w+)?>|$)").ok());

static REACT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?mis)^\s*action\s*:\s*([\w .-]{1,60})\n\s*action input\s*:(.*?)(?:\nobservation\s*:|\z)",
    )
    .ok()
});

static BRACKETED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?mi)^\s*action(?: \d+)?\s*:\s*(\w+)\[(.*)\]\s*$").ok());

static OBJECT_ACTION: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?mi)^\s*action\s*:\s*(?:```(?:json)?\s*)?").ok());

static FENCE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?s)```[\w-]*\n(.*?)```").ok());

static OBSERVATION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)^\s*(?:<returncode>|observation(?: \d+)?\s*:|api output:|execution result of \[|<tool_response>|",
        r"<function_results?>|<observation>|\[tool result|tool output:|tool result:|",
        r"command output:|code execution output|new terminal output|current terminal (?:state|screen)|",
        r"the output of the os|your (?:last )?command (?:ran|exited|was not executed))",
        r"|\n?\(open file: [^\n]*\)\s*\n\(current directory: [^\n]*\)\s*\n\S*\$\s*$|\bbash-\$\s*$",
    ))
    .ok()
});

#[cfg(test)]
mod tests {
    use super::{fenced, is_observation, marked, response};

    #[track_caller]
    fn check(text: &str, expected: &[(&str, &str)]) {
        let calls = marked(text);
        let found: Vec<(&str, &str)> =
            calls.iter().map(|it| (it.tool.as_str(), it.arguments.as_str())).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn actions_are_found_in_each_dialect() {
        check(
            "I run it.\n<function=execute_bash>\n<parameter=command>\nmake\n</parameter>\n</function>",
            &[("execute_bash", "{\"command\":\"make\"}")],
        );
        check("Done.\n<function=finish>\n</function>", &[("finish", "{}")]);
        check(
            "<tool_call>\n{\"name\": \"look\", \"arguments\": {\"at\": 1}}\n</tool_call>",
            &[("look", "{\"at\":1}")],
        );
        check("<execute_bash>\nls\n</execute_bash>", &[("shell", "ls")]);
        check("Thought: a\nAction: search\nAction Input: rows", &[("search", "rows")]);
        check(
            "{\"analysis\": \"x\", \"commands\": [{\"keystrokes\": \"ls\\n\"}], \"task_complete\": false}",
            &[("shell", "ls")],
        );
        check("{\"commands\": [], \"task_complete\": true}", &[("task_complete", "")]);
        check("Thought 2: b\nAction 2: Search[rows]", &[("Search", "rows")]);
        check(
            "Thought:\na\nAction:\n{\"name\": \"look\", \"arguments\": {\"at\": 1}}",
            &[("look", "{\"at\":1}")],
        );
        let said = "Action:\n{\"name\": \"respond\", \"arguments\": {\"content\": \"Hello.\"}}";
        check(said, &[]);
        assert_eq!(response(said).as_deref(), Some("Hello."));
        check("There are 12 rows. {\"a\": 1}", &[]);
        assert_eq!(fenced("a\n```bash\nmake\n```\n").unwrap().arguments, "make");
        assert_eq!(fenced("a `b`"), None);
    }

    #[test]
    fn observations_are_told_by_how_they_begin_or_end() {
        for text in [
            "<returncode>0</returncode>",
            "OBSERVATION:\nx",
            "EXECUTION RESULT of [execute_bash]:\nx",
            "[File: a.py (3 lines total)]\n1:x\n(Open file: /r/a.py)\n(Current directory: /r)\nbash-$",
            "New Terminal Output:\n$ ",
        ] {
            assert!(is_observation(text), "{text}");
        }
        assert!(!is_observation("Please fix the open file."));
    }
}

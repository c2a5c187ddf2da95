//! The question about a call, at a terminal: shown, answered, and asked anew after an edit.

use std::{
    env, fs,
    io::{self, BufRead, Write},
    path::Path,
    process::Command,
};

use agent::{
    event::PendingTool,
    machine::{ApprovalScope, ROLL_BACK, TAKEOVER},
};
use anyhow::Context;
use serde_json::{Map, Value};

use crate::question;

/// What a person answered.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Answer {
    pub(super) approved: bool,
    pub(super) scope: ApprovalScope,
    pub(super) feedback: Option<String>,
    /// What the person made of the arguments.
    pub(super) arguments: Option<Map<String, Value>>,
}

/// What a person typed.
#[derive(Debug, Clone, PartialEq)]
enum Typed {
    Decision(Answer),
    /// They want to change the arguments first.
    Edit,
    /// Yes, once the files that the student changed are put back.
    PutBack,
}

impl Typed {
    /// Reads a line; whatever is no clear yes is a no, and more words than that are for the model.
    fn read(line: &str) -> Self {
        let line = line.trim();
        let yes = |scope| Answer { approved: true, scope, ..Answer::default() };
        Self::Decision(match line.to_lowercase().as_str() {
            "y" | "yes" => yes(ApprovalScope::Once),
            "r" | "run" => yes(ApprovalScope::Run),
            "a" | "always" => yes(ApprovalScope::Always),
            "" | "n" | "no" => Answer::default(),
            "e" | "edit" => return Self::Edit,
            "b" | "back" => return Self::PutBack,
            _ => Answer { feedback: Some(line.to_owned()), ..Answer::default() },
        })
    }
}

/// Asks about a call until the person has decided; a changed call is shown once more.
pub(super) async fn ask(call: PendingTool) -> anyhow::Result<Answer> {
    tokio::task::spawn_blocking(move || ask_blocking(call))
        .await
        .context("asking")?
        .context("reading the answer")
}

fn ask_blocking(mut call: PendingTool) -> io::Result<Answer> {
    let mut edited = None;
    loop {
        forget_what_was_typed();
        let back = if can_put_back(&call) { "files put [b]ack first, " } else { "" };
        let line = read_line(&format!(
            "{}\nrun this? [y]es, {back}for the [r]un, [a]lways here, [e]dit it first, [N]o, or \
             what to do instead: ",
            question::in_a_terminal(&call)
        ))?;
        match Typed::read(&line) {
            Typed::PutBack if can_put_back(&call) => return Ok(put_back(&call.arguments)),
            // A word like any other.
            Typed::PutBack => {
                let feedback = Some(line.trim().to_owned());
                return Ok(Answer { feedback, ..Answer::default() });
            }
            Typed::Decision(answer) => {
                let arguments = edited.filter(|_| answer.approved);
                return Ok(Answer { arguments, ..answer });
            }
            Typed::Edit => match edit(&call)? {
                Ok(arguments) => {
                    call.arguments.clone_from(&arguments);
                    call.diff = None;
                    edited = Some(arguments);
                }
                Err(sentence) => writeln!(io::stderr(), "{sentence}; it is as it was")?,
            },
        }
    }
}

/// Returns whether a takeover is offered after the student changed files that are kept.
fn can_put_back(call: &PendingTool) -> bool {
    call.tool == TAKEOVER && call.arguments.contains_key(ROLL_BACK)
}

fn put_back(arguments: &Map<String, Value>) -> Answer {
    let mut arguments = arguments.clone();
    arguments.insert(ROLL_BACK.to_owned(), Value::Bool(true));
    Answer { approved: true, arguments: Some(arguments), ..Answer::default() }
}

/// Drops lines that were typed before the question was there to be read: they answer nothing.
fn forget_what_was_typed() {
    #[cfg(unix)]
    {
        use std::io::IsTerminal;

        let stdin = io::stdin();
        if stdin.is_terminal() {
            // A terminal that is gone answers nothing either.
            let _ = rustix::termios::tcflush(&stdin, rustix::termios::QueueSelector::IFlush);
        }
    }
}

/// Lets the person change the arguments: in their editor if they have named one, else on a line.
fn edit(call: &PendingTool) -> io::Result<Result<Map<String, Value>, String>> {
    let command = only_command(&call.arguments);
    let text = command
        .map_or_else(|| format!("{:#}", Value::Object(call.arguments.clone())), str::to_owned);
    let changed = match editor() {
        Some(editor) => in_editor(&editor, &text, command.is_some())?,
        None if command.is_some() => Ok(read_line("the command that runs instead: ")?),
        None => Ok(read_line("the arguments that it runs with instead, as JSON on one line: ")?),
    };
    Ok(changed.and_then(|changed| arguments(&changed, command.is_some())))
}

/// Returns the command of a call that has no other arguments: that is edited as it is typed.
fn only_command(arguments: &Map<String, Value>) -> Option<&str> {
    if arguments.len() > 1 {
        return None;
    }
    arguments.get("command").and_then(Value::as_str)
}

fn arguments(text: &str, is_command: bool) -> Result<Map<String, Value>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("there is nothing in it".to_owned());
    }
    if is_command {
        let command = Value::String(text.to_owned());
        return Ok(Map::from_iter([("command".to_owned(), command)]));
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(arguments)) => Ok(arguments),
        Ok(_) => Err("that is no JSON object".to_owned()),
        Err(error) => Err(format!("that is no JSON ({error})")),
    }
}

/// Returns the person's editor, as they have named it to programs.
#[expect(clippy::disallowed_methods, reason = "that is where editors are named")]
fn editor() -> Option<String> {
    ["VISUAL", "EDITOR"]
        .into_iter()
        .filter_map(|name| env::var(name).ok())
        .find(|editor| !editor.trim().is_empty())
}

/// Edits a text in a file of its own, which others cannot read. As usual, the variable may hold arguments too.
#[expect(clippy::disallowed_methods, reason = "the editor gets a file")]
fn in_editor(editor: &str, text: &str, is_command: bool) -> io::Result<Result<String, String>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join(if is_command { "command.sh" } else { "arguments.json" });
    fs::write(&file, format!("{text}\n"))?;
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or(editor);
    match Command::new(program).args(words).arg(&file).status() {
        Ok(status) if status.success() => Ok(read(&file)),
        Ok(status) => Ok(Err(format!("{program} ended with {status}"))),
        Err(error) => Ok(Err(format!("{program} cannot be started ({error})"))),
    }
}

#[expect(clippy::disallowed_methods, reason = "the editor has left a file")]
fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("what was edited cannot be read ({error})"))
}

fn read_line(prompt: &str) -> io::Result<String> {
    let mut stderr = io::stderr();
    write!(stderr, "{prompt}")?;
    stderr.flush()?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line)
}

#[cfg(test)]
mod tests {
    use agent::machine::ApprovalScope;
    use serde_json::json;

    use super::{Answer, Typed, arguments, put_back};

    #[test]
    fn only_a_clear_yes_is_one_and_other_words_go_to_the_model() {
        let read = |line| match Typed::read(line) {
            Typed::Decision(Answer { approved, scope, feedback, .. }) => {
                (approved, scope, feedback)
            }
            Typed::Edit | Typed::PutBack => unreachable!("{line}"),
        };
        assert_eq!(read(" Y\n"), (true, ApprovalScope::Once, None));
        assert_eq!(read("run"), (true, ApprovalScope::Run, None));
        assert_eq!(read("always"), (true, ApprovalScope::Always, None));
        for no in ["", "\n", "n", "No"] {
            assert_eq!(read(no), (false, ApprovalScope::Once, None), "{no}");
        }
        let words = Some("yes, but use awk".to_owned());
        assert_eq!(read("yes, but use awk\n"), (false, ApprovalScope::Once, words));
        assert_eq!(Typed::read("E\n"), Typed::Edit);
        assert_eq!(Typed::read("back\n"), Typed::PutBack);
    }

    #[test]
    fn a_takeover_may_begin_with_the_files_put_back() {
        let arguments = json!({"changedFiles": ["a.txt"], "rollBack": false});
        let answer = put_back(arguments.as_object().unwrap());
        assert!(answer.approved && answer.scope == ApprovalScope::Once);
        let arguments = json!({"changedFiles": ["a.txt"], "rollBack": true});
        assert_eq!(json!(answer.arguments), arguments);
    }

    #[test]
    fn what_is_edited_is_a_command_or_an_object() {
        let command = arguments("ls -l\n", /*is_command*/ true).unwrap();
        assert_eq!(json!(command), json!({"command": "ls -l"}));
        let other = arguments("{\"path\": \"a\"}\n", /*is_command*/ false).unwrap();
        assert_eq!(json!(other), json!({"path": "a"}));
        for (text, is_command) in [("\n", true), ("", false), ("[1]", false), ("{", false)] {
            assert!(arguments(text, is_command).is_err(), "{text:?}");
        }
    }
}

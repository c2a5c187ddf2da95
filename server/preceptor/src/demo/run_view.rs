//! A run as it is watched: each event is shown as it comes, and what the story needs is kept.

use anyhow::bail;
use serde_json::Value;

use crate::demo::{
    editor::Editor,
    protocol::{Event, text},
    screen::{Screen, Speaker},
};

/// Most lines of a tool's output that are shown.
const OUTPUT_LINES: usize = 4;

/// What was seen of a run so far.
#[derive(Debug, Default)]
pub(super) struct RunView {
    run_id: String,
    /// The models that answered, each with the number of its calls, in order of appearance.
    pub(super) calls: Vec<ModelCalls>,
    /// The student's failure as the server put it, once the teacher has taken over.
    pub(super) takeover: Option<String>,
    /// The address of the proposed skill's document, once there is one.
    pub(super) proposal_uri: Option<String>,
    /// The address of the accepted skill, once it is saved.
    pub(super) saved_uri: Option<String>,
    /// The skills that the student read.
    pub(super) viewed_skills: Vec<String>,
    /// Whether the turn is complete.
    pub(super) is_complete: bool,
    /// What there is to say of the proposed skill's replay: `pending`, `verified` and so on.
    pub(super) verification: String,
}

/// How often a model was called.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ModelCalls {
    pub(super) model: String,
    pub(super) n_calls: usize,
}

impl RunView {
    /// Starts to watch a run.
    pub(super) fn new(run_id: &str) -> Self {
        Self { run_id: run_id.to_owned(), ..Self::default() }
    }

    /// Shows events until `is_reached`.
    pub(super) async fn watch(
        &mut self,
        editor: &mut Editor,
        screen: &mut Screen<'_>,
        is_reached: impl Fn(&Self) -> bool,
    ) -> anyhow::Result<()> {
        while !is_reached(self) {
            let event = editor.event(&self.run_id).await?;
            self.show(&event, screen)?;
            if event.kind == "tool_output" {
                screen.pause(/*milliseconds*/ 200).await?;
            }
        }
        screen.end_line()
    }

    fn show(&mut self, event: &Event, screen: &mut Screen<'_>) -> anyhow::Result<()> {
        let data = &event.data;
        let speaker = Speaker::of(event.teacher);
        match event.kind.as_str() {
            "assistant_chunk" | "assistant_message" => {
                screen.says(speaker, text(data, "/content"))?;
            }
            "assistant_stream_end" => screen.end_line()?,
            "tool_call" => {
                if text(data, "/tool") == "skills" && !event.teacher {
                    self.viewed_skills.push(text(data, "/arguments/name").to_owned());
                }
                screen.does(speaker, &call(data))?;
            }
            "tool_output" => {
                let exit_code = data.get("exitCode").and_then(Value::as_i64).unwrap_or_default();
                let is_success = data.get("success").and_then(Value::as_bool).unwrap_or_default();
                let has_worked = exit_code == 0 && is_success;
                screen.gets(speaker, text(data, "/output"), has_worked, OUTPUT_LINES)?;
            }
            "signal" => {
                let label = format!("failure signal `{}`", text(data, "/kind"));
                screen.note(&label, text(data, "/evidence"))?;
            }
            "teacher_takeover" => {
                self.takeover = Some(text(data, "/studentFailure").to_owned());
            }
            "llm_call" => self.count(text(data, "/model")),
            "skill_proposed" => {
                self.proposal_uri = Some(text(data, "/uri").to_owned());
                text(data, "/verification/outcome").clone_into(&mut self.verification);
            }
            "verification" => {
                text(data, "/outcome").clone_into(&mut self.verification);
                screen.note("replay", text(data, "/reason"))?;
            }
            "skill_saved" => self.saved_uri = Some(text(data, "/uri").to_owned()),
            "turn_complete" => self.is_complete = true,
            "error" => bail!("the turn ended with an error: {}", text(data, "/error")),
            "escalation_failed" => bail!("the takeover failed: {}", text(data, "/reason")),
            "skill_save_failed" => bail!("no skill came of it: {}", text(data, "/reason")),
            "interrupted" | "session_terminated" => bail!("the turn was stopped"),
            _ => {}
        }
        Ok(())
    }

    fn count(&mut self, model: &str) {
        match self.calls.iter_mut().find(|calls| calls.model == model) {
            Some(calls) => calls.n_calls += 1,
            None => self.calls.push(ModelCalls { model: model.to_owned(), n_calls: 1 }),
        }
    }
}

/// Returns a call on one line.
fn call(data: &Value) -> String {
    let tool = text(data, "/tool");
    let arguments = match data.get("arguments").and_then(Value::as_object) {
        Some(arguments) => arguments.values().map(argument).collect::<Vec<_>>().join(" "),
        None => String::new(),
    };
    format!("{tool}: {arguments}")
}

fn argument(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

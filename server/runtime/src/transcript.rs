//! A run as a document that any editor can show, written as the run goes.

use std::{
    collections::HashMap,
    fmt::Write as _,
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::Path,
};

use agent::{
    event::{Event, PendingTool, StateRecord, ToolState},
    machine::TAKEOVER,
    plan::{Plan, PlanStatus},
    preview::{change, reason, risk, summary},
    tool::{BuiltInTool, Denial},
    verification::outcome_words,
};

use serde_json::Value;

use crate::journal::Record;

/// Longest output of one call that the transcript shows, in characters; the journal has it whole.
const OUTPUT_CHARS: usize = 8_000;

/// Characters of a call's arguments that its line shows.
const CALL_CHARS: usize = 200;

/// Writes the transcript of one run.
#[derive(Debug)]
pub(crate) struct Transcript {
    file: File,
    shown: Shown,
}

/// What the transcript has shown so far, as far as what follows depends on it.
#[derive(Debug, Default)]
struct Shown {
    calls: HashMap<String, String>,
    last_call: Option<String>,
    /// What waited for a person when they were last asked, and in which turn.
    asked: Option<(u32, Vec<PendingTool>)>,
    is_in_paragraph: bool,
    is_thinking: bool,
    teacher_speaks: bool,
    n_lines: u32,
    turn_lines: HashMap<u32, u32>,
}

impl Transcript {
    /// Starts a transcript, or goes on with that of a journal: with what it has to show, whatever
    /// of that a crash kept out of the file.
    pub(crate) fn open(path: &Path, run_id: &str, journal: &[Record]) -> io::Result<Self> {
        // A workspace is content from elsewhere: what lies there must not have us write elsewhere.
        if std::fs::symlink_metadata(path).is_ok_and(|it| !it.is_file()) {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "it is not a plain file"));
        }
        let mut shown = Shown::default();
        let text: String = journal.iter().map(|it| shown.take(run_id, it)).collect();
        if !std::fs::read(path).is_ok_and(|it| it == text.as_bytes()) {
            std::fs::write(path, &text)?;
        }
        Ok(Self { file: OpenOptions::new().append(true).open(path)?, shown })
    }

    /// Appends what a record has to show.
    pub(crate) fn push(&mut self, run_id: &str, record: &Record) -> io::Result<()> {
        let text = self.shown.take(run_id, record);
        self.file.write_all(text.as_bytes())
    }

    /// Returns the line (0-based) of a turn's heading.
    pub(crate) fn turn_line(&self, turn: u32) -> Option<u32> {
        self.shown.turn_lines.get(&turn).copied()
    }

    /// Returns the lines (0-based) of all turns' headings.
    pub(crate) fn turn_lines(&self) -> HashMap<u32, u32> {
        self.shown.turn_lines.clone()
    }
}

impl Shown {
    /// Returns what a record has to show, and counts its lines.
    fn take(&mut self, run_id: &str, record: &Record) -> String {
        let text = self.render(run_id, record);
        let before_heading = text.find("## Turn ").map(|start| text.get(..start));
        if let Event::State(StateRecord::Request { .. }) = &record.event {
            let before = count_lines(before_heading.flatten().unwrap_or_default());
            self.turn_lines.insert(record.turn, self.n_lines + before);
        }
        self.n_lines += count_lines(&text);
        text
    }

    fn render(&mut self, run_id: &str, record: &Record) -> String {
        let mut out = String::new();
        match &record.event {
            Event::AssistantChunk { content } | Event::AssistantMessage { content } => {
                if self.is_thinking {
                    self.end_paragraph(&mut out);
                }
                self.is_in_paragraph = true;
                out.push_str(content);
            }
            Event::ThinkingChunk { content } => {
                if !self.is_thinking {
                    self.end_paragraph(&mut out);
                    out.push_str("> *thinking:* ");
                }
                (self.is_in_paragraph, self.is_thinking) = (true, true);
                out.push_str(&content.replace('\n', "\n> "));
            }
            Event::AssistantStreamEnd {} => self.end_paragraph(&mut out),
            event => {
                let block = self.block(run_id, record, event);
                if !block.is_empty() {
                    // A result stands by itself right behind its call only.
                    if !matches!(event, Event::ToolCall { .. }) {
                        self.last_call = None;
                    }
                    self.end_paragraph(&mut out);
                    out.push_str(&block);
                }
            }
        }
        out
    }

    fn block(&mut self, run_id: &str, record: &Record, event: &Event) -> String {
        match event {
            Event::RunStarted { title, workspace, student, teacher_model } => {
                let teacher = teacher_model
                    .as_ref()
                    .map(|name| format!(" Teacher: `{name}`."))
                    .unwrap_or_default();
                format!(
                    "# {title}\n\nRun `{run_id}`, started {}, in `{workspace}`. Student: `{student}`.{teacher}\n\n",
                    record.time
                )
            }
            Event::State(StateRecord::Request { prompt, .. }) => {
                self.teacher_speaks = false;
                format!("## Turn {}\n\n{}\n\n", record.turn, quote(prompt))
            }
            Event::State(StateRecord::SkillsOffered { names, n_others }) if !names.is_empty() => {
                let others = match n_others {
                    0 => String::new(),
                    1 => " and 1 other".to_owned(),
                    n_others => format!(" and {n_others} others"),
                };
                format!("*Skills offered: {}{others}.*\n\n", names.join(", "))
            }
            Event::State(StateRecord::Verdict { gate: Some(gate), verdict, .. }) => {
                let what = if verdict == "failure" { "failed" } else { "could not go on" };
                format!("**The student {what}.** {gate}\n\n")
            }
            Event::ToolCall { tool, arguments, tool_call_id, raw } => {
                let text = raw.clone().unwrap_or_else(|| summary(arguments));
                let summary = format!("**{tool}** {}", one_line(&text));
                self.calls.insert(tool_call_id.clone(), summary.clone());
                self.last_call = Some(tool_call_id.clone());
                let is_command = BuiltInTool::from_name(tool) == Some(BuiltInTool::Bash);
                // What a person is asked about can be read to its end.
                let rest = match arguments.get("command").and_then(Value::as_str) {
                    Some(command) if is_long(command) => fenced("sh", command),
                    _ => in_full(&text, if is_command { "sh" } else { "text" }),
                };
                format!("- {summary}\n\n{rest}")
            }
            // What is told of the call from here on is what ran.
            Event::State(StateRecord::EditedArguments { tool_call_id, arguments }) => {
                let text = summary(arguments);
                let asked = self.calls.get(tool_call_id).map(String::as_str).unwrap_or_default();
                let tool = asked.split_once("** ").map_or(asked, |(tool, _)| tool);
                let summary = format!("{tool}** {}", one_line(&text));
                self.calls.insert(tool_call_id.clone(), summary.clone());
                format!("*You changed it to:* {summary}\n\n{}", in_full(&text, "sh"))
            }
            // What was planned is shown already.
            Event::ToolOutput { tool, success: true, .. } if is_plan(tool) => String::new(),
            Event::ToolOutput { tool_call_id, output, .. } => {
                let mut block = String::new();
                if self.last_call.as_ref() != Some(tool_call_id) {
                    let summary = self.calls.get(tool_call_id).cloned().unwrap_or_default();
                    let _ = write!(block, "- result of {summary}\n\n");
                }
                block.push_str(&fenced("text", &agent::clip::clip_middle(output, OUTPUT_CHARS)));
                block
            }
            Event::ToolStateChange { tool_call_id, tool, state } => {
                let summary = self.calls.get(tool_call_id).cloned().unwrap_or_else(|| tool.clone());
                match state {
                    ToolState::Running => String::new(),
                    ToolState::Approved => format!("*You approved:* {summary}\n\n"),
                    ToolState::Rejected => format!("*You rejected:* {summary}\n\n"),
                    ToolState::Cancelled => format!("*Cancelled:* {summary}\n\n"),
                    ToolState::Abandoned => format!("*Left undecided:* {summary}\n\n"),
                }
            }
            // The next server asks once more; the question stands there already.
            Event::ApprovalRequired { tools, .. } if self.has_asked(record.turn, tools) => {
                String::new()
            }
            Event::ApprovalRequired { tools, .. } if tools.iter().any(|it| it.tool == TAKEOVER) => {
                "*The takeover by the teacher waits for your approval.*\n\n".to_owned()
            }
            Event::ApprovalRequired { count, tools, .. } => {
                let what = if *count == 1 { "One call waits" } else { "Calls wait" };
                let mut block = format!("*{what} for your approval.*\n\n");
                for tool in tools {
                    let call = self.calls.get(&tool.tool_call_id).cloned();
                    let call = call.unwrap_or_else(|| code_span(&tool.tool));
                    let line = format!("- {call}. Risk: {}. {}", risk(tool), reason(tool));
                    let _ = write!(block, "{}\n\n", line.trim_end());
                    for Denial { layer, what } in &tool.stopped_by {
                        let summary = code_span(&summary(&tool.arguments));
                        let _ = write!(
                            block,
                            "The sandbox stopped {summary}: {what} ({layer}). If you approve, it \
                             runs once more, with nothing that confines it.\n\n"
                        );
                    }
                    if let Some(preview) = change(tool) {
                        let summary = code_span(&summary(&tool.arguments));
                        let _ = write!(block, "{summary}\n\n{}", fenced("diff", &preview));
                    }
                }
                block
            }
            Event::ToolLog { log, .. } => format!("*{log}*\n\n"),
            Event::PlanUpdate { plan } => plan_list(plan),
            Event::LlmCall { model, cost_usd: None, .. } => {
                format!("*A call of {} for nobody knows how much.*\n\n", code_span(model))
            }
            Event::LlmCall { model, cost_usd: Some(cost), .. } if !cost.is_zero() => {
                format!("*A call of {} for {cost}.*\n\n", code_span(model))
            }
            Event::Signal(signal) if !signal.recovered => {
                format!("*Failure signal:* {}\n\n", signal.sentence().replace('\n', " "))
            }
            Event::TeacherTakeover { teacher_model, student_failure, .. } => {
                self.teacher_speaks = true;
                format!(
                    "### The teacher takes over: `{teacher_model}`\n\nWhy: {student_failure}\n\n"
                )
            }
            Event::EscalationFailed { reason, .. } => {
                self.teacher_speaks = false;
                format!("**The takeover failed.** {reason}\n\n")
            }
            Event::SkillProposed { name, uri, findings, .. } => {
                let findings = match findings.len() {
                    0 => "no findings".to_owned(),
                    1 => "1 finding".to_owned(),
                    n => format!("{n} findings"),
                };
                format!("**Skill proposed:** [{name}]({uri}) ({findings}).\n\n")
            }
            Event::Verification { outcome, reason, .. } => {
                format!("**{}** {reason}\n\n", outcome_words(outcome))
            }
            Event::SkillSaved { name, uri, .. } => {
                format!("**Skill accepted:** [{name}]({uri}).\n\n")
            }
            Event::SkillSaveFailed { reason } => format!("**No skill:** {reason}.\n\n"),
            Event::ProposalResolved { proposal_id, outcome } if outcome == "rolled_back" => {
                format!("**Taken back:** what was accepted of `{proposal_id}`.\n\n")
            }
            Event::ProposalResolved { proposal_id, outcome } if outcome != "accepted" => {
                let outcome = outcome.replace('_', " ");
                format!("**Proposal {outcome}:** `{proposal_id}`.\n\n")
            }
            Event::TurnComplete { stop_reason, .. } => {
                let by = if self.teacher_speaks { ", by the teacher" } else { "" };
                let how = match stop_reason.as_str() {
                    "length" => " The answer was cut at the token limit.",
                    "doom_loop" => " It was stopped: it repeated itself.",
                    "malformed_arguments" => " It was stopped: its calls could not be used.",
                    _ => "",
                };
                format!("*Turn {} is complete{by}.*{how}\n\n", record.turn)
            }
            Event::Interrupted {} => format!("*Turn {} was stopped.*\n\n", record.turn),
            Event::Error { error, .. } => format!("**Error:** {error}\n\n"),
            Event::SessionTerminated { user_message, error, .. } => {
                format!("**Error:** {user_message} ({error})\n\n")
            }
            Event::Compacted { old_tokens, new_tokens } => {
                format!("*Made shorter: ~{old_tokens} tokens before, ~{new_tokens} now.*\n\n")
            }
            Event::UndoComplete { removed: 0 } => {
                "*There was nothing to take back.*\n\n".to_owned()
            }
            Event::UndoComplete { removed } => {
                format!("*The last request was taken back, {removed} messages with it.*\n\n")
            }
            _ => String::new(),
        }
    }

    /// Returns whether just this was asked last, and notes that it is asked now.
    fn has_asked(&mut self, turn: u32, tools: &[PendingTool]) -> bool {
        let asked = Some((turn, tools.to_vec()));
        std::mem::replace(&mut self.asked, asked.clone()) == asked
    }

    fn end_paragraph(&mut self, out: &mut String) {
        if self.is_in_paragraph {
            out.push_str("\n\n");
        }
        (self.is_in_paragraph, self.is_thinking) = (false, false);
    }
}

fn is_plan(tool: &str) -> bool {
    BuiltInTool::from_name(tool) == Some(BuiltInTool::Plan)
}

/// A task list, as Markdown has it.
fn plan_list(plan: &Plan) -> String {
    let items = plan.items.iter().map(|item| {
        let mark = if item.status == PlanStatus::Completed { "x" } else { " " };
        let content = item.content.split_whitespace().collect::<Vec<_>>().join(" ");
        let now = if item.status == PlanStatus::InProgress { " *(under way)*" } else { "" };
        format!("- [{mark}] {content}{now}\n")
    });
    let list: String = items.collect();
    if list.is_empty() { list } else { format!("**Plan**\n\n{list}\n") }
}

fn count_lines(text: &str) -> u32 {
    u32::try_from(text.matches('\n').count()).unwrap_or(u32::MAX)
}

/// Returns a call's text on one line: its first one, and how many follow. Joined, the lines of a
/// command would read as another command.
fn one_line(text: &str) -> String {
    let mut lines = text.trim().lines();
    let first = lines.next().unwrap_or_default();
    let first = first.split_whitespace().collect::<Vec<_>>().join(" ");
    let span = code_span(&agent::clip::clip(&first, CALL_CHARS));
    match lines.count() {
        0 => span,
        1 => format!("{span} and 1 more line"),
        n => format!("{span} and {n} more lines"),
    }
}

/// A code span whose fence is longer than any run of backticks in it.
fn code_span(text: &str) -> String {
    let fence = "`".repeat(longest_run(text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A fence that is longer than any run of backticks in the text.
pub(crate) fn fenced(language: &str, text: &str) -> String {
    let fence = "`".repeat((longest_run(text) + 1).max(3));
    format!("{fence}{language}\n{}\n{fence}\n\n", text.trim_end_matches('\n'))
}

fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

fn quote(text: &str) -> String {
    text.lines().map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n")
}

/// Returns whether a line does not show the whole text.
fn is_long(text: &str) -> bool {
    let text = text.trim();
    text.lines().nth(1).is_some() || text.chars().count() > CALL_CHARS
}

/// Returns a text in a fence; nothing for one that a line shows.
fn in_full(text: &str, language: &str) -> String {
    if !is_long(text) {
        return String::new();
    }
    fenced(language, &agent::clip::clip_middle(text, OUTPUT_CHARS))
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn a_call_of_several_lines_does_not_read_as_another_one() {
        assert_eq!(one_line("  ls   -l\n"), "`ls -l`");
        assert_eq!(one_line("cd data\nsort a.csv"), "`cd data` and 1 more line");
        assert_eq!(one_line("cat <<E\r\n`a`\r\nE\r\n"), "`cat <<E` and 2 more lines");
        assert_eq!(one_line(""), "``");
    }
}

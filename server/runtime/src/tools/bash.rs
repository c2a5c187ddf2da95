//! `bash`: a command in the workspace folder, with its own process group and in its sandbox.

use std::{
    fmt::Write as _,
    io::pipe,
    process::ExitStatus,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use agent::{
    clip::clip_middle,
    tool::{self, PreparedCall, ResultKind, ToolResult},
};
use tokio::{
    io::AsyncReadExt,
    net::unix::pipe::Receiver,
    process::Child,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{Arguments, Toolbox, confinement::Prepared};
use crate::sandbox::Denial;

/// Seconds that a command may take unless the call says otherwise.
const DEFAULT_TIMEOUT_S: usize = 120;
/// Most seconds that a call may ask for.
const MAX_TIMEOUT_S: usize = 36_000;
/// Characters of the output that the model gets.
const OUTPUT_CHARS: usize = 25_000;
/// Bytes of output that are kept in memory; a command that prints more loses the middle.
const OUTPUT_BYTES: usize = 4 * 1024 * 1024;
/// How long the output is waited for after the command has ended: what it left running in the
/// background may hold the pipe open.
const DRAIN: Duration = Duration::from_millis(200);
/// How long a process group has between the polite signal and the other one.
const GRACE: Duration = Duration::from_millis(500);
/// How long a supervisor may take to end what is left; a fork bomb takes a while.
const CLEANUP: Duration = Duration::from_secs(10);
/// Bytes that a command may print before it is ended.
const MAX_PRINTED: usize = 256 * 1024 * 1024;

enum Ending {
    Exited(ExitStatus),
    TimedOut,
    PrintedTooMuch,
    Cancelled,
}

impl Toolbox {
    pub(super) async fn bash(
        &self,
        call: &PreparedCall,
        cancel: &CancellationToken,
    ) -> Result<ToolResult, String> {
        let arguments = Arguments(&call.arguments);
        let command = arguments.required_text("command")?;
        let seconds =
            arguments.number("timeout_s").unwrap_or(DEFAULT_TIMEOUT_S).clamp(1, MAX_TIMEOUT_S);
        let cannot_start = |error: std::io::Error| {
            format!("bash cannot be started ({error}): is it installed and on the PATH?")
        };
        // One pipe for both streams keeps their lines in the order in which they were written.
        let (reader, writer) = pipe().map_err(cannot_start)?;
        let Prepared { command: mut shell, policy, is_supervised } = self
            .prepare("bash", &["-c", command], call.outside_sandbox)
            .map_err(|error| error.to_string())?;
        shell
            .stdout(writer.try_clone().map_err(cannot_start)?)
            .stderr(writer)
            .env("TERM", "dumb")
            .env("PAGER", "cat")
            .env("GIT_PAGER", "cat")
            .env("GIT_TERMINAL_PROMPT", "0");
        let git = match &policy {
            Some(_) => self.look_at_git().await,
            None => None,
        };
        let mut child = shell.spawn().map_err(cannot_start)?;
        // The command builder holds the writing ends: without this the pipe would never end.
        drop(shell);
        let group = ProcessGroup::of(&child, is_supervised);
        // When this is closed, also because the server was killed, a supervisor ends everything.
        let control = child.stdin.take();
        let output = Arc::new(Mutex::new(Output::default()));
        let has_printed_too_much = CancellationToken::new();
        let reading = AbortOnDropHandle::new(tokio::spawn(read_output(
            Receiver::from_owned_fd(reader.into()).map_err(cannot_start)?,
            Arc::clone(&output),
            has_printed_too_much.clone(),
        )));
        let ending = tokio::select! {
            status = child.wait() => Ending::Exited(status.map_err(cannot_start)?),
            () = sleep(Duration::from_secs(seconds as u64)) => Ending::TimedOut,
            () = has_printed_too_much.cancelled() => Ending::PrintedTooMuch,
            () = cancel.cancelled() => Ending::Cancelled,
        };
        if !matches!(ending, Ending::Exited(_)) {
            group.terminate();
            if timeout(GRACE, child.wait()).await.is_err() {
                drop(control);
                if !is_supervised {
                    group.kill();
                }
                let _ = timeout(CLEANUP, child.wait()).await;
            }
        }
        // Whatever it left behind in its group ends with the call; what has left the group may
        // still hold the pipe, so the rest of the output is not waited for long.
        drop(group);
        let _ = timeout(DRAIN, reading).await;
        let text = output.lock().unwrap_or_else(PoisonError::into_inner).text();
        let mut result = self.report(&ending, &text, seconds);
        let taken_back = match git {
            Some(before) => self.take_back_git(before).await,
            None => Vec::new(),
        };
        // Where it went on without what was stopped, it is told and nobody is asked.
        let has_gone_on = result.exit_code == Some(0) && taken_back.is_empty();
        let mut denials = taken_back;
        if let (Some(policy), Some(exit_code)) = (policy, result.exit_code) {
            denials.extend(self.denials(&policy, command, &text, exit_code));
        }
        for denial in &denials {
            let _ = write!(result.output, "\n[sandbox: {} ({})]", denial.what, denial.layer);
        }
        let has_ended = result.exit_code.is_some();
        // A limit says nothing about what it may touch; what nobody may allow says all.
        let is_barred = denials.iter().any(|it| !it.is_negotiable && !it.is_of_limit());
        let is_offered = !is_barred && denials.iter().any(|it| it.is_negotiable);
        if has_ended && !has_gone_on && is_offered {
            let told = |denial: Denial| tool::Denial {
                layer: denial.layer.to_string(),
                what: denial.what,
            };
            result.stopped_by = denials.into_iter().map(told).collect();
        }
        Ok(result)
    }

    fn report(&self, ending: &Ending, text: &str, seconds: usize) -> ToolResult {
        let mut output = String::new();
        let mut unsaved = self.workspace.editor().modified_files();
        unsaved.retain(|path| {
            // Transcripts grow behind their buffers: that is nobody's unsaved work.
            let shown = path.display().to_string();
            path.starts_with(self.workspace.root()) && self.workspace.resolve(&shown).is_ok()
        });
        if !unsaved.is_empty() {
            let names: Vec<String> =
                unsaved.iter().map(|path| self.workspace.display(path)).collect();
            let _ = writeln!(
                output,
                "[unsaved in the editor, so the command saw the old text: {}]",
                names.join(", ")
            );
        }
        let (kind, exit_code) = match ending {
            Ending::Exited(status) => {
                let code = exit_code(*status);
                let _ = writeln!(output, "exit code: {code}");
                (ResultKind::Ok, Some(code))
            }
            Ending::TimedOut => {
                let _ = writeln!(
                    output,
                    "The command was ended after {seconds} s; `timeout_s` allows more."
                );
                (ResultKind::Failed, None)
            }
            Ending::PrintedTooMuch => {
                let megabytes = MAX_PRINTED / 1024 / 1024;
                let _ = writeln!(
                    output,
                    "The command was ended because it printed more than {megabytes} MB; write \
                     to a file, or filter what it prints."
                );
                (ResultKind::Failed, None)
            }
            Ending::Cancelled => {
                output.push_str("The person cancelled the command while it ran.\n");
                (ResultKind::Cancelled, None)
            }
        };
        output.push_str(&clip_middle(text.trim_end_matches('\n'), OUTPUT_CHARS));
        ToolResult { exit_code, ..ToolResult::not_run(kind, output) }
    }
}

/// What a command printed: the beginning and the end.
#[derive(Default)]
struct Output {
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl Output {
    fn push(&mut self, bytes: &[u8]) {
        if self.head.len() < OUTPUT_BYTES / 2 {
            self.head.extend_from_slice(bytes);
            return;
        }
        self.tail.extend_from_slice(bytes);
        if self.tail.len() > OUTPUT_BYTES {
            self.tail.drain(..OUTPUT_BYTES / 2);
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&[self.head.as_slice(), self.tail.as_slice()].concat()).into_owned()
    }
}

async fn read_output(
    mut pipe: Receiver,
    output: Arc<Mutex<Output>>,
    has_printed_too_much: CancellationToken,
) {
    let mut n_printed: usize = 0;
    let mut chunk = vec![0; 64 * 1024];
    while let Ok(n_bytes) = pipe.read(&mut chunk).await {
        let Some(bytes) = chunk.get(..n_bytes).filter(|bytes| !bytes.is_empty()) else { break };
        output.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
        n_printed = n_printed.saturating_add(n_bytes);
        if n_printed > MAX_PRINTED {
            has_printed_too_much.cancel();
        }
    }
}

/// A signal counts as the shell counts it: 128 and its number.
fn exit_code(status: ExitStatus) -> i32 {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status).map(|signal| 128 + signal);
    #[cfg(not(unix))]
    let signal = None;
    status.code().or(signal).unwrap_or(-1)
}

/// Everything that a command started and did not put into a group of its own.
struct ProcessGroup {
    id: Option<rustix::process::Pid>,
    /// Whether a supervisor ends it, and more than that.
    is_supervised: bool,
}

impl ProcessGroup {
    fn of(child: &Child, is_supervised: bool) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self { id: id.and_then(rustix::process::Pid::from_raw), is_supervised }
    }

    fn terminate(&self) {
        self.signal(rustix::process::Signal::TERM);
    }

    fn kill(&self) {
        self.signal(rustix::process::Signal::KILL);
    }

    fn signal(&self, signal: rustix::process::Signal) {
        if let Some(group) = self.id
            && let Err(error) = rustix::process::kill_process_group(group, signal)
        {
            tracing::trace!(%error, "the process group is gone");
        }
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if !self.is_supervised {
            self.kill();
        }
    }
}

//! `preceptor check`: the rules over every skill below some paths.
//!
//! One broken file never keeps the others from being checked: what cannot be read is said on
//! stderr, and the command ends with [`EXIT_FAILED`] after everything else was reported.

mod discover;
mod json;
mod load;
mod text;

use std::{
    env,
    io::{self, IsTerminal, Read, Write},
    path::{Component, Path, PathBuf},
};

use anyhow::Context;
use lint::{Finding, Safety, Settings, Severity, SkillFile, check, clients_of, fix_all};
use runtime::{atomic, config::FailOn};
use skill::{LineIndex, SkillDocument};

use crate::check::{discover::discover, load::decode};

/// Exit code: nothing at or above the chosen severity.
pub const EXIT_CLEAN: u8 = 0;
/// Exit code: findings at or above it.
pub const EXIT_FINDINGS: u8 = 1;
/// Exit code: something could not be checked.
pub const EXIT_FAILED: u8 = 2;

/// More rounds of fixes than any sensible file needs; a guard against fixes that undo each other.
const MAXIMUM_FIX_ROUNDS: usize = 16;

/// What the command line asks for.
#[derive(Debug, Clone)]
pub struct Options {
    /// Files and folders; none means the current folder.
    pub paths: Vec<PathBuf>,
    /// How findings are printed.
    pub format: Format,
    /// Applies safe fixes.
    pub fix: bool,
    /// Applies all fixes.
    pub fix_unsafe: bool,
    /// Checks standard input as if it were the file with this name.
    pub stdin: Option<PathBuf>,
    /// The severity from which on findings make the command fail.
    pub fail_on: FailOn,
    /// Levels of the rules.
    pub settings: Settings,
    /// Colors in the text format; see [`wants_color`].
    pub color: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            paths: Vec::new(),
            format: Format::Text,
            fix: false,
            fix_unsafe: false,
            stdin: None,
            fail_on: FailOn::Error,
            settings: Settings::default(),
            color: false,
        }
    }
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// For people: the line, a caret, the message.
    #[default]
    Text,
    /// For programs: one object.
    Json,
}

/// Tells whether stdout is a terminal whose user did not switch colors off with `NO_COLOR`.
pub fn wants_color() -> bool {
    #[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
    let is_off = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !is_off && io::stdout().is_terminal()
}

/// Checks what `options` name and reports to `stdout`; returns the exit code.
///
/// What could not be checked is said on `stderr`, one sentence each. Fails only if `stdout` or
/// `stderr` cannot be written; a reader that went away is no failure.
pub fn run(
    options: &Options,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> anyhow::Result<u8> {
    let current_dir = env::current_dir().context("finding the current folder")?;
    run_in(&current_dir, options, &mut io::stdin().lock(), stdout, stderr)
}

/// A checked file.
struct Checked {
    /// The path as it is shown.
    path: String,
    text: String,
    line_index: LineIndex,
    findings: Vec<Finding>,
}

/// What happened to all files together.
#[derive(Default)]
struct Outcome {
    checked: Vec<Checked>,
    /// One sentence for each thing that could not be done.
    failures: Vec<String>,
    n_fixed: usize,
}

fn run_in(
    current_dir: &Path,
    options: &Options,
    stdin: &mut dyn Read,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> anyhow::Result<u8> {
    let outcome = if let Some(filename) = &options.stdin {
        check_stdin(current_dir, filename, options, stdin)
    } else {
        check_files(current_dir, options)
    };
    for failure in &outcome.failures {
        writeln!(stderr, "error: {failure}").context("writing to stderr")?;
    }
    if outcome.checked.is_empty() && outcome.failures.is_empty() {
        writeln!(stderr, "no SKILL.md below the given paths").context("writing to stderr")?;
    }
    let report = match options.format {
        Format::Json => json::report(&outcome)?,
        Format::Text => text::report(&outcome, options),
    };
    match stdout.write_all(report.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("writing the report")
        }
        _ => Ok(exit_code(&outcome, options.fail_on)),
    }
}

fn exit_code(outcome: &Outcome, fail_on: FailOn) -> u8 {
    let threshold = match fail_on {
        FailOn::Hint => Some(Severity::Hint),
        FailOn::Info => Some(Severity::Info),
        FailOn::Warning => Some(Severity::Warning),
        FailOn::Error => Some(Severity::Error),
        FailOn::Never => None,
    };
    let mut findings = outcome.checked.iter().flat_map(|checked| &checked.findings);
    let fails = threshold.is_some_and(|least| findings.any(|finding| finding.severity >= least));
    match (outcome.failures.is_empty(), fails) {
        (false, _) => EXIT_FAILED,
        (true, true) => EXIT_FINDINGS,
        (true, false) => EXIT_CLEAN,
    }
}

fn check_stdin(
    current_dir: &Path,
    filename: &Path,
    options: &Options,
    stdin: &mut dyn Read,
) -> Outcome {
    let mut outcome = Outcome::default();
    if options.fix || options.fix_unsafe {
        let failure = "fixes are written to files: name the file instead of using --stdin";
        outcome.failures.push(failure.to_owned());
        return outcome;
    }
    let mut bytes = Vec::new();
    let path = shown_path(current_dir, filename);
    match stdin.read_to_end(&mut bytes) {
        Ok(_) => match decode(bytes, &path) {
            Ok(text) => {
                let directory_name = directory_name(&current_dir.join(filename));
                outcome.checked.push(check_text(path, text, directory_name.as_deref(), options));
            }
            Err(failure) => outcome.failures.push(failure),
        },
        Err(error) => outcome.failures.push(format!("cannot read standard input: {error}")),
    }
    outcome
}

fn check_files(current_dir: &Path, options: &Options) -> Outcome {
    let mut outcome = Outcome::default();
    let current_folder = [PathBuf::from(".")];
    let paths = if options.paths.is_empty() { &current_folder[..] } else { &options.paths };
    let found = discover(current_dir, paths);
    outcome.failures = found.failures;
    for path in found.files {
        let shown = shown_path(current_dir, &path);
        match load::load(&path, &shown) {
            Ok(text) => check_file(&path, shown, text, options, &mut outcome),
            Err(failure) => outcome.failures.push(failure),
        }
    }
    outcome.checked.sort_by(|a, b| a.path.cmp(&b.path));
    outcome
}

fn check_file(path: &Path, shown: String, text: String, options: &Options, outcome: &mut Outcome) {
    let directory_name = directory_name(path);
    let mut checked = check_text(shown, text, directory_name.as_deref(), options);
    if options.fix || options.fix_unsafe {
        let (fixed, n_fixed) = fix(&checked, directory_name.as_deref(), options);
        if n_fixed > 0 {
            match atomic::write_over(path, checked.text.as_bytes(), fixed.as_bytes()) {
                Ok(()) => {
                    outcome.n_fixed += n_fixed;
                    checked = check_text(checked.path, fixed, directory_name.as_deref(), options);
                }
                Err(error) => {
                    let failure = format!(
                        "cannot write {} ({}): nothing in it was changed; make the file and its \
                         folder writable",
                        checked.path,
                        reason(&error)
                    );
                    outcome.failures.push(failure);
                }
            }
        }
    }
    outcome.checked.push(checked);
}

/// Returns the text after as many rounds of fixes as it takes, and how many fixes that were.
fn fix(checked: &Checked, directory_name: Option<&str>, options: &Options) -> (String, usize) {
    let safety = if options.fix_unsafe { Safety::Unsafe } else { Safety::Safe };
    let mut text = checked.text.clone();
    let mut n_fixed = 0;
    for _ in 0..MAXIMUM_FIX_ROUNDS {
        let document = SkillDocument::parse(text.as_str());
        let file = SkillFile::new(&document, &options.settings)
            .in_directory(directory_name)
            .loaded_by(clients_of(&checked.path));
        let Some(fixed) = fix_all(&text, &check(&file), safety) else { break };
        if fixed.text == text {
            break;
        }
        text = fixed.text;
        n_fixed += fixed.n_fixed;
    }
    (text, n_fixed)
}

fn check_text(
    path: String,
    text: String,
    directory_name: Option<&str>,
    options: &Options,
) -> Checked {
    let document = SkillDocument::parse(text.as_str());
    let file = SkillFile::new(&document, &options.settings)
        .in_directory(directory_name)
        .loaded_by(clients_of(&path));
    let findings = check(&file);
    Checked { path, line_index: LineIndex::new(&text), text, findings }
}

/// The name of the folder that a file is in, also for `./SKILL.md`.
fn directory_name(path: &Path) -> Option<String> {
    let parent = path.parent()?;
    let name = match parent.file_name() {
        Some(name) => name.to_owned(),
        None => parent.canonicalize().ok()?.file_name()?.to_owned(),
    };
    name.into_string().ok()
}

/// The path relative to the current folder where it is below, with `/` between its parts.
fn shown_path(current_dir: &Path, path: &Path) -> String {
    let absolute = current_dir.join(path);
    let below = absolute.strip_prefix(current_dir).unwrap_or(&absolute);
    let parts = below.components().filter(|part| *part != Component::CurDir);
    let shown = parts.collect::<PathBuf>().to_string_lossy().into_owned();
    if cfg!(windows) { shown.replace('\\', "/") } else { shown }
}

/// The system's words without the names of temporary files.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::Other => error.to_string(),
        kind => kind.to_string(),
    }
}

#[cfg(test)]
mod tests;

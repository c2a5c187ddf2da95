//! `preceptor check`: the rules over every skill below some paths.
//!
//! One broken file never keeps the others from being checked: what cannot be read is said on
//! stderr, and the command ends with [`EXIT_FAILED`] after everything else was reported.

mod baseline;
mod color;
mod discover;
mod examine;
mod github;
mod json;
mod load;
mod parallel;
mod position;
mod sarif;
mod summary;
mod text;
mod uri;
mod work;

use std::{
    env,
    io::{self, Read, Write},
    path::{Component, Path, PathBuf},
};

use anyhow::Context;
use lint::{Finding, Safety, Severity};
use runtime::{
    config::{FailOn, LintSettings},
    workspace::resolve_existing,
};

pub use crate::check::color::wants_color;
use crate::check::{
    baseline::Known,
    examine::{Checked, Place},
    work::Work,
};

/// Exit code: nothing at or above the chosen severity.
pub const EXIT_CLEAN: u8 = 0;
/// Exit code: findings at or above it.
pub const EXIT_FINDINGS: u8 = 1;
/// Exit code: something could not be checked.
pub const EXIT_FAILED: u8 = 2;

/// How many links that lead nowhere are named.
const MAXIMUM_NAMED: usize = 3;

/// What the command line asks for.
#[derive(Debug, Clone)]
pub struct Options {
    /// Files and folders; none means the current folder.
    pub paths: Vec<PathBuf>,
    /// How findings are printed.
    pub format: Format,
    /// Which fixes are applied, if any: safe ones, or also those that need a look.
    pub fix: Option<Safety>,
    /// Checks standard input as if it were the file with this name.
    pub stdin: Option<PathBuf>,
    /// The severity from which on findings make the command fail.
    pub fail_on: FailOn,
    /// Levels of the rules; paths in it are relative to the current folder.
    pub settings: LintSettings,
    /// The folder that paths in SARIF and annotations are relative to: the checkout that a service
    /// knows. The current folder if there is none, or if it is elsewhere.
    pub root: Option<PathBuf>,
    /// A file of findings that are known and not reported again.
    pub baseline: Option<PathBuf>,
    /// Where all findings are written to as known. Nothing is reported then.
    pub write_baseline: Option<PathBuf>,
    /// Colors in the text format; see [`wants_color`].
    pub color: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            paths: Vec::new(),
            format: Format::Text,
            fix: None,
            stdin: None,
            fail_on: FailOn::Error,
            settings: LintSettings::default(),
            root: None,
            baseline: None,
            write_baseline: None,
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
    /// For services that collect findings: SARIF 2.1.0.
    Sarif,
    /// For GitHub's log: an annotation a finding.
    Github,
}

/// Checks what `options` name and reports to `stdout`; returns the exit code.
///
/// What could not be checked is said on `stderr`, one sentence each. With standard input and
/// fixes, the fixed text goes to `stdout` and the report to `stderr`. Fails only if `stdout` or
/// `stderr` cannot be written; a reader that went away is no failure.
pub fn run(
    options: &Options,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> anyhow::Result<u8> {
    let current_dir = env::current_dir().context("finding the current folder")?;
    run_in(&current_dir, options, &mut io::stdin().lock(), stdout, stderr)
}

/// What happened to all files together.
#[derive(Default)]
struct Outcome {
    /// Sorted by the paths that are shown.
    checked: Vec<Checked>,
    /// One sentence for each thing that could not be done.
    failures: Vec<String>,
    /// Links that a search came upon and that lead nowhere, as they are shown.
    dangling: Vec<String>,
    n_fixed: usize,
    /// Findings that a baseline knows.
    n_known: usize,
}

impl Outcome {
    fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.checked.iter().flat_map(|checked| &checked.findings)
    }
}

fn run_in(
    current_dir: &Path,
    options: &Options,
    stdin: &mut dyn Read,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> anyhow::Result<u8> {
    let mut outcome = Outcome::default();
    let mut fixed_input = None;
    let known = match &options.baseline {
        Some(file) if options.write_baseline.is_none() => Known::load(current_dir, file).map(Some),
        _ => Ok(None),
    };
    // Without the baseline that was asked for, nobody knows what is to be left as it is.
    let fix = options.fix.filter(|_| known.is_ok());
    let known = known.unwrap_or_else(|failure| {
        outcome.failures.push(failure);
        None
    });
    let work = Work { current_dir, options, fix, known: known.as_ref() };
    if let Some(filename) = &options.stdin {
        fixed_input = work.check_stdin(&place(current_dir, filename), stdin, &mut outcome);
    } else {
        work.check_files(&mut outcome);
    }
    if let Some(file) = &options.write_baseline {
        baseline::write(current_dir, file, &mut outcome);
    } else if let Some(known) = &known {
        known.apply(&mut outcome);
    }
    for failure in &outcome.failures {
        writeln!(stderr, "error: {failure}").context("writing to stderr")?;
    }
    if !outcome.dangling.is_empty() {
        let note = passed_over(&outcome.dangling);
        writeln!(stderr, "note: {note}").context("writing to stderr")?;
    }
    if outcome.checked.is_empty() && outcome.failures.is_empty() {
        writeln!(stderr, "no SKILL.md below the given paths").context("writing to stderr")?;
    }
    let report = match options.format {
        Format::Github => github::report(&outcome, root(current_dir, options)),
        Format::Json => json::report(&outcome)?,
        Format::Sarif => sarif::report(&outcome, root(current_dir, options))?,
        Format::Text => text::report(&outcome, options),
    };
    let (output, written) = match fixed_input {
        Some(text) => {
            stderr.write_all(report.as_bytes()).context("writing to stderr")?;
            ("the text", write_all(stdout, &text))
        }
        None => ("the report", write_all(stdout, report.as_bytes())),
    };
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).with_context(|| format!("writing {output}"))
        }
        _ => Ok(exit_code(&outcome, options.fail_on)),
    }
}

fn write_all(stdout: &mut dyn Write, bytes: &[u8]) -> io::Result<()> {
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// The folder that services take paths to be relative to.
fn root<'a>(current_dir: &'a Path, options: &'a Options) -> &'a Path {
    let root = options.root.as_deref().filter(|root| current_dir.starts_with(root));
    root.unwrap_or(current_dir)
}

fn exit_code(outcome: &Outcome, fail_on: FailOn) -> u8 {
    let threshold = match fail_on {
        FailOn::Hint => Some(Severity::Hint),
        FailOn::Info => Some(Severity::Info),
        FailOn::Warning => Some(Severity::Warning),
        FailOn::Error => Some(Severity::Error),
        FailOn::Never => None,
    };
    let mut findings = outcome.findings();
    let fails = threshold.is_some_and(|least| findings.any(|finding| finding.severity >= least));
    match (outcome.failures.is_empty(), fails) {
        (false, _) => EXIT_FAILED,
        (true, true) => EXIT_FINDINGS,
        (true, false) => EXIT_CLEAN,
    }
}

/// Says which links lead nowhere: all that is amiss with most of them is that something that they
/// lead to was left out of a checkout.
fn passed_over(links: &[String]) -> String {
    let named: Vec<&str> = links.iter().take(MAXIMUM_NAMED).map(String::as_str).collect();
    let more = match links.len() - named.len() {
        0 => String::new(),
        n_more => format!(" and {n_more} more"),
    };
    let named = named.join(", ");
    match links.len() {
        1 => format!("1 link leads nowhere and was passed over: {named}"),
        n => format!("{n} links lead nowhere and were passed over: {named}{more}"),
    }
}

/// A file with its path relative to the current folder where it is below.
fn place(current_dir: &Path, path: &Path) -> Place {
    let path = current_dir.join(path);
    Place { shown: relative(current_dir, &path), real: resolve_existing(&path), path }
}

/// The path relative to `folder` where it is below, with `/` between its parts.
fn relative(folder: &Path, path: &Path) -> String {
    let below = path.strip_prefix(folder).unwrap_or(path);
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

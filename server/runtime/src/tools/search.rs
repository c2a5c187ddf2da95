//! `search`: a regular expression over the lines of the workspace's text files.
//!
//! The files are those that `list_files` shows: what git ignores, `.git` and `.preceptor` are left
//! out, and so are links and binary files. An open buffer counts before its file, as it does for
//! every tool. A file that `read_file` would not show without asking is left out, and said to be.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use agent::tool::{ResultKind, ToolResult};
use grep_matcher::Matcher;
use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use grep_searcher::{BinaryDetection, Searcher, SearcherBuilder, Sink, SinkFinish, SinkMatch};
use ignore::{
    WalkBuilder,
    overrides::{Override, OverrideBuilder},
};
use tokio_util::sync::CancellationToken;

use super::{Arguments, Toolbox, reading_rules::ReadingRules};
use crate::workspace::Workspace;

/// Most lines of one result.
const MAX_MATCHES: usize = 200;
/// Characters of a line that are shown.
const LINE_CHARS: usize = 250;
/// Characters of a long line that are shown before its match.
const LEAD_CHARS: usize = 50;
/// Largest size of a compiled pattern, in bytes.
const PATTERN_BYTES: usize = 10 * 1024 * 1024;
/// Longest line that is read, in bytes.
const LONGEST_LINE: usize = 16 * 1024 * 1024;
/// How long one search may take.
const TIME_LIMIT: Duration = Duration::from_secs(60);

impl Toolbox {
    pub(super) async fn search(
        self: &Arc<Self>,
        arguments: &Arguments<'_>,
        cancel: &CancellationToken,
    ) -> Result<ToolResult, String> {
        let matcher = compile(arguments.required_text("pattern")?)?;
        let files = self.files(arguments)?;
        let (this, cancel) = (Arc::clone(self), cancel.clone());
        let search = move || {
            let mut search = Search {
                workspace: &this.workspace,
                rules: ReadingRules::of(&this),
                matcher,
                searcher: searcher(),
                lines: Vec::new(),
                has_more: false,
                unread: Vec::new(),
                n_kept_back: 0,
            };
            let stop = search.all(&files, &cancel);
            search.into_result(stop)
        };
        tokio::task::spawn_blocking(search)
            .await
            .map_err(|error| format!("the search broke off ({error})"))
    }

    fn files(&self, arguments: &Arguments<'_>) -> Result<Files, String> {
        let root = self
            .workspace
            .resolve(arguments.text("path").unwrap_or("."))
            .map_err(|error| error.to_string())?;
        if !self.workspace.exists(&root) {
            return Err(format!(
                "there is no file or folder `{}`; `list_files` shows what is there",
                self.workspace.display(&root)
            ));
        }
        let mut globs = OverrideBuilder::new(self.workspace.root());
        if let Some(glob) = arguments.text("glob").filter(|glob| !glob.trim().is_empty()) {
            globs.add(glob.trim()).map_err(|error| format!("`glob` cannot be used: {error}"))?;
        }
        let globs = globs.build().map_err(|error| format!("`glob` cannot be used: {error}"))?;
        Ok(Files { root, globs })
    }
}

/// Which files are searched.
struct Files {
    /// A file or a folder.
    root: PathBuf,
    /// Not the walk's own: there, a glob would bring back what git ignores.
    globs: Override,
}

impl Files {
    fn walk(&self) -> impl Iterator<Item = PathBuf> {
        let walk = WalkBuilder::new(&self.root)
            .hidden(false)
            .require_git(false)
            .sort_by_file_name(Ord::cmp)
            .filter_entry(|entry| {
                !matches!(entry.file_name().to_str(), Some(".git" | ".preceptor"))
            })
            .build();
        walk.flatten()
            .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
            .map(ignore::DirEntry::into_path)
            .filter(|path| self.fits(path))
    }

    /// Returns the files that are in the editor only.
    fn unsaved(&self, workspace: &Workspace) -> Vec<PathBuf> {
        let mut paths = workspace.editor().modified_files();
        paths.retain(|path| path.starts_with(&self.root) && !path.exists() && self.fits(path));
        paths
    }

    fn fits(&self, path: &Path) -> bool {
        !self.globs.matched(path, /*is_dir*/ false).is_ignore()
    }
}

/// Why a search ended before its last file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    Full,
    Late,
    Cancelled,
}

struct Search<'a> {
    workspace: &'a Workspace,
    rules: ReadingRules,
    matcher: RegexMatcher,
    searcher: Searcher,
    lines: Vec<String>,
    /// Whether a match was found that `lines` has no room for.
    has_more: bool,
    unread: Vec<String>,
    /// Files that a rule keeps from being read.
    n_kept_back: usize,
}

impl Search<'_> {
    fn all(&mut self, files: &Files, cancel: &CancellationToken) -> Option<Stop> {
        let start = Instant::now();
        for path in files.walk().chain(files.unsaved(self.workspace)) {
            if cancel.is_cancelled() {
                return Some(Stop::Cancelled);
            }
            if start.elapsed() > TIME_LIMIT {
                return Some(Stop::Late);
            }
            self.file(&path);
            if self.has_more {
                return Some(Stop::Full);
            }
        }
        None
    }

    fn file(&mut self, path: &Path) {
        let shown = self.workspace.display(path);
        // The user's own folders may lie below the workspace.
        let Ok(resolved) = self.workspace.resolve(&shown) else { return };
        if !self.rules.allow(&shown) {
            self.n_kept_back += 1;
            return;
        }
        let mut found = Found {
            path: &shown,
            matcher: &self.matcher,
            room: MAX_MATCHES - self.lines.len(),
            lines: Vec::new(),
            has_more: false,
            is_binary: false,
        };
        let searched = match self.workspace.editor().buffer(path) {
            Some(buffer) => {
                self.searcher.search_slice(&self.matcher, buffer.text.as_bytes(), &mut found)
            }
            None => self
                .workspace
                .open_file(&resolved)
                .and_then(|file| self.searcher.search_file(&self.matcher, &file, &mut found)),
        };
        match searched {
            Ok(()) if found.is_binary => {}
            Ok(()) => {
                self.has_more = found.has_more;
                self.lines.append(&mut found.lines);
            }
            Err(error) => {
                tracing::debug!(%error, path = shown, "not searched");
                self.unread.push(shown);
            }
        }
    }

    fn into_result(self, stop: Option<Stop>) -> ToolResult {
        let Self { mut lines, unread, n_kept_back, .. } = self;
        if lines.is_empty() && stop.is_none() {
            lines.push("[no line matches]".to_owned());
        }
        match stop {
            None => {}
            Some(Stop::Full) => lines.push(format!(
                "[more than {MAX_MATCHES} lines match; narrow it by `path`, `glob` or a longer \
                 `pattern`]"
            )),
            Some(Stop::Late) => lines.push(format!(
                "[stopped after {} seconds, before the last file; narrow it by `path` or `glob`]",
                TIME_LIMIT.as_secs()
            )),
            Some(Stop::Cancelled) => {
                let text = "The person cancelled the turn before the search was done.";
                return ToolResult::not_run(ResultKind::Cancelled, text);
            }
        }
        match unread.as_slice() {
            [] => {}
            [path] => lines.push(format!("[{path} cannot be read and was left out]")),
            [path, more @ ..] => lines.push(format!(
                "[{path} and {} more files cannot be read and were left out]",
                more.len()
            )),
        }
        match n_kept_back {
            0 => {}
            1 => {
                let text = "[1 file was left out: this person has a rule about reading it]";
                lines.push(text.to_owned());
            }
            _ => lines.push(format!(
                "[{n_kept_back} files were left out: this person has a rule about reading them]"
            )),
        }
        ToolResult::ok(lines.join("\n"))
    }
}

/// What was found in one file.
struct Found<'a> {
    path: &'a str,
    matcher: &'a RegexMatcher,
    room: usize,
    lines: Vec<String>,
    has_more: bool,
    is_binary: bool,
}

impl Sink for Found<'_> {
    type Error = io::Error;

    fn matched(&mut self, _: &Searcher, found: &SinkMatch<'_>) -> Result<bool, io::Error> {
        if self.lines.len() == self.room {
            self.has_more = true;
            return Ok(false);
        }
        let bytes = found.bytes();
        let start = self.matcher.find(bytes).ok().flatten().map_or(0, |at| at.start());
        let before = bytes.get(..start).unwrap_or_default();
        let n_before = String::from_utf8_lossy(before).chars().count();
        let text = String::from_utf8_lossy(bytes);
        let text = part_around(text.trim_end_matches(['\n', '\r']), n_before);
        let number = found.line_number().unwrap_or_default();
        self.lines.push(format!("{}:{number}: {text}", self.path));
        Ok(true)
    }

    fn finish(&mut self, _: &Searcher, finish: &SinkFinish) -> Result<(), io::Error> {
        self.is_binary = finish.binary_byte_offset().is_some();
        Ok(())
    }
}

/// Returns a line, or the part of a long one that its match stands in.
fn part_around(line: &str, n_before: usize) -> String {
    if line.chars().count() <= LINE_CHARS {
        return line.to_owned();
    }
    let n_skipped = n_before.saturating_sub(LEAD_CHARS);
    let mut rest = line.chars().skip(n_skipped);
    let lead = if n_skipped > 0 { "…" } else { "" };
    let part: String = rest.by_ref().take(LINE_CHARS).collect();
    let tail = if rest.next().is_some() { "…" } else { "" };
    format!("{lead}{part}{tail}")
}

fn compile(pattern: &str) -> Result<RegexMatcher, String> {
    if pattern.is_empty() {
        return Err("`pattern` is empty; say what to look for".to_owned());
    }
    RegexMatcherBuilder::new()
        .line_terminator(Some(b'\n'))
        .size_limit(PATTERN_BYTES)
        .build(pattern)
        .map_err(|error| {
            let words = error.to_string();
            let words = words.trim().lines().last().unwrap_or_default().trim();
            let words = words.strip_prefix("error: ").unwrap_or(words);
            format!(
                "`pattern` is no regular expression for lines ({words}); a backslash before a \
                 character takes it as it is"
            )
        })
}

fn searcher() -> Searcher {
    SearcherBuilder::new()
        .line_number(true)
        .binary_detection(BinaryDetection::quit(0))
        .heap_limit(Some(LONGEST_LINE))
        .build()
}

//! What the person sees of the demo: beats, what each side says, and time to read it.
//!
//! Without a terminal there are no colors and no waits.

use std::{
    io::{self, Write},
    time::Duration,
};

use anyhow::Context;

use crate::demo::protocol::{Diagnostic, Severity};

/// Longest line of a tool's output that is shown, in characters.
const LINE_CHARS: usize = 96;

/// Where and how the demo is shown.
pub(super) struct Screen<'a> {
    out: &'a mut dyn Write,
    look: Look,
    /// Who speaks in the line that is not ended yet.
    mid_line: Option<Speaker>,
}

/// Whoever read the output does so no longer.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads the output any more")]
pub(super) struct ReaderGone;

/// How it looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub(super) has_color: bool,
    /// Whether a person reads along.
    pub(super) is_paced: bool,
}

/// Whose words stand in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    Student,
    Teacher,
}

impl Speaker {
    /// Who speaks in an event with this field `teacher`.
    pub(super) fn of(is_teacher: bool) -> Self {
        if is_teacher { Self::Teacher } else { Self::Student }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Student => "student |",
            Self::Teacher => "TEACHER #",
        }
    }

    const fn style(self) -> Style {
        match self {
            Self::Student => Style::Cyan,
            Self::Teacher => Style::BoldMagenta,
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Style {
    Bold,
    Dim,
    Red,
    Yellow,
    Green,
    Cyan,
    BoldMagenta,
}

impl Style {
    const fn escape(self) -> &'static str {
        match self {
            Self::Bold => "\x1b[1m",
            Self::Dim => "\x1b[2m",
            Self::Red => "\x1b[31m",
            Self::Yellow => "\x1b[33m",
            Self::Green => "\x1b[32m",
            Self::Cyan => "\x1b[36m",
            Self::BoldMagenta => "\x1b[1;35m",
        }
    }
}

impl<'a> Screen<'a> {
    /// Shows everything on `out`.
    pub(super) fn new(out: &'a mut dyn Write, look: Look) -> Self {
        Self { out, look, mid_line: None }
    }

    /// Shows a line at the margin.
    pub(super) fn line(&mut self, text: &str) -> anyhow::Result<()> {
        self.end_line()?;
        self.write(&format!("{text}\n"))
    }

    /// Starts a part of the story.
    pub(super) fn beat(&mut self, number: usize, title: &str) -> anyhow::Result<()> {
        let title = self.styled(Style::Bold, &format!("{number}  {title}"));
        self.line(&format!("\n{title}"))
    }

    /// Shows what the editor did or noticed.
    pub(super) fn note(&mut self, label: &str, text: &str) -> anyhow::Result<()> {
        let label = self.styled(Style::Dim, &format!("{label}:"));
        self.line(&format!("   {label} {text}"))
    }

    /// Shows that something is as it should be.
    pub(super) fn success(&mut self, text: &str) -> anyhow::Result<()> {
        let text = self.styled(Style::Green, text);
        self.line(&format!("   {text}"))
    }

    /// Shows the lines of a document.
    pub(super) fn document<'b>(
        &mut self,
        lines: impl IntoIterator<Item = &'b str>,
    ) -> anyhow::Result<()> {
        let bar = self.styled(Style::Dim, ":");
        for line in lines {
            self.line(format!("   {bar} {line}").trim_end())?;
        }
        Ok(())
    }

    /// Shows a diagnostic of a document.
    pub(super) fn diagnostic(&mut self, diagnostic: &Diagnostic) -> anyhow::Result<()> {
        let Diagnostic { line, severity, code, message, .. } = diagnostic;
        let (style, word) = match severity {
            Severity::Error => (Style::Red, "error"),
            Severity::Warning => (Style::Yellow, "warning"),
            Severity::Information => (Style::Cyan, "info"),
            Severity::Hint => (Style::Dim, "hint"),
        };
        let word = self.styled(style, word);
        self.line(&format!("   line {}: {word} [{code}] {message}", line + 1))
    }

    /// Shows a piece of what a model says, as it comes.
    pub(super) fn says(&mut self, speaker: Speaker, piece: &str) -> anyhow::Result<()> {
        for part in piece.split_inclusive('\n') {
            if self.mid_line != Some(speaker) {
                self.end_line()?;
                let gutter = self.gutter(speaker);
                self.write(&gutter)?;
                self.mid_line = Some(speaker);
            }
            self.write(part)?;
            if part.ends_with('\n') {
                self.mid_line = None;
            }
        }
        self.flush()
    }

    /// Shows what a model does.
    pub(super) fn does(&mut self, speaker: Speaker, call: &str) -> anyhow::Result<()> {
        let call = self.styled(Style::Bold, call);
        let gutter = self.gutter(speaker);
        self.line(&format!("{gutter}> {call}"))
    }

    /// Shows what came of it: `max_lines` of it at most.
    pub(super) fn gets(
        &mut self,
        speaker: Speaker,
        output: &str,
        has_worked: bool,
        max_lines: usize,
    ) -> anyhow::Result<()> {
        let style = if has_worked { Style::Dim } else { Style::Red };
        let lines: Vec<&str> = output.lines().filter(|line| !line.trim().is_empty()).collect();
        let gutter = self.gutter(speaker);
        for line in lines.iter().take(max_lines) {
            let line = self.styled(style, &agent::clip::clip(line, LINE_CHARS));
            self.line(&format!("{gutter}  {line}"))?;
        }
        let n_left = lines.len().saturating_sub(max_lines);
        if n_left > 0 {
            let rest = self.styled(Style::Dim, &format!("… and {n_left} more"));
            self.line(&format!("{gutter}  {rest}"))?;
        }
        Ok(())
    }

    /// Ends the line that is being written.
    pub(super) fn end_line(&mut self) -> anyhow::Result<()> {
        if self.mid_line.take().is_some() {
            self.write("\n")?;
        }
        Ok(())
    }

    /// Gives a person this long to read.
    pub(super) async fn pause(&mut self, milliseconds: u64) -> anyhow::Result<()> {
        self.flush()?;
        if self.look.is_paced {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        }
        Ok(())
    }

    fn gutter(&self, speaker: Speaker) -> String {
        format!("   {} ", self.styled(speaker.style(), speaker.name()))
    }

    fn styled(&self, style: Style, text: &str) -> String {
        if self.look.has_color {
            format!("{}{text}\x1b[0m", style.escape())
        } else {
            text.to_owned()
        }
    }

    fn write(&mut self, text: &str) -> anyhow::Result<()> {
        written(self.out.write_all(text.as_bytes()))
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        written(self.out.flush())
    }
}

fn written(result: io::Result<()>) -> anyhow::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(ReaderGone.into()),
        result => result.context("writing to stdout"),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::{Look, Screen, Speaker};

    fn check(show: impl FnOnce(&mut Screen<'_>) -> anyhow::Result<()>, expected: &Expect) {
        let mut out = Vec::new();
        let look = Look { has_color: false, is_paced: false };
        show(&mut Screen::new(&mut out, look)).unwrap();
        expected.assert_eq(&String::from_utf8(out).unwrap());
    }

    #[test]
    fn pieces_of_one_speaker_make_one_line() {
        check(
            |screen| {
                screen.says(Speaker::Student, "I ")?;
                screen.says(Speaker::Student, "count.\nNow")?;
                screen.says(Speaker::Teacher, "So")?;
                screen.line("end")
            },
            &expect![[r"
                   student | I count.
                   student | Now
                   TEACHER # So
                end
            "]],
        );
    }

    #[test]
    fn long_outputs_are_cut() {
        check(
            |screen| {
                screen.gets(Speaker::Student, "a\n\nb\nc\n", /*has_worked*/ true, 2)?;
                screen.line("end")
            },
            &expect![[r"
                   student |   a
                   student |   b
                   student |   … and 1 more
                end
            "]],
        );
    }

    #[test]
    fn colors_are_only_there_when_wanted() {
        let mut out = Vec::new();
        let mut screen = Screen::new(&mut out, Look { has_color: true, is_paced: false });
        screen.success("good").unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "   \u{1b}[32mgood\u{1b}[0m\n");
    }
}

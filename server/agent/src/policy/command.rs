//! Rules for shell commands: every command in a text is judged by itself.

use super::{
    Decision, Mode, Policy, Rule,
    guarded::{self, Doing},
    pattern::{glob_matches, glob_may_match, is_own_path, relative_path},
};
use crate::{
    shell::{self, Command, HOLE, Starts, Word},
    tool::BuiltInTool,
};

/// What a command is judged by.
pub(super) struct CommandRules<'a> {
    pub(super) policy: &'a Policy,
    /// The rules for its tool, whose other conditions hold.
    pub(super) rules: &'a [&'a Rule],
    pub(super) workspace: &'a str,
}

/// What separates the commands of a chain, or begins another one inside of it.
const OPERATORS: [char; 9] = ['|', '&', ';', '(', ')', '{', '}', '`', '\n'];

/// How much of a text may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// Nothing that matters.
    Neutral,
    /// It was allowed.
    Allowed,
    /// It has to be asked about.
    Asked,
    /// It is refused.
    Denied,
}

impl From<Decision> for Part {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Allow => Self::Allowed,
            Decision::Ask => Self::Asked,
            Decision::Deny => Self::Denied,
        }
    }
}

impl CommandRules<'_> {
    pub(super) fn decide(&self, text: &str) -> Decision {
        let script = shell::read(text);
        let is_whole_allowed = self.allows_whatever_it_is();
        let commands = script.commands.iter().enumerate().map(|(idx, command)| {
            // Where the shell stands when nothing follows is all the same.
            let is_last = script.leaves_last == Some(idx);
            self.command(command, is_last || self.stays_inside(command))
        });
        // Behind a `cd`, where a path leads is known only when it runs.
        let moves = |command: &Command| {
            matches!(command.program(), "cd" | "pushd" | "popd") && !self.goes_home(command)
        };
        let has_moved = script.commands.iter().any(moves);
        let file = |tool, word| self.file(tool, word, has_moved);
        let writes = script.writes.iter().map(|word| file(BuiltInTool::WriteFile, word));
        let reads = script.reads.iter().map(|word| file(BuiltInTool::ReadFile, word));
        let parts = commands.chain(writes).chain(reads);
        let worst = parts.max().unwrap_or(Part::Neutral);
        let doubts = (!script.doubts.is_empty()).then(|| self.doubtful(text));
        match worst.max(doubts.unwrap_or(Part::Neutral)) {
            Part::Denied => Decision::Deny,
            Part::Asked => Decision::Ask,
            Part::Allowed => Decision::Allow,
            Part::Neutral if is_whole_allowed => Decision::Allow,
            Part::Neutral => Decision::Ask,
        }
    }

    /// Returns whether any command may run, as far as no rule for commands says something else.
    fn allows_whatever_it_is(&self) -> bool {
        let general = self.rules.iter().find(|rule| !rule.when.contains_key("command"));
        general.map_or(self.policy.mode == Mode::Full, |rule| rule.decision == Decision::Allow)
    }

    fn command(&self, command: &Command, only_moves: bool) -> Part {
        let part = self.command_alone(command, only_moves);
        let is_guarded = self.policy.is_unconfined && guarded::is_named_by(command, self.workspace);
        if is_guarded || command.words.iter().any(guarded::leads_git_elsewhere) {
            return part.max(Part::Asked);
        }
        part
    }

    fn command_alone(&self, command: &Command, only_moves: bool) -> Part {
        let text = command.text();
        let without_options = command.text_without_plain_options();
        let loose = command.loose_texts();
        let possible = command.possible_texts();
        let handovers = command.handovers();
        let mut floor = Part::Neutral;
        for rule in self.rules {
            let decides = match rule.when.get("command") {
                None => {
                    if rule.decision == Decision::Allow {
                        floor = floor.max(self.started_by(command));
                    }
                    true
                }
                Some(glob) if rule.decision == Decision::Allow => {
                    let glob_fits = |text: &String| {
                        let names_it = || glob.trim() == text;
                        glob_matches(glob.trim(), text)
                            && (names_it() || !guarded::reaches_further(command, self.workspace))
                    };
                    [&text].into_iter().chain(&without_options).any(glob_fits)
                        && handovers.iter().all(|handover| handover.is_named_by(glob))
                }
                Some(glob) => {
                    let glob = glob.trim();
                    let is_meant =
                        [&text].into_iter().chain(&loose).any(|it| glob_matches(glob, it));
                    // What may turn out to be meant is asked about.
                    if !is_meant && loose.iter().chain(&possible).any(|it| glob_may_match(glob, it))
                    {
                        floor = Part::Asked;
                    }
                    is_meant
                }
            };
            if decides {
                return floor.max(rule.decision.into());
            }
        }
        let part = match self.policy.mode {
            Mode::Full => Part::Allowed.max(self.started_by(command)),
            _ if only_moves || command.is_neutral() => Part::Neutral,
            Mode::Ask | Mode::Edits => Part::Asked,
        };
        floor.max(part)
    }

    /// Returns how much of what a command starts may run, where rules restrict some commands.
    fn started_by(&self, command: &Command) -> Part {
        if self.restricting().next().is_none() {
            return Part::Neutral;
        }
        match command.starts() {
            Starts::Nothing => Part::Neutral,
            Starts::Command(started) => self.decide(&started.text()).into(),
            Starts::Unknown => Part::Asked,
        }
    }

    /// Returns whether a command only goes to the workspace folder, by its own name.
    fn goes_home(&self, command: &Command) -> bool {
        folder_of_cd(command).is_some_and(|it| it.trim_end_matches('/') == self.workspace)
    }

    /// Returns whether a command only goes to the workspace folder or below it, by its own name.
    fn stays_inside(&self, command: &Command) -> bool {
        let is_below = |folder: &str| {
            folder.starts_with('/') && is_own_path(&relative_path(folder, self.workspace))
        };
        self.goes_home(command) || folder_of_cd(command).is_some_and(is_below)
    }

    /// A file that the shell opens is judged like one that a tool names.
    fn file(&self, tool: BuiltInTool, word: &Word, has_moved: bool) -> Part {
        let path = word.text.as_str();
        if matches!(path, "/dev/null" | "/dev/stdout" | "/dev/stderr") {
            return Part::Neutral;
        }
        let doing = if tool == BuiltInTool::ReadFile { Doing::Reading } else { Doing::Changing };
        let is_guarded = self.policy.is_unconfined
            && guarded::is_guarded(word, doing, self.workspace)
            || guarded::leads_git_elsewhere(word)
            || self.policy.restricts_files_of(tool) && !self.is_certain(word, has_moved);
        if let Some(decision) = self.policy.rule_for_path(tool, path, self.workspace) {
            let part = Part::from(decision);
            return if is_guarded { part.max(Part::Asked) } else { part };
        }
        if is_guarded {
            return Part::Asked;
        }
        if self.allows_whatever_it_is() {
            return Part::Allowed;
        }
        let is_own =
            is_own_path(&relative_path(path, self.workspace)) && !word.is_pattern && !has_moved;
        match tool {
            // Reading a file is no work by itself. Writing one is an edit, which the command that
            // has written it is not: that has to be allowed by itself.
            BuiltInTool::ReadFile if is_own => Part::Neutral,
            BuiltInTool::WriteFile if is_own && self.policy.mode == Mode::Edits => Part::Neutral,
            _ => Part::Asked,
        }
    }

    /// Returns whether the file that the shell opens is the one that the word names.
    fn is_certain(&self, word: &Word, has_moved: bool) -> bool {
        let path = relative_path(&word.text, self.workspace);
        let is_moved = has_moved && !word.text.starts_with('/');
        let is_known = !path.starts_with("..") && !path.starts_with('~') && !path.contains(HOLE);
        is_known && !is_moved && !word.is_pattern
    }

    /// Returns the globs of the rules that keep commands from running, with what they say.
    fn restricting(&self) -> impl Iterator<Item = (&str, Decision)> {
        let restricting = self.rules.iter().filter(|rule| rule.decision != Decision::Allow);
        restricting.filter_map(|rule| Some((rule.when.get("command")?.trim(), rule.decision)))
    }

    /// What is not understood is refused if it looks refused, and asked about unless everything
    /// may run.
    fn doubtful(&self, text: &str) -> Part {
        let mut is_restricted = false;
        for (glob, decision) in self.restricting() {
            is_restricted = true;
            let matches = glob_matches(glob, text.trim())
                || text.split(OPERATORS).any(|part| glob_matches(glob, part.trim()));
            if matches && decision == Decision::Deny {
                return Part::Denied;
            }
        }
        if is_restricted || !self.allows_whatever_it_is() { Part::Asked } else { Part::Neutral }
    }
}

/// Returns the only argument of a `cd`, where it is known.
fn folder_of_cd(command: &Command) -> Option<&str> {
    match command.words.as_slice() {
        [program, folder]
            if program.text == "cd" && !folder.is_pattern && command.assignments.is_empty() =>
        {
            Some(folder.text.as_str()).filter(|_| !folder.is_open())
        }
        _ => None,
    }
}

//! Rules for shell commands: every command in a text is judged by itself.

use super::{
    Decision, Mode, Policy, Rule,
    guarded::{self, Doing},
    pattern::{glob_matches, is_own_path, relative_path},
};
use crate::{
    shell::{self, Command, Word},
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
        let commands = script.commands.iter().map(|command| self.command(command));
        // Behind a `cd`, where a path leads is known only when it runs.
        let moves = |command: &Command| matches!(command.program(), "cd" | "pushd" | "popd");
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

    fn command(&self, command: &Command) -> Part {
        let part = self.command_alone(command);
        let is_guarded = self.policy.is_unconfined && guarded::is_named_by(command, self.workspace);
        if is_guarded || command.words.iter().any(guarded::leads_git_elsewhere) {
            return part.max(Part::Asked);
        }
        part
    }

    fn command_alone(&self, command: &Command) -> Part {
        let text = command.text();
        let loose = command.loose_texts();
        let handovers = command.handovers();
        for rule in self.rules {
            let decides = match rule.when.get("command") {
                None if rule.decision == Decision::Allow && self.is_asked_as_starter(command) => {
                    return Part::Asked;
                }
                None => true,
                Some(glob) if rule.decision == Decision::Allow => {
                    let names_it = || glob.trim() == text;
                    glob_matches(glob.trim(), &text)
                        && (names_it() || !guarded::reaches_further(command, self.workspace))
                        && handovers.iter().all(|handover| handover.is_named_by(glob))
                }
                Some(glob) => {
                    [&text].into_iter().chain(&loose).any(|it| glob_matches(glob.trim(), it))
                }
            };
            if decides {
                return rule.decision.into();
            }
        }
        match self.policy.mode {
            Mode::Full if self.is_asked_as_starter(command) => Part::Asked,
            Mode::Full => Part::Allowed,
            _ if command.is_neutral() => Part::Neutral,
            Mode::Ask | Mode::Edits => Part::Asked,
        }
    }

    /// Returns whether a command may start one that a rule restricts: which one is not looked for.
    fn is_asked_as_starter(&self, command: &Command) -> bool {
        let restricts =
            |rule: &&&Rule| rule.decision != Decision::Allow && rule.when.contains_key("command");
        command.starts_another() && self.rules.iter().any(|rule| restricts(&rule))
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
            || guarded::leads_git_elsewhere(word);
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

    /// What is not understood is refused if it looks refused, and asked about unless everything
    /// may run.
    fn doubtful(&self, text: &str) -> Part {
        let by_command = self
            .rules
            .iter()
            .filter(|rule| rule.decision != Decision::Allow && rule.when.contains_key("command"));
        let mut is_restricted = false;
        for rule in by_command {
            is_restricted = true;
            let matches = rule.when.get("command").is_some_and(|glob| {
                glob_matches(glob, text.trim())
                    || text.split(OPERATORS).any(|part| glob_matches(glob, part.trim()))
            });
            if matches && rule.decision == Decision::Deny {
                return Part::Denied;
            }
        }
        if is_restricted || !self.allows_whatever_it_is() { Part::Asked } else { Part::Neutral }
    }
}

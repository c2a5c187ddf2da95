//! The walk through the parser's tree.

use std::panic::{AssertUnwindSafe, catch_unwind};

use brush_parser::{
    Parser, ParserOptions,
    ast::{
        self, AndOr, AssignmentName, AssignmentValue, BinaryPredicate, CommandPrefixOrSuffixItem,
        CompoundCommand, CompoundList, ExtendedTestExpr, IoFileRedirectKind, IoFileRedirectTarget,
        IoRedirect, Pipeline, SimpleCommand, UnaryPredicate,
    },
};

use crate::shell::{
    Assignment, Command, Doubt, HOLE, Script, Word, environment, functions, limits, subscripts,
    variables::Known,
    wrappers::{self, Unwrapped},
};

/// How deep scripts may stand in scripts (`sh -c "sh -c …"`).
const MAX_SCRIPTS: u32 = 8;

/// Most commands that are looked at.
const MAX_COMMANDS: usize = 500;

/// Collects what a text would run.
#[derive(Default)]
pub(super) struct Reader {
    found: Script,
    n_scripts: u32,
    /// Whether something may run when all else has.
    has_trap: bool,
    /// What is known of variables in the text itself, not in scripts inside of it.
    pub(super) known: Known,
    pub(super) options: ParserOptions,
}

impl Reader {
    /// Returns a reader of a text in which the values of some variables stand.
    pub(super) fn knowing(known: Known) -> Self {
        Self { known, ..Self::default() }
    }

    pub(super) fn finish(self) -> Script {
        self.found
    }

    pub(super) fn doubt(&mut self, doubt: Doubt) {
        if !self.found.doubts.contains(&doubt) {
            self.found.doubts.push(doubt);
        }
    }

    /// Reads a text as a script of its own, in which variables are others.
    pub(super) fn script(&mut self, text: &str) {
        if self.n_scripts == 0 {
            return self.substitution(text);
        }
        let known = std::mem::take(&mut self.known);
        self.substitution(text);
        self.known = known;
    }

    /// Reads a text whose variables are those of the text around it.
    pub(super) fn substitution(&mut self, text: &str) {
        if let Err(doubt) = limits::check(text) {
            return self.doubt(doubt);
        }
        if self.n_scripts == MAX_SCRIPTS || self.found.commands.len() > MAX_COMMANDS {
            return self.doubt(Doubt::Size);
        }
        if joins_lines_inside_of_a_word(text) {
            self.doubt(Doubt::Syntax);
        }
        let parse = || Parser::new(text.as_bytes(), &self.options).parse_program();
        // The text is a model's: a mistake in the parser must not end the process.
        let Ok(Ok(program)) = catch_unwind(AssertUnwindSafe(parse)) else {
            return self.doubt(Doubt::Syntax);
        };
        self.n_scripts += 1;
        for list in &program.complete_commands {
            self.list(list);
        }
        self.n_scripts -= 1;
        if self.n_scripts == 0 && !self.has_trap && leaves_last(&program) {
            self.found.leaves_last = self.found.commands.len().checked_sub(1);
        }
    }

    fn list(&mut self, list: &CompoundList) {
        for item in &list.0 {
            self.pipeline(&item.0.first);
            for AndOr::And(pipeline) | AndOr::Or(pipeline) in &item.0.additional {
                self.pipeline(pipeline);
            }
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline) {
        for command in &pipeline.seq {
            self.any_command(command);
        }
    }

    fn any_command(&mut self, command: &ast::Command) {
        match command {
            ast::Command::Simple(simple) => self.simple(simple),
            ast::Command::Compound(compound, redirects) => {
                self.compound(compound);
                self.redirects(redirects.as_ref());
            }
            ast::Command::Function(function) => {
                let name = self.word(&function.fname.value);
                let n_before = self.found.commands.len();
                self.compound(&function.body.0);
                self.redirects(function.body.1.as_ref());
                let body = self.found.commands.get(n_before..).unwrap_or_default();
                if name.is_open() || functions::hides(&name.text, body) {
                    self.doubt(Doubt::Program);
                }
            }
            ast::Command::ExtendedTest(test, redirects) => {
                self.test(&test.expr);
                self.redirects(redirects.as_ref());
            }
        }
    }

    fn compound(&mut self, command: &CompoundCommand) {
        match command {
            CompoundCommand::Arithmetic(it) => self.arithmetic(&it.expr.value),
            CompoundCommand::ArithmeticForClause(it) => {
                for expr in [&it.initializer, &it.condition, &it.updater].into_iter().flatten() {
                    self.arithmetic(&expr.value);
                }
                self.list(&it.body.list);
            }
            CompoundCommand::BraceGroup(it) => self.list(&it.list),
            CompoundCommand::Subshell(it) => self.list(&it.list),
            CompoundCommand::ForClause(it) => {
                let values = it.values.iter().flatten();
                let values: Vec<Word> = values.map(|value| self.word(&value.value)).collect();
                let name = it.variable_name.as_str();
                self.set_variable(name);
                let Some(rounds) = self.known.rounds(name, &values) else {
                    return self.list(&it.body.list);
                };
                for value in rounds {
                    self.known.set(name, Some(value));
                    self.list(&it.body.list);
                }
                self.known.set(name, None);
            }
            CompoundCommand::CaseClause(it) => {
                self.word(&it.value.value);
                for case in &it.cases {
                    for pattern in &case.patterns {
                        self.word(&pattern.value);
                    }
                    if let Some(list) = &case.cmd {
                        self.list(list);
                    }
                }
            }
            CompoundCommand::IfClause(it) => {
                self.list(&it.condition);
                self.list(&it.then);
                for clause in it.elses.iter().flatten() {
                    if let Some(condition) = &clause.condition {
                        self.list(condition);
                    }
                    self.list(&clause.body);
                }
            }
            CompoundCommand::WhileClause(it) | CompoundCommand::UntilClause(it) => {
                self.list(&it.0);
                self.list(&it.1.list);
            }
            CompoundCommand::Coprocess(it) => {
                if let Some(name) = &it.name {
                    self.set_variable(&name.value);
                }
                self.any_command(&it.body);
            }
        }
    }

    fn simple(&mut self, simple: &SimpleCommand) {
        let mut command = Command::default();
        for item in simple.prefix.iter().flat_map(|prefix| &prefix.0) {
            match item {
                CommandPrefixOrSuffixItem::IoRedirect(redirect) => self.redirect(redirect),
                CommandPrefixOrSuffixItem::AssignmentWord(assignment, _) => {
                    let assignment = self.assignment(assignment);
                    command.assignments.push(assignment);
                }
                CommandPrefixOrSuffixItem::Word(word) => {
                    self.word(&word.value);
                    self.doubt(Doubt::Syntax);
                }
                CommandPrefixOrSuffixItem::ProcessSubstitution(_, subshell) => {
                    self.list(&subshell.list);
                    self.doubt(Doubt::Syntax);
                }
            }
        }
        if let Some(name) = &simple.word_or_name {
            let word = self.word(&name.value);
            command.words.push(word);
        }
        for item in simple.suffix.iter().flat_map(|suffix| &suffix.0) {
            match item {
                CommandPrefixOrSuffixItem::IoRedirect(redirect) => self.redirect(redirect),
                CommandPrefixOrSuffixItem::Word(word) => {
                    let word = self.word(&word.value);
                    command.words.push(word);
                }
                CommandPrefixOrSuffixItem::AssignmentWord(assignment, _) => {
                    let Assignment { name, value } = self.assignment(assignment);
                    let text = format!("{name}={}", value.text);
                    command.words.push(Word { text, ..value });
                }
                CommandPrefixOrSuffixItem::ProcessSubstitution(_, subshell) => {
                    self.list(&subshell.list);
                    command.words.push(Word::unknown());
                }
            }
        }
        self.command(command);
    }

    /// Takes a command, and those that it starts.
    pub(super) fn command(&mut self, command: Command) {
        let Some(program) = command.words.first() else {
            if !command.assignments.iter().all(|it| it.is_harmless(/*is_alone*/ true)) {
                self.found.commands.push(command);
            }
            return;
        };
        let is_name = !program.text.is_empty()
            && !program.is_open()
            && !program.is_pattern
            && !program.text.contains(char::is_whitespace);
        if !is_name {
            self.doubt(Doubt::Program);
        }
        self.has_trap |= matches!(command.program(), "trap" | "eval" | "source" | ".");
        if subscripts::may_run(&command) {
            self.doubt(Doubt::Expansion);
        }
        match wrappers::unwrap(&command) {
            Unwrapped::Nothing => self.found.commands.push(command),
            Unwrapped::NotUnderstood => {
                self.doubt(Doubt::Wrapper);
                self.found.commands.push(command);
            }
            Unwrapped::Started { commands, scripts, counts_itself } => {
                if counts_itself {
                    self.found.commands.push(command);
                }
                for command in commands {
                    self.started(command);
                }
                for script in scripts {
                    if script.is_open() {
                        self.doubt(Doubt::Expansion);
                    }
                    self.script(&script.text.replace(HOLE, "$_"));
                }
            }
        }
    }

    fn started(&mut self, command: Command) {
        if self.n_scripts >= MAX_SCRIPTS {
            return self.doubt(Doubt::Size);
        }
        self.n_scripts += 1;
        self.command(command);
        self.n_scripts -= 1;
    }

    fn assignment(&mut self, assignment: &ast::Assignment) -> Assignment {
        let name = match &assignment.name {
            AssignmentName::VariableName(name) => name.clone(),
            AssignmentName::ArrayElementName(name, index) => {
                self.arithmetic(index);
                name.clone()
            }
        };
        let value = match &assignment.value {
            AssignmentValue::Scalar(word) => self.word(&word.value),
            AssignmentValue::Array(elements) => {
                for (index, word) in elements {
                    if let Some(index) = index {
                        self.arithmetic(&index.value);
                    }
                    self.word(&word.value);
                }
                Word::unknown()
            }
        };
        Assignment { name, value }
    }

    /// Notes that the shell sets a variable by itself.
    pub(super) fn set_variable(&mut self, name: &str) {
        if !environment::is_harmless(name, /*is_alone*/ true) {
            self.doubt(Doubt::Expansion);
        }
    }

    fn redirects(&mut self, redirects: Option<&ast::RedirectList>) {
        for redirect in redirects.iter().flat_map(|it| &it.0) {
            self.redirect(redirect);
        }
    }

    fn redirect(&mut self, redirect: &IoRedirect) {
        match redirect {
            IoRedirect::File(_, kind, target) => match target {
                IoFileRedirectTarget::Fd(_) => {}
                IoFileRedirectTarget::ProcessSubstitution(_, subshell) => {
                    self.list(&subshell.list);
                }
                IoFileRedirectTarget::Filename(word) | IoFileRedirectTarget::Duplicate(word) => {
                    let word = self.word(&word.value);
                    self.redirect_file(kind, word);
                }
            },
            IoRedirect::HereDocument(_, document) => {
                if document.requires_expansion {
                    self.here_document(&document.doc.value);
                }
            }
            IoRedirect::HereString(_, word) => {
                self.word(&word.value);
            }
            IoRedirect::OutputAndError(word, _) => {
                let word = self.word(&word.value);
                self.found.writes.push(word);
            }
        }
    }

    fn redirect_file(&mut self, kind: &IoFileRedirectKind, word: Word) {
        let digits = word.text.strip_suffix('-').unwrap_or(&word.text);
        let is_descriptor = digits.chars().all(|it| it.is_ascii_digit());
        match kind {
            IoFileRedirectKind::Read => self.found.reads.push(word),
            IoFileRedirectKind::DuplicateInput | IoFileRedirectKind::DuplicateOutput
                if is_descriptor => {}
            IoFileRedirectKind::DuplicateInput => self.doubt(Doubt::Expansion),
            IoFileRedirectKind::ReadAndWrite => {
                self.found.reads.push(word.clone());
                self.found.writes.push(word);
            }
            IoFileRedirectKind::Write
            | IoFileRedirectKind::Append
            | IoFileRedirectKind::Clobber
            | IoFileRedirectKind::DuplicateOutput => self.found.writes.push(word),
        }
    }

    fn test(&mut self, expression: &ExtendedTestExpr) {
        match expression {
            ExtendedTestExpr::And(left, right) | ExtendedTestExpr::Or(left, right) => {
                self.test(left);
                self.test(right);
            }
            ExtendedTestExpr::Not(inner) | ExtendedTestExpr::Parenthesized(inner) => {
                self.test(inner);
            }
            ExtendedTestExpr::UnaryTest(predicate, word) => {
                self.word(&word.value);
                let names_variable = matches!(
                    predicate,
                    UnaryPredicate::ShellVariableIsSetAndAssigned
                        | UnaryPredicate::ShellVariableIsSetAndNameRef
                );
                // The index of an array element is an expression that can run commands.
                if names_variable {
                    self.doubt(Doubt::Expansion);
                }
            }
            ExtendedTestExpr::BinaryTest(predicate, left, right) => {
                let is_arithmetic = matches!(
                    predicate,
                    BinaryPredicate::ArithmeticEqualTo
                        | BinaryPredicate::ArithmeticNotEqualTo
                        | BinaryPredicate::ArithmeticLessThan
                        | BinaryPredicate::ArithmeticLessThanOrEqualTo
                        | BinaryPredicate::ArithmeticGreaterThan
                        | BinaryPredicate::ArithmeticGreaterThanOrEqualTo
                );
                for word in [left, right] {
                    self.word(&word.value);
                    if is_arithmetic {
                        self.arithmetic(&word.value);
                    }
                }
            }
        }
    }
}

/// Returns whether the last command of all is a plain `cd`, which nothing follows.
fn leaves_last(program: &ast::Program) -> bool {
    let is_cd = |command: &ast::Command| {
        matches!(command, ast::Command::Simple(simple)
            if simple.prefix.is_none()
                && simple.word_or_name.as_ref().is_some_and(|name| name.value == "cd"))
    };
    let last = program.complete_commands.last().and_then(|list| list.0.last());
    last.is_some_and(|item| {
        let pipeline = match item.0.additional.last() {
            Some(AndOr::And(pipeline) | AndOr::Or(pipeline)) => pipeline,
            None => &item.0.first,
        };
        matches!(pipeline.seq.as_slice(), [command] if is_cd(command))
    })
}

/// Returns whether a line is continued inside of a word: the shell joins the lines before it reads
/// them, so that `$`, a line's end and `(` begin a substitution.
fn joins_lines_inside_of_a_word(text: &str) -> bool {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\\\n") {
        if before.ends_with(|it: char| !it.is_whitespace()) {
            return true;
        }
        rest = after;
    }
    false
}

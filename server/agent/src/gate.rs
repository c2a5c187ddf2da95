//! Whether the teacher may come in after a failed attempt, and if not, why.

mod hosts;

use serde::{Deserialize, Serialize};

use crate::detect::Lack;
pub use crate::gate::hosts::is_self_hosted;

/// When the teacher comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakeoverMode {
    /// At once, visibly.
    Takeover,
    /// After a person was asked.
    Ask,
    /// Only with a skill.
    Propose,
    /// Never.
    Off,
}

/// What the gates look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeacherPolicy {
    /// Whether the teacher may be used at all.
    pub enabled: bool,
    /// Its name; blank: none is configured.
    pub model: String,
    /// When it comes in.
    pub mode: TakeoverMode,
    /// Whether only students on self-hosted servers are helped.
    pub self_hosted_only: bool,
    /// Takeovers in one run.
    pub per_run: u32,
    /// Seconds between the end of one takeover of a run and the next one; 0: none.
    pub cooldown_s: u64,
    /// Model calls of one takeover.
    pub max_steps: u32,
    /// Whether a model is asked about attempts that are unclear.
    pub judges_unclear: bool,
}

/// What is known about a run when one of its attempts has failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Situation {
    /// Whether it is a chat.
    pub is_chat: bool,
    /// Whether the student's server is nobody's cloud.
    pub student_is_self_hosted: bool,
    /// Takeovers of the run so far.
    pub n_takeovers: u32,
    /// Seconds since the teacher was last at work in the run; `None`: it never was.
    pub idle_s: Option<u64>,
    /// Whether the teacher came in for the same failure before, in this run.
    pub is_known_failure: bool,
    /// Why the first call of the teacher may not be paid for, as a sentence.
    pub unaffordable: Option<String>,
}

/// What stopped a takeover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// A chat has no tools and no teacher.
    ChatMode,
    /// The teacher is switched off.
    Disabled,
    /// No model is named.
    NoModel,
    /// The mode has it wait for a person's word, write a skill only, or stay out.
    Mode(TakeoverMode),
    /// The student runs in a cloud.
    Scope,
    /// The run has had its share.
    PerRun(u32),
    /// The one before it ended too short a time ago; seconds to wait.
    Cooldown(u64),
    /// It was there for the same failure already.
    SameFailure,
    /// It does not fit in the budget; why, as a sentence.
    Budget(String),
    /// The student lacked what the teacher would lack as well.
    Operational(Lack),
}

impl Gate {
    /// Returns the name that journals, diagnostics and the status use.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ChatMode => "chat",
            Self::Disabled => "disabled",
            Self::NoModel => "no_model",
            Self::Mode(_) => "mode",
            Self::Scope => "scope",
            Self::PerRun(_) => "per_run",
            Self::Cooldown(_) => "cooldown",
            Self::SameFailure => "same_failure",
            Self::Budget(_) => "budget",
            Self::Operational(_) => "operational",
        }
    }

    /// Returns why the teacher did not come in and what to do about it, for a person.
    pub fn sentence(&self) -> String {
        let why = match self {
            Self::ChatMode => "a chat has no tools. Ask in agent mode to have one.".to_owned(),
            Self::Disabled => "`teacher.enabled` is false. Set it to true to have one.".to_owned(),
            Self::NoModel => {
                "`teacher.model` names none. Set it (and `teacher.base_url`) to have one."
                    .to_owned()
            }
            Self::Mode(TakeoverMode::Off) => "`teacher.mode` is \"off\".".to_owned(),
            Self::Mode(mode) => {
                let how = match mode {
                    TakeoverMode::Propose => "it is asked for a skill only",
                    _ => "it waits for your word",
                };
                format!("{how} (`teacher.mode` is \"{}\").", mode.name())
            }
            Self::Scope => {
                "the student is no self-hosted model and `teacher.scope` is \"self_hosted_only\"."
                    .to_owned()
            }
            Self::PerRun(0) => "`teacher.per_run` is 0. Raise the limit to have one.".to_owned(),
            Self::PerRun(limit) => {
                let times = if *limit == 1 { "once".to_owned() } else { format!("{limit} times") };
                format!(
                    "it has already done so {times} in this run (`teacher.per_run`). Start a new \
                     run, or raise the limit."
                )
            }
            Self::Cooldown(seconds) => format!(
                "it was here a moment ago; it may come again in {seconds} s \
                 (`teacher.cooldown_s`). Retry then."
            ),
            Self::SameFailure => {
                "it has already done so for the same failure in this run. See what it did then; a \
                 skill that says how may help the student, or start a new run."
                    .to_owned()
            }
            Self::Operational(lack) => lack.sentence(),
            Self::Budget(refusal) => return format!("No teacher took over. {refusal}"),
        };
        format!("No teacher took over: {why}")
    }
}

impl TakeoverMode {
    /// Returns the value of `teacher.mode`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Takeover => "takeover",
            Self::Ask => "ask",
            Self::Propose => "propose",
            Self::Off => "off",
        }
    }
}

impl TeacherPolicy {
    /// Checks every gate and returns how the teacher comes in: at once, after a question, or with
    /// a skill. Operational errors never get here.
    ///
    /// # Errors
    /// The first gate that is closed.
    pub fn check(&self, situation: Situation) -> Result<TakeoverMode, Gate> {
        if situation.is_chat {
            return Err(Gate::ChatMode);
        }
        self.check_settings(situation.student_is_self_hosted)?;
        if situation.n_takeovers >= self.per_run {
            return Err(Gate::PerRun(self.per_run));
        }
        let to_wait = situation.idle_s.and_then(|idle_s| self.cooldown_s.checked_sub(idle_s));
        if let Some(seconds @ 1..) = to_wait {
            return Err(Gate::Cooldown(seconds));
        }
        if situation.is_known_failure {
            return Err(Gate::SameFailure);
        }
        match situation.unaffordable {
            Some(refusal) => Err(Gate::Budget(refusal)),
            None => Ok(self.mode),
        }
    }

    /// Checks the gates that stay closed also if a person asks for the teacher.
    ///
    /// # Errors
    /// The first gate that is closed.
    pub fn check_by_hand(&self, is_chat: bool) -> Result<(), Gate> {
        if is_chat {
            return Err(Gate::ChatMode);
        }
        // The scope says whom the teacher helps by itself.
        self.check_settings(/*student_is_self_hosted*/ true)
    }

    /// Checks the gates that settings close for every run.
    ///
    /// # Errors
    /// The first gate that is closed.
    pub fn check_settings(&self, student_is_self_hosted: bool) -> Result<(), Gate> {
        if !self.enabled {
            return Err(Gate::Disabled);
        }
        if self.model.trim().is_empty() {
            return Err(Gate::NoModel);
        }
        if self.mode == TakeoverMode::Off {
            return Err(Gate::Mode(self.mode));
        }
        if self.self_hosted_only && !student_is_self_hosted {
            return Err(Gate::Scope);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Gate, Situation, TakeoverMode, TeacherPolicy};

    fn policy() -> TeacherPolicy {
        TeacherPolicy {
            enabled: true,
            model: "teacher".to_owned(),
            mode: TakeoverMode::Takeover,
            self_hosted_only: false,
            per_run: 3,
            cooldown_s: 60,
            max_steps: 30,
            judges_unclear: false,
        }
    }

    fn situation() -> Situation {
        Situation { student_is_self_hosted: true, ..Situation::default() }
    }

    #[track_caller]
    fn check(policy: &TeacherPolicy, situation: Situation, gate: &Gate, parts: [&str; 2]) {
        let closed = policy.check(situation).unwrap_err();
        assert_eq!(closed, *gate);
        let sentence = closed.sentence();
        assert!(sentence.starts_with("No teacher took over"), "{sentence}");
        assert!(parts.iter().all(|part| sentence.contains(part)), "{sentence}");
    }

    // T2, T3, T5, T37, T43, X1, X20, WT17.
    #[test]
    fn each_gate_closes_alone_and_says_what_to_do() {
        let policy = policy();
        let chat = Situation { is_chat: true, ..situation() };
        check(&policy, chat, &Gate::ChatMode, ["chat", "agent mode"]);
        let off = TeacherPolicy { enabled: false, ..policy.clone() };
        check(&off, situation(), &Gate::Disabled, ["teacher.enabled", "true"]);
        let blank = TeacherPolicy { model: " ".to_owned(), ..policy.clone() };
        check(&blank, situation(), &Gate::NoModel, ["teacher.model", "teacher.base_url"]);
        let off = TeacherPolicy { mode: TakeoverMode::Off, ..policy.clone() };
        let gate = Gate::Mode(TakeoverMode::Off);
        check(&off, situation(), &gate, ["teacher.mode", "off"]);
        let own_only = TeacherPolicy { self_hosted_only: true, ..policy.clone() };
        let cloud = Situation { student_is_self_hosted: false, ..situation() };
        check(&own_only, cloud, &Gate::Scope, ["teacher.scope", "self_hosted_only"]);
        let often = Situation { n_takeovers: 3, ..situation() };
        check(&policy, often.clone(), &Gate::PerRun(3), ["teacher.per_run", "3 times"]);
        let single = TeacherPolicy { per_run: 1, ..policy.clone() };
        check(&single, often.clone(), &Gate::PerRun(1), ["teacher.per_run", "done so once in"]);
        let soon = Situation { n_takeovers: 1, idle_s: Some(20), ..situation() };
        check(&policy, soon, &Gate::Cooldown(40), ["teacher.cooldown_s", "40 s"]);
        let known = Situation { is_known_failure: true, ..situation() };
        check(&policy, known, &Gate::SameFailure, ["same failure", "new run"]);
        let refusal = "The next call may cost too much.".to_owned();
        let poor = Situation { unaffordable: Some(refusal.clone()), ..situation() };
        check(&policy, poor, &Gate::Budget(refusal), ["too much", "cost"]);
    }

    #[test]
    fn open_gates_say_how_the_teacher_comes_in() {
        assert_eq!(policy().check(situation()), Ok(TakeoverMode::Takeover));
        let cloud = Situation { student_is_self_hosted: false, ..situation() };
        assert_eq!(policy().check(cloud), Ok(TakeoverMode::Takeover));
        let later = Situation { n_takeovers: 2, idle_s: Some(60), ..situation() };
        assert_eq!(policy().check(later.clone()), Ok(TakeoverMode::Takeover));
        let at_once = TeacherPolicy { cooldown_s: 0, ..policy() };
        let soon = Situation { idle_s: Some(0), ..later };
        assert_eq!(at_once.check(soon), Ok(TakeoverMode::Takeover));
        for mode in [TakeoverMode::Ask, TakeoverMode::Propose] {
            assert_eq!(TeacherPolicy { mode, ..policy() }.check(situation()), Ok(mode));
        }
    }

    #[test]
    fn a_person_who_asks_for_the_teacher_is_stopped_by_fewer_gates() {
        let policy = TeacherPolicy { per_run: 0, self_hosted_only: true, ..policy() };
        assert_eq!(policy.check_by_hand(false), Ok(()));
        assert_eq!(policy.check_by_hand(true), Err(Gate::ChatMode));
        let off = TeacherPolicy { mode: TakeoverMode::Off, ..policy.clone() };
        assert_eq!(off.check_by_hand(false), Err(Gate::Mode(TakeoverMode::Off)));
        let disabled = TeacherPolicy { enabled: false, ..policy };
        assert_eq!(disabled.check_by_hand(false), Err(Gate::Disabled));
    }
}

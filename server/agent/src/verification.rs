//! What replays say about a skill: does the student manage with it what it failed at without?
//!
//! A replay is an attempt of the student at the same request, in a copy of the files. Its end, its
//! verdict and what can be compared with the teacher's attempt come in as a [`Replay`]; what it
//! proves is decided here, without I/O. A student that ignores the skill proves nothing, however
//! confident its answer is.

mod comparison;
mod recorded;
mod sample;

use std::fmt::Write as _;

pub use self::{
    comparison::{Work, comparison_prompt, plain, read_comparison},
    recorded::{ANSWERED, OutwardCall, RecordedCalls, outward},
    sample::{Regression, Sample, Untried},
};
use crate::{detect::Verdict, event::Verification};

/// What a replay came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// Whether the student read the skill's body.
    pub has_read_skill: bool,
    /// How it ended.
    pub end: ReplayEnd,
    /// What its result was compared with.
    pub proof: Proof,
    /// Calls that were answered by [`RecordedCalls`]: what they would have done is not done.
    pub n_answered: usize,
}

/// How a replay ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplayEnd {
    /// By itself, with this verdict. The text says why, where it is not [`Verdict::Ok`].
    Judged(Verdict, String),
    /// By its limit: so many model calls.
    OutOfSteps(u32),
    /// By something that has nothing to do with the skill, said as the end of a sentence: a limit,
    /// a server that is not there, an effect that a replay must not have.
    BrokenOff(String),
}

impl ReplayEnd {
    /// Says how it ended, as the end of a sentence.
    pub fn told(&self) -> String {
        let because = |why: &str| bare(why).to_owned();
        match self {
            Self::Judged(Verdict::Ok, _) => "ended with an answer".to_owned(),
            Self::Judged(Verdict::Failure, why) => format!("failed: {}", because(why)),
            Self::Judged(Verdict::Unsure, why) => format!("ended unclear: {}", because(why)),
            Self::OutOfSteps(n_steps) => format!("ran out of its {n_steps} steps"),
            Self::BrokenOff(why) => why.clone(),
        }
    }
}

/// What a replay's result was compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// The teacher changed files, and the replay left the same ones with the same content.
    SameFiles,
    /// A command of the skill's section on verification was run on the result.
    Check {
        /// The command.
        command: String,
        /// Whether it exited with 0.
        has_passed: bool,
    },
    /// The teacher compared both answers.
    Comparison {
        /// Whether it calls them equally good.
        is_equal: bool,
        /// Its words.
        reason: String,
    },
    /// There was nothing to compare with; the text says why, as the end of a sentence.
    Missing(String),
}

/// What the replays say about a skill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The student was seen to manage with it.
    Verified,
    /// It was seen not to.
    NotVerified,
    /// Nothing was seen that decides it.
    Inconclusive,
}

impl Outcome {
    /// Returns the name that events and documents use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::NotVerified => "not_verified",
            Self::Inconclusive => "inconclusive",
        }
    }
}

/// The outcome of all replays of a skill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What they come to.
    pub outcome: Outcome,
    /// A sentence or two for a person.
    pub reason: String,
    /// Whether the student managed without the skill too.
    pub is_unnecessary: bool,
    /// Requests that only succeed with the skill; `None` if nobody saw how it goes without.
    pub repairs: Option<usize>,
    /// Requests that only go wrong with it; `None` if nothing was found out about any.
    pub regressions: Option<usize>,
    /// Whether it shows less than an earlier one on the files of then.
    pub is_of_other_files: bool,
}

impl Finding {
    /// Returns it as events and proposals hold it; `run_id` names the replay with the skill.
    pub fn verification(&self, run_id: Option<String>) -> Verification {
        Verification {
            outcome: self.outcome.name().to_owned(),
            reason: self.reason.clone(),
            run_id,
            repairs: self.repairs,
            regressions: self.regressions,
        }
    }

    /// Returns what is known about the skill after an `earlier` verification, too: what that showed
    /// on the files of then stays, where this one shows nothing for certain on others.
    pub fn verification_after(
        &self,
        earlier: &Verification,
        run_id: Option<String>,
    ) -> Verification {
        let decided = [Outcome::Verified, Outcome::NotVerified];
        if !self.is_of_other_files || !decided.iter().any(|it| it.name() == earlier.outcome) {
            return self.verification(run_id);
        }
        let first = earlier.reason.split(LATER).next().unwrap_or_default();
        Verification { reason: format!("{first}{LATER}{}", self.reason), ..earlier.clone() }
    }

    /// Takes account of files that are not as they were when the request was asked: on others, a
    /// student that fails says nothing about the skill. What goes wrong elsewhere with the skill
    /// and not without it does so on whatever files.
    #[must_use]
    pub fn on_changed_files(mut self, changed: &[String]) -> Self {
        let does_harm = self.regressions.is_some_and(|n_regressions| n_regressions > 0);
        let named: Vec<String> =
            changed.iter().take(NAMED_FILES).map(|path| format!("`{path}`")).collect();
        let n_more = changed.len() - named.len();
        let more = if n_more == 0 { String::new() } else { format!(" and {n_more} more") };
        let named = format!("{}{more}", named.join(", "));
        if changed.is_empty() || does_harm {
            return self;
        }
        if self.outcome == Outcome::Verified {
            let _ = write!(self.reason, " Files changed since the request was asked: {named}.");
            return self;
        }
        self.outcome = Outcome::Inconclusive;
        self.is_of_other_files = true;
        self.reason = format!(
            "Files changed since the request was asked ({named}), so that this shows nothing for \
             certain: {}",
            self.reason
        );
        self
    }

    /// Takes account of files that nobody knows any more as they were before the request, and that
    /// commands changed since: a student may have found there what was done already. What goes
    /// wrong elsewhere with the skill stays wrong.
    #[must_use]
    pub fn on_unknown_files(mut self) -> Self {
        if self.regressions.is_none_or(|n_regressions| n_regressions == 0) {
            self.outcome = Outcome::Inconclusive;
            self.is_of_other_files = true;
            self.reason = format!("{UNKNOWN_FILES}{}", self.reason);
        }
        self
    }
}

/// Stands before what was found out on files that may hold what was to be done.
const UNKNOWN_FILES: &str = "The files of before the request were not kept, and commands ran \
                             since, so that this shows nothing for certain: ";

/// Files that are named at most.
const NAMED_FILES: usize = 3;

/// Stands between what a verification showed and what a later one came to.
const LATER: &str = " Tried again since: ";

/// Says what came of a replay, by the name that events and documents use.
pub fn outcome_words(outcome: &str) -> &'static str {
    match outcome {
        "verified" => "Verified.",
        "not_verified" => "Not verified.",
        "inconclusive" => "Inconclusive.",
        "pending" => "Being verified.",
        _ => "Not replayed.",
    }
}

/// Decides what the replay with the skill, the one without it, where there was one, and those of
/// earlier requests come to. Whether a skill is needed is told whatever it is worth.
pub fn decide(with: &Replay, without: Option<&Replay>, sample: &Sample) -> Finding {
    let (mut outcome, mut reason) = judge(with);
    let need = without.map(|without| match (manages(without), fails(without)) {
        (true, _) => Need::Unnecessary,
        (_, true) => Need::Needed,
        _ => Need::Unclear,
    });
    if let Some(need) = need {
        let is_managed = manages(with);
        reason.push_str(match need {
            Need::Unnecessary if is_managed => {
                " It is unnecessary here: the student managed without it, too."
            }
            Need::Unnecessary => " It is unnecessary here: the student managed without it.",
            Need::Needed if fails(with) => " Without it the student did not manage either.",
            Need::Needed => " Without it the student did not manage.",
            Need::Unclear => " Whether it was needed is not clear.",
        });
    }
    let repairs = match need {
        Some(Need::Needed) => Some(usize::from(outcome == Outcome::Verified)),
        Some(Need::Unnecessary) => Some(0),
        Some(Need::Unclear) | None => None,
    };
    if !sample.regressions.is_empty() {
        outcome = Outcome::NotVerified;
    }
    // Of a replay that never was there is nothing more to say.
    if without.is_some() || sample.untried != Untried::Pointless {
        reason.push(' ');
        reason.push_str(&sample.sentence());
    }
    let is_unnecessary = need == Some(Need::Unnecessary);
    let (regressions, is_of_other_files) = (sample.n_regressions(), false);
    Finding { outcome, reason, is_unnecessary, repairs, regressions, is_of_other_files }
}

/// What the replay without the skill says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// The student does not manage without it.
    Needed,
    /// It does.
    Unnecessary,
    /// Neither was seen.
    Unclear,
}

/// Whether the student got to where the teacher got, by whatever way.
fn manages(replay: &Replay) -> bool {
    matches!(replay.end, ReplayEnd::Judged(Verdict::Ok, _))
        && matches!(
            replay.proof,
            Proof::SameFiles
                | Proof::Check { has_passed: true, .. }
                | Proof::Comparison { is_equal: true, .. }
        )
}

/// Whether the student was seen not to get there.
fn fails(replay: &Replay) -> bool {
    match (&replay.end, &replay.proof) {
        (ReplayEnd::Judged(Verdict::Failure, _), _) => replay.n_answered == 0,
        (
            ReplayEnd::Judged(Verdict::Ok, _),
            Proof::Check { has_passed: false, .. } | Proof::Comparison { is_equal: false, .. },
        ) => replay.n_answered == 0,
        _ => false,
    }
}

fn judge(replay: &Replay) -> (Outcome, String) {
    match &replay.end {
        ReplayEnd::OutOfSteps(_) | ReplayEnd::BrokenOff(_) => {
            return (Outcome::Inconclusive, format!("The replay {}.", replay.end.told()));
        }
        ReplayEnd::Judged(Verdict::Failure, why) => {
            let mut reason = format!("The student failed with the skill, too: {}.", bare(why));
            if replay.n_answered == 0 {
                return (Outcome::NotVerified, reason);
            }
            let calls = answered(replay.n_answered);
            let _ = write!(
                reason,
                " But {calls} from the teacher's trace, so that what it would have done outside \
                 of the copy was missing."
            );
            return (Outcome::Inconclusive, reason);
        }
        ReplayEnd::Judged(Verdict::Unsure, why) => {
            let reason = format!("It is unclear whether the student managed: {}.", bare(why));
            return (Outcome::Inconclusive, reason);
        }
        ReplayEnd::Judged(Verdict::Ok, _) => {}
    }
    let (outcome, mut reason) = match &replay.proof {
        Proof::SameFiles => (
            Outcome::Verified,
            "With the skill the student left the same files as the teacher.".to_owned(),
        ),
        Proof::Check { command, has_passed: true } => {
            (Outcome::Verified, format!("With the skill the student's work passes `{command}`."))
        }
        Proof::Check { command, has_passed: false } => {
            (Outcome::NotVerified, format!("With the skill the student's work fails `{command}`."))
        }
        Proof::Comparison { is_equal: true, .. } => (
            Outcome::Verified,
            "The teacher judged the student's answer with the skill as good as its own.".to_owned(),
        ),
        Proof::Comparison { is_equal: false, reason } => (
            Outcome::NotVerified,
            format!("The teacher judged the student's answer with the skill: {}.", bare(reason)),
        ),
        Proof::Missing(why) => {
            (Outcome::Inconclusive, format!("The student answered, but {}.", bare(why)))
        }
    };
    if outcome == Outcome::Verified && !replay.has_read_skill {
        let reason = "The student answered without reading the skill, which shows nothing about \
                      it.";
        return (Outcome::Inconclusive, reason.to_owned());
    }
    if replay.n_answered == 0 {
        return (outcome, reason);
    }
    let calls = answered(replay.n_answered);
    let _ = write!(reason, " {calls} from the teacher's trace");
    if outcome == Outcome::NotVerified {
        // What is missing may be what those calls would have done.
        reason.push_str(", so that what it would have done outside of the copy is missing.");
        return (Outcome::Inconclusive, reason);
    }
    reason.push_str(", for a replay has no effects outside of its copy.");
    (outcome, reason)
}

fn answered(n_calls: usize) -> String {
    match n_calls {
        1 => "1 call was answered".to_owned(),
        n_calls => format!("{n_calls} calls were answered"),
    }
}

/// Returns words to be put before a full stop.
fn bare(words: &str) -> &str {
    words.trim().trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::{Finding, Outcome, Proof, Regression, Replay, ReplayEnd, Sample, Untried, decide};
    use crate::detect::Verdict;

    fn replay(has_read_skill: bool, verdict: Verdict, proof: Proof) -> Replay {
        let end = ReplayEnd::Judged(verdict, "it gave up.".to_owned());
        Replay { has_read_skill, end, proof, n_answered: 0 }
    }

    fn check(has_passed: bool) -> Proof {
        Proof::Check { command: "test -f a".to_owned(), has_passed }
    }

    fn comparison(is_equal: bool) -> Proof {
        Proof::Comparison { is_equal, reason: "It counts the header.".to_owned() }
    }

    fn alone(with: &Replay) -> Finding {
        decide(with, None, &Sample::default())
    }

    #[test]
    fn a_skill_that_was_read_and_led_to_the_same_result_is_verified() {
        for proof in [Proof::SameFiles, check(true), comparison(true)] {
            let finding = alone(&replay(true, Verdict::Ok, proof));
            assert_eq!(finding.outcome, Outcome::Verified, "{finding:?}");
        }
    }

    #[test]
    fn nothing_is_certain_where_what_was_to_be_done_may_be_done_already() {
        let verified = alone(&replay(true, Verdict::Ok, Proof::SameFiles));
        let earlier = verified.verification(Some("first".to_owned()));
        let late = verified.on_unknown_files();
        assert_eq!(late.outcome, Outcome::Inconclusive);
        assert!(late.reason.starts_with("The files of before the request were not kept"));
        let after = late.verification_after(&earlier, Some("second".to_owned()));
        assert_eq!((&*after.outcome, &after.run_id), ("verified", &earlier.run_id));
    }

    #[test]
    fn a_failure_on_files_that_changed_since_says_nothing_and_what_was_known_stays() {
        let files: Vec<String> = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        let failed = alone(&replay(true, Verdict::Failure, check(false)));
        let late = failed.clone().on_changed_files(&files);
        assert_eq!(late.outcome, Outcome::Inconclusive);
        assert!(
            late.reason.starts_with(
                "Files changed since the request was asked (`a`, `b`, `c` and 1 more), so that \
                 this shows nothing for certain: The student failed with the skill, too:"
            ),
            "{}",
            late.reason
        );
        let verified = alone(&replay(true, Verdict::Ok, Proof::SameFiles));
        let earlier = verified.verification(Some("first".to_owned()));
        let after = late.verification_after(&earlier, Some("second".to_owned()));
        assert_eq!((&*after.outcome, &after.run_id), ("verified", &earlier.run_id));
        assert!(after.reason.contains("same files as the teacher."), "{}", after.reason);
        assert!(after.reason.contains(" Tried again since: Files changed"), "{}", after.reason);
        let again = late.verification_after(&after, None);
        assert_eq!(again.reason, after.reason, "it is said once");
        assert_eq!(verified.clone().on_changed_files(&files).outcome, Outcome::Verified);
        assert_eq!(failed.clone().on_changed_files(&[]), failed);
        let kept = failed.verification_after(&earlier, None);
        assert_eq!(kept.outcome, "not_verified", "on the same files the last one counts");
        let harm = Finding { regressions: Some(1), ..failed };
        assert_eq!(harm.on_changed_files(&files).outcome, Outcome::NotVerified);
    }

    #[test]
    fn a_student_that_ignores_the_skill_is_never_verified() {
        for proof in [Proof::SameFiles, check(true), comparison(true)] {
            let finding = alone(&replay(false, Verdict::Ok, proof));
            assert_eq!(finding.outcome, Outcome::Inconclusive, "{finding:?}");
        }
    }

    #[test]
    fn a_failure_and_a_failed_check_are_not_verified() {
        for with in [
            replay(true, Verdict::Failure, Proof::SameFiles),
            replay(false, Verdict::Failure, check(true)),
            replay(true, Verdict::Ok, check(false)),
            replay(true, Verdict::Ok, comparison(false)),
        ] {
            assert_eq!(alone(&with).outcome, Outcome::NotVerified, "{with:?}");
        }
        let finding = alone(&replay(true, Verdict::Failure, Proof::SameFiles));
        assert!(finding.reason.contains("too: it gave up."), "{}", finding.reason);
    }

    #[test]
    fn everything_else_is_inconclusive() {
        let missing = Proof::Missing("there is nothing to compare it with".to_owned());
        let broken = ReplayEnd::OutOfSteps(20);
        for with in [
            replay(true, Verdict::Unsure, Proof::SameFiles),
            replay(true, Verdict::Ok, missing),
            Replay { has_read_skill: true, end: broken, proof: Proof::SameFiles, n_answered: 0 },
        ] {
            assert_eq!(alone(&with).outcome, Outcome::Inconclusive, "{with:?}");
        }
    }

    #[test]
    fn what_was_only_answered_speaks_against_nobody() {
        let answered = |verdict, proof| Replay { n_answered: 2, ..replay(true, verdict, proof) };
        for proof in [check(false), comparison(false)] {
            let finding = alone(&answered(Verdict::Ok, proof));
            assert_eq!(finding.outcome, Outcome::Inconclusive, "{finding:?}");
            assert!(finding.reason.contains("2 calls were answered from the teacher's trace"));
        }
        let finding = alone(&answered(Verdict::Ok, check(true)));
        assert_eq!(finding.outcome, Outcome::Verified, "{finding:?}");
        let finding = alone(&answered(Verdict::Failure, check(true)));
        assert_eq!(finding.outcome, Outcome::Inconclusive, "{finding:?}");
    }

    #[test]
    fn a_skill_that_was_not_needed_is_said_to_be_unnecessary() {
        let with = replay(true, Verdict::Ok, Proof::SameFiles);
        let managed = replay(false, Verdict::Ok, Proof::SameFiles);
        let finding = decide(&with, Some(&managed), &Sample::default());
        assert!(finding.is_unnecessary && finding.reason.contains("without it, too."));
        assert_eq!((finding.outcome, finding.repairs), (Outcome::Verified, Some(0)));
        let failed = replay(false, Verdict::Failure, Proof::SameFiles);
        let finding = decide(&with, Some(&failed), &Sample::default());
        assert_eq!((finding.is_unnecessary, finding.repairs), (false, Some(1)));
        assert!(finding.reason.contains("Without it the student did not manage."));
        let end = ReplayEnd::OutOfSteps(20);
        let unclear = Replay { end, ..replay(true, Verdict::Ok, Proof::SameFiles) };
        let finding = decide(&with, Some(&unclear), &Sample::default());
        assert_eq!((finding.is_unnecessary, finding.repairs), (false, None));
        assert!(finding.reason.contains("Whether it was needed is not clear."));
        assert_eq!(alone(&with).repairs, None, "nobody saw how it goes without");
    }

    #[test]
    fn the_difference_is_told_whatever_the_skill_is_worth() {
        let managed = replay(false, Verdict::Ok, Proof::SameFiles);
        let failed = replay(false, Verdict::Failure, Proof::SameFiles);
        for (with, without, outcome, words) in [
            (&managed, &managed, Outcome::Inconclusive, "the student managed without it, too."),
            (&managed, &failed, Outcome::Inconclusive, "Without it the student did not manage."),
            (&failed, &managed, Outcome::NotVerified, "here: the student managed without it."),
            (&failed, &failed, Outcome::NotVerified, "the student did not manage either."),
        ] {
            let finding = decide(with, Some(without), &Sample::default());
            assert!(finding.reason.contains(words), "{}", finding.reason);
            assert_eq!((finding.outcome, finding.repairs), (outcome, Some(0)));
            assert_eq!(finding.is_unnecessary, without == &managed);
        }
    }

    #[test]
    fn a_regression_outweighs_everything() {
        let with = replay(true, Verdict::Ok, Proof::SameFiles);
        let without = replay(false, Verdict::Failure, Proof::SameFiles);
        let request = "list the tests".to_owned();
        let regressions = vec![Regression { request, why: "it gave up".to_owned() }];
        let sample = Sample { n_same: 2, regressions, ..Sample::default() };
        let finding = decide(&with, Some(&without), &sample);
        assert_eq!((finding.outcome, finding.regressions), (Outcome::NotVerified, Some(1)));
        assert_eq!(finding.repairs, Some(1), "the request itself succeeds with it all the same");
        assert!(finding.reason.contains("1 of 3 earlier requests"), "{}", finding.reason);
    }

    #[test]
    fn what_the_sample_showed_is_said_whatever_came_before_it() {
        for with in [
            replay(true, Verdict::Ok, Proof::SameFiles),
            replay(false, Verdict::Ok, Proof::SameFiles),
        ] {
            let finding = decide(&with, None, &Sample { n_same: 1, ..Sample::default() });
            assert!(finding.reason.ends_with(" 1 earlier request went as before."));
            assert_eq!(finding.regressions, Some(0));
        }
        let failed = replay(true, Verdict::Failure, Proof::SameFiles);
        let sample = Sample { untried: Untried::Pointless, ..Sample::default() };
        let finding = decide(&failed, Some(&failed), &sample);
        assert!(finding.reason.ends_with(" No earlier request was tried with it."));
        assert_eq!(finding.regressions, None, "none was tried");
        assert!(decide(&failed, None, &sample).reason.ends_with("too: it gave up."));
    }
}

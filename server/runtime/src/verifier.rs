//! Has the student replay a request with a skill, and looks at what comes of it.
//!
//! The order, each step only where the one before leaves a question: the request with the skill;
//! what its result can be compared with; the same without the skill, to see the difference; a few
//! earlier requests with the skill, to see whether it does harm. What all that comes to is decided
//! by [`agent::verification`].

mod checks;

use std::{
    hash::{BuildHasher, RandomState},
    sync::Arc,
};

use agent::{
    detect::Verdict,
    event::{Event, StateRecord},
    verification::{
        Finding, Outcome, Proof, RecordedCalls, Replay, ReplayEnd, Sample, Work, comparison_prompt,
        decide, read_comparison,
    },
};
use tokio_util::sync::CancellationToken;

use crate::{
    journal::Record,
    replay::{Ground, ReplayError, Replayed, ask_teacher, replay},
    run_store::{RunFolder, first_line},
    skills::FoundSkill,
    workspace_copy::{Contents, WorkspaceCopy, differences},
};

/// What is to be found out.
#[derive(Clone)]
pub struct Question {
    /// What all replays have in common.
    pub ground: Ground,
    /// The request.
    pub prompt: String,
    /// The skill that shall help with it.
    pub skill: FoundSkill,
    /// The skills that are offered anyway.
    pub others: Vec<FoundSkill>,
    /// What the teacher's attempt came to, if there was one.
    pub teacher: Option<TeacherWork>,
    /// Earlier requests that the student managed alone.
    pub earlier: Vec<String>,
}

/// What the teacher's attempt came to.
#[derive(Debug, Clone)]
pub struct TeacherWork {
    /// Its answer.
    pub answer: String,
    /// The files as it found them, with whatever the student had left behind.
    pub found: Contents,
    /// The files after it; `None` where nobody kept them.
    pub after: Option<Arc<WorkspaceCopy>>,
}

impl Question {
    /// Asks about a skill and a request of a kept run, whose files nobody kept: the replays work on
    /// those of now, and what the teacher's attempt left is not compared.
    pub fn of_run(
        mut ground: Ground,
        records: &[Record],
        turn: u32,
        skill: FoundSkill,
        others: Vec<FoundSkill>,
    ) -> Option<Self> {
        let mut prompt = None;
        let mut answer = None;
        for record in records.iter().filter(|record| record.turn == turn) {
            match &record.event {
                Event::State(StateRecord::Request { prompt: asked, .. }) => {
                    prompt = Some(asked.clone());
                }
                Event::TurnComplete { final_response: Some(response), .. } if record.teacher => {
                    answer = Some(response.clone());
                }
                _ => {}
            }
        }
        ground.recorded = Arc::new(teachers_calls(records, turn));
        let teacher =
            answer.map(|answer| TeacherWork { answer, found: Contents::new(), after: None });
        Some(Self { ground, prompt: prompt?, skill, others, teacher, earlier: Vec::new() })
    }
}

/// Returns what the teacher did in a turn, from the run's journal.
pub fn teachers_calls(records: &[Record], turn: u32) -> RecordedCalls {
    let of_teacher = records.iter().filter(|record| record.turn == turn && record.teacher);
    RecordedCalls::of(of_teacher.map(|record| &record.event))
}

/// What was found out.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What the replays come to.
    pub finding: Finding,
    /// The replay with the skill; `None` if it could not begin.
    pub replay: Option<RunFolder>,
    /// The replay without it, if there was one.
    pub control: Option<RunFolder>,
}

/// Replays what has to be replayed and decides. An answer always comes: what went wrong is in it.
/// `begun` is told where the replay with the skill is kept, once it has begun.
pub async fn verify(
    question: &Question,
    cancel: &CancellationToken,
    begun: impl FnOnce(&RunFolder),
) -> Answer {
    let verifier = Verifier { question, cancel };
    let (folder, with) = verifier.attempt(true, begun).await;
    let finding = decide(&with, None, &Sample::default());
    if finding.outcome != Outcome::Verified {
        return Answer { finding, replay: folder, control: None };
    }
    let (control, without) = verifier.attempt(false, |_| {}).await;
    let sample = verifier.sample().await;
    let finding = decide(&with, Some(&without), &sample);
    Answer { finding, replay: folder, control }
}

struct Verifier<'a> {
    question: &'a Question,
    cancel: &'a CancellationToken,
}

impl Verifier<'_> {
    /// Has the student try the request, with the skill or without.
    async fn attempt(
        &self,
        with_skill: bool,
        begun: impl FnOnce(&RunFolder),
    ) -> (Option<RunFolder>, Replay) {
        let Question { ground, prompt, skill, .. } = self.question;
        let skills = self.offered(with_skill);
        let replayed = match replay(ground, prompt, skills, self.cancel, begun).await {
            Ok(replayed) => replayed,
            Err(error) => return (None, not_begun(&error)),
        };
        let proof = match replayed.end {
            ReplayEnd::Judged(Verdict::Ok, _) => self.proof(&replayed).await,
            _ => Proof::Missing("there was nothing to compare".to_owned()),
        };
        let has_read_skill = replayed.read_skills.contains(&skill.name);
        let Replayed { folder, end, n_answered, .. } = replayed;
        (Some(folder), Replay { has_read_skill, end, proof, n_answered })
    }

    /// Of two skills with one name the first counts: the one in question.
    fn offered(&self, with_skill: bool) -> Vec<FoundSkill> {
        let Question { skill, others, .. } = self.question;
        let own = with_skill.then_some(skill).into_iter();
        let others = others.iter().filter(|other| !with_skill || other.name != skill.name);
        own.chain(others).cloned().collect()
    }

    /// Compares what a replay came to with what the teacher's attempt did.
    async fn proof(&self, replayed: &Replayed) -> Proof {
        let before = contents(&self.question.ground.before).await;
        let replayed_files = contents(&replayed.files).await;
        let after = match self.teachers_files() {
            Some(after) => Some(contents(after).await),
            None => None,
        };
        if let (Some(teacher), Some(after)) = (&self.question.teacher, &after)
            && is_same_change(&before, &teacher.found, after, &replayed_files)
        {
            return Proof::SameFiles;
        }
        for command in checks::commands(&self.question.skill.text) {
            if let Some(proof) = self.check(&command, &replayed.files).await {
                return proof;
            }
        }
        let Some(teacher) = &self.question.teacher else {
            return Proof::Missing(
                "the skill's section on verification names no command that would tell whether \
                 that is right"
                    .to_owned(),
            );
        };
        let work = |answer: &str, from: &Contents, files: &Contents| Work {
            answer: answer.to_owned(),
            changed_files: differences(from, files)
                .into_iter()
                .map(|path| path.display().to_string())
                .collect(),
        };
        // Where nobody knows which files the teacher changed, its answer alone is compared.
        let teachers = match &after {
            Some(after) => work(&teacher.answer, &teacher.found, after),
            None => work(&teacher.answer, &before, &before),
        };
        let answer = replayed.answer.as_deref().unwrap_or_default();
        let students = work(answer, &before, &replayed_files);
        self.compare(&teachers, &students).await
    }

    fn teachers_files(&self) -> Option<&Arc<WorkspaceCopy>> {
        self.question.teacher.as_ref()?.after.as_ref()
    }

    /// Runs a check on the student's files. It says nothing if it does not pass on the teacher's
    /// own, or if it passed before anything was done.
    async fn check(&self, command: &str, files: &Arc<WorkspaceCopy>) -> Option<Proof> {
        let ground = &self.question.ground;
        if let Some(after) = self.teachers_files()
            && !checks::passes(ground, after, command, self.cancel).await?
        {
            return None;
        }
        if checks::passes(ground, &ground.before, command, self.cancel).await? {
            return None;
        }
        let has_passed = checks::passes(ground, files, command, self.cancel).await?;
        Some(Proof::Check { command: command.to_owned(), has_passed })
    }

    async fn compare(&self, teachers: &Work, students: &Work) -> Proof {
        let Question { ground, prompt, .. } = self.question;
        let nonce = format!("{:016x}", RandomState::new().hash_one(prompt));
        let question = comparison_prompt(prompt, teachers, students, &nonce);
        match ask_teacher(ground, &question, self.cancel).await {
            Ok(Ok(answer)) => read_comparison(&answer),
            Ok(Err(why)) => Proof::Missing(format!(
                "the teacher did not compare it with its own: the question {why}"
            )),
            Err(error) => Proof::Missing(format!("the teacher was not asked: {error}")),
        }
    }

    async fn replay(&self, prompt: &str, with_skill: bool) -> Result<Replayed, ReplayError> {
        let skills = self.offered(with_skill);
        replay(&self.question.ground, prompt, skills, self.cancel, |_| {}).await
    }

    /// Replays earlier requests with the skill. One that fails now is tried without it too: only
    /// where that goes well, the skill did it.
    async fn sample(&self) -> Sample {
        let mut sample = Sample::default();
        for prompt in &self.question.earlier {
            let with = self.replay(prompt, true).await;
            match with.map(|replayed| replayed.end) {
                Ok(ReplayEnd::Judged(Verdict::Failure, _)) => {
                    let without = self.replay(prompt, false).await;
                    if let Ok(Replayed { end: ReplayEnd::Judged(Verdict::Ok, _), .. }) = without {
                        sample.n_replayed += 1;
                        sample.regressions.push(first_line(prompt).to_owned());
                    }
                }
                Ok(ReplayEnd::Judged(..)) => sample.n_replayed += 1,
                Ok(ReplayEnd::BrokenOff(_)) | Err(_) => {}
            }
        }
        sample
    }
}

fn not_begun(error: &ReplayError) -> Replay {
    Replay {
        has_read_skill: false,
        end: ReplayEnd::BrokenOff(format!("did not begin: {error}")),
        proof: Proof::Missing(String::new()),
        n_answered: 0,
    }
}

/// Whether the teacher changed files, and the replay left each of them as the teacher did and
/// changed nothing that is not so after the teacher. What the student's first attempt left behind
/// is no part of the comparison.
fn is_same_change(
    before: &Contents,
    found: &Contents,
    after: &Contents,
    replayed: &Contents,
) -> bool {
    let teachers = differences(found, after);
    let students = differences(before, replayed);
    !teachers.is_empty()
        && teachers.iter().chain(&students).all(|path| after.get(*path) == replayed.get(*path))
}

async fn contents(files: &Arc<WorkspaceCopy>) -> Contents {
    let files = Arc::clone(files);
    tokio::task::spawn_blocking(move || files.contents()).await.unwrap_or_default()
}

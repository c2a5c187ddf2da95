//! Has the student replay a request with a skill, and looks at what comes of it.
//!
//! The order, each step only where the one before leaves a question: the request with the skill;
//! what its result can be compared with; the same without the skill, to see the difference; a few
//! earlier requests with the skill, to see whether it does harm. What all that comes to is decided
//! by [`agent::verification`].

mod asked;
mod checks;
mod control;
mod report;
mod sample;

use std::{
    hash::{BuildHasher, RandomState},
    path::{Path, PathBuf},
    sync::Arc,
};

use agent::{
    detect::Verdict,
    event::Event,
    ledger::Money,
    shell::{self, Risk},
    tool::BuiltInTool,
    verification::{
        Finding, Outcome, Proof, RecordedCalls, Replay, ReplayEnd, Sample, Untried, Work,
        comparison_prompt, decide, read_comparison,
    },
};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

pub use self::asked::asked;
use self::{
    control::{is_withheld, without_skill},
    report::Report,
    sample::sample_of,
};
use crate::{
    driver::redactor,
    earlier::EarlierRequest,
    journal::Record,
    replay::{Ground, ReplayError, Replayed, TeachersWord, ask_teacher, replay},
    retention::tidy,
    run_store::RunFolder,
    skills::FoundSkill,
    turn_changes::{TurnChanges, put_checkpoints_back},
    workspace_copy::{Contents, CopyError, WorkspaceCopy, differences},
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
    /// The `SKILL.md` that it would update, if it says nearly the same as one that is there.
    pub target: Option<PathBuf>,
    /// Earlier requests that the student managed alone.
    pub earlier: Vec<EarlierRequest>,
    /// Files that are not as they were when the request was asked.
    pub changed_since: Vec<String>,
    /// Whether commands may have changed files since the request was asked, and nobody kept them.
    pub is_before_unknown: bool,
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
    /// Asks about a skill and a request of a run. The replays work on the files of before that
    /// request, as far as they were kept, and on those of now else. What the teacher's attempt left
    /// is only compared where that was kept, too.
    ///
    /// # Errors
    /// [`CopyError`].
    pub fn of_run(
        mut ground: Ground,
        run: &RunFolder,
        records: &[Record],
        turn: u32,
        skill: FoundSkill,
        others: Vec<FoundSkill>,
    ) -> Result<Option<Self>, CopyError> {
        let mut answer = None;
        for record in records.iter().filter(|record| record.turn == turn) {
            match &record.event {
                Event::TurnComplete { final_response: Some(response), .. } if record.teacher => {
                    answer = Some(response.clone());
                }
                _ => {}
            }
        }
        let Some(prompt) = asked(records, turn) else { return Ok(None) };
        ground.recorded = Arc::new(teachers_calls(records, turn));
        let (mut found, mut after, mut changed_since) = (Contents::new(), None, Vec::new());
        let mut is_before_unknown = false;
        let changes = TurnChanges::of(&ground.folders, run, turn);
        if let Some(around) = changes.around(&ground.before)? {
            ground.before = Arc::new(around.before);
            (found, after) = (around.found, Some(Arc::new(around.after)));
            changed_since = shown(around.changed_since.iter());
        } else {
            let last = records.iter().map(|record| record.turn).max().unwrap_or(turn);
            put_checkpoints_back(run, turn..=last, &ground.before)?;
            // Of what commands did there are no checkpoints.
            is_before_unknown = records.iter().any(|it| it.turn >= turn && may_write(&it.event));
        }
        let teacher = answer.map(|answer| TeacherWork { answer, found, after });
        let (target, earlier) = (None, Vec::new());
        Ok(Some(Self {
            ground,
            prompt,
            skill,
            others,
            teacher,
            target,
            earlier,
            changed_since,
            is_before_unknown,
        }))
    }
}

/// Whether something is the call of a command that does more than read.
fn may_write(event: &Event) -> bool {
    let Event::ToolCall { tool, arguments, .. } = event else { return false };
    let command = arguments.get("command").and_then(Value::as_str);
    BuiltInTool::from_name(tool) == Some(BuiltInTool::Bash)
        && command.is_some_and(|command| shell::read(command).risk() != Risk::Reads)
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
/// `begun` is told where the replay with the skill is kept, once it has begun; what there is to see
/// is written down there.
pub async fn verify(
    question: &Question,
    cancel: &CancellationToken,
    begun: impl FnOnce(&RunFolder),
) -> Answer {
    let mut verifier = Verifier { question, ground: question.ground.clone(), cancel };
    let with = verifier.attempt(true, begun).await;
    let mut sample = Sample { untried: Untried::Pointless, ..Sample::default() };
    let (mut without, mut sampled) = (None, Vec::new());
    if with.folder.is_some() && !cancel.is_cancelled() {
        // Whether it is needed is a question whatever it is worth.
        without = Some(verifier.attempt(false, |_| {}).await);
        let so_far = decide(&with.replay, None, &sample);
        let has_ended = matches!(with.replay.end, ReplayEnd::Judged(..));
        if has_ended && so_far.outcome != Outcome::NotVerified {
            sampled = verifier.sample().await;
            sample = sample_of(question, &sampled);
        }
    }
    let finding = decide(&with.replay, without.as_ref().map(|it| &it.replay), &sample);
    let mut finding = finding.on_changed_files(&question.changed_since);
    if question.is_before_unknown {
        finding = finding.on_unknown_files();
    }
    let replay = with.folder.clone();
    let control = without.as_ref().and_then(|it| it.folder.clone());
    let cost = verifier.ground.spent;
    let report = Report { question, finding: &finding, with, without, sampled, cost };
    report.write().await;
    let Ground { folders, clock, config, .. } = &question.ground;
    let (folders, now) = (Arc::clone(folders), clock.now());
    let keep_days = config.verify.keep_days;
    if let Err(error) = tokio::task::spawn_blocking(move || tidy(&folders, now, keep_days)).await {
        tracing::error!(%error, "old replays stay");
    }
    Answer { finding, replay, control }
}

/// An attempt of a verification, and what there is to see of it.
pub(crate) struct Tried {
    folder: Option<RunFolder>,
    replay: Replay,
    answer: Option<String>,
    changed_files: Vec<String>,
    /// Where the teacher compared it with its own.
    comparison: Option<RunFolder>,
}

struct Verifier<'a> {
    question: &'a Question,
    /// The question's, with what was spent so far.
    ground: Ground,
    cancel: &'a CancellationToken,
}

impl Verifier<'_> {
    /// Has the student try the request, with the skill or without.
    async fn attempt(&mut self, with_skill: bool, begun: impl FnOnce(&RunFolder)) -> Tried {
        let Question { prompt, skill, .. } = self.question;
        let mut ground = self.ground.clone();
        if !with_skill {
            match without_skill(self.question, &ground.before).await {
                Ok(rest) => ground.before = rest,
                Err(error) => return not_begun(&error.into()),
            }
        }
        let skills = self.offered(with_skill);
        let replayed = match replay(&ground, prompt, skills, self.cancel, begun).await {
            Ok(replayed) => replayed,
            Err(error) => return not_begun(&error),
        };
        self.spend(replayed.cost);
        let before = contents(&ground.before).await;
        let after = contents(&replayed.files).await;
        let (proof, comparison) = match replayed.end {
            ReplayEnd::Judged(Verdict::Ok, _) => self.proof(&replayed, &before, &after).await,
            _ => (Proof::Missing("there was nothing to compare".to_owned()), None),
        };
        let has_read_skill = replayed.read_skills.contains(&skill.name);
        let Replayed { folder, end, answer, n_answered, .. } = replayed;
        Tried {
            folder: Some(folder),
            replay: Replay { has_read_skill, end, proof, n_answered },
            answer,
            changed_files: changed_files(&before, &after),
            comparison,
        }
    }

    fn spend(&mut self, cost: Money) {
        self.ground.spent = self.ground.spent + cost;
    }

    /// Of two skills with one name the first counts: the one in question.
    fn offered(&self, with_skill: bool) -> Vec<FoundSkill> {
        let Question { skill, others, .. } = self.question;
        let own = with_skill.then_some(skill).into_iter();
        let is_other = |other: &&FoundSkill| {
            if with_skill { other.name != skill.name } else { !is_withheld(self.question, other) }
        };
        own.chain(others.iter().filter(is_other)).cloned().collect()
    }

    /// Compares what a replay came to with what the teacher's attempt did; also returns where the
    /// teacher did so, if it was asked.
    async fn proof(
        &mut self,
        replayed: &Replayed,
        before: &Contents,
        replayed_files: &Contents,
    ) -> (Proof, Option<RunFolder>) {
        let after = match self.teachers_files() {
            Some(after) => Some(contents(after).await),
            None => None,
        };
        if let (Some(teacher), Some(after)) = (&self.question.teacher, &after)
            && is_same_change(before, &teacher.found, after, replayed_files)
        {
            return (Proof::SameFiles, None);
        }
        let mut passed = None;
        for command in checks::commands(&self.question.skill.text) {
            match self.check(&command, &replayed.files).await {
                Some(proof @ Proof::Check { has_passed: false, .. }) => return (proof, None),
                Some(proof) => passed = passed.or(Some(proof)),
                None => {}
            }
        }
        if let Some(proof) = passed {
            return (proof, None);
        }
        let Some(teacher) = &self.question.teacher else {
            let why = "the skill's section on verification names no command that would tell \
                       whether that is right";
            return (Proof::Missing(why.to_owned()), None);
        };
        let work = |answer: &str, from: &Contents, files: &Contents| Work {
            answer: answer.to_owned(),
            changed_files: changed_files(from, files),
            texts: Vec::new(),
        };
        // Where nobody knows which files the teacher changed, its answer alone is compared.
        let mut teachers = match &after {
            Some(after) => work(&teacher.answer, &teacher.found, after),
            None => work(&teacher.answer, before, before),
        };
        let answer = replayed.answer.as_deref().unwrap_or_default();
        let mut students = work(answer, before, replayed_files);
        if let (Some(after), Some(copy)) = (&after, self.teachers_files()) {
            // The teacher cannot tell from paths that what they hold differs.
            let both =
                teachers.changed_files.iter().filter(|it| students.changed_files.contains(it));
            let both = both.filter(|it| {
                let path = Path::new(it.as_str());
                after.get(path) != replayed_files.get(path)
            });
            let paths: Vec<String> = both.cloned().collect();
            (teachers.texts, students.texts) =
                (self.texts(copy, &paths).await, self.texts(&replayed.files, &paths).await);
        }
        self.compare(&self.question.prompt, &teachers, &students).await
    }

    /// Returns the texts of files of a copy, as another model may see them: whole and without
    /// secrets.
    async fn texts(&self, files: &Arc<WorkspaceCopy>, paths: &[String]) -> Vec<(String, String)> {
        let redactor = redactor(&self.ground.config);
        let (files, paths) = (Arc::clone(files), paths.to_vec());
        let read = move || {
            let text = |path: String| {
                let text = files.text(Path::new(&path));
                let text = text.unwrap_or_else(|error| format!("(no text: {error})"));
                (path, redactor.redact(&text).into_owned())
            };
            paths.into_iter().map(text).collect()
        };
        tokio::task::spawn_blocking(read).await.unwrap_or_default()
    }

    fn teachers_files(&self) -> Option<&Arc<WorkspaceCopy>> {
        self.question.teacher.as_ref()?.after.as_ref()
    }

    /// Runs a check on the student's files. It says nothing if it does not pass on the teacher's
    /// own, or if it passed before anything was done. One that only prints passes by printing what
    /// it prints of the teacher's; what else it prints says nothing.
    async fn check(&self, command: &str, files: &Arc<WorkspaceCopy>) -> Option<Proof> {
        let ground = &self.ground;
        let teachers = match self.teachers_files() {
            Some(after) => Some(checks::run(ground, after, command, self.cancel).await?),
            None => None,
        };
        if teachers.as_ref().is_some_and(|it| !it.has_passed) {
            return None;
        }
        let before = checks::run(ground, &ground.before, command, self.cancel).await?;
        if checks::only_prints(command) {
            let teachers = teachers.filter(|it| *it != before)?;
            let students = checks::run(ground, files, command, self.cancel).await?;
            let proof = Proof::Check { command: command.to_owned(), has_passed: true };
            return (students == teachers).then_some(proof);
        }
        if before.has_passed {
            return None;
        }
        let has_passed = checks::run(ground, files, command, self.cancel).await?.has_passed;
        Some(Proof::Check { command: command.to_owned(), has_passed })
    }

    async fn compare(
        &mut self,
        prompt: &str,
        teachers: &Work,
        students: &Work,
    ) -> (Proof, Option<RunFolder>) {
        let nonce = format!("{:016x}", RandomState::new().hash_one(prompt));
        let question = comparison_prompt(prompt, teachers, students, &nonce);
        match ask_teacher(&self.ground, &question, self.cancel).await {
            Ok(TeachersWord { folder, answer, cost }) => {
                self.spend(cost);
                let proof = match answer {
                    Ok(answer) => read_comparison(&answer),
                    Err(why) => Proof::Missing(format!(
                        "the teacher did not compare the answers: the question {why}"
                    )),
                };
                (proof, Some(folder))
            }
            Err(error) => (Proof::Missing(format!("the teacher was not asked: {error}")), None),
        }
    }
}

fn not_begun(error: &ReplayError) -> Tried {
    let replay = Replay {
        has_read_skill: false,
        end: ReplayEnd::BrokenOff(format!("did not begin: {error}")),
        proof: Proof::Missing(String::new()),
        n_answered: 0,
    };
    Tried { folder: None, replay, answer: None, changed_files: Vec::new(), comparison: None }
}

fn changed_files(before: &Contents, after: &Contents) -> Vec<String> {
    shown(differences(before, after).into_iter())
}

fn shown<P: AsRef<Path>>(paths: impl Iterator<Item = P>) -> Vec<String> {
    paths.map(|path| path.as_ref().display().to_string()).collect()
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

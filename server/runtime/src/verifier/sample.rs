//! Whether a skill does harm: earlier requests, asked again with it.
//!
//! A student that a skill misleads seldom gives up; it answers something else. So what comes of such
//! a request is compared with what came of it before: the files, where it is known what was left in
//! them, and else the answers, by the teacher. What goes wrong is the skill's doing only where it
//! does not go wrong without it.

use std::{path::Path, sync::Arc};

use agent::{
    detect::Verdict,
    verification::{Proof, Regression, ReplayEnd, Sample, Untried, Work},
};

use super::{Question, Verifier, changed_files, contents, control::without_skill};
use crate::{
    earlier::{EarlierRequest, LeftBehind},
    replay::{Ground, Replayed, replay},
    run_store::{RunFolder, first_line},
    workspace_copy::{Contents, CopyError, WorkspaceCopy},
};

/// Stands for the text of a file of which only the hash was kept.
const NOT_KEPT: &str = "(what it held is not kept)";
/// Stands for the files that a turn changed, of which nothing was kept.
const NOT_KNOWN: &str = "(not known)";

/// An earlier request, asked again.
pub(crate) struct Sampled {
    pub(super) prompt: String,
    pub(super) became: Became,
    /// The replay with the skill.
    pub(super) folder: Option<RunFolder>,
    /// Where the teacher compared what came of it.
    pub(super) comparison: Option<RunFolder>,
}

/// What became of an earlier request. Reasons are ends of sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Became {
    /// The same as before.
    Same,
    /// Something else, and without the skill the same as before.
    Worse(String),
    /// Nobody can tell.
    Unclear(String),
}

/// What one attempt at an earlier request came to.
enum Again {
    Same,
    Other(String),
    Unclear(String),
}

/// What the requests come to all in all.
pub(super) fn sample_of(question: &Question, sampled: &[Sampled]) -> Sample {
    let is_off = question.ground.config.verify.regression_sample == 0;
    let untried = if is_off { Untried::Off } else { Untried::NoneThere };
    let mut sample = Sample { untried, ..Sample::default() };
    for Sampled { prompt, became, .. } in sampled {
        match became {
            Became::Same => sample.n_same += 1,
            Became::Worse(why) => {
                let (request, why) = (first_line(prompt).to_owned(), why.clone());
                sample.regressions.push(Regression { request, why });
            }
            Became::Unclear(why) => sample.unclear.push(why.clone()),
        }
    }
    sample
}

impl Verifier<'_> {
    /// Asks the earlier requests again with the skill.
    pub(super) async fn sample(&mut self) -> Vec<Sampled> {
        let mut sampled = Vec::new();
        for request in &self.question.earlier {
            if self.cancel.is_cancelled() {
                break;
            }
            sampled.push(self.ask_again(request).await);
        }
        sampled
    }

    async fn ask_again(&mut self, request: &EarlierRequest) -> Sampled {
        let prompt = request.prompt.clone();
        let mut sampled = Sampled { prompt, became: Became::Same, folder: None, comparison: None };
        let (before, left) = match files_before(request, &self.ground.before).await {
            Ok(around) => around,
            Err(error) => {
                sampled.became = Became::Unclear(format!("the replay did not begin: {error}"));
                return sampled;
            }
        };
        let (with, folder, comparison) = self.attempt_again(request, &before, &left, true).await;
        (sampled.folder, sampled.comparison) = (folder, comparison);
        sampled.became = match with {
            Again::Same => Became::Same,
            Again::Unclear(why) => Became::Unclear(why),
            Again::Other(why) => match without_skill(self.question, &before).await {
                Ok(before) => match self.attempt_again(request, &before, &left, false).await.0 {
                    Again::Same => Became::Worse(why),
                    Again::Other(_) => Became::Unclear(
                        "without it the student does not get to what it did before either"
                            .to_owned(),
                    ),
                    Again::Unclear(why) => Became::Unclear(format!("without it {why}")),
                },
                Err(error) => Became::Unclear(format!("nobody knows how it goes without: {error}")),
            },
        };
        sampled
    }

    /// Has the student try an earlier request, and compares.
    async fn attempt_again(
        &mut self,
        request: &EarlierRequest,
        before: &Arc<WorkspaceCopy>,
        left: &LeftBehind,
        with_skill: bool,
    ) -> (Again, Option<RunFolder>, Option<RunFolder>) {
        let (before, recorded) = (Arc::clone(before), Arc::clone(&request.recorded));
        let ground = Ground { before, recorded, ..self.ground.clone() };
        let skills = self.offered(with_skill);
        let replayed = match replay(&ground, &request.prompt, skills, self.cancel, |_| {}).await {
            Ok(replayed) => replayed,
            Err(error) => {
                let why = format!("the replay did not begin: {error}");
                return (Again::Unclear(why), None, None);
            }
        };
        self.spend(replayed.cost);
        let folder = Some(replayed.folder.clone());
        let (again, comparison) = match &replayed.end {
            ReplayEnd::Judged(Verdict::Ok, _) => {
                self.compare_again(request, &ground.before, left, &replayed).await
            }
            // What such calls would have done is missing.
            ReplayEnd::Judged(Verdict::Failure, why) if replayed.n_answered == 0 => {
                (Again::Other(format!("it failed: {}", why.trim_end_matches('.'))), None)
            }
            ReplayEnd::Judged(_, why) => {
                let why = why.trim_end_matches('.');
                (Again::Unclear(format!("the replay ended unclear: {why}")), None)
            }
            // Where it does not without the skill, that is the skill's doing.
            ReplayEnd::OutOfSteps(_) => (Again::Other(format!("it {}", replayed.end.told())), None),
            ReplayEnd::BrokenOff(why) => (Again::Unclear(format!("the replay {why}")), None),
        };
        (again, folder, comparison)
    }

    /// Compares what came of it with what came of it before; also returns where the teacher did so,
    /// if it was asked.
    async fn compare_again(
        &mut self,
        request: &EarlierRequest,
        before: &Arc<WorkspaceCopy>,
        left: &LeftBehind,
        replayed: &Replayed,
    ) -> (Again, Option<RunFolder>) {
        let (found, after) = (contents(before).await, contents(&replayed.files).await);
        let answer = replayed.answer.as_deref().unwrap_or_default();
        let is_same = left.is_left_by(&found, &after);
        let is_same_answer = is_same.is_none()
            && found == after
            && answer.split_whitespace().eq(request.answer.split_whitespace());
        if is_same == Some(true) || is_same_answer {
            return (Again::Same, None);
        }
        let (first, second) = self.works(request, left, (&found, &after), replayed).await;
        let (proof, comparison) = if self.question.ground.config.teacher.enabled {
            self.compare(&request.prompt, &first, &second).await
        } else {
            (Proof::Missing("there is no teacher to compare it with before".to_owned()), None)
        };
        let again = match proof {
            Proof::Comparison { is_equal: true, .. } => Again::Same,
            Proof::Comparison { is_equal: false, reason } => Again::Other(format!(
                "the teacher judged it not as good as before: {}",
                reason.trim_end_matches('.')
            )),
            _ if is_same == Some(false) => Again::Other("it leaves other files".to_owned()),
            Proof::Missing(why) => Again::Unclear(why),
            _ => Again::Unclear("nothing was compared".to_owned()),
        };
        (again, comparison)
    }

    /// Returns what the request came to before, and now.
    async fn works(
        &self,
        request: &EarlierRequest,
        left: &LeftBehind,
        (found, after): (&Contents, &Contents),
        replayed: &Replayed,
    ) -> (Work, Work) {
        let now = contents(&self.ground.before).await;
        let unlike = |path: &&Path| !left.is_in(path, after);
        // What the turn left may be there still.
        let (kept, lost): (Vec<&Path>, Vec<&Path>) =
            left.paths().filter(unlike).partition(|path| left.is_in(path, &now));
        let shown = |path: &Path| path.display().to_string();
        let kept: Vec<String> = kept.into_iter().map(shown).collect();
        let lost = lost.into_iter().map(|path| (shown(path), NOT_KEPT.to_owned()));
        let mut texts_before = self.texts(&self.ground.before, &kept).await;
        texts_before.extend(lost);
        let changed = changed_files(found, after);
        let mut changed_before: Vec<String> = left.paths().map(shown).collect();
        if changed_before.is_empty() && !changed.is_empty() {
            changed_before.push(NOT_KNOWN.to_owned());
        }
        let others = changed.iter().filter(|path| !left.is_in(Path::new(path.as_str()), after));
        let others: Vec<String> = others.cloned().collect();
        let texts_now = self.texts(&replayed.files, &others).await;
        let answer = replayed.answer.clone().unwrap_or_default();
        let (first, second) = (request.answer.clone(), answer);
        let first = Work { answer: first, changed_files: changed_before, texts: texts_before };
        let second = Work { answer: second, changed_files: changed, texts: texts_now };
        (first, second)
    }
}

/// Returns the files that an earlier request found, and what it left.
async fn files_before(
    request: &EarlierRequest,
    now: &Arc<WorkspaceCopy>,
) -> Result<(Arc<WorkspaceCopy>, LeftBehind), CopyError> {
    let (request, now) = (request.clone(), Arc::clone(now));
    let around = move || Ok((Arc::new(request.before(&now)?), request.left()));
    let around = tokio::task::spawn_blocking(around).await;
    around.unwrap_or_else(|error| Err(CopyError::Broken(error.to_string())))
}

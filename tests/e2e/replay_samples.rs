//! What a skill does to requests that went well without it.

use std::{fs, path::Path, sync::Arc};

use agent::verification::Outcome;
use runtime::{
    acceptance::sha256, config::Config, earlier::EarlierRequest, run_store::RunFolder,
    verifier::Answer,
};

use crate::verification::{STUDENT, Trial, check};

const HELLO: &str = "say hello";
const WRITE: &str = "write hi";

/// A student that manages some requests alone, and is misled at one of them by the skill.
fn misled(request: &str, replies: &str) -> Trial {
    let alone = "[[reply]]\nprompt = \"say hello\"\ntext = \"Hello!\"\n\
                 [[reply]]\nprompt = \"write hi\"\nstep = 0\n\
                 calls = [{ name = \"bash\", arguments = { command = \"echo hi > hi.txt\" } }]\n\
                 [[reply]]\nprompt = \"write hi\"\ntext = \"Written.\"\n";
    let replies = replies.replace("PROMPT", &format!("prompt = \"(?s)count-rows.*{request}\""));
    Trial::new(&format!("{replies}{alone}{STUDENT}"), Some("3\n"))
}

/// A request of a run whose folder is in the trial's.
fn earlier(trial: &Trial, prompt: &str, answer: &str) -> EarlierRequest {
    let path = trial.folder.path().join("runs").join(prompt.replace(' ', "-"));
    EarlierRequest {
        prompt: prompt.to_owned(),
        answer: answer.to_owned(),
        run: RunFolder { run_id: prompt.to_owned(), path },
        turn: 1,
        recorded: Arc::default(),
    }
}

/// Has the request's turn leave `hi.txt`, which was not there before.
fn has_left(request: &EarlierRequest, text: &str) {
    let kept = request.run.path.join("checkpoints/turn-1/by-commands");
    for (part, text) in [("created", ""), ("left", &sha256(text))] {
        fs::create_dir_all(kept.join(part)).unwrap();
        fs::write(kept.join(part).join("hi.txt"), text).unwrap();
    }
}

fn teacher_says(trial: &Trial, prompt: &str, words: &str) {
    let script = format!(
        "[[reply]]\nprompt = \"{prompt}\"\ntext = \"{words}\"\n[[reply]]\ntext = \"EQUAL: yes.\"\n"
    );
    fs::write(trial.folder.path().join("teacher.toml"), script).unwrap();
}

fn report(answer: &Answer) -> String {
    let replay = answer.replay.as_ref().unwrap();
    fs::read_to_string(replay.path.join("verification.md")).unwrap()
}

#[tokio::test]
async fn a_skill_with_which_the_student_gives_up_elsewhere_is_not_verified() {
    let mut trial = misled("none", "");
    trial.question.earlier = vec![earlier(&trial, HELLO, "Hello!")];
    let answer = trial.verify().await;
    check(&answer, Outcome::Verified, "1 earlier request went as before");
    assert_eq!((answer.finding.repairs, answer.finding.regressions), (Some(1), Some(0)));

    let mut trial =
        misled(HELLO, "[[reply]]\nPROMPT\ntext = \"I could not determine the number of rows.\"\n");
    trial.question.earlier = vec![earlier(&trial, HELLO, "Hello!")];
    let answer = trial.verify().await;
    check(&answer, Outcome::NotVerified, "1 of 1 earlier request goes wrong with it (say hello:");
    assert_eq!((answer.finding.repairs, answer.finding.regressions), (Some(1), Some(1)));
}

#[tokio::test]
async fn a_skill_with_which_the_student_comes_to_no_end_elsewhere_is_not_verified() {
    let step = |n: usize| {
        format!(
            "[[reply]]\nPROMPT\nstep = {n}\n\
             calls = [{{ name = \"bash\", arguments = {{ command = \"echo {n}\" }} }}]\n"
        )
    };
    let mut trial = misled(HELLO, &(0..6).map(step).collect::<String>());
    let mut config = Config::clone(&trial.question.ground.config);
    config.verify.max_steps = 5;
    trial.question.ground.config = Arc::new(config);
    trial.question.earlier = vec![earlier(&trial, HELLO, "Hello!")];
    let answer = trial.verify().await;
    check(&answer, Outcome::NotVerified, "(say hello: it ran out of its 5 steps)");
    assert_eq!(answer.finding.regressions, Some(1));
}

#[tokio::test]
async fn a_skill_with_which_the_student_answers_something_else_is_not_verified() {
    let mut trial = misled(HELLO, "[[reply]]\nPROMPT\ntext = \"The answer is 42 rows.\"\n");
    trial.question.earlier = vec![earlier(&trial, HELLO, "Hello!")];
    teacher_says(&trial, "(?s)THE FIRST.*Hello!.*42 rows", "DIFFERENT: it greets nobody.");
    let answer = trial.verify().await;
    check(&answer, Outcome::NotVerified, "not as good as before: it greets nobody).");
    assert_eq!(answer.finding.regressions, Some(1));
    let report = report(&answer);
    assert!(
        report.contains("- say hello: goes wrong with the skill only: the teacher"),
        "{report}"
    );
    assert!(report.contains("[the teacher's comparison](../"), "{report}");

    // Other words for the same are no harm.
    teacher_says(&trial, "no such words", "DIFFERENT: never.");
    check(&trial.verify().await, Outcome::Verified, "1 earlier request went as before");
}

#[tokio::test]
async fn a_skill_with_which_the_student_leaves_other_files_is_not_verified() {
    let wrong = "[[reply]]\nPROMPT\nstep = 0\n\
                 calls = [{ name = \"bash\", arguments = { command = \"echo wrong > hi.txt\" } }]\n\
                 [[reply]]\nPROMPT\ntext = \"Written.\"\n";
    let mut trial = misled(WRITE, wrong);
    let request = earlier(&trial, WRITE, "Written.");
    has_left(&request, "hi\n");
    trial.question.earlier = vec![request];
    teacher_says(&trial, "which the other left otherwise:\\nwrong", "DIFFERENT: it says wrong.");
    check(&trial.verify().await, Outcome::NotVerified, "(write hi: the teacher judged it");
    // Where nobody can be asked, what differs counts, since without the skill it does not.
    fs::write(trial.folder.path().join("teacher.toml"), "[[reply]]\ntext = \"?\"\n").unwrap();
    check(&trial.verify().await, Outcome::NotVerified, "(write hi: it leaves other files)");
}

#[tokio::test]
async fn files_that_are_as_they_were_left_need_no_judge() {
    let mut trial = misled("none", "");
    let request = earlier(&trial, WRITE, "Written, in other words.");
    has_left(&request, "hi\n");
    trial.question.earlier = vec![request];
    fs::write(trial.folder.path().join("teacher.toml"), "[[reply]]\ntext = \"?\"\n").unwrap();
    check(&trial.verify().await, Outcome::Verified, "1 earlier request went as before");
}

#[tokio::test]
async fn what_does_not_go_as_before_anyway_is_not_the_skills_doing() {
    let mut trial = misled("none", "");
    trial.question.earlier = vec![earlier(&trial, HELLO, "Good morning, 3 files.")];
    teacher_says(&trial, "Good morning", "DIFFERENT: there are more files by now.");
    let answer = trial.verify().await;
    check(&answer, Outcome::Verified, "Of 1 earlier request it is not clear whether it does harm");
    assert_eq!(answer.finding.regressions, None, "nothing was found out");
}

#[tokio::test]
async fn what_nobody_compared_is_not_said_to_have_gone_as_before() {
    let mut trial = misled("none", "");
    let request = earlier(&trial, HELLO, "Good morning!");
    trial.question.earlier = vec![request, earlier(&trial, WRITE, "Written.")];
    let mut config = Config::clone(&trial.question.ground.config);
    config.teacher.enabled = false;
    trial.question.ground.config = Arc::new(config);
    let words = "Of 2 earlier requests it is not clear whether it does harm (there is no teacher";
    check(&trial.verify().await, Outcome::Verified, words);
    assert!(!Path::new(&trial.workspace()).join("hi.txt").exists());
}

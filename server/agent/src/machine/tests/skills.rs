//! What the models are told of skills, turn by turn.

use super::{FailureClass, calls, failure, machine, results, says, setup};
use crate::{
    context::Room,
    event::{Event, StateRecord},
    machine::{Emitted, Input, Machine, Step, Transition},
    message::Message,
    policy::{Mode, Policy},
    prompt::OfferedSkill,
};

fn skill(name: &str, description: &str) -> OfferedSkill {
    OfferedSkill { name: name.to_owned(), description: description.to_owned(), n_runs: 0 }
}

/// More than any window has room for.
fn many() -> Vec<OfferedSkill> {
    let fillers =
        (0..400).map(|n| skill(&format!("filler-{n:03}"), "Does something for a file here."));
    let known = [
        skill("count-csv-rows", "Counts the data rows of a CSV file."),
        skill("rotate-logs", "Rotates log files when the disk is full."),
    ];
    fillers.chain(known).collect()
}

fn asks(prompt: &str, skills: &[OfferedSkill]) -> Input {
    Input::Request {
        prompt: prompt.to_owned(),
        origin: None,
        skills: skills.to_vec(),
        notes: Vec::new(),
    }
}

fn system_and_request(transition: &Transition) -> (String, String) {
    let Step::CallModel { request, .. } = &transition.step else { panic!("{transition:?}") };
    let text = |message: Option<&Message>| match message {
        Some(Message::System { content } | Message::User { content, .. }) => content.clone(),
        other => panic!("{other:?}"),
    };
    (text(request.messages.first()), text(request.messages.last()))
}

fn offered(transition: &Transition) -> (Vec<String>, usize) {
    let offered = transition.events.iter().find_map(|emitted| match &emitted.event {
        Event::State(StateRecord::SkillsOffered { names, n_others }) => {
            Some((names.clone(), *n_others))
        }
        _ => None,
    });
    offered.expect("a turn says which skills it offers")
}

#[test]
fn a_prompt_names_the_skills_that_suit_the_request_and_says_how_many_others_there_are() {
    let mut setup = setup();
    setup.rooms.student = Room { window: Some(8_192), reply: 1_024 };
    let mut machine = Machine::new(setup, Policy { mode: Mode::Full, ..Policy::default() });
    let skills = many();
    assert!(!machine.lists_all(&skills) && machine.lists_all(&skills[..3]));
    let transition = machine.advance(asks("How many rows has data.csv?", &skills));
    let (system, _) = system_and_request(&transition);
    assert!(system.contains("- count-csv-rows: Counts"), "{system}");
    let (names, n_others) = offered(&transition);
    assert_eq!((names.len() + n_others, names[0].as_str()), (skills.len(), "count-csv-rows"));
    assert!(system.contains(&format!("{n_others} more are not named here")), "{system}");
}

#[test]
fn a_later_request_leaves_the_prompt_alone_and_names_what_suits_it() {
    let mut machine = machine(Mode::Full);
    let mut skills = many();
    let first = machine.advance(asks("How many rows has data.csv?", &skills));
    let (system, _) = system_and_request(&first);
    assert!(!system.contains("rotate-logs"));
    machine.advance(says("Three."));
    // That a run used one changes nothing.
    skills[0].n_runs = 1;
    let second = machine.advance(asks("The disk is full of logs.", &skills));
    let (same, request) = system_and_request(&second);
    assert_eq!(same, system);
    assert!(request.ends_with("- rotate-logs: Rotates log files when the disk is full."));
    assert_eq!(offered(&second).0.last().map(String::as_str), Some("rotate-logs"));
    machine.advance(says("Done."));
    let (_, request) = system_and_request(&machine.advance(asks("Thank you", &skills)));
    assert_eq!(request, "Thank you");
}

#[test]
fn a_skill_that_came_is_named_from_the_next_request_on() {
    let mut machine = machine(Mode::Full);
    let (system, _) = system_and_request(&machine.advance(asks("a", &[])));
    assert!(!system.contains("Skills"));
    machine.advance(says("b"));
    let (system, _) = system_and_request(&machine.advance(asks("c", &many()[400..])));
    assert!(system.contains("- count-csv-rows:") && system.contains("- rotate-logs:"));
}

#[test]
fn a_skill_that_came_between_two_processes_is_named_too() {
    let mut machine = machine(Mode::Full);
    let mut journal: Vec<Emitted> = machine.snapshot().into_iter().collect();
    journal.extend(machine.advance(asks("a", &[])).events);
    journal.extend(machine.advance(says("b")).events);
    let policy = Policy { mode: Mode::Full, ..Policy::default() };
    let skills = many()[400..].to_vec();
    let (mut machine, _) = Machine::restore(setup(), policy, skills.clone(), &journal, &[]);
    let transition = machine.advance(asks("c", &skills));
    let (system, _) = system_and_request(&transition);
    assert!(system.contains("- count-csv-rows:"), "{system}");
    let Step::CallModel { request, .. } = transition.step else { unreachable!() };
    let is_system = |it: &&Message| matches!(it, Message::System { .. });
    assert_eq!(request.messages.iter().filter(is_system).count(), 1);
}

#[test]
fn the_teacher_is_told_of_the_skills_that_suit_what_it_takes_over() {
    let mut machine = machine(Mode::Full);
    machine.advance(asks("How many rows has data.csv?", &many()));
    machine.advance(says("Three."));
    machine.advance(asks("The disk is full of logs.", &many()));
    machine.advance(calls(&[("a", "bash", r#"{"command":"rotate"}"#)]));
    machine.advance(results(&[("a", 1)]));
    let transition = machine.advance(says("I can't do that."));
    let (system, _) = system_and_request(&transition);
    assert!(system.contains("- rotate-logs:"), "{system}");
    machine.advance(failure(FailureClass::Cancelled));
}

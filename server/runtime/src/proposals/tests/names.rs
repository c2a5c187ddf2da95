//! Under which name a skill is saved, where, and with which line ends.

use std::fs;

use super::{
    decisions::{Bench, better},
    skill,
};
use crate::proposals::{AcceptAs, Proposal, Request};

/// Saves another text for a proposal, as a person does.
fn save(bench: &Bench, proposal: &mut Proposal, text: &str) {
    fs::write(bench.store.document(proposal), text).unwrap();
    assert!(bench.store.edited(proposal, text, &bench.config).unwrap());
}

#[test]
fn the_name_that_a_person_writes_is_the_skills() {
    for (written, expected) in [
        ("rows-of-csv", "rows-of-csv"),
        // The next free one, and no name that a skill cannot have.
        ("taken", "taken-2"),
        ("../elsewhere", "count-csv-rows"),
    ] {
        let bench = Bench::new();
        let taken = bench.store.folder().join(".agents/skills/taken");
        fs::create_dir_all(&taken).unwrap();
        fs::write(taken.join("SKILL.md"), "mine\n").unwrap();
        let mut proposal = bench.propose(&skill()).unwrap();
        let text = fs::read_to_string(bench.store.document(&proposal)).unwrap();
        let text = text.replace("name: count-csv-rows", &format!("name: {written}"));
        save(&bench, &mut proposal, &text);
        let turn = bench.store.take_turn().unwrap();
        let request = Request {
            accept_as: None,
            overrides_errors: true,
            takes_text_as_it_is: false,
            open: &|_| None,
        };
        let (id, now) = (&proposal.proposal_id, Bench::now());
        let (_, plan) = bench.store.plan(&turn, id, &request, &bench.config, now).unwrap();
        assert_eq!(plan.name, expected);
        let end = format!(".agents/skills/{expected}/SKILL.md");
        assert!(plan.target.ends_with(&end), "{}", plan.target.display());
        assert!(plan.text.contains(&format!("name: {expected}\n")), "{}", plan.text);
    }
}

#[test]
fn what_an_interrupted_acceptance_left_is_accepted_as_it_is() {
    let bench = Bench::new();
    let id = bench.propose(&skill()).unwrap().proposal_id;
    let turn = bench.store.take_turn().unwrap();
    let (_, plan) = bench.plan(&turn, &id, None).unwrap();
    let left = plan.text.replace("accepted: \"2026-11-21", "accepted: \"2026-11-20");
    assert_ne!(*left, *plan.text, "it says when it was accepted");
    fs::create_dir_all(plan.target.parent().unwrap()).unwrap();
    fs::write(&plan.target, &left).unwrap();
    let (_, again) = bench.plan(&turn, &id, None).unwrap();
    assert_eq!((&again.target, again.is_there, &*again.text), (&plan.target, true, &*left));
}

#[test]
fn an_empty_folder_takes_no_name() {
    let bench = Bench::new();
    fs::create_dir_all(bench.store.folder().join(".agents/skills/count-csv-rows")).unwrap();
    let id = bench.propose(&skill()).unwrap().proposal_id;
    let target = bench.accept(&id, None).unwrap();
    assert!(target.ends_with(".agents/skills/count-csv-rows/SKILL.md"), "{}", target.display());
}

#[test]
fn a_setting_may_lead_out_of_the_workspace() {
    let mut bench = Bench::new();
    bench.config.skills.save_dir = "../shared".to_owned();
    let id = bench.propose(&skill()).unwrap().proposal_id;
    let target = bench.accept(&id, None).unwrap();
    let shared = bench.store.folder().parent().unwrap().join("shared/count-csv-rows/SKILL.md");
    assert!(shared.is_file(), "{}", target.display());
}

#[test]
fn an_update_keeps_the_line_ends_of_what_is_there() {
    let bench = Bench::new();
    let first = bench.propose(&skill()).unwrap();
    let target = bench.accept(&first.proposal_id, None).unwrap();
    let accepted = fs::read_to_string(&target).unwrap();
    let mine = accepted.replace("The number is not negative.", "We never report less than one.");
    fs::write(&target, mine.replace('\n', "\r\n")).unwrap();
    let second = bench.propose(&better()).unwrap();
    bench.accept(&second.proposal_id, Some(AcceptAs::Update)).unwrap();
    let updated = fs::read_to_string(&target).unwrap();
    assert_eq!(updated.matches('\n').count(), updated.matches("\r\n").count(), "{updated:?}");
    assert!(updated.contains("A quoted field may hold line breaks.\r\n"), "{updated}");
    assert!(updated.contains("We never report less than one.\r\n"), "{updated}");
}

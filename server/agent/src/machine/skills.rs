//! What the models are told of the skills that are there.

use super::{Actor, Machine, Out};
use crate::{
    event::{Event, StateRecord},
    message::Message,
    prompt::{OfferedSkill, system_prompt},
    skill_list::{SkillList, choose, choose_more, fits, token_budget},
};

impl Machine {
    /// Returns whether a prompt has room for all of these skills: how often they were used does
    /// not matter then.
    pub fn lists_all(&self, skills: &[OfferedSkill]) -> bool {
        fits(skills, token_budget(self.setup.rooms.student))
    }

    /// Takes the skills that are there now. The student's system prompt is only written again when
    /// others are there than before, for a server that keeps what it made of its beginning; what
    /// it does not name and suits the request is returned.
    pub(super) fn list_skills(
        &mut self,
        skills: Vec<OfferedSkill>,
        out: &mut Out,
    ) -> Vec<OfferedSkill> {
        let shown = |skill: &OfferedSkill| (skill.name.clone(), skill.description.clone());
        let is_as_before = self.skills.iter().map(shown).eq(skills.iter().map(shown));
        self.skills = skills;
        let budget = token_budget(self.setup.rooms.student);
        let mut more = Vec::new();
        let listed = match self.listed.take() {
            Some(listed) if is_as_before && !self.student.messages.is_empty() => {
                if listed.len() < self.skills.len() {
                    more = choose_more(&self.skills, &listed, &self.request, budget);
                }
                listed
            }
            _ => {
                let list = choose(&self.skills, &self.request, budget);
                self.write_system_prompt(&list, out);
                list.named.into_iter().map(|skill| skill.name).collect()
            }
        };
        let names: Vec<String> =
            listed.iter().cloned().chain(more.iter().map(|skill| skill.name.clone())).collect();
        let n_others = self.skills.len().saturating_sub(names.len());
        out.emit(Event::State(StateRecord::SkillsOffered { names, n_others }));
        self.listed = Some(listed);
        more
    }

    fn write_system_prompt(&mut self, list: &SkillList, out: &mut Out) {
        let content = system_prompt(&self.setup.workspace, list, !self.setup.tools.is_empty());
        let system = Message::System { content };
        match self.student.messages.first_mut() {
            Some(first @ Message::System { .. }) => *first = system.clone(),
            _ => self.student.messages.insert(0, system.clone()),
        }
        let (actor, messages) = (Actor::Student, vec![system]);
        out.emit(Event::State(StateRecord::Messages { actor, messages }));
    }

    /// Returns the teacher's system prompt, with the skills that suit the request it takes over.
    pub(super) fn teacher_prompt(&self) -> String {
        let budget = token_budget(self.setup.rooms.teacher);
        let list = choose(&self.skills, &self.request, budget);
        system_prompt(&self.setup.workspace, &list, !self.setup.tools.is_empty())
    }
}

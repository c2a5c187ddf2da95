//! The skills that a turn begins with.

use std::{slice, sync::Arc};

use agent::prompt::OfferedSkill;

use super::Driver;
use crate::{driver::handle::lock, skills::FoundSkill};

impl Driver {
    /// Returns the skills that are there now, and what a person should know about others.
    pub(super) async fn skills(&self) -> (Vec<OfferedSkill>, Vec<String>) {
        if !self.parts.machine.has_tools() {
            return (Vec::new(), Vec::new());
        }
        let toolbox = Arc::clone(&self.parts.toolbox);
        // Once a run is enough.
        let is_first_turn = self.parts.machine.turn() == 0;
        let found = tokio::task::spawn_blocking(move || {
            let mut notes = toolbox.left_out_skills();
            notes.extend(is_first_turn.then(|| toolbox.unaccepted_skills()).flatten());
            (toolbox.offered_skills(), notes)
        });
        let (skills, notes) = match found.await {
            Ok((offered, notes)) => (offered.into_iter().map(unused).collect(), notes),
            Err(error) => {
                tracing::error!(%error, "the skills were not found");
                return (Vec::new(), Vec::new());
            }
        };
        (self.with_uses(skills).await, notes)
    }

    /// Notes how many runs used each skill. Journals are read only where that decides which of
    /// them are named.
    async fn with_uses(&self, mut skills: Vec<OfferedSkill>) -> Vec<OfferedSkill> {
        if self.parts.machine.lists_all(&skills) {
            return skills;
        }
        let (skill_use, runs) = (Arc::clone(&self.parts.skill_use), self.parts.runs.clone());
        let counted =
            tokio::task::spawn_blocking(move || lock(&skill_use).counts(slice::from_ref(&runs)));
        match counted.await {
            Ok(counts) => {
                for skill in &mut skills {
                    skill.n_runs = counts.get(&skill.name).copied().unwrap_or(0);
                }
            }
            Err(error) => tracing::error!(%error, "the uses of skills were not counted"),
        }
        skills
    }
}

/// Returns a skill as a prompt names it, as if no run had used it.
pub(super) fn unused(skill: FoundSkill) -> OfferedSkill {
    OfferedSkill { name: skill.name, description: skill.description, n_runs: 0 }
}

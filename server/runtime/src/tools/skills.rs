//! `skills`: the bodies of skills, on demand.

use std::io::Read;

use agent::{clip::clip, tool::ToolResult};

use super::{Arguments, Toolbox};
use crate::{
    beneath,
    skills::{FoundSkill, Scope, SkillSources, find, left_out, unaccepted},
    trust::trusts,
};

/// A list of skills that is longer, in bytes, says less of each: a model is shown no more of it.
const LISTING_BYTES: usize = 20_000;
/// Characters of a description in a long list.
const SHORT_DESCRIPTION_CHARS: usize = 80;
/// Largest file of a skill's folder that is read, in bytes.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

impl Toolbox {
    pub(super) fn skills(&self, arguments: &Arguments<'_>) -> Result<ToolResult, String> {
        let skills = self.offered_skills();
        let names =
            || skills.iter().map(|skill| skill.name.as_str()).collect::<Vec<_>>().join(", ");
        match arguments.required_text("action")? {
            "list" if skills.is_empty() => Ok(ToolResult::ok("There are no skills.")),
            "list" => Ok(ToolResult::ok(listing(&skills))),
            "view" => {
                let name = arguments
                    .text("name")
                    .ok_or_else(|| format!("`name` is missing; the skills are: {}", names()))?;
                let skill = skills.iter().find(|skill| skill.name == name).ok_or_else(|| {
                    match skills.as_slice() {
                        [] => format!("there is no skill `{name}`; there are none at all"),
                        _ => format!("there is no skill `{name}`; the skills are: {}", names()),
                    }
                })?;
                match arguments.text("file") {
                    None | Some("" | "SKILL.md") => Ok(ToolResult::ok(skill.text.to_string())),
                    // Only the SKILL.md of a workspace's skill was accepted, and nothing beside it.
                    Some(file) if skill.scope == Scope::Workspace => Err(format!(
                        "`{file}` of the skill `{name}` was not accepted by the person; only its \
                         SKILL.md was"
                    )),
                    Some(file) => read_beside(skill, file).map(ToolResult::ok),
                }
            }
            other => Err(format!("`action` is \"{other}\"; it has to be \"list\" or \"view\"")),
        }
    }

    /// Returns the skills that the student is offered now.
    pub fn offered_skills(&self) -> Vec<FoundSkill> {
        if let Some(given) = &self.given_skills {
            return given.clone();
        }
        let mut skills = find(&self.skill_sources());
        skills.retain(|skill| skill.is_offered);
        skills
    }

    /// Returns why accepted skills are not offered, a sentence each.
    pub fn left_out_skills(&self) -> Vec<String> {
        if self.given_skills.is_some() {
            return Vec::new();
        }
        left_out(&self.skill_sources())
    }

    /// Returns what there is to know about skills that the workspace brought along and that are not
    /// offered.
    pub fn unaccepted_skills(&self) -> Option<String> {
        unaccepted(&self.skill_sources())
    }

    fn skill_sources(&self) -> SkillSources<'_> {
        SkillSources {
            workspace: Some(self.workspace.root()),
            trusts_workspace: trusts(&self.folders, self.workspace.root()),
            folders: &self.folders,
            config: &self.config.skills,
            editor: self.workspace.editor(),
        }
    }
}

/// One line a skill; where that gets too long, with the beginning of each description, else with
/// names alone.
fn listing(skills: &[FoundSkill]) -> String {
    let with_at_most = |n_chars: usize| -> String {
        let lines = skills.iter().map(|skill| {
            let words = skill.description.split_whitespace().collect::<Vec<_>>().join(" ");
            format!("- {}: {}", skill.name, clip(&words, n_chars))
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    for n_chars in [usize::MAX, SHORT_DESCRIPTION_CHARS] {
        let listing = with_at_most(n_chars);
        if listing.len() <= LISTING_BYTES {
            return listing;
        }
    }
    skills.iter().map(|skill| skill.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn read_beside(skill: &FoundSkill, file: &str) -> Result<String, String> {
    let unreadable =
        |why: String| format!("`{file}` of the skill `{}` cannot be read ({why})", skill.name);
    let folder = skill
        .path
        .parent()
        .and_then(|folder| folder.canonicalize().ok())
        .ok_or_else(|| unreadable("its folder is gone".to_owned()))?;
    let path = folder.join(file).canonicalize().map_err(|error| unreadable(error.to_string()))?;
    if !path.starts_with(&folder) {
        return Err(unreadable("it is outside the skill's folder".to_owned()));
    }
    // Where it leads was looked at: from here on a link on the way to it is refused.
    let opened = beneath::open(&folder, &path).map_err(|error| unreadable(error.to_string()))?;
    let is_file = opened.metadata().is_ok_and(|metadata| metadata.is_file());
    if !is_file {
        return Err(unreadable("it is no file".to_owned()));
    }
    let mut text = String::new();
    let mut reader = opened.take(MAX_FILE_BYTES + 1);
    reader.read_to_string(&mut text).map_err(|error| unreadable(error.to_string()))?;
    if reader.limit() == 0 {
        return Err(unreadable("it is larger than 1 MB".to_owned()));
    }
    Ok(text)
}

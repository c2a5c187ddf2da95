//! The rules for skills: what is checked, what it says, how it is fixed.
//!
//! [`check`] takes a parsed skill and settings and returns findings; every rule stands in a file
//! of its own below `rules/` and has a page for people. This crate does no I/O and must never
//! know the language server protocol, an async runtime or the agent.

#![warn(missing_docs)]

mod account;
mod address;
mod advice;
mod allowed_tools;
mod bundled_paths;
mod char_boundary;
mod check;
mod checkout_path;
mod code_tools;
mod command_line;
mod completion;
mod directive;
mod field_lines;
mod fields;
mod finders;
mod finding;
mod fix_all;
mod hidden;
mod host;
mod hover_place;
mod line_end;
mod line_text;
mod lines;
mod links;
mod model_id;
mod name;
mod named_words;
mod near_miss;
mod neighborhood;
mod notes;
mod numbered;
mod one_shot;
mod opening;
mod origin;
mod pattern;
mod placeholder;
mod placeholder_words;
mod places;
mod raw_launcher;
mod remote_launch;
mod rule;
mod rules;
mod secret;
mod settings;
mod shell_place;
mod skill_file;
mod stray_colon;
mod suppression;
mod teacher_sections;
mod terminal_session;
mod tools;
mod topic;
mod user_path;
mod yaml_type;

pub use crate::{
    check::check,
    completion::{
        Completion, CompletionKind, CompletionPlace, CompletionScope, NamedSkill, completion_place,
        completions, skill_scaffold,
    },
    fields::{Client, Field, Place, Readers, clients_of, field, field_at, fields},
    finders::finders,
    finding::{Finding, Fix, Safety, Severity},
    fix_all::{FixedText, fix_all},
    hover_place::{HoverPlace, hover_places},
    links::local_path,
    name::is_valid_name,
    named_words::{NamedWord, named_words},
    neighborhood::{
        Acceptance, BundledFile, Enclosing, FolderListing, MentionedSkill, Neighborhood,
        SimilarSkill, SkillDigest, SkillIndex, SkillLookup, SkillMention, are_loaded_together,
        skill_mentions,
    },
    placeholder_words::{PlaceholderWord, filled_in_words, placeholder_words},
    rule::{Problem, Rule, rule, rule_page, rules, similar_codes},
    settings::{Level, Settings},
    skill_file::{Flaw, SkillFile},
    suppression::suppression_edit,
    tools::{KnownTool, ToolSet, client_tools, tool_sets},
};

#[cfg(test)]
mod tests;

//! One module a rule, named after the offence.

mod allowed_tools_not_a_string;
mod compatibility_too_long;
mod description_missing;
mod description_no_trigger;
mod description_too_long;
mod duplicate_near;
mod frontmatter_client_field;
mod frontmatter_duplicate_key;
mod frontmatter_invalid_yaml;
mod frontmatter_missing;
mod frontmatter_non_string_metadata;
mod frontmatter_unclosed;
mod frontmatter_unknown_field;
mod frontmatter_unquoted_colon;
mod frontmatter_wrong_type;
mod links_backslash;
mod links_broken;
mod links_install_path;
mod links_outside_skill;
mod links_too_deep;
mod links_unknown_variable;
mod links_unmentioned_file;
mod name_directory_mismatch;
mod name_duplicate;
mod name_invalid;
mod name_missing;
mod name_too_long;
mod notes_duplicate;
mod notes_too_many;
mod notes_unanchored;
mod notes_unbalanced_markers;
mod portability_account;
mod portability_checkout_path;
mod portability_host;
mod portability_ip_address;
mod portability_model_id;
mod portability_one_shot_artifact;
mod portability_raw_launcher;
mod portability_remote_shell;
mod portability_secret;
mod portability_terminal_session;
mod portability_user_at_host;
mod portability_user_path;
mod provenance_unreviewed;
mod references_unknown_skill;
mod safety_hidden_characters;
mod safety_injected_directive;
mod structure_duplicate_heading;
mod structure_empty_section;
mod structure_missing_section;
mod structure_scaffold_left;
mod structure_step_numbering;
mod structure_too_long;
mod structure_too_many_tokens;
mod suppression_unknown_rule;
mod suppression_unused;
mod text_encoding;
mod tools_step_without_tool;
mod tools_unknown;

use crate::Rule;

/// Every rule, sorted by code.
pub(crate) static ALL: &[&Rule] = &[
    &allowed_tools_not_a_string::RULE,
    &compatibility_too_long::RULE,
    &description_missing::RULE,
    &description_no_trigger::RULE,
    &description_too_long::RULE,
    &duplicate_near::RULE,
    &frontmatter_client_field::RULE,
    &frontmatter_duplicate_key::RULE,
    &frontmatter_invalid_yaml::RULE,
    &frontmatter_missing::RULE,
    &frontmatter_non_string_metadata::RULE,
    &frontmatter_unclosed::RULE,
    &frontmatter_unknown_field::RULE,
    &frontmatter_unquoted_colon::RULE,
    &frontmatter_wrong_type::RULE,
    &links_backslash::RULE,
    &links_broken::RULE,
    &links_install_path::RULE,
    &links_outside_skill::RULE,
    &links_too_deep::RULE,
    &links_unknown_variable::RULE,
    &links_unmentioned_file::RULE,
    &name_directory_mismatch::RULE,
    &name_duplicate::RULE,
    &name_invalid::RULE,
    &name_missing::RULE,
    &name_too_long::RULE,
    &notes_duplicate::RULE,
    &notes_too_many::RULE,
    &notes_unanchored::RULE,
    &notes_unbalanced_markers::RULE,
    &portability_account::RULE,
    &portability_checkout_path::RULE,
    &portability_host::RULE,
    &portability_ip_address::RULE,
    &portability_model_id::RULE,
    &portability_one_shot_artifact::RULE,
    &portability_raw_launcher::RULE,
    &portability_remote_shell::RULE,
    &portability_secret::RULE,
    &portability_terminal_session::RULE,
    &portability_user_at_host::RULE,
    &portability_user_path::RULE,
    &provenance_unreviewed::RULE,
    &references_unknown_skill::RULE,
    &safety_hidden_characters::RULE,
    &safety_injected_directive::RULE,
    &structure_duplicate_heading::RULE,
    &structure_empty_section::RULE,
    &structure_missing_section::RULE,
    &structure_scaffold_left::RULE,
    &structure_step_numbering::RULE,
    &structure_too_long::RULE,
    &structure_too_many_tokens::RULE,
    &suppression_unknown_rule::RULE,
    &suppression_unused::RULE,
    &text_encoding::RULE,
    &tools_step_without_tool::RULE,
    &tools_unknown::RULE,
];

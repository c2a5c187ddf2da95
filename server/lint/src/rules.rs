//! One module a rule, named after the offence.

mod description_missing;
mod description_too_long;
mod frontmatter_invalid_yaml;
mod frontmatter_missing;
mod name_directory_mismatch;
mod name_invalid;
mod name_missing;
mod name_too_long;
mod portability_ip_address;
mod portability_remote_shell;
mod portability_user_path;
mod suppression_unknown_rule;
mod suppression_unused;
mod text_encoding;

use crate::Rule;

/// Every rule, sorted by code.
pub(crate) static ALL: &[&Rule] = &[
    &description_missing::RULE,
    &description_too_long::RULE,
    &frontmatter_invalid_yaml::RULE,
    &frontmatter_missing::RULE,
    &name_directory_mismatch::RULE,
    &name_invalid::RULE,
    &name_missing::RULE,
    &name_too_long::RULE,
    &portability_ip_address::RULE,
    &portability_remote_shell::RULE,
    &portability_user_path::RULE,
    &suppression_unknown_rule::RULE,
    &suppression_unused::RULE,
    &text_encoding::RULE,
];

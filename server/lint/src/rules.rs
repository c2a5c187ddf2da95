//! One module a rule, named after the offence.

mod description_missing;

use crate::Rule;

/// Every rule, sorted by code.
pub(crate) const ALL: &[&Rule] = &[&description_missing::RULE];

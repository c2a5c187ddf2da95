//! What the values of fields are chosen from.

use crate::{Field, fields::Place};

const YES_OR_NO: &[&str] = &["true", "false"];

/// Usual licenses by their SPDX identifiers, those of code first.
const LICENSES: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MPL-2.0",
    "GPL-2.0-only",
    "GPL-3.0-only",
    "GPL-3.0-or-later",
    "LGPL-3.0-only",
    "AGPL-3.0-only",
    "0BSD",
    "Unlicense",
    "CC0-1.0",
    "CC-BY-4.0",
    "CC-BY-SA-4.0",
];

/// Fields at the top level, by name. Sources are those of their rows in the table of fields.
static CHOICES: &[(&str, &[&str])] = &[
    ("agent", &["general-purpose", "Explore", "Plan"]),
    ("background", YES_OR_NO),
    ("command-arg-mode", &["raw"]),
    ("command-dispatch", &["tool"]),
    ("context", &["fork"]),
    ("disable-model-invocation", YES_OR_NO),
    ("disabled", YES_OR_NO),
    ("effort", &["low", "medium", "high", "xhigh", "max"]),
    ("enabled", YES_OR_NO),
    ("license", LICENSES),
    ("shell", &["bash", "powershell"]),
    ("status", &["draft", "published"]),
    ("subagent", YES_OR_NO),
    ("user-invocable", &["false", "true"]),
];

/// Returns the values of `field`, the usual first.
pub(super) fn choices(field: &Field) -> &'static [&'static str] {
    if field.place != Place::Top {
        return &[];
    }
    let known = CHOICES.iter().find(|(name, _)| *name == field.name);
    known.map(|(_, choices)| *choices).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::CHOICES;
    use crate::{Place, field};

    #[test]
    fn every_choice_is_of_a_known_field() {
        assert!(CHOICES.is_sorted());
        for (name, choices) in CHOICES {
            assert!(field(Place::Top, name).is_some(), "{name}");
            assert!(!choices.is_empty(), "{name}");
        }
    }
}

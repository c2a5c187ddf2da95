//! The command line among the programs that it works with: shells, pre-commit, GitHub's runner.
//!
//! A machine without the tools of `install.sh` skips what needs them by name, except where CI is
//! set.
#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "these tests lay out files and start programs")]

mod action;
mod hook;
mod process;
mod sarif;
mod tools;

/// A skill with an error that a safe fix clears, and a warning that none does.
const BAD: &str = "---\nname: Bad Name\ndescription: Größe in /home/mira/x.\n---\n";

/// A skill without a finding.
const GOOD: &str =
    "---\nname: good\ndescription: Counts rows. Use when rows have to be counted.\n---\n\n# Good\n";

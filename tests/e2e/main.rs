//! The language server from the outside: real frames over pipes, and real processes where the
//! process is the point.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]
#![expect(clippy::disallowed_methods, reason = "what is tested is left on a disk")]

mod acceptance;
mod approvals;
mod commands;
mod completion;
mod configuration;
mod crashes;
#[cfg(target_os = "linux")]
mod demo;
mod doctor;
mod documents;
mod editing;
mod escalation;
mod failures;
mod findings;
mod folders;
mod gates;
mod guarding;
mod harness;
mod hover;
mod injection;
mod interruption;
mod kinds;
#[cfg(target_os = "linux")]
mod large_workspaces;
mod lifecycle;
#[expect(dead_code, unused_imports, reason = "tests of the wire use the rest")]
#[path = "../support/model_server.rs"]
mod model_server;
mod navigation;
mod neighbors;
mod offered_skills;
mod operations;
mod outcomes;
#[cfg(target_os = "linux")]
mod outside_sandbox;
mod permissions;
mod processes;
mod proposals;
mod pull;
mod refactorings;
#[cfg(target_os = "linux")]
mod replay_controls;
#[cfg(target_os = "linux")]
mod replay_grounds;
#[cfg(target_os = "linux")]
mod replay_samples;
#[cfg(target_os = "linux")]
mod replays;
mod requests;
mod rollbacks;
mod runs;
#[cfg(target_os = "linux")]
mod sandbox;
mod search;
mod semantic_tokens;
mod settings;
mod shell_decisions;
mod skills;
mod spending;
mod state;
mod status;
mod stories;
mod structure;
mod takeovers;
mod teachers_work;
mod terminal;
#[cfg(target_os = "linux")]
mod traces;
mod transport;
mod trust;
mod two_clients;
mod updates;
#[cfg(target_os = "linux")]
mod verification;
mod workspace_pull;

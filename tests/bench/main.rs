//! Measures language servers side by side, over standard streams, as an editor sees them.
//!
//! `cargo bench -p preceptor --bench lsp -- --help` says what can be chosen. The figures are for
//! comparing within one run: machines are noisy, so servers take turns and medians are compared.
// As cargo compiles every bench; said here for the lints that have exceptions for tests.
#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    reason = "a bench reads the clock and lays out its own files"
)]

mod suite;

use std::io;

fn main() -> anyhow::Result<()> {
    suite::run(std::env::args_os(), &mut io::stdout().lock())?;
    Ok(())
}

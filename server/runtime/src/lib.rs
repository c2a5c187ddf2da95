//! The agent's effects: tools, journal and run store, proposals, the driver.
//!
//! Everything here may touch the outside world; nothing here may know LSP types.

pub mod config;

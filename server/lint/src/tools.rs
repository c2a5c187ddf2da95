//! The tools that clients are known to have.
//!
//! What is said about a tool comes from the one table here, so that a new tool or a client's change
//! is one row. Of the tools of other clients only the names are kept, a line for each client.

mod names;
mod table;

use std::borrow::Cow;

use crate::{
    Client,
    fields::enumeration,
    tools::{names::TOOL_SETS, table::TOOLS},
};

/// A tool that agents can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownTool {
    /// The name that models call and that `allowed-tools` lists.
    pub name: Cow<'static, str>,
    /// What it does and takes: sentences for people, in Markdown.
    pub meaning: Cow<'static, str>,
    /// Who has it; empty for one that is only known from settings.
    pub clients: &'static [Client],
}

impl KnownTool {
    /// Returns a tool that the user's settings name.
    pub fn from_settings(name: &str) -> Self {
        Self {
            name: Cow::Owned(name.to_owned()),
            meaning: Cow::Borrowed("Named by the setting `lint.known_tools`."),
            clients: &[],
        }
    }

    /// Returns who has the tool, for people.
    pub fn had_by(&self) -> String {
        if self.clients.is_empty() {
            return "your settings".to_owned();
        }
        enumeration(self.clients)
    }

    /// Returns the tool's documentation, in Markdown.
    pub fn page(&self) -> String {
        format!("**`{}`** (tool)\n\n{}\n\n- Had by: {}\n", self.name, self.meaning, self.had_by())
    }
}

/// Returns the tools of known clients, by client and name. Those of this program itself are not
/// among them: it knows them better.
pub fn client_tools() -> &'static [KnownTool] {
    TOOLS
}

/// The tools of one program, of which no more than the names is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToolSet {
    /// The program's name for people.
    pub owner: &'static str,
    /// Where the names come from.
    pub source: &'static str,
    /// The names as models call them, sorted.
    pub names: &'static [&'static str],
}

/// Returns the tools of this program and of clients that [`client_tools`] leaves out, this
/// program's first.
pub fn tool_sets() -> &'static [ToolSet] {
    TOOL_SETS
}

/// Returns the names of all known tools; some are there more than once.
pub(crate) fn tool_names<'a>() -> impl Iterator<Item = &'a str> {
    let described = TOOLS.iter().map(|tool| &*tool.name);
    described.chain(TOOL_SETS.iter().flat_map(|set| set.names).copied())
}

/// Tells whether some program has a tool of this name; case does not matter, since clients do not
/// agree on it.
pub(crate) fn is_known_tool(name: &str) -> bool {
    tool_names().any(|known| known.eq_ignore_ascii_case(name))
}

//! The tools that clients are known to have.
//!
//! Everything that is said about a tool comes from the one table here, so that a new tool or a
//! client's change is one row.

mod table;

use std::borrow::Cow;

use crate::{Client, fields::enumeration, tools::table::TOOLS};

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

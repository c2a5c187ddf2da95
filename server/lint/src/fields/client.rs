//! The clients that have fields of their own.

/// A program that reads skills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Client {
    /// Amp.
    Amp,
    /// Claude Code.
    ClaudeCode,
    /// Cline.
    Cline,
    /// Cursor.
    Cursor,
    /// Grok.
    Grok,
    /// Odysseus, whose fields at the top level stand below `metadata` here.
    Odysseus,
    /// The agent of the name, which nests its fields.
    OpenClaw,
    /// The agent of the name.
    OpenCode,
    /// Pi.
    Pi,
    /// Preceptor, the program that this crate is a part of.
    Preceptor,
    /// GitHub Copilot, in Visual Studio Code and elsewhere.
    Copilot,
    /// Windsurf.
    Windsurf,
}

impl Client {
    /// Returns the client's name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Amp => "Amp",
            Self::ClaudeCode => "Claude Code",
            Self::Cline => "Cline",
            Self::Cursor => "Cursor",
            Self::Grok => "Grok",
            Self::Odysseus => "Odysseus",
            Self::OpenClaw => "OpenClaw",
            Self::OpenCode => "OpenCode",
            Self::Pi => "Pi",
            Self::Preceptor => "Preceptor",
            Self::Copilot => "VS Code (Copilot)",
            Self::Windsurf => "Windsurf",
        }
    }

    /// Returns where the client's fields are described.
    pub const fn source(self) -> &'static str {
        match self {
            Self::Amp => "Amp's manual",
            Self::ClaudeCode => "the documentation of Claude Code",
            Self::Cline => "the documentation of Cline",
            Self::Cursor => "the documentation of Cursor",
            Self::Grok => "the documentation of Grok",
            Self::Odysseus => "the skills of Odysseus",
            Self::OpenClaw => "the documentation of OpenClaw",
            Self::OpenCode => "the documentation of OpenCode",
            Self::Pi => "the documentation of Pi",
            Self::Preceptor => "Preceptor, which writes it",
            Self::Copilot => "the documentation of VS Code",
            Self::Windsurf => "the documentation of Windsurf",
        }
    }
}

/// Returns the names of `clients`: "A", "A and B", "A, B and C".
pub(crate) fn enumeration(clients: &[Client]) -> String {
    let names: Vec<_> = clients.iter().map(|client| client.name()).collect();
    match names.split_last() {
        None => "no client".to_owned(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

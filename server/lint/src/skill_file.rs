//! What rules look at.

use skill::{SkillDocument, Span};

use crate::{Client, Neighborhood, Settings};

/// A skill's main file with what is known about where it stands.
#[derive(Debug, Clone, Copy)]
pub struct SkillFile<'a> {
    /// The parsed text.
    pub document: &'a SkillDocument,
    /// What the user set for this file.
    pub settings: &'a Settings,
    /// The name of the folder that the file is in, if it is known.
    pub directory_name: Option<&'a str>,
    /// The clients with fields of their own that load skills from where the file is; `None` if
    /// any client may.
    pub clients: Option<&'a [Client]>,
    /// What is known of the skill's surroundings.
    pub neighborhood: Option<&'a Neighborhood>,
    /// Why the text is not exactly what the file holds, if it is not.
    pub flaw: Option<Flaw>,
}

/// Something about the bytes of a file that its text does not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flaw {
    /// Where in the text; empty if it is about the whole file.
    pub span: Span,
    /// What is wrong and what to do, without a full stop.
    pub message: &'static str,
}

impl<'a> SkillFile<'a> {
    /// Returns a file of which only its text is known.
    pub const fn new(document: &'a SkillDocument, settings: &'a Settings) -> Self {
        Self {
            document,
            settings,
            directory_name: None,
            clients: None,
            neighborhood: None,
            flaw: None,
        }
    }

    /// Returns the same file in a folder of this name.
    #[must_use]
    pub const fn in_directory(self, directory_name: Option<&'a str>) -> Self {
        Self { directory_name, ..self }
    }

    /// Returns the same file as one that these clients load, or any if that is not known; see
    /// [`clients_of`](crate::clients_of).
    #[must_use]
    pub const fn loaded_by(self, clients: Option<&'a [Client]>) -> Self {
        Self { clients, ..self }
    }

    /// Returns the same file in these surroundings.
    #[must_use]
    pub const fn among(self, neighborhood: Option<&'a Neighborhood>) -> Self {
        Self { neighborhood, ..self }
    }

    /// Returns the same file, read from bytes that are not just this text.
    #[must_use]
    pub const fn with_flaw(self, flaw: Option<Flaw>) -> Self {
        Self { flaw, ..self }
    }

    /// Returns the file's text.
    pub fn text(&self) -> &'a str {
        &self.document.text
    }
}

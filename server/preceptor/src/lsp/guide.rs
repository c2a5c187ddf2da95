//! The rule pages as files, so that a diagnostic's code links to one.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use lint::{Rule, rules};
use runtime::atomic;
use tower_lsp::lsp_types::Url;
use tracing::warn;

/// The pages below the state folder, written at their first use.
#[derive(Debug)]
pub(crate) struct GuidePages {
    state_dir: Option<PathBuf>,
    rules_dir: OnceLock<Option<PathBuf>>,
}

impl GuidePages {
    /// Returns the pages of a state folder; without one there are no links.
    pub(crate) fn new(state_dir: Option<PathBuf>) -> Self {
        Self { state_dir, rules_dir: OnceLock::new() }
    }

    /// Returns the address of a rule's page; `None` if the pages cannot be written, which is
    /// logged once.
    ///
    /// The first call writes all pages: for blocking threads only.
    pub(crate) fn href(&self, rule: &Rule) -> Option<Url> {
        let rules_dir = self.rules_dir.get_or_init(|| self.unpack()).as_ref()?;
        Url::from_file_path(page_path(rules_dir, rule)).ok()
    }

    fn unpack(&self) -> Option<PathBuf> {
        // A folder for each version: two versions of the server may run side by side.
        let version = env!("CARGO_PKG_VERSION");
        let rules_dir = self.state_dir.as_ref()?.join("guide").join(version).join("rules");
        for rule in rules() {
            let path = page_path(&rules_dir, rule);
            if let Err(error) = write_page(&path, rule.page) {
                warn!(path = %path.display(), %error, "the rule pages cannot be written");
                return None;
            }
        }
        Some(rules_dir)
    }
}

fn page_path(rules_dir: &Path, rule: &Rule) -> PathBuf {
    rules_dir.join(format!("{}.md", rule.code))
}

/// Writes a page whole or not at all: a person may be reading it.
#[expect(
    clippy::disallowed_methods,
    reason = "the pages are files of this crate, on a blocking thread"
)]
fn write_page(path: &Path, page: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|existing| existing == page) {
        return Ok(());
    }
    atomic::write(path, page.as_bytes())
}

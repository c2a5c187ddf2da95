//! The guide's pages as files, so that a diagnostic's code links to one.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use lint::rules;
use runtime::atomic;
use tower_lsp::lsp_types::{CodeDescription, Url};
use tracing::warn;

/// The pages of codes that no rule stands behind.
const OTHER_PAGES: [(&str, &str); 14] = [
    ("config/invalid", include_str!("../../guide/config/invalid.md")),
    ("config/untrusted", include_str!("../../guide/config/untrusted.md")),
    ("skill/edit", include_str!("../../guide/skill/edit.md")),
    ("skill/unsaved", include_str!("../../guide/skill/unsaved.md")),
    ("turn/approval", include_str!("../../guide/turn/approval.md")),
    ("turn/error", include_str!("../../guide/turn/error.md")),
    ("turn/escalation-failed", include_str!("../../guide/turn/escalation-failed.md")),
    ("turn/failed", include_str!("../../guide/turn/failed.md")),
    ("turn/interrupted", include_str!("../../guide/turn/interrupted.md")),
    ("turn/no-skill", include_str!("../../guide/turn/no-skill.md")),
    ("turn/proposal", include_str!("../../guide/turn/proposal.md")),
    ("turn/repeating", include_str!("../../guide/turn/repeating.md")),
    ("turn/takeover", include_str!("../../guide/turn/takeover.md")),
    ("turn/unsure", include_str!("../../guide/turn/unsure.md")),
];

/// The pages below the state folder, written at their first use.
#[derive(Debug)]
pub(crate) struct GuidePages {
    state_dir: Option<PathBuf>,
    pages_dir: OnceLock<Option<PathBuf>>,
    is_closed: AtomicBool,
}

impl GuidePages {
    /// Returns the pages of a state folder; without one there are no links.
    pub(crate) fn new(state_dir: Option<PathBuf>) -> Self {
        Self { state_dir, pages_dir: OnceLock::new(), is_closed: AtomicBool::new(false) }
    }

    /// Writes the pages if they are not there yet; if they cannot be written, that is logged once.
    /// For blocking threads only.
    pub(crate) fn unpack(&self) {
        self.pages_dir.get_or_init(|| self.write_pages());
    }

    /// Writes no more pages; waits for the one that is being written. For blocking threads only.
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
        self.pages_dir.get_or_init(|| None);
    }

    /// Returns the link to a code's page; `None` if the pages cannot be written. The first
    /// diagnostics may be there a moment before the pages are, and keep their links.
    pub(crate) fn description(&self, code: &str) -> Option<CodeDescription> {
        let pages_dir = match self.pages_dir.get() {
            Some(unpacked) => unpacked.clone()?,
            None => self.pages_dir_of_version()?,
        };
        let href = Url::from_file_path(page_path(&pages_dir, code)).ok()?;
        Some(CodeDescription { href })
    }

    fn pages_dir_of_version(&self) -> Option<PathBuf> {
        // A folder for each version: two versions of the server may run side by side.
        Some(self.state_dir.as_ref()?.join("guide").join(env!("CARGO_PKG_VERSION")))
    }

    fn write_pages(&self) -> Option<PathBuf> {
        let pages_dir = self.pages_dir_of_version()?;
        let of_rules = rules().iter().map(|rule| (rule.code, rule.page));
        for (code, page) in of_rules.chain(OTHER_PAGES) {
            if self.is_closed.load(Ordering::SeqCst) {
                break;
            }
            let path = page_path(&pages_dir, code);
            if let Err(error) = write_page(&path, page) {
                warn!(path = %path.display(), %error, "the guide's pages cannot be written");
                return None;
            }
        }
        Some(pages_dir)
    }
}

fn page_path(pages_dir: &Path, code: &str) -> PathBuf {
    pages_dir.join(format!("{code}.md"))
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

#[cfg(test)]
mod tests {
    use tempfile::{NamedTempFile, tempdir};

    use super::GuidePages;

    #[test]
    fn nothing_is_written_once_it_is_closed() {
        let state = tempdir().unwrap();
        let guide = GuidePages::new(Some(state.path().to_path_buf()));
        guide.close();
        guide.unpack();
        assert_eq!(state.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn a_link_is_there_before_its_page_and_leads_to_it() {
        let state = tempdir().unwrap();
        let guide = GuidePages::new(Some(state.path().to_path_buf()));
        let early = guide.description("turn/failed").unwrap();
        guide.unpack();
        assert_eq!(guide.description("turn/failed"), Some(early.clone()));
        assert!(early.href.to_file_path().unwrap().is_file());
    }

    #[test]
    fn pages_that_cannot_be_written_have_no_links() {
        let file = NamedTempFile::new().unwrap();
        let guide = GuidePages::new(Some(file.path().to_path_buf()));
        guide.unpack();
        assert_eq!(guide.description("turn/failed"), None);
        assert_eq!(GuidePages::new(None).description("turn/failed"), None);
    }
}

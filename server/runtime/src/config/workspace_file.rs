//! A workspace's `preceptor.toml`: content from elsewhere until the user trusts it.

use std::{
    io::{self, Read},
    path::{Component, Path, PathBuf},
};

use serde_json::{Map, Value};

use super::{ConfigError, Layer, Place};
use crate::{acceptance::sha256, workspace::resolve_existing};

/// The file's name in a workspace folder.
pub const WORKSPACE_FILE: &str = "preceptor.toml";

/// Largest file that is read, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// Keys that a summary names.
const SHOWN_KEYS: usize = 3;

/// Longest key in a summary, in characters: names of tables are the workspace's.
const KEY_CHARS: usize = 60;

/// A file that can be used.
#[derive(Debug, Clone)]
pub struct WorkspaceFile {
    /// Its text.
    pub text: String,
    /// SHA-256 of its text, hexadecimal: what trust is bound to.
    pub sha256: String,
    /// Everything that it sets; in force only once the user trusts it.
    pub layer: Layer,
}

/// What a file may set without trust, and what of it is ignored.
#[derive(Debug, Clone)]
pub struct Restricted {
    /// The table `lint`, and skill paths inside the workspace.
    pub layer: Layer,
    /// What is ignored, in the order of the names; of tables, the keys in them.
    pub ignored: Vec<IgnoredKey>,
    /// The ignored key that comes first in the file.
    pub first_ignored: Option<Place>,
}

/// A key that has no effect without trust.
#[derive(Debug, Clone, PartialEq)]
pub struct IgnoredKey {
    /// Its path, such as `teacher.mode`.
    pub key: String,
    /// What the file sets it to.
    pub value: Value,
}

impl WorkspaceFile {
    /// Returns the file's path in a workspace folder.
    pub fn path(workspace: &Path) -> PathBuf {
        workspace.join(WORKSPACE_FILE)
    }

    /// Reads the text of a workspace's file; `None` if there is none.
    ///
    /// # Errors
    /// [`ConfigError::Unreadable`], also for what is no ordinary file, larger than 1 MB or not
    /// UTF-8: nothing that lies in a workspace may hold its reader up.
    pub fn load_text(workspace: &Path) -> Result<Option<String>, ConfigError> {
        let path = Self::path(workspace);
        match read_ordinary(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                Err(ConfigError::Unreadable { origin: path.display().to_string(), error })
            }
        }
    }

    /// Reads a workspace's file; `None` if there is none.
    ///
    /// # Errors
    /// Every variant of [`ConfigError`].
    pub fn load(workspace: &Path) -> Result<Option<Self>, ConfigError> {
        let Some(text) = Self::load_text(workspace)? else { return Ok(None) };
        Self::parse(&Self::path(workspace), text).map(Some)
    }

    /// Checks a text; the path is named in errors.
    ///
    /// # Errors
    /// [`ConfigError::Syntax`] and [`ConfigError::Invalid`], also for mistakes in parts that are
    /// ignored without trust.
    pub fn parse(path: &Path, text: String) -> Result<Self, ConfigError> {
        let layer = Layer::from_toml(&path.display().to_string(), &text)?;
        Ok(Self { sha256: sha256(&text), layer, text })
    }

    /// Returns what the file may set in a workspace that the user does not trust.
    pub fn restricted(&self, workspace: &Path) -> Restricted {
        let mut kept = Map::new();
        let mut ignored: Vec<(Vec<&str>, &Value)> = Vec::new();
        for (table, value) in self.layer.value.as_object().into_iter().flatten() {
            match (table.as_str(), value) {
                ("lint", value) => {
                    kept.insert(table.clone(), value.clone());
                }
                ("skills", Value::Object(keys)) => {
                    for (key, value) in keys {
                        let inside = (key == "paths").then(|| inside_paths(value, workspace));
                        if inside.as_ref() != Some(value) {
                            ignored.push((vec![table, key], value));
                        }
                        if let Some(inside) = inside {
                            kept.insert(table.clone(), serde_json::json!({ "paths": inside }));
                        }
                    }
                }
                (table, Value::Object(keys)) if !keys.is_empty() => {
                    ignored
                        .extend(keys.iter().map(|(key, value)| (vec![table, key.as_str()], value)));
                }
                (table, value) => ignored.push((vec![table], value)),
            }
        }
        let places = ignored.iter().map(|(names, _)| Place::of_key(&self.text, names));
        Restricted {
            first_ignored: places.min_by_key(|place| place.span.start),
            ignored: ignored
                .into_iter()
                .map(|(names, value)| IgnoredKey { key: names.join("."), value: value.clone() })
                .collect(),
            layer: Layer { value: Value::Object(kept) },
        }
    }
}

impl Restricted {
    /// Returns what is ignored as the end of a sentence: a few keys by name, how many more, and
    /// the verb; `None` if there are none.
    pub fn summary(&self) -> Option<String> {
        let first = self.ignored.iter().take(SHOWN_KEYS);
        let shown: Vec<String> =
            first.map(|it| format!("`{}`", agent::clip::clip(&it.key, KEY_CHARS))).collect();
        let (last, before) = shown.split_last()?;
        let n_more = self.ignored.len() - shown.len();
        Some(match (before, n_more) {
            ([], _) => format!("{last} is ignored"),
            (before, 0) => format!("{} and {last} are ignored", before.join(", ")),
            (before, 1) => format!("{}, {last} and 1 more key are ignored", before.join(", ")),
            (before, n) => format!("{}, {last} and {n} more keys are ignored", before.join(", ")),
        })
    }
}

fn read_ordinary(path: &Path) -> io::Result<String> {
    let metadata = path.metadata()?;
    if metadata.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    if !metadata.is_file() {
        return Err(io::Error::other("it is no ordinary file"));
    }
    let mut text = String::new();
    std::fs::File::open(path)?.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 1 MB"));
    }
    Ok(text)
}

/// Keeps the paths that lead to a place in the workspace, wherever links and `..` go.
fn inside_paths(value: &Value, workspace: &Path) -> Value {
    let root = resolve_existing(workspace);
    let mut paths = value.as_array().cloned().unwrap_or_default();
    paths.retain(|path| path.as_str().is_some_and(|path| is_inside(Path::new(path), &root)));
    Value::Array(paths)
}

fn is_inside(path: &Path, root: &Path) -> bool {
    // The home folder's sign is worked out later, by those who look for skills.
    if path.starts_with("~") {
        return false;
    }
    let resolved = resolve_existing(&root.join(path));
    // What is not there yet cannot be resolved: it must not leave the folder once it is.
    resolved.starts_with(root) && !resolved.components().any(|it| it == Component::ParentDir)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use expect_test::{Expect, expect};

    use super::WorkspaceFile;
    use crate::config::Config;

    fn parse(text: &str) -> WorkspaceFile {
        WorkspaceFile::parse(Path::new("preceptor.toml"), text.to_owned()).unwrap()
    }

    #[track_caller]
    fn check(text: &str, expected: &Expect) {
        let folder = tempfile::tempdir().unwrap();
        let restricted = parse(text).restricted(folder.path());
        let place = restricted.first_ignored.as_ref().map(|it| (it.line, it.column));
        let summary = restricted.summary().unwrap_or_default();
        expected.assert_eq(&format!("{} {place:?} {summary}", restricted.layer.value));
    }

    #[test]
    fn without_trust_only_the_linters_part_and_skill_paths_inside_count() {
        check(
            "[lint]\nfail_on = \"hint\"\n[lint.rules]\n\"name/invalid\" = \"off\"\n",
            &expect![[r#"{"lint":{"fail_on":"hint","rules":{"name/invalid":"off"}}} None "#]],
        );
        check(
            "skills.paths = [\"a\", \"../b\", \"~/c\", \"/d\"]\nskills.save_dir = \"x\"\n",
            &expect![[
                r#"{"skills":{"paths":["a"]}} Some((1, 8)) `skills.paths` and `skills.save_dir` are ignored"#
            ]],
        );
        check(
            "[sandbox]\nmode = \"off\"\n[mcp.x]\ncommand = \"y\"\n[student]\nmodel = \"z\"\n",
            &expect!["{} Some((2, 1)) `mcp.x`, `sandbox.mode` and `student.model` are ignored"],
        );
    }

    #[test]
    fn every_key_but_those_two_is_ignored() {
        let toml = toml::to_string(&Config::default()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let restricted = parse(&toml).restricted(folder.path());
        let layer = restricted.layer.value.as_object().unwrap();
        assert_eq!(layer.keys().collect::<Vec<_>>(), ["lint", "skills"]);
        assert_eq!(layer["skills"], serde_json::json!({"paths": []}));
        for key in ["student.base_url", "teacher.enabled", "approval.mode", "budget.day_usd"] {
            assert!(restricted.ignored.iter().any(|ignored| ignored.key == key), "{key}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_do_not_lead_out() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = folder.path().join("w");
        std::fs::create_dir_all(workspace.join("in")).unwrap();
        std::fs::create_dir_all(folder.path().join("out/deep")).unwrap();
        std::os::unix::fs::symlink(folder.path().join("out/deep"), workspace.join("link")).unwrap();
        let text = r#"skills.paths = ["in", "link", "link/../x", "in/../in", "no/../../out", "."]"#;
        let restricted = parse(text).restricted(&workspace);
        let paths = &restricted.layer.value["skills"]["paths"];
        assert_eq!(*paths, serde_json::json!(["in", "in/../in", "."]));
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_holds_nobody_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = WorkspaceFile::path(folder.path());
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        let error = WorkspaceFile::load(folder.path()).unwrap_err().to_string();
        assert!(error.contains("it is no ordinary file): put one there, or"), "{error}");
    }

    #[test]
    fn what_is_no_ordinary_file_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        assert!(WorkspaceFile::load(folder.path()).unwrap().is_none());
        let path = WorkspaceFile::path(folder.path());
        std::fs::write(&path, vec![b'#'; 1024 * 1024 + 1]).unwrap();
        let error = WorkspaceFile::load(folder.path()).unwrap_err().to_string();
        assert!(error.contains("larger than 1 MB"), "{error}");
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        let error = WorkspaceFile::load(folder.path()).unwrap_err().to_string();
        assert!(error.contains("it is a folder): put a file there, or"), "{error}");
    }
}

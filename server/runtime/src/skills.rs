//! Which skills are there, and which of them a student is offered.

use std::{
    collections::BTreeSet,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use skill::{Frontmatter, SkillDocument};

use crate::{
    acceptance::AcceptedSkills,
    config,
    editor::Editor,
    folders::Folders,
    workspace::{OWN_FOLDER, resolve_existing},
};

/// Folders of a workspace in which clients look for skills; the first three are those that an
/// accepted skill may be saved to without a setting.
const PROJECT_FOLDERS: [&str; 10] = [
    ".agents/skills",
    ".claude/skills",
    ".github/skills",
    ".codex/skills",
    ".cursor/skills",
    ".gemini/skills",
    ".goose/skills",
    ".opencode/skills",
    ".config/agents/skills",
    "skills",
];

/// Folders below the home folder in which clients look for skills.
const USER_FOLDERS: [&str; 7] = [
    ".agents/skills",
    ".claude/skills",
    ".copilot/skills",
    ".codex/skills",
    ".cursor/skills",
    ".gemini/skills",
    ".config/opencode/skills",
];

/// Largest `SKILL.md` that is loaded, in bytes; the largest of some six thousand public ones has
/// less than a third of it.
const MAX_SKILL_BYTES: u64 = 1024 * 1024;

/// Where a skill was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// In the workspace.
    Workspace,
    /// In the user's own folders.
    User,
}

impl Scope {
    /// Returns the name that `preceptor.skills` uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Workspace => "workspace",
            Self::User => "user",
        }
    }
}

/// A skill that a client would load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundSkill {
    /// Its name: the field, else the folder's.
    pub name: String,
    /// What it does and when to use it.
    pub description: String,
    /// The `SKILL.md`.
    pub path: PathBuf,
    /// Its text, from the buffer while it is open.
    pub text: Arc<str>,
    /// Where it was found.
    pub scope: Scope,
    /// Whether a student is offered it: the user's own are, those of a workspace that the user
    /// trusts, and those of any other that were accepted here and not changed since.
    pub is_offered: bool,
}

impl FoundSkill {
    /// Reads a skill's text; offered, whoever accepted it. What has no name is named by its folder.
    pub fn from_text(path: &Path, text: Arc<str>, scope: Scope) -> Self {
        let document = SkillDocument::parse(Arc::clone(&text));
        let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
        let name =
            document.name().map_or_else(|| folder.to_string_lossy().into_owned(), str::to_owned);
        let description = document.description().unwrap_or_default().trim().to_owned();
        Self {
            name: name.trim().to_owned(),
            description,
            path: path.to_path_buf(),
            text,
            scope,
            is_offered: true,
        }
    }
}

/// Where to look.
pub struct SkillSources<'a> {
    /// The workspace folder, if there is one.
    pub workspace: Option<&'a Path>,
    /// Whether the user trusts that folder: all of its skills are offered then.
    pub trusts_workspace: bool,
    /// The user's folders.
    pub folders: &'a Folders,
    /// The settings.
    pub config: &'a config::Skills,
    /// The editor, whose buffers count before the disk.
    pub editor: &'a dyn Editor,
}

/// Finds every skill, the offered ones first; of two with one name the first counts. What cannot
/// be loaded (no description, not UTF-8) is left out: the linter says so.
pub fn find(sources: &SkillSources<'_>) -> Vec<FoundSkill> {
    let accepted = AcceptedSkills::new(&sources.folders.state);
    let user_folders =
        USER_FOLDERS.map(|folder| resolve_existing(&sources.folders.home.join(folder)));
    let mut paths: Vec<(PathBuf, Scope)> = Vec::new();
    if let Some(workspace) = sources.workspace {
        let save_dir = (!sources.config.save_dir.is_empty())
            .then(|| save_dir(workspace, &sources.folders.home, sources.config));
        let well_known = PROJECT_FOLDERS.map(|folder| workspace.join(folder));
        for folder in save_dir.into_iter().chain(well_known) {
            paths.extend(skill_files(&folder).map(|path| (path, Scope::Workspace)));
        }
        // An accepted skill may so far live in an unsaved buffer only.
        paths.extend(accepted.below(workspace).into_iter().map(|path| (path, Scope::Workspace)));
    }
    for path in &sources.config.paths {
        let path = absolute(path, sources.workspace, &sources.folders.home);
        let is_inside = sources.workspace.is_some_and(|workspace| path.starts_with(workspace));
        let scope = if is_inside { Scope::Workspace } else { Scope::User };
        paths.extend(skill_files(&path).map(|path| (path, scope)));
    }
    for folder in USER_FOLDERS {
        let folder = sources.folders.home.join(folder);
        paths.extend(skill_files(&folder).map(|path| (path, Scope::User)));
    }
    let mut seen_paths = BTreeSet::new();
    let mut found: Vec<FoundSkill> = paths
        .into_iter()
        .map(|(path, scope)| {
            let path = resolve_existing(&path);
            let is_users = user_folders.iter().any(|folder| path.starts_with(folder));
            (path, if is_users { Scope::User } else { scope })
        })
        .filter(|(path, _)| seen_paths.insert(path.clone()))
        .filter_map(|(path, scope)| load(path, scope, &accepted, sources))
        .collect();
    // What is not offered must not hide, by its name, what is.
    found.sort_by_key(|skill| !skill.is_offered);
    let mut seen_names = BTreeSet::new();
    found.retain(|skill| seen_names.insert(skill.name.clone()));
    found
}

/// Returns one sentence for each skill of the workspace that was accepted here and cannot be
/// offered any more. A skill that was deleted is no news.
pub fn left_out(sources: &SkillSources<'_>) -> Vec<String> {
    let accepted = AcceptedSkills::new(&sources.folders.state);
    let Some(workspace) = sources.workspace.filter(|_| !sources.trusts_workspace) else {
        return Vec::new();
    };
    let sentence = |path: &PathBuf| -> Option<String> {
        let acceptance = accepted.get(path)?;
        let name = &acceptance.name;
        let shown = path.strip_prefix(workspace).unwrap_or(path).display();
        let text = match sources.editor.buffer(path) {
            Some(buffer) => buffer.text.to_string(),
            None => match std::fs::read_to_string(path) {
                Ok(text) => text,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
                Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                    return Some(format!(
                        "The skill {name} was left out: {shown} is not UTF-8. Save it as UTF-8."
                    ));
                }
                Err(error) => {
                    return Some(format!(
                        "The skill {name} was left out: {shown} cannot be read ({error}). Check \
                         its permissions."
                    ));
                }
            },
        };
        (!acceptance.covers(&text)).then(|| {
            format!(
                "The skill {name} was left out: {shown} was changed after you accepted it. Undo \
                 the change to have it offered again."
            )
        })
    };
    accepted.below(workspace).iter().filter_map(sentence).collect()
}

/// Returns a sentence about the skills that a workspace brought along and that are not offered,
/// because nobody said that they may be; `None` where there are none.
pub fn unaccepted(sources: &SkillSources<'_>) -> Option<String> {
    if sources.trusts_workspace {
        return None;
    }
    let accepted = AcceptedSkills::new(&sources.folders.state);
    let is_unaccepted = |skill: &FoundSkill| {
        let is_brought = skill.scope == Scope::Workspace && !skill.is_offered;
        is_brought && accepted.get(&skill.path).is_none()
    };
    let what = match find(sources).iter().filter(|skill| is_unaccepted(skill)).count() {
        0 => return None,
        1 => "1 skill of this folder is".to_owned(),
        n_skills => format!("{n_skills} skills of this folder are"),
    };
    Some(format!(
        "{what} not offered to the student, because the folder is not trusted. Trust it in your \
         editor or with `preceptor trust`."
    ))
}

/// Returns the folders that the setting `skills.paths` names, whether they are there or not.
pub fn extra_folders(workspace: &Path, home: &Path, config: &config::Skills) -> Vec<PathBuf> {
    config.paths.iter().map(|path| absolute(path, Some(workspace), home)).collect()
}

/// Returns the folders of a user in which clients look for skills; they need not exist.
pub fn user_folders(home: &Path) -> Vec<PathBuf> {
    USER_FOLDERS.iter().map(|folder| home.join(folder)).collect()
}

/// Returns the folder that accepted skills are saved below. A `~` stands for the home folder, as in
/// `skills.paths`.
pub fn save_dir(workspace: &Path, home: &Path, config: &config::Skills) -> PathBuf {
    if !config.save_dir.is_empty() {
        return absolute(Path::new(&config.save_dir), Some(workspace), home);
    }
    let mut candidates = PROJECT_FOLDERS.iter().take(3).map(|folder| workspace.join(folder));
    candidates.find(|folder| folder.is_dir()).unwrap_or_else(|| workspace.join(".agents/skills"))
}

fn load(
    path: PathBuf,
    scope: Scope,
    accepted: &AcceptedSkills,
    sources: &SkillSources<'_>,
) -> Option<FoundSkill> {
    let on_disk = || {
        let is_small = path.metadata().is_ok_and(|metadata| metadata.len() <= MAX_SKILL_BYTES);
        is_small.then(|| std::fs::read_to_string(&path).ok()).flatten().map(Arc::from)
    };
    let acceptance = accepted.get(&path);
    let text: Arc<str> = match sources.editor.buffer(&path) {
        Some(buffer) => buffer.text,
        None => on_disk()?,
    };
    // The body is left alone: editors ask for all skills as somebody types.
    let frontmatter = Frontmatter::parse(&text)?;
    let description = frontmatter.field_text("description")?.to_owned();
    let folder_name = path.parent()?.file_name()?.to_str()?;
    let name = frontmatter.field_text("name").unwrap_or(folder_name).to_owned();
    let is_accepted = acceptance.is_some_and(|acceptance| acceptance.covers(&text));
    // Not even trust makes a proposal a skill: a person accepts it first.
    let is_proposal = path.components().any(|part| part == Component::Normal(OWN_FOLDER.as_ref()));
    let is_trusted = match scope {
        Scope::User => true,
        Scope::Workspace => sources.trusts_workspace && !is_proposal,
    };
    let is_offered = is_trusted || is_accepted;
    (!description.is_empty() && !name.is_empty()).then_some(FoundSkill {
        name,
        description,
        path,
        text,
        scope,
        is_offered,
    })
}

fn skill_files(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.path().join("SKILL.md")).collect())
        .unwrap_or_default();
    files.retain(|file| file.is_file());
    files.sort();
    files.into_iter()
}

fn absolute(path: &Path, workspace: Option<&Path>, home: &Path) -> PathBuf {
    match path.strip_prefix("~") {
        Ok(rest) => home.join(rest),
        Err(_) => workspace.unwrap_or(home).join(path),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{FoundSkill, SkillSources, find, resolve_existing, save_dir};
    use crate::{acceptance::AcceptedSkills, config::Skills, editor::NoEditor, folders::Folders};

    fn write_skill(folder: &Path, name: &str) -> String {
        let text = format!("---\nname: {name}\ndescription: Does {name}.\n---\n");
        std::fs::create_dir_all(folder.join(name)).unwrap();
        std::fs::write(folder.join(name).join("SKILL.md"), &text).unwrap();
        text
    }

    fn find_in(folder: &Path, trusts_workspace: bool) -> Vec<FoundSkill> {
        find(&SkillSources {
            workspace: Some(&folder.join("w")),
            trusts_workspace,
            folders: &Folders::below(folder),
            config: &Skills::default(),
            editor: &NoEditor,
        })
    }

    #[test]
    fn a_skill_of_the_workspace_is_offered_once_it_was_accepted_here() {
        let folder = tempfile::tempdir().unwrap();
        let text = write_skill(&folder.path().join("w/.agents/skills"), "alien");
        write_skill(&folder.path().join("home/.claude/skills"), "own");
        let offered = || -> Vec<(String, bool)> {
            find_in(folder.path(), false)
                .into_iter()
                .map(|skill| (skill.name, skill.is_offered))
                .collect()
        };
        assert_eq!(offered(), [("own".to_owned(), true), ("alien".to_owned(), false)]);

        let path = resolve_existing(&folder.path().join("w/.agents/skills/alien/SKILL.md"));
        let accepted = AcceptedSkills::new(&Folders::below(folder.path()).state);
        accepted.keep(&path, "alien", &text, "p", "now".to_owned()).unwrap();
        assert_eq!(offered(), [("alien".to_owned(), true), ("own".to_owned(), true)]);

        std::fs::write(&path, text.replace("Does", "Deletes")).unwrap();
        assert_eq!(offered(), [("own".to_owned(), true), ("alien".to_owned(), false)]);

        write_skill(&folder.path().join("w/.claude/skills"), "own");
        assert_eq!(offered(), [("own".to_owned(), true), ("alien".to_owned(), false)]);
    }

    #[test]
    fn all_skills_of_a_trusted_workspace_are_offered_but_no_proposal() {
        let folder = tempfile::tempdir().unwrap();
        write_skill(&folder.path().join("w/.agents/skills"), "alien");
        write_skill(&folder.path().join("w/.preceptor/proposals/p"), "proposed");
        let config = Skills { paths: vec![".preceptor/proposals/p".into()], ..Skills::default() };
        let found = find(&SkillSources {
            workspace: Some(&folder.path().join("w")),
            trusts_workspace: true,
            folders: &Folders::below(folder.path()),
            config: &config,
            editor: &NoEditor,
        });
        let offered: Vec<(&str, bool)> =
            found.iter().map(|skill| (skill.name.as_str(), skill.is_offered)).collect();
        assert_eq!(offered, [("alien", true), ("proposed", false)]);
        assert!(find_in(folder.path(), false).iter().all(|skill| !skill.is_offered));
    }

    #[test]
    fn the_first_folder_that_exists_takes_new_skills() {
        let folder = tempfile::tempdir().unwrap();
        let saved_to = || save_dir(folder.path(), Path::new("/home/u"), &Skills::default());
        assert_eq!(saved_to(), folder.path().join(".agents/skills"));
        std::fs::create_dir_all(folder.path().join("skills")).unwrap();
        std::fs::create_dir_all(folder.path().join(".github/skills")).unwrap();
        assert_eq!(saved_to(), folder.path().join(".github/skills"));
    }

    #[test]
    fn the_setting_says_where_skills_are_saved_and_they_are_found_there() {
        let folder = tempfile::tempdir().unwrap();
        let folders = Folders::below(folder.path());
        let workspace = folder.path().join("w");
        for (setting, expected) in
            [("mine", workspace.join("mine")), ("~/mine", folders.home.join("mine"))]
        {
            let config = Skills { save_dir: setting.to_owned(), ..Skills::default() };
            assert_eq!(save_dir(&workspace, &folders.home, &config), expected);
            write_skill(&expected, "saved");
            let found = find(&SkillSources {
                workspace: Some(&workspace),
                trusts_workspace: false,
                folders: &folders,
                config: &config,
                editor: &NoEditor,
            });
            let paths: Vec<&Path> = found.iter().map(|skill| skill.path.as_path()).collect();
            assert_eq!(paths, [resolve_existing(&expected.join("saved/SKILL.md"))]);
        }
    }
}

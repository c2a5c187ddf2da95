//! `preceptor.skills` and `preceptor.skill.new`: which skills there are, and one more.

use std::{
    collections::HashMap,
    io::{self, Write},
    path::PathBuf,
    sync::Arc,
};

use lint::{is_valid_name, skill_scaffold};
use runtime::{
    config,
    skills::{Scope, save_dir},
    workspace::resolve_existing,
};
use serde_json::{Value, json};
use skill::estimated_tokens;
use tower_lsp::{
    jsonrpc::{Error, Result},
    lsp_types::Url,
};

use crate::{
    lsp::{
        closed_skills::{ClosedSkill, FolderNames},
        commands::{arguments::NewSkill, blocking, failed},
        linter::Linted,
        neighbors,
        session::Session,
    },
    neighborhood::SKILL_FILE_NAME,
};

struct ListedSkill {
    name: Arc<str>,
    uri: Url,
    description: String,
    scope: Scope,
    n_tokens: usize,
    n_diagnostics: usize,
}

impl ListedSkill {
    fn open(name: Arc<str>, scope: Scope, linted: &Linted) -> Self {
        let document = linted.snapshot.skill();
        Self {
            name,
            uri: linted.snapshot.uri.clone(),
            description: document.description().unwrap_or_default().trim().to_owned(),
            scope,
            n_tokens: estimated_tokens(&document.text),
            n_diagnostics: linted.diagnostics.len(),
        }
    }

    fn closed(name: Arc<str>, scope: Scope, skill: &ClosedSkill) -> Self {
        Self {
            name,
            uri: skill.uri.clone(),
            description: skill.description.clone(),
            scope,
            n_tokens: skill.n_tokens,
            n_diagnostics: skill.diagnostics.len(),
        }
    }

    fn described(&self) -> Value {
        json!({
            "name": *self.name,
            "uri": self.uri,
            "description": self.description,
            "scope": self.scope.name(),
            "tokens": self.n_tokens,
            "diagnostics": self.n_diagnostics,
        })
    }
}

/// Returns the skills of the workspace and of the user, sorted by path, each with the number of its
/// findings.
pub(super) async fn list(session: &Arc<Session>) -> Result<Value> {
    session.neighbors.searched().await;
    let task = Arc::clone(session);
    let (names, skills) =
        blocking(move || (FolderNames::of(&task), task.neighbors.skills())).await?;
    let mut open = HashMap::new();
    for uri in skills.iter().filter_map(|(_, _, uri)| uri.as_ref()) {
        if let Some(snapshot) = session.documents.get(uri) {
            let linted = session.linter.findings(session, snapshot).await;
            open.insert(uri.clone(), linted);
        }
    }
    let task = Arc::clone(session);
    let listed = move || -> Vec<Value> {
        let listed = skills.into_iter().filter_map(|(path, name, uri)| {
            let scope = if names.hold(&path) { Scope::Workspace } else { Scope::User };
            let linted = uri.and_then(|uri| open.get(&uri));
            let skill = if let Some(linted) = linted {
                ListedSkill::open(name, scope, linted)
            } else {
                let examined = task.closed_skills.examine(&task, &names, &path)?;
                ListedSkill::closed(name, scope, &examined)
            };
            Some(skill.described())
        });
        listed.collect()
    };
    Ok(json!(blocking(listed).await?))
}

/// Writes a skill to be filled in, and returns its address.
pub(super) async fn create(session: &Arc<Session>, arguments: NewSkill) -> Result<Value> {
    let NewSkill { name, description, dir } = arguments;
    if !is_valid_name(&name) {
        return Err(Error::invalid_params(
            "`name`: 1 to 64 lower-case letters, digits and single hyphens between them",
        ));
    }
    let task = Arc::clone(session);
    let uri = blocking(move || -> Result<Url> {
        let target = target(&task, &name, dir)?;
        let text = skill_scaffold(&name, description.as_deref().map(str::trim));
        write_new(&target, &text).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Error::invalid_params(format!(
                "`name`: there is a skill in {} already",
                target.display()
            )),
            _ => failed(format!("{} cannot be written ({error}).", target.display())),
        })?;
        Url::from_file_path(&target)
            .map_err(|()| Error::invalid_params("`dir`: the folder has no address"))
    })
    .await??;
    neighbors::files_changed(session, [&uri]);
    Ok(json!({ "uri": uri }))
}

fn target(session: &Session, name: &str, dir: Option<String>) -> Result<PathBuf> {
    let home = &session.folders.home;
    let folder = session.workspace_folders().into_iter().next();
    let is_elsewhere =
        dir.as_deref().is_some_and(|dir| dir.starts_with('~') || PathBuf::from(dir).is_absolute());
    if folder.is_none() && !is_elsewhere {
        return Err(Error::invalid_params(
            "`dir`: no workspace folder is open; name an absolute folder",
        ));
    }
    let workspace = folder.unwrap_or_else(|| home.clone());
    let configured = session.settings.config_in(&workspace).skills.clone();
    let is_named = dir.is_some();
    let skills = match dir {
        Some(dir) => config::Skills { save_dir: dir, ..configured },
        None => configured,
    };
    let target = save_dir(&workspace, home, &skills).join(name).join(SKILL_FILE_NAME);
    let is_led_away = target.starts_with(&workspace)
        && !resolve_existing(&target).starts_with(resolve_existing(&workspace));
    if is_led_away && !is_named {
        return Err(failed(format!(
            "A link leads {} out of the workspace: replace it by a folder, or name one.",
            target.display()
        )));
    }
    Ok(target)
}

/// Never replaces a file.
#[expect(clippy::disallowed_methods, reason = "a command that writes to the disk")]
fn write_new(path: &PathBuf, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = std::fs::File::options().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())
}

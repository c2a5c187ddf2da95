//! From skill to skill: where one is defined, where it is spoken of, what it is called.
//!
//! The index knows the names and places of all skills and of the files in their `references/`; their
//! texts are read when somebody asks, and so are those of the files beside them that clients read;
//! only those that hold the name in question are parsed. The text of an open buffer counts before
//! that on the disk.

mod beside;
mod documents;
mod instructions;
pub(crate) mod links;
pub(crate) mod lookup;
mod nearest;
pub(crate) mod rename;

use std::{
    collections::{HashMap, HashSet},
    path::Path,
    sync::Arc,
};

use lint::{MentionedSkill, SkillLookup, SkillMention, are_loaded_together, skill_mentions};
use runtime::config::WORKSPACE_FILE;
use skill::{LineIndex, PositionEncoding, SkillDocument, Span};
use tower_lsp::lsp_types::{Location, Range, Url};

use crate::{
    lsp::{
        documents::Snapshot,
        language::navigation::{
            documents::documents, instructions::instructions, nearest::nearest,
        },
        positions,
        session::Session,
    },
    neighborhood,
};

/// The skills of the workspace and of the user, at one moment.
pub(crate) struct KnownSkills {
    /// By the path of the `SKILL.md`, in the form of the index.
    by_path: HashMap<Arc<str>, KnownSkill>,
    paths_by_name: HashMap<Arc<str>, Vec<Arc<str>>>,
}

struct KnownSkill {
    name: Arc<str>,
    uri: Url,
}

/// One skill that a person points at.
#[derive(Debug)]
pub(crate) struct Subject {
    /// The path of its `SKILL.md`, in the form of the index.
    pub(crate) path: Arc<str>,
    /// Its name.
    pub(crate) name: Arc<str>,
    /// What was pointed at, in the document in question.
    pub(crate) span: Span,
}

/// The text of one skill, or of a file that it refers to; open or not.
pub(crate) enum SkillText {
    /// In an editor.
    Open(Arc<Snapshot>),
    /// On the disk.
    OnDisk(Box<SkillFileText>),
}

/// A file that no editor has open.
pub(crate) struct SkillFileText {
    uri: Url,
    document: SkillDocument,
    line_index: LineIndex,
    encoding: PositionEncoding,
}

impl KnownSkills {
    /// Returns the skills that were found so far.
    pub(crate) fn of(session: &Session) -> Self {
        let mut by_path = HashMap::new();
        let mut paths_by_name: HashMap<Arc<str>, Vec<Arc<str>>> = HashMap::new();
        for (path, name, open) in session.neighbors.skills() {
            let Some(uri) = open.or_else(|| Url::from_file_path(&*path).ok()) else { continue };
            paths_by_name.entry(Arc::clone(&name)).or_default().push(Arc::clone(&path));
            by_path.insert(path, KnownSkill { name, uri });
        }
        Self { by_path, paths_by_name }
    }

    /// Returns the skills that were found so far, the one that a document holds: it may be written
    /// this moment, and those beside a document outside of all workspace folders, where nobody looks
    /// for skills. A proposal is no skill yet.
    pub(crate) fn with(session: &Session, snapshot: &Snapshot) -> Self {
        let mut known = Self::of(session);
        if let Ok(file) = snapshot.uri.to_file_path()
            && let Some(path) = neighborhood::key(&file)
            && let Some(name) = snapshot.skill().name().filter(|name| !name.is_empty())
            && !neighborhood::is_left_out(&file)
        {
            known.add(&path, name, snapshot.uri.clone());
        }
        for skill in beside::skills_beside(session, &snapshot.uri) {
            known.add(&skill.path, &skill.name, skill.uri);
        }
        known
    }

    fn add(&mut self, path: &str, name: &str, uri: Url) {
        if !self.by_path.contains_key(path) {
            let (path, name): (Arc<str>, Arc<str>) = (path.into(), name.into());
            self.paths_by_name.entry(Arc::clone(&name)).or_default().push(Arc::clone(&path));
            self.by_path.insert(path, KnownSkill { name, uri });
        }
    }

    /// Returns the paths of the skills of this name.
    pub(crate) fn with_name(&self, name: &str) -> &[Arc<str>] {
        self.paths_by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// Returns all skills as path, name and address.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<str>, &Url)> {
        self.by_path.iter().map(|(path, skill)| (path, &skill.name, &skill.uri))
    }

    /// Returns where the document at a path speaks of known skills.
    pub(crate) fn mentions(&self, document: &SkillDocument, path: &str) -> Vec<SkillMention> {
        let folders = self.by_path.keys().filter_map(|path| path.rsplit('/').nth(1));
        let folders: HashSet<&str> = folders.collect();
        let known = SkillLookup {
            is_name: &|name| self.paths_by_name.contains_key(name),
            is_beside: &|name| {
                self.with_name(name).iter().any(|skill| are_loaded_together(skill, path))
            },
            is_folder_name: &|name| folders.contains(name),
            is_skill: &|path| self.by_path.contains_key(path),
        };
        // The manifest of a plugin names what lies beside its own folder.
        let seen_from = path.replace("/.claude-plugin/", "/");
        let mut mentions = skill_mentions(document, &seen_from, &known);
        // Settings have paths, and no words.
        let is_prose = Path::new(path).file_name().is_none_or(|name| name != WORKSPACE_FILE);
        mentions.retain(|it| is_prose || matches!(it.target, MentionedSkill::Linked(_)));
        mentions
    }

    /// Tells whether a file is that of a skill or lies in a skill's folder.
    fn is_in_skill(&self, path: &str) -> bool {
        let mut folders = Path::new(path).ancestors().skip(1).filter_map(Path::to_str);
        folders.any(|folder| self.by_path.contains_key(&*format!("{folder}/SKILL.md")))
    }

    /// Returns the skills that a name means in the text at `path`.
    pub(crate) fn named(&self, name: &str, path: &str) -> Vec<Arc<str>> {
        nearest(self.with_name(name), path)
    }

    /// Reads the skill at a path.
    pub(crate) fn text(&self, session: &Session, path: &str) -> Option<SkillText> {
        SkillText::load(session, &self.by_path.get(path)?.uri, |_| true)
    }

    /// Returns the skills that a mention in the text at `path` means.
    pub(crate) fn meant(&self, mention: &SkillMention, path: &str) -> Vec<Arc<str>> {
        match &mention.target {
            MentionedSkill::Named(name) => self.named(name, path),
            MentionedSkill::Linked(path) => self
                .by_path
                .get_key_value(path.as_str())
                .map(|(it, _)| Arc::clone(it))
                .into_iter()
                .collect(),
        }
    }

    /// Returns the skills that the place at `offset` is about: those that a mention there means,
    /// or the document's own, on its name.
    pub(crate) fn subjects(&self, snapshot: &Snapshot, offset: usize) -> Vec<Subject> {
        let document = snapshot.skill();
        let Some(path) = key_of(snapshot) else { return Vec::new() };
        let holds = |span: Span| span.start <= offset && offset <= span.end;
        let subject = |path: &Arc<str>, span: Span| {
            let name = Arc::clone(&self.by_path.get(path)?.name);
            Some(Subject { path: Arc::clone(path), name, span })
        };
        let own = document.field("name").map(|node| node.span).filter(|span| holds(*span));
        if let Some(span) = own {
            let own = self.by_path.get_key_value(path.as_str());
            let name = document.name().filter(|name| !name.is_empty());
            let subject = own.zip(name).map(|((path, _), name)| Subject {
                path: Arc::clone(path),
                name: name.into(),
                span,
            });
            return subject.into_iter().collect();
        }
        let mentions = self.mentions(document, &path);
        let mention = mentions.iter().find(|mention| holds(mention.span));
        let meant = mention.into_iter().flat_map(|it| {
            self.meant(it, &path)
                .into_iter()
                .filter_map(|path| subject(&path, it.span))
                .collect::<Vec<_>>()
        });
        meant.collect()
    }

    /// Reads the skills, the files in their `references/` and those beside the skill at `skill` that
    /// clients read, whose texts hold `word`.
    pub(crate) fn texts_with(
        &self,
        session: &Session,
        skill: &str,
        word: &str,
    ) -> Vec<(Arc<str>, SkillText)> {
        let load = |uri: &Url| SkillText::load(session, uri, |text| text.contains(word));
        let skills = self.all().filter_map(|(path, _, uri)| Some((Arc::clone(path), load(uri)?)));
        let workspace = session.workspace_folders();
        let workspace = workspace.iter().map(|it| runtime::workspace::resolve_existing(it));
        let beside = instructions(&workspace.collect::<Vec<_>>(), Path::new(skill));
        let beside = beside.iter().filter_map(|path| neighborhood::key(path));
        let files = session.neighbors.reference_files().into_iter().chain(beside);
        let files = files.filter_map(|path| {
            let uri = Url::from_file_path(&path).ok()?;
            Some((path.into(), load(&uri)?))
        });
        let mut texts: Vec<(Arc<str>, SkillText)> = skills.chain(files).collect();
        texts.sort_by(|(a, _), (b, _)| a.cmp(b));
        texts.dedup_by(|(a, _), (b, _)| a == b);
        texts
    }

    /// Tells whether two skills are one, there for two clients: that of the one may have its new name
    /// already.
    fn are_one_skill(&self, session: &Session, one: &str, other: &str) -> bool {
        let folder = |path: &str| Path::new(path).ancestors().nth(2).map(Path::to_path_buf);
        let description = |path: &str| {
            let text = self.text(session, path)?;
            Some(text.document().field("description")?.as_text()?.to_owned())
        };
        let says = description(one);
        folder(one) != folder(other) && says.is_some() && says == description(other)
    }

    /// Returns where the skill at a path is defined: at its name.
    pub(crate) fn definition(&self, session: &Session, path: &str) -> Option<Location> {
        let skill = self.by_path.get(path)?;
        let text = SkillText::load(session, &skill.uri, |_| true)?;
        let name = text.document().field("name").map(|node| node.span);
        Some(Location::new(skill.uri.clone(), text.range(name.unwrap_or_default())))
    }
}

impl SkillText {
    /// Reads a file if its text is as wanted.
    pub(crate) fn load(
        session: &Session,
        uri: &Url,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Option<Self> {
        if let Some(snapshot) = session.documents.get(uri) {
            return is_wanted(snapshot.text()).then_some(Self::Open(snapshot));
        }
        let text = neighborhood::read_skill(&uri.to_file_path().ok()?)?;
        is_wanted(&text).then(|| {
            Self::OnDisk(Box::new(SkillFileText {
                uri: uri.clone(),
                line_index: LineIndex::new(&text),
                document: SkillDocument::parse(text),
                encoding: session.documents.encoding(),
            }))
        })
    }

    pub(crate) fn document(&self) -> &SkillDocument {
        match self {
            Self::Open(snapshot) => snapshot.skill(),
            Self::OnDisk(file) => &file.document,
        }
    }

    pub(crate) fn uri(&self) -> &Url {
        match self {
            Self::Open(snapshot) => &snapshot.uri,
            Self::OnDisk(file) => &file.uri,
        }
    }

    /// The editor's version, if it is open.
    pub(crate) fn version(&self) -> Option<i32> {
        match self {
            Self::Open(snapshot) => Some(snapshot.version),
            Self::OnDisk(_) => None,
        }
    }

    pub(crate) fn range(&self, span: Span) -> Range {
        match self {
            Self::Open(snapshot) => snapshot.range(span),
            Self::OnDisk(file) => {
                let at = |offset| {
                    let text = &file.document.text;
                    positions::to_proto(file.line_index.position(text, offset, file.encoding))
                };
                Range::new(at(span.start), at(span.end))
            }
        }
    }
}

/// Reads the other files of the workspace that lead into the folder of the skill at `skill`.
fn documents_with(session: &Session, skill: &str) -> Vec<(Arc<str>, SkillText)> {
    let Some(name) = skill.rsplit('/').nth(1) else { return Vec::new() };
    let workspace = session.workspace_folders();
    let workspace: Vec<_> =
        workspace.iter().map(|it| runtime::workspace::resolve_existing(it)).collect();
    let files = documents(&workspace).into_iter().filter_map(|file| {
        let uri = Url::from_file_path(&file).ok()?;
        let text = SkillText::load(session, &uri, |text| text.contains(name))?;
        Some((neighborhood::key(&file)?.into(), text))
    });
    files.collect()
}

/// Returns the index's name of an open document.
pub(crate) fn key_of(snapshot: &Snapshot) -> Option<String> {
    neighborhood::key(&snapshot.uri.to_file_path().ok()?)
}

/// Returns the folder of the `SKILL.md` at a path.
fn folder_of(path: &str) -> Option<&Path> {
    Path::new(path).parent()
}

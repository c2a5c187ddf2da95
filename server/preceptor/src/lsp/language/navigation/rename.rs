//! `textDocument/rename` and `workspace/willRenameFiles`: a skill's folder, its `name` and every
//! mention, in one edit.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::Path,
    sync::Arc,
};

use lint::{MentionedSkill, is_valid_name};
use skill::{Span, yaml_value};
use tower_lsp::{
    jsonrpc::Error,
    lsp_types::{
        AnnotatedTextEdit, ChangeAnnotation, DocumentChangeOperation, DocumentChanges, FileRename,
        OneOf, OptionalVersionedTextDocumentIdentifier, PrepareRenameResponse, RenameFile,
        RenameFileOptions, ResourceOp, TextDocumentEdit, TextEdit, Url, WorkspaceEdit,
    },
};

use crate::{
    lsp::{
        documents::Snapshot,
        language::navigation::{KnownSkills, SkillText, Subject, documents_with, folder_of},
        linter::directory_name,
        session::Session,
    },
    neighborhood,
};

/// What edits of files that are no skill's are marked with.
const OUTSIDE_ANNOTATION: &str = "outside";

/// What changes in the texts, by their paths.
type Changes = BTreeMap<Arc<str>, (SkillText, Vec<TextEdit>)>;

/// Returns what would be renamed at a place; `None` where there is no skill's name.
pub(crate) fn prepare_rename(
    session: &Session,
    snapshot: &Snapshot,
    offset: usize,
) -> Option<PrepareRenameResponse> {
    let subjects = KnownSkills::with(session, snapshot).subjects(snapshot, offset);
    let subject = subjects.first()?;
    Some(PrepareRenameResponse::RangeWithPlaceholder {
        range: snapshot.range(subject.span),
        placeholder: subject.name.to_string(),
    })
}

/// Returns the edit that renames the skill at a place.
///
/// # Errors
/// A sentence that says why it cannot be renamed so.
pub(crate) fn rename(
    session: &Session,
    snapshot: &Snapshot,
    offset: usize,
    new_name: &str,
) -> Result<Option<WorkspaceEdit>, Error> {
    let known = KnownSkills::with(session, snapshot);
    let subjects = known.subjects(snapshot, offset);
    let Some(subject) = subjects.first() else { return Ok(None) };
    if subjects.len() > 1 {
        return Err(Error::invalid_params(format!(
            "Several skills are called `{}`: rename the one that you mean at its own `name`.",
            subject.name
        )));
    }
    check_name(new_name)?;
    let refuse = |reason: String| Error::invalid_params(reason);
    if let Some(other) = other_with_name(session, &known, subject, new_name) {
        return Err(refuse(format!(
            "`{new_name}` is the name of {other} already: choose another name."
        )));
    }
    let folder = folder_of(&subject.path).ok_or_else(|| refuse("It has no folder.".to_owned()))?;
    let new_folder = folder.with_file_name(new_name);
    if new_folder != folder && new_folder.symlink_metadata().is_ok() {
        let shown = new_folder.display();
        return Err(refuse(format!("{shown} is there already: choose another name.")));
    }
    let can_rename = session.client().renames_files || new_folder == folder;
    if !(session.client().versioned_edits && can_rename) {
        return Err(refuse(
            "This editor renames no files for a language server: rename the folder by hand, then \
             apply the fix of `name/directory-mismatch`."
                .to_owned(),
        ));
    }
    let mut changed = Changes::new();
    collect_edits(session, &known, subject, new_name, /*is_moved*/ false, &mut changed);
    let mut operations = operations_of(session, &known, changed);
    if new_folder != folder {
        let uri = |path: &Path| {
            Url::from_file_path(path).map_err(|()| refuse("The path has no address.".to_owned()))
        };
        operations.push(DocumentChangeOperation::Op(ResourceOp::Rename(RenameFile {
            old_uri: uri(folder)?,
            new_uri: uri(&new_folder)?,
            options: Some(RenameFileOptions { overwrite: Some(false), ignore_if_exists: None }),
            annotation_id: None,
        })));
    }
    Ok(Some(edit_of(session, operations)))
}

/// Returns the edit that gives a skill's folder the skill's name, with the links that lead there;
/// `None` where the editor cannot do that or another folder is called so.
pub(crate) fn rename_folder(session: &Session, snapshot: &Snapshot) -> Option<WorkspaceEdit> {
    let document = snapshot.skill();
    let offset = document.field("name")?.span.start;
    rename(session, snapshot, offset, document.name()?).ok()?
}

/// Returns the edit that gives a skill the name of its folder, with the references to it; `None` if
/// the editor cannot do that or another skill has the name.
pub(crate) fn rename_skill_like_folder(
    session: &Session,
    snapshot: &Snapshot,
) -> Option<WorkspaceEdit> {
    let offset = snapshot.skill().field("name")?.span.start;
    rename(session, snapshot, offset, &directory_name(&snapshot.uri)?).ok()?
}

/// Returns what goes along with folders that the editor is about to rename: the names of the skills
/// in them, and their mentions. A folder that moves elsewhere under its name keeps it, and one that
/// gets a name no skill can have is left alone.
pub(crate) fn will_rename_files(session: &Session, files: &[FileRename]) -> Option<WorkspaceEdit> {
    let known = KnownSkills::of(session);
    let mut changed = Changes::new();
    for file in files {
        let Some(renamed) = renamed_skill(&known, file) else { continue };
        let RenamedSkill { subject, new_name, is_moved } = renamed;
        // Two skills of one name could never be told apart again.
        if other_with_name(session, &known, &subject, &new_name).is_none() {
            collect_edits(session, &known, &subject, &new_name, is_moved, &mut changed);
        }
    }
    let operations = operations_of(session, &known, changed);
    (!operations.is_empty()).then(|| edit_of(session, operations))
}

/// What stands in files of others is shown before it is changed, where the editor can do that.
fn edit_of(session: &Session, operations: Vec<DocumentChangeOperation>) -> WorkspaceEdit {
    let outside = ChangeAnnotation {
        label: "Mentions outside of skills, and in programs".to_owned(),
        needs_confirmation: Some(true),
        description: Some("instructions, commands, scripts and settings".to_owned()),
    };
    let is_asked = session.client().annotates_edits && operations.iter().any(is_annotated);
    WorkspaceEdit {
        document_changes: Some(DocumentChanges::Operations(operations)),
        change_annotations: is_asked
            .then(|| HashMap::from([(OUTSIDE_ANNOTATION.to_owned(), outside)])),
        ..WorkspaceEdit::default()
    }
}

/// A program may do anything with a path, also where it is a skill's own.
fn is_program(path: &str) -> bool {
    let extension = Path::new(path).extension().and_then(|it| it.to_str());
    !extension.is_some_and(|it| matches!(it, "md" | "mdx" | "yaml"))
}

fn is_annotated(operation: &DocumentChangeOperation) -> bool {
    match operation {
        DocumentChangeOperation::Edit(edit) => {
            edit.edits.iter().any(|it| matches!(it, OneOf::Right(_)))
        }
        DocumentChangeOperation::Op(_) => false,
    }
}

/// A skill whose folder an editor is about to rename.
struct RenamedSkill {
    subject: Subject,
    new_name: String,
    /// Whether the folder goes elsewhere at the same time.
    is_moved: bool,
}

fn renamed_skill(known: &KnownSkills, file: &FileRename) -> Option<RenamedSkill> {
    let path = |uri: &str| Url::parse(uri).ok()?.to_file_path().ok();
    let (old, new) = (path(&file.old_uri)?, path(&file.new_uri)?);
    let new_name = new.file_name()?.to_str()?.to_owned();
    let is_moved = old.parent() != new.parent();
    if is_moved && old.file_name() == new.file_name() || !is_valid_name(&new_name) {
        return None;
    }
    let key = neighborhood::key(&old.join(neighborhood::SKILL_FILE_NAME))?;
    let (path, name, _) = known.all().find(|(path, _, _)| ***path == *key)?;
    let subject = Subject { path: Arc::clone(path), name: Arc::clone(name), span: Span::default() };
    Some(RenamedSkill { subject, new_name, is_moved })
}

/// Returns another skill that has the name already; the same skill for another client is none.
fn other_with_name<'a>(
    session: &Session,
    known: &'a KnownSkills,
    subject: &Subject,
    new_name: &str,
) -> Option<&'a Arc<str>> {
    let mut others = known.with_name(new_name).iter().filter(|path| {
        **path != subject.path && !known.are_one_skill(session, path, &subject.path)
    });
    others.next().filter(|_| *new_name != *subject.name)
}

fn check_name(name: &str) -> Result<(), Error> {
    if is_valid_name(name) {
        return Ok(());
    }
    Err(Error::invalid_params(format!(
        "`{name}` is no name for a skill: 1 to 64 lower-case letters, digits and single hyphens \
         between them."
    )))
}

/// What has the new name already gets no edit: VS Code asks again when it renames the folder of a
/// rename, and asks the person about every edit that is then answered.
///
/// Mentions by name are left alone where several skills that are as near have it: nobody knows which
/// one is meant. Paths to a skill that moves at the same time are left alone, since a name in them
/// leads nowhere.
fn collect_edits(
    session: &Session,
    known: &KnownSkills,
    subject: &Subject,
    new_name: &str,
    is_moved: bool,
    changed: &mut Changes,
) {
    let folder_name = subject.path.rsplit('/').nth(1).unwrap_or_default();
    let mut seen: BTreeSet<Arc<str>> = BTreeSet::new();
    let words: BTreeSet<&str> = [&*subject.name, folder_name].into();
    let of_skills = words.iter().flat_map(|word| known.texts_with(session, &subject.path, word));
    let of_skills: Vec<_> = of_skills.map(|(path, text)| (path, text, false)).collect();
    // Words of a document that nobody reads for skills mean none.
    let others = documents_with(session, &subject.path).into_iter();
    let others = others.map(|(path, text)| (path, text, true));
    for (path, text, has_paths_only) in of_skills.into_iter().chain(others) {
        if !seen.insert(Arc::clone(&path)) {
            continue;
        }
        let mut edits = Vec::new();
        if path == subject.path
            && &*subject.name != new_name
            && let Some(name) = text.document().field("name")
            && text.document().name() != Some(new_name)
        {
            let written = written_like(name.span.of(&text.document().text), new_name);
            edits.push(TextEdit::new(text.range(name.span), written));
        }
        for mention in known.mentions(text.document(), &path) {
            let is_path = matches!(mention.target, MentionedSkill::Linked(_));
            let may_change = if is_path { !is_moved } else { !has_paths_only };
            let is_meant =
                may_change && known.meant(&mention, &path) == [Arc::clone(&subject.path)];
            if is_meant && mention.span.of(&text.document().text) != new_name {
                edits.push(TextEdit::new(text.range(mention.span), new_name.to_owned()));
            }
        }
        if !edits.is_empty() {
            changed.entry(path).or_insert_with(|| (text, Vec::new())).1.extend(edits);
        }
    }
}

/// Returns a name in the quotes that another one is written in: it may be given back.
fn written_like(written: &str, name: &str) -> String {
    let quote = written.chars().next().filter(|it| matches!(it, '"' | '\''));
    quote.map_or_else(|| yaml_value(name), |quote| format!("{quote}{name}{quote}"))
}

/// One edit for each file: its places are those of the text before all of them.
fn operations_of(
    session: &Session,
    known: &KnownSkills,
    changed: Changes,
) -> Vec<DocumentChangeOperation> {
    let edits = changed.into_iter().map(|(path, (text, edits))| {
        let (uri, version) = (text.uri().clone(), text.version());
        let is_own = known.is_in_skill(&path) && !is_program(&path);
        let is_asked = session.client().annotates_edits && !is_own;
        let edits = edits.into_iter().map(|text_edit| {
            if is_asked {
                let annotation_id = OUTSIDE_ANNOTATION.to_owned();
                OneOf::Right(AnnotatedTextEdit { text_edit, annotation_id })
            } else {
                OneOf::Left(text_edit)
            }
        });
        DocumentChangeOperation::Edit(TextDocumentEdit {
            text_document: OptionalVersionedTextDocumentIdentifier { uri, version },
            edits: edits.collect(),
        })
    });
    edits.collect()
}

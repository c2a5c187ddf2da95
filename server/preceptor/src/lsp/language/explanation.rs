//! What hover says about what a skill's text names: tools, files, other skills, placeholders, and
//! how long its parts are.

use std::sync::Arc;

use lint::{HoverPlace, KnownTool, PlaceholderWord, clients_of, hover_places};
use skill::Span;
use tower_lsp::lsp_types::Url;

use crate::lsp::{
    documents::Snapshot,
    language::{file_preview, known_skills::known_skills, known_tools::known_tools, tokens},
    lint_scope::LintScope,
    linter::is_skill,
    session::Session,
};

/// Something explained.
#[derive(Debug)]
pub(crate) struct Explanation {
    /// Markdown.
    pub(crate) text: String,
    /// What it is about.
    pub(crate) span: Span,
    /// Whether it only says how long something is.
    pub(crate) is_length: bool,
}

/// Explains what is at `offset`: the narrowest thing that anything is known of. Looks at the disk.
pub(crate) fn explanation(
    session: &Arc<Session>,
    snapshot: &Snapshot,
    offset: usize,
) -> Option<Explanation> {
    let document = snapshot.skill();
    hover_places(document, clients_of(snapshot.uri.path()), offset).into_iter().find_map(
        |(span, place)| {
            let is_length = matches!(place, HoverPlace::Skill | HoverPlace::Section(_));
            let text = match place {
                HoverPlace::Skill if !is_skill(&snapshot.uri) => return None,
                HoverPlace::Skill => tokens::of_skill(snapshot),
                HoverPlace::Section(heading) => tokens::of_section(snapshot, heading),
                HoverPlace::Placeholder(word) => placeholder(word),
                HoverPlace::Tool(name) => tool(session, &snapshot.uri, &name)?,
                HoverPlace::SkillName(name) => named_skill(session, &snapshot.uri, &name)?,
                HoverPlace::Link(destination) => {
                    file_preview::of_link(session, &snapshot.uri, &destination)?
                }
                HoverPlace::Path(path) => file_preview::of_path(session, &snapshot.uri, &path)?,
            };
            Some(Explanation { text, span, is_length })
        },
    )
}

fn placeholder(word: &PlaceholderWord) -> String {
    let PlaceholderWord { written, meaning, client } = word;
    format!("**`{written}`** (placeholder)\n\n{meaning}\n\n- Filled in by: {}", client.name())
}

fn tool(session: &Session, uri: &Url, name: &str) -> Option<String> {
    let scope = LintScope::of(session, uri);
    let tools = known_tools(&scope.settings(uri).known_tools);
    let known = tools.iter().find(|tool| tool.name == name).map(KnownTool::page);
    known.or_else(|| {
        let (server, tool) = name.strip_prefix("mcp__")?.split_once("__")?;
        Some(format!(
            "**`{name}`** (tool)\n\nThe tool `{tool}` of the server `{server}`, by the Model Context Protocol."
        ))
    })
}

fn named_skill(session: &Arc<Session>, uri: &Url, name: &str) -> Option<String> {
    let skills = known_skills(session, uri);
    let skill = skills.iter().find(|skill| skill.name == name)?;
    let workspace = session.places(Some(uri)).workspace;
    let shown = skill.path.strip_prefix(workspace).unwrap_or(&skill.path).display();
    let scope = skill.scope.name();
    Some(format!(
        "**`{name}`** (skill)\n\n{}\n\n- Where: `{shown}` ({scope})",
        skill.description.trim()
    ))
}

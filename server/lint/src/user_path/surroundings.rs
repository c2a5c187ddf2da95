//! What stands around a path and makes it innocent.

use std::{
    cell::{OnceCell, RefCell},
    collections::HashMap,
    sync::LazyLock,
};

use regex::Regex;
use skill::CodeBlock;

use crate::{
    SkillFile,
    advice::is_advised_against,
    lines::{nearby, nearby_before},
    pattern::pattern,
    user_path::{HomeKind, UserPath},
};

/// What a text says as a whole: read through when it is asked for, and then only once.
pub(super) struct Whole<'a> {
    text: &'a str,
    shows_an_image: OnceCell<bool>,
    is_about_tree_paths: OnceCell<bool>,
    /// Whether a block of code describes an image, by where it starts.
    image_blocks: RefCell<HashMap<usize, bool>>,
}

static IMAGE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        // Plain word boundaries: the engine's fast path ends at letters beyond ASCII.
        r"(?i)(?-u:\b)(?:docker[a-z0-9_]*|containers?|containeri[sz]ed|podman|devcontainers?|kubernetes|kubectl|",
        r"codespaces?|ec2|aws|lambda|lightsail|droplets?|gce|cloud-init|multipass|vagrant|lxc|lxd|",
        r"github actions|gitpod|runpod|jupyterhub|microvms?|singularity|apptainer)(?-u:\b)",
    ))
});

impl<'a> Whole<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            shows_an_image: OnceCell::new(),
            is_about_tree_paths: OnceCell::new(),
            image_blocks: RefCell::default(),
        }
    }

    /// Tells whether the text shows a container, an image or a provider of machines for its
    /// commands to run on.
    pub(super) fn shows_an_image(&self) -> bool {
        *self.shows_an_image.get_or_init(|| IMAGE.is_match(self.text))
    }

    /// Tells whether `/root/x` may be a place in a tree.
    fn is_about_tree_paths(&self) -> bool {
        *self.is_about_tree_paths.get_or_init(|| TREE_PATHS.is_match(self.text))
    }

    fn describes_an_image(&self, block: &CodeBlock) -> bool {
        let mut known = self.image_blocks.borrow_mut();
        *known.entry(block.span.start).or_insert_with(|| describes_an_image(self.text, block))
    }
}

static DOCKERFILE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?m)^\s*(?:#\s*)?(?:FROM\s+\S+|WORKDIR\s+/|ENTRYPOINT\b|RUN\s+\S+|COPY\s+\S+\s+\S+)")
});

static COMPOSE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?m)^\s*services:\s*$|^\s*(?:-\s*)?image:\s|^\s*containers:\s*$|^\s*volumeMounts:",
        r#"|"(?:remoteUser|containerUser|containerEnv|remoteEnv|workspaceFolder)"\s*:"#,
    ))
});

static IN_CONTAINER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:docker|podman|nerdctl)(?:[- ]compose)?\s+(?:\S+\s+)*?(?:exec|cp)\b|\bkubectl\s+(?:exec|cp)\b",
        r"|(?i:container-local|inside (?:the|a) container|in the container)",
    ))
});

static WEB_REQUEST: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"\b(?:GET|POST|PUT|PATCH|DELETE|HEAD)\s+["'`]?$"#));

/// Texts in which `/root/x` is a place in a tree.
static TREE_PATHS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\bxpath\b|\bjson pointers?\b|\bxslt\b"));

/// Tells whether the surroundings of `path` say that it belongs to no one.
pub(super) fn is_innocent(file: &SkillFile<'_>, path: &UserPath<'_>, whole: &Whole<'_>) -> bool {
    let text = file.text();
    let before = nearby_before(text, path.span.start);
    let line_text = nearby(text, path.span.start).of(text);
    let code_block = file.document.body.code_block_at(path.span.start);
    is_advised_against(file, path.span)
        || is_container_side(before, line_text)
        || WEB_REQUEST.is_match(before)
        || (path.kind == HomeKind::Root && whole.is_about_tree_paths())
        || code_block.is_some_and(|block| whole.describes_an_image(block))
        || (path.kind != HomeKind::Windows && IN_CONTAINER.is_match(line_text))
}

/// The side of a mount that is inside the container.
fn is_container_side(before: &str, line: &str) -> bool {
    let is_mount_target = ["target=", "dst=", "destination="].iter().any(|it| before.ends_with(it));
    let is_volume = before.ends_with(':')
        && (line.contains("-v ")
            || line.contains("--volume")
            || line.contains("--bind")
            || line.trim_start().starts_with("- "))
        && !before.ends_with(": :")
        && !before.contains('@');
    is_mount_target || is_volume
}

fn describes_an_image(text: &str, block: &CodeBlock) -> bool {
    let language = block.language().to_lowercase();
    let content = block.content.of(text);
    match language.as_str() {
        "dockerfile" | "docker" | "containerfile" => true,
        "yaml" | "yml" | "json" | "jsonc" => COMPOSE.is_match(content),
        "" | "text" => {
            COMPOSE.is_match(content) || DOCKERFILE.find_iter(content).take(2).count() == 2
        }
        _ => false,
    }
}

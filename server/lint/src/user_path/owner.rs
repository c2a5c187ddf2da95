//! Whose home a path names: a person's, nobody's, or that of an image.

use crate::user_path::{HomeKind, surroundings::Whole};

/// Names that stand for "whoever you are". Ordinary first names are not among them: they are
/// people more often than examples.
const PLACEHOLDERS: [&str; 28] = [
    "user",
    "users",
    "username",
    "user_name",
    "user-name",
    "user1",
    "user2",
    "me",
    "you",
    "name",
    "myname",
    "someone",
    "somebody",
    "foo",
    "bar",
    "baz",
    "xxx",
    "xyz",
    "example",
    "test",
    "tester",
    "demo",
    "dev",
    "developer",
    "placeholder",
    "home",
    "myself",
    "yours",
];

/// Folders next to homes that belong to nobody.
const NOBODYS: [&str; 8] =
    ["public", "shared", "default", "all", "linuxbrew", "lost+found", "guest", "everyone"];

/// Users that well-known images and providers come with.
const IMAGE_USERS: [&str; 30] = [
    "root",
    "ubuntu",
    "node",
    "vscode",
    "runner",
    "ec2-user",
    "azureuser",
    "opc",
    "debian",
    "centos",
    "fedora",
    "admin-user",
    "jovyan",
    "gitpod",
    "codespace",
    "coder",
    "vagrant",
    "circleci",
    "app",
    "appuser",
    "nonroot",
    "airflow",
    "jenkins",
    "agent",
    "claude",
    "sandbox",
    "container",
    "pwuser",
    "rstudio",
    "builder",
];

/// Parts of a site that live below `/home/` in addresses.
const ROUTES: [&str; 14] = [
    "index",
    "about",
    "feed",
    "timeline",
    "dashboard",
    "settings",
    "page",
    "news",
    "profile",
    "login",
    "search",
    "explore",
    "tabs",
    "overview",
];

/// Folders in which agents live and work; what is below is one person's.
const AGENT_HOMES: [&str; 8] =
    ["clawd", "clawdbot", "openclaw", "moltbot", "hermes", "nanobot", "odysseus", "goose"];

/// Hidden folders of agents: every user of the agent has one, but not in this home.
const AGENT_SETTINGS: [&str; 6] =
    [".claude", ".codex", ".gemini", ".copilot", ".cursor", ".agents"];

/// Tells whether the home of `name` is one person's, given what follows it in the path.
pub(super) fn is_somebodys(name: &str, rest: &str, kind: HomeKind, whole: &Whole<'_>) -> bool {
    let name = name.to_lowercase();
    let layout = Layout::of(rest);
    if NOBODYS.contains(&name.as_str()) {
        return false;
    }
    if kind == HomeKind::Root {
        return match layout {
            Layout::AgentHome | Layout::Skills => true,
            Layout::Own => !whole.shows_an_image(),
            Layout::Hidden | Layout::None => false,
        };
    }
    if is_placeholder(&name) {
        // Nobody's placeholder home has an agent's workspace in it.
        return name == "user" && layout == Layout::AgentHome && !is_hidden(rest);
    }
    if kind == HomeKind::Unix && is_route(&name) {
        return false;
    }
    if IMAGE_USERS.contains(&name.as_str()) {
        return matches!(layout, Layout::AgentHome | Layout::Skills) || !whole.shows_an_image();
    }
    true
}

fn is_placeholder(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let stands_for_user = ["my", "some", "test", "other", "new", "any", "current", "target", "the"]
        .iter()
        .filter_map(|prefix| plain.strip_prefix(prefix))
        .any(|rest| matches!(rest, "user" | "username" | "name"));
    let is_all_x = !plain.is_empty() && plain.chars().all(|it| it == 'x');
    PLACEHOLDERS.contains(&name)
        || stands_for_user
        || is_all_x
        || plain.starts_with("your")
        || plain.starts_with("username")
        || name.contains("...")
}

/// Tells whether the name is a part of a site or a file rather than a person.
fn is_route(name: &str) -> bool {
    const EXTENSIONS: [&str; 12] =
        ["html", "htm", "js", "jsx", "ts", "tsx", "php", "json", "md", "css", "png", "svg"];
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    ROUTES.contains(&name) || extension.is_some_and(|it| EXTENSIONS.contains(&it))
}

fn is_hidden(rest: &str) -> bool {
    rest.get(1..).is_some_and(|rest| rest.starts_with('.'))
}

/// What a path leads to below the home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// Nothing: the home itself.
    None,
    /// A hidden folder that many homes have.
    Hidden,
    /// Where an agent lives.
    AgentHome,
    /// A collection of skills.
    Skills,
    /// Any other folder.
    Own,
}

impl Layout {
    fn of(rest: &str) -> Self {
        let mut segments = rest.split(['/', '\\']).filter(|segment| !segment.is_empty());
        let Some(first) = segments.next() else { return Self::None };
        let first = first.to_lowercase();
        let bare = first.trim_start_matches('.');
        let is_agent_home = AGENT_HOMES.iter().any(|home| {
            bare.strip_prefix(home).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        });
        if is_agent_home {
            Self::AgentHome
        } else if first == "skills" || segments.any(|segment| segment == "skills") {
            Self::Skills
        } else if first.starts_with('.') && !AGENT_SETTINGS.contains(&first.as_str()) {
            Self::Hidden
        } else {
            Self::Own
        }
    }
}

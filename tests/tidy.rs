//! Guards what the compiler cannot: the layout, the crates' edges, one file and one page a rule.
//!
//! Everything is judged on the files that git tracks, so a scratch file never fails a build. Each
//! failure lists the offenders and says what to do about them.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "these checks read the checkout, and a broken checkout should stop them"
)]

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// What may lie at the top of the repository, besides files whose names start with a dot.
const TOP_LEVEL: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "clippy.toml",
    "deny.toml",
    "editors",
    "rustfmt.toml",
    "server",
    "skills",
    "tests",
];

/// What each crate must never reach, over any number of edges.
const FORBIDDEN_EDGES: &[(&str, &[&str])] = &[
    (
        "skill",
        &["lint", "agent", "llm", "runtime", "tokio", "reqwest", "tower-lsp", "lsp-types", "jiff"],
    ),
    ("lint", &["agent", "llm", "runtime", "tokio", "reqwest", "tower-lsp", "lsp-types", "jiff"]),
    ("agent", &["lint", "llm", "runtime", "tokio", "reqwest", "tower-lsp", "lsp-types"]),
    ("llm", &["lint", "runtime", "tower-lsp", "lsp-types"]),
    ("runtime", &["preceptor", "tower-lsp", "lsp-types"]),
];

/// The most lines a file of Rust may have.
const LONGEST_FILE: usize = 600;

/// Files that may be longer, each with the reason beside it.
const LONG_FILES: &[&str] = &[];

/// The most bytes a tracked file may have.
const LARGEST_FILE: usize = 1024 * 1024;

#[test]
fn the_top_level_holds_only_what_the_layout_names() {
    let offenders = tracked_files()
        .into_iter()
        .filter_map(|path| path.split('/').next().map(str::to_owned))
        .filter(|entry| !entry.starts_with('.') && !TOP_LEVEL.contains(&entry.as_str()))
        .collect::<BTreeSet<_>>();
    report(
        offenders,
        "move these below server, editors, skills or tests, or add them to TOP_LEVEL on purpose",
    );
}

#[test]
fn no_crate_reaches_what_it_must_not_know() {
    let mut offenders = Vec::new();
    for (package, forbidden) in FORBIDDEN_EDGES {
        let reached = dependencies(package);
        assert!(reached.contains(*package), "cargo tree says nothing about {package}");
        offenders.extend(
            forbidden
                .iter()
                .filter(|name| reached.contains(**name))
                .map(|name| format!("{package} reaches {name}: cargo tree -p {package} -i {name}")),
        );
    }
    report(offenders, "cut the edge: pass what is needed as data, or move the code up a crate");
}

#[test]
fn lsp_types_are_named_in_one_folder_only() {
    let names = [concat!("tower", "_lsp"), concat!("lsp", "_types")];
    let offenders = rust_files()
        .filter(|path| path.starts_with("server/") && path.contains("/src/"))
        .filter(|path| {
            path != "server/preceptor/src/lsp.rs" && !path.starts_with("server/preceptor/src/lsp/")
        })
        .filter(|path| names.iter().any(|name| read(path).contains(name)));
    report(offenders, "convert at the edge: LSP types live below server/preceptor/src/lsp only");
}

#[test]
fn each_rule_has_one_file_and_one_page() {
    let files = tracked_files()
        .into_iter()
        .filter_map(|path| {
            let name = path.strip_prefix("server/lint/src/rules/")?.strip_suffix(".rs")?;
            (!name.contains('/')).then(|| name.to_owned())
        })
        .collect::<BTreeSet<_>>();
    let pages = tracked_files()
        .into_iter()
        .filter_map(|path| {
            let name = path.strip_prefix("server/preceptor/guide/rules/")?.strip_suffix(".md")?;
            Some(name.replace(['/', '-'], "_"))
        })
        .collect::<BTreeSet<_>>();
    assert!(!files.is_empty(), "server/lint/src/rules holds no rule");
    report(
        files.difference(&pages).map(|rule| format!("server/lint/src/rules/{rule}.rs")),
        "write the rule's page: server/preceptor/guide/rules/<family>/<rule>.md",
    );
    report(
        pages.difference(&files).map(|rule| format!("the page of {rule}")),
        "write the rule's file, server/lint/src/rules/<family>_<rule>.rs, or remove its page",
    );
}

#[test]
fn modules_say_at_their_head_what_they_are_for() {
    let offenders = rust_files().filter(|path| !read(path).starts_with("//! "));
    report(offenders, "start the file with a `//!` line: what it is for, what it must not know");
}

#[test]
fn modules_are_named_files() {
    let offenders = rust_files().filter(|path| path.ends_with("/mod.rs"));
    report(offenders, "rename foo/mod.rs to foo.rs beside the folder foo");
}

#[test]
fn lints_and_tests_are_not_silenced() {
    let silencers = [
        concat!("#[", "allow("),
        concat!("#![", "allow("),
        concat!("#[", "ignore"),
        concat!("#[", "should_panic"),
    ];
    let offenders = rust_files().flat_map(|path| {
        let text = read(&path);
        silencers
            .into_iter()
            .filter(|silencer| text.contains(silencer))
            .map(|silencer| format!("{path}: {silencer}"))
            .collect::<Vec<_>>()
    });
    report(offenders, "use #[expect(lint, reason = \"…\")]; let a test run, or remove it");
}

#[test]
fn files_of_rust_hold_one_idea() {
    let offenders =
        rust_files().filter(|path| !LONG_FILES.contains(&path.as_str())).filter_map(|path| {
            let lines = read(&path).lines().count();
            (lines > LONGEST_FILE).then(|| format!("{path}: {lines} lines"))
        });
    report(offenders, "ask what the second idea is, and give it a file");
}

#[test]
fn tracked_files_are_small() {
    let offenders = tracked_files().into_iter().filter_map(|path| {
        let bytes = fs::read(root().join(&path)).map_or(0, |content| content.len());
        (bytes > LARGEST_FILE).then(|| format!("{path}: {bytes} bytes"))
    });
    report(offenders, "make the file where it is needed instead of tracking it");
}

#[test]
fn nothing_names_the_machine_it_was_written_on() {
    let cargo_home = env::var("CARGO_HOME").ok().or_else(|| {
        let home = env::var("HOME").ok()?;
        Some(format!("{home}/.cargo"))
    });
    let machine = [root().to_string_lossy().into_owned(), cargo_home.unwrap_or_default()];
    let registry =
        regex::Regex::new(r"https?://(registry|index|static|deb|security|pypi|files)\.[a-z]")
            .expect("the pattern is valid");
    let offenders = text_files().filter(|path| path != "Cargo.lock").filter_map(|path| {
        let text = read(&path);
        let line = text.lines().position(|line| {
            registry.is_match(line)
                || machine.iter().any(|part| !part.is_empty() && line.contains(part.as_str()))
        })?;
        Some(format!("{path}:{}", line + 1))
    });
    report(
        offenders,
        "use a relative path or a variable, and let the package client choose its registry \
         (npm: omit-lockfile-registry-resolved=true)",
    );
}

#[test]
fn shipped_skills_are_clean() {
    let skills = tracked_files()
        .into_iter()
        .filter(|path| path.starts_with("skills/") && path.ends_with("/SKILL.md"))
        .count();
    assert!(skills > 0, "no skill ships: put one at skills/<name>/SKILL.md");
    let check = Command::new(env!("CARGO_BIN_EXE_preceptor"))
        .args(["check", "--no-config", "--format", "json", "--fail-on", "hint", "skills"])
        .current_dir(root())
        .output()
        .expect("the binary starts");
    let stderr = String::from_utf8_lossy(&check.stderr);
    let result: Value = serde_json::from_slice(&check.stdout).unwrap_or_default();
    assert_eq!(result["files"], skills, "every shipped skill is checked: {stderr}");
    let findings = result["diagnostics"].as_array().map(Vec::as_slice).unwrap_or_default();
    report(
        findings.iter().map(Value::to_string),
        "fix the skill; if the finding is wrong, fix the rule",
    );
    assert!(check.status.success(), "check ends with {}: {stderr}", check.status);
}

/// Fails with the offenders and what to do about them, if there are any.
#[track_caller]
fn report(offenders: impl IntoIterator<Item = impl AsRef<str>>, advice: &str) {
    let offenders =
        offenders.into_iter().map(|it| format!("  {}", it.as_ref())).collect::<Vec<_>>();
    assert!(offenders.is_empty(), "\n{}\n-> {advice}", offenders.join("\n"));
}

/// Returns the folder of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the checkout exists")
}

/// Returns the paths that git tracks and that exist, relative to the root.
fn tracked_files() -> Vec<String> {
    output(Command::new("git").args(["ls-files", "-z"]))
        .split('\0')
        .filter(|path| !path.is_empty() && root().join(path).is_file())
        .map(str::to_owned)
        .collect()
}

/// Returns the tracked files of Rust.
fn rust_files() -> impl Iterator<Item = String> {
    tracked_files()
        .into_iter()
        .filter(|path| Path::new(path).extension().is_some_and(|it| it == "rs"))
}

/// Returns the tracked files that are UTF-8.
fn text_files() -> impl Iterator<Item = String> {
    tracked_files().into_iter().filter(|path| fs::read_to_string(root().join(path)).is_ok())
}

/// Reads a tracked file of UTF-8.
#[track_caller]
fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect("a tracked text file can be read")
}

/// Returns the names of a crate and of all that it depends on, except for tests.
fn dependencies(package: &str) -> BTreeSet<String> {
    let tree = output(Command::new(env!("CARGO")).args([
        "tree",
        "--offline",
        "--locked",
        "--package",
        package,
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]));
    tree.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

/// Runs a command in the workspace's folder and returns what it prints.
#[track_caller]
fn output(command: &mut Command) -> String {
    let output = command.current_dir(root()).output().expect("the program starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} fails: {stderr}");
    String::from_utf8(output.stdout).expect("the output is UTF-8")
}

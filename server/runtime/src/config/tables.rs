//! All other tables, each with its defaults beside its keys.

use std::{collections::BTreeMap, path::PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where toolchains keep themselves in a home.
const HOME_FOLDERS: &[&str] = &[
    ".asdf",
    ".bun",
    ".cabal",
    ".cache/go-build",
    ".cache/ms-playwright",
    ".cache/pip",
    ".cache/pre-commit",
    ".cache/uv",
    ".cargo/.global-cache",
    ".cargo/.package-cache",
    ".cargo/bin",
    ".cargo/config",
    ".cargo/config.toml",
    ".cargo/env",
    ".cargo/git",
    ".cargo/registry",
    ".conda",
    ".config/git",
    ".deno",
    ".dotnet",
    ".editorconfig",
    ".ghcup",
    ".gitconfig",
    ".gradle/caches",
    ".gradle/wrapper",
    ".julia",
    ".juliaup",
    ".local/bin",
    ".local/lib",
    ".local/share/fnm",
    ".local/share/mise",
    ".local/share/pipx",
    ".local/share/pnpm",
    ".local/share/uv",
    ".m2/repository",
    ".nix-profile",
    ".nodenv",
    ".npm",
    ".nuget/packages",
    ".nvm",
    ".opam",
    ".pyenv",
    ".rbenv",
    ".rustup",
    ".rvm",
    ".sdkman",
    ".stack",
    ".tool-versions",
    ".volta",
    "anaconda3",
    "go",
    "miniconda3",
];

/// Variables that tell programs where things are, and hold no secrets.
const ENVIRONMENT: &[&str] = &[
    "AR",
    "ARCHFLAGS",
    "ASDF_*",
    "CARGO_BUILD_*",
    "CARGO_HOME",
    "CARGO_INCREMENTAL",
    "CARGO_NET_OFFLINE",
    "CARGO_PROFILE_*",
    "CARGO_TARGET_DIR",
    "CC",
    "CFLAGS",
    "CI",
    "CLASSPATH",
    "CMAKE_*",
    "CONDA_DEFAULT_ENV",
    "CONDA_PREFIX",
    "CPATH",
    "CPPFLAGS",
    "CXX",
    "CXXFLAGS",
    "DEVELOPER_DIR",
    "DOTNET_ROOT",
    "GEM_HOME",
    "GEM_PATH",
    "GOBIN",
    "GOFLAGS",
    "GOMODCACHE",
    "GOPATH",
    "GOROOT",
    "GRADLE_USER_HOME",
    "HOME",
    "JAVA_HOME",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "LDFLAGS",
    "LD_LIBRARY_PATH",
    "LIBRARY_PATH",
    "LOGNAME",
    "MAKEFLAGS",
    "M2_HOME",
    "NIX_PATH",
    "NIX_PROFILES",
    "NIX_SSL_CERT_FILE",
    "NODE_ENV",
    "NODE_PATH",
    "NO_COLOR",
    "NVM_BIN",
    "NVM_DIR",
    "OPAM_SWITCH_PREFIX",
    "PATH",
    "PERL5LIB",
    "PKG_CONFIG_PATH",
    "PYENV_*",
    "PYTHONHOME",
    "PYTHONPATH",
    "RUBYLIB",
    "RUSTC_WRAPPER",
    "RUSTDOCFLAGS",
    "RUSTFLAGS",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "RUST_BACKTRACE",
    "SDKROOT",
    "SHELL",
    "SOURCE_DATE_EPOCH",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TZ",
    "USER",
    "VIRTUAL_ENV",
];

macro_rules! table {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $ty:ty = $default:expr,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name { $($(#[$field_meta])* pub $field: $ty,)* }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }
    };
}

table! {
    /// The loop and the editor's ask lines.
    Agent {
        /// Model calls in one turn; -1: no limit.
        max_iterations: i64 = 50,
        /// What starts an ask line.
        trigger: String = "@preceptor".to_owned(),
    }
}
table! {
    /// What runs without asking.
    Approval {
        /// The floor below all rules.
        mode: ApprovalMode = ApprovalMode::Ask,
        /// The first match wins.
        rules: Vec<ApprovalRule> = Vec::new(),
    }
}
table! {
    /// Replay of a proposal on the student.
    Verify {
        /// Whether proposals are replayed.
        enabled: bool = true,
        /// Model calls of one replay.
        max_steps: u32 = 20,
        /// US dollars of one verification: all its replays, and the teacher's comparison.
        max_cost_usd: f64 = 0.5,
        /// Megabytes of the scratch copy.
        max_copy_mb: u64 = 500,
        /// Earlier successes that are replayed with the skill offered.
        regression_sample: u32 = 3,
        /// Days that replays are kept; those of proposals that wait are kept longer.
        keep_days: u32 = 30,
    }
}
table! {
    /// Reflection on finished runs.
    Reflect {
        /// Whether runs are reflected on.
        enabled: bool = false,
        /// Where notes come from.
        appendix_source: AppendixSource = AppendixSource::Both,
        /// Notes above which they are consolidated; 0: never.
        consolidate_threshold: u32 = 12,
        /// Edits in one reflection.
        edit_budget: u32 = 4,
    }
}
table! {
    /// Spending limits.
    Budget {
        /// US dollars of one run.
        run_usd: f64 = 5.0,
        /// US dollars of one day.
        day_usd: f64 = 50.0,
        /// What happens when a model has no price.
        unknown_price: UnknownPrice = UnknownPrice::Ask,
        /// Prices by model name.
        prices: BTreeMap<String, Price> = BTreeMap::new(),
    }
}
table! {
    /// What commands may touch.
    Sandbox {
        /// How much of the file system.
        mode: SandboxMode = SandboxMode::WorkspaceWrite,
        /// Whether the network is open.
        network: bool = false,
        /// Files and folders of the home that commands read: toolchains, their caches and settings
        /// without secrets.
        home_folders: Vec<PathBuf> = HOME_FOLDERS.iter().map(PathBuf::from).collect(),
        /// Variables that commands inherit; a name that ends in `*` stands for all that begin so.
        environment: Vec<String> = ENVIRONMENT.iter().map(|name| (*name).to_owned()).collect(),
        /// Processes and threads of one command.
        max_processes: u32 = 4_096,
        /// Megabytes of a file that a command writes.
        max_file_mb: u64 = 4_096,
    }
}
table! {
    /// Where skills are found and saved.
    Skills {
        /// Folders besides the well-known ones.
        paths: Vec<PathBuf> = Vec::new(),
        /// Where accepted skills go; empty: the first well-known folder that exists.
        save_dir: String = String::new(),
    }
}
table! {
    /// The linter.
    Lint {
        /// The severity from which `check` fails.
        fail_on: FailOn = FailOn::Error,
        /// Tool names besides the agent's own and the MCP servers'.
        known_tools: Vec<String> = Vec::new(),
        /// Levels by rule.
        rules: BTreeMap<String, RuleLevel> = BTreeMap::new(),
        /// Raw launcher to the tool that wraps it.
        launchers: BTreeMap<String, String> = BTreeMap::new(),
        /// Levels by path; where several match, later ones win.
        overrides: Vec<LintOverride> = Vec::new(),
    }
}
table! {
    /// An MCP server: a command or an address.
    McpServer {
        /// The program.
        command: Option<String> = None,
        /// The address.
        url: Option<String> = None,
        /// Name of the variable that holds the bearer token.
        bearer_env: Option<String> = None,
        /// The program's arguments.
        args: Vec<String> = Vec::new(),
        /// The program's environment.
        env: BTreeMap<String, String> = BTreeMap::new(),
        /// Seconds for one call.
        timeout_s: u64 = 60,
    }
}
table! {
    /// An external agent as student.
    Runner {
        /// Template with `{workspace}` and `{prompt_file}`.
        command: String = String::new(),
        /// Seconds for one request.
        timeout_s: u64 = 900,
    }
}
table! {
    /// Where runs live and how they are reviewed.
    Runs {
        /// Below the workspace folder.
        dir: PathBuf = PathBuf::from(".preceptor/runs"),
        /// Revised attempts of a task run.
        max_revisions: u32 = 1,
        /// Who reviews a task run.
        mentor_mode: MentorMode = MentorMode::Autonomous,
    }
}

/// What runs without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalMode {
    /// Reading tools only.
    Ask,
    /// File edits in the workspace too.
    Edits,
    /// Everything.
    Full,
}

/// One approval rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalRule {
    /// Glob on the tool's name.
    pub tool: String,
    /// Globs on arguments; all have to match.
    #[serde(default)]
    pub when: BTreeMap<String, String>,
    /// Whether it says where a command runs, not whether it does: what it allows runs outside the
    /// sandbox, what it denies is never offered to. Rules without this say nothing about that.
    #[serde(default)]
    pub outside_sandbox: bool,
    /// What happens.
    pub decision: RuleDecision,
}

/// What an approval rule decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleDecision {
    /// Runs without asking.
    Allow,
    /// A person is asked.
    Ask,
    /// Refused.
    Deny,
}

/// Where execution notes come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AppendixSource {
    /// Failures and successes.
    Both,
    /// Failures.
    FailureOnly,
}

/// What happens when a model has no price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnknownPrice {
    /// A person is asked.
    Ask,
    /// It counts as free.
    Allow,
    /// The call is refused.
    Deny,
}

/// A model's price.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// US dollars per million tokens read.
    pub input: f64,
    /// US dollars per million tokens written.
    pub output: f64,
}

/// A tool that costs money.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Billable {
    /// The tool's name.
    pub tool: String,
    /// US dollars an hour.
    pub usd_per_hour: Option<f64>,
    /// US dollars a call.
    pub usd_per_call: Option<f64>,
}

/// How much of the file system commands may touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SandboxMode {
    /// They write the workspace and temporary folders.
    WorkspaceWrite,
    /// They write nothing.
    ReadOnly,
    /// No limits.
    Off,
}

/// The severity from which `check` fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailOn {
    /// Any finding.
    Hint,
    /// Information and above.
    Info,
    /// Warnings and errors.
    Warning,
    /// Errors.
    Error,
    /// Findings never fail it.
    Never,
}

/// A rule's level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleLevel {
    /// The rule does not run.
    Off,
    /// Shown faintly.
    Hint,
    /// Information.
    Info,
    /// Should be mended.
    Warning,
    /// Must be mended.
    Error,
}

/// Levels for some paths.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LintOverride {
    /// Globs on paths below the folder that the configuration's file is in; one that matches a
    /// folder holds for all that is in it.
    pub paths: Vec<String>,
    /// Levels by rule.
    pub rules: BTreeMap<String, RuleLevel>,
}

/// Who reviews a task run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MentorMode {
    /// A model.
    Autonomous,
    /// A person.
    ExpertLed,
    /// A model's draft, a person's decision.
    Hybrid,
}

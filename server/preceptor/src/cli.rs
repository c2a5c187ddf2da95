//! The command line: what can be asked for, and who does it.

use std::{
    env,
    io::{self, Write},
    path::PathBuf,
};

use anyhow::Context;
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use lint::Safety;
use runtime::config::{self, ApprovalMode, Config, FailOn, LintSettings};
use tracing_subscriber::EnvFilter;

use crate::{
    check, configuration, demo, detect, doctor, lsp,
    proposals::{self, Acceptance},
    rules, runs, terminal, trust,
};

/// Exit code: the command could not do its work.
const EXIT_FAILED: u8 = 2;

/// A language server and agent for people who run their own models.
#[derive(Debug, Parser)]
#[command(name = "preceptor", version, arg_required_else_help = true)]
struct Arguments {
    /// Speaks LSP on standard input and output, like `preceptor lsp`.
    #[arg(long, hide = true)]
    stdio: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves an editor on standard input and output.
    Lsp {
        /// Accepted because some editors add it; the server always uses standard input and output.
        #[arg(long, hide = true)]
        stdio: bool,
        /// Takes this file instead of the user's configuration.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Lints every SKILL.md below the paths.
    Check(CheckArguments),
    /// Works on a request in the current folder, in the terminal.
    Run(RunArguments),
    /// Lists the runs of this workspace, newest first.
    Runs {
        /// How many at most.
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: usize,
        /// Prints them as one JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Prints the transcript of a run, or of a replay.
    Show {
        /// Its id or the beginning of it, or `last`.
        run: String,
        /// Prints the run's events instead, one JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Lists what was learnt in this workspace and waits for you.
    #[command(args_conflicts_with_subcommands = true)]
    Proposals {
        #[command(flatten)]
        list: ProposalsArguments,
        #[command(subcommand)]
        command: Option<ProposalsCommand>,
    },
    /// Accepts a proposal: saves the skill, or makes the change.
    Accept(AcceptArguments),
    /// Rejects a proposal; the same is not proposed again.
    Reject {
        /// The proposal's id or the beginning of it, or the skill's name.
        #[arg(value_name = "ID")]
        proposal: String,
        /// Why, in your words; it is kept.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Shows the whole story on scripted models, in a throw-away folder.
    Demo,
    /// Lists the rules.
    Rules {
        /// How they are printed.
        #[arg(long, value_enum, default_value_t = ListFormat::Text)]
        format: ListFormat,
    },
    /// Explains a rule, with examples.
    Explain {
        /// The rule's code, such as `name/invalid`.
        rule: String,
    },
    /// Judges recorded conversations: one line of JSON each.
    Detect {
        /// JSON or JSON Lines with messages in the chat format of OpenAI; `-` is standard input.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Trusts the current folder with its preceptor.toml as it is now.
    Trust {
        /// Takes the trust back, and all that was always allowed here.
        #[arg(long)]
        revoke: bool,
        /// Takes one thing back that was always allowed here, named by its command, path or
        /// arguments as `preceptor doctor` shows them; trust stays as it is.
        #[arg(long, value_name = "CALL", conflicts_with = "revoke")]
        forget: Option<String>,
    },
    /// Prints the JSON Schema of the configuration.
    Schema,
    /// Prints a script that completes this command line in a shell.
    Completions {
        /// The shell that reads it.
        shell: Shell,
    },
    /// Looks at settings, models and folders, and says what needs doing.
    Doctor {
        /// Takes this file instead of the user's configuration.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
struct CheckArguments {
    /// Files and folders; the current folder if there are none.
    paths: Vec<PathBuf>,
    /// How findings are printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Applies safe fixes.
    #[arg(long)]
    fix: bool,
    /// Applies all fixes, also those that need a look.
    #[arg(long)]
    fix_unsafe: bool,
    /// Checks standard input.
    #[arg(long, requires = "stdin_filename", conflicts_with = "paths")]
    stdin: bool,
    /// Where the text of standard input would stand.
    #[arg(long, value_name = "PATH", requires = "stdin")]
    stdin_filename: Option<PathBuf>,
    /// Fails from this severity on; `error` unless the configuration says otherwise.
    #[arg(long, value_enum)]
    fail_on: Option<FailOnArgument>,
    /// Reports only what this file does not know.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Makes everything that is found now known, in this file.
    #[arg(long, value_name = "FILE", conflicts_with = "baseline")]
    write_baseline: Option<PathBuf>,
    /// Takes this file instead of the user's configuration.
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    config: Option<PathBuf>,
    /// Takes no configuration file, the workspace's neither.
    #[arg(long)]
    no_config: bool,
}

#[derive(Debug, clap::Args)]
struct RunArguments {
    /// What should be done.
    prompt: String,
    /// What runs without asking; the configuration's `approval.mode` unless given.
    #[arg(long, value_enum)]
    approve: Option<ApproveArgument>,
    /// Prints the run's events, one JSON object a line.
    #[arg(long)]
    json: bool,
    /// Takes this file instead of the user's configuration.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct ProposalsArguments {
    /// Lists those that were decided about, too.
    #[arg(long)]
    all: bool,
    /// Prints them as one JSON array.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum ProposalsCommand {
    /// Prints the text of a proposal.
    Show {
        /// The proposal's id or the beginning of it, or the skill's name.
        #[arg(value_name = "ID")]
        proposal: String,
        /// Prints what it would change in a file that is there, as a diff.
        #[arg(long)]
        update: bool,
    },
    /// Has the student try a proposal again; exits with 0 if it is verified.
    Verify {
        /// The proposal's id or the beginning of it, or the skill's name.
        #[arg(value_name = "ID")]
        proposal: String,
    },
    /// Restores what was there before a proposal was accepted.
    Rollback {
        /// The proposal's id or the beginning of it, or the skill's name.
        #[arg(value_name = "ID")]
        proposal: String,
    },
}

#[derive(Debug, clap::Args)]
struct AcceptArguments {
    /// The proposal's id or the beginning of it, or the skill's name.
    #[arg(value_name = "ID")]
    proposal: String,
    /// Changes the skill that nearly says the same, as `preceptor proposals show --update` shows.
    #[arg(long)]
    as_update: bool,
    /// Accepts a skill with errors of the linter.
    #[arg(long = "override")]
    overrides_errors: bool,
    /// Accepts the text as it is, though it was changed outside of an editor with Preceptor.
    #[arg(long)]
    edited: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
    Sarif,
    Github,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ListFormat {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FailOnArgument {
    Hint,
    Info,
    Warning,
    Error,
    Never,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ApproveArgument {
    Ask,
    Edits,
    Full,
}

/// Does what the command line asks for and returns the process's exit code.
pub fn run() -> u8 {
    // Before anything else: what confines a command has one thread and prints nothing of its own.
    if let Some(code) = runtime::sandbox::run_if_asked(env::args_os().skip(1)) {
        return code;
    }
    let arguments = Arguments::parse();
    let command = match arguments.command {
        Some(command) => command,
        None if arguments.stdio => Command::Lsp { stdio: true, config: None },
        None => {
            let shown = Arguments::command().print_help();
            return if shown.is_ok() { EXIT_FAILED } else { 1 };
        }
    };
    log_to_stderr(&command);
    match perform(command) {
        Ok(code) => code,
        Err(error) => {
            // With stderr gone there is nobody left to tell.
            let _ = writeln!(io::stderr(), "error: {error:#}");
            EXIT_FAILED
        }
    }
}

fn perform(command: Command) -> anyhow::Result<u8> {
    let (mut stdout, mut stderr) = (io::stdout(), io::stderr());
    match command {
        Command::Lsp { config, .. } => block_on(async {
            let mut options = lsp::Options::from_environment();
            if let Some(file) = config {
                let file = std::path::absolute(&file).context("finding the configuration")?;
                options.user_config = Some(file);
                options.is_config_named = true;
            }
            Ok(lsp::serve(tokio::io::stdin(), tokio::io::stdout(), options).await)
        }),
        Command::Check(arguments) => {
            check::run(&check_options(arguments)?, &mut stdout, &mut stderr)
        }
        Command::Run(arguments) => {
            let configured = configuration::of_run(arguments.config.as_deref())?;
            if let Some(notice) = configured.notice {
                // With stderr gone there is nobody left to tell.
                let _ = writeln!(stderr, "note: {notice}");
            }
            let mut config = configured.config;
            if let Some(mode) = arguments.approve {
                config.approval.mode = match mode {
                    ApproveArgument::Ask => ApprovalMode::Ask,
                    ApproveArgument::Edits => ApprovalMode::Edits,
                    ApproveArgument::Full => ApprovalMode::Full,
                };
            }
            block_on(terminal::run(&arguments.prompt, config, arguments.json))
        }
        Command::Runs { limit, json } => runs::list(limit, json, &mut stdout),
        Command::Show { run, json } => runs::show(&run, json, &mut stdout, &mut stderr),
        Command::Proposals { command: None, list } => {
            proposals::list(list.all, list.json, &mut stdout)
        }
        Command::Proposals { command: Some(command), .. } => match command {
            ProposalsCommand::Show { proposal, update } => {
                proposals::show(&proposal, update, &mut stdout, &mut stderr)
            }
            ProposalsCommand::Verify { proposal } => {
                block_on(proposals::verify(&proposal, &mut stdout, &mut stderr))
            }
            ProposalsCommand::Rollback { proposal } => {
                block_on(proposals::roll_back(&proposal, &mut stdout, &mut stderr))
            }
        },
        Command::Accept(arguments) => {
            let acceptance = Acceptance {
                as_update: arguments.as_update,
                overrides_errors: arguments.overrides_errors,
                takes_text_as_it_is: arguments.edited,
            };
            let accepted =
                proposals::accept(&arguments.proposal, acceptance, &mut stdout, &mut stderr);
            block_on(accepted)
        }
        Command::Reject { proposal, reason } => {
            block_on(proposals::reject(&proposal, reason, &mut stdout, &mut stderr))
        }
        Command::Demo => block_on(demo::run(&mut stdout)),
        Command::Rules { format: ListFormat::Text } => rules::list(&mut stdout),
        Command::Rules { format: ListFormat::Json } => rules::list_as_json(&mut stdout),
        Command::Explain { rule } => {
            rules::explain(rule.trim(), check::wants_color(), &mut stdout, &mut stderr)
        }
        Command::Detect { files } => detect::run(&files, &mut stdout, &mut stderr),
        Command::Trust { forget: Some(target), .. } => trust::forget(&target, &mut stdout),
        Command::Trust { revoke, forget: None } => trust::run(!revoke, &mut stdout),
        Command::Doctor { config } => {
            block_on(async { doctor::run(config.as_deref(), &mut stdout).await })
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "preceptor", &mut script);
            rules::print(&mut stdout, &String::from_utf8_lossy(&script))?;
            Ok(0)
        }
        Command::Schema => {
            let schema = serde_json::to_string_pretty(&config::schema());
            let schema = schema.context("writing the schema")? + "\n";
            rules::print(&mut stdout, &schema)?;
            Ok(0)
        }
    }
}

fn check_options(arguments: CheckArguments) -> anyhow::Result<check::Options> {
    let config = if arguments.no_config {
        Config::default()
    } else {
        configuration::of_check(arguments.config.as_deref())?
    };
    let fail_on = match arguments.fail_on {
        Some(FailOnArgument::Hint) => FailOn::Hint,
        Some(FailOnArgument::Info) => FailOn::Info,
        Some(FailOnArgument::Warning) => FailOn::Warning,
        Some(FailOnArgument::Error) => FailOn::Error,
        Some(FailOnArgument::Never) => FailOn::Never,
        None => config.lint.fail_on,
    };
    let fix = match (arguments.fix, arguments.fix_unsafe) {
        (_, true) => Some(Safety::Unsafe),
        (true, false) => Some(Safety::Safe),
        (false, false) => None,
    };
    Ok(check::Options {
        paths: arguments.paths,
        format: match arguments.format {
            Format::Text => check::Format::Text,
            Format::Json => check::Format::Json,
            Format::Sarif => check::Format::Sarif,
            Format::Github => check::Format::Github,
        },
        fix,
        stdin: arguments.stdin_filename,
        fail_on,
        settings: LintSettings::new(&config),
        root: checkout_root(),
        baseline: arguments.baseline,
        write_baseline: arguments.write_baseline,
        color: check::wants_color(),
    })
}

/// The checkout that GitHub resolves paths in; the step may run in a folder of it.
fn checkout_root() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
    env::var_os("GITHUB_WORKSPACE").map(PathBuf::from).filter(|root| root.is_absolute())
}

/// Runs a command to its end. Threads that still wait for standard input are left behind: the
/// process ends right after.
fn block_on(command: impl Future<Output = anyhow::Result<u8>>) -> anyhow::Result<u8> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting the asynchronous runtime")?;
    let outcome = runtime.block_on(command);
    runtime.shutdown_background();
    outcome
}

/// Logs go to stderr, never to stdout: `PRECEPTOR_LOG` says what, warnings by default. A terminal
/// that shows a run's own text gets errors only.
fn log_to_stderr(command: &Command) {
    let default = match command {
        Command::Run(_) | Command::Demo => "error",
        _ => "warn",
    };
    let filter =
        EnvFilter::try_from_env("PRECEPTOR_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(false)
        .init();
}

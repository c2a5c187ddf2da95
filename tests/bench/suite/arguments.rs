//! The command line.

use std::{path::PathBuf, time::Duration};

use anyhow::Context;
use clap::{ArgAction, Parser};

/// Measures language servers for skills side by side, over standard streams.
///
/// The first server is the one that was built with this bench; ratios are to its medians. Peers
/// that tests/bench/install.sh installed are measured too, unless servers are named.
#[derive(Debug, Parser)]
#[command(name = "lsp")]
pub(crate) struct Arguments {
    /// Measures only what has one of these words in its group's name: start, stop, open, edit,
    /// request, memory, stream, busy, check.
    pub(crate) filter: Vec<String>,
    /// Measures this server beside the built one, instead of the installed peers; repeatable.
    /// Blanks separate the program and its arguments.
    #[arg(long = "server", value_name = "NAME=COMMAND", value_parser = NamedCommand::parse)]
    pub(crate) servers: Vec<NamedCommand>,
    /// Times this program over a folder of skills beside `preceptor check`, instead of the
    /// installed peers; repeatable. The folder is its last argument.
    #[arg(long = "checker", value_name = "NAME=COMMAND", value_parser = NamedCommand::parse)]
    pub(crate) checkers: Vec<NamedCommand>,
    /// Writes all samples to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Takes this many samples of everything.
    #[arg(long, value_name = "N")]
    pub(crate) rounds: Option<usize>,
    /// Gives up on a server that needs longer for one answer.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(crate) bound: Duration,
    /// Takes one sample of everything on small documents, without the installed peers.
    #[arg(long)]
    pub(crate) smoke: bool,
    /// Said by cargo.
    #[arg(long, hide = true, action = ArgAction::SetTrue)]
    bench: bool,
}

/// A program and the name that it has in the tables.
#[derive(Debug, Clone)]
pub(crate) struct NamedCommand {
    pub(crate) name: String,
    pub(crate) program: String,
    pub(crate) arguments: Vec<String>,
}

impl NamedCommand {
    fn parse(text: &str) -> anyhow::Result<Self> {
        let (name, command) = text.split_once('=').context("a name and `=` come first")?;
        let mut words = command.split_whitespace().map(str::to_owned);
        let program = words.next().context("there is no program behind `=`")?;
        Ok(Self { name: name.to_owned(), program, arguments: words.collect() })
    }
}

fn seconds(text: &str) -> anyhow::Result<Duration> {
    Ok(Duration::try_from_secs_f64(text.parse()?)?)
}

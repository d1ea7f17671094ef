//! The commands: one file for each that is more than a line.

mod accept;
mod archive;
mod build;
mod check;
mod clean;
mod connection;
mod doctor;
mod dropin;
mod explain;
mod images;
mod init;
mod kept;
mod list;
mod load;
mod new_tests;
mod review;
mod run;
mod schema;
mod session;
mod takeover;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use clap::CommandFactory as _;

use crate::called;
use crate::cli::{Cli, Command, Completions, Global, Selection};
use crate::cluster::FindError;
use crate::diagnostic::SourceError;
use crate::engine::EngineError;
use crate::exit::Exit;
use crate::report::failure::quoted;
use crate::report::terminal::{self, Terminal};
use crate::suite::filter::Filter;

/// Nothing is what the user asked for.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NoMatch(String);

/// Runs a command and tells what it could not do.
pub(crate) fn dispatch(cli: Cli) -> Exit {
    let terminal = Terminal::new(cli.global.color);
    let result = match cli.command {
        Command::Completions(arguments) => Ok(completions(&arguments)),
        Command::Accept(arguments) => accept::accept(&arguments, &cli.global, &terminal),
        Command::Reject(arguments) => accept::reject(&arguments.selection, &cli.global, &terminal),
        Command::Review(arguments) => review::review(&arguments, &cli.global, &terminal),
        Command::Build(arguments) => {
            build::Order::of(&arguments).and_then(|order| order.fill(&cli.global, &terminal))
        }
        Command::Clean(arguments) => clean::clean(&arguments, &cli.global, &terminal),
        Command::Check(arguments) => check::check(&arguments, &cli.global, &terminal),
        Command::Doctor(arguments) => doctor::doctor(&arguments, &cli.global, &terminal),
        Command::Explain(arguments) => explain::explain(&arguments, &terminal),
        Command::Init(arguments) => init::init(&arguments, &cli.global, &terminal),
        Command::List(arguments) => list::list(&arguments, &cli.global, &terminal),
        Command::Load(arguments) => load::load(&arguments, &cli.global, &terminal),
        Command::Pipeline(arguments) => dropin::pipeline(&arguments, &cli.global, &terminal),
        Command::Run(arguments) => run::run(&arguments, &cli.global, &terminal),
        Command::Schema => Ok(schema::schema(&terminal)),
        Command::Stage(arguments) => dropin::stage(&arguments, &cli.global, &terminal),
    };
    result.unwrap_or_else(|error| {
        terminal.error(&error);
        exit(&error)
    })
}

/// Tells what is wrong with the arguments, or the help that was asked for.
pub(crate) fn usage(error: &clap::Error) -> Exit {
    // A closed pipe is nobody's error.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage } else { Exit::Success }
}

fn completions(arguments: &Completions) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "kratix-test", &mut script);
    // Of a name with a hyphen, the words before and after it are taken for a command and its subcommand in half of the
    // places (clap-rs/clap#6421).
    let script = String::from_utf8_lossy(&script).replace("kratix__subcmd__test", "kratix__test");
    terminal::print(&script);
    Exit::Success
}

/// The exit code of an error.
fn exit(error: &anyhow::Error) -> Exit {
    let no_cluster = matches!(error.downcast_ref(), Some(FindError::Unknown { .. }));
    if error.is::<NoMatch>() || error.is::<load::NotInEngine>() || no_cluster {
        Exit::NoMatch
    } else if error.is::<EngineError>() {
        Exit::Engine
    } else {
        Exit::Usage
    }
}

/// What the arguments select.
fn filter(selection: &Selection) -> anyhow::Result<Filter> {
    let pattern = selection.filter.as_deref().map(regex::Regex::new).transpose()?;
    let workflow = selection.workflow.as_deref().map(str::parse).transpose().context("--workflow")?;
    Ok(Filter { names: selection.names.clone(), pattern, promise: selection.promise.clone(), workflow })
}

/// What has to be typed to accept what a test left, before its name.
fn accept_command(global: &Global) -> String {
    let program = called::name();
    match global.dir == Path::new(".") {
        true => format!("{program} accept"),
        false => format!("{program} accept --dir {}", quoted(&global.dir.to_string_lossy())),
    }
}

/// Whether somebody sits at the terminal who can be asked.
fn can_ask(terminal: &Terminal) -> bool {
    terminal.is_attended() && !in_ci()
}

/// Whether this is a job of CI, where nobody sits at a terminal.
fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty())
}

/// Our environment. A variable that is not UTF-8 cannot be named in the settings.
fn environment() -> BTreeMap<String, String> {
    let variables = std::env::vars_os();
    variables
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// What to do about an error.
pub(crate) fn hint(error: &anyhow::Error) -> Option<String> {
    if let Some(error) = error.downcast_ref::<SourceError>() {
        return error.hint.clone();
    }
    if let Some(error) = error.downcast_ref::<load::NotInEngine>() {
        return Some(error.hint());
    }
    if let Some(error) = error.downcast_ref::<FindError>() {
        return error.hint();
    }
    match error.downcast_ref::<EngineError>()? {
        EngineError::Unreachable { hint, .. } => Some(hint.clone()),
        _ => None,
    }
}

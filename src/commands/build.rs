//! Builds the images that Promises name, without running anything.

use std::collections::BTreeSet;

use super::session::Session;
use super::{NoMatch, images};
use crate::cli::{Build, Files, Global};
use crate::exit::Exit;
use crate::outcome::Event;
use crate::report::failure::Style;
use crate::report::terminal::Terminal;
use crate::runner::Results;
use crate::runner::images::{Needed, prepare};
use crate::suite::Suite;

/// Builds, finds or pulls the images, and tells what they are called in the engine.
pub(super) fn build(arguments: &Build, global: &Global, terminal: &Terminal) -> anyhow::Result<Exit> {
    let suite = Suite::load(&global.dir)?;
    let options = images::options(&arguments.images, &suite)?;
    let needed = needed(&suite, &arguments.names)?;
    let style = Style {
        paint: terminal.paint(),
        verbose: true,
        command: String::new(),
        stream: arguments.no_capture,
    };
    let on_event = |event: Event<'_>| terminal.event(&event, &style);
    let folders = needed.iter().map(|needed| &needed.suite.file.folder);
    let results = Results::open_all(folders, |folder| terminal.waiting(folder))?;
    let session = Session::new(global, terminal, Files::Auto);
    let scratch = Results::scratch(&global.dir, &session.id);
    let work = async |engine: &_| prepare(engine, &needed, &options, &results, &on_event).await;
    let Some(images) = session.with_engine(scratch, work)? else { return Ok(Exit::Interrupted) };
    let mut exit = Exit::Success;
    for Needed { suite, settings, references } in &needed {
        for reference in references {
            match images.get(suite, settings, reference) {
                Ok(prepared) => terminal.show(&format!("{reference} {}\n", prepared.name)),
                Err(_) => exit = exit.and(Exit::Engine),
            }
        }
    }
    for error in &suite.unreadable {
        terminal.error(&error.clone().into());
        exit = exit.and(Exit::Usage);
    }
    Ok(exit)
}

/// The images that the names select, of every Promise those that its containers name.
fn needed<'a>(suite: &'a Suite, names: &[String]) -> Result<Vec<Needed<'a>>, NoMatch> {
    for name in names {
        if !suite.references().any(|reference| reference.contains(name.as_str())) {
            let known: Vec<&str> = suite.references().collect();
            return Err(NoMatch(format!("no image matches {name}; there are: {}", known.join(", "))));
        }
    }
    let is_meant =
        |reference: &&str| names.is_empty() || names.iter().any(|name| reference.contains(name.as_str()));
    let of = |promise: &'a crate::suite::PromiseSuite| {
        let references: BTreeSet<String> = promise.references().filter(is_meant).map(str::to_owned).collect();
        Needed { suite: promise, settings: &promise.settings, references }
    };
    Ok(suite.promises.iter().map(of).collect())
}
